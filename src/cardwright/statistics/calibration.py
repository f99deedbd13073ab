"""Whether predicted probabilities come true, from sums by bin of predicted probability.

A plain expected calibration error is never below what chance alone gives; with few rows a bin it is mostly chance. So
each number comes with its noise floor, and intervals take it into account.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cardwright.statistics.intervals import Bounds, FloatArray, check_level, score_bounds, z_quantile


@dataclass(frozen=True)
class CalibrationError:
    """Expected calibration error of probabilities in bins."""

    estimate: float
    """The share-weighted mean over bins of `|rate - mean predicted probability|`."""
    largest: float
    """The largest `|rate - mean predicted probability|` of a bin (maximum calibration error)."""
    noise_floor: float
    """What a perfectly calibrated model with these predictions would show on average."""
    p_value: float
    """How often a perfectly calibrated model would show at least as much."""
    bounds: Bounds
    rows: int
    bins: int
    """How many bins have rows."""


@dataclass(frozen=True)
class CalibrationCurve:
    """Predicted probability against rate, by bin that has rows."""

    bin: NDArray[np.int64]
    rows: NDArray[np.int64]
    predicted: FloatArray
    """Mean predicted probability."""
    observed: FloatArray
    """Rate of positives."""
    lower: FloatArray
    """Wilson's lower bound of the rate."""
    upper: FloatArray
    """Wilson's upper bound of the rate."""


@dataclass(frozen=True)
class CalibrationSlope:
    """The slope of a logistic regression of the outcome on the log odds of the score."""

    estimate: float
    """1 where probabilities come true; below 0 where a higher score goes with the outcome less often."""
    standard_error: float
    bounds: Bounds


@dataclass(frozen=True)
class BrierDecomposition:
    """brier = reliability - resolution + uncertainty + within_bin_variance - within_bin_covariance."""

    brier: float
    reliability: float
    """How far rates are from predicted probabilities; 0 is best."""
    resolution: float
    """How far the rates of bins are from the overall rate; more is better."""
    uncertainty: float
    """Variance of the outcome; not the model's doing."""
    within_bin_variance: float
    within_bin_covariance: float


def equal_width_bins(probabilities: ArrayLike, bins: int = 10) -> NDArray[np.int64]:
    """Each probability's bin among `bins` of equal width over 0..1, lower edge included; 1 belongs to the last.

    >>> equal_width_bins([0.0, 0.1, 0.95, 1.0]).tolist()
    [0, 1, 9, 9]
    """
    p = np.asarray(probabilities, float)
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError("probabilities must lie between 0 and 1")
    edges = np.arange(1, bins) / bins
    return np.searchsorted(edges, p, side="right").astype(np.int64)


def expected_calibration_error(
    rows: ArrayLike,
    positives: ArrayLike,
    predicted: ArrayLike,
    level: float = 0.95,
    *,
    resamples: int = 2000,
    seed: int | list[int] = 0,
) -> CalibrationError | None:
    """The expected calibration error (L1) over bins, its noise floor, a test of calibration and an interval. `None` without rows.

    The estimate is biased upwards, by about `noise_floor` where the model is well calibrated. The lower bound of the
    interval takes off the upper quantile of that noise, and is 0 where it explains the estimate; the upper bound is the
    quantile of the error under Jeffreys' posterior of the rates. The interval is cautious, and treats predicted
    probabilities as given.

    Parameters
    ----------
    rows, positives, predicted
        By bin: number of rows, number of positives, sum of predicted probabilities.
    resamples, seed
        For noise floor, p-value and interval, drawn from binomial and beta distributions.

    Source: Naeini, Cooper and Hauskrecht (2015), AAAI; consistency resampling: Bröcker and Smith (2007), Weather and
    Forecasting 22:651.
    """
    check_level(level)
    n, k, s = _bins(rows, positives, predicted)
    total = int(n.sum())
    if total == 0:
        return None
    used = n > 0
    n, k, s = n[used], k[used], s[used]
    share, mean, rate = n / total, np.clip(s / n, 0, 1), k / n
    gaps = np.abs(rate - mean)
    estimate = float(share @ gaps)
    rng = np.random.default_rng(seed)
    calibrated = np.abs(rng.binomial(n, mean, size=(resamples, len(n))) / n - mean) @ share
    smooth = (k + 0.5) / (n + 1)
    noise = np.abs(rng.binomial(n, smooth, size=(resamples, len(n))) / n - smooth) @ share
    posterior = np.abs(rng.beta(k + 0.5, n - k + 0.5, size=(resamples, len(n))) - mean) @ share
    tail = (1 - level) / 2
    lower = max(0.0, estimate - float(np.quantile(noise, 1 - tail)))
    upper = min(1.0, max(estimate, float(np.quantile(posterior, 1 - tail))))
    p_value = (1 + int((calibrated >= estimate - 1e-12).sum())) / (1 + resamples)
    return CalibrationError(
        estimate,
        float(gaps.max()),
        float(calibrated.mean()),
        p_value,
        Bounds(lower, upper, level, "noise_corrected_beta"),
        total,
        len(n),
    )


def calibration_curve(
    rows: ArrayLike, positives: ArrayLike, predicted: ArrayLike, level: float = 0.95
) -> CalibrationCurve:
    """Predicted probability against rate with Wilson's interval, for each bin that has rows.

    Parameters as `expected_calibration_error`.
    """
    z = z_quantile(level)
    n, k, s = _bins(rows, positives, predicted)
    used = np.flatnonzero(n)
    n, k, s = n[used], k[used], s[used]
    lower, upper = score_bounds(k, n, z)
    return CalibrationCurve(used.astype(np.int64), n, s / n, k / n, lower, upper)


