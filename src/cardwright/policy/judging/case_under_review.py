"""A case with what several rules ask of it, computed once for all of them and passed on as a value."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from cardwright.record.case import Case
from cardwright.record.claim import Claim, Preregister, Withdraw
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
    """The day that the verdict speaks of."""
    claims: tuple[Claim, ...]
    """What was signed and not withdrawn, in the order of the ledger."""
    plan_signers: tuple[Preregister, ...]
    """Signatures of the plan by somebody else than its author."""
    measurements: Mapping[str, Index]
    """By the id of the evaluation: looking through thousands of measurements for each requirement is slow."""

    @property
    def record(self) -> Record:
        """The record."""
        return self.case.record

    def about(self, evaluation: str, metric: str, slice_: Slice) -> Sequence[Measured | Unmeasured]:
        """The measurements of a metric over these rows, in their order."""
        return self.measurements[evaluation].get((metric, rows(slice_)), ())


def review_of(case: Case, now: str) -> CaseUnderReview:
    """The case with what the rules share. `now` is e.g. `2026-11-23T13:04:05Z`."""
    claims = _not_withdrawn(case.claims)
    return CaseUnderReview(
        case=case,
        today=day(now),
        claims=claims,
        plan_signers=_plan_signers(claims, case.record),
        measurements={evaluation.id: _index(evaluation) for evaluation in case.record.evaluations},
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


def _not_withdrawn(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    withdrawn = {claim.claim for claim in claims if isinstance(claim, Withdraw)}
    return tuple(claim for claim in claims if claim.id not in withdrawn or claim.id is None)


def _plan_signers(claims: tuple[Claim, ...], record: Record) -> tuple[Preregister, ...]:
    author = record.provenance.author
    if author is None:  # without an author, nobody is known to be somebody else
        return ()
    return tuple(
        claim
        for claim in claims
        if isinstance(claim, Preregister)
        and claim.plan_sha256 == record.provenance.plan_sha256
        and same_name(claim.person) != same_name(author)
    )


def same_name(name: str) -> str:
    """A name as it is compared: one person written in two ways is one person.

    >>> same_name(" Ada  LOVELACE") == same_name("Ada Lovelace")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def day(moment: str) -> date:
    """The day of a moment in UTC.

    >>> day("2026-11-23T13:04:05Z")
    datetime.date(2026, 11, 23)
    """
    return datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).date()


def oldest_evidence(run: RunFacts) -> date:
    """The day of the oldest evaluation: one that was reused is as old as the run that made it."""
    return min(day(moment) for moment in (run.finished, *run.earlier.values()))
