"""`measurement`: a number within a limit.

A number is compared with its limit in three ways, on the bound of its interval:

- *passed*: the whole interval is inside the limit;
- *failed*: the whole interval is outside;
- *inconclusive*: the limit lies within it, or the interval, a group or the cases needed are not there.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from cardwright.policy.judging.answer import RuleAnswer
from cardwright.policy.judging.case_under_review import CaseUnderReview, Slice
from cardwright.policy.judging.drawn_by_others import Calibrating, drawn_by_others
from cardwright.policy.judging.next_actions import RUN, edit_plan
from cardwright.policy.judging.wording import as_sentence, group, number, words
from cardwright.policy.rules import stricter
from cardwright.policy.rules.on_evaluation import RUN_AGAIN, OnEvaluation
from cardwright.record.base import Count, Flag, Label, Number, Term
from cardwright.record.calibration import Calibration
from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured, ScorerError, Unmeasured
from cardwright.record.record import Planned, Record
from cardwright.record.verdict import STATUSES, Closer, Limit, NextAction, Observation, Status


class MeasurementRule(OnEvaluation):
    """A number within a limit."""

    asks: ClassVar[str] = (
        "A number within a limit, compared on the bound of its interval: passed if the whole interval is inside, failed if all "
        "of it is outside, else inconclusive."
    )
    example: ClassVar[str] = (
        "{evaluator: fairness, role: test, metric: demographic_parity_ratio, at_least: 0.8, across: every, "
        "max_unknown_share: 0.05}"
    )
    tightening: ClassVar[Mapping[str, stricter.Stricter]] = {
        **OnEvaluation.tightening,
        "attributes": stricter.covers_more,
        "at_least": stricter.higher,
        "at_most": stricter.lower,
        "on": stricter.bound,
        "min_denominator": stricter.higher,
        "max_unknown_share": stricter.lower,
        "intersections": stricter.asked,
        "calibration": stricter.drawn_by_others,
    }

    metric: Term
    """The metric, by its name in the literature."""
    at_least: Number | None = None
    """The number must not be below this."""
    at_most: Number | None = None
    """The number must not be above this."""
    on: Literal["value", "lower", "upper", "bound"] = "bound"
    """What is compared with the limit. `bound` is the side of the interval that is nearer to the limit's outside."""
    across: Literal["every"] | tuple[Label, ...] = ()
    """For a gap: the attributes it is taken over; `every` asks for each attribute of the plan."""
    attributes: dict[Label, tuple[Label, ...]] = {}  # noqa: RUF012  pydantic copies defaults
    """With `across: every` or `slices: every_group`: attributes that have to be there, whatever the plan names, and groups
    expected of each; an attribute that the plan leaves out is missing."""
    intersections: Flag = False
    """With `across: every`: also over the intersections that the plan declares."""
    slices: Literal["overall", "every_group"] | tuple[dict[Label, Label | None], ...] = "overall"
    """Which rows: all, each expected group, or the slices listed; every one has to be there."""
    given: tuple[Label, ...] = ()
    """The strata it is conditional on."""
    of_class: Label | None = None
    """The class it is about."""
    min_denominator: Count = 1
    """The relevant denominator must not be smaller."""
    max_unknown_share: Annotated[Number, Field(ge=0, le=1)] = 0.0
    """For a gap: the share of rows of unknown membership that is still accepted."""
    relative_to_baseline: Flag = False
    """Whether the limit is on the difference to the same number in the baseline's record, from the same file of rows."""

    calibration: Calibrating | None = None
    """For a rate of what a scorer flagged: whose work its calibration has to be; if omitted, anybody's who labelled as a
    person. `drawn`: somebody other than the plan's author has signed the nonce that drew it. `independent`: two people or more
    have signed their labels, too, and none of them is the author."""

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("say at_least or at_most, one of them")
        if self.intersections and self.across != "every":
            raise ValueError("intersections goes with `across: every`")
        if self.across and self.slices != "overall":
            raise ValueError("a gap is taken over all rows; say across or slices, not both")
        if self.attributes and self.across != "every" and self.slices != "every_group":
            raise ValueError("attributes goes with `across: every` or `slices: every_group`")
        return self

    @property
    def limit(self) -> float:
        """The limit."""
        limit = self.at_least if self.at_least is not None else self.at_most
        assert limit is not None
        return limit

    @property
    def operator(self) -> Literal["at_least", "at_most"]:
        """Which side is inside."""
        return "at_least" if self.at_least is not None else "at_most"

    @property
    def held(self) -> Literal["value", "lower", "upper"]:
        """What is compared with the limit, `bound` resolved: the bound that could lie outside."""
        if self.on == "bound":
            return "lower" if self.operator == "at_least" else "upper"
        return self.on

    def for_subject(self, record: Record, *, for_production: bool) -> Self:
        """See `Rule.for_subject`. A number about a model that can be loaded is that model's own, unless the policy says
        otherwise: `binding: supplied`, or `none` where it is about data."""
        loadable = record.subject.kind == "model" and record.subject.reference is None
        if self.binding is None and for_production and loadable:
            return self.model_copy(update={"binding": "recomputed"})
        return self

    def judge_as_asked(self, review: CaseUnderReview) -> RuleAnswer:
        """See `OnEvaluation.judge_as_asked`."""
        limit = Limit(operator=self.operator, value=self.limit, on=self.held)
        selected = self.select(review.record)
        if isinstance(selected, RuleAnswer):
            return replace(selected, limit=limit)
        observations: list[Observation] = []
        weighed = _odd_weights(selected.evaluations)
        for evaluation, plan in zip(selected.evaluations, selected.planned, strict=True):
            expected = self._expected(plan)
            if not expected:
                return RuleAnswer(
                    "missing",
                    f"{plan.id} covers no sensitive attribute, so {words(self.metric)} has no groups to compare.",
                    "Name the attributes under `sensitive:` of the source.",
                    "data",
                    (edit_plan("sources"), RUN),
                    limit,
                )
            for slice_, across in expected:
                observations += _Comparison(self, evaluation, plan, slice_, across).observe(review)
        if weighed is not None:
            observations = [weighed(o) for o in observations]
        observations.sort(key=lambda o: (STATUSES.index(o.status), o.distance if o.distance is not None else 0.0))
        worst = observations[0]
        others = [o for o in observations[1:] if o.status == worst.status and worst.status != "passed"]
        explanation = (
            f"In {worst.evaluation}, {worst.note}" if len(selected.evaluations) > 1 else as_sentence(worst.note)
        )
        explanation += self._also(worst, others) if others else ""
        if self.binding == "none" and worst.status == "passed":
            explanation += " The policy asks for no tie to the model here: it takes the number to be about data."
        elif self.binding in ("supplied", "asserted") and worst.status == "passed":
            explanation += (
                f" The policy accepts {self.binding} predictions here: nobody recomputed them with the model."
            )
        if worst.status == "not_applicable":
            return RuleAnswer(
                "not_applicable",
                f"Does not apply: {explanation}",
                clause="the policy sets `not_applicable: true` here",
                limit=limit,
                observations=tuple(observations),
                evaluations=selected.evaluations,
            )
        remedy, closed_by, next_ = _CLOSED_BY[worst.status]
        if worst.status == "failed":
            remedy = _MENDED_BY.get(self.metric, remedy)
        elif worst.status == "inconclusive":
            remedy = _settled_by(worst)
        return RuleAnswer(
            worst.status, explanation, remedy, closed_by, next_, limit, tuple(observations), selected.evaluations
        )

    def _also(self, worst: Observation, others: list[Observation]) -> str:
        """The other numbers that say the same, by what tells them from the worst, each with its value and interval."""
        told = []
        for one in others[:ALSO_NAMED]:
            where = [f"across {' × '.join(one.across)}"] if one.across else []
            where += [f"{name} = {'unknown' if value is None else value}" for name, value in one.slice.items()]
            where += [f"in {one.evaluation}"] if one.evaluation != worst.evaluation or not where else []
            text = ", ".join(where)
            if one.value is not None:
                text += f" {number(one.value, self.limit)}"
            if one.interval is not None:
                bounds = (number(bound, self.limit) for bound in (one.interval.lower, one.interval.upper))
                text += f" ({' to '.join(bounds)})"
            told.append(text)
        more = len(others) - len(told)
        return f" Also {worst.status}: {'; '.join(told)}" + (f"; and {more} more." if more else ".")

    def _expected(self, plan: Planned) -> list[tuple[Slice, tuple[str, ...]]]:
        """Every (slice, across) that has to be there: from the policy and the plan, never from the data at hand."""
        if self.across == "every":
            attributes = list(dict.fromkeys([*(group_.attribute for group_ in plan.groups), *self.attributes]))
            depth = plan.depth if self.intersections else 1
            crossings = itertools.chain.from_iterable(
                itertools.combinations(attributes, k) for k in range(1, depth + 1)
            )
            return [({}, crossing) for crossing in crossings]
        if self.across:
            return [({}, self.across)]
        if self.slices == "every_group":
            return [({attribute: name}, ()) for attribute, names in self._groups(plan).items() for name in names]
        if self.slices == "overall":
            return [({}, ())]
        return [(dict(sorted(slice_.items())), ()) for slice_ in self.slices]

    def _groups(self, plan: Planned) -> dict[str, tuple[str, ...]]:
        """Expected groups by attribute, of the plan and of the policy. An attribute that only the policy names and without
        groups has one that nothing is measured in, so that it is not left out."""
        planned = {expected.attribute: expected.groups for expected in plan.groups}
        asked = {
            name: groups or (() if name in planned else ("any group",)) for name, groups in self.attributes.items()
        }
        return {
            name: tuple(dict.fromkeys([*planned.get(name, ()), *asked.get(name, ())]))
            for name in dict.fromkeys([*planned, *asked])
        }


