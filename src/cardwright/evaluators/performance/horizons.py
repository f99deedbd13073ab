"""Forecasts by horizon: how far they are off one step ahead, two steps ahead and so on, with series as independent cases."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.performance.options import PerformanceOptions
from cardwright.evaluators.rows.encoding import finite_numbers, numbers
from cardwright.evaluators.rows.exact_sums import FloatArray, IntArray
from cardwright.evaluators.rows.rates import LOWER, About, Estimate, Metric, measure
from cardwright.privacy.showing import hint, quoted
from cardwright.record.base import label
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.sources.interface import Predictions
from cardwright.statistics.contrast import BoolArray, Losses, mean_loss
from cardwright.statistics.intervals import Bounds

MAE = Metric("mean_absolute_error", "Mean absolute error", "outcome", LOWER)
RMSE = Metric("root_mean_squared_error", "Root mean squared error", "outcome", LOWER)
SMAPE = Metric("symmetric_mean_absolute_percentage_error", "sMAPE", "ratio", LOWER)
MASE = Metric("mean_absolute_scaled_error", "MASE", "ratio", LOWER)
PINBALL = Metric("pinball_loss", "Pinball loss", "outcome", LOWER)

MAX_HORIZONS = 400
"""More different values are no horizons but times."""

Measurement = Measured | Unmeasured


@dataclass(frozen=True)
class Forecasts:
    """The forecasts that count, row by row."""

    column: str
    """Which column holds the horizon."""
    horizons: tuple[str, ...]
    """As labels, in rising order."""
    place: IntArray
    """The horizon of each row, as a place in `horizons`."""
    outcome: FloatArray
    predicted: FloatArray
    naive: FloatArray | None
    """The mean absolute error of the naive forecast on the series' past, by row."""
    quantiles: Mapping[float, FloatArray]
    weight: FloatArray | None
    series: IntArray | None
    """The independent case of each row."""


def read_forecasts(
    options: PerformanceOptions, source: Predictions, quantiles: Mapping[float, str], where: str
) -> Forecasts | None:
    """The forecasts of a source with a weight above 0; None where no horizon is named.

    Raises
    ------
    UsageError
        If the task is no regression, or a column is not named or not there.
    SourceError
        If a horizon, an outcome or a forecast is missing or not finite, or there are too many horizons.
    """
    if options.horizon is None:
        beside = next((name for name in ("series", "naive_error") if getattr(options, name) is not None), None)
        if beside is not None:
            raise UsageError(f"`{beside}` goes with `horizon`", where=where, do="Name the column of horizons.")
        return None
    if source.task != "regression":
        raise UsageError("`horizon` belongs to forecasts, a regression", where=where, do="Take `horizon:` out.")
    assert source.prediction is not None
    import pyarrow as pa

    case = options.series or source.person
    named = [options.horizon, case, options.naive_error, source.weight, *quantiles.values()]
    wanted = list(dict.fromkeys([source.label, source.prediction, *(one for one in named if one is not None)]))
    names = list(source.rows.schema.names)
    for name in wanted:
        if name not in names:
            raise UsageError(f"no column is called {quoted(name)}", where=where, do=hint(name, names, columns=True))
    table = pa.Table.from_batches(list(source.rows.batches(wanted)))

    def finite(column: str, what: str) -> FloatArray:
        return finite_numbers(table.column(column).combine_chunks(), where=where, what=what)

    outcome, predicted = finite(source.label, "the outcome"), finite(source.prediction, "the forecast")
    weight = None if source.weight is None else finite(source.weight, "the weight")
    kept = np.ones(len(outcome), bool) if weight is None else weight > 0
    horizons, place = _horizons(table.column(options.horizon).combine_chunks(), where)
    naive = None
    if options.naive_error is not None:
        naive = numbers(table.column(options.naive_error).combine_chunks(), where=where, what="the naive error")
    return Forecasts(
        label(options.horizon),
        horizons,
        place[kept],
        outcome[kept],
        predicted[kept],
        None if naive is None else naive[kept],
        {tau: finite(column, f"the quantile {tau:g}")[kept] for tau, column in quantiles.items()},
        None if weight is None else weight[kept],
        None if case is None else _codes(table.column(case), where)[kept],
    )


