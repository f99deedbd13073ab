"""Models, loaded as data: scikit-learn through skops, torch through its safe formats, and in Python any callable or estimator.

A pickle is never loaded. What a file needs beyond plain data is named, so that a person can look at it and say so in the plan.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cardwright.errors import MissingExtraError, SourceError, UnsafeError, UsageError
from cardwright.privacy.showing import hint, quoted, shown
from cardwright.record.base import RelativePath, Value
from cardwright.record.base import label as as_label
from cardwright.record.provenance import DatasetRef
from cardwright.sources.digests import require_file
from cardwright.sources.interface import Model, Task
from cardwright.sources.target import sha256_of_callable

if TYPE_CHECKING:
    import numpy
    import pyarrow

Output = Literal["probability", "logit", "value"]

PICKLES = (".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle")
TORCH = (".pt2", ".pt", ".pth", ".ts", ".bin")


def load_model(
    path: Path,
    features: Sequence[str] = (),
    trusted: Sequence[str] = (),
    *,
    name: str = "model",
    role: str = "model",
    where: str | None = None,
    task: Task | None = None,
    favourable: str | None = None,
    classes: Sequence[str] | None = None,
    output: Output | None = None,
    module: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    trust: bool = False,
    base: Path | None = None,
) -> Model:
    """Load a model from a file, running no code that nobody has looked at.

    Parameters
    ----------
    path
        `.skops`, or a torch file: `.pt2`, `.pt`, `.pth`, `.ts`.
    features
        Columns it reads; those it was trained with, where a scikit-learn model knows them.
    trusted
        Types in a skops file that a person trusts.
    name, role, where
        How the record and errors name it.
    task, favourable
        What it predicts, and the outcome whose probability its score is.
    classes, output
        For torch: class labels in the order of the output's columns, and whether it puts out probabilities, logits or values.
    module, arguments, trust, base
        For a state dict: its class, with what it is made, whether its code may run, and the folder to import it from.

    Raises
    ------
    UnsafeError
        Where loading would run code.
    SourceError
        Where the file is missing, cut off, or does not fit the features or the task.
    MissingExtraError
        Where its library is not installed.
    """
    where = where or path.name
    suffix = path.suffix.lower()
    if suffix in PICKLES:
        raise UnsafeError(
            "this is a pickle, and loading it runs whatever code it holds",
            where=where,
            do="Save the model with `skops.io.dump(model, 'model.skops')` (scikit-learn) or torch.export.save (torch).",
        )
    require_file(path, where)
    raw = path.read_bytes()
    ref = partial(_ref, name=name, role=role, where=where, digest=hashlib.sha256(raw).hexdigest())
    if suffix == ".skops":
        native = _load_skops(raw, trusted, where)
        return _sklearn_model(
            native, ref(format="skops"), features, task, favourable, where, tuple(sorted(set(trusted)))
        )
    if suffix in TORCH:
        from cardwright.sources.torch_files import load_torch

        network = load_torch(raw, where, module=module, arguments=arguments, trust=trust, base=base)
        return _torch_model(network, ref(format="torch"), features, task, favourable, classes, output, where)
    raise SourceError(
        f'the ending "{as_label(suffix)}" is none of a model that is read',
        where=where,
        do=f"Save it as .skops (scikit-learn) or {', '.join(TORCH)} (torch).",
    )


class _Path(Value):
    path: RelativePath


def _ref(*, name: str, role: str, where: str, digest: str, format: str) -> DatasetRef:
    try:
        path = _Path(path=where).path
    except ValueError:
        path = None  # outside of the assessment's folder: known by its digest alone
    return DatasetRef(name=name, role=role, kind="model", path=path, format=format, sha256=digest)


# --- scikit-learn --------------------------------------------------------------------------------------------------------


def _load_skops(raw: bytes, trusted: Sequence[str], where: str) -> Any:
    try:
        import skops.io
    except ImportError as exc:
        raise MissingExtraError("skops", "tabular", f"loading {where}") from exc
    import zipfile

    damaged = (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError)
    try:
        found = skops.io.get_untrusted_types(data=raw)
    except Exception as exc:  # skops reads a tree of JSON as it comes: what is wrong in it shows as anything at all
        raise SourceError(
            "this is not a whole skops file", where=where, do="Save it once more with `skops.io.dump`."
        ) from exc
    unknown = sorted(set(found) - set(trusted))
    if unknown:
        listed = ", ".join(as_label(kind) for kind in unknown)
        raise UnsafeError(
            f"the model holds types that nobody has trusted: {listed}",
            where=where,
            do=f"Look at each of them; if you trust them, add to the model's entry in the plan: `trusted: [{listed}]`.",
        )
    try:
        return skops.io.loads(raw, trusted=sorted(set(found)))
    except damaged as exc:
        raise SourceError(
            f"skops cannot load the file ({type(exc).__name__})",
            where=where,
            do="Save it once more with the installed skops and scikit-learn.",
        ) from exc
    except Exception as exc:  # as above, and what the classes that it names raise
        raise SourceError(
            f"the model needs something that is not installed, or in another version ({type(exc).__name__})",
            where=where,
            do="Install the versions it was saved with.",
        ) from exc


def _sklearn_model(
    native: Any,
    ref: DatasetRef,
    features: Sequence[str],
    task: Task | None,
    favourable: str | None,
    where: str,
    trusted: tuple[str, ...] = (),
) -> Model:
    if not hasattr(native, "predict"):
        raise SourceError(f"a {type(native).__name__} cannot predict", where=where, do="Name a fitted estimator.")
    known = getattr(native, "feature_names_in_", None)
    names = tuple(str(column) for column in known) if known is not None else tuple(features)
    if known is not None and features:
        _same_features(names, features, where)
    if not names:
        raise UsageError(
            "the model does not know the names of its features", where=where, do="Write `features: [column, …]`."
        )
    count = getattr(native, "n_features_in_", None)
    if count is not None and count != len(names):
        raise SourceError(f"the model reads {count} features, and {len(names)} are named", where=where)
    classes = _sklearn_classes(native, where)
    found = _task(task, classes, where)
    column = _favourable_column(classes, favourable, where) if found == "binary" else None
    to_matrix = partial(_frame if known is not None else _matrix, names, where)
    return Model(
        ref=ref,
        framework="sklearn",
        native=native,
        features=names,
        predict=partial(_predict_sklearn, native, to_matrix, found, column, where),
        to_matrix=to_matrix,
        classes=classes,
        trusted_types=trusted,
    )


def _same_features(known: Sequence[str], features: Sequence[str], where: str) -> None:
    for name in features:
        if name not in known:
            raise SourceError(
                f"the model was not trained with the feature {quoted(name)}",
                where=where,
                do=hint(name, known) or None,
            )
    for name in known:
        if name not in features:
            raise SourceError(
                f"the model was trained with {shown(name, 'a feature whose name is not shown')}, which is not among `features:`",
                where=where,
                do="Name all features the model reads, or leave `features:` out.",
            )


def _sklearn_classes(native: Any, where: str) -> tuple[str, ...]:
    from sklearn.base import is_regressor
    from sklearn.exceptions import NotFittedError

    try:
        found = getattr(native, "classes_", None)
    except NotFittedError:
        found = None
    if found is None:
        if not is_regressor(native) and hasattr(native, "predict_proba"):
            raise SourceError("the model is not fitted", where=where, do="Fit it before it is saved.")
        return ()
    if isinstance(found, list):
        raise SourceError("the model predicts several outcomes at once", where=where, do="Name one with one outcome.")
    return tuple(as_label(value) for value in found.tolist())


def _task(task: Task | None, classes: Sequence[str], where: str) -> Task:
    found: Task = "regression" if not classes else "binary" if len(classes) == 2 else "multiclass"
    if task is None:
        return found
    if (task == "regression") != (found == "regression") or (task == "binary" and found != "binary"):
        kind = f"tells {len(classes)} classes apart" if classes else "predicts a number"
        raise SourceError(f"the model {kind}, and the task is {task}", where=where, do="Correct `task:` or `model:`.")
    return task


def _favourable_column(classes: Sequence[str], favourable: str | None, where: str) -> int:
    if favourable is None:
        return 1  # the second of two classes is scikit-learn's positive one
    if favourable not in classes:
        raise SourceError(
            f"the favourable outcome {quoted(favourable, 'that the plan names')} is not among the classes of the model",
            where=where,
            do=hint(favourable, classes) or None,
        )
    return list(classes).index(favourable)


def _frame(names: tuple[str, ...], where: str, batch: pyarrow.RecordBatch) -> Any:
    """A batch as the pandas frame that the estimator was fitted with: the same names, in the same order."""
    try:
        import pandas  # noqa: F401  a missing library must be quoted before Arrow says it in its own words
    except ImportError as exc:
        raise MissingExtraError("pandas", "tabular", f"predicting with {where}") from exc
    return batch.select(list(names)).to_pandas()


def _matrix(names: tuple[str, ...], where: str, batch: pyarrow.RecordBatch) -> Any:
    """A batch as a matrix of doubles; missing values are NaN."""
    import numpy as np
    import pyarrow as pa

    columns = []
    for name in names:
        array = batch.column(name)
        kind = array.type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
            raise SourceError(
                f'feature "{as_label(name)}" holds {kind}, and the model reads numbers',
                where=where,
                do="Encode it before it is stored, or put the encoder into the model (a scikit-learn Pipeline).",
            )
        numbers = array.cast(pa.int8()) if pa.types.is_boolean(kind) else array
        columns.append(numbers.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
    return np.column_stack(columns) if columns else np.empty((batch.num_rows, 0))


def _predict_sklearn(
    native: Any,
    to_matrix: Callable[[pyarrow.RecordBatch], Any],
    task: Task,
    column: int | None,
    where: str,
    batch: pyarrow.RecordBatch,
) -> numpy.ndarray[Any, Any]:
    """Probabilities where the estimator has them; else 1.0 for the class it decides on, and 0.0 for the others."""
    import numpy as np

    matrix = to_matrix(batch)
    if task == "regression":
        return _checked(np.asarray(native.predict(matrix), dtype=np.float64).reshape(batch.num_rows), task, where)
    if hasattr(native, "predict_proba"):
        scores = np.asarray(native.predict_proba(matrix), dtype=np.float64)
    else:
        decided = np.asarray(native.predict(matrix))
        scores = (decided[:, None] == np.asarray(native.classes_)[None, :]).astype(np.float64)
    return _checked(scores if column is None else scores[:, column], task, where)


def _checked(scores: numpy.ndarray[Any, Any], task: Task, where: str) -> numpy.ndarray[Any, Any]:
    import numpy as np

    wrong = int(np.count_nonzero(~np.isfinite(scores)))
    if wrong:
        raise SourceError(
            f"the model puts out {wrong} numbers that are not finite",
            where=where,
            do="Check that its features have no missing values that it cannot read.",
        )
    if task != "regression" and scores.size and (scores.min() < 0 or scores.max() > 1):
        raise SourceError(
            "the model puts out numbers outside [0, 1] where probabilities are expected",
            where=where,
            do="Write `output: logit` for a model of logits.",
        )
    return scores


# --- torch ---------------------------------------------------------------------------------------------------------------


def _torch_model(
    native: Any,
    ref: DatasetRef,
    features: Sequence[str],
    task: Task | None,
    favourable: str | None,
    classes: Sequence[str] | None,
    output: Output | None,
    where: str,
) -> Model:
    if not features:
        raise UsageError(
            "a torch model does not know the names of its features", where=where, do="Write `features: [column, …]`."
        )
    found: Task = task or ("multiclass" if classes and len(classes) > 2 else "binary" if classes else "regression")
    kind: Output = output or ("value" if found == "regression" else "probability")
    if (kind == "value") != (found == "regression"):
        raise UsageError(f"`output: {kind}` does not fit the task {found}", where=where)
    names = tuple(classes or ())
    if favourable is not None and names:
        _favourable_column(names, favourable, where)
    to_matrix = partial(_tensor, tuple(features), where)
    return Model(
        ref=ref,
        framework="torch",
        native=native,
        features=tuple(features),
        predict=partial(_predict_torch, native, to_matrix, found, favourable, names, kind, where),
        to_matrix=to_matrix,
        classes=names,
    )


def _tensor(names: tuple[str, ...], where: str, batch: pyarrow.RecordBatch) -> Any:
    """A batch as a float32 tensor of shape (rows, features)."""
    import torch

    return torch.from_numpy(_matrix(names, where, batch).astype("float32"))


def _predict_torch(
    native: Any,
    to_matrix: Callable[[pyarrow.RecordBatch], Any],
    task: Task,
    favourable: str | None,
    classes: tuple[str, ...],
    output: Output,
    where: str,
    batch: pyarrow.RecordBatch,
) -> numpy.ndarray[Any, Any]:
    import torch

    with torch.no_grad():
        found = native(to_matrix(batch))
    if not isinstance(found, torch.Tensor) or found.shape[:1] != (batch.num_rows,) or found.ndim > 2:
        raise SourceError(
            "the model does not put out one row of numbers for each row of features",
            where=where,
            do="Wrap it in a module that takes (rows, features) and gives (rows,) or (rows, classes).",
        )
    found = found.detach().to("cpu", torch.float64)
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    wide = found.ndim == 2
    if wide and task == "regression":
        raise SourceError("the model puts out several numbers for each row, and the task is regression", where=where)
    if wide and classes and found.shape[1] != len(classes):
        raise SourceError(f"the model puts out {found.shape[1]} classes, and {len(classes)} are named", where=where)
    if output == "logit":
        found = torch.softmax(found, dim=1) if wide else torch.sigmoid(found)
    if task == "multiclass" and not wide:
        raise SourceError("the model puts out one number for each row, and the task is multiclass", where=where)
    if task == "binary" and wide:
        if not classes or favourable is None:
            raise UsageError(
                "the model puts out a column for each class, and nobody has said which is the favourable one",
                where=where,
                do="Write `classes: [first, second]` beside `model:`, in the order of its output, and `favourable:`.",
            )
        found = found[:, classes.index(favourable)]
    elif task == "binary" and classes and favourable == classes[0]:
        found = 1.0 - found  # one column is the probability of the second class
    return _checked(found.numpy(), task, where)


# --- in Python -----------------------------------------------------------------------------------------------------------

_WIDELY_TRUSTED = ("sklearn.", "numpy.", "scipy.")
"""Types of the libraries that the estimator in memory is made of already; whoever holds it has run their code."""


@dataclass(frozen=True)
class SavedModel:
    """A model that was held in memory, as the file that it is read from again."""

    name: str
    """The file's name, e.g. `model.skops`."""
    data: bytes
    """Its bytes."""
    trusted: tuple[str, ...] = ()
    """Types in it that the plan has to list under `trusted:`."""


