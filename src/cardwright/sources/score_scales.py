"""Scores on another scale than probabilities of the favourable outcome: a declared monotone mapping, applied as rows are read.

Every evaluator reads the mapped column, so that no number rests on the scale of the file and another on probabilities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from cardwright.errors import SourceError
from cardwright.sources.column_scan import ColumnNumbers
from cardwright.sources.interface import Rows
from cardwright.sources.refusals import called, require_number
from cardwright.sources.shape import coded_batches, require_columns
from cardwright.sources.spec import ScoreScale

if TYPE_CHECKING:
    import numpy
    import pyarrow

_APART = 4096
"""So many scores evaluators tell apart exactly; of more, as many steps between 0 and 1."""
_SAMPLED = 65_536
"""Scores of a column, spread over it, that show what a mapping does to their order."""
_MOST_TIED = 0.05
"""Share of the pairs of scores that a mapping may make equal."""
_EDGES: dict[str, tuple[float, float]] = {
    "percent": (0.0, 100.0),
    "log_odds": (float("-inf"), float("inf")),
    "deciles": (1.0, 10.0),
}


@dataclass(frozen=True)
class ScaledRows:
    """See `cardwright.sources.interface.Rows`: the rows of another, with the column of scores between 0 and 1."""

    rows: Rows
    """The rows as the file has them."""
    column: str
    """The column of scores."""
    scale: ScoreScale

    @property
    def schema(self) -> pyarrow.Schema:
        """See `Rows.schema`; the column is of numbers with fractions."""
        import pyarrow as pa

        found = self.rows.schema
        return found.set(found.get_field_index(self.column), pa.field(self.column, pa.float64()))

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pyarrow.RecordBatch]:
        """See `Rows.batches`."""
        return self._scaled(self.rows.batches(columns))

    def coded(self, columns: Sequence[str], categories: Sequence[str]) -> Iterator[pyarrow.RecordBatch]:
        """See `cardwright.sources.shape.coded_batches`."""
        return self._scaled(coded_batches(self.rows, columns, [name for name in categories if name != self.column]))

    def through(self, work: Callable[[Any], Any], columns: Sequence[str]) -> tuple[Callable[[Any], Any], Sequence[str]]:
        """See `cardwright.sources.shape.carried`: scores are mapped where the rows lie."""
        return partial(_of_scaled, work, self.column, self.scale), columns

    def _scaled(self, batches: Iterator[Any]) -> Iterator[Any]:
        return (_with_mapped(batch, self.column, self.scale) for batch in batches)


def _with_mapped(batch: Any, column: str, scale: ScoreScale) -> Any:
    import numpy as np
    import pyarrow as pa

    place = batch.schema.get_field_index(column)
    if place < 0:
        return batch
    given = batch.column(place).cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    mapped = pa.array(mapped_scores(given, scale), mask=np.isnan(given))
    return batch.set_column(place, pa.field(column, pa.float64()), mapped)


def _of_scaled(work: Callable[[Any], Any], column: str, scale: ScoreScale, batch: Any) -> Any:
    return work(_with_mapped(batch, column, scale))


def mapped_scores(given: numpy.ndarray[Any, Any], scale: ScoreScale) -> numpy.ndarray[Any, Any]:
    """Scores between 0 and 1, the higher the more likely the favourable outcome. Shape (n,); a missing score stays missing.

    Of `percent` and `log_odds` they are probabilities; of `deciles`, (d - 0.5) / 10, and of `range` positions on the scale alone;
    of `points` what the plan says at each of them, with straight lines between.
    """
    import numpy as np

    x = np.asarray(given, float)
    if scale.unit == "percent":
        found = x / 100
    elif scale.unit == "log_odds":
        # Both branches of the logistic function are written so that the exponential does not overflow.
        small = np.exp(-np.abs(x))
        found = np.where(x >= 0, 1 / (1 + small), small / (1 + small))
    elif scale.unit == "deciles":
        found = (x - 0.5) / 10
    elif scale.unit == "range":
        least, greatest = scale.edges
        found = (x - least) / (greatest - least)
    else:
        at, says = zip(*scale.points, strict=True)
        found = np.interp(x, at, says)
        found = np.where(np.isnan(x), np.nan, found)
    return np.asarray(1 - found if scale.of == "other" else found, float)


def mapped_threshold(threshold: float, scale: ScoreScale) -> float:
    """A threshold on the scale of the file, as one between 0 and 1."""
    import numpy as np

    return float(mapped_scores(np.asarray([threshold]), scale)[0])


def scaled(column: str, scale: ScoreScale, threshold: float | None, rows: Rows, where: str) -> Rows:
    """The rows with their scores mapped.

    Raises
    ------
    SourceError
        If the column is missing or holds no numbers, a score or the threshold lies outside the scale, or the scale leaves scores
        that differ equal.
    """
    require_columns(rows.schema.names, [column], where)
    require_number(rows, column, "score", where)
    lower, upper = bounds_of(scale)
    if threshold is not None and not lower <= threshold <= upper:
        raise SourceError(
            f"the threshold {threshold:g} lies outside the scale of the scores, {lower:g} to {upper:g}",
            where=where,
            do="Write `threshold:` on the scale of the column, as decisions are made.",
        )
    seen = ColumnNumbers(lower, upper)
    fractions = 0
    spread = _SpreadSample()
    for batch in rows.batches([column]):
        seen.see(batch.column(0))
        fractions += _between(batch.column(0)) if scale.unit == "deciles" else 0
        spread.see(batch.column(0))
    if seen.outside:
        raise SourceError(
            f"{seen.outside} of {seen.rows} scores in {called(column)} lie outside the declared scale, {lower:g} to {upper:g}, "
            f"first in row {seen.first}",
            where=where,
            do="Correct `score_scale:`: percent, log_odds, deciles, range or points.",
        )
    if fractions:
        raise SourceError(
            f"{fractions} of {seen.rows} scores in {called(column)} are no deciles, which are whole numbers from 1 to 10",
            where=where,
            do="Write `score_scale: {unit: range, least: …, greatest: …}` for numbers between two ends.",
        )
    tied = _tied(spread.values, scale)
    if tied > _MOST_TIED:
        # Scores pressed together hide their order: a score that is turned round would look like one that says nothing.
        raise SourceError(
            f"the declared scale leaves {tied:.0%} of the pairs of scores in {called(column)} equal that differ",
            where=where,
            do="Correct `score_scale:`: the ends of a `range` are those of the scale that the scores are on.",
        )
    return ScaledRows(rows, column, scale)


class _SpreadSample:
    """Numbers of a column, evenly spread over its rows; never more than twice `_SAMPLED`."""

    def __init__(self) -> None:
        import numpy as np

        self.values = np.empty(0)
        self._every = 1
        self._rows = 0

    def see(self, array: Any) -> None:
        import numpy as np
        import pyarrow as pa

        values = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        self.values = np.concatenate([self.values, values[-self._rows % self._every :: self._every]])
        self._rows += len(values)
        while len(self.values) > _SAMPLED:
            self.values = self.values[::2]
            self._every *= 2


def _tied(given: numpy.ndarray[Any, Any], scale: ScoreScale) -> float:
    """The share of pairs that differ as given and are equal as evaluators see them."""
    import numpy as np

    given = given[np.isfinite(given)]
    if len(given) == 0 or scale.unit in ("percent", "deciles"):
        return 0.0
    mapped = mapped_scores(given, scale)
    if len(np.unique(given)) > _APART:
        mapped = np.minimum(np.floor(mapped * _APART), _APART - 1)
    return _equal_pairs(mapped) - _equal_pairs(given)


def _equal_pairs(values: numpy.ndarray[Any, Any]) -> float:
    import numpy as np

    shares = np.unique(values, return_counts=True)[1] / len(values)
    return float((shares**2).sum())


def bounds_of(scale: ScoreScale) -> tuple[float, float]:
    """The lowest and the highest score of a scale."""
    if scale.unit == "range":
        return scale.edges
    if scale.unit == "points":
        return scale.points[0][0], scale.points[-1][0]
    return _EDGES[scale.unit]


def _between(array: Any) -> int:
    import numpy as np
    import pyarrow as pa

    values = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    values = values[np.isfinite(values)]
    return int((values != np.floor(values)).sum())


def in_words(scale: ScoreScale, threshold: float | None) -> str:
    """How scores were read, as a record states it.

    >>> in_words(ScoreScale(unit="deciles", of="other"), 4)
    'scores are deciles of the other outcome, read as 1 - (score - 0.5) / 10, a position and no probability; threshold 4 as 0.65'
    """
    lower, upper = bounds_of(scale)
    formula = {
        "percent": "score / 100",
        "log_odds": "1 / (1 + exp(-score))",
        "deciles": "(score - 0.5) / 10",
        "range": f"(score - {lower:g}) / {upper - lower:g}",
        "points": "lines between " + ", ".join(f"{at:g} → {says:g}" for at, says in scale.points),
    }[scale.unit]
    kind = {"percent": "percent", "log_odds": "log odds", "deciles": "deciles"}.get(
        scale.unit, f"numbers from {lower:g} to {upper:g}"
    )
    whose = "of the other outcome, read as 1 - " if scale.of == "other" else "of the favourable outcome, read as "
    if scale.unit == "points" and scale.of == "other":
        formula = f"({formula})"
    said = f"scores are {kind} {whose}{formula}"
    if not scale.probability:
        said += ", a position and no probability"
    if threshold is not None:
        said += f"; threshold {threshold:g} as {mapped_threshold(threshold, scale):g}"
    return said


__all__ = ["ScaledRows", "bounds_of", "in_words", "mapped_scores", "mapped_threshold", "scaled"]
