"""From the tally to the evaluation: agreement of predictions and outcomes, ranking, calibration and losses."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from pydantic import JsonValue

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.performance.class_probabilities import (
    ClassProbabilities,
    class_calibration,
    read_probabilities,
    reliability,
)
from cardwright.evaluators.performance.horizons import Forecasts, by_horizon, read_forecasts
from cardwright.evaluators.performance.options import PerformanceOptions
from cardwright.evaluators.performance.quantiles import (
    QuantileRows,
    check_quantiles,
    coverages,
    crossings,
    read,
)
from cardwright.evaluators.performance.report import (
    QUESTIONS,
    confusion_tables,
    limits_of,
    method_of,
    not_tested_parts,
    row_findings,
    score_curves,
)
from cardwright.evaluators.rows.exact_sums import FloatArray
from cardwright.evaluators.rows.layout import Layout
from cardwright.evaluators.rows.paired import Pairs, changes, pair
from cardwright.evaluators.rows.rates import (
    HIGHER,
    LOWER,
    NEITHER,
    RATES,
    About,
    Estimate,
    Metric,
    accuracy_of,
    measure,
    rate_of,
)
from cardwright.evaluators.rows.refusals import refuse
from cardwright.evaluators.rows.regression_metrics import (
    STANDARDIZED_BIAS,
    of_view,
    r_squared,
    root_mean_squared_error,
    standardized_bias,
)
from cardwright.evaluators.rows.repeats import repeat_findings
from cardwright.evaluators.rows.score_metrics import (
    AVERAGE_PRECISION,
    BRIER,
    ECE,
    LOG_LOSS,
    MEAN_SCORE,
    ROC_AUC,
    ScoreCell,
    average_precision,
    brier_score,
    calibration_error,
    log_loss,
    mean_score,
    roc_auc,
    score_cells,
)
from cardwright.evaluators.rows.tally import Cell, RowTally
from cardwright.record.evaluation import (
    Coverage,
    Evaluation,
    Scanned,
    count_severities,
)
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.sources.interface import Predictions
from cardwright.statistics.bootstrap import bootstrap
from cardwright.statistics.intervals import Bounds

Measurement = Measured | Unmeasured

BINARY = {
    "prevalence": "base_rate",
    "selection_rate": "selection_rate",
    "accuracy": "accuracy",
    "precision": "positive_predictive_value",
    "recall": "true_positive_rate",
    "specificity": "true_negative_rate",
    "f1": "f1",
}
"""Rates of the whole by their names in scikit-learn, and what `RATES` calls them."""

BALANCED_ACCURACY = Metric("balanced_accuracy", "Balanced accuracy", "proportion", HIGHER)
ADJUSTED_BALANCED_ACCURACY = Metric(
    "adjusted_balanced_accuracy", "Balanced accuracy, 0 at chance", "proportion", HIGHER
)
MATTHEWS = Metric("matthews_correlation", "Matthews correlation", "correlation", HIGHER)
KAPPA = Metric("cohens_kappa", "Cohen's kappa", "proportion", HIGHER)
MACRO_F1 = Metric("macro_f1", "Macro F1", "proportion", HIGHER)
R_SQUARED = Metric("r_squared", "R²", "proportion", HIGHER)
RMSE = Metric("root_mean_squared_error", "Root mean squared error", "outcome", LOWER)

_BOOTSTRAP_CLASSES = 50
"""With more classes the bootstrap of a confusion matrix takes too long to be worth it."""

_RESAMPLES = 2000


def source_of(inputs: Inputs) -> Predictions:
    """The source that is assessed."""
    return inputs.get("source", Predictions)


def layout_of(inputs: Inputs) -> Layout:
    """How the source's rows become codes."""
    return Layout.of(source_of(inputs), seed=inputs.seed, groups=False, whole=True)


def check(options: PerformanceOptions, inputs: Inputs) -> None:
    """Refuse a level that is none.

    Raises
    ------
    UsageError
    """
    level = options.level
    if not isinstance(level, (int, float)) or isinstance(level, bool) or not 0 < level < 1:
        raise UsageError(
            "`level` must lie between 0 and 1",
            where=f"{inputs.id} (performance)",
            do="Write `level: 0.95`, for example.",
        )


