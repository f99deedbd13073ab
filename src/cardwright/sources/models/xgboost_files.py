"""XGBoost: its own JSON and UBJSON, which hold numbers and names and no code."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from cardwright.errors import MissingExtraError, SourceError, UsageError
from cardwright.record.base import label as as_label
from cardwright.sources.interface import Model
from cardwright.sources.models.batches import features_of, mixed_frame
from cardwright.sources.models.interface import (
    ModelReader,
    ModelRequest,
    ModelToSave,
    Output,
    SavedModel,
    by_ending,
    made_by,
)
from cardwright.sources.models.outputs import (
    NAME_CLASSES,
    favourable_column,
    numbered_classes,
    rows_refused,
    scores_of,
    task_of,
)

if TYPE_CHECKING:
    import numpy
    import pyarrow

_PROBABILITIES = ("binary:logistic", "multi:softprob", "reg:logistic")


def _library(purpose: str) -> Any:
    try:
        import xgboost
    except ImportError as exc:
        raise MissingExtraError("xgboost", "xgboost", purpose) from exc
    return xgboost


def load(request: ModelRequest) -> Model:
    """The booster in a file of XGBoost.

    The file keeps no labels: classes are numbered from 0, or named by the plan's `classes:` in that order.

    Raises
    ------
    SourceError
        If it is not one, was written by a version that this one cannot read, or does not fit the features or the task.
    """
    where, raw = request.where, request.read()
    xgboost = _library(f"loading {where}")
    native = xgboost.Booster()
    try:
        native.load_model(bytearray(raw))
        config = json.loads(native.save_config())["learner"]
    except (xgboost.core.XGBoostError, ValueError, KeyError) as exc:
        raise SourceError(
            f"the installed xgboost {xgboost.__version__} cannot load the file",
            where=where,
            do="Save it again with `booster.save_model('model.ubj')`; a file cut off or of a newer version is not read.",
        ) from exc
    objective = str(config["objective"]["name"])
    count = int(config["learner_model_param"]["num_class"])
    if int(config["learner_model_param"].get("num_target", "1")) > 1:
        raise SourceError("the model predicts several outcomes at once", where=where, do="Name one with one outcome.")
    output: Output = "probability" if objective in _PROBABILITIES else "logit"
    if count > 1:
        classes = numbered_classes(count, request.classes, where)
    elif objective.startswith("binary:"):
        classes = numbered_classes(2, request.classes, where)
    else:
        classes, output = (), "value"
    task = task_of(request.task, classes, where)
    if task == "binary":
        favourable_column(classes, request.favourable, where, None if request.classes else NAME_CLASSES)
    known = tuple(native.feature_names or ())
    names = features_of(known, native.num_features(), request)
    categories = _categories(native, names, where)
    to_frame = partial(mixed_frame, names, known or names, categories, where)
    to_matrix = partial(_matrix, to_frame, bool(known), where)
    margin = objective in ("binary:logitraw", "binary:hinge", "multi:softmax")
    return Model(
        ref=request.ref("xgboost", raw),
        framework="xgboost",
        native=native,
        features=names,
        predict=partial(
            _predict,
            native,
            to_matrix,
            margin,
            partial(scores_of, task=task, classes=classes, favourable=request.favourable, output=output, where=where),
            where,
        ),
        to_matrix=to_matrix,
        classes=classes,
        output=output,
    )


def _categories(native: Any, names: tuple[str, ...], where: str) -> dict[str, list[Any]]:
    """The categories of each feature that has them, in the order of their codes.

    xgboost 3.2 takes some words that it was not trained with for others, so that the words are turned into codes here.
    """
    kinds = native.feature_types or ()
    kept = dict(native.get_categories(export_to_arrow=True).to_arrow() or ())
    found = {}
    for name, own, kind in zip(names, native.feature_names or names, kinds, strict=False):
        if kind == "c":
            if kept.get(own) is None:
                raise SourceError(
                    "the file does not keep the categories that the model was trained with",
                    where=where,
                    do="Load it with xgboost 3.1 or later, train it again on the same categories, and save it.",
                )
            found[name] = kept[own].to_pylist()
    return found


def _matrix(to_frame: Callable[[pyarrow.RecordBatch], Any], named: bool, where: str, batch: pyarrow.RecordBatch) -> Any:
    xgboost = _library(f"predicting with {where}")
    rows = to_frame(batch)
    with rows_refused("xgboost", (ValueError, TypeError, xgboost.core.XGBoostError), where, cannot="read"):
        return xgboost.DMatrix(rows if named else rows.to_numpy(), enable_categorical=named)


def _predict(
    native: Any,
    to_matrix: Callable[[pyarrow.RecordBatch], Any],
    margin: bool,
    scores: Callable[[Any, int], numpy.ndarray[Any, Any]],
    where: str,
    batch: pyarrow.RecordBatch,
) -> numpy.ndarray[Any, Any]:
    xgboost = _library(f"predicting with {where}")
    with rows_refused("xgboost", (ValueError, xgboost.core.XGBoostError), where):
        found = native.predict(to_matrix(batch), output_margin=margin)
    return scores(found, batch.num_rows)


def save(saving: ModelToSave) -> SavedModel:
    """A Booster or a fitted XGBClassifier, XGBRegressor or their kin as UBJSON.

    Raises
    ------
    UsageError
        If it is not fitted.
    """
    estimator = saving.estimator
    xgboost = _library(f"saving {saving.where}")
    try:
        booster = estimator if isinstance(estimator, xgboost.Booster) else estimator.get_booster()
        raw = bytes(booster.save_raw("ubj"))
    except Exception as exc:  # NotFittedError is scikit-learn's or xgboost's own, by version
        raise UsageError(
            f"a {type(estimator).__name__} cannot be saved ({type(exc).__name__})",
            where=saving.where,
            do="Fit it first.",
        ) from exc
    labels = () if isinstance(estimator, xgboost.Booster) else getattr(estimator, "classes_", ())
    return SavedModel(
        "model.ubj",
        raw,
        features=() if booster.feature_names else saving.features,
        classes=saving.classes or tuple(as_label(value) for value in list(labels)),
    )


READER = ModelReader("xgboost", ".ubj, .json (XGBoost)", by_ending(".ubj", ".json"), load, made_by("xgboost"), save)

__all__ = ["READER"]
