"""What a decision needs to know beside the numbers: who signed and how independently, until when and why, what was known before.

All of it follows from the record, the verdict and the claims; nothing here is judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from cardwright.documents.figures import unit_of
from cardwright.documents.interface import Edition
from cardwright.record import open_risks
from cardwright.record.base import Slice
from cardwright.record.claim import (
    Attest,
    Claim,
    Countersign,
    Preregister,
    SignOff,
    authors,
    live,
    same_name,
    same_person,
)
from cardwright.record.measurement import Excluded, Measured
from cardwright.record.record import Record
from cardwright.record.verdict import Observation, Outcome

Independence = Literal["made it", "did not make it", "unknown"]
"""Of a signer: signed for having made the plan or the dossier; did not; or nobody signed for having made them."""


@dataclass(frozen=True)
class Signature:
    """A decision of one person, what it answers, and how far that person stands from those who made what is judged."""

    claim: SignOff
    answers: SignOff | None
    """The earlier decision that it takes the place of."""
    independence: Independence


@dataclass(frozen=True)
class SignedAs:
    """A role in which somebody signed, and what."""

    role: str
    kinds: tuple[tuple[str, int], ...]
    """Kinds of claims, each with how many; `release` for the release."""


@dataclass(frozen=True)
class Signer:
    """Somebody who signed, in all their roles: one person can hold several, and then does not check the others'."""

    name: str
    roles: tuple[SignedAs, ...]


@dataclass(frozen=True)
class AcceptedByAnother:
    """Risks of which somebody else than the person named says that this person accepted them."""

    accepted_by: str
    stated_by: str
    stated_on: str
    risks: tuple[str, ...]
    approved: SignOff | None
    """The latest approval by that person of the dossier that says so; None if they signed nothing of the kind."""


@dataclass(frozen=True)
class Validity:
    """Until when, and what ends then."""

    day: str
    waivers: tuple[Outcome, ...]
    """Waivers that end on that day."""
    answers: tuple[Attest, ...]
    """Answers of people that end on that day."""
    ages: tuple[Outcome, ...]
    """Requirements on the age of evidence, if nothing else ends that day."""


@dataclass(frozen=True)
class ThresholdsSet:
    """Whether the thresholds stood before there were results."""

    before: int
    """Requirements set before the day of the run."""
    same_day: int
    """On the day of the run: which came first cannot be told from a day."""
    after: tuple[Outcome, ...]
    """Set later than the run."""
    run_on: str | None
    """The day of the run, if it is known."""
    run_at: str | None
    """When it began."""
    preregistered: tuple[Preregister, ...]
    """Who signed the plan before the run."""
    policy_signed: bool | None
    """Whether the plan names the policy that judges, so that its signatures cover the thresholds; None if that is not known."""
    earlier_runs: int | None
    """Runs before this one that the ledger has; None if the ledger is not at hand."""
    reused: tuple[str, ...]
    """Evaluations that were taken over from an earlier record, whose results were known before: E-1 …"""


@dataclass(frozen=True)
class UncoveredRows:
    """Rows and groups that the gaps of some evaluations leave out."""

    evaluations: tuple[str, ...]
    """E-1 …, that leave out the same."""
    unknown: int
    """Rows of unknown membership in one of the attributes, the most."""
    rows: int
    """Out of how many."""
    excluded: tuple[Excluded, ...]


@dataclass(frozen=True)
class Unscored:
    """Interactions of an evaluation that are in none of its rates: nobody could score them, or they ended in an error."""

    evaluation: str
    """E-1 …"""
    slice: Slice
    """Which interactions, if the evaluation counts several kinds of them."""
    unscored: float
    errors: float
    total: float
    """Out of how many that were asked."""


@dataclass(frozen=True)
class LeftOutGroup:
    """A group that some gaps over the same attributes do not cover, or another condition that a number of several leaves out."""

    evaluation: str
    """E-1 …"""
    across: tuple[str, ...]
    slice: Slice
    gaps: tuple[str, ...]
    """Metrics of the gaps that leave it out, those that are judged first; one that is also given strata stands once."""
    of: int
    """Out of how many such gaps."""
    reasons: tuple[str, ...]
    labels: tuple[str, ...]
    """Requirements that judge one of these gaps: R-01 …"""
    is_group: bool
    """Whether it is a group of the plan's, or unknown membership; a perturbation is none."""


