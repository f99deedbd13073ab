"""A case with what several rules ask of it, computed once for all of them and passed on as a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from cardwright.record import filling
from cardwright.record.case import Case
from cardwright.record.claim import Claim, Preregister, authors, live, same_name, same_person
from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.record.provenance import RunFacts
from cardwright.record.record import Record

Slice = Mapping[str, str | None]
Rows = tuple[tuple[str, str | None], ...]
"""A slice as a key: its pairs, sorted by attribute."""
Index = Mapping[tuple[str, Rows], Sequence[Measured | Unmeasured]]
"""Measurements by metric and rows."""


@dataclass(frozen=True)
class CaseUnderReview:
    """A case at a moment. See `review_of`."""

    case: Case
    today: date
    """The day that the verdict speaks of, in UTC: dates of expiry are days, and what expires today still holds."""
    claims: tuple[Claim, ...]
    """What was signed and not withdrawn, in the order of the ledger."""
    authors: tuple[Claim, ...]
    """Who signed for having written the plan, or for having made the dossier; empty if its author is unknown."""
    plan_signers: tuple[Preregister, ...]
    """Signatures of the plan by somebody other than its author."""
    measurements: Mapping[str, Index]
    """By the id of the evaluation: looking through thousands of measurements for each requirement is slow."""
    evidenced: frozenset[str] = frozenset()
    """Fields of its kind whose question a dossier that it refers to answers, taken from that dossier and not from the record."""

    @property
    def record(self) -> Record:
        """The record."""
        return self.case.record

    def about(self, evaluation: str, metric: str, slice_: Slice) -> Sequence[Measured | Unmeasured]:
        """The measurements of a metric over these rows, in their order."""
        return self.measurements[evaluation].get((metric, rows(slice_)), ())


def review_of(case: Case, now: str) -> CaseUnderReview:
    """The case with what the rules share. `now` is e.g. `2026-11-23T13:04:05Z`."""
    # Withdrawn claims are gone before any rule looks, so that no rule can forget to leave them out.
    claims = tuple(live(case.claims))
    return CaseUnderReview(
        case=case,
        today=day(now),
        claims=claims,
        authors=tuple(authors(claims, case.record.provenance.plan_sha256, case.manifest_sha256)),
        plan_signers=_plan_signers(case, claims),
        measurements={evaluation.id: _index(evaluation) for evaluation in case.record.evaluations},
        evidenced=filling.evidenced(
            filling.filled(
                case.record.document,
                case.record.links,
                {digest: one.record for digest, one in case.linked.items()},
            )
        ),
    )


def rows(slice_: Slice) -> Rows:
    """A slice as a key that does not depend on the order of its attributes."""
    pairs = tuple(slice_.items())
    return pairs if len(pairs) < 2 else tuple(sorted(pairs, key=lambda pair: pair[0]))


def _index(evaluation: Evaluation) -> Index:
    index: dict[tuple[str, Rows], list[Measured | Unmeasured]] = {}
    for m in evaluation.measurements:
        index.setdefault((m.metric, rows(m.slice)), []).append(m)
    return index


def _plan_signers(case: Case, claims: tuple[Claim, ...]) -> tuple[Preregister, ...]:
    """The author is a key: whoever signed for having written the plan, or for having made the dossier.

    The name that a plan states is a string that anybody can write. So without such a signature the author is unknown, and nobody
    is known to be somebody else.
    """
    plan = case.record.provenance.plan_sha256
    known = authors(claims, plan, case.manifest_sha256)
    if not known:
        return ()
    stated = case.record.provenance.author
    return tuple(
        claim
        for claim in claims
        if isinstance(claim, Preregister)
        and claim.meaning == "review"
        and claim.plan_sha256 == plan
        and not any(same_person(claim, author) for author in known)
        and (stated is None or not same_name(claim.person, stated))
    )


def day(moment: str) -> date:
    """The day of a moment in UTC.

    >>> day("2026-11-23T13:04:05Z")
    datetime.date(2026, 11, 23)
    """
    return datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).date()


def oldest_evidence(run: RunFacts) -> date:
    """The day of the oldest evaluation: one that was reused is as old as the run that made it."""
    return min(day(moment) for moment in (run.finished, *run.earlier.values()))
