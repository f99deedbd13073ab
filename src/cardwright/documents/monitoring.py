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

from cardwright.errors import UsageError
from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured, Measurement, Unmeasured
from cardwright.record.record import Record

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


def of_the_subject(record: Record) -> tuple[Evaluation, ...]:
    """The evaluations of performance that are about what is handed over, and not about a baseline or a challenger beside it."""
    found = [evaluation for evaluation in record.evaluations if evaluation.evaluator == "performance"]
    tied = [e for e in found if e.binding is not None and e.binding.model_sha256 in record.subject.digests]
    # Where no model could be loaded, as with a hosted one, nobody can tell the subject's numbers from others by their digest.
    return tuple(tied or (e for e in found if e.binding is None or e.binding.model_sha256 is None))


OF_GROUPS = frozenset(
    {"selection_rate", "true_positive_rate", "false_positive_rate", "accuracy", "mean_error", "mean_absolute_error"}
)
"""What is watched of groups; the other rates follow from these."""


@dataclass(frozen=True)
class WatchedNumber:
    """A number of the release that is measured again in operation."""

    id: str
    """Its id in the documents, M-001 …"""
    evaluation: str
    m: Measured


def watched(record: Record, *, groups: bool = False) -> tuple[WatchedNumber, ...]:
    """The numbers of a release that carry an interval: the subject's own performance over all rows. Numbers that are relative to
    something else, a baseline or a reference group, are not among them: that would have to be measured again as well.

    Parameters
    ----------
    groups
        Also the rates of each group of each declared attribute (`OF_GROUPS`). The more numbers are watched together, the wider
        the limits of each.
    """
    own = {evaluation.id for evaluation in of_the_subject(record)}
    sources = {i.name for e in record.evaluations if e.id in own for i in e.inputs if i.need == "source"}
    found: list[WatchedNumber] = []
    count = 0
    for evaluation in record.evaluations:
        of_groups = (
            groups
            and evaluation.evaluator == "fairness"
            and any(i.need == "source" and i.name in sources for i in evaluation.inputs)
        )
        for m in evaluation.measurements:
            count += 1
            if not isinstance(m, Measured) or m.interval is None or m.across or m.given or m.reference is not None:
                continue
            whole = evaluation.id in own and not m.slice
            group = of_groups and m.metric in OF_GROUPS and len(m.slice) == 1 and None not in m.slice.values()
            if whole or group:
                found.append(WatchedNumber(f"M-{count:03d}", evaluation.id, m))
    return tuple(found)


def to_watch(record: Record, *, rate: float, groups: bool = False) -> tuple[WatchedNumber, ...]:
    """What `watched` gives, for those who need at least one number and a rate that is one.

    Raises
    ------
    UsageError
        If the rate does not lie between 0 and 1, or no number carries an interval.
    """
    if not 0 < rate < 1:
        raise UsageError("the rate of false alarms must lie between 0 and 1", do="Write, for example, --rate 0.05.")
    found = watched(record, groups=groups)
    if not found:
        raise UsageError(
            "no number of this record carries an interval, so nobody could tell a change from chance",
            do="Assess it with the evaluator `performance`.",
        )
    return found


@dataclass(frozen=True)
class Shift:
    """A number of the release beside the same number now."""

    number: WatchedNumber
    now: Measured | None
    """None if it was not measured again, or has no interval now."""
    why: str | None
    """Why there is none."""
    p_value: float | None
    """Of the difference, two-sided, by the normal approximation; None if it was not measured again."""
    alarm: bool
    """Whether it has moved beyond chance, or was not measured again."""


@dataclass(frozen=True)
class Shifts:
    """All numbers that are watched together."""

    rows: tuple[Shift, ...]
    each: float
    """Rate of false alarms of one number."""
    together: float
    """Rate at which any of them alarms falsely: at most this (Bonferroni's inequality)."""

    @property
    def alarms(self) -> tuple[Shift, ...]:
        """Those that have moved, or are missing."""
        return tuple(row for row in self.rows if row.alarm)


def shifts(release: Record, fresh: Record, *, rate: float = FALSE_ALARMS, groups: bool = False) -> Shifts:
    """Which numbers of a release have moved beyond chance on fresh rows; any number of rows, not only as many as at the release.

    The difference is divided by the root of both squared errors, each the half-width of its interval on the side of the other
    number over its own quantile, and compared with the quantile of `rate` shared equally among the numbers. A number that was
    not measured again alarms: silence is no evidence.

    Both must rest on independent rows; the same people in both make the error too wide, and alarms too rare.

    Raises
    ------
    UsageError
        See `to_watch`.
    """
    numbers = to_watch(release, rate=rate, groups=groups)
    each = rate / len(numbers)
    there = {(e.id, m.key): m for e in fresh.evaluations for m in e.measurements}
    return Shifts(tuple(_shift(one, there.get((one.evaluation, one.m.key)), each) for one in numbers), each, rate)


def _shift(number: WatchedNumber, now: Measurement | None, each: float) -> Shift:
    if not isinstance(now, Measured) or now.interval is None or now.unit != number.m.unit:
        if isinstance(now, Unmeasured):
            why = now.reason
        elif isinstance(now, Measured):
            why = "It has no interval now, or another unit."
        else:
            why = "The fresh record does not have it."
        return Shift(number, None, why, None, alarm=True)
    down = now.value < number.m.value
    error = math.hypot(_error(number.m, below=down), _error(now, below=not down))
    difference = abs(now.value - number.m.value)
    z = difference / error if error > 0 else math.inf if difference > 0 else 0.0
    p = 2 * NormalDist().cdf(-z)
    return Shift(number, now, None, p, alarm=p < each)


def _error(m: Measured, *, below: bool) -> float:
    """The standard error that an interval stands for, on one side of its value."""
    assert m.interval is not None
    width = m.value - m.interval.lower if below else m.interval.upper - m.value
    return width / NormalDist().inv_cdf(0.5 + m.interval.level / 2)


__all__ = [
    "AlarmLimit",
    "AlarmLimits",
    "Shift",
    "Shifts",
    "WatchedNumber",
    "alarm_limits",
    "of_the_subject",
    "shifts",
    "to_watch",
    "watched",
]
