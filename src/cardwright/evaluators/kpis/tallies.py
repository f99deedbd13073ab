"""What is counted beside the indicators: documents by kind, decisions of memos, releases taken back, what a decision cost."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from cardwright.evaluators.kpis.portfolio import Portfolio
from cardwright.record.claim import Attest, SignOff, Withdraw, live, same_person
from cardwright.record.counted_dossier import CountedDossier
from cardwright.record.measurement import Measured, Measurement, Unmeasured
from cardwright.record.run import CostKind

_PER_DECISION: tuple[CostKind, ...] = ("seconds", "gpu_hours", "cpu_hours", "money", "energy_kwh", "co2_kg")
"""Costs that add up over runs; latencies and memory do not."""


def tallies(portfolio: Portfolio, place: Mapping[str, str | None]) -> list[Measurement]:
    """Counts of a portfolio; each is what it says and has no interval."""
    found: list[Measurement] = [
        _count("documents", count, place, kind=kind)
        for kind, count in sorted(Counter(one.record.kind for one in portfolio.dossiers).items())
    ]
    decided = [(one, said) for one in portfolio.of_kind("research_memo") if (said := _decision(one)) is not None]
    by_decision = Counter(said for _, said in decided)
    found += [
        _count("memo_decisions", count, place, float(len(decided)), decision=said)
        for said, count in sorted(by_decision.items())
    ]
    taken_back = [one for one in portfolio.dossiers if _withdrawn(one)]
    released = [one for one in portfolio.dossiers if one.released_at is not None]
    found.append(_count("releases_withdrawn", len(taken_back), place, float(len(released) + len(taken_back))))
    again = [reproduced for one in portfolio.dossiers if (reproduced := _reproduced(one)) is not None]
    if again:  # of dossiers that nobody has run again, nobody knows
        found.append(_count("dossiers_reproduced", sum(again), place, float(len(again))))
    return [*found, *_costs(portfolio, len(decided), place)]


def _count(metric: str, count: int, place: Mapping[str, str | None], of: float | None = None, **more: str) -> Measured:
    return Measured(
        metric=metric, slice={**place, **more}, value=float(count), unit="count", direction="neither", denominator=of
    )


def _decision(memo: CountedDossier) -> str | None:
    """The decision of a memo, one of its kind's choices; None if it has none."""
    answer, document = memo.record.details.answers.get("decision"), memo.record.document
    asked = document.definition.field("decision") if document is not None else None
    return answer.text if answer is not None and asked is not None and answer.text in asked.choices else None


def _withdrawn(one: CountedDossier) -> bool:
    return any(isinstance(claim, Withdraw) and claim.claim is None for claim in live(one.claims))


def _reproduced(one: CountedDossier) -> bool | None:
    """Whether everybody who ran it again got the same numbers, by the last that each of them has signed; None where nobody
    but its authors did.
    """
    said = live(one.claims)
    authors = [claim for claim in said if isinstance(claim, SignOff) and claim.meaning == "authorship"]
    latest = {
        claim.key: claim.answer == "met"
        for claim in said
        if isinstance(claim, Attest)
        and (claim.checklist, claim.item) == ("reproduction", "same-numbers")
        and not any(same_person(claim, author) for author in authors)
    }
    return all(latest.values()) if latest else None


def _costs(portfolio: Portfolio, decisions: int, place: Mapping[str, str | None]) -> list[Measurement]:
    """What the runs took, per memo with a decision, by kind of cost that a run logged."""
    found: list[Measurement] = []
    for kind in _PER_DECISION:
        logged: Sequence[float] = [run.cost[kind] for run in portfolio.runs if kind in run.cost]
        if not logged:
            continue
        slice_: dict[str, str | None] = {**place, "cost": kind}
        total = math.fsum(logged)
        if not decisions:
            why = f"The runs took {total:.4g} {kind.replace('_', ' ')}, and no memo has a decision."
            found.append(Unmeasured(metric="cost_per_decision", slice=slice_, code="undefined", reason=why))
            continue
        found.append(
            Measured(
                metric="cost_per_decision", slice=slice_, value=total / decisions, unit=kind, direction="lower_is_better",
                numerator=total, denominator=float(decisions),
            )
        )  # fmt: skip
    return found
