"""The mitigated decisions, by fairlearn: https://fairlearn.org/main/user_guide/mitigation/."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cardwright.errors import UsageError
from cardwright.evaluators.mitigation.options import MitigationOptions
from cardwright.evaluators.mitigation.rows import HeldRows
from cardwright.evaluators.rows.exact_sums import FloatArray, IntArray
from cardwright.sources.interface import Model
from cardwright.sources.shape import arrow

_OF_THRESHOLDS = {
    "demographic_parity": "demographic_parity",
    "equal_opportunity": "true_positive_rate_parity",
    "false_positive_rate": "false_positive_rate_parity",
    "equalized_odds": "equalized_odds",
}
_OF_REDUCTIONS = {
    "demographic_parity": "DemographicParity",
    "equal_opportunity": "TruePositiveRateParity",
    "false_positive_rate": "FalsePositiveRateParity",
    "equalized_odds": "EqualizedOdds",
}


@dataclass(frozen=True)
class MitigatedDecisions:
    """What the mitigation decides on the rows that it is judged on."""

    decision: IntArray
    """1 where favourable."""
    by_chance: int
    """Rows whose decision was drawn: another draw can decide them otherwise."""
    refitted: IntArray | None
    """What the same learner decides that was trained again on the same rows without mitigation."""
    uses_attribute: bool
    """Whether it has to know the group of whom it decides about."""
    what: str
    """How it was made, in a sentence."""


def candidate(
    options: MitigationOptions,
    fit: HeldRows,
    source: HeldRows,
    groups: frozenset[int],
    model: Model | None,
    seed: int,
) -> MitigatedDecisions:
    """Learn from `fit`, of the groups that have enough rows, and decide on `source`.

    Raises
    ------
    UsageError
        If the method has nothing to work on: no scores, no features, a model that cannot be trained again.
    """
    chosen = np.isin(fit.group, sorted(groups))
    if options.method == "threshold_optimizer":
        return _by_thresholds(options, fit, source, chosen, groups, seed)
    learner, to_matrix, weights, what = _learner(options, fit, model, seed)
    fitting, judged = to_matrix(fit.features.filter(chosen)), to_matrix(source.features)
    outcome, group = fit.outcome[chosen], fit.group[chosen]
    plain = _clone(learner).fit(fitting, outcome)
    if options.method == "reweighing":
        mitigated = _clone(learner).fit(fitting, outcome, **{weights: _independent(group, outcome)})
        # Both at the threshold of the model as it is: what differs is the training alone.
        threshold = source.source.threshold
        at = 0.5 if threshold is None else threshold
        decided = [_decided(one, judged, threshold) for one in (mitigated, plain)]
        return MitigatedDecisions(
            decided[0], 0, decided[1], False, f"{what} with weights (reweighing), deciding at {at:g}"
        )
    share = _reduced(options, _clone(learner), weights, fitting, outcome, group)(judged)
    decision, drawn = _draw(share, seed)
    what = f"{what} under the constraint (exponentiated gradient, whose models decide at 0.5)"
    return MitigatedDecisions(decision, drawn, _decided(plain, judged, None), False, what)


def _by_thresholds(
    options: MitigationOptions, fit: HeldRows, source: HeldRows, chosen: Any, groups: frozenset[int], seed: int
) -> MitigatedDecisions:
    from fairlearn.postprocessing import ThresholdOptimizer

    if fit.score is None or source.score is None:
        raise UsageError(
            "mitigation: thresholds are chosen on scores, and a source has none",
            where=(source.source if source.score is None else fit.source).ref.name,
            do="Write `score:` with the column of the model's scores, or choose another `method:`.",
        )
    optimizer = ThresholdOptimizer(
        estimator=_scores(),
        constraints=_OF_THRESHOLDS[options.constraint],
        prefit=True,
        predict_method="predict",
    )
    known = np.isin(source.group, sorted(groups))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a prefit estimator was not fitted by it
        optimizer.fit(fit.score[chosen, None], fit.outcome[chosen], sensitive_features=fit.group[chosen])
        share = optimizer._pmf_predict(source.score[known, None], sensitive_features=source.group[known])[:, 1]
    drawn, by_chance = _draw(np.asarray(share, float), seed)
    decision = source.decision.copy()
    decision[known] = drawn
    return MitigatedDecisions(
        decision, by_chance, None, True, "a threshold for each group (fairlearn's ThresholdOptimizer)"
    )


def _scores() -> Any:
    """An estimator whose prediction is the score that it is given; fairlearn asks for one of scikit-learn's."""
    from sklearn.base import BaseEstimator

    class ScoreEstimator(BaseEstimator):  # type: ignore[misc]
        fitted_ = True

        def fit(self, X: Any, y: Any) -> ScoreEstimator:
            return self

        def predict(self, X: Any) -> FloatArray:
            return np.asarray(X, float)[:, 0]

    return ScoreEstimator()