@dataclass(frozen=True)
class Undetectable:
    """The smallest difference that the cases of a judged number could have shown."""

    label: str
    """R-01 …"""
    m: Measured


@dataclass(frozen=True)
class Reach:
    """How bad the interval of a judged number lets the true number be, where nothing says what its cases could have shown."""

    label: str
    """R-01 …"""
    seen: Observation
    bound: float
    """The end of the interval on the side that the limit forbids."""
    unit: str
    limit: float


@dataclass(frozen=True)
class IntervalMethod:
    """How the intervals of some judged numbers are made."""

    method: str
    labels: tuple[str, ...]
    """R-01 …"""


Part = Literal[
    "supplier", "plan and run", "choice of thresholds", "statements", "acceptance of risks", "acceptance of some risks"
]
"""What somebody has to do with what is judged."""


@dataclass(frozen=True)
class SeveralParts:
    """Somebody who has several parts in what is judged, and so does not check the others'."""

    name: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class DecisionView:
    """What stands in the decision part beside the outcomes."""

    signatures: tuple[Signature, ...]
    signers: tuple[Signer, ...]
    accepted_by_another: tuple[AcceptedByAnother, ...]
    validity: Validity | None
    thresholds: ThresholdsSet
    ledger: Countersign | None
    """The latest countersignature, which says where the ledger stood."""
    gaps: bool
    """Whether any gap between groups was measured."""
    uncovered: tuple[UncoveredRows, ...]
    unscored: tuple[Unscored, ...]
    left_out: tuple[LeftOutGroup, ...]
    """Groups that gaps leave out, those of judged gaps first."""
    undetectable: tuple[Undetectable, ...]
    reaches: tuple[Reach, ...]
    methods: tuple[IntervalMethod, ...]
    adjusted: bool
    """Whether the interval of a judged number is adjusted for others."""
    tested: bool
    """Whether a gap that is judged has a p-value that is adjusted within its family."""
    several_parts: tuple[SeveralParts, ...]

    @property
    def objected(self) -> bool:
        """Whether anybody rejected it or asked for changes, whatever was said afterwards."""
        return any(one.claim.decision != "approve" for one in self.signatures)

    @property
    def unknown_rows(self) -> tuple[UncoveredRows, ...]:
        """Rows of unknown membership alone, told once for all evaluations that have as many."""
        found: dict[tuple[int, int], UncoveredRows] = {}
        for one in self.uncovered:
            if one.unknown:
                key = (one.unknown, one.rows)
                former = found[key].evaluations if key in found else ()
                found[key] = UncoveredRows((*former, *one.evaluations), one.unknown, one.rows, ())
        return tuple(found.values())


def of(edition: Edition, names: dict[str, str]) -> DecisionView:
    """What a decision needs to know of an edition.

    Parameters
    ----------
    names
        Ids of the evaluations in this document (E-1 …) by their ids in the plan.
    """
    ledgers = [claim for claim in live(edition.claims) if isinstance(claim, Countersign)]
    return DecisionView(
        signatures=signatures(edition),
        signers=_signers(edition),
        accepted_by_another=_accepted_by_another(edition),
        validity=validity(edition),
        thresholds=_thresholds(edition, names),
        ledger=max(ledgers, key=lambda claim: claim.length, default=None),
        gaps=any(
            isinstance(m, Measured) and m.groups is not None
            for e in edition.record.evaluations
            if e.id in names
            for m in e.measurements
        ),
        uncovered=_uncovered(edition.record, names),
        unscored=_unscored(edition.record, names),
        left_out=_left_out(edition, names),
        undetectable=_undetectable(edition),
        reaches=_reaches(edition),
        methods=_methods(edition),
        adjusted=any(word in one.method for one in _methods(edition) for word in ("bonferroni", "tukey")),
        tested=_tested(edition),
        several_parts=_several_parts(edition),
    )


