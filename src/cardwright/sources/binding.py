"""Binding: does the model at hand reproduce the predictions that were supplied?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cardwright.errors import SourceError, UsageError
from cardwright.record.base import label as as_label
from cardwright.record.evaluation import Binding
from cardwright.sources.interface import Model, Predictions

if TYPE_CHECKING:
    import pyarrow

TOLERANCE = 1e-6
"""The largest difference of two scores that counts as agreement; for regression and ranking, relative to values above 1."""

_ROWS = 16_384
"""Rows that are predicted at a time."""


@dataclass(frozen=True)
class Recomputation:
    """How many of the supplied predictions the model gave again."""

    agreed: int
    """Rows on which model and file agree in everything that was supplied: scores, decisions, values."""
    compared: int
    """Rows compared: all of them."""
    tolerance: float
    """The largest difference of scores that counts as agreement."""
    largest: float
    """The largest difference that was found; 0 where decisions alone were supplied."""
    model_sha256: str
    """The model."""
    source: str
    """Where the predictions are."""

    @property
    def complete(self) -> bool:
        """Whether all agree."""
        return self.agreed == self.compared

    def binding(self) -> Binding:
        """The binding of predictions that the model reproduces.

        Raises
        ------
        SourceError
            If it does not reproduce all of them.
        """
        if not self.complete:
            raise SourceError(
                f"the model reproduces only {self.agreed} of {self.compared} supplied predictions "
                f"(largest difference of a score {self.largest:.6g})",
                where=self.source,
                do="Name the model that made them, or predict once more with this one.",
            )
        return Binding(
            kind="recomputed",
            agreed=self.agreed,
            compared=self.compared,
            tolerance=self.tolerance,
            model_sha256=self.model_sha256,
        )


def supplied(note: str) -> Binding:
    """The binding of predictions that were read from a file and not recomputed, and why not."""
    return Binding(kind="supplied", note=note)


def bind(
    predictions: Predictions,
    model: Model,
    *,
    tolerance: float = TOLERANCE,
    progress: Callable[[int, int | None], None] = lambda done, total: None,
) -> Recomputation:
    """Predict every row again and compare it with what was supplied.

    A row agrees where its score differs by at most `tolerance` and its decision is the same. A decision is made at the
    predictions' threshold; where they have none, by the most probable class.

    Parameters
    ----------
    predictions
        What was supplied.
    model
        The model that is said to have made it.
    tolerance
        The largest difference of scores that counts as agreement.
    progress
        Called with rows done and rows in all.

    Raises
    ------
    SourceError
        If a feature of the model is not a column of the predictions, or the model cannot predict.
    UsageError
        If the task does not fit the model.
    """
    import numpy as np
    import pyarrow as pa

    if predictions.by_rank:
        raise UsageError(
            "a model gives scores, and the source names ranks",
            where=predictions.ref.path or predictions.ref.name,
            do="Name the column of its scores, `score:` in place of `rank:`, so that they can be recomputed.",
        )
    wanted = [*model.features, *(c for c in (predictions.score, predictions.prediction) if c is not None)]
    agreed = compared = 0
    largest = 0.0
    for whole in predictions.rows.batches(tuple(dict.fromkeys(wanted))):
        for start in range(0, whole.num_rows, _ROWS):
            batch = whole.slice(start, _ROWS)
            found = _predicted(model, batch, predictions)
            same = np.ones(batch.num_rows, dtype=bool)
            number = predictions.prediction if predictions.says_numbers else predictions.score
            if number is not None:
                given = batch.column(number).cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
                apart = np.abs(found - given)
                if predictions.says_numbers:
                    apart = apart / np.maximum(1.0, np.abs(given))
                same &= apart <= tolerance  # a missing number is NaN, which agrees with nothing
                largest = max(largest, float(np.nanmax(apart, initial=0.0)))
            if predictions.prediction is not None and not predictions.says_numbers:
                said = np.asarray([as_label(v) for v in batch.column(predictions.prediction).to_pylist()], dtype=object)
                same &= said == _decided(found, batch, model, predictions)
            agreed += int(np.count_nonzero(same))
            compared += batch.num_rows
            progress(compared, predictions.ref.rows)
    return Recomputation(
        agreed=agreed,
        compared=compared,
        tolerance=tolerance,
        largest=largest,
        model_sha256=model.ref.sha256,
        source=predictions.ref.path or predictions.ref.name,
    )


def _predicted(model: Model, batch: pyarrow.RecordBatch, predictions: Predictions) -> Any:
    found = model.predict(batch)
    expected = 2 if predictions.task == "multiclass" else 1
    if found.ndim != expected or found.shape[0] != batch.num_rows:
        raise UsageError(
            f"the model does not predict what the predictions are: a {predictions.task} outcome",
            where=predictions.ref.path or predictions.ref.name,
            do="Name the model that made them, or correct `task:`.",
        )
    return found


def _decided(found: Any, batch: pyarrow.RecordBatch, model: Model, predictions: Predictions) -> Any:
    """The labels of the decisions that the model makes."""
    import numpy as np

    if predictions.task == "multiclass":
        return np.asarray(model.classes, dtype=object)[found.argmax(axis=1)]
    if predictions.threshold is None and model.framework == "sklearn" and model.to_matrix is not None:
        return np.asarray([as_label(v) for v in model.native.predict(model.to_matrix(batch)).tolist()], dtype=object)
    threshold = 0.5 if predictions.threshold is None else predictions.threshold
    other = next((label for label in predictions.classes if label != predictions.favourable), None)
    return np.where(
        found >= threshold, np.asarray(predictions.favourable, dtype=object), np.asarray(other, dtype=object)
    )
