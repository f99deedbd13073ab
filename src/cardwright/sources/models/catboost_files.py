"""CatBoost: its binary format, which holds numbers, names and labels and no code."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from cardwright.errors import MissingExtraError, SourceError, UsageError
from cardwright.record.base import label as as_label
from cardwright.sources.interface import Model
from cardwright.sources.models.batches import features_of, mixed_frame
from cardwright.sources.models.interface import ModelReader, ModelRequest, ModelToSave, SavedModel, by_ending, made_by
from cardwright.sources.models.outputs import favourable_column, numbered_classes, rows_refused, scores_of, task_of
from cardwright.sources.scratch import scratch

if TYPE_CHECKING:
    import numpy
    import pyarrow


def _library(purpose: str) -> Any:
    try:
        import catboost
    except ImportError as exc:
        raise MissingExtraError("catboost", "catboost", purpose) from exc
    return catboost


def load(request: ModelRequest) -> Model:
    """The model in a `.cbm` file, with the labels that it keeps.

    Raises
    ------
    SourceError
        If it is not one, is cut off, or does not fit the features or the task.
    """
    where, raw = request.where, request.read()
    catboost = _library(f"loading {where}")
    native = catboost.CatBoost()
    try:
        native.load_model(blob=raw)
    except (catboost.CatBoostError, ValueError) as exc:
        raise SourceError(
            f"the installed catboost {catboost.__version__} cannot load the file",
            where=where,
            do="Save it again with `model.save_model('model.cbm')`; a file cut off or of a newer version is not read.",
        ) from exc
    labels = tuple(as_label(_plain(value)) for value in list(native.classes_))
    classes = numbered_classes(len(labels), request.classes, where) if labels and request.classes else labels
    loss = str(native.get_all_params().get("loss_function", ""))
    if not labels and loss.startswith("Multi"):
        raise SourceError("the model predicts several outcomes at once", where=where, do="Name one with one outcome.")
    task = task_of(request.task, classes, where)
    if task == "binary":
        favourable_column(classes, request.favourable, where)
    own = tuple(native.feature_names_)
    placeholders = own == tuple(str(number) for number in range(len(own)))
    names = features_of(() if placeholders else own, len(own), request)
    categories, texts = native.get_cat_feature_indices(), native.get_text_feature_indices()
    if native.get_embedding_feature_indices():
        raise SourceError("the model reads embeddings, which no column of a table holds", where=where)
    # Losses of counts are fitted to the logarithm; CatBoostRegressor, too, gives its exponential.
    kind = (
        "Probability"
        if task != "regression"
        else "Exponent"
        if loss.startswith(("Poisson", "Tweedie"))
        else "RawFormulaVal"
    )
    to_matrix = partial(_pool, names, own, tuple(categories), tuple(texts), where)
    return Model(
        ref=request.ref("catboost", raw),
        framework="catboost",
        native=native,
        features=names,
        predict=partial(
            _predict,
            native,
            to_matrix,
            kind,
            partial(
                scores_of,
                task=task,
                classes=classes,
                favourable=request.favourable or (classes[1] if task == "binary" else None),
                output="value" if task == "regression" else "probability",
                where=where,
            ),
            where,
        ),
        to_matrix=to_matrix,
        classes=classes,
        output="value" if task == "regression" else "probability",
    )


def _plain(value: Any) -> Any:
    """A label as Python writes it: 1.0 and numpy's 1 are the number."""
    return value.item() if hasattr(value, "item") else value


def _pool(
    names: tuple[str, ...],
    own: tuple[str, ...],
    categories: tuple[int, ...],
    texts: tuple[int, ...],
    where: str,
    batch: pyarrow.RecordBatch,
) -> Any:
    """Rows as CatBoost takes them: categories and texts as words (a missing one is the word "nan"), the rest as doubles."""
    import pandas as pd

    catboost = _library(f"predicting with {where}")

    words = {*categories, *texts}
    numeric = [(name, mine) for place, (name, mine) in enumerate(zip(names, own, strict=True)) if place not in words]
    numbers = mixed_frame(tuple(n for n, _ in numeric), [m for _, m in numeric], {}, where, batch)
    columns = {}
    for place, (name, mine) in enumerate(zip(names, own, strict=True)):
        if place in words:
            values = batch.column(name).to_pylist()
            columns[mine] = pd.Series([_word(value) for value in values], dtype=object)
        else:
            columns[mine] = numbers[mine]
    return catboost.Pool(
        pd.DataFrame(columns), cat_features=list(categories) or None, text_features=list(texts) or None
    )


def _word(value: Any) -> str:
    """A category as CatBoost spells it in training: whole numbers without a point."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "nan"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _predict(
    native: Any,
    to_matrix: Callable[[pyarrow.RecordBatch], Any],
    kind: str,
    scores: Callable[[Any, int], numpy.ndarray[Any, Any]],
    where: str,
    batch: pyarrow.RecordBatch,
) -> numpy.ndarray[Any, Any]:
    catboost = _library(f"predicting with {where}")
    with rows_refused("catboost", (catboost.CatBoostError, ValueError), where):
        found = native.predict(to_matrix(batch), prediction_type=kind)
    return scores(found, batch.num_rows)


def save(saving: ModelToSave) -> SavedModel:
    """A fitted CatBoost model as `.cbm`.

    Raises
    ------
    UsageError
        If it is not fitted.
    """
    _library(f"saving {saving.where}")
    if not saving.estimator.is_fitted():
        raise UsageError(f"the {type(saving.estimator).__name__} is not fitted", where=saving.where, do="Fit it first.")
    with scratch() as folder:
        path = folder / "model.cbm"
        saving.estimator.save_model(str(path))
        raw = path.read_bytes()
    own = list(saving.estimator.feature_names_)
    named = own != [str(number) for number in range(len(own))]
    return SavedModel("model.cbm", raw, features=() if named else saving.features)


READER = ModelReader("catboost", ".cbm (CatBoost)", by_ending(".cbm"), load, made_by("catboost"), save)

__all__ = ["READER"]