def brier_decomposition(
    rows: ArrayLike,
    positives: ArrayLike,
    predicted: ArrayLike,
    predicted_squares: ArrayLike,
    predicted_positives: ArrayLike,
) -> BrierDecomposition | None:
    """The Brier score split exactly into reliability, resolution, uncertainty and two terms within bins; `None` without rows.

    Parameters
    ----------
    rows, positives, predicted
        By bin: number of rows, number of positives, sum of predicted probabilities.
    predicted_squares, predicted_positives
        By bin: sum of squared predicted probabilities; sum of the predicted probabilities of positives.

    Source: Murphy (1973), Journal of Applied Meteorology 12:595; Stephenson, Coelho and Jolliffe (2008), Weather and
    Forecasting 23:752.
    """
    n, k, s = _bins(rows, positives, predicted)
    squares, products = np.asarray(predicted_squares, float), np.asarray(predicted_positives, float)
    total = int(n.sum())
    if total == 0:
        return None
    used = n > 0
    n, k, s, squares, products = n[used], k[used], s[used], squares[used], products[used]
    base, mean, rate = k.sum() / total, s / n, k / n
    return BrierDecomposition(
        brier=float((squares - 2 * products + k).sum() / total),
        reliability=float((n * (mean - rate) ** 2).sum() / total),
        resolution=float((n * (rate - base) ** 2).sum() / total),
        uncertainty=float(base * (1 - base)),
        within_bin_variance=float((squares - s * mean).sum() / total),
        within_bin_covariance=float(2 * (products - k * mean).sum() / total),
    )


_STEPS = 50
_NEAR_EDGE = 1e-6
"""How far scores are kept from 0 and 1, whose log odds are infinite."""


def calibration_slope(
    scores: ArrayLike, negatives: ArrayLike, positives: ArrayLike, level: float = 0.95
) -> CalibrationSlope | None:
    """The calibration slope from rows by score and outcome, with Wald's interval.

    `None` with one score or one outcome alone, or where scores separate the outcomes, so that the slope has no end.

    Parameters
    ----------
    scores
        Different scores, in [0, 1], shape (scores,).
    negatives, positives
        Rows (or what they weigh) of each outcome by score.

    Source: Cox (1958), Biometrika 45:562; Steyerberg (2019), Clinical Prediction Models, section 15.3.
    """
    z = z_quantile(level)
    p = np.clip(np.asarray(scores, float), _NEAR_EDGE, 1 - _NEAR_EDGE)
    below, above = np.asarray(negatives, float), np.asarray(positives, float)
    n = below + above
    x = np.log(p) - np.log1p(-p)
    used = n > 0
    x, n, above = x[used], n[used], above[used]
    if len(x) < 2 or float(x.max() - x.min()) == 0 or above.sum() <= 0 or above.sum() >= n.sum():
        return None
    # Centred and scaled, so that the information matrix is well conditioned whatever the scores' spread is.
    mean = float((n * x).sum() / n.sum())
    spread = math.sqrt(float((n * (x - mean) ** 2).sum() / n.sum()))
    u = (x - mean) / spread
    share = float(above.sum() / n.sum())
    at = np.array([math.log(share / (1 - share)), 0.0])
    design = np.stack([np.ones(len(u)), u])
    for _ in range(_STEPS):
        said = 1 / (1 + np.exp(-np.clip(at @ design, -30, 30)))
        information = (design * (n * said * (1 - said))) @ design.T
        if np.linalg.cond(information) > 1e12:
            return None
        step = np.linalg.solve(information, design @ (above - n * said))
        at = at + np.clip(step, -2, 2)
        if float(np.abs(at).max()) > 30:
            return None
        if float(np.abs(step).max()) < 1e-10:
            error = math.sqrt(float(np.linalg.inv(information)[1, 1])) / spread
            value = float(at[1]) / spread
            return CalibrationSlope(value, error, Bounds(value - z * error, value + z * error, level, "wald"))
    return None


def clipped_log_loss(outcomes: ArrayLike, probabilities: ArrayLike, clip: float = 1e-15) -> FloatArray:
    """The log loss of each row in nats, with probabilities kept `clip` away from 0 and 1 so that it stays finite.

    For an interval give number, sum and sum of squares to `intervals.mean_interval`; the same for squared errors and
    the Brier score.
    """
    y = np.asarray(outcomes).astype(bool)
    p = np.clip(np.asarray(probabilities, float), clip, 1 - clip)
    return np.asarray(-np.where(y, np.log(p), np.log1p(-p)), float)


def noise_floor(rows: ArrayLike, predicted: ArrayLike) -> float | None:
    """The expected calibration error that perfect calibration would show on average, in closed form (normal approximation).

    The sum over bins of share × sqrt(2 p (1 - p) / (pi n)). `None` without rows.
    """
    n, s = np.asarray(rows, float), np.asarray(predicted, float)
    if n.sum() == 0:
        return None
    used = n > 0
    p = np.clip(s[used] / n[used], 0, 1)
    return float((n[used] / n.sum() * np.sqrt(2 * p * (1 - p) / (math.pi * n[used]))).sum())


def _bins(
    rows: ArrayLike, positives: ArrayLike, predicted: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]:
    n, k, s = np.asarray(rows, np.int64), np.asarray(positives, np.int64), np.asarray(predicted, float)
    if not n.shape == k.shape == s.shape or n.ndim != 1:
        raise ValueError("rows, positives and predicted are one number per bin each")
    if np.any(k < 0) or np.any(k > n):
        raise ValueError("positives must lie between 0 and the number of rows of their bin")
    if np.any(s < -1e-9) or np.any(s > n * (1 + 1e-9) + 1e-9):
        raise ValueError("predicted probabilities of a bin add up to between 0 and its number of rows")
    return n, k, s