def complete(options: PerformanceOptions, inputs: Inputs, tally: RowTally | None) -> Evaluation:
    """`conclude`, for a source of no batch too."""
    if tally is None:
        raise UsageError(f'the source "{source_of(inputs).ref.name}" has no rows', where=inputs.id)
    source, where = source_of(inputs), f"{inputs.id} (performance)"
    columns = check_quantiles(options.quantiles, source, where)
    forecasts = read_forecasts(options, source, columns, where)
    told = read_probabilities(options.probabilities, source, where)
    pairs = None
    if "baseline" in inputs.sources:
        pairs = pair(source, inputs.get("baseline", Predictions), seed=inputs.seed, groups=False)
    quantiles = read(source, columns, where) if columns else None
    return conclude(options, inputs, tally, pairs, quantiles, forecasts, told)


def conclude(
    options: PerformanceOptions,
    inputs: Inputs,
    tally: RowTally,
    pairs: Pairs | None = None,
    quantiles: QuantileRows | None = None,
    forecasts: Forecasts | None = None,
    probabilities: ClassProbabilities | None = None,
) -> Evaluation:
    """The evaluation of a tally, of what was counted together with a baseline, of predicted quantiles, horizons and classes."""
    check(options, inputs)
    refuse(tally)
    source, layout, level = source_of(inputs), tally.layout, options.level
    about = About.of(source, layout.derived)
    view = tally.view(())
    cell = view.cell(0) if len(view) else Cell(np.zeros((layout.outcomes, layout.decisions), np.int64), None, None)
    seed = [inputs.seed, *inputs.id.encode()]
    measurements: list[Measurement] = []
    pooled = score_cells(tally, view)
    scored = pooled[0] if pooled else None
    if layout.kind == "binary":
        measurements += _binary(cell, layout, about, level)
        measurements += _scores(scored, about, level, seed)
    elif layout.kind == "multiclass":
        measurements += _multiclass(cell, layout, about, level, seed)
    elif len(view):
        measurements += _regression(tally, about, level)
    if pairs is not None:
        measurements += changes(pairs, about, level)
    findings = (*row_findings(source, tally), *repeat_findings(source, inputs.seed))
    if quantiles is not None:
        measurements += coverages(quantiles, about, level)
        findings = (*findings, *crossings(quantiles))
    if forecasts is not None:
        measurements += by_horizon(forecasts, replace(about, person=options.series or about.person), level)
    if probabilities is not None:
        measurements += class_calibration(probabilities, about, level, seed)
    parameters: dict[str, JsonValue] = dict(inputs.parameters) or {"level": level}
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=parameters,
        binding=inputs.binding,
        question=QUESTIONS[layout.kind],
        method=method_of(options, source, tally, pairs is not None),
        limits=limits_of(tally, scored),
        measurements=tuple(measurements),
        findings=findings,
        severities=count_severities(findings),
        tables=confusion_tables(cell, layout),
        series=(*score_curves(scored), *(reliability(probabilities) if probabilities is not None else ())),
        coverage=Coverage(
            scanned=(
                Scanned(what="rows", scanned=int(cell.counts.sum()), total=tally.rows),
                *((pairs.joined.scanned(),) if pairs is not None and pairs.joined is not None else ()),
            ),
            not_tested=(
                *not_tested_parts(layout, pairs is not None, probabilities is not None),
                *(pairs.joined.not_tested() if pairs is not None and pairs.joined is not None else ()),
            ),
        ),
        completeness="complete",
    )


def _binary(cell: Cell, layout: Layout, about: About, level: float) -> list[Measurement]:
    if not layout.decides:
        nothing = "The source names neither a decision column nor a threshold for its scores."
        return [
            measure(
                Metric("prevalence", "Prevalence", "proportion", NEITHER),
                rate_of(RATES["base_rate"], cell, level),
                about,
            ),
            *(
                Unmeasured(metric=name, code="not_applicable", reason=nothing, sampling=about.sampling(cell.rows))
                for name in (*(name for name in BINARY if name != "prevalence"), BALANCED_ACCURACY.name)
            ),
        ]
    found: list[Measurement] = []
    for name, rate in BINARY.items():
        metric = RATES[rate].metric
        named = Metric(name, metric.title, metric.unit, metric.direction)
        found.append(measure(named, rate_of(RATES[rate], cell, level), about, decided=name != "prevalence"))
    recalls = [rate_of(RATES[name], cell, level) for name in ("true_positive_rate", "true_negative_rate")]
    found.append(measure(BALANCED_ACCURACY, balanced(recalls, cell.rows, level), about))
    return found


