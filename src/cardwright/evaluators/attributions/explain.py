"""Attributions of one model's output to its features: SHAP for scikit-learn, integrated gradients for torch.

Each way gives, for every row, one number per feature of the *plan* (columns that a pipeline made out of one feature are added
up), the output that was explained, and the base it is explained from; so the residual of additivity can be computed here,
whatever the library checks.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cardwright.errors import MissingExtraError, UsageError
from cardwright.sources.interface import Model

if TYPE_CHECKING:
    import numpy
    import pyarrow

METHODS = ("auto", "tree", "linear", "permutation", "integrated_gradients")


@dataclass(frozen=True)
class Explained:
    """Attributions of some rows."""

    method: str
    """`tree`, `linear`, `permutation` or `integrated_gradients`."""
    output: str
    """What was explained: `log_odds`, `probability`, `margin`, `value`, `network_output`."""
    values: numpy.ndarray[Any, Any]
    """Shape (rows, features)."""
    base: numpy.ndarray[Any, Any]
    """The output that attributions are counted from, shape (rows,)."""
    outputs: numpy.ndarray[Any, Any]
    """The model's output, shape (rows,)."""
    of: Callable[[pyarrow.RecordBatch], numpy.ndarray[Any, Any]]
    """The same output of any rows, shape (rows,)."""

    @property
    def residuals(self) -> numpy.ndarray[Any, Any]:
        """|output - base - sum of attributions|, shape (rows,)."""
        import numpy as np

        return np.asarray(np.abs(self.outputs - self.base - self.values.sum(axis=1)))


def explain(
    model: Model,
    rows: pyarrow.RecordBatch,
    background: pyarrow.RecordBatch,
    *,
    method: str,
    column: int | None,
    steps: int,
    seed: int,
) -> Explained:
    """Attributions of `rows` against `background`.

    Parameters
    ----------
    column
        The class that is explained, by its position in the model's output; None for regression.

    Raises
    ------
    MissingExtraError
        Where shap or captum is not installed.
    UsageError
        Where the method does not fit the model.
    """
    if method not in METHODS:
        raise UsageError(f'no method is called "{method}"', do=f"Known: {', '.join(METHODS)}.")
    if model.framework == "torch":
        if method not in ("auto", "integrated_gradients"):
            raise UsageError(f"{method} explains scikit-learn models; this one is torch", do="Leave `method` out.")
        return _integrated_gradients(model, rows, background, column, steps)
    if method == "integrated_gradients":
        raise UsageError("integrated gradients explain torch models", do="Leave `method` out.")
    if model.framework == "sklearn" and method in ("auto", "tree", "linear"):
        with _without_names():
            found = _native(model, rows, background, method, column)
        if found is not None:
            return found
        if method != "auto":
            raise UsageError(f"the model is none that `method: {method}` can explain", do="Leave `method` out.")
    return by_permutation(model, rows, background, column, seed)