def signatures(edition: Edition) -> tuple[Signature, ...]:
    """Every decision that people signed, in their order; withdrawn ones too, since a rejection does not vanish by an answer."""
    made = authors(edition.claims, edition.record.provenance.plan_sha256, edition.manifest_sha256)
    by_id = {claim.id: claim for claim in edition.claims if isinstance(claim, SignOff) and claim.id is not None}
    return tuple(
        Signature(claim, by_id.get(claim.answers) if claim.answers is not None else None, _independence(claim, made))
        for claim in edition.claims
        if isinstance(claim, SignOff)
    )


def _signers(edition: Edition) -> tuple[Signer, ...]:
    """By name, or by key where names are withheld; a person's roles in the order in which they used them."""
    signed: list[tuple[str, str, str, str]] = [(c.person, c.key, c.role, c.kind) for c in edition.claims]
    if (releaser := edition.released_by) is not None:
        signed.append((releaser.person, releaser.key, releaser.role, "release"))
    found: dict[str, tuple[str, dict[str, Counter[str]]]] = {}
    for person, key, role, kind in signed:
        known = key if edition.audience == "public" else " ".join(person.casefold().split())
        _, roles = found.setdefault(known, (person, {}))
        roles.setdefault(role, Counter())[kind] += 1
    return tuple(
        Signer(name, tuple(SignedAs(role, tuple(kinds.items())) for role, kinds in roles.items()))
        for name, roles in found.values()
    )


def _accepted_by_another(edition: Edition) -> tuple[AcceptedByAnother, ...]:
    answer = edition.record.details.answers.get("risks")
    if answer is None or edition.audience == "public":
        return ()  # all names are the same there
    found: dict[str, list[str]] = {}
    for entry in answer.entries:
        owner = entry.get("accepted_by", "")
        if not open_risks.names_nobody(owner) and not _is_named(owner, answer.stated_by):
            found.setdefault(owner, []).append(entry.get("risk", ""))
    approvals = [claim for claim in live(edition.claims) if isinstance(claim, SignOff) and claim.decision == "approve"]
    return tuple(
        AcceptedByAnother(
            owner,
            answer.stated_by,
            answer.stated_on,
            tuple(risks),
            next((claim for claim in reversed(approvals) if _is_named(owner, claim.person)), None),
        )
        for owner, risks in found.items()
    )


def _is_named(one: str, other: str) -> bool:
    """Whether two ways to write a name may be one person's: the same, or one is the other with a function behind a comma.

    >>> _is_named("R. Lindqvist, product owner", "R. Lindqvist"), _is_named("Doe, Jo", "Doe, Al")
    (True, False)
    """
    heads = [text.split(",")[0].split(" (")[0] for text in (one, other)]
    return same_name(one, other) or same_name(heads[0], other) or same_name(one, heads[1])


def _independence(claim: Claim, made: Iterable[Claim]) -> Independence:
    makers = list(made)
    if not makers:
        return "unknown"
    return "made it" if any(same_person(claim, maker) for maker in makers) else "did not make it"


def validity(edition: Edition) -> Validity | None:
    """Until when the decision holds and why; None if it does not hold, or nothing ends it."""
    verdict = edition.verdict
    if verdict is None or not verdict.allowed or verdict.valid_until is None:
        return None
    day = verdict.valid_until
    waivers = tuple(o for o in verdict.outcomes if o.waived is not None and o.waived.expires == day)
    answers = tuple(claim for claim in live(edition.claims) if isinstance(claim, Attest) and claim.expires == day)
    ages = tuple(o for o in verdict.outcomes if o.kind == "age") if not (waivers or answers) else ()
    return Validity(day, waivers, answers, ages)


