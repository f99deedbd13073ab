"""Errors of predicted numbers with intervals, from moments alone, so that rows need not be kept.

All intervals are asymptotic: they hold for a hundred rows and more, and later where errors have heavy tails.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from cardwright.statistics.intervals import Bounds, MeanEstimate, check_level, mean_interval, z_quantile
from cardwright.statistics.sampling import ExactSum

_SUMS = ("e", "abs_e", "e2", "e4", "y", "y2", "y3", "y4", "e2y", "e2y2")


@dataclass(frozen=True)
class RegressionMoments:
    """Sums over rows of powers of the error e = predicted - outcome, and of the outcome y; they add up exactly, in any order.

    y is taken about a fixed `offset`, best one near the outcome's mean: squares are rounded to 16 digits before they are added.
    """

    offset: float
    rows: int
    e: ExactSum
    abs_e: ExactSum
    e2: ExactSum
    e4: ExactSum
    y: ExactSum
    y2: ExactSum
    y3: ExactSum
    y4: ExactSum
    e2y: ExactSum
    e2y2: ExactSum

    @classmethod
    def of(cls, outcomes: ArrayLike, predicted: ArrayLike, offset: float = 0.0) -> RegressionMoments:
        """The sums over some rows, one outcome and one prediction each, finite."""
        actual, guess = np.asarray(outcomes, float).reshape(-1), np.asarray(predicted, float).reshape(-1)
        if actual.shape != guess.shape:
            raise ValueError("outcomes and predictions are one number per row each")
        e, y = guess - actual, actual - offset
        terms = (e, np.abs(e), e**2, e**4, y, y**2, y**3, y**4, e**2 * y, e**2 * y**2)
        return cls(offset, len(y), *(ExactSum.of(term) for term in terms))

    def __add__(self, other: RegressionMoments) -> RegressionMoments:
        if self.offset != other.offset:
            raise ValueError("moments about different offsets do not add up")
        sums = (getattr(self, name) + getattr(other, name) for name in _SUMS)
        return RegressionMoments(self.offset, self.rows + other.rows, *sums)


@dataclass(frozen=True)
class ErrorEstimate:
    """A measure of error with its interval."""

    estimate: float
    standard_error: float
    bounds: Bounds


def mean_error(moments: RegressionMoments, level: float = 0.95) -> MeanEstimate | None:
    """Mean of predicted minus outcome, with Student's interval; `None` with fewer than two rows."""
    return mean_interval(moments.rows, moments.e.exact, moments.e2.exact, level)


def mean_absolute_error(moments: RegressionMoments, level: float = 0.95) -> MeanEstimate | None:
    """Mean of `|predicted - outcome|`, with Student's interval, cut at 0; `None` with fewer than two rows."""
    return _not_negative(mean_interval(moments.rows, moments.abs_e.exact, moments.e2.exact, level))


def mean_squared_error(moments: RegressionMoments, level: float = 0.95) -> MeanEstimate | None:
    """Mean of (predicted - outcome)², with Student's interval, cut at 0; `None` with fewer than two rows."""
    return _not_negative(mean_interval(moments.rows, moments.e2.exact, moments.e4.exact, level))


def root_mean_squared_error(moments: RegressionMoments, level: float = 0.95) -> ErrorEstimate | None:
    """Square root of the mean squared error; the interval is that of the mean squared error, under the root (delta method).

    `None` with fewer than two rows.
    """
    mse = mean_squared_error(moments, level)
    if mse is None:
        return None
    rmse = math.sqrt(mse.estimate)
    error = mse.standard_error / (2 * rmse) if rmse > 0 else 0.0
    bounds = Bounds(math.sqrt(mse.bounds.lower), math.sqrt(mse.bounds.upper), level, "student_t_root")
    return ErrorEstimate(rmse, error, bounds)


def r_squared(moments: RegressionMoments, level: float = 0.95) -> ErrorEstimate | None:
    """1 - mean squared error / variance of the outcome, with a normal interval by the delta method, cut at 1.

    Not the squared correlation: below 0 where the outcome's mean predicts better. `None` with fewer than three rows, or
    where all outcomes are equal.
    """
    check_level(level)
    n = moments.rows
    if n < 3:
        return None
    m = {name: getattr(moments, name).exact / n for name in _SUMS}
    mean = m["y"]
    variance = m["y2"] - mean**2
    # Outcomes that are all equal leave a variance of rounding, not of outcomes.
    if variance <= Fraction(1, 2**50) * m["y2"]:
        return None
    mse = m["e2"]
    estimate = 1 - mse / variance
    # Influence of a row: -(e² - mse)/v + mse ((y - mean)² - v)/v²; its mean square, from moments about the mean.
    fourth = m["y4"] - 4 * mean * m["y3"] + 6 * mean**2 * m["y2"] - 3 * mean**4
    cross = m["e2y2"] - 2 * mean * m["e2y"] + mean**2 * mse
    spread = (
        (m["e4"] - mse**2) / variance**2
        - 2 * mse * (cross - mse * variance) / variance**3
        + mse**2 * (fourth - variance**2) / variance**4
    )
    error = math.sqrt(max(0.0, float(spread)) / n)
    half = z_quantile(level) * error
    value = float(estimate)
    return ErrorEstimate(value, error, Bounds(value - half, min(1.0, value + half), level, "delta_method"))


def _not_negative(mean: MeanEstimate | None) -> MeanEstimate | None:
    if mean is None:
        return None
    bounds = Bounds(max(0.0, mean.bounds.lower), mean.bounds.upper, mean.bounds.level, mean.bounds.method)
    return MeanEstimate(mean.estimate, mean.standard_error, bounds)
