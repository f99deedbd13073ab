"""Scoring rates: the share of each group whose score lies above the median of the full sample, for scores without a threshold.

The measure of New York City's Local Law 144 for tools that score instead of select (6 RCNY 5-300, "scoring rate"). "Above" is
strict: a score at the median is not above it. The rule has no pass mark, and none is applied here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from cardwright.evaluators.rows.counting import code
from cardwright.evaluators.rows.exact_sums import SCORE_BINS, FloatArray, IntArray
from cardwright.evaluators.rows.layout import Layout
from cardwright.evaluators.rows.rates import NEITHER, Estimate, Metric
from cardwright.evaluators.rows.tally import GroupView, RowTally, coarsen
from cardwright.sources.interface import Predictions
from cardwright.sources.shape import summed
from cardwright.statistics.intervals import wilson

if TYPE_CHECKING:
    import pyarrow

SCORING_RATE = Metric("scoring_rate", "Scoring rate", "proportion", NEITHER)

MAX_NEAR = 20_000_000
"""Rows that may share the bin of the median; with more, the scores are as good as equal and the rate says nothing."""


@dataclass(frozen=True)
class Above:
    """Rows above the median, by cell of all attributes crossed."""

    median: float
    cells: dict[int, tuple[int, int]]
    """Rows above, and all rows."""


def above_median(source: Predictions, tally: RowTally) -> Above | None:
    """A second pass over the scores, now that the bin of the median is known; `None` where too many rows share it.

    The median is that of all rows, unknown membership included: the mean of the two middle scores.
    """
    low, high = _middle(tally)
    plain = Layout.of(source)
    found: _Near | None = summed(source.rows, partial(_near, plain, low, high), plain.columns)
    if found is None or found.scores is None or found.cells is None:
        return None
    scores, cells = found.scores, found.cells
    rows, over = dict(found.rows), dict(found.over)
    total, beyond = sum(rows.values()), sum(over.values())
    below = total - beyond - len(scores)
    ordered = np.sort(scores)
    median = float(ordered[(total - 1) // 2 - below] + ordered[total // 2 - below]) / 2
    present, counts = np.unique(cells[scores > median], return_counts=True)
    for cell, count in zip(present.tolist(), counts.tolist(), strict=True):
        over[cell] = over.get(cell, 0) + count
    return Above(median, {cell: (over.get(cell, 0), count) for cell, count in rows.items()})


@dataclass(frozen=True)
class _Near:
    """Rows around the median by score and cell, and all rows and those above by cell; without scores where too many are near."""

    scores: FloatArray | None
    cells: IntArray | None
    rows: Counter[int]
    over: Counter[int]

    def __add__(self, other: _Near) -> _Near:
        rows, over = self.rows + other.rows, self.over + other.over
        if self.scores is None or other.scores is None or len(self.scores) + len(other.scores) > MAX_NEAR:
            return _Near(None, None, rows, over)
        assert self.cells is not None and other.cells is not None
        return _Near(np.concatenate([self.scores, other.scores]), np.concatenate([self.cells, other.cells]), rows, over)


def _near(layout: Layout, low: float, high: float, batch: pyarrow.RecordBatch) -> _Near:
    coded = code(layout, batch)
    assert coded.score is not None
    inside = (coded.score >= low) & (coded.score <= high)
    rows, over = (
        Counter(dict(zip(*(part.tolist() for part in np.unique(chosen, return_counts=True)), strict=True)))
        for chosen in (coded.cells, coded.cells[coded.score > high])
    )
    return _Near(coded.score[inside], coded.cells[inside], rows, over)


def _middle(tally: RowTally) -> tuple[float, float]:
    """An interval of scores that holds the two middle ones and, apart from ties, little else."""
    scores = tally.scores[0]
    counts = scores.counts.sum(axis=1)
    total = int(counts.sum())
    reached = np.cumsum(counts)
    first, last = (int(np.searchsorted(reached, rank + 1)) for rank in ((total - 1) // 2, total // 2))
    if scores.values is not None:
        return float(scores.values[first]), float(scores.values[last])
    # The last bin holds 1 as well.
    return first / SCORE_BINS, 1.0 if last == SCORE_BINS - 1 else float(np.nextafter((last + 1) / SCORE_BINS, 0))


def rates(above: Above, view: GroupView, level: float) -> list[Estimate]:
    """The scoring rate of each cell of a view, with Wilson's interval; the median is taken as given."""
    cells = np.array(sorted(above.cells), np.int64)
    coarse = coarsen(cells, view.tally.layout.sizes, view.attributes)
    found = []
    for key in view.keys.tolist():
        counts = [above.cells[cell] for cell in cells[coarse == key].tolist()]
        over, rows = sum(k for k, _ in counts), sum(n for _, n in counts)
        found.append(
            Estimate(over / rows if rows else None, rows, "rows", float(over), float(rows), wilson(over, rows, level))
        )
    return found