def _thresholds(edition: Edition, names: dict[str, str]) -> ThresholdsSet:
    outcomes = edition.verdict.outcomes if edition.verdict is not None else ()
    run_on = edition.run.started[:10] if edition.run is not None else None
    plan = edition.record.provenance.plan_sha256
    return ThresholdsSet(
        before=sum(run_on is not None and o.set_on < run_on for o in outcomes),
        same_day=sum(run_on is not None and o.set_on == run_on for o in outcomes),
        after=tuple(o for o in outcomes if run_on is not None and o.set_on > run_on),
        run_on=run_on,
        run_at=edition.run.started if edition.run is not None else None,
        policy_signed=edition.plan_policy_sha256 == edition.verdict.policy.sha256
        if edition.verdict is not None and edition.plan_policy_sha256 is not None
        else None,
        earlier_runs=edition.earlier_runs,
        reused=tuple(
            names[one.id] for one in edition.record.evaluations if one.reused_from is not None and one.id in names
        ),
        preregistered=tuple(
            claim
            for claim in live(edition.claims)
            if isinstance(claim, Preregister)
            and claim.plan_sha256 == plan
            and (edition.run is None or claim.at <= edition.run.started)
        ),
    )


def _uncovered(record: Record, names: dict[str, str]) -> tuple[UncoveredRows, ...]:
    found: dict[tuple[object, ...], UncoveredRows] = {}
    for evaluation in record.evaluations:
        groups = [m.groups for m in evaluation.measurements if isinstance(m, Measured) and m.groups is not None]
        excluded = {str(one.slice): one for group in groups for one in group.excluded}
        widest = max(groups, key=lambda group: (group.unknown, group.rows), default=None)
        if evaluation.id not in names or widest is None or not (widest.unknown or excluded):
            continue
        key = (widest.unknown, widest.rows, *excluded)
        former = found[key].evaluations if key in found else ()
        found[key] = UncoveredRows(
            (*former, names[evaluation.id]), widest.unknown, widest.rows, tuple(excluded.values())
        )
    return tuple(found.values())


def _unscored(record: Record, names: dict[str, str]) -> tuple[Unscored, ...]:
    """By kind of interaction, never by category: these would be counted twice."""
    found = []
    for evaluation in record.evaluations:
        for rate in evaluation.find("unscored_rate") if evaluation.id in names else ():
            if set(rate.slice) - {"intent"} or not isinstance(rate, Measured) or not rate.denominator:
                continue
            errors = next(
                (m.numerator for m in evaluation.find("error_rate", slice=rate.slice) if isinstance(m, Measured)), None
            )
            if rate.numerator or errors:
                found.append(
                    Unscored(names[evaluation.id], rate.slice, rate.numerator or 0, errors or 0, rate.denominator)
                )
    return tuple(found)


def _left_out(edition: Edition, names: dict[str, str]) -> tuple[LeftOutGroup, ...]:
    judged: dict[tuple[str, str, tuple[str, ...]], dict[str, None]] = {}
    for outcome in edition.verdict.outcomes if edition.verdict is not None else ():
        for seen in outcome.observations:
            judged.setdefault((seen.evaluation, seen.metric, seen.across), {})[outcome.label] = None
    found: list[LeftOutGroup] = []
    for evaluation in edition.record.evaluations:
        if evaluation.id not in names:
            continue
        planned = edition.record.plan(evaluation.id)
        attributes = {one.attribute for one in planned.groups} if planned is not None else set()
        gaps: dict[tuple[str, ...], list[Measured]] = {}
        for m in evaluation.measurements:
            if isinstance(m, Measured) and m.groups is not None:
                gaps.setdefault(m.across, []).append(m)
        for across, over in gaps.items():
            excluded = {tuple(one.slice.items()): one.slice for m in over for one in _excluded(m)}
            for key, slice_ in excluded.items():
                without = [(m, one) for m in over for one in _excluded(m) if tuple(one.slice.items()) == key]
                without.sort(key=lambda one: (evaluation.id, one[0].metric, across) not in judged)
                labels = {
                    label: None for m, _ in without for label in judged.get((evaluation.id, m.metric, across), ())
                }
                found.append(
                    LeftOutGroup(
                        names[evaluation.id],
                        across,
                        slice_,
                        tuple(dict.fromkeys(m.metric for m, _ in without)),
                        len({m.metric for m in over}),
                        tuple(dict.fromkeys(one.reason for _, one in without)),
                        tuple(labels),
                        is_group={*slice_} <= {*across, *attributes},
                    )
                )
    first = {(one.evaluation, one.across) for one in found if one.labels}
    return tuple(sorted(found, key=lambda one: (not one.is_group, (one.evaluation, one.across) not in first)))


