"""Whether a published table of impact ratios adds up: counts, rates and ratios held against each other as they are printed.

Needs no library. A printed number stands for every number that is rounded to it ("48%" for 47.5 to 48.5 %), so that rounding
is never taken for a mistake, and a mistake that rounding cannot explain is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from cardwright.errors import UsageError, did_you_mean

SMALL = Fraction(2, 100)
"""A category below this share of the data may be left out of impact ratios (6 RCNY 5-301(d))."""

KEYS = ("group", "applicants", "selected", "rate", "ratio")

Kind = Literal[
    "count",
    "rate",
    "rate_truncated",
    "ratio",
    "ratio_above_one",
    "no_reference",
    "left_out",
    "total",
    "margin",
]

Group = str | Mapping[str, str]


@dataclass(frozen=True)
class Discrepancy:
    """One entry of a published table that does not follow from the others."""

    kind: Kind
    """`count`: more selected than applicants. `rate`, `ratio`: does not follow from the counts, or from the rates.
    `rate_truncated`: cut off where it should be rounded. `ratio_above_one`: the comparison is not with the highest rate.
    `no_reference`: no category has the ratio 1. `left_out`: no ratio, though the category is 2 % of the applicants or more.
    `total`, `margin`: two tables count other applicants."""
    table: str
    group: str
    """The category; empty for the table as a whole."""
    published: str
    """What is printed."""
    expected: str
    """What follows from the rest, to as many digits."""
    explanation: str
    """In a sentence."""


@dataclass(frozen=True)
class _Printed:
    """A printed number: the numbers that are rounded to it."""

    text: str
    value: Fraction
    half: Fraction
    """Half a unit of its last digit; 0 for a number that was not printed but handed over in full."""
    digits: int
    percent: bool

    @property
    def low(self) -> Fraction:
        return self.value - self.half

    @property
    def high(self) -> Fraction:
        return self.value + self.half

    def like(self, exact: Fraction) -> str:
        """Another number, printed the same way."""
        shown = float(exact * 100 if self.percent else exact)
        return f"{shown:.{self.digits}f}{'%' if self.percent else ''}"


@dataclass(frozen=True)
class _Row:
    group: Group
    applicants: int | None
    selected: int | None
    rate: _Printed | None
    ratio: _Printed | None

    @property
    def name(self) -> str:
        return self.group if isinstance(self.group, str) else " × ".join(self.group.values())

    @property
    def exact(self) -> Fraction | None:
        """The rate that follows from the counts."""
        if self.applicants is None or self.selected is None or not self.applicants:
            return None
        return Fraction(self.selected, self.applicants)

    @property
    def possible(self) -> tuple[Fraction, Fraction] | None:
        """Between which numbers the rate lies: exactly by the counts, else as far as it is printed."""
        if self.exact is not None:
            return self.exact, self.exact
        return None if self.rate is None else (max(Fraction(0), self.rate.low), self.rate.high)


def check_impact_ratio_table(rows: Iterable[Mapping[str, Any]], *, table: str = "table") -> tuple[Discrepancy, ...]:
    """The entries of a published table of impact ratios that do not follow from its other entries.

    Parameters
    ----------
    rows
        A mapping each, with `group` (a name, or `{attribute: category}`) and any of `applicants`, `selected` (for scoring rates:
        how many are above the median), `rate` and `ratio`. Rates and ratios are best given as printed ("48%", "0.979"), because
        their digits say how they were rounded; plain numbers are taken as exact to nine digits. `None`, "" and "N/A" are not
        published.
    table
        How messages name it.

    Returns
    -------
    tuple of Discrepancy
        Empty where everything that can be checked adds up. What is not published cannot be checked, and is no discrepancy,
        except a ratio that is left out for a category of 2 % of the applicants or more (6 RCNY 5-301(d)).

    Raises
    ------
    UsageError
        If a row has no group, an unknown key, or an entry that is no number.

    Examples
    --------
    >>> rows = [
    ...     {"group": "Male", "applicants": 1390, "selected": 667, "rate": "48%", "ratio": "1.00"},
    ...     {"group": "Female", "applicants": 1181, "selected": 555, "rate": "47%", "ratio": "0.99"},
    ... ]
    >>> [(found.group, found.kind, found.expected) for found in check_impact_ratio_table(rows)]
    [('Female', 'ratio', '0.98')]
    """
    return tuple(_check(_rows(rows, table), table))


def check_impact_ratio_tables(tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> tuple[Discrepancy, ...]:
    """Each of several published tables by itself, and whether they count the same applicants.

    Parameters
    ----------
    tables
        By the name of the attribute: `{"sex": […], "race": […], "sex × race": […]}`. Tables whose `group` is a mapping are summed
        by each of their attributes and held against the table of that name; the others against the totals.

    Returns
    -------
    tuple of Discrepancy
        As `check_impact_ratio_table`, and `total` and `margin` where the tables differ. They can differ where a category of some
        applicants is known in one attribute alone; a published table should then say so.

    Raises
    ------
    UsageError
        See `check_impact_ratio_table`.
    """
    read = {name: _rows(rows, name) for name, rows in tables.items()}
    discrepancies = [discrepancy for name, rows in read.items() for discrepancy in _check(rows, name)]
    for name, rows in read.items():
        if not rows or any(isinstance(row.group, str) for row in rows):
            continue
        for attribute in dict.fromkeys(key for row in rows for key in row.group):
            if attribute in read:
                discrepancies += _margins(rows, name, read[attribute], attribute)
    discrepancies += _totals(read)
    return tuple(discrepancies)


# --- one table ----------------------------------------------------------------------------------------------------------


def _check(rows: Sequence[_Row], table: str) -> Iterable[Discrepancy]:
    for row in rows:
        yield from _counts(row, table)
    yield from _ratios(rows, table)


def _counts(row: _Row, table: str) -> Iterable[Discrepancy]:
    if row.applicants is not None and row.selected is not None and row.selected > row.applicants:
        yield Discrepancy(
            "count",
            table,
            row.name,
            str(row.selected),
            f"at most {row.applicants}",
            f"{row.selected} of {row.applicants} applicants are more than there are.",
        )
        return
    if row.rate is None or row.exact is None or row.rate.low <= row.exact <= row.rate.high:
        return
    # A number that was cut off is at most one unit of its last digit too small.
    cut = row.rate.value <= row.exact < row.rate.value + 2 * row.rate.half
    yield Discrepancy(
        "rate_truncated" if cut else "rate",
        table,
        row.name,
        row.rate.text,
        row.rate.like(row.exact),
        f"{row.selected} of {row.applicants} is {float(row.exact):.6f}, "
        + ("which was cut off and not rounded." if cut else "not what is printed."),
    )


def _ratios(rows: Sequence[_Row], table: str) -> Iterable[Discrepancy]:
    applicants = sum(row.applicants or 0 for row in rows)
    published = [row for row in rows if row.ratio is not None]
    if not published:
        return
    for row in rows:
        if row.ratio is None and row.applicants is not None and row.applicants >= SMALL * applicants:
            yield Discrepancy(
                "left_out",
                table,
                row.name,
                "",
                "a ratio",
                f"{row.applicants} of {applicants} applicants are not less than 2 %, so this category cannot be left out.",
            )
    for row in published:
        assert row.ratio is not None
        if row.ratio.low > 1:
            yield Discrepancy(
                "ratio_above_one",
                table,
                row.name,
                row.ratio.text,
                "at most 1",
                "A ratio above 1 is not a comparison with the highest rate.",
            )
    if not any(row.ratio.low <= 1 <= row.ratio.high for row in published if row.ratio is not None):
        yield Discrepancy(
            "no_reference", table, "", "", "1", "No category has the ratio 1, as that with the highest rate has."
        )
    # A category without a ratio was left out before the highest rate was looked for.
    bounds = [row.possible for row in published if row.possible is not None]
    if not bounds:
        return
    least, most = max(low for low, _ in bounds), max(high for _, high in bounds)
    for row in published:
        if row.ratio is None or row.possible is None or not most or row.ratio.low > 1:
            continue
        low, high = row.possible
        smallest, largest = low / most, (min(Fraction(1), high / least) if least else Fraction(1))
        if row.ratio.high < smallest or row.ratio.low > largest:
            expected = row.ratio.like(smallest)
            if smallest != largest and row.ratio.like(largest) != expected:
                expected += f" to {row.ratio.like(largest)}"
            reference = max(
                (other for other in published if other.possible is not None),
                key=lambda other: other.possible[1] if other.possible else Fraction(-1),
            )
            yield Discrepancy(
                "ratio",
                table,
                row.name,
                row.ratio.text,
                expected,
                f"The rate over that of {reference.name}, the highest, is {expected}, not what is printed.",
            )


# --- several tables -----------------------------------------------------------------------------------------------------


def _margins(crossed: Sequence[_Row], name: str, single: Sequence[_Row], attribute: str) -> Iterable[Discrepancy]:
    for row in single:
        parts = [other for other in crossed if isinstance(other.group, Mapping) and other.group[attribute] == row.name]
        for what in ("applicants", "selected"):
            counts = [getattr(part, what) for part in parts]
            stated = getattr(row, what)
            if stated is None or not counts or any(count is None for count in counts) or sum(counts) == stated:
                continue
            difference = stated - sum(counts)
            yield Discrepancy(
                "margin",
                attribute,
                row.name,
                f"{stated} {what}",
                f"{sum(counts)} {what}",
                f"The table {name} has {' + '.join(str(count) for count in counts)} = {sum(counts)} {what}, "
                f"{abs(difference)} {'fewer' if difference > 0 else 'more'}.",
            )


def _totals(tables: Mapping[str, Sequence[_Row]]) -> Iterable[Discrepancy]:
    for what in ("applicants", "selected"):
        totals = {
            name: sum(getattr(row, what) for row in rows)
            for name, rows in tables.items()
            if rows and all(getattr(row, what) is not None for row in rows)
        }
        if len(set(totals.values())) < 2:
            continue
        counted = list(totals.values())
        usual = max(totals.values(), key=lambda total: (counted.count(total), -counted.index(total)))
        for name, total in totals.items():
            if total != usual:
                others = ", ".join(other for other, sum_ in totals.items() if sum_ == usual)
                yield Discrepancy(
                    "total",
                    name,
                    "",
                    f"{total} {what}",
                    f"{usual} {what}",
                    f"It counts {total} {what}, and {others} {'counts' if counted.count(usual) == 1 else 'count'} {usual}.",
                )


# --- reading ------------------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"^(?P<whole>\d*)(?:\.(?P<part>\d*))?\s*(?P<percent>%?)$")
_ABSENT = {"", "-", "–", "—", "n/a", "na", "none", "not applicable"}


def _rows(rows: Iterable[Mapping[str, Any]], table: str) -> list[_Row]:
    read: list[_Row] = []
    for number, row in enumerate(rows, start=1):
        where = f"{table}, row {number}"
        unknown = sorted(set(row) - set(KEYS))
        if unknown:
            raise UsageError(f'a row has no "{unknown[0]}"', where=where, do=did_you_mean(unknown[0], KEYS))
        group = row.get("group")
        if not group or not isinstance(group, (str, Mapping)):
            raise UsageError("a row names no group", where=where, do="Write its category as `group`.")
        read.append(
            _Row(
                group if isinstance(group, str) else dict(group),
                _count(row.get("applicants"), "applicants", where),
                _count(row.get("selected"), "selected", where),
                _printed(row.get("rate"), "rate", where),
                _printed(row.get("ratio"), "ratio", where),
            )
        )
    attributes = {tuple(sorted(row.group)) for row in read if isinstance(row.group, Mapping)}
    if len(attributes) > 1 or (attributes and any(isinstance(row.group, str) for row in read)):
        raise UsageError("the groups of a table are not all of the same attributes", where=table)
    return read


def _count(value: Any, name: str, where: str) -> int | None:
    if isinstance(value, str):
        text = value.strip().replace(",", "")
        if text.casefold() in _ABSENT:
            return None
        value = int(text) if text.isdigit() else value
    if value is None:
        return None
    if isinstance(value, bool) or not hasattr(value, "__index__") or int(value) < 0:
        raise UsageError(f"`{name}` is a count, 0 or more", where=where)
    return int(value)


def _printed(value: Any, name: str, where: str) -> _Printed | None:
    if value is None or (isinstance(value, str) and value.strip().casefold() in _ABSENT):
        return None
    if isinstance(value, str):
        match = _NUMBER.match(value.strip())
        if match is None or not (match["whole"] or match["part"]):
            raise UsageError(f"`{name}` is a number or a percentage, as printed", where=where)
        part, percent = match["part"] or "", bool(match["percent"])
        scale = Fraction(1, 10 ** len(part)) / (100 if percent else 1)
        digits = Fraction(int((match["whole"] or "0") + part))
        return _Printed(value.strip(), digits * scale, scale / 2, len(part), percent)
    if isinstance(value, bool) or not hasattr(value, "__float__") or not 0 <= float(value) < float("inf"):
        raise UsageError(f"`{name}` is a number or a percentage, as printed", where=where)
    return _Printed(f"{float(value):.9g}", Fraction(float(value)), Fraction(1, 10**9), 9, False)
