"""What each question about leakage gives: numbers, findings, tables, and what was done to get them."""

from __future__ import annotations

from dataclasses import dataclass

from cardwright.record.evaluation import Binding, Finding, NotTested, Scanned, Series, Table
from cardwright.record.measurement import Direction, Interval, Measured, Sampling, Unmeasured
from cardwright.statistics.intervals import Bounds, wilson

Measurement = Measured | Unmeasured
LOWER: Direction = "lower_is_better"


@dataclass(frozen=True)
class LeakagePart:
    """One question, answered."""

    method: str
    limits: tuple[str, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = ()
    series: tuple[Series, ...] = ()
    scanned: tuple[Scanned, ...] = ()
    not_tested: tuple[NotTested, ...] = ()
    binding: Binding | None = None
    sampled: bool = False
    """Whether some rows were left out by a draw."""


def interval(bounds: Bounds) -> Interval:
    """Bounds as a record holds them."""
    return Interval(level=bounds.level, lower=bounds.lower, upper=bounds.upper, method=bounds.method)


def share(
    metric: str,
    count: int,
    of: int,
    *,
    level: float,
    what: str,
    slice: dict[str, str | None] | None = None,
    at: dict[str, float] | None = None,
    unit: str = "row",
    least: int = 1,
    direction: Direction = LOWER,
) -> Measurement:
    """A share of cases with Wilson's interval; unmeasured with fewer cases than `least`."""
    bounds = wilson(count, of, level) if of >= max(least, 1) else None
    if bounds is None:
        return Unmeasured(
            metric=metric,
            slice=slice or {},
            at=at,
            code="too_few_samples" if of else "undefined",
            reason=f"There are {of} {what}; {max(least, 1)} are needed.",
            denominator=of,
        )
    return Measured(
        metric=metric,
        slice=slice or {},
        at=at,
        value=count / of,
        unit="proportion",
        direction=direction,
        interval=interval(bounds),
        numerator=count,
        denominator=of,
        sampling=Sampling(unit=unit, units=of, observations=of),
    )


__all__ = ["LOWER", "LeakagePart", "Measurement", "interval", "share"]
