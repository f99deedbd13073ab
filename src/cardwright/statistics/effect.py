"""Sizes of effects between two groups, and of inequality over all persons."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from cardwright.statistics.intervals import Bounds, log_ratio, newcombe, z_quantile


@dataclass(frozen=True)
class Effect:
    """The size of an effect and its interval."""

    estimate: float
    bounds: Bounds | None
    """`None` where the estimate stands but no interval of this kind exists."""


def standardized_mean_difference(
    mean_1: float,
    variance_1: float,
    n_1: int,
    mean_2: float,
    variance_2: float,
    n_2: int,
    level: float = 0.95,
    *,
    small_sample: bool = False,
) -> Effect | None:
    """First mean minus second in units of the pooled standard deviation (Cohen's d), with a normal interval.

    `None` with fewer than two values in a group, or where neither group varies.

    Parameters
    ----------
    variance_1, variance_2
        Sample variances, over n - 1.
    small_sample
        Hedges' g: the upward bias of few values taken off.

    Source: Cohen (1988), Statistical Power Analysis, 2; Hedges and Olkin (1985), Statistical Methods for Meta-Analysis,
    5.
    """
    z = z_quantile(level)
    if n_1 < 2 or n_2 < 2:
        return None
    df = n_1 + n_2 - 2
    pooled = ((n_1 - 1) * variance_1 + (n_2 - 1) * variance_2) / df
    if pooled <= 0:
        return None
    d = (mean_1 - mean_2) / math.sqrt(pooled)
    factor = (
        math.exp(float(special.gammaln(df / 2) - special.gammaln((df - 1) / 2))) / math.sqrt(df / 2) if df > 1 else 1.0
    )
    scale = factor if small_sample else 1.0
    error = math.sqrt((n_1 + n_2) / (n_1 * n_2) + d * d / (2 * (n_1 + n_2)))
    name = "hedges_olkin_normal"
    return Effect(scale * d, Bounds(scale * (d - z * error), scale * (d + z * error), level, name))


def odds_ratio(a: int, b: int, c: int, d: int, level: float = 0.95) -> Effect | None:
    """The odds ratio a d / (b c) of a 2 × 2 table, with Woolf's interval on the log scale.

    With an empty cell the interval adds one half to each cell (Haldane and Anscombe). `None` where the ratio is 0/0 or
    infinite.

    Parameters
    ----------
    a, b
        Successes and failures of the first group.
    c, d
        Successes and failures of the second group.

    Source: Woolf (1955), Annals of Human Genetics 19:251; Haldane (1956); Anscombe (1956).
    """
    z = z_quantile(level)
    if min(a, b, c, d) < 0:
        raise ValueError("counts are not negative")
    if b * c == 0:
        return None
    estimate = float(a * d / (b * c))
    empty = min(a, b, c, d) == 0
    cells = [count + 0.5 for count in (a, b, c, d)] if empty else [float(count) for count in (a, b, c, d)]
    log = math.log(cells[0] * cells[3] / (cells[1] * cells[2]))
    half = z * math.sqrt(sum(1 / cell for cell in cells))
    lower = 0.0 if estimate == 0 else math.exp(log - half)
    return Effect(estimate, Bounds(lower, math.exp(log + half), level, "woolf_haldane" if empty else "woolf"))


def adverse_impact_ratio(
    successes: int, trials: int, reference_successes: int, reference_trials: int, level: float = 0.95
) -> Effect | None:
    """A group's rate over the reference group's, with a log interval; `None` where one has no trials or the reference no success.

    The reference is chosen in advance; for the lowest over the highest rate, picked after seeing them, see
    `gaps.rate_ratio`.

    Source: 29 CFR 1607.4 D (ratio); interval as `intervals.log_ratio`.
    """
    bounds = log_ratio(successes, trials, reference_successes, reference_trials, level)
    if bounds is None:
        return None
    return Effect(float((successes / trials) / (reference_successes / reference_trials)), bounds)


def shortfall(
    successes: int, trials: int, reference_successes: int, reference_trials: int, level: float = 0.95
) -> Effect | None:
    """How many more successes a group would have at the reference group's rate; negative if it has more than that.

    The interval is Newcombe's for the difference of rates, times the group's trials. `None` where one has no trials.

    Source: EEOC compliance practice (shortfall analysis); Newcombe (1998), Statistics in Medicine 17:873.
    """
    bounds = newcombe(reference_successes, reference_trials, successes, trials, level)
    if bounds is None:
        return None
    difference = reference_successes / reference_trials - successes / trials
    scaled = Bounds(float(bounds.lower * trials), float(bounds.upper * trials), level, bounds.method)
    return Effect(float(difference * trials), scaled)


def cohen_h(rate_1: float, rate_2: float) -> float:
    """The difference of two proportions on the arcsine scale, 2 asin(sqrt(p1)) - 2 asin(sqrt(p2)): .2 small, .5 medium, .8 large.

    Source: Cohen (1988), Statistical Power Analysis, 6.
    """
    for rate in (rate_1, rate_2):
        if not 0 <= rate <= 1:
            raise ValueError(f"a rate must lie between 0 and 1; got {rate}")
    return 2 * math.asin(math.sqrt(rate_1)) - 2 * math.asin(math.sqrt(rate_2))


def generalized_entropy(benefits: ArrayLike, counts: ArrayLike, alpha: float = 2.0) -> float | None:
    """Inequality of benefits over persons: 0 where all have the same; `None` without persons, or where nobody benefits.

    Also `None` where a benefit is 0 and alpha at most 0: the index is then infinite.

    Parameters
    ----------
    benefits
        What a person gets, not negative; for decisions predicted - actual + 1, thus 0, 1 or 2.
    counts
        How many persons get that.
    alpha
        2: half the squared coefficient of variation; 1: Theil's index; 0: the mean log deviation.

    Source: Speicher et al. (2018), KDD, eq. 2; Shorrocks (1980), Econometrica 48:613.
    """
    b, n = np.asarray(benefits, float), np.asarray(counts, float)
    if b.shape != n.shape or b.ndim != 1:
        raise ValueError("benefits and counts are one number each")
    if np.any(b < 0) or np.any(n < 0):
        raise ValueError("benefits and counts are not negative")
    b, n = b[n > 0], n[n > 0]
    if len(b) == 0 or float(b @ n) <= 0:
        return None
    share, ratio = n / n.sum(), b / (float(b @ n) / float(n.sum()))
    if alpha == 1:
        value = float(share @ special.xlogy(ratio, ratio))
    elif alpha <= 0 and np.any(ratio == 0):
        return None
    elif alpha == 0:
        value = float(-(share @ np.log(ratio)))
    else:
        value = float(share @ (ratio**alpha - 1)) / (alpha * (alpha - 1))
    return max(0.0, value)


def theil_index(benefits: ArrayLike, counts: ArrayLike) -> float | None:
    """Theil's index of inequality, `generalized_entropy` with alpha = 1, in nats."""
    return generalized_entropy(benefits, counts, 1.0)
