"""Two yes/no results on the same cases: a candidate and a baseline, an original and its counterfactual.

Cases are counted in a 2 × 2 table: `both` succeeded, only the `first`, only the `second`, `neither`. Only the
discordant ones, in the middle, tell the two apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from scipy import stats

from cardwright.statistics.intervals import Bounds, check_level, wilson, z_quantile


@dataclass(frozen=True)
class McNemar:
    """McNemar's test that the first result succeeds as often as the second."""

    p_value: float
    statistic: float | None
    """Chi-squared; `None` for the exact forms."""
    method: Literal["mcnemar_exact", "mcnemar_mid_p", "mcnemar_chi2"]
    discordant: int


@dataclass(frozen=True)
class PairedDifference:
    """The first rate minus the second, over the same cases."""

    estimate: float
    bounds: Bounds
    cases: int


def mcnemar(only_first: int, only_second: int, method: Literal["auto", "exact", "mid_p", "chi2"] = "auto") -> McNemar:
    """McNemar's two-sided test from the discordant cases; without any the p-value is 1.

    Parameters
    ----------
    only_first, only_second
        Cases where only the one or only the other succeeded.
    method
        `auto` is exact (binomial) below 25 discordant cases and chi-squared without continuity correction from there;
        `mid_p` is less cautious than the exact one and in between at any number.

    Source: McNemar (1947), Psychometrika 12:153; Fagerland, Lydersen and Laake (2013), BMC Medical Research Methodology
    13:91.
    """
    _check(only_first, only_second)
    n, least = only_first + only_second, min(only_first, only_second)
    chosen = ("exact" if n < 25 else "chi2") if method == "auto" else method
    if chosen == "chi2":
        statistic = float((only_first - only_second) ** 2 / n) if n else 0.0
        return McNemar(float(stats.chi2.sf(statistic, 1)), statistic, "mcnemar_chi2", n)
    exact = min(1.0, 2 * float(stats.binom.cdf(least, n, 0.5)))
    if chosen == "exact":
        return McNemar(exact, None, "mcnemar_exact", n)
    itself = float(stats.binom.pmf(least, n, 0.5))
    p = (
        1.0
        if n == 0
        else 1 - itself
        if only_first == only_second
        else 2 * float(stats.binom.cdf(least, n, 0.5)) - itself
    )
    return McNemar(min(1.0, p), None, "mcnemar_mid_p", n)


IntervalMethod = Literal["tango", "newcombe_paired", "agresti_min"]


def paired_difference(
    both: int,
    only_first: int,
    only_second: int,
    neither: int,
    level: float = 0.95,
    method: IntervalMethod = "tango",
) -> PairedDifference | None:
    """The first rate minus the second over the same cases, with an interval; `None` without cases.

    Parameters
    ----------
    both, only_first, only_second, neither
        Numbers of cases.
    method
        `tango`: the score interval, sound from few cases; `newcombe_paired`: Newcombe's hybrid score interval (method
        10, with continuity correction of the correlation); `agresti_min`: Wald's with half a case added to each cell.

    Source: Tango (1998), Statistics in Medicine 17:891; Newcombe (1998), Statistics in Medicine 17:2635; Agresti and
    Min (2005), Statistics in Medicine 24:729.
    """
    _check(both, only_first, only_second, neither)
    z = z_quantile(level)
    n = both + only_first + only_second + neither
    if n == 0:
        return None
    estimate = float((only_first - only_second) / n)
    lower, upper = _INTERVALS[method](both, only_first, only_second, neither, z, level)
    bounds = Bounds(max(-1.0, min(lower, estimate)), min(1.0, max(upper, estimate)), level, method)
    return PairedDifference(estimate, bounds, n)


def _tango(a: float, b: float, c: float, d: float, z: float, level: float) -> tuple[float, float]:
    n = a + b + c + d

    def reached(delta: float) -> bool:
        # The score statistic of a hypothetical difference is within z.
        linear = -b - c + (2 * n - b + c) * delta
        constant = -c * delta * (1 - delta)
        only_second = (math.sqrt(max(0.0, linear**2 - 8 * n * constant)) - linear) / (4 * n)
        variance = n * (2 * only_second + delta * (1 - delta))
        return abs(b - c - n * delta) <= z * math.sqrt(max(0.0, variance))

    estimate = (b - c) / n
    return _edge(reached, estimate, -1.0), _edge(reached, estimate, 1.0)


def _edge(reached: Callable[[float], bool], inside: float, outside: float) -> float:
    if reached(outside):
        return outside
    for _ in range(100):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if reached(middle) else (inside, middle)
    return inside


def _newcombe_paired(a: int, b: int, c: int, d: int, z: float, level: float) -> tuple[float, float]:
    n = a + b + c + d
    p1, p2 = (a + b) / n, (a + c) / n
    first, second = wilson(a + b, n, level), wilson(a + c, n, level)
    if first is None or second is None:
        raise ValueError("no cases")
    product = float(a + b) * (c + d) * (a + c) * (b + d)
    excess = a * d - b * c
    phi = 0.0 if product == 0 else (max(excess - n / 2, 0.0) if excess > 0 else excess) / math.sqrt(product)

    def half(one: float, two: float) -> float:
        return math.sqrt(max(0.0, one * one - 2 * phi * one * two + two * two))

    estimate = p1 - p2
    return (
        estimate - half(p1 - first.lower, second.upper - p2),
        estimate + half(first.upper - p1, p2 - second.lower),
    )


def _agresti_min(a: int, b: int, c: int, d: int, z: float, level: float) -> tuple[float, float]:
    n = a + b + c + d + 2
    p, q = (b + 0.5) / n, (c + 0.5) / n
    half = z * math.sqrt((p + q - (p - q) ** 2) / n)
    return p - q - half, p - q + half


