"""Who was in the training data: attack scores of members and non-members, and what an attacker gains by them.

A score is a number per row, higher for rows that look more like members. What is reported is the whole curve's area, and the rate
of members found while nearly no non-member is accused, which an average hides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from cardwright.statistics.intervals import Bounds, FloatArray, check_level, clopper_pearson, z_quantile
from cardwright.statistics.ranking import Auc, auc

MANY_SHADOWS = 64
"""Shadow models per row from which each row has a variance of its own (Carlini et al. 2022, section V.C)."""

_CERTAIN = 1e-12
"""Probabilities nearer to 0 or 1 than this are taken as this near: a logit has to be finite."""


@dataclass(frozen=True)
class RateAtFalsePositives:
    """The share of members found at a false positive rate."""

    estimate: float
    bounds: Bounds
    found: int
    members: int
    non_members: int


@dataclass(frozen=True)
class FoldedAuc:
    """The mean of the areas under the ROC curves of several folds."""

    estimate: float
    bounds: Bounds
    folds: int


def attack_auc(members: ArrayLike, non_members: ArrayLike, level: float = 0.95) -> Auc | None:
    """The chance that a member scores above a non-member, ties counting one half, with DeLong's interval.

    `None` with fewer than two of either. An attacker who knows nothing gets 0.5.

    >>> attack_auc([2, 3, 4], [0, 1, 2]).estimate
    0.9444444444444444
    """
    inside, outside = _scores(members), _scores(non_members)
    values, ranks = np.unique(np.concatenate((inside, outside)), return_inverse=True)
    inner, outer = ranks[: len(inside)], ranks[len(inside) :]
    return auc(np.bincount(inner, minlength=len(values)), np.bincount(outer, minlength=len(values)), level)


def folded_auc(folds: list[tuple[ArrayLike, ArrayLike]], level: float = 0.95) -> FoldedAuc | None:
    """The mean over folds of the area under the ROC curve of each fold's own cases: (members, non-members) scores by fold.

    Scores of several folds come from several fits and have no common scale: pooled, their area lies below the truth. The interval
    adds DeLong's variances of the folds, whose cases are different ones; that the fits share training cases is not in it. `None`
    without folds, and if a fold has fewer than two of either.

    Source: DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44:837; LeDell, Petersen and van der Laan (2015), Electronic
    Journal of Statistics 9:1583.
    """
    z = z_quantile(level)
    fold_areas = [attack_auc(inside, outside, level) for inside, outside in folds]
    if not fold_areas or any(one is None for one in fold_areas):
        return None
    areas = [one for one in fold_areas if one is not None]
    estimate = sum(one.estimate for one in areas) / len(areas)
    error = math.sqrt(sum(one.standard_error**2 for one in areas)) / len(areas)
    bounds = Bounds(max(0.0, estimate - z * error), min(1.0, estimate + z * error), level, "delong_folds")
    if error == 0:  # every fold ranks all right, or all wrong: the widest of the folds' own intervals
        lower, upper = min(one.bounds.lower for one in areas), max(one.bounds.upper for one in areas)
        bounds = Bounds(lower, upper, level, "delong_folds")
    return FoldedAuc(estimate, bounds, len(areas))


def least_non_members(false_positive_rate: float, level: float = 0.95) -> int:
    """How many non-members it takes to state a rate at a false positive rate this low with an interval.

    With fewer, not even the highest score among them is, at the level, above all but that share of non-members.

    >>> least_non_members(0.01), least_non_members(0.001)
    (437, 4380)
    """
    return math.ceil(math.log(_tail(level)) / math.log1p(-_rate(false_positive_rate)))


def rate_at_false_positives(
    members: ArrayLike, non_members: ArrayLike, false_positive_rate: float, level: float = 0.95
) -> RateAtFalsePositives | None:
    """The share of members above the threshold that at most this share of non-members is above.

    The interval takes no distribution for granted. The threshold is itself an estimate, so its own error is in: two order
    statistics of the non-members lie, each with a quarter of the error, on either side of the true threshold, and the share of
    members above each has a Clopper-Pearson bound with another quarter. `None` without members, and with fewer than
    `least_non_members`.

    Source: Carlini et al. (2022), Membership Inference Attacks From First Principles, section III (the rate); David and Nagaraja
    (2003), Order Statistics, 7.1 (the interval of a quantile).
    """
    inside, outside = _scores(members), np.sort(_scores(non_members))[::-1]
    n, tail = len(outside), _tail(level)
    if not len(inside) or n < least_non_members(false_positive_rate, level):
        return None
    # The share of all non-members above the j-th highest of n is at most f with probability P(Binomial(n, f) >= j).
    strict = int(stats.binom.ppf(tail, n, false_positive_rate))
    while strict > 1 and stats.binom.sf(strict - 1, n, false_positive_rate) < 1 - tail:
        strict -= 1
    loose = int(stats.binom.isf(tail, n, false_positive_rate)) + 1
    # Strictly above the threshold no more than the stated share of non-members is accused, ties included.
    threshold = outside[math.floor(false_positive_rate * n)]
    members_above = int((inside > threshold).sum())
    inner = 1 - 2 * tail  # a Clopper-Pearson interval of this level leaves one tail on each side
    low = clopper_pearson(int((inside > outside[max(strict, 1) - 1]).sum()), len(inside), inner)
    high = None if loose > n else clopper_pearson(int((inside >= outside[loose - 1]).sum()), len(inside), inner)
    assert low is not None
    estimate = members_above / len(inside)
    bounds = Bounds(
        min(low.lower, estimate),
        max(1.0 if high is None else high.upper, estimate),
        level,
        "order_statistics_clopper_pearson",
    )
    return RateAtFalsePositives(estimate, bounds, members_above, len(inside), n)


def logit_scaled(losses: ArrayLike) -> FloatArray:
    """Cross-entropies as logits of the probability that the model gave to the truth: nearly normal where losses are not.

    Source: Carlini et al. (2022), section V.B.

    >>> logit_scaled([0.6931471805599453]).round(12).tolist()
    [0.0]
    """
    p = np.clip(np.exp(-np.asarray(losses, float)), _CERTAIN, 1 - _CERTAIN)
    return np.asarray(special.logit(p), float)


def likelihood_ratio(own: ArrayLike, inside: ArrayLike | None, outside: ArrayLike) -> FloatArray:
    """LiRA: how much likelier the model's value of a row is under models that were trained with the row than without it.

    Online, with `inside`: the difference of two normal log-densities. Offline, without: the share of models without the row that
    would have a lower value, as a normal score. With fewer than 64 values on average per row, rows share the spread.

    Parameters
    ----------
    own
        One value per row, higher for rows that the model fits better, such as `logit_scaled` losses.
    inside, outside
        Rows by shadow models, NaN where a model was not trained with, or without, the row. Every row needs one value in each.

    Returns
    -------
    One score per row; NaN where a row has no value of a kind that is used.

    Source: Carlini et al. (2022), Membership Inference Attacks From First Principles, algorithm 1 and section V.
    """
    x = np.asarray(own, float)
    mean_out, spread_out = _normal(outside, len(x))
    if inside is None:
        return np.asarray((x - mean_out) / spread_out, float)
    mean_in, spread_in = _normal(inside, len(x))
    return np.asarray(
        -0.5 * ((x - mean_in) / spread_in) ** 2
        - np.log(spread_in)
        + 0.5 * ((x - mean_out) / spread_out) ** 2
        + np.log(spread_out),
        float,
    )


def _normal(values: ArrayLike, rows: int) -> tuple[FloatArray, FloatArray]:
    """Mean and spread of each row's shadow values."""
    table = np.asarray(values, float)
    if table.ndim != 2 or len(table) != rows:
        raise ValueError("shadow values are rows by models, one row for each own value")
    known = np.isfinite(table)
    counts = known.sum(axis=1)
    filled = np.where(known, table, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = filled.sum(axis=1) / counts
        squares = np.where(known, (table - mean[:, None]) ** 2, 0.0).sum(axis=1)
        own = np.sqrt(squares / (counts - 1))
    spare = int(np.maximum(counts - 1, 0).sum())
    shared = math.sqrt(float(squares[counts > 0].sum()) / spare) if spare else 1.0
    # From a few models a row's own spread is mostly noise, and a spread near 0 would make any value look certain.
    if len(counts) and counts.mean() >= MANY_SHADOWS:
        spread = np.where(np.isfinite(own) & (own > 0), own, shared)
    else:
        spread = np.full(rows, shared)
    return mean, np.maximum(spread, 1e-9)


def _scores(values: ArrayLike) -> FloatArray:
    scores = np.asarray(values, float)
    if scores.ndim != 1 or not np.all(np.isfinite(scores)):
        raise ValueError("scores are one finite number per row; leave out rows without a score, and say so")
    return scores


def _rate(false_positive_rate: float) -> float:
    if not 0 < false_positive_rate < 1:
        raise ValueError(f"a false positive rate must lie between 0 and 1; got {false_positive_rate}")
    return false_positive_rate


def _tail(level: float) -> float:
    return (1 - check_level(level)) / 4
