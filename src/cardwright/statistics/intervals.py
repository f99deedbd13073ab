"""Intervals for one proportion, one mean, one difference or one ratio."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

FloatArray = NDArray[np.float64]
Real = int | float | Fraction


@dataclass(frozen=True)
class Bounds:
    """Where the true value lies, at a stated level."""

    lower: float
    upper: float
    level: float
    """Confidence level, e.g. 0.95."""
    method: str
    """Name in the literature, e.g. `wilson`."""


@dataclass(frozen=True)
class ProportionEstimate:
    """A proportion from clusters or weighted rows."""

    estimate: float
    standard_error: float | None
    """`None` where all or no trials succeeded: the data then do not show their own spread."""
    effective_n: float
    """As many independent rows would be as informative."""
    bounds: Bounds


@dataclass(frozen=True)
class MeanEstimate:
    """A mean and its spread."""

    estimate: float
    standard_error: float
    bounds: Bounds


def z_quantile(level: float) -> float:
    """The two-sided normal quantile of a confidence level: 1.96 for 0.95.

    >>> round(z_quantile(0.95), 6)
    1.959964
    """
    return float(special.ndtri(0.5 + check_level(level) / 2))


def check_level(level: float) -> float:
    """The level, if it lies strictly between 0 and 1; else `ValueError`."""
    if not 0 < level < 1:
        raise ValueError(f"a confidence level must lie between 0 and 1, for example 0.95; got {level}")
    return level


def wilson(successes: float, trials: float, level: float = 0.95) -> Bounds | None:
    """Wilson's score interval for a proportion; `None` without trials.

    `trials` may be an effective size. At no success the lower bound is exactly 0, at all successes the upper is exactly
    1.

    Source: Wilson (1927), JASA 22:209.

    >>> bounds = wilson(0, 10)
    >>> bounds.lower, round(bounds.upper, 4)
    (0.0, 0.2775)
    """
    _check_counts(successes, trials)
    if trials == 0:
        return None
    return _wilson(successes, trials, z_quantile(level), level, "wilson")


def wilson_arrays(successes: ArrayLike, trials: ArrayLike, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """`wilson` over arrays of one shape: lower and upper bounds, NaN where there are no trials."""
    return score_bounds(successes, trials, z_quantile(level))


def score_bounds(successes: ArrayLike, trials: ArrayLike, z: float) -> tuple[FloatArray, FloatArray]:
    """Wilson's bounds at a given quantile, over arrays; NaN where there are no trials."""
    k, n = np.asarray(successes, float), np.asarray(trials, float)
    if np.any(k < 0) or np.any(k > n):
        raise ValueError("successes must lie between 0 and the number of trials")
    n = np.where(n > 0, n, np.nan)
    p, zz = k / n, z * z
    centre = (p + zz / (2 * n)) / (1 + zz / n)
    half = z * np.sqrt(p * (1 - p) / n + zz / (4 * n * n)) / (1 + zz / n)
    # At no success and at no failure the bounds are exactly 0 and 1; the formula gives them only up to rounding, and a bound of
    # 1e-17 would rule out a rate of 0.
    lower = np.where(k == 0, 0.0, np.clip(centre - half, 0.0, p))
    upper = np.where(k == n, 1.0, np.clip(centre + half, p, 1.0))
    return np.where(np.isnan(n), np.nan, lower), np.where(np.isnan(n), np.nan, upper)


def clopper_pearson(successes: int, trials: int, level: float = 0.95) -> Bounds | None:
    """The exact binomial interval, which covers at least its level always; `None` without trials.

    Source: Clopper and Pearson (1934), Biometrika 26:404.
    """
    _check_counts(successes, trials)
    tail = (1 - check_level(level)) / 2
    if trials == 0:
        return None
    lower = 0.0 if successes == 0 else float(stats.beta.ppf(tail, successes, trials - successes + 1))
    upper = 1.0 if successes == trials else float(stats.beta.ppf(1 - tail, successes + 1, trials - successes))
    return Bounds(lower, upper, level, "clopper_pearson")


