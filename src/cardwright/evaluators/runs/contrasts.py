"""Differences of two configurations, seed by seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from cardwright.evaluators.runs.collecting import Configuration
from cardwright.record.measurement import Interval


@dataclass(frozen=True)
class SeedContrast:
    """The first configuration minus the second."""

    difference: float
    seeds: int
    """Seeds that both have, if paired; else the runs of the smaller."""
    paired: bool
    interval: Interval | None
    """None where fewer than two seeds are compared, or all differences are the same number."""
    p_value: float | None


def contrast(first: Configuration, second: Configuration, metric: str, level: float) -> SeedContrast | str:
    """The difference of means with Student's interval over the seeds that both have, or Welch's if they share fewer than two.

    Returns
    -------
    SeedContrast or str
        Or the reason why there is none.
    """
    one, other = first.by_seed(metric), second.by_seed(metric)
    common = sorted(one.keys() & other.keys())
    if len(common) >= 2:
        found = [one[seed] - other[seed] for seed in common]
        return _student(found, level)
    a, b = first.values(metric), second.values(metric)
    if not a or not b:
        return "One of the two has no number of it."
    return _welch(a, b, level)


def _student(differences: Sequence[float], level: float) -> SeedContrast:
    n = len(differences)
    mean = math.fsum(differences) / n
    error = math.sqrt(math.fsum((d - mean) ** 2 for d in differences) / (n - 1) / n)
    # Differences that are equal up to rounding say that seeds change nothing, not that the difference is known exactly.
    if error <= 1e-12 * max(1.0, abs(mean)):
        return SeedContrast(mean, n, True, None, None)
    half = float(stats.t.ppf(0.5 + level / 2, n - 1)) * error
    p = 2 * float(stats.t.sf(abs(mean) / error, n - 1))
    return SeedContrast(
        mean, n, True, Interval(level=level, lower=mean - half, upper=mean + half, method="student_t_paired"), p
    )


def _welch(a: Sequence[float], b: Sequence[float], level: float) -> SeedContrast:
    difference = math.fsum(a) / len(a) - math.fsum(b) / len(b)
    least = min(len(a), len(b))
    parts = [_variance(values) / len(values) for values in (a, b)] if least >= 2 else [0.0, 0.0]
    total = sum(parts)
    if total <= 1e-24 * max(1.0, difference**2):
        return SeedContrast(difference, least, False, None, None)
    df = total**2 / sum(part**2 / (len(values) - 1) for part, values in zip(parts, (a, b), strict=True))
    error = math.sqrt(total)
    half = float(stats.t.ppf(0.5 + level / 2, df)) * error
    p = 2 * float(stats.t.sf(abs(difference) / error, df))
    bounds = Interval(level=level, lower=difference - half, upper=difference + half, method="welch")
    return SeedContrast(difference, least, False, bounds, p)


def _variance(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)


def student_mean(values: Sequence[float], level: float) -> tuple[float, float | None, Interval | None]:
    """Mean, standard deviation (n - 1) and Student's interval of the mean; the latter two None with fewer than two values."""
    mean = math.fsum(values) / len(values)
    if len(values) < 2:
        return mean, None, None
    sd = math.sqrt(_variance(values))
    half = float(stats.t.ppf(0.5 + level / 2, len(values) - 1)) * sd / math.sqrt(len(values))
    return mean, sd, Interval(level=level, lower=mean - half, upper=mean + half, method="student_t")


def expected_best(n: int) -> float:
    """How many standard deviations the best of n equal candidates is expected to lie above their mean, by chance alone.

    Blom's approximation of the largest normal order statistic.

    Source: Blom (1958), Statistical Estimates and Transformed Beta-Variables, 6.10.

    >>> round(expected_best(1), 2), round(expected_best(10), 2)
    (0.0, 1.55)
    """
    return float(stats.norm.ppf((n - 0.375) / (n + 0.25))) if n > 1 else 0.0
