"""From rows to counts: who is counted, and who was selected or scored above the median."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
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
from cardwright.statistics.order import streaming_median


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
    import pyarrow as pa

    assert isinstance(audit.source, Predictions)
    rows, column = audit.source.rows, audit.source.score
    assert column is not None
    where = audit.layout.where
    attributes = replace(audit.layout, kind="rows", prediction=None, score=None, threshold=None)
    needed = tuple(dict.fromkeys((*attributes.columns, column)))

    def scores(batch: Any) -> Any:
        values = numbers(batch.column(column), where=where, what=f'column "{column}", the score,')
        absent = int((~np.isfinite(values)).sum())
        if absent:
            raise SourceError(
                f'{absent} rows of a batch have no score in column "{column}", or one that is not finite',
                where=where,
                do="Score them, or leave them out and say so with `filter:`.",
            )
        return values

    def sample() -> Iterator[Any]:
        for batch in rows.batches(needed if audit.median_of == "known" else (column,)):
            values = scores(batch)
            yield values[_known(attributes, batch)] if audit.median_of == "known" else values

    median = streaming_median(sample)
    if median is None:
        return None, None
    layout = replace(attributes, kind="binary", prediction=ABOVE, favourable="true", classes=())
    total: RowTally | None = None
    at_median = 0
    for batch in rows.batches(needed):
        values = scores(batch)
        at_median += int((values == median).sum())
        arrays = [batch.column(name) for name in attributes.columns]
        sides = pa.RecordBatch.from_arrays([*arrays, pa.array(values > median)], names=[*attributes.columns, ABOVE])
        part = count(layout, sides)
        total = part if total is None else total + part
    return MedianScore(median, at_median), total


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