def newcombe(
    successes_1: float, trials_1: float, successes_2: float, trials_2: float, level: float = 0.95
) -> Bounds | None:
    """Newcombe's hybrid score interval (method 10) for the difference of two independent proportions, first minus second.

    `None` where either has no trials. For proportions of the same cases see `paired.newcombe_paired`.

    Source: Newcombe (1998), Statistics in Medicine 17:873.
    """
    first, second = wilson(successes_1, trials_1, level), wilson(successes_2, trials_2, level)
    if first is None or second is None:
        return None
    p1, p2 = successes_1 / trials_1, successes_2 / trials_2
    difference = p1 - p2
    lower = difference - math.hypot(p1 - first.lower, second.upper - p2)
    upper = difference + math.hypot(first.upper - p1, p2 - second.lower)
    return Bounds(max(-1.0, lower), min(1.0, upper), level, "newcombe")


def log_ratio(
    successes_1: float, trials_1: float, successes_2: float, trials_2: float, level: float = 0.95
) -> Bounds | None:
    """An interval for the ratio of two independent proportions, first over second, on the log scale.

    One half is added to the successes and one to the trials, so that no success and no failure keep a spread. At no
    success in the first the lower bound is 0. `None` where either has no trials, or the second no success (a ratio to
    0).

    Source: Katz et al. (1978), Biometrics 34:469, with the additions of Agresti (1999), Biometrics 55:597.
    """
    _check_counts(successes_1, trials_1)
    _check_counts(successes_2, trials_2)
    z = z_quantile(level)
    if trials_1 == 0 or trials_2 == 0 or successes_2 == 0:
        return None
    ratio = (successes_1 / trials_1) / (successes_2 / trials_2)
    k1, n1, k2, n2 = successes_1 + 0.5, trials_1 + 1.0, successes_2 + 0.5, trials_2 + 1.0
    log = math.log((k1 / n1) / (k2 / n2))
    half = z * math.sqrt(1 / k1 - 1 / n1 + 1 / k2 - 1 / n2)
    lower = 0.0 if successes_1 == 0 else min(ratio, math.exp(log - half))
    return Bounds(lower, max(ratio, math.exp(log + half)), level, "log_ratio")


def weighted_proportion(
    weighted_successes: float,
    weights: float,
    squared_weights_of_successes: float,
    squared_weights: float,
    level: float = 0.95,
) -> ProportionEstimate | None:
    """A proportion of weighted rows with Wilson's interval at the effective size that its linearised variance gives.

    The estimate is a ratio of two weighted sums, so that its variance is Taylor's, the sum of (w (y - p))^2 over the square
    of all weights; p (1 - p) divided by it is an effective size. Kish's, which only knows how much weights differ, is right
    where weights have nothing to do with the outcome: it is too large where heavy rows succeed, and far too small where
    successes are light, as in a sample that took every rare case and few of the others. A variance that rests on few
    successes is uncertain in itself (`effective_size`). Where no or all rows succeed it is 0 and says nothing; the size
    is then Kish's. Rows of one weight have the interval of unweighted rows. `None` without weight.

    Parameters
    ----------
    weighted_successes, weights
        Sums of weights: of the successes, of all rows.
    squared_weights_of_successes, squared_weights
        Sums of squared weights, likewise.

    Source: Cochran (1977), Sampling Techniques, 6.3; Korn and Graubard (1998), Survey Methodology 24:193; Kish (1965),
    Survey Sampling, 11.7.

    Examples
    --------
    Ten rare cases of weight 1 beside a hundred common ones of weight 50: as good as thousands of rows of one weight.

    >>> found = weighted_proportion(10, 10 + 100 * 50, 10, 10 + 100 * 50**2)
    >>> round(found.estimate, 5), round(found.effective_n)
    (0.002, 3699)
    """
    _check_counts(weighted_successes, weights)
    if weights == 0:
        return None
    if squared_weights <= 0:
        raise ValueError("weights were counted, but their squares do not add up to a positive number")
    if not 0 <= squared_weights_of_successes <= squared_weights * (1 + 1e-9):
        raise ValueError("the squared weights of the successes are part of all squared weights")
    p, z = weighted_successes / weights, z_quantile(level)
    above, below = squared_weights_of_successes, max(0.0, squared_weights - squared_weights_of_successes)
    variance = ((1 - p) ** 2 * above + p**2 * below) / weights**2
    size = effective_size(
        p,
        variance,
        successes=(weighted_successes, above),
        failures=(weights - weighted_successes, below),
        alike=weights * weights / squared_weights,
        level=level,
    )
    bounds = _wilson(p * size, size, z, level, "wilson_effective_n")
    return ProportionEstimate(p, math.sqrt(variance) if 0 < p < 1 else None, size, bounds)