def balanced(recalls: Sequence[Estimate], rows: int, level: float) -> Estimate:
    """The mean recall over classes, with the squares of the distances to their bounds added up on each side (MOVER).

    Undefined where a class has no rows.

    Source: Zou and Donner (2008), Statistics in Medicine 27:1693.
    """
    absent = sum(recall.value is None for recall in recalls)
    if absent:
        return Estimate(
            None, rows, "rows", reason=f"{absent} of {len(recalls)} classes have no rows, so they have no recall."
        )
    values = [recall.value or 0.0 for recall in recalls]
    value = sum(values) / len(values)
    bounds = None
    known = [recall.bounds for recall in recalls if recall.bounds is not None]
    if len(known) == len(recalls):
        below = math.sqrt(sum((v - b.lower) ** 2 for v, b in zip(values, known, strict=True))) / len(values)
        above = math.sqrt(sum((b.upper - v) ** 2 for v, b in zip(values, known, strict=True))) / len(values)
        bounds = Bounds(max(0.0, value - below), min(1.0, value + above), level, f"mover_{known[0].method}")
    units = None if recalls[0].units is None else sum(recall.units or 0 for recall in recalls)
    return Estimate(value, rows, "rows", denominator=float(rows), bounds=bounds, units=units)


def _scores(cell: ScoreCell | None, about: About, level: float, seed: list[int]) -> list[Measurement]:
    jobs: tuple[tuple[Metric, Callable[[ScoreCell, float], Estimate]], ...] = (
        (ROC_AUC, roc_auc),
        (AVERAGE_PRECISION, average_precision),
        (BRIER, brier_score),
        (LOG_LOSS, log_loss),
        (ECE, lambda scored, at: calibration_error(scored, at, [*seed, 3])),
        (MEAN_SCORE, mean_score),
    )
    if cell is None:
        return [
            Unmeasured(metric=metric.name, code="not_applicable", reason="The source names no score column.")
            for metric, _ in jobs
        ]
    return [measure(metric, compute(cell, level), about, decided=False) for metric, compute in jobs]


def _multiclass(cell: Cell, layout: Layout, about: About, level: float, seed: list[int]) -> list[Measurement]:
    found: list[Measurement] = [measure(RATES["accuracy"].metric, accuracy_of(cell, level), about)]
    recalls = []
    for code, name in enumerate(layout.classes):
        for metric, rate in (
            ("precision", "positive_predictive_value"),
            ("recall", "true_positive_rate"),
            ("f1", "f1"),
        ):
            estimate = rate_of(RATES[rate], cell, level, code)
            of = RATES[rate].metric
            found.append(measure(Metric(metric, of.title, of.unit, of.direction), estimate, about, of_class=name))
            if metric == "recall":
                recalls.append(estimate)
        found.append(
            measure(
                Metric("prevalence", "Prevalence", "proportion", NEITHER),
                rate_of(RATES["base_rate"], cell, level, code),
                about,
                of_class=name,
                decided=False,
            )
        )
    mean_recall = balanced(recalls, cell.rows, level)
    found.append(measure(BALANCED_ACCURACY, mean_recall, about))
    found.append(measure(ADJUSTED_BALANCED_ACCURACY, above_chance(mean_recall, len(recalls)), about))
    found.append(measure(MACRO_F1, _macro_f1(cell, level, seed), about))
    found.append(measure(MATTHEWS, of_table(cell, level, [*seed, 5], matthews, _NO_MATTHEWS), about))
    found.append(measure(KAPPA, of_table(cell, level, [*seed, 6], kappa, _NO_KAPPA), about))
    return found


