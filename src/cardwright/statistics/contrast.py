"""One part of the rows against the rest: mean losses, their difference, how much of all loss a part holds, and its lift.

A loss is 0 or 1 (a wrong decision) or a number that is not negative (an absolute error). Rows can have weights, and belong to
clusters (a person with several rows). Independent rows of equal weight get the interval of their kind; the others get one
from the linearised estimator, whose residuals are added up within clusters.

Source of the linearised forms: Taylor linearisation of ratios, Särndal, Swensson and Wretman (1992), Model Assisted Survey
Sampling, sections 5.5 and 5.6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from cardwright.statistics.intervals import Bounds, FloatArray, check_level, mean_interval, newcombe, wilson, z_quantile

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Losses:
    """The loss of every row, and how rows count."""

    loss: FloatArray
    binary: bool
    """Whether every loss is 0 or 1."""
    weight: FloatArray | None = None
    cluster: NDArray[np.int64] | None = None
    """Whole numbers, equal where rows belong to one case."""

    @property
    def plain(self) -> bool:
        """Whether rows are independent and of equal weight."""
        return self.weight is None and self.cluster is None

    def weights(self) -> FloatArray:
        """Of every row; 1 where none are given."""
        return np.ones(len(self.loss)) if self.weight is None else self.weight

    def take(self, rows: BoolArray) -> Losses:
        """Some of the rows."""
        return Losses(
            self.loss[rows],
            self.binary,
            None if self.weight is None else self.weight[rows],
            None if self.cluster is None else self.cluster[rows],
        )

    def units(self, rows: BoolArray) -> int:
        """How many independent cases some rows are."""
        return int(rows.sum()) if self.cluster is None else len(np.unique(self.cluster[rows]))


@dataclass(frozen=True)
class Contrast:
    """A number about a part of the rows."""

    value: float
    bounds: Bounds | None
    p_value: float | None = None
    method: str | None = None
    """Of the test."""

    def scaled(self, factor: float) -> Contrast:
        """The same in another unit, of which there are `factor` > 0 to one of this."""
        bounds = self.bounds
        if bounds is not None:
            bounds = Bounds(bounds.lower * factor, bounds.upper * factor, bounds.level, bounds.method)
        return Contrast(self.value * factor, bounds, self.p_value, self.method)


def weighted_spread(values: FloatArray, weight: FloatArray | None) -> float | None:
    """The standard deviation of some numbers, each counted by its weight; None if they do not vary, or weigh nothing.

    >>> weighted_spread(np.array([1.0, 3.0, 9.0]), np.array([1.0, 1.0, 0.0]))
    1.0
    """
    kept = values if weight is None else values[weight > 0]
    if len(kept) == 0 or float(kept.min()) == float(kept.max()):
        return None
    mean = float(np.average(values, weights=weight))
    return float(np.sqrt(np.average((values - mean) ** 2, weights=weight)))


def _error(losses: Losses, residuals: FloatArray) -> tuple[float, int]:
    """Standard error of a linearised estimator from the weighted residual of each row, and how many cases stand behind it."""
    if losses.cluster is None:
        sums: FloatArray = residuals
        units = int((losses.weights() > 0).sum())
    else:
        present, inverse = np.unique(losses.cluster, return_inverse=True)
        sums, units = np.asarray(np.bincount(inverse.reshape(-1), weights=residuals), float), len(present)
    if units < 2:
        return math.nan, units
    return math.sqrt(units / (units - 1) * float((sums**2).sum())), units


def mean_loss(losses: Losses, level: float = 0.95) -> Contrast | None:
    """The mean loss: Wilson's interval for shares, Student's for means; at the effective number of cases of other rows.

    `None` where there are no rows, or all weigh nothing.
    """
    check_level(level)
    weight = losses.weights()
    total = float(weight.sum())
    if total <= 0:
        return None
    value = float((weight * losses.loss).sum()) / total
    if losses.plain and losses.binary:
        count, rows = int(losses.loss.sum()), len(losses.loss)
        return Contrast(count / rows, wilson(count, rows, level))
    if losses.plain:
        student = mean_interval(
            len(losses.loss), Fraction(math.fsum(losses.loss)), Fraction(math.fsum(losses.loss**2)), level
        )
        if student is None:
            return Contrast(value, None)
        return Contrast(
            student.estimate, Bounds(max(0.0, student.bounds.lower), student.bounds.upper, level, "student_t")
        )
    error, units = _error(losses, weight * (losses.loss - value) / total)
    if math.isnan(error):
        return Contrast(value, None)
    if losses.binary:
        if 0 < value < 1 and error > 0:
            size = min(value * (1 - value) / error**2, float(units))
        else:
            _, by_case = np.unique(
                np.arange(len(weight)) if losses.cluster is None else losses.cluster, return_inverse=True
            )
            sums = np.bincount(by_case.reshape(-1), weights=weight)
            size = float(sums.sum() ** 2 / (sums**2).sum())
        bounds = wilson(min(max(value, 0.0), 1.0) * size, size, level)
        assert bounds is not None
        return Contrast(value, Bounds(bounds.lower, bounds.upper, level, "wilson_linearised"))
    half = float(stats.t.ppf(0.5 + level / 2, units - 1)) * error
    return Contrast(value, Bounds(max(0.0, value - half), value + half, level, "linearised"))


def difference_to_rest(
    losses: Losses, inside: BoolArray, level: float = 0.95, *, greater: bool = False
) -> Contrast | None:
    """The mean loss of a part minus that of all other rows, with a test that they are equal; `None` where either is empty.

    Parameters
    ----------
    losses
        All rows.
    inside
        Which of them are the part, shape (n,).
    greater
        Whether the test is one-sided: that the part's loss is no greater.

    Plain shares: Newcombe's interval; Fisher's exact test where a cell is expected below five, else the score test. Plain means:
    Welch's. Others: linearised, normal.
    """
    check_level(level)
    weight = losses.weights()
    within, without = float(weight[inside].sum()), float(weight[~inside].sum())
    if within <= 0 or without <= 0:
        return None
    first = float((weight * losses.loss)[inside].sum()) / within
    second = float((weight * losses.loss)[~inside].sum()) / without
    value = first - second
    if losses.plain and losses.binary:
        a, n = int(losses.loss[inside].sum()), int(inside.sum())
        c, m = int(losses.loss[~inside].sum()), int((~inside).sum())
        p, method = _two_shares(a, n, c, m, greater)
        return Contrast(value, newcombe(a, n, c, m, level), p, method)
    if losses.plain:
        x, y = losses.loss[inside], losses.loss[~inside]
        if len(x) < 2 or len(y) < 2:
            return Contrast(value, None)
        vx, vy = float(x.var(ddof=1)) / len(x), float(y.var(ddof=1)) / len(y)
        error = math.sqrt(vx + vy)
        if error == 0:
            return Contrast(value, None)
        df = (vx + vy) ** 2 / (vx**2 / (len(x) - 1) + vy**2 / (len(y) - 1))
        half = float(stats.t.ppf(0.5 + level / 2, df)) * error
        t = value / error
        p = float(stats.t.sf(t, df)) if greater else 2 * float(stats.t.sf(abs(t), df))
        return Contrast(value, Bounds(value - half, value + half, level, "welch"), min(1.0, p), "welch")
    residual = np.where(inside, (losses.loss - first) / within, -(losses.loss - second) / without)
    return _normal(losses, weight * residual, value, level, greater=greater)


def _normal(
    losses: Losses, residuals: FloatArray, value: float, level: float, *, greater: bool, lowest: float = -math.inf
) -> Contrast:
    error, _ = _error(losses, residuals)
    if math.isnan(error) or error == 0:
        return Contrast(value, None)
    half = z_quantile(level) * error
    z = value / error
    p = float(stats.norm.sf(z)) if greater else 2 * float(stats.norm.sf(abs(z)))
    return Contrast(
        value, Bounds(max(lowest, value - half), value + half, level, "linearised"), min(1.0, p), "linearised_z"
    )


def _two_shares(a: int, n: int, c: int, m: int, greater: bool) -> tuple[float, str]:
    """A test that two independent shares are equal."""
    wrong, right = a + c, n + m - a - c
    if min(wrong, right) * min(n, m) < 5 * (n + m):
        table = [[a, n - a], [c, m - c]]
        exact_test = stats.fisher_exact(table, alternative="greater" if greater else "two-sided")
        return min(1.0, float(exact_test[1])), "fisher_exact"
    pooled = wrong / (n + m)
    z = (a / n - c / m) / math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return (float(stats.norm.sf(z)), "score_z") if greater else (2 * float(stats.norm.sf(abs(z))), "score_z")


def coverage(losses: Losses, inside: BoolArray, level: float = 0.95) -> Contrast | None:
    """The share of all loss that falls on a part of the rows; `None` where there is no loss at all.

    Of plain wrong decisions it is a share of independent cases, with Wilson's interval; else the linearised ratio's.
    """
    weight = losses.weights()
    total = float((weight * losses.loss).sum())
    if total <= 0:
        return None
    value = float((weight * losses.loss)[inside].sum()) / total
    if losses.plain and losses.binary:
        a, errors = int(losses.loss[inside].sum()), int(losses.loss.sum())
        return Contrast(a / errors, wilson(a, errors, level))
    linearised = _normal(
        losses, weight * losses.loss * (inside - value) / total, value, level, greater=False, lowest=0.0
    )
    if linearised.bounds is None:
        return Contrast(value, None)
    lower, upper = min(linearised.bounds.lower, value), max(value, min(1.0, linearised.bounds.upper))
    return Contrast(value, Bounds(lower, upper, level, "linearised"))


def lift(losses: Losses, inside: BoolArray, level: float = 0.95) -> Contrast | None:
    """The mean loss of a part over the mean loss of all rows; `None` where the part is empty or there is no loss at all.

    The interval is the linearised one on the log scale; there is none where the part has no loss.
    """
    weight = losses.weights()
    total, within = float(weight.sum()), float(weight[inside].sum())
    every, here = float((weight * losses.loss).sum()), float((weight * losses.loss)[inside].sum())
    if within <= 0 or every <= 0:
        return None
    value = (here / within) / (every / total)
    if here <= 0:
        return Contrast(0.0, None)
    residual = losses.loss * inside / here - inside / within - losses.loss / every + 1 / total
    error, _ = _error(losses, weight * residual)
    if math.isnan(error):
        return Contrast(value, None)
    half = z_quantile(level) * error
    return Contrast(value, Bounds(value * math.exp(-half), value * math.exp(half), level, "log_linearised"))


def mean_change(losses: Losses, level: float = 0.95) -> Contrast | None:
    """The mean of paired differences, of either sign, with a test that it is 0; `None` where there are no rows.

    Student's paired test; linearised and normal where rows are weighted or clustered. No interval for one case, or where all
    differences are the same.
    """
    check_level(level)
    weight = losses.weights()
    total = float(weight.sum())
    if total <= 0:
        return None
    value = float((weight * losses.loss).sum()) / total
    if not losses.plain:
        return _normal(losses, weight * (losses.loss - value) / total, value, level, greater=False)
    n = len(losses.loss)
    spread = float(losses.loss.std(ddof=1)) if n > 1 else 0.0
    if spread == 0:
        return Contrast(value, None)
    error = spread / math.sqrt(n)
    half = float(stats.t.ppf(0.5 + level / 2, n - 1)) * error
    p = 2 * float(stats.t.sf(abs(value) / error, n - 1))
    return Contrast(
        value, Bounds(value - half, value + half, level, "student_t_paired"), min(1.0, p), "student_t_paired"
    )