def effective_size(
    p: float,
    variance: float,
    *,
    successes: tuple[float, float],
    failures: tuple[float, float],
    alike: float,
    level: float = 0.95,
    df: float = math.inf,
) -> float:
    """How many independent rows of one weight would give a proportion as wide an interval as its variance does.

    The size p (1 - p) / variance, made smaller as Korn and Graubard do, by the square of the normal over Student's quantile:
    a variance made of few rows or persons is itself uncertain. How many degrees of freedom it has is Satterthwaite's
    answer, with the effective numbers of successes and of failures. That is too cautious while few succeed; so it is left
    out as far as the size is no larger than `alike`, which a variance that had nothing to do with the outcome would give.

    Parameters
    ----------
    p, variance
        The proportion and its estimated variance. Where p is 0 or 1, or the variance 0, the answer is `alike`.
    successes, failures
        Of each the sum of weights and the sum of squared weights, or of the totals of persons.
    alike
        The size if only weights, or the sizes of clusters, mattered: Kish's.
    df
        The most degrees of freedom that the variance can have, such as persons - 1.

    Source: Korn and Graubard (1998), Survey Methodology 24:193, section 3; Satterthwaite (1946), Biometrics Bulletin 2:110.
    What coverage this gives: `benchmarks/interval_coverage.py`.
    """
    z = z_quantile(level)

    def shrunk(size: float, df: float) -> float:
        return size if math.isinf(df) else size * (z / float(stats.t.ppf(0.5 + level / 2, df))) ** 2

    if not 0 < p < 1 or variance <= 0:
        return shrunk(alike, df)
    size = p * (1 - p) / variance
    parts = [
        (share**2 * squares, total * total / squares)
        for share, (total, squares) in ((1 - p, successes), (p, failures))
        if squares > 0
    ]
    spread = sum(part * part / count for part, count in parts)
    satterthwaite = sum(part for part, _ in parts) ** 2 / spread if spread > 0 else 1.0
    return max(shrunk(size, min(df, max(1.0, satterthwaite))), min(shrunk(size, df), shrunk(alike, df)))


def cluster_proportion(
    successes: ArrayLike,
    trials: ArrayLike,
    level: float = 0.95,
    *,
    weighted: bool = False,
) -> ProportionEstimate | None:
    """A proportion of rows that come in clusters, such as several rows of one person.

    The ratio estimator's between-cluster variance, jackknifed, since few clusters of unequal size make the plain one too
    small; then an effective size (`effective_size`, with clusters - 1 degrees of freedom), and at that Wilson's interval. It
    is never above the number of rows where these are not weighted. Where no or all rows succeed the variance is 0 and says
    nothing; the effective size is then that of rows alike within a cluster, the most cautious. `None` with fewer than two
    clusters that have rows.

    Parameters
    ----------
    successes, trials
        One number per cluster; sums of weights if `weighted`.

    Source: Cochran (1977), Sampling Techniques, 6.3; Wolter (2007), Introduction to Variance Estimation, 4.5 (jackknife);
    Bell and McCaffrey (2002), Survey Methodology 28:169 (why the plain one is too small); Korn and Graubard (1998), Survey
    Methodology 24:193; Dean and Pavlou (2015).
    """
    y, m = np.asarray(successes, float), np.asarray(trials, float)
    if y.shape != m.shape or y.ndim != 1:
        raise ValueError("successes and trials are one number per cluster each")
    if np.any(y < 0) or np.any(y > m):
        raise ValueError("successes must lie between 0 and the number of trials")
    check_level(level)
    y, m = y[m > 0], m[m > 0]
    clusters, whole = len(m), float(m.sum())
    if clusters < 2:
        return None
    p = float(y.sum()) / whole
    # How far the estimate moves when a cluster is left out; one that holds all the weight leaves nothing to compare with.
    rest = np.maximum(1 - m / whole, 1 / clusters**2)
    variance = (clusters - 1) / clusters * float((((y - p * m) / rest) ** 2).sum()) / whole**2
    alike = whole**2 / float((m * m).sum())
    if variance == 0 and 0 < p < 1 and not weighted:
        effective = whole  # every cluster is like the whole: rows are as good as independent
    else:
        effective = effective_size(
            p,
            variance,
            successes=(float(y.sum()), float((y * y).sum())),
            failures=(float((m - y).sum()), float(((m - y) ** 2).sum())),
            alike=alike,
            level=level,
            df=clusters - 1,
        )
    # Clusters can be more unlike within than between; that is no licence for more rows than were counted.
    if not weighted:
        effective = min(whole, effective)
    bounds = _wilson(p * effective, effective, z_quantile(level), level, "wilson_cluster_robust")
    return ProportionEstimate(p, math.sqrt(variance) if 0 < p < 1 else None, effective, bounds)


