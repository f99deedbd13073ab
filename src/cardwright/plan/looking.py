"""A look at a file: what each of its columns holds, as far as guesses need it."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from cardwright.record.base import label as as_label
from cardwright.sources.interface import Rows

LOOKED_AT = 200_000
"""About this many rows are looked at for a guess, spread over the whole file, which is often sorted."""

MOST_COUNTED = 2_000
"""A column is counted until it has shown more different values than this."""

_SHOWN = 25


@dataclass(frozen=True)
class ColumnSeen:
    """What a look at a column shows."""

    name: str
    type: str
    values: tuple[str, ...]
    """Its values, at most 25 of them, frequent ones first; more are counted in `distinct`."""
    distinct: int
    missing: int
    least: float | None
    greatest: float | None
    counted: int = 0
    """How many of its cells were counted; no more are, once it has shown more than 2,000 values."""
    whole: bool = True
    """Whether all its numbers are whole."""
    numbers: tuple[tuple[float, int], ...] = ()
    """Its different numbers in rising order, with their rows; none if there are more than 2,000."""

    @property
    def bare(self) -> str:
        """Its name without the blanks around it."""
        return self.name.strip()

    @property
    def fraction(self) -> bool:
        """Whether it holds numbers of a type that need not be whole."""
        return self.type.startswith(("double", "float", "decimal", "halffloat"))

    @property
    def number(self) -> bool:
        """Whether it holds numbers."""
        return self.fraction or self.type.startswith(("int", "uint"))

    @property
    def probability(self) -> bool:
        """Whether it holds numbers from 0 to 1 that are not all 0 or 1."""
        return (
            self.number
            and self.least is not None
            and self.greatest is not None
            and self.least >= 0
            and self.greatest <= 1
            and not self.whole
        )

    @property
    def unit_interval(self) -> bool:
        """Whether it holds numbers from 0 to 1, and more than a few different ones."""
        return self.probability and self.distinct > 10

    @property
    def classes(self) -> bool:
        """Whether its values may be classes: few, and no numbers with fractions."""
        return 1 <= self.distinct <= 20 and self.whole

    @property
    def repeats(self) -> bool:
        """Whether some of its values occur in several rows."""
        return self.distinct < self.counted


class _Column:
    """What was seen of one column so far."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.numbers: Counter[float] = Counter()
        self.missing = 0
        self.least: float | None = None
        self.greatest: float | None = None
        self.whole = True

    def see(self, column: Any) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        kind = column.type
        values = column.drop_null()
        number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
        if pa.types.is_floating(kind):
            values = values.filter(pc.invert(pc.is_nan(values)))
        self.missing += len(column) - len(values)
        if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind):
            return
        if number and len(values):
            ends = pc.min_max(values).as_py()
            self.least = min(self.least, ends["min"]) if self.least is not None else ends["min"]
            self.greatest = max(self.greatest, ends["max"]) if self.greatest is not None else ends["max"]
            if not pa.types.is_integer(kind) and self.whole:
                self.whole = bool(pc.all(pc.equal(values, pc.floor(values))).as_py())
        if len(self.counts) > MOST_COUNTED:
            return
        counted = values.value_counts()
        for value, rows in zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True):
            self.counts[as_label(value)] += rows
            if number and math.isfinite(value):
                self.numbers[float(value)] += rows

    def found(self, name: str, kind: str) -> ColumnSeen:
        common = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        many = len(self.counts) > MOST_COUNTED
        return ColumnSeen(
            name=name,
            type=kind,
            values=tuple(value for value, _ in common[:_SHOWN]),
            distinct=len(self.counts),
            missing=self.missing,
            least=self.least,
            greatest=self.greatest,
            counted=sum(self.counts.values()),
            whole=self.whole,
            numbers=() if many else tuple(sorted(self.numbers.items())),
        )


def look(rows: Rows, total: int | None = None) -> list[ColumnSeen]:
    """A look at every column; of a file with more rows than are looked at, at the first rows of each batch.

    Those are adjacent rows, so that rows of one person are still seen side by side.
    """
    columns = {name: _Column() for name in rows.schema.names}
    share = min(1.0, LOOKED_AT / total) if total else 1.0
    for batch in rows.batches():
        part = batch.slice(0, math.ceil(batch.num_rows * share))
        for name, column in zip(part.schema.names, part.columns, strict=True):
            columns[name].see(column)
    return [columns[name].found(name, str(rows.schema.field(name).type)) for name in rows.schema.names]


__all__ = ["LOOKED_AT", "ColumnSeen", "look"]