def save_model(estimator: Any, *, trusted: Sequence[str] = (), where: str = "model") -> SavedModel:
    """A fitted estimator as a file that `load_model` reads without running code.

    Parameters
    ----------
    estimator
        A fitted scikit-learn estimator or pipeline.
    trusted
        Types of the caller's own in it, as skops names them. Those of scikit-learn, numpy and scipy need no naming.
    where
        How errors name it.

    Raises
    ------
    UnsafeError
        Where it holds types that nobody has trusted.
    UsageError
        Where it cannot be saved without running code when it is read.
    MissingExtraError
        Where skops is not installed.
    """
    try:
        import skops.io
    except ImportError as exc:
        raise MissingExtraError("skops", "tabular", f"saving {where}") from exc
    try:
        raw = skops.io.dumps(estimator)
        found = skops.io.get_untrusted_types(data=raw)
    except Exception as exc:  # a foreign object's own reducer can raise anything
        raise UsageError(
            f"a {type(estimator).__name__} cannot be saved as a file that runs no code when it is read",
            where=where,
            do="Pass the path of a model file, or a function of a frame.",
        ) from exc
    unknown = [kind for kind in sorted(found) if not kind.startswith(_WIDELY_TRUSTED) and kind not in set(trusted)]
    if unknown:
        listed = ", ".join(as_label(kind) for kind in unknown)
        raise UnsafeError(
            f"the model holds types that nobody has trusted: {listed}",
            where=where,
            do="Look at each of them; if you trust them, pass them as `trusted=[…]`.",
        )
    return SavedModel("model.skops", raw, tuple(sorted(found)))


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
        Where it is not fitted, or does not fit the features or the task.
    """
    ref = DatasetRef(name=name, role=role, kind="model", format="memory", sha256=sha256 or _pickled(estimator, name))
    wanted = None if favourable is None else as_label(favourable)
    return _sklearn_model(estimator, ref, features, task, wanted, name)


def model_from_module(
    module: Any,
    features: Sequence[str],
    *,
    name: str = "model",
    role: str = "model",
    task: Task | None = None,
    favourable: object = None,
    classes: Sequence[object] = (),
    output: Output | None = None,
) -> Model:
    """A torch module; it is put into evaluation mode. Its digest is that of its weights and its class's name.

    Raises
    ------
    UsageError
    """
    import torch

    digest = hashlib.sha256(f"{type(module).__module__}:{type(module).__qualname__}\n{module}".encode())
    for key, tensor in sorted(module.state_dict().items()):
        digest.update(f"{key} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().to("cpu").contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    ref = DatasetRef(name=name, role=role, kind="model", format="memory", sha256=digest.hexdigest())
    wanted = None if favourable is None else as_label(favourable)
    labels = tuple(as_label(value) for value in classes)
    return _torch_model(module.eval(), ref, features, task, wanted, labels, output, name)


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
        Digest of its code; of the file that defines it where it is not given.
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
    to_matrix = partial(_frame if takes == "frame" else _matrix, tuple(features), name)
    return Model(
        ref=ref,
        framework="callable",
        native=function,
        features=tuple(features),
        predict=partial(_predict_callable, function, to_matrix, task, len(labels), name),
        to_matrix=to_matrix,
        classes=labels,
    )


def _predict_callable(
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
    return _checked(found, task, where)


def _pickled(estimator: Any, name: str) -> str:
    out = io.BytesIO()
    try:
        pickle.Pickler(out, protocol=5).dump(estimator)
    except Exception as exc:  # a foreign object's own reducer can raise anything
        raise UsageError(
            f"the {type(estimator).__name__} has no digest: it cannot be pickled", where=name, do="Pass `sha256`."
        ) from exc
    return hashlib.sha256(out.getvalue()).hexdigest()