_INTERVALS: dict[IntervalMethod, Callable[[int, int, int, int, float, float], tuple[float, float]]] = {
    "tango": _tango,
    "newcombe_paired": _newcombe_paired,
    "agresti_min": _agresti_min,
}


def _check(*counts: int) -> None:
    if any(count < 0 for count in counts):
        raise ValueError("counts are not negative")


PairedCounts = tuple[int, int, int, int]
"""Of one cluster: cases in which both succeeded, only the first, only the second, neither."""


def clustered_paired_difference(clusters: Sequence[PairedCounts], level: float = 0.95) -> PairedDifference | None:
    """The first rate minus the second over paired cases that come in clusters; `None` without cases.

    With one case a cluster this is Tango's interval. Otherwise it reaches over two: Student's with the between-cluster variance
    of the ratio estimator, and Tango's at as many cases as there are clusters, for clusters that are few or do
    not differ.

    Parameters
    ----------
    clusters
        Counts of each; those without cases take no part.

    Source: Obuchowski (1998), Statistics in Medicine 17:1495 (paired rates in clusters); Tango (1998), Statistics in Medicine
    17:891; Cochran (1977), Sampling Techniques, 6.3.
    """
    for cluster in clusters:
        _check(*cluster)
    held = [cluster for cluster in clusters if sum(cluster)]
    k, n = len(held), sum(map(sum, held))
    if not n:
        return None
    a, b, c, d = (sum(cluster[cell] for cluster in held) for cell in range(4))
    if k == n:
        return paired_difference(a, b, c, d, level)
    estimate = (b - c) / n
    share = k / n
    lower, upper = _tango(a * share, b * share, c * share, d * share, z_quantile(level), level)
    if k > 1:
        residuals = sum((one[1] - one[2] - estimate * sum(one)) ** 2 for one in held)
        half = float(stats.t.ppf((1 + level) / 2, k - 1)) * math.sqrt(k / (k - 1) * residuals) / n
        lower, upper = min(lower, estimate - half), max(upper, estimate + half)
    bounds = Bounds(max(-1.0, min(lower, estimate)), min(1.0, max(upper, estimate)), level, "tango_cluster")
    return PairedDifference(estimate, bounds, n)


@dataclass(frozen=True)
class SignFlip:
    """The exact test that either result is as often the better one, cluster by cluster."""

    p_value: float
    method: Literal["mcnemar_exact", "sign_flip_exact"]


def clustered_mcnemar(clusters: Sequence[PairedCounts]) -> SignFlip:
    """How often chance alone, turning each cluster's difference round or not, would reach the difference at hand; two-sided.

    With one case a cluster this is McNemar's exact test. The distribution is exact: sums of signs are whole numbers.

    >>> clustered_mcnemar([(0, 1, 0, 0)] * 6).p_value == mcnemar(6, 0, "exact").p_value
    True
    """
    differences = [abs(one[1] - one[2]) for one in clusters if one[1] != one[2]]
    observed = abs(sum(one[1] - one[2] for one in clusters))
    chances = {0: 1.0}
    for size in differences:
        following: dict[int, float] = {}
        for total, chance in chances.items():
            for reached in (total + size, total - size):
                following[reached] = following.get(reached, 0.0) + chance / 2
        chances = following
    p = min(1.0, math.fsum(chance for total, chance in chances.items() if abs(total) >= observed))
    single = all(sum(one) <= 1 for one in clusters)
    return SignFlip(p, "mcnemar_exact" if single else "sign_flip_exact")


@dataclass(frozen=True)
class MeanDifference:
    """A mean of differences between paired numbers."""

    estimate: float
    bounds: Bounds | None
    """`None` of one cluster, or where all clusters differ alike: their spread is then not known."""
    p_value: float | None
    """Student's, two-sided, that the mean is 0; `None` likewise."""
    cases: int
    clusters: int


def clustered_mean(clusters: Sequence[Sequence[float]], level: float = 0.95) -> MeanDifference | None:
    """The mean of numbers that come in clusters, with Student's interval; `None` without numbers, or with too large ones.

    With one number a cluster this is the interval of the paired t test, if the numbers are differences. Otherwise the variance is
    that of the ratio estimator between clusters, on as many degrees of freedom as there are clusters less one.

    Parameters
    ----------
    clusters
        Numbers of each; those without numbers take no part.

    Source: Cochran (1977), Sampling Techniques, 6.3; Student (1908), Biometrika 6:1.

    >>> round(clustered_mean([[1.0], [2.0], [3.0]]).bounds.lower, 6)
    -0.484138
    """
    check_level(level)
    held = [cluster for cluster in clusters if len(cluster)]
    k, n = len(held), sum(map(len, held))
    if not n:
        return None
    estimate = sum(map(sum, held)) / n
    residuals = [sum(cluster) - estimate * len(cluster) for cluster in held]
    # Scaled, so that squares of large numbers do not overflow.
    most = max(map(abs, residuals))
    if not math.isfinite(estimate) or not math.isfinite(most):
        return None
    scale = max(abs(number) for cluster in held for number in cluster)
    if k < 2 or most <= 1e-12 * scale:
        return MeanDifference(estimate, None, None, n, k)
    error = most * math.sqrt(k / (k - 1) * sum((one / most) ** 2 for one in residuals)) / n
    half = float(stats.t.ppf((1 + level) / 2, k - 1)) * error
    if not math.isfinite(half) or not math.isfinite(abs(estimate) + half):
        return None
    p_value = 2 * float(stats.t.sf(abs(estimate) / error, k - 1))
    return MeanDifference(estimate, Bounds(estimate - half, estimate + half, level, "student_cluster"), p_value, n, k)
