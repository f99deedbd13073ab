"""When a number measured again in operation is an alarm: limits with a stated rate of false alarms, for each and for all.

The interval of the release is no such limit. The new number varies by chance as the old one does, so that their difference
varies √2 times as widely; without any change, about one new number in six lies outside a 95 % interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Generic, TypeVar

from cardwright.record.measurement import Measured, Measurement

FALSE_ALARMS = 0.05
"""Share of repeated measurements in which any number at all alarms though nothing has changed."""

Row = TypeVar("Row")


@dataclass(frozen=True)
class AlarmLimit(Generic[Row]):
    """A number of the release and the limits beyond which the same number, on as many cases, is an alarm."""

    row: Row
    below: float | None
    """None if no proportion is that small."""
    above: float | None
    """None if no proportion is that large."""


@dataclass(frozen=True)
class AlarmLimits(Generic[Row]):
    """The limits of all numbers that are watched together."""

    rows: tuple[AlarmLimit[Row], ...]
    each: float
    """Rate of false alarms of one number."""
    together: float
    """Rate at which any of them alarms falsely: at most this, however they depend on each other (Bonferroni's inequality)."""
    outside: float
    """Rate at which a number without any change lies outside the interval of the release: why that interval is no limit."""


def alarm_limits(numbers: Iterable[tuple[Row, Measurement]], rate: float = FALSE_ALARMS) -> AlarmLimits[Row] | None:
    """Limits for the numbers that carry an interval; None if none does.

    Normal approximation on each side of the interval: the half-width is scaled from its own level to the level that the rate
    asks for, and by √2 for the chance of the new number. `rate` is shared equally among the numbers.

    >>> from cardwright.record.measurement import Interval, Measured
    >>> interval = Interval(level=0.95, lower=0.88, upper=0.92, method="wilson")
    >>> accuracy = Measured(metric="accuracy", value=0.9, unit="proportion", direction="higher_is_better", interval=interval)
    >>> limits = alarm_limits([("M-001", accuracy)])
    >>> round(limits.rows[0].below, 4), round(limits.rows[0].above, 4), round(limits.outside, 3)
    (0.8717, 0.9283, 0.166)
    """
    watched = [(row, m) for row, m in numbers if isinstance(m, Measured) and m.interval is not None and not m.across]
    if not watched:
        return None
    each = rate / len(watched)
    normal = NormalDist()
    limits, outside = [], 0.0
    for row, m in watched:
        assert m.interval is not None
        z = normal.inv_cdf(0.5 + m.interval.level / 2)
        factor = math.sqrt(2) * normal.inv_cdf(1 - each / 2) / z
        outside = max(outside, 2 * (1 - normal.cdf(z / math.sqrt(2))))
        below: float | None = m.value - factor * (m.value - m.interval.lower)
        above: float | None = m.value + factor * (m.interval.upper - m.value)
        if m.unit == "proportion":
            below = below if below is not None and below > 0 else None
            above = above if above is not None and above < 1 else None
        limits.append(AlarmLimit(row, below, above))
    return AlarmLimits(tuple(limits), each, rate, outside)


__all__ = ["AlarmLimit", "AlarmLimits", "alarm_limits"]
