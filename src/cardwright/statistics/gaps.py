"""The gap that is reported, with an interval that holds for it: the largest difference and the smallest ratio among groups.

The highest and the lowest group are picked *after* seeing the rates. An interval for two groups chosen in advance, and
the percentile bootstrap of the gap, ignore this: at equality the bootstrap of a gap over three groups never covers 0.
Tukey and Kramer's method bounds all pairs at once, so the bound of whichever pair was picked holds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from cardwright.statistics.intervals import FloatArray, check_level


@dataclass(frozen=True)
class Gap:
    """A gap among groups and where the true gap lies."""

    estimate: float
    """Highest minus lowest, or lowest over highest; of the rates as they are, without the additions of the interval."""
    lower: float
    upper: float
    level: float
    """Confidence level of the interval, simultaneous over all pairs of groups."""
    method: str
    """Name in the literature, e.g. `tukey_kramer`."""
    highest: int
    """Index of the group with the highest rate; of equal ones, the first."""
    lowest: int
    """Index of the group with the lowest rate; of equal ones, the first."""
    component: int | None = None
    """In a composite gap, the index of the gap that is the estimate."""


def simultaneous_quantile(groups: int, level: float = 0.95, df: float = math.inf) -> float:
    """What stands in the place of the normal quantile where all pairs of groups are compared at once.

    The studentized range's quantile over the square root of 2; for two groups it is the normal quantile, 1.96 for 0.95.

    Source: Tukey (1953); Kramer (1956), Biometrics 12:307.

    >>> round(simultaneous_quantile(2), 4)
    1.96
    """
    if groups < 2:
        raise ValueError("a pair takes two groups")
    return float(stats.studentized_range.ppf(check_level(level), groups, df)) / math.sqrt(2)


def rate_gap(successes: ArrayLike, trials: ArrayLike, level: float = 0.95) -> Gap | None:
    """The highest minus the lowest rate among groups, with Tukey and Kramer's simultaneous interval.

    `None` with fewer than two groups. Each group needs a trial: the caller leaves out groups that are too small, and
    says so.

    One success and one failure are added to each group for the interval (Agresti and Caffo), so that rates of 0 and 1
    keep a spread; the estimate has no additions. The method is asymptotic; with expected counts under 5 judge
    significance with `permutation`.

    Parameters
    ----------
    successes, trials
        One number per group; effective sizes where rows are weighted or clustered.

    Source: Tukey (1953); Kramer (1956), Biometrics 12:307; Agresti and Caffo (2000), American Statistician 54:280.
    """
    k, n = _groups(successes, trials)
    if len(k) < 2:
        check_level(level)
        return None
    kk, nn = k + 1.0, n + 2.0
    p = kk / nn
    lower, upper = _pairs(p, p * (1 - p) / nn, simultaneous_quantile(len(k), level))
    rates = k / n
    high, low = int(np.argmax(rates)), int(np.argmin(rates))
    estimate = float(rates[high] - rates[low])
    return Gap(
        estimate, max(0.0, min(lower, estimate)), min(1.0, max(upper, estimate)), level, "tukey_kramer", high, low
    )


def rate_ratio(successes: ArrayLike, trials: ArrayLike, level: float = 0.95) -> Gap | None:
    """The lowest over the highest rate among groups, with Tukey and Kramer's simultaneous interval on the log scale.

    `None` with fewer than two groups, and where no group has a success: 0/0 is no ratio. Where only the lowest rate is
    0 the ratio and its lower bound are 0.

    One half is added to the successes and one to the trials of each group for the interval; the estimate has no
    additions.

    Source: as `rate_gap`; additions as `intervals.log_ratio`.
    """
    k, n = _groups(successes, trials)
    if len(k) < 2 or not np.any(k > 0):
        check_level(level)
        return None
    kk, nn = k + 0.5, n + 1.0
    lower, upper = _pairs(np.log(kk / nn), 1 / kk - 1 / nn, simultaneous_quantile(len(k), level))
    rates = k / n
    high, low = int(np.argmax(rates)), int(np.argmin(rates))
    estimate = float(rates[low] / rates[high])
    least = 0.0 if k[low] == 0 else min(math.exp(-upper), estimate)
    most = min(1.0, max(math.exp(-max(0.0, lower)), estimate))
    return Gap(estimate, least, most, level, "tukey_kramer_log", high, low)


def estimate_gap(
    estimates: ArrayLike, standard_errors: ArrayLike, level: float = 0.95, df: float = math.inf
) -> Gap | None:
    """The highest minus the lowest of independent estimates (AUC, Brier score, mean absolute error) with their standard errors.

    `None` with fewer than two groups. `df` is the smallest degrees of freedom behind a standard error, where it is
    small.

    Source: as `rate_gap`.
    """
    x, se = _estimates(estimates, standard_errors)
    if len(x) < 2:
        check_level(level)
        return None
    lower, upper = _pairs(x, se * se, simultaneous_quantile(len(x), level, df))
    high, low = int(np.argmax(x)), int(np.argmin(x))
    return Gap(float(x[high] - x[low]), max(0.0, lower), upper, level, "tukey_kramer", high, low)


def estimate_ratio(
    estimates: ArrayLike, standard_errors: ArrayLike, level: float = 0.95, df: float = math.inf
) -> Gap | None:
    """The lowest over the highest of independent positive estimates, on the log scale (delta method).

    `None` with fewer than two groups, and where an estimate is not above 0.

    Source: as `rate_gap`.
    """
    x, se = _estimates(estimates, standard_errors)
    if len(x) < 2 or np.any(x <= 0):
        check_level(level)
        return None
    lower, upper = _pairs(np.log(x), (se / x) ** 2, simultaneous_quantile(len(x), level, df))
    high, low = int(np.argmax(x)), int(np.argmin(x))
    return Gap(
        float(x[low] / x[high]), math.exp(-upper), math.exp(-max(0.0, lower)), level, "tukey_kramer_log", high, low
    )


def estimate_gap_p_value(estimates: ArrayLike, standard_errors: ArrayLike, df: float = math.inf) -> float | None:
    """The p-value of the largest studentized difference among independent estimates; `None` as `estimate_gap`.

    With a standard error of 0 in both of a pair: 1 where the two estimates are equal, else 0.

    Source: Tukey (1953); Kramer (1956).
    """
    x, se = _estimates(estimates, standard_errors)
    if len(x) < 2:
        return None
    i, j = np.triu_indices(len(x), 1)
    d, s = np.abs(x[i] - x[j]), np.hypot(se[i], se[j])
    with np.errstate(divide="ignore", invalid="ignore"):
        largest = float(np.max(np.where(d == 0, 0.0, d / s)))
    if not math.isfinite(largest):
        return 0.0
    return min(1.0, max(0.0, float(stats.studentized_range.sf(largest * math.sqrt(2), len(x), df))))


def component_level(level: float, components: int) -> float:
    """The level of each of several gaps, so that all of them hold together at `level` (Bonferroni)."""
    return 1 - (1 - check_level(level)) / components


def composite_gap(tables: Sequence[tuple[ArrayLike, ArrayLike]], level: float = 0.95) -> Gap | None:
    """The largest of several gaps, such as of true and false positive rates in the equalized odds difference.

    Each gap gets an equal share of the error; the interval runs from the largest lower to the largest upper bound.
    `None` where one of the gaps is undefined.

    Parameters
    ----------
    tables
        Successes and trials by group, once per rate.

    Source: intersection of simultaneous intervals (Bonferroni); the gap is equalized odds of Hardt, Price and Srebro
    (2016).
    """
    part = component_level(level, max(1, len(tables)))
    return combine([rate_gap(k, n, part) for k, n in tables], level)


def composite_ratio(tables: Sequence[tuple[ArrayLike, ArrayLike]], level: float = 0.95) -> Gap | None:
    """The smallest of several ratios, such as of true and false positive rates in the equalized odds ratio.

    See `composite_gap`.
    """
    part = component_level(level, max(1, len(tables)))
    return combine([rate_ratio(k, n, part) for k, n in tables], level, smallest=True)


def combine(parts: Sequence[Gap | None], level: float, *, smallest: bool = False) -> Gap | None:
    """The largest (or smallest) of several gaps, each computed at `component_level(level, len(parts))`.

    `None` where there are none or one of them is undefined. Of equal ones the first is named.
    """
    gaps = [part for part in parts if part is not None]
    if not gaps or len(gaps) < len(parts):
        return None
    least = component_level(level, len(gaps)) - 1e-12
    if any(gap.level < least for gap in gaps):
        raise ValueError(
            f"each of {len(gaps)} gaps needs the level {component_level(level, len(gaps))}; see component_level"
        )
    pick = min if smallest else max
    index = pick(range(len(gaps)), key=lambda i: (gaps[i].estimate, i if smallest else -i))
    chosen = gaps[index]
    return Gap(
        chosen.estimate,
        pick(gap.lower for gap in gaps),
        pick(gap.upper for gap in gaps),
        level,
        f"{chosen.method}_bonferroni",
        chosen.highest,
        chosen.lowest,
        index,
    )


def detectable_gap(rate: float, trials: ArrayLike, level: float = 0.95, power: float = 0.8) -> float | None:
    """The smallest difference that groups of these sizes would have shown with the given power, whichever groups differ.

    It is the one between the two smallest groups, around the overall `rate`, that Tukey and Kramer's lower bound would
    put above 0. `None` with fewer than two groups, and where not even rates of 0 and 1 would be told apart.

    Parameters
    ----------
    rate
        The rate over all groups.
    trials
        One size per group.
    power
        How often such a gap is found.
    """
    n = np.sort(np.asarray(trials, float))
    if not 0 <= rate <= 1:
        raise ValueError(f"a rate lies between 0 and 1; got {rate}")
    if np.any(n <= 0):
        raise ValueError("each group needs a trial")
    if len(n) < 2:
        check_level(level)
        return None
    c, z = simultaneous_quantile(len(n), level), float(special.ndtri(check_level(power)))
    first, second = float(n[0]), float(n[1])

    def excess(gap: float) -> float:
        # The two rates lie around the overall rate, shifted inwards where they would leave 0..1.
        low = min(max(0.0, rate - gap / 2), 1 - gap)
        # With the additions of the interval; the smaller group takes the rate that varies more.
        found = []
        for p1, p2 in ((low, low + gap), (low + gap, low)):
            q1, q2 = (first * p1 + 1) / (first + 2), (second * p2 + 1) / (second + 2)
            spread = math.sqrt(q1 * (1 - q1) / (first + 2) + q2 * (1 - q2) / (second + 2))
            found.append(abs(q1 - q2) - (c + z) * spread)
        return min(found)

    if excess(1.0) < 0:
        return None
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if excess(middle) >= 0 else (middle, high)
    return high


def needed_for_gap(
    highest: float, lowest: float, limit: float, groups: int, level: float = 0.95, power: float = 0.8
) -> int | None:
    """How many trials per group would put the whole interval of such a gap on one side of a limit, with the given power.

    `None` where the gap is at the limit: no number of trials settles it.

    Parameters
    ----------
    highest, lowest
        The two rates.
    limit
        The largest gap that is accepted.
    groups
        How many groups are compared.
    """
    spread = highest * (1 - highest) + lowest * (1 - lowest)
    return _needed(highest - lowest, limit, spread, groups, level, power)


def needed_for_ratio(
    highest: float, lowest: float, limit: float, groups: int, level: float = 0.95, power: float = 0.8
) -> int | None:
    """How many trials per group would put the whole interval of such a ratio on one side of a limit, with the given power.

    `None` where the ratio is at the limit, and where a rate or the limit is 0.
    """
    if lowest <= 0 or highest <= 0 or limit <= 0:
        return None
    spread = (1 - highest) / highest + (1 - lowest) / lowest
    return _needed(math.log(lowest / highest), math.log(limit), spread, groups, level, power)


def _needed(value: float, limit: float, spread: float, groups: int, level: float, power: float) -> int | None:
    distance = abs(value - limit)
    if distance < 1e-12:
        return None
    c, z = simultaneous_quantile(groups, level), float(special.ndtri(check_level(power)))
    return max(1, math.ceil(((c + z) / distance) ** 2 * spread))


def _pairs(x: FloatArray, variance: FloatArray, c: float) -> tuple[float, float]:
    """The largest lower and the largest upper bound of the absolute differences of all pairs."""
    i, j = np.triu_indices(len(x), 1)
    d, half = np.abs(x[i] - x[j]), c * np.sqrt(variance[i] + variance[j])
    return float((d - half).max()), float((d + half).max())


def _groups(successes: ArrayLike, trials: ArrayLike) -> tuple[FloatArray, FloatArray]:
    k, n = np.asarray(successes, float), np.asarray(trials, float)
    if k.shape != n.shape or k.ndim != 1:
        raise ValueError("successes and trials are one number per group each")
    if np.any(n <= 0):
        raise ValueError("each group needs a trial; leave out groups without one, and say so")
    if not np.all((k >= 0) & (k <= n)):
        raise ValueError("successes lie between 0 and the number of trials")
    return k, n


def _estimates(estimates: ArrayLike, standard_errors: ArrayLike) -> tuple[FloatArray, NDArray[np.float64]]:
    x, se = np.asarray(estimates, float), np.asarray(standard_errors, float)
    if x.shape != se.shape or x.ndim != 1:
        raise ValueError("estimates and standard errors are one number per group each")
    if not (np.all(np.isfinite(x)) and np.all(np.isfinite(se)) and np.all(se >= 0)):
        raise ValueError("estimates are finite, and standard errors finite and not negative")
    return x, se
