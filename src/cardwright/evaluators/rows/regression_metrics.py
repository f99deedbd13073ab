"""From the exact sums of a cell's numbers to means, errors and R², each with its interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from scipy import stats

from cardwright.evaluators.rows.exact_sums import FloatArray, Values
from cardwright.evaluators.rows.rates import LOWER, NEITHER, Estimate, Metric
from cardwright.evaluators.rows.tally import GroupView, coarsen
from cardwright.statistics import regression
from cardwright.statistics.intervals import Bounds, check_level, mean_interval

MEANS = (
    Metric("mean_outcome", "Mean outcome", "outcome", NEITHER),
    Metric("mean_prediction", "Mean prediction", "outcome", NEITHER),
    Metric("mean_error", "Mean error", "outcome", NEITHER),
    Metric("mean_absolute_error", "Mean absolute error", "outcome", LOWER),
)
"""Means of numbers by group, in the order of `statistics` they are taken of: outcome, prediction, error, |error|."""


STANDARDIZED_BIAS = Metric(
    "standardized_bias", "Mean error without sign, in standard deviations of the outcome", "standard_deviations", LOWER
)
"""The mean error over the spread of the outcome: free of its unit, so that a policy can set a limit for any of them."""

STANDARDIZED = ("mean_prediction", "mean_error", "mean_absolute_error")
"""Means whose gaps between groups are stated in standard deviations of the outcome, too."""


def outcome_spread(view: GroupView) -> float | None:
    """The standard deviation of the outcome over all rows of the view's tally; None if it does not vary.

    It is taken as given by everything that is divided by it.
    """
    every = None
    for values in view.tally.values.values():
        every = values if every is None else every + values
    if every is None or every.weights.exact <= 0:
        return None
    mass = every.weights.exact if every.weighted else Fraction(every.rows)
    total = every.weighted[0].exact if every.weighted else every.outcome.total.exact
    squares = every.weighted[4].exact if every.weighted else every.outcome.squares.exact
    variance = squares / mass - (total / mass) ** 2
    # Outcomes that are all equal leave a variance of rounding.
    return math.sqrt(float(variance)) if variance > Fraction(1, 2**50) * (squares / mass) else None


def standardized(estimate: Estimate, spread: float | None) -> Estimate:
    """An estimate in standard deviations of the outcome. Undefined if the outcome does not vary."""
    if estimate.value is None:
        return estimate
    if spread is None:
        return replace(
            estimate, value=None, bounds=None, standard_error=None, reason="All outcomes are equal: their spread is 0."
        )
    bounds = estimate.bounds
    return replace(
        estimate,
        value=estimate.value / spread,
        bounds=None
        if bounds is None
        else Bounds(bounds.lower / spread, bounds.upper / spread, bounds.level, bounds.method),
        standard_error=None if estimate.standard_error is None else estimate.standard_error / spread,
    )


def standardized_bias(view: GroupView, level: float) -> Estimate:
    """The mean error of all rows without its sign, over the standard deviation of the outcome.

    Its interval is that of the mean error, folded at 0; the spread is taken as given. Undefined if the outcome does not vary.
    """
    mean = next(estimates[0] for metric, estimates in of_view(view, level) if metric.name == "mean_error")
    found = standardized(mean, outcome_spread(view))
    if found.value is None:
        return found
    bounds = found.bounds
    if bounds is not None:
        lower = max(0.0, bounds.lower, -bounds.upper)
        bounds = Bounds(lower, max(abs(bounds.lower), abs(bounds.upper)), bounds.level, f"{bounds.method}_folded")
    return replace(found, value=abs(found.value), bounds=bounds)


def of_view(view: GroupView, level: float) -> list[tuple[Metric, list[Estimate]]]:
    """The means of each cell of a view, for a regression."""
    if not len(view):
        return []
    tally = view.tally
    cells = np.array(sorted(tally.values), np.int64)
    coarse = coarsen(cells, tally.layout.sizes, view.attributes)
    pooled: dict[int, Values] = {}
    for cell, key in zip(cells.tolist(), coarse.tolist(), strict=True):
        pooled[key] = pooled[key] + tally.values[cell] if key in pooled else tally.values[cell]
    return [
        (metric, [_mean(view, key, pooled[key], number, level) for key in view.keys.tolist()])
        for number, metric in enumerate(MEANS)
    ]


def at_level(view: GroupView, metric: Metric) -> Callable[[float], Sequence[Estimate]]:
    """The means of one kind, with intervals at any level."""
    return lambda level: next(estimates for found, estimates in of_view(view, level) if found == metric)


def _mean(view: GroupView, key: int, values: Values, number: int, level: float) -> Estimate:
    moments = (values.outcome, values.predicted, values.error, values.absolute)[number]
    lowest = 0.0 if number == 3 else -math.inf
    if view.tally.value_persons is not None:
        return _clustered(view, key, values, number, level, lowest)
    if values.weighted:
        return _weighted(values, number, level, lowest)
    found = mean_interval(values.rows, moments.total.exact, moments.squares.exact, level)
    mean = float(moments.total.exact / values.rows)
    if found is None:
        return Estimate(mean, values.rows, "rows", denominator=float(values.rows))
    return Estimate(
        mean,
        values.rows,
        "rows",
        denominator=float(values.rows),
        bounds=_cut(found.bounds, lowest),
        standard_error=found.standard_error,
    )


def _cut(bounds: Bounds, lowest: float) -> Bounds:
    return Bounds(max(bounds.lower, lowest), bounds.upper, bounds.level, bounds.method)


def _weighted(values: Values, number: int, level: float, lowest: float) -> Estimate:
    weight: Fraction = values.weights.exact
    if weight <= 0:
        return Estimate(None, values.rows, "rows", denominator=0.0, reason="All rows have the weight 0.")
    total, squares = values.weighted[number].exact, values.weighted[number + 4].exact
    mean = total / weight
    size = float(weight * weight / values.squared_weights.exact)
    if size <= 1:
        return Estimate(float(mean), values.rows, "rows", denominator=float(weight), effective_n=size)
    variance = max(0.0, float(squares / weight - mean * mean)) * size / (size - 1)
    error = math.sqrt(variance / size)
    half = float(stats.t.ppf(0.5 + check_level(level) / 2, size - 1)) * error
    bounds = Bounds(float(mean) - half, float(mean) + half, level, "student_t_effective_n")
    return Estimate(
        float(mean),
        values.rows,
        "rows",
        denominator=float(weight),
        bounds=_cut(bounds, lowest),
        standard_error=error,
        effective_n=min(size, float(values.rows)),
    )


def _clustered(view: GroupView, key: int, values: Values, number: int, level: float, lowest: float) -> Estimate:
    """The ratio estimator of Cochran (1977), 6.3: sums over persons, and their spread between persons."""
    assert view.tally.value_persons is not None
    person, cell, outcome, predicted, weight = view.tally.value_persons.table
    chosen = coarsen(cell, view.tally.layout.sizes, view.attributes) == key
    person, weight = person[chosen], weight[chosen]
    error = predicted[chosen] - outcome[chosen]
    parts: tuple[FloatArray, ...] = (outcome[chosen], predicted[chosen], error, np.abs(error))
    order = np.argsort(person, kind="stable")
    starts = np.unique(person[order], return_index=True)[1]
    mass = np.add.reduceat(weight[order], starts)
    sums = np.add.reduceat((weight * parts[number])[order], starts)
    rows, units, total = len(person), len(starts), float(mass.sum())
    if total <= 0:
        return Estimate(None, rows, "rows", denominator=0.0, units=units, reason="All rows have the weight 0.")
    # The estimate is the exact one; only the spread is computed in floating point.
    exact = (values.outcome, values.predicted, values.error, values.absolute)[number].total.exact
    mean = float((values.weighted[number].exact if values.weighted else exact) / values.weights.exact)
    effective = total**2 / float((mass**2).sum())
    if units < 2:
        return Estimate(mean, rows, "rows", denominator=total, units=units, effective_n=effective)
    spread = math.sqrt(units / (units - 1) * float(((sums - mean * mass) ** 2).sum())) / total
    half = float(stats.t.ppf(0.5 + check_level(level) / 2, units - 1)) * spread
    bounds = Bounds(mean - half, mean + half, level, "student_t_cluster_robust")
    return Estimate(
        mean,
        rows,
        "rows",
        denominator=total,
        bounds=_cut(bounds, lowest),
        standard_error=spread,
        units=units,
        effective_n=effective,
    )


def root_mean_squared_error(view: GroupView, level: float) -> Estimate:
    """The root mean squared error of all rows; without an interval where rows are weighted or clustered."""
    return _of_whole(view, level, regression.root_mean_squared_error, _weighted_rmse)


def r_squared(view: GroupView, level: float) -> Estimate:
    """1 - mean squared error / variance of the outcome; below 0 where the outcome's mean predicts better.

    Undefined with fewer than three rows, and where all outcomes are equal. Without an interval where rows are weighted or
    clustered.
    """
    return _of_whole(view, level, regression.r_squared, _weighted_r_squared)


def _of_whole(
    view: GroupView,
    level: float,
    plain: Callable[[regression.RegressionMoments, float], regression.ErrorEstimate | None],
    weighted: Callable[[Values], float | None],
) -> Estimate:
    values = view.tally.values[0]
    assert values.moments is not None
    rows, mass = values.rows, float(values.weights.exact)
    found = plain(values.moments, level)
    value: float | None = None if found is None else found.estimate
    bounds = None if found is None else found.bounds
    if values.weighted:
        value, bounds = weighted(values), None
    elif view.tally.value_persons is not None:
        bounds = None
    if value is None:
        return Estimate(
            None,
            rows,
            "rows",
            denominator=mass,
            reason=f"It needs three rows whose outcomes differ; there are {rows} rows.",
        )
    return Estimate(value, rows, "rows", denominator=mass, bounds=bounds)


def _weighted_rmse(values: Values) -> float | None:
    mass = values.weights.exact
    return math.sqrt(float(values.weighted[6].exact / mass)) if mass > 0 else None


def _weighted_r_squared(values: Values) -> float | None:
    mass = values.weights.exact
    if mass <= 0:
        return None
    mean = values.weighted[0].exact / mass
    variance = values.weighted[4].exact / mass - mean * mean
    if variance <= Fraction(1, 2**50) * (values.weighted[4].exact / mass):
        return None
    return float(1 - values.weighted[6].exact / mass / variance)