@contextmanager
def _without_names() -> Iterator[None]:
    """The last step gets an array, as it does inside its pipeline; the columns are in the order it was fitted with."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        yield


def _shap() -> Any:
    try:
        with warnings.catch_warnings():
            # numba and IPython, which shap imports, warn about their own future.
            warnings.simplefilter("ignore")
            import shap
    except ImportError as exc:
        raise MissingExtraError("shap", "tabular", "Explaining a scikit-learn model") from exc
    return shap


# ---------------------------------------------------------------------------------------------------- scikit-learn


def _split(native: Any) -> tuple[Any, Any]:
    """A pipeline as (all steps but the last, the last); any other estimator as (None, itself)."""
    from sklearn.pipeline import Pipeline

    if isinstance(native, Pipeline) and len(native.steps) > 1:
        return native[:-1], native[-1]
    if isinstance(native, Pipeline):
        return None, native[-1]
    return None, native


def _origins(names: Sequence[str], features: Sequence[str]) -> list[int] | None:
    """For each column that a pipeline made, the feature it was made of; None where one cannot be told.

    scikit-learn names them `feature`, `step__feature` or `step__feature_category`; the longest feature that fits is the one.
    """
    found = []
    for name in names:
        bare = name.split("__", 1)[1] if "__" in name and name not in features else name
        fits = [f for f in features if bare == f or bare.startswith((f + "_", f"missingindicator_{f}"))]
        if not fits:
            return None
        found.append(features.index(max(fits, key=len)))
    return found


def _made_of(model: Model, before: Any, background: pyarrow.RecordBatch, origins: Sequence[int]) -> bool:
    """Whether columns change with the feature that their name says, and with no other, when one feature at a time is moved.

    Names alone mislead: category `b` of `a` is called as the feature `a_b` is, and a step may mix what it names apart.
    """
    import numpy as np
    import pyarrow as pa

    assert model.to_matrix is not None
    still = _dense(before.transform(model.to_matrix(background)))
    if still is None or still.shape[1] != len(origins):
        return False
    turned = background.take(pa.array(np.roll(np.arange(background.num_rows), 1)))
    for index, feature in enumerate(background.schema.names):
        moved = background.set_column(index, feature, turned.column(index))
        now = _dense(before.transform(model.to_matrix(moved)))
        changed = np.flatnonzero(~np.isclose(now, still, rtol=1e-9, atol=0, equal_nan=True).all(axis=0))
        if any(model.features[origins[place]] != feature for place in changed.tolist()):
            return False
    return True


def _native(
    model: Model, rows: pyarrow.RecordBatch, background: pyarrow.RecordBatch, method: str, column: int | None
) -> Explained | None:
    import numpy as np
    from sklearn.base import is_classifier

    shap = _shap()
    assert model.to_matrix is not None
    before, last = _split(model.native)
    features = list(model.features)
    if before is not None:
        try:
            names = [str(name) for name in before.get_feature_names_out()]
        except (AttributeError, ValueError):
            return None  # steps that do not name their columns may have moved them
        origins = _origins(names, features)
        if origins is None or not _made_of(model, before, background, origins):
            return None
        steps, to_matrix = before, model.to_matrix

        def matrix_of(batch: pyarrow.RecordBatch) -> Any:
            return _dense(steps.transform(to_matrix(batch)))
    else:
        origins, bare = list(range(len(features))), model.to_matrix

        def matrix_of(batch: pyarrow.RecordBatch) -> Any:
            return _dense(bare(batch))

    x, b = matrix_of(rows), matrix_of(background)
    if x is None or b is None:
        return None
    if method in ("auto", "linear") and hasattr(last, "coef_"):
        coefficients = np.asarray(last.coef_, dtype=float)
        if coefficients.ndim == 2 and coefficients.shape[0] > 1:
            return None  # several classes: the permutation explainer takes the class that is asked for
        # For a binary model the margin is that of the second class.
        sign = -1.0 if is_classifier(last) and column == 0 else 1.0
        explainer = shap.LinearExplainer(last, shap.maskers.Independent(b, max_samples=len(b)))
        values = sign * np.asarray(explainer.shap_values(x), dtype=float)
        margin = last.decision_function if is_classifier(last) and hasattr(last, "decision_function") else last.predict

        def of(batch: pyarrow.RecordBatch) -> Any:
            with _without_names():
                return sign * np.asarray(margin(matrix_of(batch)), dtype=float).reshape(-1)

        outputs = sign * np.asarray(margin(x), dtype=float).reshape(-1)
        base = np.full(len(x), sign * float(np.ravel(explainer.expected_value)[0]))
        sums = sign * (x @ coefficients.reshape(-1) + float(np.ravel(getattr(last, "intercept_", 0.0))[0]))
        if not np.allclose(sums, outputs, rtol=1e-6, atol=1e-9):
            return None  # the output is a function of the sum (Poisson regression's exponential), which is not linear
        name = (
            "log_odds" if type(last).__name__ == "LogisticRegression" else "margin" if is_classifier(last) else "value"
        )
        return Explained("linear", name, _sum(values, origins, len(features)), base, outputs, of)
    if method in ("auto", "tree"):
        return _tree(shap, last, x, b, origins, len(features), column, matrix_of)
    return None


def _tree(
    shap: Any,
    last: Any,
    x: Any,
    b: Any,
    origins: list[int],
    width: int,
    column: int | None,
    matrix_of: Callable[[pyarrow.RecordBatch], Any],
) -> Explained | None:
    import numpy as np
    from sklearn.base import is_classifier

    try:
        explainer = shap.TreeExplainer(last, data=b, feature_perturbation="interventional", model_output="raw")
    except Exception:  # noqa: BLE001  shap raises its own and others' errors for models that are no trees; another way is taken
        return None
    # shap's own check compares with a fixed tolerance of 0.01 and raises; the residual is computed and recorded instead.
    values = np.asarray(explainer.shap_values(x, check_additivity=False), dtype=float)
    base = np.ravel(np.asarray(explainer.expected_value, dtype=float))
    chosen, several = 0 if column is None else column, values.ndim == 3
    probabilities = is_classifier(last) and not hasattr(last, "decision_function")
    # One margin for two classes, and no function for it (XGBClassifier): the log odds of the second, or not known.
    log_odds = probabilities and not several
    sign = -1.0 if is_classifier(last) and not several and column == 0 else 1.0

    def output(matrix: Any) -> Any:
        if not is_classifier(last):
            found = np.asarray(last.predict(matrix), dtype=float)
        else:
            found = np.asarray(
                last.predict_proba(matrix) if probabilities else last.decision_function(matrix), dtype=float
            )
        if several:
            return found[:, chosen]
        if log_odds:
            chance = np.clip(found[:, -1], 1e-15, 1 - 1e-15)
            found = np.log(chance / (1 - chance))
        return sign * found

    if several:
        values, level = values[:, :, chosen], float(base[chosen])
    else:
        level = float(base[0])
    outputs = output(x)
    values, level = sign * values, sign * level
    if log_odds and not np.allclose(level + values.sum(axis=1), outputs, rtol=1e-3, atol=1e-3):
        return None
    name = (
        "value" if not is_classifier(last) else "log_odds" if log_odds else "probability" if probabilities else "margin"
    )

    def of(batch: pyarrow.RecordBatch) -> Any:
        with _without_names():
            return output(matrix_of(batch))

    return Explained("tree", name, _sum(values, origins, width), np.full(len(x), level), outputs, of)


def _dense(matrix: Any) -> Any:
    """Numbers without gaps as a float array; None where there is something else, which the native explainers cannot take."""
    import numpy as np

    matrix = matrix.toarray() if hasattr(matrix, "toarray") else matrix
    try:
        return np.ascontiguousarray(np.asarray(matrix, dtype=float))
    except (TypeError, ValueError):
        return None


def _sum(values: Any, origins: list[int], width: int) -> Any:
    import numpy as np

    out = np.zeros((values.shape[0], width))
    for place, origin in enumerate(origins):
        out[:, origin] += values[:, place]
    return out


# ---------------------------------------------------------------------------------------------------- any callable


def by_permutation(
    model: Model, rows: pyarrow.RecordBatch, background: pyarrow.RecordBatch, column: int | None, seed: int
) -> Explained:
    """Shapley values by permutations of the features themselves, words included: exact in additivity for every row."""
    import numpy as np
    import pyarrow as pa

    shap = _shap()
    pool = pa.concat_batches([rows, background])
    codes, books = [], []
    for name in model.features:
        values = pool.column(name)
        if pa.types.is_floating(values.type) or pa.types.is_integer(values.type):
            codes.append(np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=float))
            books.append((values.type, None))
        else:
            encoded = values.dictionary_encode()
            codes.append(np.asarray(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=float))
            books.append((values.type, encoded.dictionary))
    matrix = np.column_stack(codes)

    def predict(coded: Any) -> Any:
        columns = []
        for index, (kind, book) in enumerate(books):
            if book is None:
                plain = pa.array(coded[:, index], from_pandas=True)
                columns.append(plain.cast(kind, safe=False))
            else:
                places = coded[:, index].astype(int)
                columns.append(book.take(pa.array(places, mask=places < 0)))
        out = np.asarray(model.predict(pa.RecordBatch.from_arrays(columns, names=list(model.features))), dtype=float)
        return out if out.ndim == 1 or column is None else out[:, column]

    x, b = matrix[: rows.num_rows], matrix[rows.num_rows :]
    explainer = shap.PermutationExplainer(predict, shap.maskers.Independent(b, max_samples=len(b)), seed=seed)
    evaluations = 10 * (2 * x.shape[1] + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's own notice of missing values in a masked mean
        found = explainer(x, max_evals=evaluations, silent=True)
    base = np.broadcast_to(np.asarray(found.base_values, dtype=float), (len(x),)).copy()
    name = "value" if column is None and not model.classes else "probability"

    def of(batch: pyarrow.RecordBatch) -> Any:
        out = np.asarray(model.predict(batch), dtype=float)
        return out if out.ndim == 1 or column is None else out[:, column]

    return Explained("permutation", name, np.asarray(found.values, dtype=float), base, predict(x), of)


# ---------------------------------------------------------------------------------------------------- torch


def _integrated_gradients(
    model: Model, rows: pyarrow.RecordBatch, background: pyarrow.RecordBatch, column: int | None, steps: int
) -> Explained:
    """Integrated gradients from the mean of the background (Sundararajan, Taly, Yan 2017); the delta is the residual."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # captum imports matplotlib and torch parts that warn about their own future
            from captum.attr import IntegratedGradients
    except ImportError as exc:
        raise MissingExtraError("captum", "torch", "Explaining a torch model") from exc
    import numpy as np
    import torch

    assert model.to_matrix is not None
    x, b = model.to_matrix(rows), model.to_matrix(background)
    baseline = b.mean(dim=0, keepdim=True)

    def forward(batch: Any) -> Any:
        out = model.native(batch)
        if out.ndim == 2 and out.shape[1] > 1:
            return out[:, column or 0]
        single = out if out.ndim == 1 else out[:, 0]
        if column != 0 or len(model.classes) != 2:
            return single
        # One column speaks for the second class; what is explained is the first.
        return 1.0 - single if model.output == "probability" else -single

    with torch.no_grad():
        outputs = forward(x).double().numpy()
        start = float(forward(baseline).double().reshape(-1)[0])
    # One row at a time keeps memory at `steps` rows, whatever the number of rows.
    found = IntegratedGradients(forward).attribute(
        x, baselines=baseline.expand_as(x).contiguous(), n_steps=steps, internal_batch_size=max(steps, 4096)
    )
    values = found.detach().double().numpy()
    to_matrix = model.to_matrix

    def of(batch: pyarrow.RecordBatch) -> Any:
        with torch.no_grad():
            return forward(to_matrix(batch)).double().numpy()

    return Explained("integrated_gradients", "network_output", values, np.full(len(outputs), start), outputs, of)
