"""The gate: one pure function from a case and a policy to a verdict. Python, command line and documents all use this one.

Monotonic over the parts of a case: leaving out evidence, an evaluation, a group, a claim never turns a refusal into an
allowance. So absence has an outcome of its own (`missing`), what cannot be told blocks (`inconclusive`), expectations come from
the plan and the policy and never from the data at hand, and nothing compensates for anything else.

A number is held against a limit in three ways, on the bound of its interval:

- *passed*: the whole interval is inside the limit;
- *failed*: the whole interval is outside;
- *inconclusive*: the limit lies within it, or the interval, a group or the cases needed are not there.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from cardwright.errors import NothingToCheckError
from cardwright.policy.policy import (
    BINDINGS,
    OURS,
    AgeRule,
    AppliesWhen,
    ChecklistRule,
    Completeness,
    DetailsRule,
    EvaluatedRule,
    FindingsRule,
    IdentityRule,
    MeasurementRule,
    Policy,
    PreregisteredRule,
    ProvenanceRule,
    Requirement,
    SignOffRule,
    WaiverRules,
)
from cardwright.record import canonical
from cardwright.record.case import Case
from cardwright.record.claim import Attest, Claim, Preregister, SignOff, Waive, WaiveRequest, Withdraw
from cardwright.record.details import FIELDS
from cardwright.record.evaluation import SEVERITIES, Evaluation
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.record.provenance import RunFacts
from cardwright.record.record import Planned, Record
from cardwright.record.verdict import (
    STATUSES,
    Closer,
    Limit,
    Observation,
    Outcome,
    Outstanding,
    PolicyRef,
    Stage,
    Status,
    Verdict,
    VerdictInputs,
    Waived,
)


class _Answer:
    """What a rule says, before it becomes an Outcome."""

    def __init__(
        self,
        status: Status,
        explanation: str,
        remedy: str | None = None,
        closed_by: Closer | None = None,
        command: str | None = None,
        limit: Limit | None = None,
        observations: tuple[Observation, ...] = (),
        clause: str | None = None,
    ) -> None:
        self.status = status
        self.explanation = explanation
        self.remedy = remedy
        self.closed_by = closed_by
        self.command = command
        self.limit = limit
        self.observations = observations
        self.clause = clause


def decide(case: Case, policy: Policy, now: str, stage: Stage = "release", *, chosen_by: str = "the plan") -> Verdict:
    """Judge a case against a policy at a moment.

    Parameters
    ----------
    now:
        The moment, e.g. `2026-11-23T13:04:05Z`. The gate has no clock of its own, so a verdict can be replayed.
    stage:
        `review`: the evidence alone, sign-offs listed as outstanding. `release`: everything.
    chosen_by:
        Who chose the policy.

    Raises
    ------
    NothingToCheckError
        Where the policy is not for this kind of subject, or none of its blocking requirements applies.
    """
    record = case.record
    if record.subject.kind not in policy.kinds:
        raise NothingToCheckError(
            f"the policy {policy.name} is for a {' or a '.join(policy.kinds)}; {record.subject.name} is a {record.subject.kind}",
            do="Choose a policy of its kind.",
        )
    attested = bool(_plan_signers(case))
    requirements = [*_INHERENT, *_minimum(record, policy, attested), *policy.requirements]
    outcomes: list[Outcome] = []
    outstanding: list[Outstanding] = []
    applied = 0
    waivers = _Waivers(case, policy, now)
    for requirement in requirements:
        if requirement.sign_off is not None and stage == "review":
            rule = requirement.sign_off
            outstanding.append(Outstanding(role=rule.role, meaning=rule.meaning, requirement=requirement.id))
            applied += 1
            continue
        clause = _does_not_apply(requirement.applies_when, record)
        if clause is not None and (clause.certain or attested):
            answer = _Answer("not_applicable", f"Does not apply: {clause.words}.", clause=clause.words)
        else:
            applied += requirement.level == "block" and not requirement.id.startswith(OURS)
            answer = _judge(requirement, case, policy, now)
            if clause is not None and answer.status != "passed":
                answer.explanation += f" It would not apply ({clause.words}), but {_ONLY_THE_AUTHOR}."
                answer.remedy = f"{answer.remedy or ''} {_ATTEST_PLAN}".strip()
        role = policy.escalation.get(requirement.id)
        if role is not None and answer.status not in ("passed", "not_applicable"):
            answer.remedy = f"{answer.remedy or ''} It goes to the role {role}.".strip()
        outcomes.append(_outcome(requirement, len(outcomes) + 1, answer, waivers.of(requirement, answer)))
    if not applied:
        raise NothingToCheckError(
            f"none of the blocking requirements of {policy.name} applies to {record.subject.name}",
            do="A check that checks nothing allows nothing: choose another policy.",
        )
    rules = {requirement.id: requirement for requirement in requirements}
    outcomes = [_seen(rules[outcome.requirement], outcome, outcomes, case) for outcome in outcomes]
    allowed = all(outcome.releases for outcome in outcomes)
    return Verdict(
        stage=stage,
        decision="allowed" if allowed else "refused",
        headline=_headline(outcomes, outstanding, allowed, policy.for_production),
        advisory=case.advisory,
        evaluated_at=now,
        policy=PolicyRef(
            name=policy.name,
            version=policy.version,
            title=policy.title,
            sha256=policy.sha256,
            chosen_by=chosen_by,
            chain=policy.chain,
            for_production=policy.for_production,
            checklists=tuple(dict.fromkeys(r.checklist.checklist for r in policy.requirements if r.checklist)),
            waiver_roles=policy.waivers.approver_roles if policy.waivers else (),
            waiver_days=policy.waivers.max_days if policy.waivers and policy.waivers.approver_roles else None,
        ),
        inputs=VerdictInputs(
            record_sha256=record.sha256,
            plan_sha256=case.plan.sha256 if case.plan else None,
            policy_sha256=policy.sha256,
            trust_sha256=case.trust_sha256,
            claims_sha256=canonical.sha256([canonical.plain(claim) for claim in case.claims]) if case.claims else None,
            baseline_sha256=case.baseline.sha256 if case.baseline else None,
            previous_sha256=case.previous.sha256 if case.previous else None,
            run_sha256=canonical.sha256(case.run) if case.run else None,
            manifest_sha256=case.manifest_sha256,
            artefacts_sha256=canonical.sha256(case.artefacts) if case.artefacts is not None else None,
        ),
        outcomes=tuple(outcomes),
        outstanding=tuple(outstanding),
        valid_until=_valid_until(outcomes, policy, case) if allowed else None,
    )


def _outcome(requirement: Requirement, number: int, answer: _Answer, waived: Waived | None) -> Outcome:
    assert requirement.set_by is not None and requirement.set_on is not None
    return Outcome(
        requirement=requirement.id,
        number=number,
        title=requirement.title,
        kind=requirement.kind,
        level=requirement.level,
        status=answer.status,
        explanation=answer.explanation,
        remedy=answer.remedy,
        closed_by=answer.closed_by,
        command=answer.command,
        limit=answer.limit,
        observations=answer.observations,
        clause=answer.clause,
        waived=waived,
        why=requirement.why,
        origin=requirement.origin,
        citation=requirement.citation,
        waivable=requirement.waivable,
        standing=requirement.standing,
        set_by=requirement.set_by,
        set_on=requirement.set_on,
    )


def _headline(outcomes: list[Outcome], outstanding: list[Outstanding], allowed: bool, for_production: bool) -> str:
    if not allowed:
        blocking = [outcome for outcome in outcomes if not outcome.releases]
        parts = [
            f"{count} {status.replace('_', ' ')}"
            for status in STATUSES
            if (count := sum(outcome.status == status for outcome in blocking))
        ]
        noun = "requirement" if len(blocking) == 1 else "requirements"
        return f"REFUSED: {len(blocking)} {noun} in the way ({', '.join(parts)})"
    waived = [outcome for outcome in outcomes if outcome.waived is not None and outcome.level == "block"]
    text = "ALLOWED"
    if waived:
        until = min(outcome.waived.expires for outcome in waived if outcome.waived)
        text += f" WITH {len(waived)} WAIVER{'S' if len(waived) > 1 else ''} until {until}"
    if outstanding:
        text += f" on the evidence; {len(outstanding)} sign-off{'s' if len(outstanding) > 1 else ''} outstanding"
    return text if for_production else f"{text}; NOT FOR PRODUCTION"


def _valid_until(outcomes: list[Outcome], policy: Policy, case: Case) -> str | None:
    days = [outcome.waived.expires for outcome in outcomes if outcome.waived is not None]
    days += [
        (_oldest(case.run) + timedelta(days=requirement.age.max_days)).isoformat()
        for requirement in policy.requirements
        if requirement.age is not None and case.run is not None
    ]
    days += [claim.expires for claim in case.claims if isinstance(claim, Attest) and claim.expires is not None]
    return min(days) if days else None


def _oldest(run: RunFacts) -> date:
    """The day of the oldest evidence: what is used again does not get younger by it."""
    return min(_day(moment) for moment in (run.finished, *run.earlier.values()))


def _day(moment: str) -> date:
    return datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).date()


# ---------------------------------------------------------------------------------------------------- does it apply?


@dataclass(frozen=True)
class _Clause:
    """Why a requirement does not apply, by the policy's own words."""

    words: str
    certain: bool
    """Whether the evidence itself shows it: what the plan says of the use of a subject is its author's word."""


