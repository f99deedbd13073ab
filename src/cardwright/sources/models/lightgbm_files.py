"""LightGBM: its text format, which holds numbers and names and no code."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from cardwright.errors import MissingExtraError, SourceError, UsageError
from cardwright.privacy.showing import shown
from cardwright.record.base import label as as_label
from cardwright.sources.interface import Model
from cardwright.sources.models.batches import features_of, is_text, mixed_frame
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


def _library(purpose: str) -> Any:
    try:
        import lightgbm
    except (ImportError, OSError) as exc:  # OSError: libgomp is missing from the system
        raise MissingExtraError("lightgbm", "lightgbm", purpose) from exc
    return lightgbm


def load(request: ModelRequest) -> Model:
    """The booster in a text file of LightGBM.

    The file keeps no labels: classes are numbered from 0, or named by the plan's `classes:` in their sorted order. It writes `_`
    for a blank in a column's name; the column is found under both.

    Raises
    ------
    SourceError
        If it is not one, is cut off, or does not fit the features or the task.
    """
    where, raw = request.where, request.read()
    lightgbm = _library(f"loading {where}")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise _no_model(where) from exc
    # LightGBM ends the process on some cut files, so the frame of the format is looked at before it sees it.
    if not text.startswith("tree\n") or "\nend of trees\n" not in text:
        raise _no_model(where)
    try:
        native = lightgbm.Booster(model_str=text)
    except (lightgbm.basic.LightGBMError, ValueError) as exc:
        raise _no_model(where) from exc
    header = dict(re.findall(r"^(\w+)=(.*)$", text.partition("\nTree=")[0], re.M))
    objective = header.get("objective", "").split(" ")[0]
    count = int(header.get("num_class", "1"))
    # A model trained with a loss of one's own has no objective, and puts out margins.
    output: Output = request.output or ("probability" if objective else "logit")
    if count > 1:
        classes = numbered_classes(count, request.classes, where)
    elif objective in ("binary", "cross_entropy") or (not objective and request.task == "binary"):
        classes = numbered_classes(2, request.classes, where)
    else:
        classes, output = (), "value"
    task = task_of(request.task, classes, where)
    if task == "binary":
        favourable_column(classes, request.favourable, where, None if request.classes else NAME_CLASSES)
    own = tuple(native.feature_name())
    placeholders = own == tuple(f"Column_{number}" for number in range(len(own)))
    names = features_of(() if placeholders else own, len(own), request, _spelled)
    kinds = header.get("feature_infos", "").split(" ")
    categories = {name for name, kind in zip(names, kinds, strict=False) if kind != "none" and not kind.startswith("[")}
    to_matrix = partial(_rows, names, own, categories, tuple(native.pandas_categorical or ()), where)
    return Model(
        ref=request.ref("lightgbm", raw),
        framework="lightgbm",
        native=native,
        features=names,
        predict=partial(
            _predict,
            native,
            to_matrix,
            partial(scores_of, task=task, classes=classes, favourable=request.favourable, output=output, where=where),
            where,
        ),
        to_matrix=to_matrix,
        classes=classes,
        output=output,
    )


def _no_model(where: str) -> SourceError:
    return SourceError(
        "this is not a whole text file of a LightGBM model",
        where=where,
        do="Save it again with `booster.save_model('model.txt')`.",
    )


def _spelled(name: str) -> str:
    """As LightGBM writes a column's name: every blank is an underscore."""
    return re.sub(r"\s", "_", name)


def _rows(
    names: tuple[str, ...],
    own: tuple[str, ...],
    categories: set[str],
    pandas_categories: Sequence[Sequence[Any]],
    where: str,
    batch: pyarrow.RecordBatch,
) -> Any:
    """A frame in which words, and what the trees split by category, are categories; codes alone if it was trained on codes."""
    if not pandas_categories:
        return mixed_frame(names, own, {}, where, batch)
    words = {name for name in names if is_text(batch.schema.field(name).type)}
    # A category that no tree uses leaves no trace among the trees; words can be nothing else.
    taken = categories | words if len(categories) != len(pandas_categories) else categories
    if len(taken) != len(pandas_categories):
        raise SourceError(
            f"the model was trained with {len(pandas_categories)} columns of categories, and {len(taken)} are found here",
            where=where,
            do="Store those columns as words or dictionaries, as they were in training.",
        )
    for name, known in zip((name for name in names if name in taken), pandas_categories, strict=True):
        # To LightGBM a category that it was not trained with is a missing one; words for codes would all be missing.
        if all(isinstance(value, str) for value in known) != is_text(batch.schema.field(name).type):
            raise SourceError(
                f"feature {shown(name, 'whose name is not shown')} was trained as "
                f"{'words' if isinstance(known[0], str) else 'numbers'}, and holds the other here",
                where=where,
                do="Store it as it was in training.",
            )
    return mixed_frame(names, own, dict.fromkeys(taken), where, batch)


def _predict(
    native: Any,
    to_matrix: Callable[[pyarrow.RecordBatch], Any],
    scores: Callable[[Any, int], numpy.ndarray[Any, Any]],
    where: str,
    batch: pyarrow.RecordBatch,
) -> numpy.ndarray[Any, Any]:
    lightgbm = _library(f"predicting with {where}")
    with rows_refused("lightgbm", (ValueError, lightgbm.basic.LightGBMError), where):
        found = native.predict(to_matrix(batch))
    return scores(found, batch.num_rows)


def save(saving: ModelToSave) -> SavedModel:
    """A Booster or a fitted LGBMClassifier, LGBMRegressor or their kin as text.

    Raises
    ------
    UsageError
        If it is not fitted.
    """
    estimator = saving.estimator
    lightgbm = _library(f"saving {saving.where}")
    try:
        booster = estimator if isinstance(estimator, lightgbm.Booster) else estimator.booster_
        raw = booster.model_to_string().encode("utf-8")
    except Exception as exc:  # NotFittedError is scikit-learn's or lightgbm's own, by version
        raise UsageError(
            f"a {type(estimator).__name__} cannot be saved ({type(exc).__name__})",
            where=saving.where,
            do="Fit it first.",
        ) from exc
    labels = () if isinstance(estimator, lightgbm.Booster) else getattr(estimator, "classes_", ())
    return SavedModel(
        "model.txt",
        raw,
        features=saving.features,
        classes=saving.classes or tuple(as_label(value) for value in list(labels)),
        output=saving.output,
    )


READER = ModelReader("lightgbm", ".txt (LightGBM)", by_ending(".txt"), load, made_by("lightgbm"), save)

__all__ = ["READER"]
