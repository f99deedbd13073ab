"""Requests that differ in a named group alone, compared by numbers: a classifier's or judge's score, or what the answer comes to.

As in `counterfactual`, answers are paired by `pair_id` and templates are what is independent. Two groups are compared by the mean
of the differences within pairs. A number that an answer comes to (an amount, a grade: `outcome_value`) is as the row says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from cardwright.evaluators.rows.wording import agree, counted
from cardwright.evaluators.safety.counterfactual import largest_interval, unknown_error
from cardwright.evaluators.safety.tally import MAX_PLACES
from cardwright.record.base import label
from cardwright.record.evaluation import Finding, Table, TableColumn
from cardwright.record.measurement import Groups, Interval, Measured, Measurement, Sampling, Test, Unmeasured
from cardwright.sources.interface import Interaction

if TYPE_CHECKING:
    from cardwright.statistics.paired import MeanDifference

STATED = ("", "outcome_value")
"""The outcome that no scorer has made."""
Outcome = tuple[str, str]
"""Who gives the number, and of what: `("toxicity_classifier", "toxicity_score")`."""


@dataclass(frozen=True)
class PairedNumbers:
    """The numbers of each request: by outcome, template and pair, and group; of several tries, all."""

    seen: Mapping[Outcome, Mapping[tuple[str, str], Mapping[str, tuple[float, ...] | None]]] = field(
        default_factory=dict
    )
    """None where an answer has no number."""
    groups: tuple[str, ...] = ()


def collect(interactions: Iterable[Interaction]) -> PairedNumbers:
    """The numbers of all interactions that name a pair and a group; an outcome of which nobody gave a number is left out."""
    seen: dict[Outcome, dict[tuple[str, str], dict[str, tuple[float, ...] | None]]] = {}
    groups: set[str] = set()
    for one in interactions:
        if one.pair_id is None or one.group is None:
            continue
        groups.add(one.group)
        told = [(STATED, None if one.error is not None else one.outcome_value)]
        told += [((judged.scorer, f"{judged.event}_score"), judged.score) for judged in one.judgements]
        for outcome, number in told:
            answers = seen.setdefault(outcome, {}).setdefault((one.template or one.pair_id, one.pair_id), {})
            before = answers.get(one.group, ())
            answers[one.group] = (*before, number) if number is not None and before is not None else None
    held = {
        outcome: answers
        for outcome, answers in sorted(seen.items())
        if any(numbers for pair in answers.values() for numbers in pair.values())
    }
    return PairedNumbers(held, tuple(sorted(groups)))


@dataclass(frozen=True)
class NumberComparison:
    """Two groups over the pairs of which both have a number."""

    outcome: Outcome
    first: str
    second: str
    found: MeanDifference | None
    """The first group's number less the second's; None without pairs."""
    left: int
    """Pairs that could not be compared."""

    @property
    def interval(self) -> Interval | None:
        """Where the mean difference lies."""
        bounds = self.found.bounds if self.found is not None else None
        if bounds is None:
            return None
        return Interval(level=bounds.level, lower=bounds.lower, upper=bounds.upper, method=bounds.method)


def comparisons(numbers: PairedNumbers, level: float) -> Iterator[NumberComparison]:
    """All pairs of groups, at a level that holds for all of one outcome at once (Bonferroni)."""
    from cardwright.statistics.paired import clustered_mean

    pairs = list(combinations(numbers.groups, 2))
    for outcome, answers in numbers.seen.items():
        for first, second in pairs:
            by_template: dict[str, list[float]] = {}
            left = 0
            for (template, _), said in answers.items():
                one, other = said.get(first), said.get(second)
                if one and other:
                    by_template.setdefault(template, []).append(sum(one) / len(one) - sum(other) / len(other))
                else:
                    left += 1
            found = clustered_mean(list(by_template.values()), 1 - (1 - level) / len(pairs))
            yield NumberComparison(outcome, first, second, found, left)


def _slice(outcome: Outcome, **more: str) -> dict[str, str | None]:
    who = {"scorer": outcome[0]} if outcome != STATED else {}
    return {**who, "outcome": outcome[1], **{key: label(value) for key, value in more.items()}}


def _sampling(found: MeanDifference) -> Sampling:
    return Sampling(unit="template", units=found.clusters, observations=found.cases, cluster="template")


def measurements(numbers: PairedNumbers, level: float) -> Iterator[Measurement]:
    """For each outcome: the mean of each group, the mean difference of each two, and the largest."""
    from cardwright.statistics.paired import clustered_mean

    for outcome, answers in numbers.seen.items():
        scorer = unknown_error(outcome[0]) if outcome != STATED else None
        for group in numbers.groups:
            by_template: dict[str, list[float]] = {}
            for (template, _), said in answers.items():
                held = said.get(group)
                if held:
                    by_template.setdefault(template, []).append(sum(held) / len(held))
            found = clustered_mean(list(by_template.values()), level)
            slice_ = _slice(outcome, group=group)
            if found is None:
                yield _unknown(
                    "counterfactual_mean", slice_, "no answer of the group has a number that can be averaged"
                )
                continue
            bounds = found.bounds
            yield Measured(
                metric="counterfactual_mean",
                slice=slice_,
                value=found.estimate,
                unit="outcome",
                direction="neither",
                interval=Interval(level=bounds.level, lower=bounds.lower, upper=bounds.upper, method=bounds.method)
                if bounds is not None
                else None,
                sampling=_sampling(found),
                denominator=found.cases,
                scorer=scorer,
            )
    together: dict[Outcome, list[NumberComparison]] = {}
    for one in comparisons(numbers, level):
        together.setdefault(one.outcome, []).append(one)
        slice_ = _slice(one.outcome, first=one.first, second=one.second)
        if one.found is None:
            reason = f"no pair has a number for both groups; {one.left} could not be compared"
            yield _unknown("counterfactual_mean_difference", slice_, reason)
            continue
        yield Measured(
            metric="counterfactual_mean_difference",
            slice=slice_,
            value=one.found.estimate,
            unit="outcome",
            direction="neither",
            interval=one.interval,
            sampling=_sampling(one.found),
            test=Test(method="student_cluster", p_value=one.found.p_value) if one.found.p_value is not None else None,
            denominator=one.found.cases,
            reference=label(one.second),
            scorer=unknown_error(one.outcome[0]) if one.outcome != STATED else None,
        )
    for outcome, compared in together.items():
        yield _largest(outcome, compared, numbers.groups)


def _unknown(metric: str, slice_: dict[str, str | None], reason: str) -> Unmeasured:
    return Unmeasured(metric=metric, slice=slice_, code="undefined", reason=reason, denominator=0)


def _largest(outcome: Outcome, compared: list[NumberComparison], groups: tuple[str, ...]) -> Measurement:
    told = [(one, one.found) for one in compared if one.found is not None]
    if not told:
        return _unknown(
            "largest_counterfactual_mean_difference", _slice(outcome), "no two groups have a pair with numbers for both"
        )
    worst, found = max(told, key=lambda one: abs(one[1].estimate))
    value = abs(found.estimate)
    higher, other = (worst.first, worst.second) if found.estimate >= 0 else (worst.second, worst.first)
    intervals = [one.interval for one, _ in told]
    known = [interval for interval in intervals if interval is not None]
    # Of one that is not known nobody can say that it is not the largest.
    interval = largest_interval(known, value) if len(known) == len(intervals) else None
    return Measured(
        metric="largest_counterfactual_mean_difference",
        slice=_slice(outcome),
        value=value,
        unit="outcome",
        direction="lower_is_better",
        interval=interval,
        sampling=Sampling(
            unit="template", units=min(one.clusters for _, one in told), observations=found.cases, cluster="template"
        ),
        denominator=min(one.cases for _, one in told),
        groups=Groups(
            compared=len({group for one, _ in told for group in (one.first, one.second)}), expected=len(groups),
            rows=sum((one.found.cases if one.found is not None else 0) + one.left for one in compared),
            highest={"group": label(higher)},
            lowest={"group": label(other)},
        ),
        scorer=unknown_error(outcome[0]) if outcome != STATED else None,
    )  # fmt: skip


def findings(numbers: PairedNumbers, level: float) -> Iterator[Finding]:
    """Mean differences whose interval leaves out 0, and pairs that could not be compared."""
    for one in comparisons(numbers, level):
        scorer, what = one.outcome
        name = f"{scorer}.{what}".strip(".")
        if one.found is not None and one.interval is not None and (one.interval.lower > 0 or one.interval.upper < 0):
            error = f" What {scorer} gets wrong in either group is not known." if scorer else ""
            yield Finding(
                severity="medium",
                key=f"counterfactual.{name}"[:120],
                explanation=(
                    f"Requests that differ in the group alone get different numbers: over {counted(one.found.cases, 'pair')} "
                    f"{what.replace('_', ' ')} is {one.found.estimate:+.3g} in the mean for the first group, compared with the "
                    f"second.{error}"
                ),
                where=label(f"{one.first}, {one.second}"),
                count=one.found.cases,
            )
        if one.left:
            yield Finding(
                severity="low",
                key="counterfactual.no_number",
                explanation=f"{counted(one.left, 'pair')} {agree(one.left, 'lacks', 'lack')} a number of one group, and "
                f"{agree(one.left, 'is', 'are')} not compared by {what.replace('_', ' ')}.",
                where=label(f"{one.first}, {one.second}"),
                count=one.left,
            )


def table(numbers: PairedNumbers, level: float) -> Table:
    """Mean differences by outcome and groups."""
    told = list(comparisons(numbers, level))
    columns = (
        ("scorer", "Who gives it", None), ("outcome", "Number", None), ("first", "First group", None),
        ("second", "Second group", None), ("templates", "Templates", "count"), ("pairs", "Pairs", "count"),
        ("not_compared", "Not compared", "count"), ("difference", "Mean difference", None), ("lower", "Lower bound", None),
        ("upper", "Upper bound", None),
    )  # fmt: skip
    return Table(
        id="counterfactual_numbers",
        title=f"Numbers of two groups, pair by pair; {min(len(told), MAX_PLACES)} of {len(told)} rows",
        columns=tuple(TableColumn(name=name, title=title, unit=unit) for name, title, unit in columns),
        rows=tuple(
            (
                one.outcome[0] or "the rows", one.outcome[1], label(one.first), label(one.second),
                one.found.clusters if one.found else 0, one.found.cases if one.found else 0, one.left,
                one.found.estimate if one.found else None,
                one.interval.lower if one.interval else None, one.interval.upper if one.interval else None,
            )
            for one in told[:MAX_PLACES]
        ),
    )  # fmt: skip


__all__ = ["STATED", "PairedNumbers", "collect", "findings", "measurements", "table"]
