"""What one pass over a table's columns tells: values of groups and classes, numbers, decisions, what is missing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from cardwright.record.base import label as as_label
from cardwright.sources.interface import (
    Rows,
)
from cardwright.sources.shape import carried, carrier, coded_batches

if TYPE_CHECKING:
    import pyarrow

MAX_GROUPS = 200
"""The largest number of values of a sensitive attribute; more are a name or a number, not groups."""

MAX_CLASSES = 1000
"""The largest number of classes."""

MAX_GRADE = 30.0
"""The largest relevance of a candidate: its gain is a billion times that of 1."""

MAX_CODES = 20
"""Whole numbers with more different values than this may be amounts as well as classes, so the plan has to say which."""

UNKNOWN_WORDS = frozenset(
    {
        "", "#n/a", "#na", "<na>", "?", "information not provided", "missing", "n/a", "na", "nan", "not known",
        "not provided", "not reported", "not stated", "null", "prefer not to answer", "prefer not to say", "undisclosed",
        "unknown", "unspecified",
    }
)  # fmt: skip
"""Words that say that membership is not known, whatever their case and the blanks around them. A plan that declares one of
them as a group is obeyed. `none` and `other` are not among them: they can be groups."""


class ColumnValues:
    """The different values of a column, as labels with their counts, up to a limit."""

    def __init__(self, limit: int, blank_is_missing: bool) -> None:
        self.limit = limit
        self.blank_is_missing = blank_is_missing
        self.counts: dict[str, int] = {}
        self.missing = 0
        self.too_many = False
        self.whole = True
        self.finite = True

    def see(self, array: Any) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_floating(array.type):
            array = pc.if_else(pc.is_nan(array), None, array)
            self._see_numbers(array)
        self.missing += array.null_count
        if self.too_many:
            return
        counted = _counted(array)
        if len(counted) > self.limit:
            self.too_many = True
            return
        for value, count in counted:
            name = as_label(value)
            if self.blank_is_missing and not name.strip():
                self.missing += count
                continue
            self.counts[name] = self.counts.get(name, 0) + count
        self.too_many = len(self.counts) > self.limit

    def _see_numbers(self, array: Any) -> None:
        import pyarrow.compute as pc

        finite = array.filter(pc.fill_null(pc.is_finite(array), False))
        self.finite = self.finite and len(finite) == len(array) - array.null_count
        if self.whole and len(finite):
            self.whole = bool(pc.all(pc.equal(finite, pc.floor(finite))).as_py())

    def absorb(self, other: ColumnValues) -> None:
        """Add what another has seen of the same column."""
        self.missing += other.missing
        self.whole, self.finite = self.whole and other.whole, self.finite and other.finite
        for name, count in other.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
        self.too_many = self.too_many or other.too_many or len(self.counts) > self.limit

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(sorted(self.counts))


_SPAN = 64
"""Whole numbers this near to each other are counted in a table with this many places."""


def _counted(array: Any) -> list[tuple[Any, int]]:
    """The different values of a column that are not missing, and how many rows have each."""
    import numpy as np
    import pyarrow as pa

    present = array.drop_null() if array.null_count else array
    if pa.types.is_dictionary(array.type):
        values = present.dictionary.to_pylist()
        counts = np.bincount(present.indices.to_numpy(zero_copy_only=False), minlength=len(values)).tolist()
        found: dict[Any, int] = {}  # a dictionary may hold a value twice, and values that no row has
        for value, count in zip(values, counts, strict=True):
            if count and value is not None:
                found[value] = found.get(value, 0) + count
        return list(found.items())
    if pa.types.is_integer(array.type) and len(present):
        whole = present.to_numpy(zero_copy_only=False)
        least, most = int(whole.min()), int(whole.max())
        if most - least < _SPAN:
            counts = np.bincount((whole - whole.min()).astype(np.int64)).tolist()
            return [(least + place, count) for place, count in enumerate(counts) if count]
    counted = present.value_counts()
    return list(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))


class ColumnNumbers:
    """Whether the numbers of a column are present, finite, and within bounds."""

    def __init__(self, lower: float, upper: float) -> None:
        self.lower = lower
        self.upper = upper
        self.missing = 0
        self.outside = 0
        self.first: int | None = None
        self.rows = 0

    def see(self, array: Any) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        numbers = array if pa.types.is_floating(array.type) else array.cast(pa.float64(), safe=False)
        present = pc.fill_null(pc.invert(pc.is_nan(numbers)), False)
        inside = pc.and_(pc.greater_equal(numbers, self.lower), pc.less_equal(numbers, self.upper))
        wrong = pc.and_(present, pc.invert(pc.fill_null(pc.and_(inside, pc.is_finite(numbers)), True)))
        self.missing += len(array) - (pc.sum(present).as_py() or 0)
        found = pc.sum(wrong).as_py() or 0
        if found and self.first is None:
            self.first = self.rows + pc.index(wrong, True).as_py() + 1
        self.outside += found
        self.rows += len(array)

    def absorb(self, other: ColumnNumbers) -> None:
        """Add what another has seen of rows that come after these."""
        if self.first is None and other.first is not None:
            self.first = self.rows + other.first
        self.missing += other.missing
        self.outside += other.outside
        self.rows += other.rows


class MissingCells:
    """How many cells of a column are missing."""

    def __init__(self) -> None:
        self.missing = 0

    def see(self, array: Any) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        self.missing += array.null_count
        if pa.types.is_floating(array.type):
            self.missing += pc.sum(pc.is_nan(array)).as_py() or 0

    def absorb(self, other: MissingCells) -> None:
        """Add what another has seen of the same column."""
        self.missing += other.missing


class QueryCandidates:
    """How many candidates each query has."""

    def __init__(self) -> None:
        self.missing = 0
        self._counts: dict[Any, int] = {}

    def see(self, array: Any) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_floating(array.type):
            array = pc.if_else(pc.is_nan(array), None, array)
        self.missing += array.null_count
        for value, count in _counted(array):
            self._counts[value] = self._counts.get(value, 0) + count

    def absorb(self, other: QueryCandidates) -> None:
        """Add what another has seen of the same column."""
        self.missing += other.missing
        for value, count in other._counts.items():
            self._counts[value] = self._counts.get(value, 0) + count

    @property
    def several(self) -> bool:
        """Whether there are at least two queries, and at least half of them have two candidates or more."""
        return len(self._counts) > 1 and 2 * sum(n > 1 for n in self._counts.values()) >= len(self._counts)


class DecisionLabels:
    """Whether the supplied decisions are the ones that the threshold makes of the scores."""

    def __init__(self, threshold: float, favourable: str) -> None:
        self.threshold = threshold
        self.favourable = favourable
        self.differ = 0
        self.rows = 0

    def see(self, prediction: Any, score: Any) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        unique = pc.unique(prediction)
        if len(unique) > MAX_CLASSES:
            return  # refused as classes already
        favoured = [value for value in unique.to_pylist() if value is not None and as_label(value) == self.favourable]
        said = pc.is_in(prediction, value_set=pa.array(favoured, type=prediction.type))
        made = pc.greater_equal(score.cast(pa.float64(), safe=False), self.threshold)
        self.differ += pc.sum(pc.not_equal(said, made)).as_py() or 0
        self.rows += len(prediction)

    def absorb(self, other: DecisionLabels) -> None:
        """Add what another has seen of the same columns."""
        self.differ += other.differ
        self.rows += other.rows


@dataclass(frozen=True)
class Seen:
    """What counters have seen of some rows, where these are counted elsewhere and added up here."""

    counters: tuple[Any, ...]

    def __add__(self, other: Seen) -> Seen:
        for mine, theirs in zip(self.counters, other.counters, strict=True):
            mine.absorb(theirs)
        return self


def _see(parts: list[tuple[Any, tuple[str, ...]]], batch: Any) -> Seen:
    fresh = [(deepcopy(counter), names) for counter, names in parts]
    for counter, names in fresh:
        counter.see(*(batch.column(name) for name in names))
    return Seen(tuple(counter for counter, _ in fresh))


def scan_columns(rows: Rows, parts: Iterable[tuple[Any, tuple[str, ...]]]) -> None:
    """Hand every batch of the columns to those that count them, in one pass: one thread reads, another counts."""
    counters = list(parts)
    columns = sorted({column for _, names in counters for column in names})
    if not columns:
        return
    if carrier(rows) is not None:
        found = carried(rows, partial(_see, counters), columns)
        seen = found.counters if found is not None else ()
        # An error names the first row that is wrong: it is looked for here, where rows have an order.
        if all(getattr(counter, "first", None) is None for counter in seen):
            for (counter, _), other in zip(counters, seen, strict=False):
                counter.absorb(other)
            return
    few = {names[0] for counter, names in counters if isinstance(counter, ColumnValues)}
    others = {column for counter, names in counters if not isinstance(counter, ColumnValues) for column in names}

    def see(batch: Any) -> None:
        for counter, names in counters:
            counter.see(*(batch.column(name) for name in names))

    with ThreadPoolExecutor(1) as pool:
        under_way: deque[Future[None]] = deque()
        for batch in coded_batches(rows, columns, sorted(few - others)):
            under_way.append(pool.submit(see, batch))
            if len(under_way) > _AHEAD:
                under_way.popleft().result()
        for future in under_way:
            future.result()


_AHEAD = 4
"""Batches that are read before the first of them is counted."""


def type_of(rows: Rows, column: str) -> pyarrow.DataType:
    return rows.schema.field(column).type


def is_number(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def is_integer(rows: Rows, *columns: str) -> bool:
    import pyarrow as pa

    return all(pa.types.is_integer(type_of(rows, column)) for column in columns)


def string_columns(schema: Any) -> Iterator[str]:
    import pyarrow as pa

    return (f.name for f in schema if pa.types.is_string(f.type))