_ONLY_THE_AUTHOR = "only the author of the plan says so"
_ATTEST_PLAN = "Or somebody else signs the plan, and with it what it says of the use: cardwright attest --plan."


def _plan_signers(case: Case) -> list[Preregister]:
    """Signatures of the plan by others than its author. Where it does not name its author, nobody is known to be another."""
    author = case.record.provenance.author
    if author is None:
        return []
    return [
        claim
        for claim in _live(case)
        if isinstance(claim, Preregister)
        and claim.plan_sha256 == case.record.provenance.plan_sha256
        and _same_name(claim.person) != _same_name(author)
    ]


def _same_name(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _does_not_apply(when: AppliesWhen | None, record: Record) -> _Clause | None:
    """Why a requirement does not apply; None where it does, or where nobody can tell."""
    if when is None:
        return None
    context = record.context
    facts: tuple[tuple[str, tuple[str, ...], tuple[str, ...] | None], ...] = (
        ("kind", when.kind, (record.subject.kind,)),
        ("task", when.task, (context.task,) if context.task is not None else None),
        ("risk tier", when.risk_tier, (context.risk_tier,) if context.risk_tier is not None else None),
        ("jurisdictions", when.jurisdictions, context.jurisdictions),
    )
    for name, asked, stated in facts:
        if asked and stated is not None and not set(asked) & set(stated):
            words = f"asked where {name} is {' or '.join(asked)}; it is {', '.join(stated) or 'none'}"
            return _Clause(words, certain=name == "kind")
    asked_production, stated_production = when.production_intended, context.production_intended
    if asked_production is not None and stated_production is not None and asked_production != stated_production:
        words = f"asked where production_intended is {str(asked_production).lower()}; it is {str(stated_production).lower()}"
        return _Clause(words, certain=False)
    return None


# ---------------------------------------------------------------------------------------------------- the rules


def _judge(requirement: Requirement, case: Case, policy: Policy, now: str) -> _Answer:
    rule = requirement.rule
    for kind, judge in _JUDGES.items():
        if isinstance(rule, kind):
            return judge(rule, case, now)
    raise AssertionError(f"no judge for {requirement.kind}")  # pragma: no cover - the union is closed


def _select(
    rule: MeasurementRule | EvaluatedRule | FindingsRule, record: Record
) -> tuple[list[Evaluation], list[Planned], _Answer | None]:
    """The evaluations a rule is about, and an answer where one of them did not run, or none was planned."""
    planned = [
        plan
        for plan in record.planned
        if (plan.evaluator == rule.evaluator or plan.id == rule.evaluation)
        and (rule.role is None or rule.role in plan.roles.values())
    ]
    name = rule.evaluator or rule.evaluation or ""
    source = f" on `{rule.role}`" if rule.role else ""
    if not planned:
        entry = f"- {name}: {{source: {rule.role or '…'}}}" if rule.evaluator else f"an evaluation with id {name}"
        return (
            [],
            [],
            _Answer(
                "missing",
                f"{name}{source} was not evaluated: the plan does not ask for it.",
                f"Add `{entry}` under `evaluate:` in the plan and run again, or ask for a waiver.",
                "command",
                "cardwright run assessment.yaml",
            ),
        )
    gaps = {gap.id: gap for gap in record.not_evaluated}
    for plan in planned:
        gap = gaps.get(plan.id)
        if gap is not None:
            status: Status = "error" if gap.code == "error" else "missing"
            did = "stopped with an error" if gap.code == "error" else "did not run"
            return (
                [],
                [],
                _Answer(
                    status, f"{plan.id} {did}: {gap.reason}", gap.remedy, "command", "cardwright run assessment.yaml"
                ),
            )
    found = {evaluation.id: evaluation for evaluation in record.evaluations}
    # What another model did, a challenger say, is no evidence about the subject, neither for it nor against it.
    others = [plan.id for plan in planned if _of_another_model(found[plan.id], record)]
    planned = [plan for plan in planned if plan.id not in others]
    if not planned:
        return (
            [],
            [],
            _Answer(
                "mismatched",
                f"{', '.join(others)} was computed with a model that is not among the files of the subject.",
                "Evaluate the model that is handed over, or name its file under `files:` of the subject.",
                "command",
                "cardwright run assessment.yaml",
            ),
        )
    evaluations = [found[plan.id] for plan in planned]
    for evaluation in evaluations:
        if evaluation.completeness not in rule.accept:
            return (
                [],
                [],
                _Answer(
                    "inconclusive",
                    f"{evaluation.id} is {evaluation.completeness}; the policy accepts {' or '.join(rule.accept)}.",
                    "Run it over all of the input.",
                    "command",
                    "cardwright run assessment.yaml",
                ),
            )
        if rule.binding is not None and not _bound(evaluation, rule.binding):
            have = evaluation.binding.kind if evaluation.binding else "not tied to a model"
            return (
                [],
                [],
                _Answer(
                    "inconclusive",
                    f"The numbers of {evaluation.id} are {have}; the policy asks for {rule.binding} by the model at hand.",
                    "Name the model beside the source, and its predictions are recomputed: "
                    "`- attributions: {source: test, model: model.skops}`.",
                    "command",
                    "cardwright run assessment.yaml",
                ),
            )
    return evaluations, planned, None


def _of_another_model(evaluation: Evaluation, record: Record) -> bool:
    """Whether the evaluation loaded a model whose digest is none of the subject's. Where it loaded none, nobody can tell."""
    model = evaluation.binding.model_sha256 if evaluation.binding is not None else None
    held = {file.sha256 for file in record.subject.files} | {part.sha256 for part in record.subject.components}
    return model is not None and bool(held) and model not in held


def _bound(evaluation: Evaluation, asked: str) -> bool:
    return evaluation.binding is not None and BINDINGS.index(evaluation.binding.kind) >= BINDINGS.index(asked)


def _does_not_arise(
    rule: MeasurementRule | EvaluatedRule | FindingsRule, evaluations: list[Evaluation]
) -> _Answer | None:
    """Where the question does not arise for the input, and the policy accepts that."""
    reasons = [evaluation.not_applicable for evaluation in evaluations if evaluation.not_applicable is not None]
    if not reasons:
        return None
    if rule.not_applicable and len(reasons) == len(evaluations):
        return _Answer(
            "not_applicable", f"Does not apply: {reasons[0]}", clause="the policy sets `not_applicable: true` here"
        )
    return _Answer(
        "missing",
        f"{evaluations[0].id} had nothing to look at: {reasons[0]}",
        "Evaluate a source on which the question arises.",
        "data",
    )


def _measurement(rule: MeasurementRule, case: Case, now: str) -> _Answer:
    evaluations, planned, answer = _select(rule, case.record)
    limit = Limit(operator=rule.operator, value=rule.limit, on=rule.held)
    if answer is None:
        answer = _does_not_arise(rule, evaluations)
    if answer is not None:
        answer.limit = limit
        return answer
    observations: list[Observation] = []
    several = len(evaluations) > 1
    for evaluation, plan in zip(evaluations, planned, strict=True):
        wanted = _wanted(rule, plan)
        if not wanted:
            return _Answer(
                "missing",
                f"{plan.id} covers no sensitive attribute, so {_words(rule.metric)} has no groups to compare.",
                "Name the attributes under `sensitive:` of the source.",
                "data",
                limit=limit,
            )
        for slice_, across in wanted:
            observations += _observe(rule, evaluation, plan, slice_, across, case.baseline)
    observations.sort(key=lambda o: (STATUSES.index(o.status), o.distance if o.distance is not None else 0.0))
    worst = observations[0]
    more = sum(o.status == worst.status for o in observations) - 1
    explanation = f"In {worst.evaluation}, {worst.note}" if several else worst.note
    explanation += f" ({more} more {worst.status})" if more and worst.status != "passed" else ""
    remedy, closer, command = _REMEDIES[worst.status]
    return _Answer(worst.status, explanation, remedy, closer, command, limit, tuple(observations))


_REMEDIES: dict[Status, tuple[str | None, Closer | None, str | None]] = {
    "passed": (None, None, None),
    "failed": ("Change the model, its threshold or its data and run again, or ask for a waiver.", "decision", None),
    "inconclusive": ("More cases, or a closer look at the groups named, would settle it.", "data", None),
    "missing": ("Add it to the plan and run again, or ask for a waiver.", "command", "cardwright run assessment.yaml"),
    "error": ("Mend what stopped it and run again.", "command", "cardwright run assessment.yaml"),
    "stale": ("Run again.", "command", "cardwright run assessment.yaml"),
    "mismatched": ("Run again on what is at hand.", "command", "cardwright run assessment.yaml"),
    "not_applicable": (None, None, None),
}


def _wanted(rule: MeasurementRule, plan: Planned) -> list[tuple[dict[str, str | None], tuple[str, ...]]]:
    """Every (slice, across) that has to be there: from the policy and the plan, never from the data at hand."""
    if rule.across == "every":
        attributes = [expected.attribute for expected in plan.groups]
        depth = plan.depth if rule.intersections else 1
        combinations = itertools.chain.from_iterable(itertools.combinations(attributes, k) for k in range(1, depth + 1))
        return [({}, combination) for combination in combinations]
    if rule.across:
        return [({}, rule.across)]
    if rule.slices == "every_group":
        return [({expected.attribute: group}, ()) for expected in plan.groups for group in expected.groups]
    if rule.slices == "overall":
        return [({}, ())]
    return [(dict(sorted(slice_.items())), ()) for slice_ in rule.slices]


_Index = dict[tuple[str, frozenset[tuple[str, str | None]]], list[Measured | Unmeasured]]
_INDEXED: dict[int, tuple[tuple[Measured | Unmeasured, ...], _Index]] = {}
"""Measurements by metric and rows, for the tuples looked at last. Each is kept here, so that its `id` stays its own."""


def _about(
    measurements: tuple[Measured | Unmeasured, ...], metric: str, slice_: dict[str, str | None]
) -> list[Measured | Unmeasured]:
    """The measurements of a metric over these rows, in their order: looking through all of them for each requirement is slow."""
    kept = _INDEXED.get(id(measurements))
    if kept is None:
        if len(_INDEXED) >= 32:
            _INDEXED.clear()
        index: _Index = {}
        for m in measurements:
            index.setdefault((m.metric, frozenset(m.slice.items())), []).append(m)
        kept = _INDEXED[id(measurements)] = (measurements, index)
    return kept[1].get((metric, frozenset(slice_.items())), [])


def _observe(
    rule: MeasurementRule,
    evaluation: Evaluation,
    plan: Planned,
    slice_: dict[str, str | None],
    across: tuple[str, ...],
    baseline: Record | None,
) -> list[Observation]:
    found = [
        m
        for m in _about(evaluation.measurements, rule.metric, slice_)
        if _same_attributes(m.across, across) and m.given == rule.given and m.of_class == rule.of_class
    ]
    if not found:
        note = f"{_name(rule, slice_, across)} is not in {evaluation.id}."
        return [_observation(rule, evaluation, slice_, across, "missing", note)]
    return [
        _unmeasured(rule, evaluation, m, across)
        if isinstance(m, Unmeasured)
        else _measured(rule, evaluation, plan, m, across, baseline)
        for m in found
    ]


def _same_attributes(have: tuple[str, ...], asked: tuple[str, ...]) -> bool:
    return len(have) == len(asked) and set(have) == set(asked)


def _observation(
    rule: MeasurementRule,
    evaluation: Evaluation,
    slice_: dict[str, str | None],
    across: tuple[str, ...],
    status: Status,
    note: str,
    m: Measured | Unmeasured | None = None,
    distance: float | None = None,
    value: float | None = None,
) -> Observation:
    measured = m if isinstance(m, Measured) else None
    groups = m.groups if m is not None else None
    return Observation(
        evaluation=evaluation.id,
        metric=rule.metric,
        slice=slice_,
        across=across,
        value=value if value is not None else measured.value if measured else None,
        interval=measured.interval if measured and not rule.relative_to_baseline else None,
        denominator=m.denominator if m is not None else None,
        compared=groups.compared if groups else None,
        expected=groups.expected if groups else None,
        status=status,
        distance=distance,
        note=note,
    )


def _unmeasured(rule: MeasurementRule, evaluation: Evaluation, m: Unmeasured, across: tuple[str, ...]) -> Observation:
    status: Status = {"error": "error", "not_applicable": "missing"}.get(m.code, "inconclusive")  # type: ignore[assignment]
    note = f"{_name(rule, m.slice, across)} is not measured: {m.reason}"
    return _observation(rule, evaluation, m.slice, across, status, note, m)


def _measured(
    rule: MeasurementRule,
    evaluation: Evaluation,
    plan: Planned,
    m: Measured,
    across: tuple[str, ...],
    baseline: Record | None,
) -> Observation:
    name = _name(rule, m.slice, across)

    def say(status: Status, note: str, distance: float | None = None, value: float | None = None) -> Observation:
        return _observation(rule, evaluation, m.slice, across, status, note, m, distance, value)

    value, lower, upper = m.value, m.interval.lower if m.interval else None, m.interval.upper if m.interval else None
    if rule.relative_to_baseline:
        before = _in_baseline(baseline, evaluation, m)
        if before is None:
            return say("missing", f"{name} has no counterpart in a baseline's record, which the policy compares with.")
        value, lower, upper = value - before, None, None
        if rule.on != "value":
            return say(
                "inconclusive",
                f"{name}: a difference of two records has no interval; compare on the same rows instead.",
            )
    sign = 1.0 if rule.operator == "at_least" else -1.0
    outside_bound = upper if rule.operator == "at_least" else lower
    held = {"value": value, "lower": lower, "upper": upper}[rule.held]
    shown = _shown(name, m, value, rule)
    # Wholly outside the limit: neither a missing group nor a larger sample would make it pass.
    surely = value if rule.held == "value" else outside_bound
    if surely is not None and sign * (surely - rule.limit) < 0:
        return say("failed", f"{shown}, outside the limit of {_limit(rule)}.", sign * (surely - rule.limit), value)
    problem = _too_thin(rule, plan, m, across)
    if problem is not None:
        distance = None if held is None else sign * (held - rule.limit)
        return say("inconclusive", f"{shown}, but {problem}.", distance, value)
    if held is None:
        return say(
            "inconclusive",
            f"{shown}, without an interval, so its {rule.held} bound cannot be held against the limit.",
            None,
            value,
        )
    distance = sign * (held - rule.limit)
    if distance >= 0:
        return say("passed", f"{shown}, inside the limit of {_limit(rule)}.", distance, value)
    resolution = ""
    if m.resolution is not None and m.resolution.detectable is not None:
        detectable = _number(m.resolution.detectable)
        resolution = f" These cases would have shown a difference of {detectable} with 80 % power, and no smaller one."
    if m.resolution is not None and m.resolution.needed is not None:
        resolution += f" About {m.resolution.needed:,} cases like them would settle it, if the value stays."
    return say(
        "inconclusive", f"{shown}; the limit of {_limit(rule)} lies inside the interval.{resolution}", distance, value
    )


def _in_baseline(baseline: Record | None, evaluation: Evaluation, m: Measured) -> float | None:
    if baseline is None:
        return None
    before = baseline.evaluation(evaluation.id)
    if before is None or before.evaluator != evaluation.evaluator:
        return None
    found = next((old for old in before.measurements if old.key == m.key), None)
    return found.value if isinstance(found, Measured) else None


def _too_thin(rule: MeasurementRule, plan: Planned, m: Measured, across: tuple[str, ...]) -> str | None:
    """Why a number cannot pass, whatever its value: too few cases, fewer groups than expected, too much unknown."""
    if across:
        if m.groups is None:
            return "it does not say over which groups"
        expected = {group.attribute: len(group.groups) for group in plan.groups}
        # A gap over one attribute is expected to cover what the plan declares; over an intersection, its product at most.
        asked = m.groups.expected
        if len(across) == 1 and across[0] in expected:
            asked = max(asked, expected[across[0]])
        if m.groups.compared < asked:
            return f"it covers {m.groups.compared} of {asked} groups"
        share = m.groups.unknown / m.groups.rows if m.groups.rows else 1.0
        if share > rule.max_unknown_share:
            most = _number(rule.max_unknown_share)
            return f"membership is unknown for {m.groups.unknown} of {m.groups.rows} rows, a share above {most}"
        if m.groups.smallest is None:
            return "it does not say how many cases its smallest group has" if rule.min_denominator > 1 else None
        if m.groups.smallest < rule.min_denominator:
            return f"its smallest group has {_number(m.groups.smallest)} cases, fewer than {rule.min_denominator}"
        return None
    if m.groups is not None and m.groups.compared < m.groups.expected:
        # The largest of several slices or perturbations: one that could not be judged may be the worst.
        return f"it covers {m.groups.compared} of {m.groups.expected} of what was planned"
    if m.denominator is None and rule.min_denominator > 1:
        return "it does not say out of how many"
    if m.denominator is not None and m.denominator < rule.min_denominator:
        return f"it rests on {_number(m.denominator)} cases, fewer than {rule.min_denominator}"
    return None


def _name(rule: MeasurementRule, slice_: dict[str, str | None], across: tuple[str, ...]) -> str:
    name = _words(rule.metric)
    if rule.of_class is not None:
        name += f" of class {rule.of_class}"
    if across:
        name += f" across {' × '.join(across)}"
    if slice_:
        name += " for " + ", ".join(f"{a} = {'unknown' if v is None else v}" for a, v in slice_.items())
    if rule.given:
        name += f" given {', '.join(rule.given)}"
    return name


def _shown(name: str, m: Measured, value: float, rule: MeasurementRule) -> str:
    text = f"{name} is {_number(value, rule.limit)}"
    if rule.relative_to_baseline:
        return text + " above the baseline" if value >= 0 else text + " against the baseline"
    parts = []
    if m.interval is not None:
        parts.append(
            f"{m.interval.level * 100:g} % interval {_number(m.interval.lower, rule.limit)} to "
            f"{_number(m.interval.upper, rule.limit)}"
        )
    if m.denominator is not None:
        parts.append(f"n = {m.denominator:,.10g}")
    if m.groups is not None and m.groups.lowest and m.groups.highest:
        parts.append(f"lowest {_group(m.groups.lowest)}, highest {_group(m.groups.highest)}")
    return text + (f" ({'; '.join(parts)})" if parts else "")


def _group(slice_: dict[str, str | None]) -> str:
    return " ".join("unknown" if value is None else value for value in slice_.values())


def _limit(rule: MeasurementRule) -> str:
    side = "at least" if rule.operator == "at_least" else "at most"
    return f"{side} {rule.limit:.10g}"


def _number(value: float, limit: float | None = None) -> str:
    """A number for a sentence: three digits, and as many more as show on which side of a limit it lies."""
    if abs(value) < 1e15 and value == int(value):
        return f"{value:.0f}"
    for digits in range(3, 17):
        text = f"{value:.{digits}g}"
        if limit is None or ((float(text) > limit) == (value > limit) and (float(text) < limit) == (value < limit)):
            return text
    return repr(value)


def _words(metric: str) -> str:
    return metric.replace("_", " ").replace("roc auc", "ROC AUC").replace("pii", "PII")


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _measured_nothing(evaluations: list[Evaluation]) -> _Answer | None:
    """An evaluation without one number found nothing because it looked at nothing."""
    silent = [e.id for e in evaluations if not any(isinstance(m, Measured) for m in e.measurements)]
    if not silent:
        return None
    return _Answer("missing", f"{silent[0]} measured nothing.", *_REMEDIES["missing"])


def _evaluated(rule: EvaluatedRule, case: Case, now: str) -> _Answer:
    evaluations, _, answer = _select(rule, case.record)
    if answer is None:
        answer = _does_not_arise(rule, evaluations)
    if answer is not None:
        return answer
    for evaluation in evaluations:
        for metric in rule.metrics:
            if not any(isinstance(m, Measured) for m in evaluation.find(metric)):
                reasons = [m.reason for m in evaluation.find(metric) if isinstance(m, Unmeasured)]
                why = f": {reasons[0]}" if reasons else ""
                return _Answer("missing", f"{evaluation.id} has no {_words(metric)}{why}", *_REMEDIES["missing"])
    silent = _measured_nothing(evaluations)
    if silent is not None:
        return silent
    names = ", ".join(evaluation.id for evaluation in evaluations)
    count = sum(isinstance(m, Measured) for evaluation in evaluations for m in evaluation.measurements)
    return _Answer(
        "passed",
        f"{names} ran, {evaluations[0].completeness}, and measured {count:,} numbers. No limit is set on them here.",
    )


def _findings(rule: FindingsRule, case: Case, now: str) -> _Answer:
    evaluations, _, answer = _select(rule, case.record)
    if answer is None:
        answer = _does_not_arise(rule, evaluations)
    if answer is not None:
        return answer
    silent = _measured_nothing(evaluations)
    if silent is not None:
        return silent
    allowed = SEVERITIES.index(rule.at_most)
    worse = [(e, f) for e in evaluations for f in e.findings if SEVERITIES.index(f.severity) > allowed]
    if worse:
        evaluation, finding = max(worse, key=lambda pair: SEVERITIES.index(pair[1].severity))
        more = f" ({len(worse) - 1} more above {rule.at_most})" if len(worse) > 1 else ""
        return _Answer(
            "failed",
            f"{evaluation.id} found {finding.key} ({finding.severity}): {finding.explanation}{more}",
            "Mend what was found and run again, or ask for a waiver.",
            "decision",
        )
    count = sum(len(evaluation.findings) for evaluation in evaluations)
    noun = "finding" if count == 1 else "findings"
    looked = [
        f"{s.scanned:,} of {s.total:,} {s.what}" for e in evaluations for s in e.coverage.scanned if s.scanned < s.total
    ]
    scope = f" It looked at {', '.join(dict.fromkeys(looked))}." if looked else ""
    return _Answer(
        "passed", f"{count} {noun} in {', '.join(e.id for e in evaluations)}, none above {rule.at_most}.{scope}"
    )


def _details(rule: DetailsRule, case: Case, now: str) -> _Answer:
    missing = case.record.details.missing(rule.fields)
    if missing:
        titles = ", ".join(FIELDS[name].title.lower() for name in missing)
        return _Answer(
            "missing",
            f"Not provided in the details: {titles}.",
            f"Fill in details.yaml: {', '.join(missing)}.",
            "words",
            f"edit details.yaml ({', '.join(missing)})",
        )
    return _Answer("passed", f"All {len(rule.fields)} fields are provided.")


def _provenance(rule: ProvenanceRule, case: Case, now: str) -> _Answer:
    provenance = case.record.provenance
    problems = []
    if provenance.commit is None:
        problems.append("no commit: the plan stands in no version control")
    elif rule.clean and provenance.dirty is not False:
        problems.append("the working tree differed from the commit")
    if not provenance.datasets:
        problems.append("no dataset is named")
    known = {dataset.sha256 for dataset in provenance.datasets}
    loose = sorted({i.name for e in case.record.evaluations for i in e.inputs if i.sha256 not in known})
    if loose:
        problems.append(f"inputs that are not among its datasets: {', '.join(loose)}")
    if problems:
        return _Answer(
            "missing",
            f"Not every number resolves: {'; '.join(problems)}.",
            "Commit the assessment and run again.",
            "command",
            "git commit",
        )
    return _Answer(
        "passed",
        f"Every number resolves to run {provenance.run_id}, commit {str(provenance.commit)[:12]}, "
        f"plan {provenance.plan_sha256[:12]} and {len(provenance.datasets)} dataset versions.",
    )


def _age(rule: AgeRule, case: Case, now: str) -> _Answer:
    if case.run is None:
        return _Answer("missing", "When the evaluation ran is not known.", *_REMEDIES["missing"])
    if case.run.record_sha256 != case.record.sha256:
        return _Answer("mismatched", "The facts of the run belong to another record.", *_REMEDIES["mismatched"])
    undated = [e.id for e in case.record.evaluations if e.reused_from is not None and e.id not in case.run.earlier]
    if undated:
        return _Answer("missing", f"When {undated[0]} was made is not known; it was reused.", *_REMEDIES["missing"])
    age, ahead = (_day(now) - _oldest(case.run)).days, (_day(case.run.finished) - _day(now)).days
    if ahead > 0:
        return _Answer(
            "mismatched",
            f"The evaluation is dated {ahead} days in the future.",
            "Set the clock right and run again.",
            "command",
        )
    days = f"{age} day{'' if age == 1 else 's'} old"
    if age > rule.max_days:
        return _Answer("stale", f"The evidence is {days}; the policy accepts {rule.max_days}.", *_REMEDIES["stale"])
    return _Answer("passed", f"The evidence is {days}; the policy accepts {rule.max_days}.")


def _identity(rule: IdentityRule, case: Case, now: str) -> _Answer:
    subject = case.record.subject
    if not subject.hashed:
        if rule.hashed:
            return _Answer(
                "missing",
                "The subject is declared, not hashed: nobody can tell whether it is the one.",
                closed_by="data",
                remedy="Name its files under `subject: files:`.",
            )
        return _Answer("passed", "The subject is declared by reference, which the policy accepts; it is not hashed.")
    if case.artefacts is None:
        return _Answer(
            "missing",
            "Nobody compared the artefact at hand with the record.",
            "Run the gate where the files are.",
            "command",
            "cardwright gate DOSSIER --artifact DIR",
        )
    wanted = {file.path: file.sha256 for file in subject.files}
    if not wanted:
        return _Answer(
            "missing",
            "The subject names parts and no file, so nothing at hand can be compared with it.",
            closed_by="data",
            remedy="Name its files under `subject: files:`.",
        )
    wrong = sorted(path for path, digest in wanted.items() if case.artefacts.get(path) != digest)
    if wrong:
        absent = [path for path in wrong if path not in case.artefacts]
        what = f"{wrong[0]} is not there" if absent else f"{wrong[0]} has other bytes than the ones that were evaluated"
        return _Answer("mismatched", f"{what}.", *_REMEDIES["mismatched"])
    return _Answer("passed", f"{_files(len(wanted))} at hand, with the digests of the record.")


def _live(case: Case) -> list[object]:
    withdrawn = {claim.claim for claim in case.claims if isinstance(claim, Withdraw)}
    return [claim for claim in case.claims if claim.id not in withdrawn or claim.id is None]


def _checklist(rule: ChecklistRule, case: Case, now: str) -> _Answer:
    # The last word of each person on an item counts, and one who says that it is not met is not outvoted.
    words = {
        (claim.item, claim.key): claim
        for claim in _live(case)
        if isinstance(claim, Attest)
        and claim.checklist == rule.checklist
        and claim.item in rule.items
        and claim.record_sha256 in (None, case.record.sha256)
    }.values()
    denied = [claim for claim in words if claim.answer == "not_met"]
    if denied:
        return _Answer(
            "failed",
            f"{denied[0].item} of {rule.checklist} is not met, says {denied[0].person} ({denied[0].role}).",
            "Mend what is missing, and ask the same person to answer again.",
            "signature",
            f"cardwright attest {rule.checklist} {denied[0].item}",
        )
    attested = {
        claim.item
        for claim in words
        if (claim.expires is None or _day(now) <= date.fromisoformat(claim.expires))
        and (not rule.roles or claim.role in rule.roles)
    }
    missing = [item for item in rule.items if item not in attested]
    if missing:
        return _Answer(
            "missing",
            f"Not answered in {rule.checklist}: {', '.join(missing)}.",
            "Somebody in a role that may answer attests each item.",
            "signature",
            f"cardwright attest {rule.checklist} {missing[0]}",
        )
    return _Answer("passed", f"{len(rule.items)} items of {rule.checklist} are answered.")


def _sign_off(rule: SignOffRule, case: Case, now: str) -> _Answer:
    mine = [claim for claim in _live(case) if isinstance(claim, SignOff) and claim.role == rule.role]
    command = f"cardwright sign-off --role {rule.role} --decision approve --meaning {rule.meaning}"
    # A rejection stands, whatever else was signed, until a later decision of the role names it.
    answered = {claim.answers for claim in mine}
    standing = [claim for claim in mine if claim.decision != "approve" and claim.id not in answered]
    if standing:
        decision = standing[-1].decision.replace("_", " ")
        return _Answer(
            "failed",
            f"{standing[-1].person} ({rule.role}) has decided: {decision}.",
            "Answer what was asked, and ask for a new decision that names this one.",
            "signature",
            f"{command} --answers {str(standing[-1].id)[:12]}",
        )
    approved = _approvals(rule, case)
    signed = [claim for claim in approved if claim.manifest_sha256 == case.manifest_sha256]
    if signed:
        return _Answer("passed", f"{signed[-1].person} ({rule.role}) signed for {rule.meaning}.")
    if approved:
        return _Answer(
            "stale",
            f"What {approved[-1].person} ({rule.role}) signed has changed since: it was another manifest.",
            f"Somebody in the role {rule.role} signs again.",
            "signature",
            command,
        )
    return _Answer(
        "missing",
        f"Nobody in the role {rule.role} has signed for {rule.meaning}.",
        f"Somebody in the role {rule.role} signs.",
        "signature",
        command,
    )


def _approvals(rule: SignOffRule, case: Case) -> list[SignOff]:
    """Approvals of a role with the meaning asked for, by nobody who signs in a role that has to be another person's."""
    signed = [claim for claim in _live(case) if isinstance(claim, SignOff)]
    others = {word for claim in signed if claim.role in rule.not_same_as for word in (claim.key, claim.person)}
    return [
        claim
        for claim in signed
        if claim.role == rule.role
        and claim.decision == "approve"
        and claim.meaning == rule.meaning
        and not {claim.key, claim.person} & others
    ]


def _seen(requirement: Requirement, outcome: Outcome, outcomes: list[Outcome], case: Case) -> Outcome:
    """A sign-off that has not seen every waiver in force is stale: whoever signed did not agree to what was accepted since.

    Claims stand in the order of the ledger, so what was signed later had been seen by nobody who signed before. A person has
    seen the waivers that they approved or asked for themselves.
    """
    rule = requirement.sign_off
    if rule is None or outcome.status != "passed":
        return outcome
    place = {claim.id: number for number, claim in enumerate(case.claims)}
    by_id = {claim.id: claim for claim in case.claims}
    mine = [claim for claim in _approvals(rule, case) if claim.manifest_sha256 == case.manifest_sha256]
    blind: list[tuple[SignOff, Outcome]] = []
    for claim in mine:
        unseen = [
            other
            for other in outcomes
            if other.waived is not None
            and place[other.waived.claim] > place[claim.id]
            and claim.key not in _waived_by(by_id[other.waived.claim], by_id)
        ]
        if not unseen:
            return outcome
        blind.append((claim, unseen[0]))
    signed, waived = blind[-1]
    answer = _Answer(
        "stale",
        f"{signed.person} ({rule.role}) signed before the waiver of {waived.requirement} was approved, and has not seen it.",
        f"Somebody in the role {rule.role} signs again.",
        "signature",
        f"cardwright sign-off --role {rule.role} --decision approve --meaning {rule.meaning}",
    )
    return _outcome(requirement, outcome.number, answer, None)


def _waived_by(claim: Claim, by_id: Mapping[str | None, Claim]) -> set[str]:
    """The keys of those who asked for and approved a waiver."""
    assert isinstance(claim, Waive)
    request = by_id.get(claim.request)
    return {claim.key} | ({request.key} if request is not None else set())


def _preregistered(rule: PreregisteredRule, case: Case, now: str) -> _Answer:
    if case.record.provenance.author is None:
        return _Answer(
            "missing",
            "The plan does not say who wrote it, so nobody can be told to be somebody else.",
            "Name its author: `author: …` in the plan; then somebody in another role signs it before evaluation.",
            "words",
            "cardwright run assessment.yaml",
        )
    signed = [
        claim
        for claim in _plan_signers(case)
        if claim.role in rule.roles
        and case.run is not None
        and claim.at <= min([case.run.started, *case.run.earlier.values()])
    ]
    if signed:
        return _Answer(
            "passed", f"{signed[0].person} ({signed[0].role}) signed the plan on {signed[0].at[:10]}, before it ran."
        )
    return _Answer(
        "missing",
        "The plan is self-declared: nobody else signed it before it ran.",
        "Somebody in another role signs the plan before evaluation.",
        "signature",
        "cardwright attest --plan",
    )


_Judge = Callable[..., _Answer]
_JUDGES: dict[type, _Judge] = {
    MeasurementRule: _measurement,
    EvaluatedRule: _evaluated,
    FindingsRule: _findings,
    DetailsRule: _details,
    ProvenanceRule: _provenance,
    AgeRule: _age,
    IdentityRule: _identity,
    ChecklistRule: _checklist,
    SignOffRule: _sign_off,
    PreregisteredRule: _preregistered,
}


# ---------------------------------------------------------------------------------------------------- inherent requirements


class _EverythingRan(EvaluatedRule):
    """Every planned evaluation has a result."""


class _PlanHolds(EvaluatedRule):
    """The record is the one that the plan asked for."""


def _everything_ran(rule: _EverythingRan, case: Case, now: str) -> _Answer:
    gaps = case.record.not_evaluated
    if not case.record.planned:
        return _Answer("missing", "The plan asks for no evaluation at all.", "Add evaluations to the plan.", "command")
    if gaps:
        worst = min(gaps, key=lambda gap: gap.code != "error")
        status: Status = "error" if worst.code == "error" else "missing"
        names = ", ".join(gap.id for gap in gaps)
        return _Answer(
            status,
            f"{len(gaps)} of {len(case.record.planned)} planned evaluations have no result ({names}). "
            f"{worst.id}: {worst.reason}",
            worst.remedy,
            "command",
            "cardwright run assessment.yaml",
        )
    return _Answer("passed", f"All {len(case.record.planned)} planned evaluations have a result.")


def _plan_holds(rule: _PlanHolds, case: Case, now: str) -> _Answer:
    if case.record.redaction is not None:
        return _Answer(
            "mismatched",
            f"This is an edition for {case.record.redaction.audience} readers, with parts left out, and not the record.",
            *_REMEDIES["mismatched"],
        )
    if case.plan is None:
        return _Answer("missing", "The plan as it was fixed is not beside the record.", *_REMEDIES["missing"])
    if case.plan.sha256 != case.record.provenance.plan_sha256:
        return _Answer(
            "mismatched", "The record was made from another plan than the one beside it.", *_REMEDIES["mismatched"]
        )
    if (
        case.plan.planned != case.record.planned
        or case.plan.subject != case.record.subject
        or case.plan.context != case.record.context
        or case.plan.author != case.record.provenance.author
    ):
        return _Answer("mismatched", "The record does not hold what the plan asked for.", *_REMEDIES["mismatched"])
    return _Answer("passed", f"The record holds what plan {case.plan.sha256[:12]} asked for.")


_JUDGES = {_EverythingRan: _everything_ran, _PlanHolds: _plan_holds, **_JUDGES}


def _inherent(id: str, title: str, why: str, rule: EvaluatedRule) -> Requirement:
    return Requirement(
        id=id,
        title=title,
        why=why,
        origin="internal",
        set_by="Cardwright",
        set_on="2026-11-23",
        waivable=False,
        evaluated=rule.model_copy(),
    )


_INHERENT: tuple[Requirement, ...] = (
    _inherent(
        "cardwright.plan",
        "The record holds what the plan asked for",
        "A plan that could be changed after the fact would fit any result.",
        _PlanHolds(evaluator="any"),
    ),
    _inherent(
        "cardwright.ran",
        "Every planned evaluation has a result",
        "A check that did not run is never a pass.",
        _EverythingRan(evaluator="any"),
    ),
)
"""What holds under every policy."""

MINIMUM: dict[str, dict[str, tuple[str, str]]] = {
    "model": {
        "fairness": ("fairness", "A difference between groups that nobody measured is found by those it affects."),
        "privacy": ("pii", "What nobody looked for is found by whoever should not."),
        "explainability": (
            "attributions",
            "A model that is right for the wrong reason is right until the reason changes.",
        ),
        "robustness": ("robustness", "Inputs in use have gaps, other units and noise."),
    },
    "system": {
        "safety": ("safety", "Whoever can write to it can try."),
        "privacy": ("pii", "What one person told it must not reach another."),
    },
    "dataset": {
        "fairness": ("fairness", "A model learns the differences that the labels hold."),
        "privacy": ("pii", "Personal data that nobody needs must not be passed on."),
    },
}
"""The responsible-AI minimum of each kind: what to show, which evaluator shows it, and why."""

_MINIMUM_ACCEPTS: tuple[Completeness, ...] = ("complete", "sampled")


def _minimum(record: Record, policy: Policy, attested: bool) -> tuple[Requirement, ...]:
    """What work that is meant for production cannot skip, whatever its policy: evidence, an evaluation that shows from its input
    that the question does not arise, or a waiver. Left out where the policy itself asks for that evaluator at least as strictly.

    It holds unless the policy says that what it allows is not for production, or the plan says so and somebody else than its
    author has signed the plan. What the plan does not say cannot be determined, and then the minimum holds. What is meant for
    production is held to it under every policy.
    """
    intended = record.context.production_intended
    if intended is not True and (not policy.for_production or (intended is False and attested)):
        return ()
    asked = {
        rule.evaluator
        for r in policy.requirements
        if r.level == "block"
        and r.applies_when is None
        and isinstance(rule := r.rule, MeasurementRule | EvaluatedRule | FindingsRule)
        and set(rule.accept) <= set(_MINIMUM_ACCEPTS)
    }
    return tuple(
        Requirement(
            id=f"cardwright.minimum.{area}",
            title=f"Work meant for production shows {area}",
            why=why,
            origin="practice",
            citation="The checklist responsible_ai_minimum",
            set_by="Cardwright",
            set_on="2026-11-23",
            evaluated=EvaluatedRule(evaluator=evaluator, accept=_MINIMUM_ACCEPTS, not_applicable=True),
        )
        for area, (evaluator, why) in MINIMUM[record.subject.kind].items()
        if evaluator not in asked
    )


# ---------------------------------------------------------------------------------------------------- waivers


class _Waivers:
    """Waivers in force for one case: signed by two people, unexpired, for this record and policy, within the policy's caps."""

    def __init__(self, case: Case, policy: Policy, now: str) -> None:
        self.rules: WaiverRules | None = policy.waivers
        self.now = _day(now)
        self.active = 0
        record, plan = case.record.sha256, case.plan.sha256 if case.plan else None
        claims: list[object] = _live(case)
        self.requests = {claim.id: claim for claim in claims if isinstance(claim, WaiveRequest)}
        self.claims = [
            claim
            for claim in claims
            if isinstance(claim, Waive)
            and claim.record_sha256 in (None, record)
            and claim.plan_sha256 in (None, plan)
            and (claim.record_sha256 is not None or claim.plan_sha256 is not None)
            and claim.policy_sha256 == policy.sha256
        ]

    def of(self, requirement: Requirement, answer: _Answer) -> Waived | None:
        """The waiver that accepts this outcome; None where there is none."""
        rules = self.rules
        if rules is None or not requirement.waivable or answer.status in ("passed", "not_applicable"):
            return None
        for claim in self.claims:
            request = self.requests.get(claim.request)
            if request is None or request.terms != claim.terms:
                continue
            signed, expires = _day(claim.at), date.fromisoformat(claim.expires)
            if (
                claim.requirement == requirement.id
                and claim.outcome == answer.status
                # Only a failure can be waived for a plan: it is bounded by a number. Anything else is waived for one record,
                # or leaving evidence out would turn an outcome nobody accepted into one that somebody did.
                and (claim.outcome == "failed" or claim.record_sha256 is not None)
                and claim.id is not None
                and claim.role in rules.approver_roles
                and claim.key != request.key
                and claim.person != request.person
                and signed <= self.now <= expires
                and (expires - signed).days <= rules.max_days
                and self._within(claim, answer)
                and self.active < rules.max_active
            ):
                self.active += 1
                return Waived(
                    claim=claim.id,
                    approved_by=claim.person,
                    requested_by=request.person,
                    reason=claim.reason,
                    controls=claim.controls,
                    expires=claim.expires,
                )
        return None

    @staticmethod
    def _within(claim: Waive, answer: _Answer) -> bool:
        """Whether every number is no worse than the waiver says; a number without a stated bound is not accepted."""
        open_ones = [o for o in answer.observations if o.status != "passed"]
        if answer.limit is None or not open_ones:
            return True
        # A failed number must not hide a missing one, or leaving the worst group out would bring the waiver into force.
        if any(o.status != answer.status for o in open_ones):
            return False
        values = [o.value for o in open_ones]
        if claim.bound is None or any(value is None for value in values):
            return claim.bound is None and all(value is None for value in values)
        sign = 1.0 if answer.limit.operator == "at_least" else -1.0
        return all(sign * (value - claim.bound) >= 0 for value in values if value is not None)