ALSO_NAMED = 6
"""So many further numbers that say the same as the worst are named in a sentence; the verdict holds all."""

LEAST_LEVEL = 0.9
"""Confidence level of an interval on whose bound a requirement can pass."""

_CLOSED_BY: Mapping[Status, tuple[str | None, Closer | None, tuple[NextAction, ...]]] = {
    "passed": (None, None, ()),
    "failed": ("Change the model, its threshold or its data and run again, or ask for a waiver.", "decision", ()),
    "inconclusive": ("More cases would settle it.", "data", ()),
    "missing": (RUN_AGAIN, "command", (edit_plan("evaluate"), RUN)),
    "error": ("Fix what stopped it and run again.", "command", (RUN,)),
}
"""What closes an observation of each status; no other status comes from a number."""


def _settled_by(seen: Observation) -> str:
    """What would settle a number of which the data do not show on which side of its limit it lies."""
    if any(said in seen.note for said in ("of the scorer ", "of its scorer")):
        return "Have people label or judge answers like these, so that the scorer's error is known, and run again."
    if seen.across or seen.slice:
        return "More cases, or a closer look at the groups named, would settle it."
    return "More cases would settle it."


_MENDED_BY: Mapping[str, str] = {
    "k_anonymity": "Leave out the columns that tell people apart, or make them coarser (a day of birth an age band, a postcode a "
    "district), and run again, or ask for a waiver.",
    "duplicate_row_rate": "Remove the rows that stand twice and run again, or ask for a waiver.",
}
"""What mends a number that no model and no threshold makes."""


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One number that has to be there, and the limit it is compared with."""

    rule: MeasurementRule
    evaluation: Evaluation
    plan: Planned
    slice_: Slice
    across: tuple[str, ...]

    def observe(self, review: CaseUnderReview) -> list[Observation]:
        """What is said of each measurement that answers, or of the lack of one."""
        there = [
            m
            for m in review.about(self.evaluation.id, self.rule.metric, self.slice_)
            if len(m.across) == len(self.across)
            and set(m.across) == set(self.across)
            and m.given == self.rule.given
            and m.of_class == self.rule.of_class
        ]
        if not there:
            return [self._say("missing", f"{self._name()} is not in {self.evaluation.id}.")]
        return [self._unmeasured(m) if isinstance(m, Unmeasured) else self._measured(m, review) for m in there]

    def _say(
        self,
        status: Status,
        note: str,
        m: Measured | Unmeasured | None = None,
        distance: float | None = None,
        value: float | None = None,
    ) -> Observation:
        measured = m if isinstance(m, Measured) else None
        groups = m.groups if m is not None else None
        return Observation(
            evaluation=self.evaluation.id,
            metric=self.rule.metric,
            slice=dict(m.slice if m is not None else self.slice_),
            across=self.across,
            value=value if value is not None else measured.value if measured else None,
            interval=measured.interval if measured and not self.rule.relative_to_baseline else None,
            denominator=m.denominator if m is not None else None,
            compared=groups.compared if groups else None,
            expected=groups.expected if groups else None,
            status=status,
            distance=distance,
            note=note,
        )

    def _unmeasured(self, m: Unmeasured) -> Observation:
        statuses: dict[str, Status] = {
            "error": "error",
            "not_applicable": "not_applicable" if self.rule.not_applicable else "missing",
        }
        return self._say(statuses.get(m.code, "inconclusive"), f"{self._name()} is not measured: {m.reason}", m)

    def _measured(self, m: Measured, review: CaseUnderReview) -> Observation:
        rule, name = self.rule, self._name()
        value, lower, upper = (
            m.value,
            m.interval.lower if m.interval else None,
            m.interval.upper if m.interval else None,
        )
        if rule.relative_to_baseline:
            before = _in_baseline(review.case.baseline, self.evaluation, m)
            if before is None:
                note = f"{name} has no counterpart in the record of a baseline, with which the policy compares it."
                return self._say("missing", note, m)
            if not before.same_rows:
                note = f"{name}: the baseline was evaluated on another file, and nobody can tell whether its rows are the same."
                return self._say("inconclusive", note, m)
            value, lower, upper = value - before.value, None, None
            if rule.on != "value":
                note = f"{name}: a difference between two records has no interval; compare on the same rows instead."
                return self._say("inconclusive", note, m)
        elif m.scorer is not None and m.scorer.corrected is not None:
            # What a scorer gets wrong widens the interval, and never narrows it: the worse bound decides.
            lower = None if lower is None else min(lower, m.scorer.corrected.lower)
            upper = None if upper is None else max(upper, m.scorer.corrected.upper)
        sign = 1.0 if rule.operator == "at_least" else -1.0
        compared = {"value": value, "lower": lower, "upper": upper}[rule.held]
        shown, limit = self._shown(name, m, value), f"the limit of {_limit(rule)}"
        # Wholly outside the limit: neither a missing group nor a larger sample would make it pass.
        nearest = value if rule.held == "value" else upper if rule.operator == "at_least" else lower
        if nearest is not None and sign * (nearest - rule.limit) < 0:
            return self._say("failed", f"{shown}, outside {limit}.", m, sign * (nearest - rule.limit), value)
        distance = None if compared is None else sign * (compared - rule.limit)
        # Only after failing is ruled out: thin evidence keeps a number from passing, and never from failing.
        problem = (
            self._too_thin(m)
            or self._too_sure(m)
            or _uncalibrated(m, self.evaluation, review)
            or self._not_independent(m, review)
        )
        if problem is not None:
            return self._say("inconclusive", f"{shown}, but {problem}.", m, distance, value)
        if distance is None:
            note = f"{shown}, without an interval, so its {rule.held} bound cannot be compared with the limit."
            return self._say("inconclusive", note, m, None, value)
        if distance >= 0:
            return self._say("passed", f"{shown}, inside {limit}.", m, distance, value)
        note = f"{shown}; {limit} lies inside the interval.{_resolution(m)}"
        return self._say("inconclusive", note, m, distance, value)

    def _not_independent(self, m: Measured, review: CaseUnderReview) -> str | None:
        if self.rule.calibration is None or m.scorer is None:
            return None
        return drawn_by_others(_held(self.evaluation, m.scorer), self.rule.calibration, review, m.denominator)

    def _too_sure(self, m: Measured) -> str | None:
        """Why a bound decides nothing: whoever writes the plan chooses the level, and at a low one every interval is narrow."""
        if self.rule.held == "value":
            return None
        intervals = (m.interval, m.scorer.corrected if m.scorer is not None else None)
        low = min((interval.level for interval in intervals if interval is not None), default=1.0)
        if low >= LEAST_LEVEL:
            return None
        return f"its interval is one of {low * 100:g} %, and one of {LEAST_LEVEL * 100:g} % or more is needed"

    def _too_thin(self, m: Measured) -> str | None:
        """Why a number cannot pass, whatever its value: too few cases, fewer groups than expected, too much unknown."""
        if self.across:
            return self._gap_too_thin(m)
        least = self.rule.min_denominator
        if m.groups is not None and m.groups.compared < m.groups.expected:
            # The largest of several slices or perturbations: one that could not be judged may be the worst.
            return f"it covers {m.groups.compared} of {m.groups.expected} of what was planned"
        if m.denominator is None and least > 1:
            return "it does not state the number of cases"
        if m.denominator is not None and m.denominator < least:
            return f"it rests on {number(m.denominator)} cases, fewer than {least}"
        return None

    def _gap_too_thin(self, m: Measured) -> str | None:
        least = self.rule.min_denominator
        if m.groups is None:
            return "it does not state its groups"
        declared = {name: len(groups) for name, groups in self.rule._groups(self.plan).items()}
        # A gap over one attribute is expected to cover what the plan declares; over an intersection, its product at most.
        expected = m.groups.expected
        if len(self.across) == 1 and self.across[0] in declared:
            expected = max(expected, declared[self.across[0]])
        if m.groups.compared < expected:
            return f"it covers {m.groups.compared} of {expected} groups"
        share = m.groups.unknown / m.groups.rows if m.groups.rows else 1.0
        if share > self.rule.max_unknown_share:
            most = number(self.rule.max_unknown_share)
            return f"membership is unknown for {m.groups.unknown} of {m.groups.rows} rows, a share above {most}"
        if m.groups.smallest is None:
            return "it does not state the size of its smallest group" if least > 1 else None
        if m.groups.smallest < least:
            return f"its smallest group has {number(m.groups.smallest)} cases, fewer than {least}"
        return None

    def _name(self) -> str:
        name = words(self.rule.metric)
        if self.rule.of_class is not None:
            name += f" of class {self.rule.of_class}"
        if self.across:
            name += f" across {' × '.join(self.across)}"
        if self.slice_:
            name += " for " + ", ".join(f"{a} = {'unknown' if v is None else v}" for a, v in self.slice_.items())
        if self.rule.given:
            name += f" given {', '.join(self.rule.given)}"
        return name

    def _shown(self, name: str, m: Measured, value: float) -> str:
        limit = self.rule.limit
        text = f"{name} is {number(value, limit)}"
        if self.rule.relative_to_baseline:
            return f"{text} relative to the baseline"
        parts = []
        if m.interval is not None:
            lower, upper = number(m.interval.lower, limit), number(m.interval.upper, limit)
            parts.append(f"{m.interval.level * 100:g} % interval {lower} to {upper}")
        if m.denominator is not None:
            parts.append(f"n = {m.denominator:,.10g}")
        if m.groups is not None and m.groups.lowest and m.groups.highest:
            parts.append(_extremes(m, m.groups.lowest, m.groups.highest, self.evaluation))
        return text + (f" ({'; '.join(parts)})" if parts else "")


def _extremes(m: Measured, lowest: Slice, highest: Slice, evaluation: Evaluation) -> str:
    """The lowest and the highest group, and by which rate if the evaluation tells: a gap can be the larger of several."""
    rates: dict[str, dict[bool, float]] = {}
    for one in evaluation.measurements:
        if (
            isinstance(one, Measured)
            and one.slice in (lowest, highest)
            and (one.given, one.of_class) == (m.given, m.of_class)
        ):
            rates.setdefault(one.metric, {})[one.slice == highest] = one.value
    named = next(
        (name for name, ends in rates.items() if len(ends) == 2 and _is_gap(m, name, ends[False], ends[True])), None
    )
    if named is None:
        return f"lowest {group(lowest)}, highest {group(highest)}"
    least, most = (number(rates[named][end]) for end in (False, True))
    return f"{words(named)}: lowest {group(lowest)} {least}, highest {group(highest)} {most}"


def _is_gap(m: Measured, rate: str, lowest: float, highest: float) -> bool:
    """Whether a number is the gap between two values of a rate: their difference or ratio, or by its name a standardized one."""
    if m.metric == f"standardized_{rate}_difference":
        return lowest < highest
    apart = lowest / highest if m.unit == "ratio" and highest > 0 else highest - lowest
    return lowest < highest and math.isclose(apart, m.value, rel_tol=1e-9)


_OF_A_SCORER = frozenset({
    "over_refusal_rate", "partial_refusal_rate", "compliance_rate", "attack_refusal_rate", "refusal_rate", "task_success_rate",
    "over_refusal_change", "harmful_content_rate", "toxicity_rate", "stereotype_rate", "ungrounded_answer_rate",
    "supported_rate", "contradicted_rate", "not_in_passages_rate",
    "counterfactual_rate", "counterfactual_difference", "largest_counterfactual_difference",
})  # fmt: skip
"""Metrics that are a scorer's judgement by their definition."""