def _horizons(column: Any, where: str) -> tuple[tuple[str, ...], IntArray]:
    if column.null_count:
        raise SourceError(f"{column.null_count} rows name no horizon", where=where, do="Fill them in.")
    encoded = column.dictionary_encode()
    values = encoded.dictionary.to_pylist()
    if len(values) > MAX_HORIZONS:
        raise SourceError(
            f"there are {len(values)} horizons, more than {MAX_HORIZONS}",
            where=where,
            do="Name the column of steps ahead, and not of dates.",
        )
    order = sorted(range(len(values)), key=lambda one: (isinstance(values[one], str), values[one]))
    rank = np.empty(len(values), np.int64)
    rank[order] = np.arange(len(values))
    return tuple(label(values[one]) for one in order), rank[encoded.indices.to_numpy(zero_copy_only=False)]


def _codes(column: Any, where: str) -> IntArray:
    if column.null_count:
        raise SourceError(f"{column.null_count} rows name no series", where=where, do="Fill them in.")
    indices = column.combine_chunks().dictionary_encode().indices
    return np.asarray(indices.to_numpy(zero_copy_only=False), np.int64)


def by_horizon(rows: Forecasts, about: About, level: float) -> list[Measurement]:
    """The errors of each horizon.

    sMAPE is the mean of 2|y - f| / (|y| + |f|), of rows where that is defined; MASE that of the absolute error over the naive
    forecast's on the past of the series, of rows where that is above 0 (Hyndman and Koehler 2006, International Journal of
    Forecasting 22:679). The pinball loss of a quantile q of level t is max(t(y - q), (t - 1)(y - q)).
    """
    found: list[Measurement] = []
    error = np.abs(rows.outcome - rows.predicted)
    size = np.abs(rows.outcome) + np.abs(rows.predicted)
    defined = size > 0
    relative = np.where(defined, 2 * error / np.where(defined, size, 1.0), 0.0)
    for place, name in enumerate(rows.horizons):
        here = rows.place == place
        slice_: dict[str, str | None] = {rows.column: name}
        jobs: list[tuple[Metric, FloatArray, BoolArray, bool, dict[str, float] | None]] = [
            (MAE, error, here, False, None),
            (RMSE, error**2, here, True, None),
        ]
        jobs.append((SMAPE, relative, here & defined, False, None))
        if rows.naive is not None:
            scaled = np.isfinite(rows.naive) & (rows.naive > 0)
            jobs.append((MASE, error / np.where(scaled, rows.naive, 1.0), here & scaled, False, None))
        for tau, quantile in rows.quantiles.items():
            over = rows.outcome - quantile
            jobs.append((PINBALL, np.maximum(tau * over, (tau - 1) * over), here, False, {"quantile": tau}))
        for metric, loss, chosen, root, at in jobs:
            made = measure(metric, _mean(rows, loss, chosen, level, root=root), about, slice_, decided=False)
            found.append(made.model_copy(update={"at": at}) if at else made)
    return found


def _mean(rows: Forecasts, loss: FloatArray, chosen: BoolArray, level: float, *, root: bool) -> Estimate:
    """The mean loss of some rows, with the interval of clustered rows if series are named; none of one series alone."""
    count = int(chosen.sum())
    if not count:
        return Estimate(None, 0, "rows", denominator=0.0, reason="No row of this horizon has this error (0).")
    series = None if rows.series is None else rows.series[chosen]
    units = None if series is None else len(np.unique(series))
    losses = Losses(loss[chosen], False, None if rows.weight is None else rows.weight[chosen], series)
    contrast = mean_loss(losses, level)
    assert contrast is not None  # weights are above 0
    value, bounds = contrast.value, contrast.bounds
    if root:
        value = math.sqrt(value)
        if bounds is not None:
            bounds = Bounds(math.sqrt(max(0.0, bounds.lower)), math.sqrt(bounds.upper), bounds.level, bounds.method)
    return Estimate(value, count, "rows", denominator=float(count), bounds=bounds, units=units)


__all__ = ["Forecasts", "by_horizon", "read_forecasts"]
