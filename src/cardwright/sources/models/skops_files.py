"""scikit-learn: skops files, whose types beyond plain data a person has to trust, and fitted estimators in memory."""

from __future__ import annotations

import hashlib
import io
import pickle
import zipfile
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from cardwright.errors import MissingExtraError, SourceError, UnsafeError, UsageError
from cardwright.record.base import label as as_label
from cardwright.record.provenance import DatasetRef
from cardwright.sources.interface import Model, Task
from cardwright.sources.models.batches import features_of, frame, matrix, what_stands_out
from cardwright.sources.models.interface import ModelReader, ModelRequest, ModelToSave, SavedModel, by_ending
from cardwright.sources.models.outputs import checked, favourable_column, task_of

if TYPE_CHECKING:
    import numpy
    import pyarrow

_WIDELY_TRUSTED = ("sklearn.", "numpy.", "scipy.")
"""Types of the libraries that the estimator in memory is made of already; whoever holds it has run their code."""


def load(request: ModelRequest) -> Model:
    """The estimator in a skops file.

    Raises
    ------
    UnsafeError
        If it holds types that nobody has trusted.
    SourceError
    """
    raw = request.read()
    native = _native(raw, request.trusted, request.where)
    return estimator_model(native, request.ref("skops", raw), request, tuple(sorted(set(request.trusted))))


def _native(raw: bytes, trusted: Sequence[str], where: str) -> Any:
    skops = _skops(f"loading {where}")
    try:
        found = skops.get_untrusted_types(data=raw)
    except Exception as exc:  # skops reads a tree of JSON as it comes: what is wrong in it shows as anything at all
        raise SourceError(
            "this is not a whole skops file", where=where, do="Save it again with `skops.io.dump`."
        ) from exc
    unknown = sorted(set(found) - set(trusted))
    if unknown:
        raise untrusted(unknown, where)
    try:
        return skops.loads(raw, trusted=sorted(set(found)))
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError) as exc:
        raise SourceError(
            f"skops cannot load the file ({type(exc).__name__})",
            where=where,
            do="Save it again with the installed skops and scikit-learn.",
        ) from exc
    except Exception as exc:  # as above, and what the classes that it names raise
        raise SourceError(
            f"the model needs something that is not installed, or in another version ({type(exc).__name__})",
            where=where,
            do="Install the versions it was saved with.",
        ) from exc


def _skops(purpose: str) -> Any:
    try:
        import skops.io
    except ImportError as exc:
        raise MissingExtraError("skops", "tabular", purpose) from exc
    return skops.io


def untrusted(unknown: Sequence[str], where: str) -> UnsafeError:
    """The error that names the types and every place where a person can say that they are trusted."""
    listed = ", ".join(as_label(kind) for kind in unknown)
    flags = " ".join(f"--trust-type {as_label(kind)}" for kind in unknown)
    return UnsafeError(
        f"the model holds types that nobody has trusted: {listed}",
        where=where,
        do=f"Look at each of them. If you trust them, write in the plan `model: {{model: {as_label(where)}, "
        f"trusted: [{listed}]}}`, or run with {flags}.",
    )


def save(saving: ModelToSave) -> SavedModel:
    """A fitted estimator or pipeline as a skops file. Types of scikit-learn, numpy and scipy in it need no naming.

    Raises
    ------
    UnsafeError
        If it holds types of others that the caller has not trusted.
    UsageError
        If it cannot be saved without running code when it is read.
    """
    skops = _skops(f"saving {saving.where}")
    try:
        raw = skops.dumps(saving.estimator)
        found = skops.get_untrusted_types(data=raw)
    except Exception as exc:  # a foreign object's own reducer can raise anything
        raise UsageError(
            f"a {type(saving.estimator).__name__} cannot be saved as a file that runs no code when it is read",
            where=saving.where,
            do="Pass the path of a model file, or a function of a frame.",
        ) from exc
    trusted = set(saving.trusted)
    unknown = [kind for kind in sorted(found) if not kind.startswith(_WIDELY_TRUSTED) and kind not in trusted]
    if unknown:
        listed = ", ".join(as_label(kind) for kind in unknown)
        raise UnsafeError(
            f"the model holds types that nobody has trusted: {listed}",
            where=saving.where,
            do="Look at each of them; if you trust them, pass them as `trusted=[…]`.",
        )
    named = getattr(saving.estimator, "feature_names_in_", None) is not None
    return SavedModel("model.skops", raw, tuple(sorted(found)), features=() if named else saving.features)