def mean_interval(n: int, total: Real, squares: Real, level: float = 0.95) -> MeanEstimate | None:
    """Student's interval for a mean from the number of values, their sum and their sum of squares.

    `None` with fewer than two values. Exact sums (`fractions.Fraction`) avoid cancellation where the mean is far from
    0.
    """
    check_level(level)
    if n < 2:
        return None
    exact_total = _exact(total)
    mean = exact_total / int(n)
    variance = max(0.0, float((_exact(squares) - exact_total * mean) / int(n - 1)))
    error = math.sqrt(variance / n)
    half = float(stats.t.ppf(0.5 + level / 2, n - 1)) * error
    return MeanEstimate(float(mean), error, Bounds(float(mean) - half, float(mean) + half, level, "student_t"))


def rogan_gladen(
    apparent_positives: float,
    tested: float,
    detected: float,
    truly_positive: float,
    cleared: float,
    truly_negative: float,
    level: float = 0.95,
    least_youden: float = 0.3,
) -> tuple[float, Bounds] | None:
    """The share of true positives behind an imperfect detector, corrected by its measured sensitivity and specificity.

    p = (apparent + Sp - 1) / (Se + Sp - 1), cut to 0..1; the interval adds the sampling errors of all three proportions
    (delta method with one added success and failure each, as Lang and Reiczigel propose). `None` where a count is 0
    below the line, or where Se + Sp - 1 is under `least_youden`: so weak a detector cannot be corrected, only replaced.

    Parameters
    ----------
    apparent_positives, tested
        What the detector flagged, of how many.
    detected, truly_positive
        Sensitivity: flagged among cases known to be positive.
    cleared, truly_negative
        Specificity: not flagged among cases known to be negative.

    Source: Rogan and Gladen (1978), American Journal of Epidemiology 107:71; Lang and Reiczigel (2014), Preventive
    Veterinary Medicine 113:13.
    """
    z = z_quantile(level)
    for flagged, of in ((apparent_positives, tested), (detected, truly_positive), (cleared, truly_negative)):
        _check_counts(flagged, of)
    if min(tested, truly_positive, truly_negative) == 0:
        return None
    youden = detected / truly_positive + cleared / truly_negative - 1
    if youden < least_youden:
        return None
    estimate = min(1.0, max(0.0, (apparent_positives / tested + cleared / truly_negative - 1) / youden))
    # Lang and Reiczigel (2014): an add-z²/2 proportion for the apparent share, add-one for the detector's.
    n, n_se, n_sp = tested + z * z, truly_positive + 2.0, truly_negative + 2.0
    p = (apparent_positives + z * z / 2) / n
    se, sp = (detected + 1.0) / n_se, (cleared + 1.0) / n_sp
    j = se + sp - 1
    corrected = (p + sp - 1) / j
    shift = 2 * z * z * (corrected * se * (1 - se) / n_se - (1 - corrected) * sp * (1 - sp) / n_sp)
    variance = p * (1 - p) / n + (1 - corrected) ** 2 * sp * (1 - sp) / n_sp + corrected**2 * se * (1 - se) / n_se
    half = z * math.sqrt(variance) / j
    lower = min(estimate, max(0.0, corrected + shift - half))
    upper = max(estimate, min(1.0, corrected + shift + half))
    return float(estimate), Bounds(float(lower), float(upper), level, "rogan_gladen")


def _wilson(successes: float, trials: float, z: float, level: float, method: str) -> Bounds:
    """`score_bounds` of one proportion, operation for operation, without the cost of an array."""
    k, n, zz = float(min(successes, trials)), float(trials), z * z
    p = k / n
    centre = (p + zz / (2 * n)) / (1 + zz / n)
    half = z * math.sqrt(p * (1 - p) / n + zz / (4 * n * n)) / (1 + zz / n)
    lower = 0.0 if k == 0 else min(max(centre - half, 0.0), p)
    upper = 1.0 if k == n else min(max(centre + half, p), 1.0)
    return Bounds(lower, upper, level, method)


def _exact(number: Any) -> Fraction:
    return Fraction(number.item() if isinstance(number, np.generic) else number)


def _check_counts(successes: Any, trials: Any) -> None:
    if not 0 <= successes <= trials:
        raise ValueError(f"successes must lie between 0 and the number of trials; got {successes} of {trials}")