_NAMED_KINDS = frozenset({"PERSON", "STREET_ADDRESS", "DATE_OF_BIRTH", "NRP", "LOCATION", "ORGANIZATION"})
"""Kinds of personal data that no form tells: `pii` sees some of them and misses others."""


def _is_of_a_name(m: Measured) -> bool:
    return m.metric.startswith("pii_") and m.slice.get("entity") in _NAMED_KINDS and m.direction == "lower_is_better"


def _held(evaluation: Evaluation, scorer: ScorerError) -> Calibration | None:
    """The calibration that a number rests on, as the record holds it."""
    return next((one for one in evaluation.calibrations if one.file_sha256 == scorer.calibration), None)


def _uncalibrated(m: Measured, evaluation: Evaluation, review: CaseUnderReview) -> str | None:
    """Why what a scorer flagged cannot pass: nobody knows, or knows any longer, how often it errs on answers like these.

    What the calibration says counts, and not what the number says of it.
    """
    scorer = m.scorer
    if scorer is None:
        # Leaving the scorer out of a record must not be an advantage.
        of_a_scorer = m.metric in _OF_A_SCORER or "scorer" in m.slice or _is_of_a_name(m)
        return "it does not state the error of its scorer" if of_a_scorer else None
    if scorer.corrected is None or scorer.calibration is None:
        return f"the error of the scorer {scorer.name} is not known ({scorer.why or 'it is not calibrated'})"
    held, today = _held(evaluation, scorer), review.today.isoformat()
    if held is None:
        # Verdicts of several people are no calibration: they are a source of their own, and what is known of their error.
        given = any(one.sha256 == scorer.calibration and "calibration" not in one.need for one in evaluation.inputs)
        return None if given else f"the calibration of the scorer {scorer.name} is not in the record"
    problem = _says_nothing_of(held, scorer.name, evaluation)
    if problem is not None:
        return f"the calibration of the scorer {scorer.name} says nothing here: {problem}"
    if held.labelled_on > today:
        return f"the calibration of the scorer {scorer.name} was labelled on {held.labelled_on}, which is still to come"
    until = min(held.valid_until, scorer.expires or held.valid_until)
    return f"the calibration of the scorer {scorer.name} expired on {until}" if today >= until else None


