"""Attributions of one model's output to its features, by the first way that fits: exact where that can be, and why if not.

The chain is: coefficients, then trees (SHAP), then every set of features (SHAP's ExactExplainer), then permutations of features;
for torch integrated gradients (Captum). Each way gives, for every row, one number per feature of the *plan*, the output that was
explained, and the base it is explained from; so the residual of additivity is computed here, whatever a library checks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardwright.errors import UsageError
from cardwright.evaluators.attributions.budget import TimeBudget
from cardwright.evaluators.attributions.closed_forms import MARGIN, booster_trees, known_columns, linear, trees
from cardwright.evaluators.attributions.gradients import integrated_gradients
from cardwright.evaluators.attributions.shapley import EXACT_PREDICTIONS, asked_of_exact, by_permutation, exactly
from cardwright.evaluators.attributions.ways import Explained, Way, without_names
from cardwright.sources.interface import Model

if TYPE_CHECKING:
    import pyarrow

METHODS = ("auto", "tree", "linear", "exact", "permutation", "integrated_gradients")
BOOSTERS = ("xgboost", "lightgbm", "catboost")


def explain(
    model: Model,
    rows: pyarrow.RecordBatch,
    background: pyarrow.RecordBatch,
    *,
    method: str,
    column: int | None,
    steps: int,
    seed: int,
    probability: bool = False,
    budget: TimeBudget | None = None,
) -> Explained:
    """Attributions of `rows` against `background`: of all of them, or of the first for which there was time.

    Parameters
    ----------
    column
        The class that is explained, by its position in the model's output; None for regression.
    probability
        Explain the probability, also of a model that adds up log odds.
    budget
        How long it may take; without end if omitted. One row is explained in any case.

    Raises
    ------
    MissingExtraError
        Where shap or captum is not installed.
    UsageError
        Where the method does not fit the model.
    """
    import numpy as np

    way, passed_over = _way(model, rows, background, method, column, steps, seed, probability)
    found = [way.attribute(start, stop) for start, stop in (budget or TimeBudget()).pieces(rows.num_rows)]
    values = np.concatenate([values for values, _ in found])
    base = np.concatenate([base for _, base in found])
    outputs = way.of(rows.slice(0, len(values)))
    return Explained(way.method, way.output, values, base, outputs, way.of, passed_over)


def _way(
    model: Model,
    rows: pyarrow.RecordBatch,
    background: pyarrow.RecordBatch,
    method: str,
    column: int | None,
    steps: int,
    seed: int,
    probability: bool,
) -> tuple[Way, tuple[str, ...]]:
    """The first way that fits, or the one that is asked for, and why those before it do not."""
    if method not in METHODS:
        raise UsageError(f'no method is called "{method}"', do=f"Known: {', '.join(METHODS)}.")
    if model.framework == "torch" and method in ("auto", "integrated_gradients"):
        return integrated_gradients(model, rows, background, column, steps, probability=probability), ()
    if method == "integrated_gradients":
        raise UsageError("integrated gradients explain torch models", do="Leave `method` out.")
    passed_over: list[str] = []
    if method in ("auto", "linear", "tree"):
        for name, found in _closed(model, rows, background, method, column, probability):
            if isinstance(found, Way):
                return found, tuple(passed_over)
            passed_over.append(f"{name}: {found}")
        if method != "auto":
            why = passed_over[-1] if passed_over else "it has no such form"
            raise UsageError(f"the model cannot be explained by `method: {method}` ({why})", do="Leave `method` out.")
    if method == "permutation":
        return by_permutation(model, rows, background, column, seed), tuple(passed_over)
    asked = asked_of_exact(rows.num_rows, background.num_rows, len(model.features))
    if method == "auto" and asked > EXACT_PREDICTIONS:
        passed_over.append(
            f"exact: {len(model.features)} features take {asked:.2g} predictions, and permutations are taken from "
            f"{EXACT_PREDICTIONS:.2g}"
        )
        return by_permutation(model, rows, background, column, seed), tuple(passed_over)
    exact = exactly(model, rows, background, column)
    if isinstance(exact, Way):
        return exact, tuple(passed_over)
    if method == "exact":
        raise UsageError(f"the model cannot be explained by `method: exact`: {exact}", do="Leave `method` out.")
    passed_over.append(f"exact: {exact}")
    return by_permutation(model, rows, background, column, seed), tuple(passed_over)


def _closed(
    model: Model,
    rows: pyarrow.RecordBatch,
    background: pyarrow.RecordBatch,
    method: str,
    column: int | None,
    probability: bool,
) -> list[tuple[str, Way | str]]:
    """The ways that know the model's inside, the first that fits last, each with why it does not."""
    if model.framework in BOOSTERS:
        if method == "linear":
            return [("linear", "it is made of trees")]
        if probability:
            return [("tree", MARGIN)]
        return [("tree", booster_trees(model, rows, background, column))]
    if model.framework != "sklearn":
        return [("linear and tree", f"nothing is known of the inside of a {model.framework} model")]
    found: list[tuple[str, Way | str]] = []
    with without_names():
        columns = known_columns(model, rows, background)
        if isinstance(columns, str):
            return [("linear and tree", columns)]
        if method in ("auto", "linear"):
            way = linear(columns, column) if not (probability and model.classes) else "the probability is not linear"
            found.append(("linear", way))
            if isinstance(way, Way):
                return found
        if method in ("auto", "tree"):
            found.append(("tree", trees(columns, column, probability=probability)))
    return found


__all__ = ["METHODS", "explain"]
