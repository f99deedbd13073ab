"""Exact attributions of models whose inside is known: sums of coefficients, and trees; of scikit-learn and of boosters.

Each way gives one number per feature of the *plan*: columns that a pipeline made out of one feature are added up. A way that does
not fit says why, as a string, and the next is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from cardwright.errors import SourceError
from cardwright.evaluators.attributions.ways import Way, shap_library, without_names
from cardwright.sources.interface import Model
from cardwright.sources.models.batches import matrix
from cardwright.sources.models.outputs import logistic

if TYPE_CHECKING:
    import numpy
    import pyarrow

MARGIN = (
    "its trees add up a margin and the probability is asked for, to which SHAP carries values over in proportion: these are not "
    "Shapley's values of the probability"
)
"""Why trees of a margin are not explained in probabilities by TreeExplainer, whose `model_output` rescales path by path."""
_MARGINS: dict[str, dict[str, Any]] = {
    "xgboost": {"output_margin": True},
    "lightgbm": {"raw_score": True},
    "catboost": {"prediction_type": "RawFormulaVal"},
}
"""How each library is asked for what its trees add up to."""
CHECKED = 8
"""On so many rows it is tried whether attributions add up to what the model says, before a way is taken."""


@dataclass(frozen=True)
class KnownColumns:
    """A model's last step, the matrix that it reads, and which feature each column of that was made of."""

    last: Any
    matrix_of: Callable[[pyarrow.RecordBatch], numpy.ndarray[Any, Any]]
    x: numpy.ndarray[Any, Any]
    """The rows that are explained, shape (rows, columns)."""
    b: numpy.ndarray[Any, Any]
    """The background, shape (rows, columns)."""
    origins: tuple[int, ...]
    """For each column the place of its feature."""
    width: int
    """How many features there are."""

    def summed(self, values: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
        """Attributions of columns, shape (rows, columns), added up by feature, shape (rows, features)."""
        import numpy as np

        out = np.zeros((values.shape[0], self.width))
        for place, origin in enumerate(self.origins):
            out[:, origin] += values[:, place]
        return out


def known_columns(model: Model, rows: pyarrow.RecordBatch, background: pyarrow.RecordBatch) -> KnownColumns | str:
    """What the last step of a scikit-learn model reads, or why that cannot be told."""
    assert model.to_matrix is not None
    before, last = _split(model.native)
    features = list(model.features)
    bare = model.to_matrix
    if before is not None:
        try:
            names = [str(name) for name in before.get_feature_names_out()]
        except (AttributeError, ValueError):
            return "its steps do not name their columns, and may have moved them"
        origins = origins_of(names, features)
        if origins is None or not _made_of(model, before, background, origins):
            return "its steps make columns of which it cannot be told what they were made of"
        steps = before

        def matrix_of(batch: pyarrow.RecordBatch) -> Any:
            return _dense(steps.transform(bare(batch)))
    else:
        origins = list(range(len(features)))

        def matrix_of(batch: pyarrow.RecordBatch) -> Any:
            return _dense(bare(batch))

    x, b = matrix_of(rows), matrix_of(background)
    if x is None or b is None:
        return "its last step reads something else than numbers"
    return KnownColumns(last, matrix_of, x, b, tuple(origins), len(features))


def _split(native: Any) -> tuple[Any, Any]:
    """A pipeline as (all steps but the last, the last); any other estimator as (None, itself)."""
    from sklearn.pipeline import Pipeline

    if isinstance(native, Pipeline) and len(native.steps) > 1:
        return native[:-1], native[-1]
    if isinstance(native, Pipeline):
        return None, native[-1]
    return None, native


def origins_of(names: Sequence[str], features: Sequence[str]) -> list[int] | None:
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


def _dense(values: Any) -> Any:
    """Numbers without gaps as a float array; None where there is something else, which these ways cannot take."""
    import numpy as np

    values = values.toarray() if hasattr(values, "toarray") else values
    try:
        return np.ascontiguousarray(np.asarray(values, dtype=float))
    except (TypeError, ValueError):
        return None


def linear(columns: KnownColumns, column: int | None) -> Way | str:
    """Coefficient times distance from the background's mean, for an output that is linear in its columns.

    Parameters
    ----------
    column
        The class that is explained, by its place; None for regression.
    """
    import numpy as np
    from sklearn.base import is_classifier

    last, x = columns.last, columns.x
    if not hasattr(last, "coef_"):
        return "it has no coefficients"
    coefficients = np.asarray(last.coef_, dtype=float)
    if coefficients.ndim == 2 and coefficients.shape[0] > 1:
        return "it has coefficients for each of several classes, whose margins are no probabilities"
    shap = shap_library()
    # For a binary model the margin is that of the second class.
    sign = -1.0 if is_classifier(last) and column == 0 else 1.0
    explainer = shap.LinearExplainer(last, shap.maskers.Independent(columns.b, max_samples=len(columns.b)))
    margin = last.decision_function if is_classifier(last) and hasattr(last, "decision_function") else last.predict

    def output(values: Any) -> Any:
        with without_names():
            return sign * np.asarray(margin(values), dtype=float).reshape(-1)

    sums = sign * (x @ coefficients.reshape(-1) + float(np.ravel(getattr(last, "intercept_", 0.0))[0]))
    if not np.allclose(sums, output(x), rtol=1e-6, atol=1e-9):
        return "its output is a function of the sum (such as Poisson regression's exponential), which is not linear"
    level = sign * float(np.ravel(explainer.expected_value)[0])
    name = "log_odds" if type(last).__name__ == "LogisticRegression" else "margin" if is_classifier(last) else "value"

    def attribute(start: int, stop: int) -> tuple[Any, Any]:
        values = sign * np.asarray(explainer.shap_values(x[start:stop]), dtype=float)
        return columns.summed(values), np.full(stop - start, level)

    return Way("linear", name, lambda batch: output(columns.matrix_of(batch)), attribute)


def trees(columns: KnownColumns, column: int | None, *, probability: bool = False) -> Way | str:
    """SHAP's interventional values of scikit-learn's trees, or of another estimator of trees behind its interface.

    Parameters
    ----------
    probability
        Explain the probability: of trees that add up a margin this is not done here, see `MARGIN`.
    """
    import numpy as np
    from sklearn.base import is_classifier

    last, x = columns.last, columns.x
    classifies = is_classifier(last)
    spread = classifies and not hasattr(last, "decision_function")
    explainer = _tree_explainer(last, columns.b)
    if isinstance(explainer, str):
        return explainer
    # shap's own check compares with a fixed tolerance of 0.01 and raises; the residual is computed and recorded instead.
    several = np.ndim(explainer.shap_values(x[:1], check_additivity=False)) == 3
    if probability and classifies and not (spread and several):
        return MARGIN
    chosen = 0 if column is None else column
    # One margin for two classes, and no function for it (XGBClassifier): the log odds of the second, or not known.
    log_odds = spread and not several
    sign = -1.0 if classifies and not several and column == 0 else 1.0

    def output(values: Any) -> Any:
        with without_names():
            if not classifies:
                return np.asarray(last.predict(values), dtype=float)
            found = np.asarray(last.predict_proba(values) if spread else last.decision_function(values), dtype=float)
        if several:
            return found[:, chosen]
        if log_odds:
            chance = np.clip(found[:, -1], 1e-15, 1 - 1e-15)
            found = np.log(chance / (1 - chance))
        return sign * found

    level = float(output(columns.b).mean())

    def attribute(start: int, stop: int) -> tuple[Any, Any]:
        values = np.asarray(explainer.shap_values(x[start:stop], check_additivity=False), dtype=float)
        values = values[:, :, chosen] if several else sign * values
        return columns.summed(values), np.full(stop - start, level)

    values, start = attribute(0, min(CHECKED, len(x)))
    if not _adds_up(values, start, output(x[:CHECKED])):
        return "SHAP's values of its trees do not add up to what it puts out"
    name = "value" if not classifies else "log_odds" if log_odds else "probability" if spread else "margin"
    return Way("tree", name, lambda batch: output(columns.matrix_of(batch)), attribute)


def booster_trees(
    model: Model, rows: pyarrow.RecordBatch, background: pyarrow.RecordBatch, column: int | None
) -> Way | str:
    """SHAP's interventional values of a booster that was read from a file, in the space in which its trees are added up."""
    import numpy as np

    try:
        x, b = (matrix(model.features, "model", batch) for batch in (rows, background))
    except SourceError:
        return "it reads categories, for which SHAP's trees take no background"
    assert model.to_matrix is not None
    to_matrix, native, classes = model.to_matrix, model.native, model.classes
    asked = _MARGINS[model.framework]
    several = len(classes) > 2
    chosen = column or 0
    sign = -1.0 if len(classes) == 2 and column == 0 else 1.0

    def of(batch: pyarrow.RecordBatch) -> Any:
        found = np.asarray(native.predict(to_matrix(batch), **asked), dtype=float)
        return found[:, chosen] if several else sign * found.reshape(batch.num_rows)

    if model.framework == "catboost":
        values_of: Any = partial(_catboost_values, native, b)
    else:
        explainer = _tree_explainer(native, b)
        if isinstance(explainer, str):
            return explainer
        values_of = partial(explainer.shap_values, check_additivity=False)
    level = float(of(background).mean())

    def attribute(start: int, stop: int) -> tuple[Any, Any]:
        values = np.asarray(values_of(x[start:stop]), dtype=float)
        return (values[:, :, chosen] if values.ndim == 3 else sign * values), np.full(stop - start, level)

    try:
        values, start = attribute(0, min(CHECKED, len(x)))
    except Exception as exc:  # noqa: BLE001  each library raises errors of its own for trees that it cannot walk
        return f"its trees cannot be walked ({type(exc).__name__})"
    few = rows.slice(0, CHECKED)
    outputs = of(few)
    if not _adds_up(values, start, outputs):
        return "the values of its trees do not add up to its margin"
    said = np.asarray(model.predict(few), dtype=float)
    if several:
        name = "margin"
    elif classes:
        # What the scores speak for is the favourable class, whichever is explained.
        same = any(np.allclose(logistic(way * outputs), said, rtol=1e-4, atol=1e-5) for way in (1.0, -1.0))
        name = "log_odds" if same else "margin"
    else:
        name = "value" if np.allclose(outputs, said, rtol=1e-5, atol=1e-6) else "margin"
    return Way("tree", name, of, attribute)


def _catboost_values(native: Any, background: Any, rows: Any) -> Any:
    """CatBoost's own interventional values, for which SHAP takes no background: (rows, features) or (rows, features, classes)."""
    import numpy as np
    from catboost import Pool

    labels = list(native.classes_) if len(native.classes_) else [0.0]
    # The library wants labels and does not look at them here.
    pools = [Pool(values, label=[labels[i % len(labels)] for i in range(len(values))]) for values in (rows, background)]
    found = np.asarray(
        native.get_feature_importance(data=pools[0], reference_data=pools[1], type="ShapValues", thread_count=1)
    )
    return found[:, :-1] if found.ndim == 2 else np.moveaxis(found[:, :, :-1], 1, 2)


def _adds_up(values: Any, base: Any, outputs: Any) -> bool:
    import numpy as np

    scale = max(1.0, float(np.abs(outputs).max(initial=0.0)))
    return bool(np.allclose(base + values.sum(axis=1), outputs, rtol=0, atol=1e-3 * scale))


def _tree_explainer(native: Any, background: Any) -> Any:
    """SHAP's explainer of trees, or why it takes none."""
    shap = shap_library()
    try:
        return shap.TreeExplainer(native, data=background, feature_perturbation="interventional", model_output="raw")
    except Exception as exc:  # noqa: BLE001  shap raises its own and others' errors for models that are no trees; another way is taken
        return f"SHAP's TreeExplainer does not read it ({type(exc).__name__})"


__all__ = ["MARGIN", "KnownColumns", "booster_trees", "known_columns", "linear", "origins_of", "trees"]
