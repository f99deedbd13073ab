"""Intervals for what has no closed form, drawn from tables of counts: a thousand resamples take milliseconds.

Never for a decision about equality. The largest difference among groups is never below 0, and that of a resample almost
never is 0; the percentile interval of a gap over three equal groups covers 0 in none of a thousand samples. Use `gaps`
there. Near any other boundary (a rate at 0 or 1, a maximum, an absolute value around 0) the same caution holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from cardwright.statistics.intervals import Bounds, FloatArray, check_level

Statistic = Callable[[FloatArray], FloatArray]
"""From counts, draws × the table's shape, to one number per draw; NaN where a draw leaves it undefined."""

Method = Literal["percentile", "basic", "bca"]


@dataclass(frozen=True)
class BootstrapEstimate:
    """A statistic of a table of counts, with a bootstrap interval."""

    estimate: float
    standard_error: float
    bounds: Bounds
    resamples: int
    undefined: int
    """How many resamples left the statistic undefined; they take no part."""


def resample_counts(
    counts: ArrayLike, resamples: int, seed: int | list[int] = 0, *, fixed_axes: int = 0
) -> NDArray[np.int64]:
    """Tables drawn as resampling the rows behind a table of counts would draw them (multinomial).

    Parameters
    ----------
    counts
        Whole numbers of any shape.
    fixed_axes
        How many leading axes keep their totals: 1 resamples within each group.

    Returns
    -------
    Draws × the table's shape.

    Source: Efron (1979), Annals of Statistics 7:1; the multinomial form is exact for statistics of counts.
    """
    table = np.asarray(counts, np.int64)
    if np.any(table < 0):
        raise ValueError("counts are not negative")
    rng = np.random.default_rng(seed)
    strata = table.reshape(int(np.prod(table.shape[:fixed_axes], dtype=int)), -1)
    drawn = np.zeros((resamples, *strata.shape), np.int64)
    for index, stratum in enumerate(strata):
        total = int(stratum.sum())
        if total:
            drawn[:, index] = rng.multinomial(total, stratum / total, size=resamples)
    return drawn.reshape(resamples, *table.shape)


def bootstrap(
    counts: ArrayLike,
    statistic: Statistic,
    *,
    level: float = 0.95,
    method: Method = "bca",
    resamples: int = 2000,
    seed: int | list[int] = 0,
    fixed_axes: int = 0,
    most_undefined: float = 0.05,
) -> BootstrapEstimate | None:
    """A statistic of a table of counts with its bootstrap interval.

    `None` where the statistic is undefined on the table itself, or on more than `most_undefined` of the resamples.

    Parameters
    ----------
    counts
        Whole numbers of any shape.
    statistic
        See `Statistic`; vectorized over draws.
    method
        `percentile`; `basic`, the percentile interval mirrored at the estimate; `bca`, corrected for bias and skewness,
        whose acceleration comes from leaving out one row of each cell in turn. All rest on many rows: below some 50
        none holds its level.
    fixed_axes
        As `resample_counts`.

    Source: Efron (1987), JASA 82:171; Davison and Hinkley (1997), Bootstrap Methods, 5.
    """
    check_level(level)
    table = np.asarray(counts, np.int64)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = float(np.asarray(statistic(table[None].astype(float)))[0])
        if not np.isfinite(estimate):
            return None
        values = np.asarray(statistic(resample_counts(table, resamples, seed, fixed_axes=fixed_axes).astype(float)))
    defined = values[np.isfinite(values)]
    undefined = len(values) - len(defined)
    if undefined > most_undefined * resamples or len(defined) < 2:
        return None
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if method == "bca":
        tails = _bca_tails(table, statistic, estimate, defined, tails)
    lower, upper = (float(q) for q in np.quantile(defined, tails))
    if method == "basic":
        lower, upper = 2 * estimate - upper, 2 * estimate - lower
    bounds = Bounds(lower, upper, level, f"bootstrap_{method}")
    return BootstrapEstimate(estimate, float(defined.std(ddof=1)), bounds, resamples, undefined)


def _bca_tails(
    table: NDArray[np.int64], statistic: Statistic, estimate: float, values: FloatArray, tails: FloatArray
) -> FloatArray:
    below = ((values < estimate).sum() + 0.5 * (values == estimate).sum()) / len(values)
    bias = float(special.ndtri(np.clip(below, 0.5 / len(values), 1 - 0.5 / len(values))))
    cells = np.flatnonzero(table)
    left_out = np.repeat(table[None].astype(float), len(cells), axis=0).reshape(len(cells), -1)
    left_out[np.arange(len(cells)), cells] -= 1
    with np.errstate(divide="ignore", invalid="ignore"):
        jackknife = np.asarray(statistic(left_out.reshape(len(cells), *table.shape)), float)
    weight = table.reshape(-1)[cells].astype(float)
    known = np.isfinite(jackknife)
    jackknife, weight = jackknife[known], weight[known]
    influence = np.average(jackknife, weights=weight) - jackknife
    spread = float((weight * influence**2).sum())
    acceleration = float((weight * influence**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    shifted = bias + special.ndtri(tails)
    return np.asarray(special.ndtr(bias + shifted / (1 - acceleration * shifted)), float)
