"""Days, weeks and business days between moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Period:
    """From one day to another, both included; an empty day leaves that end open."""

    since: str = ""
    until: str = ""

    @property
    def open(self) -> bool:
        """Whether neither end is given, so that everything counts."""
        return not self.since and not self.until

    def holds(self, moment: str | None) -> bool | None:
        """Whether a moment lies in it; None if there is no moment and the period has an end.

        >>> Period("2026-10-01", "2026-12-31").holds("2026-12-31T23:59:59Z")
        True
        """
        if self.open:
            return True
        if moment is None:
            return None
        day = moment[:10]
        return (not self.since or day >= self.since) and (not self.until or day <= self.until)

    def weeks(self, moments: list[str]) -> float | None:
        """How many weeks it lasts, at least one; an open end is the first or last of these moments. None if there is none.

        >>> Period("2026-11-02", "2026-11-15").weeks([])
        2.0
        """
        days = [moment[:10] for moment in moments]
        first, last = self.since or min(days, default=""), self.until or max(days, default="")
        if not first or not last:
            return None
        return max(1.0, (_day(last) - _day(first)).days / 7 + 1 / 7)


def business_days(first: str, last: str) -> int:
    """Weekdays after the day of the first moment, up to the day of the last. Public holidays are not known.

    >>> business_days("2026-11-06T16:00:00Z", "2026-11-09T09:00:00Z")  # Friday to Monday
    1
    >>> business_days("2026-11-02T09:00:00Z", "2026-11-02T17:00:00Z")
    0
    """
    start, days = _day(first), (_day(last) - _day(first)).days
    weeks, rest = divmod(days, 7)
    return weeks * 5 + sum((start + timedelta(extra)).weekday() < 5 for extra in range(1, rest + 1))


def days_between(first: str, last: str) -> int:
    """Days from the day of one moment to the day of another."""
    return (_day(last) - _day(first)).days


def quarter(moment: str) -> str:
    """The calendar quarter of a moment.

    >>> quarter("2026-11-02T09:00:00Z")
    '2026-Q4'
    """
    return f"{moment[:4]}-Q{(int(moment[5:7]) + 2) // 3}"


def _day(moment: str) -> date:
    return date.fromisoformat(moment[:10])
