"""What a plan said that it would take, beside what the runs after it took."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cardwright.evaluators.kpis.figures import first_approval
from cardwright.evaluators.kpis.portfolio import Portfolio, TriedRun
from cardwright.record.counted_dossier import CountedDossier

_AMOUNT = re.compile(
    r"\b([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(\.[0-9]{1,6})?\s*"
    r"(runs?|gpu[- ]?hours?|gpu[- ]?h|cpu[- ]?hours?|cpu[- ]?h|hours?|minutes?|seconds?|h|min|s|usd|dollars?|kwh)\b",
    re.IGNORECASE,
)
_RANGE = re.compile(r"[0-9]\s*(?:to|or|and|-|–|\.\.)\s*$", re.IGNORECASE)
_UNITS = {
    "run": "runs", "runs": "runs", "gpuhour": "gpu_hours", "gpuhours": "gpu_hours", "gpuh": "gpu_hours", "cpuhour": "cpu_hours",
    "cpuhours": "cpu_hours", "cpuh": "cpu_hours", "hour": "seconds", "hours": "seconds", "h": "seconds", "minute": "seconds",
    "minutes": "seconds", "min": "seconds", "second": "seconds", "seconds": "seconds", "s": "seconds", "usd": "money",
    "dollar": "money", "dollars": "money", "kwh": "energy_kwh",
}  # fmt: skip
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0}
_FIELDS = {
    "experiment_plan": ("estimate", "what", "amount"),
    "quarterly_plan": ("workstreams", "workstream", "compute"),
}
"""By kind of document: the field that estimates, the column that says what, and the one that says how much."""


@dataclass(frozen=True)
class PlanEstimate:
    """One line of an estimate."""

    plan: str
    """The dossier that it stands in."""
    what: str
    said: str
    """How much, in the plan's words."""
    unit: str | None
    """runs, seconds, gpu_hours, cpu_hours, money or energy_kwh; None where the words name none of them."""
    estimated: float | None
    actual: float | None
    """What the runs after the plan took in that unit; None if nothing tells."""
    why: str | None
    """Why there is nothing to compare."""
    runs: int = 0
    """How many runs it is the sum of."""

    @property
    def ratio(self) -> float | None:
        """Actual over estimated."""
        return self.actual / self.estimated if self.actual is not None and self.estimated else None


def estimates(portfolio: Portfolio) -> tuple[PlanEstimate, ...]:
    """Every estimate of the plans of a portfolio, beside what its runs took after the plan was approved."""
    return tuple(found for one in portfolio.dossiers if one.record.kind in _FIELDS for found in _of(one, portfolio))


def _of(plan: CountedDossier, portfolio: Portfolio) -> Iterator[PlanEstimate]:
    field, what, amount = _FIELDS[plan.record.kind]
    answer = plan.record.details.answers.get(field)
    approved = first_approval(plan)
    for entry in answer.entries if answer is not None else ():
        said = entry.get(amount, "")
        # An experiment plan may say how many runs under `what` and what they cost under `amount`.
        for words in dict.fromkeys([said, entry.get(what, "")]):
            unit, estimated = amount_of(words)
            if unit is not None or words == said:
                yield _compared(plan, entry.get(what, ""), words, unit, estimated, approved, portfolio)


def _compared(
    plan: CountedDossier, what: str, said: str, unit: str | None, estimated: float | None, approved: str | None,
    portfolio: Portfolio,
) -> PlanEstimate:  # fmt: skip
    def without(why: str) -> PlanEstimate:
        return PlanEstimate(plan.id, what, said, unit, estimated, None, why)

    if unit is None:
        return without("the words give no amount in runs, hours, money or energy")
    if not portfolio.tracked:
        return without("no store of runs is named")
    if approved is None:
        return without("nobody approved the plan, so no run is known to be after it")
    after = [run for run in portfolio.runs if run.started is not None and run.started >= approved]
    if not after:
        return without("no run began after the plan was approved")
    taken = _taken(after, unit)
    if taken is None:
        return without(f"the runs do not log {unit.replace('_', ' ')}")
    return PlanEstimate(plan.id, what, said, unit, estimated, taken[0], None, taken[1])


def _taken(runs: Sequence[TriedRun], unit: str) -> tuple[float, int] | None:
    if unit == "runs":
        return float(len(runs)), len(runs)
    logged = [run.cost[unit] for run in runs if unit in run.cost]  # type: ignore[index]
    return (math.fsum(logged), len(logged)) if logged else None


def amount_of(words: str) -> tuple[str | None, float | None]:
    """The one amount in some words, with its unit; none where there is none, or several.

    >>> amount_of("6 CPU-hours"), amount_of("about 1,200 runs"), amount_of("5 minutes"), amount_of("little")
    (('cpu_hours', 6.0), ('runs', 1200.0), ('seconds', 300.0), (None, None))
    """
    found = [*_AMOUNT.finditer(words)]
    # Of a range, `10 to 20 runs`, neither end is the estimate.
    if len(found) != 1 or _RANGE.search(words[: found[0].start()]):
        return None, None
    whole, part, name = found[0][1], found[0][2] or "", found[0][3]
    spelled = name.lower().replace("-", "").replace(" ", "")
    unit = _UNITS[spelled]
    value = float(whole.replace(",", "") + part)
    return unit, value * _SECONDS[spelled[0]] if unit == "seconds" else value