def _says_nothing_of(held: Calibration, scorer: str, evaluation: Evaluation) -> str | None:
    if held.scorer != scorer:
        return f"it is of the scorer {held.scorer}"
    if held.labelled_by != "human":
        return "its labels were given by a program, and count as nobody's"
    if not set(held.transcripts) & {one.sha256 for one in evaluation.inputs}:
        return "it was drawn from other transcripts"
    return held.shortage()


WEIGHTS = ("weight_zero", "extreme_weights")
"""Findings by which a weighted number says less than its value: rows that count for nothing, or a few that decide it."""


def _odd_weights(evaluations: tuple[Evaluation, ...]) -> Callable[[Observation], Observation] | None:
    """What turns a pass into inconclusive where rows were weighed out of the count; None if none were."""
    said = {e.id: f.explanation for e in evaluations for f in e.findings if f.key in WEIGHTS}
    if not said:
        return None

    def weighed(o: Observation) -> Observation:
        if o.status != "passed" or o.evaluation not in said:
            return o
        return o.model_copy(update={"status": "inconclusive", "note": f"{o.note} But {said[o.evaluation]}"})

    return weighed


@dataclass(frozen=True, slots=True)
class _Before:
    """A number of the baseline, and whether it is about the same rows."""

    value: float
    same_rows: bool


