"""How many cases a comparison needs before it is made: the number that shows the smallest effect that matters.

Normal approximations of the literature, as sample sizes are planned; each says its source. A design effect takes clusters into
account. Numbers are rounded up, and a size that would exceed 10 million is `None`: no study of that size is planned by formula.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy import stats

LARGEST = 10_000_000
"""Beyond this many cases no size is given."""


@dataclass(frozen=True)
class SampleSize:
    """How many cases are needed."""

    cases: int
    """Cases in each of two groups, or pairs."""
    method: str
    """Formula, by its name in the literature."""
    power: float
    """The power at that size, by the same formula."""


def two_proportions(
    first: float, second: float, *, power: float = 0.8, alpha: float = 0.05, two_sided: bool = True
) -> SampleSize | None:
    """Cases in each of two independent groups, so that a difference of proportions is shown; `None` if they are equal.

    Source: Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, eq. 4.14, without continuity correction.

    >>> two_proportions(0.6, 0.7).cases
    356
    """
    _check(power, alpha)
    for rate in (first, second):
        if not 0 <= rate <= 1:
            raise ValueError("a proportion must lie between 0 and 1")
    if first == second:
        return None
    mean, difference = (first + second) / 2, abs(first - second)
    null = math.sqrt(2 * mean * (1 - mean))
    spread = math.sqrt(first * (1 - first) + second * (1 - second))
    z = _z(alpha, two_sided)

    def reached(n: int) -> float:
        return _phi((difference * math.sqrt(n) - z * null) / spread) if spread else 1.0

    return _size((z * null + _quantile(power) * spread) ** 2 / difference**2, reached, "fleiss_two_proportions")


def paired_proportions(
    only_first: float, only_second: float, *, power: float = 0.8, alpha: float = 0.05, two_sided: bool = True
) -> SampleSize | None:
    """Pairs, so that McNemar's test shows a difference of two results on the same cases; `None` if there is none.

    Parameters
    ----------
    only_first, only_second
        Shares of all pairs in which only the one or only the other is right. Their difference is the effect; their sum says how
        often the two disagree, and is what the size hangs on.

    Source: Connor (1987), Biometrics 43:207; Miettinen (1968), Biometrics 24:339.

    >>> paired_proportions(0.2, 0.1).cases
    234
    """
    _check(power, alpha)
    if min(only_first, only_second) < 0 or only_first + only_second > 1:
        raise ValueError("shares of discordant pairs are not negative and add up to at most 1")
    discordant, difference = only_first + only_second, abs(only_first - only_second)
    if difference == 0:
        return None
    z = _z(alpha, two_sided)
    spread = math.sqrt(max(0.0, discordant - difference**2))

    def reached(n: int) -> float:
        if spread == 0:
            return 1.0
        return _phi((difference * math.sqrt(n) - z * math.sqrt(discordant)) / spread)

    needed = (z * math.sqrt(discordant) + _quantile(power) * spread) ** 2 / difference**2
    return _size(needed, reached, "connor_mcnemar")


def means(
    difference: float,
    sd: float,
    *,
    paired: bool = False,
    power: float = 0.8,
    alpha: float = 0.05,
    two_sided: bool = True,
) -> SampleSize | None:
    """Cases in each of two groups, or pairs, so that Student's t test shows a difference of means; `None` if there is none.

    The power is exact, of the noncentral t distribution.

    Parameters
    ----------
    sd
        Standard deviation of a case; of the differences where `paired`.

    Source: Cohen (1988), Statistical Power Analysis, 2.

    >>> means(0.5, 1.0).cases, means(0.5, 1.0, paired=True).cases
    (64, 34)
    """
    _check(power, alpha)
    if sd < 0:
        raise ValueError("a standard deviation is not negative")
    if difference == 0:
        return None
    if sd == 0:
        return SampleSize(2, "noncentral_t", 1.0)
    effect = abs(difference) / sd

    def reached(n: int) -> float:
        df = n - 1 if paired else 2 * n - 2
        noncentral = effect * math.sqrt(n if paired else n / 2)
        critical = float(stats.t.ppf(1 - alpha / (2 if two_sided else 1), df))
        upper = float(stats.nct.sf(critical, df, noncentral))
        return upper + (float(stats.nct.cdf(-critical, df, noncentral)) if two_sided else 0.0)

    start = ((_z(alpha, two_sided) + _quantile(power)) / effect) ** 2 * (1 if paired else 2)
    if start > LARGEST:
        return None
    n = max(2, math.floor(start))
    while n > 2 and reached(n - 1) >= power:
        n -= 1
    while reached(n) < power:
        n += 1
    return SampleSize(n, "noncentral_t", reached(n))


def seeds(difference: float, sd: float, *, power: float = 0.8, alpha: float = 0.05) -> SampleSize | None:
    """Seeds of each of two configurations, paired by seed, so that a difference of means is shown; see `means`."""
    return means(difference, sd, paired=True, power=power, alpha=alpha)


def design_effect(cluster_size: float, correlation: float, *, variation: float = 0.0) -> float:
    """How many times as many cases are needed where they come in clusters: 1 + ((1 + cv²) m - 1) rho.

    Parameters
    ----------
    cluster_size
        Cases of a cluster, on average.
    correlation
        Intracluster correlation: how alike cases of one cluster are.
    variation
        Coefficient of variation of the sizes of clusters.

    Source: Donner, Birkett and Buck (1981), American Journal of Epidemiology 114:906; Eldridge, Ashby and Kerry (2006),
    International Journal of Epidemiology 35:1292 (clusters of different sizes).

    >>> round(design_effect(20, 0.05), 2)
    1.95
    """
    if cluster_size < 1 or not 0 <= correlation <= 1 or variation < 0:
        raise ValueError(
            "a cluster has a case at least, a correlation lies between 0 and 1, a variation is not negative"
        )
    return max(1.0, 1 + ((1 + variation**2) * cluster_size - 1) * correlation)


def clustered(cases: int, effect: float) -> int:
    """Cases that are needed where they come in clusters, by the design effect, rounded up."""
    return math.ceil(cases * effect - 1e-9)


def _check(power: float, alpha: float) -> None:
    if not 0 < alpha < 1 or not 0 < power < 1:
        raise ValueError("power and alpha lie between 0 and 1")
    if power <= alpha:
        raise ValueError("power is more than alpha")


def _z(alpha: float, two_sided: bool) -> float:
    return _quantile(1 - alpha / (2 if two_sided else 1))


def _quantile(p: float) -> float:
    return float(stats.norm.ppf(p))


def _phi(x: float) -> float:
    return float(stats.norm.cdf(x))


def _size(needed: float, reached: Callable[[int], float], method: str) -> SampleSize | None:
    if needed > LARGEST:
        return None
    n = max(1, math.ceil(needed - 1e-9))
    return SampleSize(n, method, reached(n))