def estimator_model(native: Any, ref: DatasetRef, request: ModelRequest, trusted: tuple[str, ...] = ()) -> Model:
    """A fitted scikit-learn estimator, or anything with its `predict`, `predict_proba` and `classes_`, as a model.

    Raises
    ------
    SourceError, UsageError
        If it is not fitted, predicts no outcome, or does not fit the features or the task.
    """
    where = request.where
    classes = _classes(native, where)
    known = getattr(native, "feature_names_in_", None)
    names = features_of(
        () if known is None else [str(column) for column in known], getattr(native, "n_features_in_", None), request
    )
    task = task_of(request.task, classes, where)
    column = favourable_column(classes, request.favourable, where) if task == "binary" else None
    to_matrix = partial(frame if known is not None else matrix, names, where)
    return Model(
        ref=ref,
        framework="sklearn",
        native=native,
        features=names,
        predict=partial(_predict, native, to_matrix, task, column, where),
        to_matrix=to_matrix,
        classes=classes,
        trusted_types=trusted,
    )


def _classes(native: Any, where: str) -> tuple[str, ...]:
    """The classes of a fitted classifier; none for a regressor.

    Raises
    ------
    SourceError
        If it cannot predict, is not fitted, or predicts groups, outliers, or several outcomes at once.
    """
    from sklearn.base import is_classifier, is_clusterer, is_outlier_detector, is_regressor
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    kind = type(native).__name__
    if not hasattr(native, "predict"):
        if isinstance(native, type) or not hasattr(native, "fit"):
            raise SourceError(f"a {kind} cannot predict", where=where, do="Name a fitted estimator.")
        raise SourceError(
            f"a {kind} cannot predict: it changes rows or describes them",
            where=where,
            do="Name the pipeline that it is a part of.",
        )
    if _is(is_clusterer, native) or _is(is_outlier_detector, native):
        raise SourceError(
            f"a {kind} groups rows or marks outliers, and predicts no outcome that a label could confirm",
            where=where,
            do="Record what it says of each row and assess those `predictions:`.",
        )
    if hasattr(native, "fit"):
        try:
            check_is_fitted(native)
        except NotFittedError as exc:
            raise SourceError("the model is not fitted", where=where, do="Fit it before it is saved.") from exc
        except TypeError:
            pass  # an estimator of somebody's own, without what scikit-learn looks at
    try:
        found = getattr(native, "classes_", None)
    except NotFittedError:
        found = None
    if found is None:
        if _is(is_classifier, native) or (not _is(is_regressor, native) and hasattr(native, "predict_proba")):
            raise SourceError("the model is not fitted", where=where, do="Fit it before it is saved.")
        return ()
    if isinstance(found, list):
        raise SourceError("the model predicts several outcomes at once", where=where, do="Name one with one outcome.")
    return tuple(as_label(value) for value in found.tolist())


def _is(test: Callable[[Any], bool], native: Any) -> bool:
    try:
        return test(native)
    except (AttributeError, TypeError):
        return False  # an object with `predict` alone has no tags


def _predict(
    native: Any,
    to_matrix: Callable[[pyarrow.RecordBatch], Any],
    task: Task,
    column: int | None,
    where: str,
    batch: pyarrow.RecordBatch,
) -> numpy.ndarray[Any, Any]:
    """Probabilities if the estimator has them; else 1.0 for the class it decides on, and 0.0 for the others."""
    import numpy as np

    rows = to_matrix(batch)
    try:
        if task == "regression":
            values = np.asarray(native.predict(rows), dtype=np.float64)
            if values.size != batch.num_rows:
                raise SourceError(
                    "the model predicts several numbers at once", where=where, do="Name one with one outcome."
                )
            return checked(values.reshape(batch.num_rows), task, where)
        if hasattr(native, "predict_proba"):
            scores = np.asarray(native.predict_proba(rows), dtype=np.float64)
        else:
            decided = np.asarray(native.predict(rows))
            scores = (decided[:, None] == np.asarray(native.classes_)[None, :]).astype(np.float64)
    except SourceError:
        raise
    except Exception as exc:  # what an estimator says of rows that it cannot read quotes them
        raise SourceError(
            f"the model cannot predict these rows ({type(exc).__name__})",
            where=where,
            do="Check that the columns hold what it was trained on: the same types and categories, and no missing values "
            f"if it reads none. {what_stands_out(batch, exc)}".strip(),
        ) from exc
    return checked(scores if column is None else scores[:, column], task, where)


def pickled(estimator: Any, name: str) -> str:
    """Digest of an object by its pickle, which is made and never loaded.

    Raises
    ------
    UsageError
        If it cannot be pickled.
    """
    out = io.BytesIO()
    try:
        pickle.Pickler(out, protocol=5).dump(estimator)
    except Exception as exc:  # a foreign object's own reducer can raise anything
        raise UsageError(
            f"the {type(estimator).__name__} has no digest: it cannot be pickled", where=name, do="Pass `sha256`."
        ) from exc
    return hashlib.sha256(out.getvalue()).hexdigest()


READER = ModelReader(
    "skops", ".skops (scikit-learn)", by_ending(".skops"), load, lambda estimator: hasattr(estimator, "fit"), save
)

__all__ = ["READER", "estimator_model", "pickled", "untrusted"]