def _excluded(m: Measured) -> tuple[Excluded, ...]:
    return m.groups.excluded if m.groups is not None else ()


def _undetectable(edition: Edition) -> tuple[Undetectable, ...]:
    found: list[Undetectable] = []
    for outcome in edition.verdict.outcomes if edition.verdict is not None else ():
        for seen in outcome.observations:
            evaluation = edition.record.evaluation(seen.evaluation)
            for m in (
                evaluation.find(seen.metric, slice=dict(seen.slice), across=seen.across, given=()) if evaluation else ()
            ):
                if isinstance(m, Measured) and m.resolution is not None and m.resolution.detectable is not None:
                    found.append(Undetectable(outcome.label, m))
    return tuple(found)


def _reaches(edition: Edition) -> tuple[Reach, ...]:
    """Of numbers that may not be larger: gaps for which no difference is told that would be seen; rates if no gap is judged."""
    told = {one.label for one in _undetectable(edition)}
    judged = [
        s for o in (edition.verdict.outcomes if edition.verdict is not None else ()) if o.limit for s in o.observations
    ]
    gaps = any(seen.across for seen in judged)
    return tuple(
        Reach(outcome.label, seen, seen.interval.upper, unit_of(seen, edition.record), outcome.limit.value)
        for outcome in (edition.verdict.outcomes if edition.verdict is not None else ())
        for seen in outcome.observations
        if outcome.label not in told
        and outcome.limit is not None
        and outcome.limit.operator == "at_most"
        and seen.interval is not None
        and seen.status != "failed"
        and (seen.across or not gaps)
    )


def _methods(edition: Edition) -> tuple[IntervalMethod, ...]:
    found: dict[str, dict[str, None]] = {}
    for outcome in edition.verdict.outcomes if edition.verdict is not None else ():
        for seen in outcome.observations:
            if outcome.limit is not None and seen.interval is not None:
                found.setdefault(seen.interval.method, {})[outcome.label] = None
    return tuple(IntervalMethod(method, tuple(labels)) for method, labels in found.items())


def _tested(edition: Edition) -> bool:
    for outcome in edition.verdict.outcomes if edition.verdict is not None else ():
        for seen in outcome.observations:
            evaluation = (
                edition.record.evaluation(seen.evaluation) if seen.across and outcome.limit is not None else None
            )
            there = evaluation.find(seen.metric, slice=dict(seen.slice), across=seen.across) if evaluation else ()
            if any(isinstance(m, Measured) and m.test is not None and m.test.family is not None for m in there):
                return True
    return False


def _several_parts(edition: Edition) -> tuple[SeveralParts, ...]:
    record = edition.record
    if edition.audience == "public":
        return ()  # all names are the same there
    risks = record.details.answers.get("risks")
    accepting = tuple(entry.get("accepted_by") for entry in risks.entries) if risks is not None else ()
    named: dict[Part, tuple[str | None, ...]] = {
        "supplier": (record.subject.supplier,),
        "plan and run": (record.provenance.author,),
        "choice of thresholds": tuple(o.set_by for o in edition.verdict.outcomes)
        if edition.verdict is not None
        else (),
        "statements": tuple(answer.stated_by for answer in record.details.answers.values()),
        "acceptance of risks": accepting,
    }
    parts: dict[str, list[Part]] = {}
    for part, names in named.items():
        for name in dict.fromkeys(name for name in names if name is not None and not open_risks.names_nobody(name)):
            known = next((other for other in parts if _is_named(name, other)), name)
            has = part
            if part == "acceptance of risks" and not all(one is not None and _is_named(one, name) for one in accepting):
                has = "acceptance of some risks"
            if has not in parts.setdefault(known, []):
                parts[known].append(has)
    return tuple(SeveralParts(name, tuple(found)) for name, found in parts.items() if len(found) > 1)


__all__ = [
    "AcceptedByAnother",
    "DecisionView",
    "IntervalMethod",
    "LeftOutGroup",
    "Reach",
    "SeveralParts",
    "Signature",
    "SignedAs",
    "Signer",
    "ThresholdsSet",
    "UncoveredRows",
    "Undetectable",
    "Unscored",
    "Validity",
    "of",
    "signatures",
    "validity",
]