def _draw(share: FloatArray, seed: int) -> tuple[IntArray, int]:
    """Decisions that are favourable with the given probabilities, and how many of them chance has made."""
    clipped = np.clip(share, 0.0, 1.0)
    open_ = (clipped > 1e-9) & (clipped < 1 - 1e-9)
    decided = np.where(open_, np.random.default_rng([seed, 17]).random(len(clipped)) < clipped, clipped > 0.5)
    return decided.astype(np.int64), int(open_.sum())


def _independent(group: IntArray, outcome: IntArray) -> FloatArray:
    """Weights under which group and outcome are independent: P(group) P(outcome) / P(group and outcome).

    Source: Kamiran and Calders (2012), algorithm 3.
    """
    table = np.zeros((int(group.max()) + 1, 2))
    np.add.at(table, (group, outcome), 1.0)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / len(group)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = expected / table
    return np.asarray(weights[group, outcome], float)


def _reduced(
    options: MitigationOptions, learner: Any, weights: str, fitting: Any, outcome: IntArray, group: IntArray
) -> Callable[[Any], FloatArray]:
    from fairlearn import reductions

    constraint = getattr(reductions, _OF_REDUCTIONS[options.constraint])()
    reduced = reductions.ExponentiatedGradient(learner, constraint, sample_weight_name=weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its linear programs and of pandas
        reduced.fit(fitting, outcome, sensitive_features=group)
    return lambda rows: np.asarray(reduced._pmf_predict(rows)[:, 1], float)


def _learner(
    options: MitigationOptions, fit: HeldRows, model: Model | None, seed: int
) -> tuple[Any, Callable[[Any], Any], str, str]:
    """What is trained again: the estimator, how rows go in, the name of its weights, and what it is in words.

    Raises
    ------
    UsageError
    """
    if model is None:
        if not fit.source.features:
            raise UsageError(
                "mitigation: training again needs the columns that the model reads",
                where=fit.source.ref.name,
                do="Write `features:` at both sources, or name the `model:`.",
            )
        return (
            _usual(options, fit, seed),
            lambda table: table.to_pandas(),
            "learner__sample_weight",
            (f"a {options.learner.replace('_', ' ')} trained again"),
        )
    if model.framework != "sklearn" or model.to_matrix is None or not hasattr(model.native, "fit"):
        raise UsageError(
            f"mitigation: a model of {model.framework} is not trained again here",
            where=model.ref.name,
            do="Name a scikit-learn model, leave `model:` out (`learner:` is then trained), or use "
            "`method: threshold_optimizer`, which needs scores alone.",
        )
    to_matrix, native = model.to_matrix, model.native
    steps = getattr(native, "steps", None)
    weights = f"{steps[-1][0]}__sample_weight" if steps else "sample_weight"

    def matrix(table: Any) -> Any:
        (batch,) = table.select(list(model.features)).combine_chunks().to_batches()
        return to_matrix(batch)

    return native, matrix, weights, f"the model's own pipeline ({type(native).__name__}) trained again"


def _usual(options: MitigationOptions, fit: HeldRows, seed: int) -> Any:
    """A learner over numbers and words, with missing values filled in."""
    arrow("a mitigation")
    import pyarrow as pa
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline, make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    schema = fit.features.schema
    numbers = [f.name for f in schema if pa.types.is_integer(f.type) or pa.types.is_floating(f.type)]
    words = [f.name for f in schema if f.name not in numbers]
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
            ("words", OneHotEncoder(handle_unknown="ignore", sparse_output=False, max_categories=100), words),
        ]
    )
    learner = (
        LogisticRegression(max_iter=1000)
        if options.learner == "logistic_regression"
        else HistGradientBoostingClassifier(random_state=seed)
    )
    return Pipeline([("columns", columns), ("learner", learner)])


def _clone(learner: Any) -> Any:
    from sklearn.base import clone

    return clone(learner)


def _decided(learner: Any, rows: Any, threshold: float | None) -> IntArray:
    """Decisions at a threshold, or the learner's own where none is stated or it gives no probabilities."""
    if threshold is None or not hasattr(learner, "predict_proba"):
        return np.asarray(learner.predict(rows)).astype(np.int64)
    return (np.asarray(learner.predict_proba(rows))[:, 1] >= threshold).astype(np.int64)
