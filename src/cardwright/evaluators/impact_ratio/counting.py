"""From rows to counts: who is counted, and who was selected or scored above the median."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from cardwright.errors import SourceError
from cardwright.evaluators.impact_ratio.tables import Audit, MedianScore
from cardwright.evaluators.rows.counting import count
from cardwright.evaluators.rows.encoding import numbers
from cardwright.evaluators.rows.layout import Layout
from cardwright.evaluators.rows.tally import RowTally
from cardwright.privacy.showing import quoted
from cardwright.sources.interface import Predictions
from cardwright.sources.shape import summed
from cardwright.statistics.order import DigitCounts, MedianPass, selected_median


def decided(audit: Audit) -> RowTally | None:
    """Applicants by category and decision; `None` where the source has no batch."""
    layout = audit.layout
    if layout.prediction is not None and layout.score is not None:
        layout = replace(layout, score=None, threshold=None)
    found: RowTally | None = summed(audit.source.rows, partial(count, layout), layout.columns, audit.layout.categories)
    return found


def scored_above_median(audit: Audit) -> tuple[MedianScore | None, RowTally | None]:
    """The median of the scores, then applicants by category and side of it.

    "Above" is strict: a score at the median is not above it (5-300, "scoring rate").
    """
    assert isinstance(audit.source, Predictions)
    rows, column = audit.source.rows, audit.source.score
    assert column is not None
    where = audit.layout.where
    attributes = replace(audit.layout, kind="rows", prediction=None, score=None, threshold=None)
    needed = tuple(dict.fromkeys((*attributes.columns, column)))

    scores = _Scores(column, where, attributes if audit.median_of == "known" else None)
    read = needed if audit.median_of == "known" else (column,)
    median = selected_median(lambda one: summed(rows, partial(_pass_over, one, scores), read))
    if median is None:
        return None, None
    layout = replace(attributes, kind="binary", prediction=ABOVE, favourable="true", classes=())
    sides: _Sides | None = summed(rows, partial(_on_sides, replace(scores, known=None), median, layout), needed)
    return (None, None) if sides is None else (MedianScore(median, sides.at_median), sides.tally)


@dataclass(frozen=True)
class _Scores:
    """Which scores of a batch are looked at."""

    column: str
    where: str
    known: Layout | None
    """Where they are those of rows whose category is known in every attribute: how that is told."""

    def of(self, batch: Any) -> Any:
        values = numbers(batch.column(self.column), where=self.where, what=f'column "{self.column}", the score,')
        absent = int((~np.isfinite(values)).sum())
        if absent:
            raise SourceError(
                f'{absent} rows of a batch have no score in column "{self.column}", or one that is not finite',
                where=self.where,
                do="Score them, or leave them out and say so with `filter:`.",
            )
        return values if self.known is None else values[_known(self.known, batch)]


def _pass_over(one: MedianPass, scores: _Scores, batch: Any) -> DigitCounts:
    return one.count(scores.of(batch))


@dataclass(frozen=True)
class _Sides:
    """Applicants by category and side of the median."""

    at_median: int
    tally: RowTally

    def __add__(self, other: _Sides) -> _Sides:
        return _Sides(self.at_median + other.at_median, self.tally + other.tally)


def _on_sides(scores: _Scores, median: float, layout: Layout, batch: Any) -> _Sides:
    import pyarrow as pa

    values = scores.of(batch)
    names = [name for name in layout.columns if name != ABOVE]
    arrays = [batch.column(name) for name in names]
    sides = pa.RecordBatch.from_arrays([*arrays, pa.array(values > median)], names=[*names, ABOVE])
    return _Sides(int((values == median).sum()), count(layout, sides))


ABOVE = "\x00above"
"""A column that no file has."""


def _known(layout: Layout, batch: Any) -> Any:
    """Rows whose category is known in every attribute."""
    from cardwright.evaluators.rows.counting import code
    from cardwright.evaluators.rows.tally import decode

    codes = decode(code(layout, batch).cells, layout.sizes)
    known = np.ones(batch.num_rows, bool)
    for size, codes_of in zip(layout.sizes, codes, strict=True):
        known &= codes_of < size - 1
    return known


def refuse_unselected(audit: Audit, tally: RowTally) -> None:
    """A favourable outcome that no decision and no declared class has is a misspelling, not a rate of 0."""
    layout = audit.layout
    if audit.rates == "scoring" or layout.favourable is None or layout.derived or not tally.decisions:
        return
    known = {*tally.decisions, *layout.declared}
    if layout.favourable not in known:
        raise SourceError(
            f"the favourable outcome {quoted(layout.favourable)} is not among the decisions in column "
            f"{quoted(layout.prediction or '')}",
            where=layout.where,
            do="Write `favourable:` as it is in the data.",
        )


__all__ = ["decided", "refuse_unselected", "scored_above_median"]