def _in_baseline(baseline: Record | None, evaluation: Evaluation, m: Measured) -> _Before | None:
    before = baseline.evaluation(evaluation.id) if baseline is not None else None
    if before is None or before.evaluator != evaluation.evaluator:
        return None
    same = next((old for old in before.measurements if old.key == m.key), None)
    if not isinstance(same, Measured):
        return None
    return _Before(same.value, same_rows=_read(before) == _read(evaluation))


def _read(evaluation: Evaluation) -> set[tuple[str, str]]:
    """The data that it is about, by need: what it was compared with there is another matter."""
    return {(one.need, one.sha256) for one in evaluation.inputs if one.need not in ("model", "baseline")}


def _limit(rule: MeasurementRule) -> str:
    return f"{rule.operator.replace('_', ' ')} {rule.limit:.10g}"


def _resolution(m: Measured) -> str:
    """What the sample could have shown, and how large one would have to be.

    The detectable difference is that between the two smallest groups: between larger groups a smaller one is found as often, and
    between those two it is found less often, not never. So the sentence sets no lower end to what could be seen.
    """
    text = ""
    if m.resolution is not None and m.resolution.detectable is not None:
        detectable = number(m.resolution.detectable)
        text += (
            f" Between any two groups a difference in rates of {detectable} would have been found with 80 % power; a smaller one "
            "could be missed."
        )
    if m.resolution is not None and m.resolution.needed is not None:
        text += f" About {m.resolution.needed:,} cases like these would settle it if the value stays the same."
    return text
