"""Models in Python's memory: a fitted estimator, or any function of a batch of features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cardwright.errors import SourceError, UsageError
from cardwright.record.base import label as as_label
from cardwright.record.provenance import DatasetRef
from cardwright.sources.interface import Model, Task
from cardwright.sources.models.batches import frame, matrix
from cardwright.sources.models.interface import ModelRequest
from cardwright.sources.models.outputs import checked
from cardwright.sources.models.skops_files import estimator_model, pickled
from cardwright.sources.target import sha256_of_callable

if TYPE_CHECKING:
    import numpy
    import pyarrow


def model_from_estimator(
    estimator: Any,
    features: Sequence[str] = (),
    *,
    name: str = "model",
    role: str = "model",
    task: Task | None = None,
    favourable: object = None,
    sha256: str | None = None,
) -> Model:
    """A fitted scikit-learn estimator, or anything with its `predict`, `predict_proba` and `classes_`.

    Its digest is that of its pickle, which is made and never loaded.

    Raises
    ------
    SourceError, UsageError
        If it is not fitted, or does not fit the features or the task.
    """
    ref = DatasetRef(name=name, role=role, kind="model", format="memory", sha256=sha256 or pickled(estimator, name))
    wanted = None if favourable is None else as_label(favourable)
    request = ModelRequest(path=Path(name), where=name, features=tuple(features), task=task, favourable=wanted)
    return estimator_model(estimator, ref, request)


def model_from_callable(
    function: Callable[[Any], Any],
    features: Sequence[str],
    *,
    name: str = "model",
    role: str = "model",
    task: Task = "binary",
    classes: Sequence[object] = (),
    takes: Literal["frame", "matrix"] = "frame",
    sha256: str | None = None,
) -> Model:
    """Any function of a batch of features.

    Parameters
    ----------
    function
        Takes a pandas frame, or a matrix of doubles, with the columns `features`; gives shape (n,), the probability of the
        favourable outcome or the predicted value, or (n, classes).
    takes
        `frame` or `matrix`.
    sha256
        Digest of its code; of the file that defines it if omitted.
    """
    if not features:
        raise UsageError("a callable does not know the names of its features", where=name, do="Pass `features`.")
    labels = tuple(as_label(value) for value in classes)
    if task == "multiclass" and not labels:
        raise UsageError("a multiclass callable needs `classes`, in the order of its columns", where=name)
    said = f"{getattr(function, '__module__', '')}:{getattr(function, '__qualname__', type(function).__name__)}"
    ref = DatasetRef(
        name=name, role=role, kind="model", format="callable", sha256=sha256 or sha256_of_callable(function, said)
    )
    to_matrix = partial(frame if takes == "frame" else matrix, tuple(features), name)
    return Model(
        ref=ref,
        framework="callable",
        native=function,
        features=tuple(features),
        predict=partial(_predict, function, to_matrix, task, len(labels), name),
        to_matrix=to_matrix,
        classes=labels,
    )


def _predict(
    function: Callable[[Any], Any],
    to_matrix: Callable[[pyarrow.RecordBatch], Any],
    task: Task,
    classes: int,
    where: str,
    batch: pyarrow.RecordBatch,
) -> numpy.ndarray[Any, Any]:
    import numpy as np

    found = np.asarray(function(to_matrix(batch)), dtype=np.float64)
    shape = (batch.num_rows, classes) if task == "multiclass" else (batch.num_rows,)
    if found.shape != shape:
        raise SourceError(f"the callable gives shape {found.shape} where {shape} is expected", where=where)
    return checked(found, task, where)


__all__ = ["model_from_callable", "model_from_estimator"]
