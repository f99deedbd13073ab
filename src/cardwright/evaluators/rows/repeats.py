"""Whether rows that are taken as independent belong together: a column that names persons, and repeats, says so."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from cardwright.evaluators.rows.case_names import case_name, could_name_cases, plain
from cardwright.evaluators.rows.encoding import person_hashes
from cardwright.evaluators.rows.exact_sums import HashArray, IntArray
from cardwright.privacy.showing import masked
from cardwright.record.base import label as as_label
from cardwright.record.evaluation import Finding
from cardwright.sources.interface import Predictions, Table
from cardwright.sources.shape import summed

if TYPE_CHECKING:
    import pyarrow

KEPT = 16_384
"""So many different values of a column are followed, those of the lowest hashes: a random sample of them, the same for a seed."""

_LITTLE = 1.1
"""A design effect below this widens an interval by less than a twentieth."""


@dataclass(frozen=True)
class Repeats:
    """How often the values of a column stand in several rows."""

    column: str
    rows: int
    """Rows that have a value."""
    cases: int
    """Different values; estimated from those with the lowest hashes where there are more than `KEPT`."""
    most: int
    """Rows of the value that has the most, among those followed."""
    design_effect: float
    """The variance of a mean over the one that independent rows would give, if rows of one case are alike: Σm²/Σm over the rows
    m of each case (Kish 1965). Rows that differ within a case have less."""

    @property
    def repeated(self) -> bool:
        """Whether any value stands in several rows."""
        return self.most > 1


def repeats(source: Predictions | Table, columns: list[str], seed: int) -> list[Repeats]:
    """The repeats of columns, read once, in constant space."""
    found: _Sketches | None = summed(source.rows, partial(_sketched, b"cardwright repeats %d" % seed), columns)
    sketches = tuple(_Sketch() for _ in columns) if found is None else found.by_column
    return [sketch.found(name) for sketch, name in zip(sketches, columns, strict=True)]


def _sketched(key: bytes, batch: pyarrow.RecordBatch) -> _Sketches:
    return _Sketches(tuple(_Sketch.of(column, key) for column in batch.columns))


@dataclass(frozen=True)
class _Sketches:
    by_column: tuple[_Sketch, ...]

    def __add__(self, other: _Sketches) -> _Sketches:
        return _Sketches(tuple(a + b for a, b in zip(self.by_column, other.by_column, strict=True)))


@dataclass(frozen=True)
class _Sketch:
    """The values of the lowest hashes with their rows (bottom-k, Cohen and Kaplan 2007)."""

    hashes: HashArray = field(default_factory=lambda: np.zeros(0, np.uint64))
    counts: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    rows: int = 0
    full: bool = False
    """Whether there are more values than are kept."""

    @classmethod
    def of(cls, column: Any, key: bytes) -> _Sketch:
        """The sketch of one batch of a column; missing values are left out."""
        present = column.drop_null()
        if not len(present):
            return cls()
        values, counts = np.unique(person_hashes(present, key), return_counts=True)
        return cls(values[:KEPT], counts[:KEPT], len(present), len(values) > KEPT)

    def __add__(self, other: _Sketch) -> _Sketch:
        # A value among the lowest of all is among the lowest of every part, so that its count is whole.
        every, place = np.unique(np.concatenate([self.hashes, other.hashes]), return_inverse=True)
        total = np.zeros(len(every), np.int64)
        np.add.at(total, place, np.concatenate([self.counts, other.counts]))
        full = self.full or other.full or len(every) > KEPT
        return _Sketch(every[:KEPT], total[:KEPT], self.rows + other.rows, full)

    def found(self, column: str) -> Repeats:
        sums = int(self.counts.sum())
        cases = len(self.hashes)
        if self.full:
            cases = round((KEPT - 1) / ((float(self.hashes[-1]) + 1) / 2.0**64))
        effect = float((self.counts**2).sum() / sums) if sums else 1.0
        return Repeats(column, self.rows, min(cases, self.rows), int(self.counts.max(initial=0)), effect)


def repeat_findings(source: Predictions | Table, seed: int) -> list[Finding]:
    """A finding for every column that names persons, or the declared unit, and has values in several rows.

    Nothing is said if the plan names the person: intervals then go by persons.
    """
    if source.person is not None:
        return []
    unit = plain(source.unit)
    used = {source.label, source.weight, *(attribute.name for attribute in source.sensitive)}
    if isinstance(source, Predictions):
        used |= {source.score, source.prediction, source.query, *source.strata}
    named = [
        name
        for name in source.rows.schema.names
        if name not in used and (case_name(name) or re.sub(r"_(id|no|nr|number|key)$", "", plain(name)) == unit)
    ]
    if not named:
        return []
    found = []
    for one in repeats(source, named, seed):
        declared = not case_name(one.column)
        if not one.repeated or not (declared or could_name_cases(one.column, one.cases)):
            continue
        wider = math.sqrt(one.design_effect)
        shown = masked(as_label(one.column))
        about = "about " if one.cases > KEPT else ""
        found.append(
            Finding(
                severity="low" if one.design_effect < _LITTLE else "high",
                key="rows_of_one_case",
                explanation=f'Every row is taken as one independent case ("{source.unit}"), but "{shown}" has {about}{one.cases} '
                f"different values in {one.rows} rows, at most {one.most} rows each. If rows of one value are alike, intervals "
                f"here are up to {wider:.2f} times too narrow, and a p-value is too small. Name the column as `person:` if its "
                "rows belong to one person, so that intervals go by persons.",
                where=shown[:200],
                count=one.rows - one.cases,
            )
        )
    return found


__all__ = ["Repeats", "repeat_findings", "repeats"]