_NO_MATTHEWS = "All rows have one outcome, or one decision: the correlation has 0 below."
_NO_KAPPA = "All rows have one outcome and one decision, the same: chance alone would agree."


def above_chance(recall: Estimate, classes: int) -> Estimate:
    """The mean recall over classes, from 0 at chance to 1: (recall - 1/k) / (1 - 1/k).

    Source: `sklearn.metrics.balanced_accuracy_score(adjusted=True)`; of two classes it is Youden's J.
    """
    if recall.value is None or classes < 2:
        return recall
    chance = 1 / classes

    def scaled(value: float) -> float:
        return (value - chance) / (1 - chance)

    bounds = recall.bounds
    if bounds is not None:
        bounds = Bounds(scaled(bounds.lower), scaled(bounds.upper), bounds.level, bounds.method)
    return replace(recall, value=scaled(recall.value), bounds=bounds)


def matthews(draws: FloatArray) -> FloatArray:
    """The correlation of outcome and decision over several classes, R_K; NaN where either does not vary.

    Shape (draws, classes, classes) to (draws,). Source: Gorodkin (2004), Computational Biology and Chemistry 28:367.
    """
    total, right = draws.sum(axis=(1, 2)), np.trace(draws, axis1=1, axis2=2)
    actual, decided = draws.sum(axis=2), draws.sum(axis=1)
    above = right * total - (actual * decided).sum(axis=1)
    below = (total**2 - (decided**2).sum(axis=1)) * (total**2 - (actual**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(above / np.sqrt(below), float)


def kappa(draws: FloatArray) -> FloatArray:
    """Agreement of outcome and decision beyond chance; NaN where chance alone would agree on every row.

    Shape (draws, classes, classes) to (draws,). Source: Cohen (1960), Educational and Psychological Measurement 20:37.
    """
    total = draws.sum(axis=(1, 2))
    agreed = np.trace(draws, axis1=1, axis2=2) / total
    chance = (draws.sum(axis=2) * draws.sum(axis=1)).sum(axis=1) / total**2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((agreed - chance) / (1 - chance), float)


def of_table(
    cell: Cell, level: float, seed: list[int], compute: Callable[[FloatArray], FloatArray], undefined: str
) -> Estimate:
    """A number of the table of outcomes and decisions, with a bootstrap interval from counts; none if rows are weighted or
    clustered."""
    table = (cell.counts if cell.weights is None else cell.weights).astype(float)
    value = float(compute(table[None])[0]) if table.sum() > 0 else math.nan
    if not math.isfinite(value):
        return Estimate(None, cell.rows, "rows", reason=undefined)
    bounds = None
    if cell.weights is None and cell.clusters is None and len(table) <= _BOOTSTRAP_CLASSES:
        drawn = bootstrap(cell.counts, compute, level=level, resamples=_RESAMPLES, seed=seed)
        bounds = None if drawn is None else drawn.bounds
    return Estimate(value, cell.rows, "rows", denominator=float(cell.rows), bounds=bounds)


def _macro_f1(cell: Cell, level: float, seed: list[int]) -> Estimate:
    """The mean F1 over classes, with a bootstrap interval from counts. Undefined where a class is neither true nor predicted."""
    absent = int((cell.counts.sum(axis=0) + cell.counts.sum(axis=1) == 0).sum())
    undefined = f"{absent} of {len(cell.counts)} classes are neither a true nor a predicted class of any row."
    return of_table(cell, level, [*seed, 4], _f1, undefined)


def _f1(draws: FloatArray) -> FloatArray:
    right = np.diagonal(draws, axis1=1, axis2=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((2 * right / (draws.sum(axis=1) + draws.sum(axis=2))).mean(axis=1), float)


def _regression(tally: RowTally, about: About, level: float) -> list[Measurement]:
    view = tally.view(())
    found: list[Measurement] = [measure(metric, values[0], about) for metric, values in of_view(view, level)]
    found.append(measure(RMSE, root_mean_squared_error(view, level), about))
    found.append(measure(R_SQUARED, r_squared(view, level), about))
    found.append(measure(STANDARDIZED_BIAS, standardized_bias(view, level), about))
    return found


__all__ = ["balanced", "check", "complete", "conclude", "layout_of", "source_of"]
