"""How well scores rank positives above negatives: ROC curves and AUC from histograms of scores, and DeLong's variance.

Histograms have one bin per score or fine fixed bins, in ascending order of the score. Counts merge over batches; rows
need not be kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from cardwright.statistics.intervals import Bounds, FloatArray, z_quantile

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Auc:
    """The area under the ROC curve: the chance that a positive scores above a negative, ties counting one half."""

    estimate: float
    lowest: float
    """What it would be if within each bin all negatives scored above all positives."""
    highest: float
    """What it would be if within each bin all positives scored above all negatives."""
    standard_error: float
    """DeLong's; exact where every score has a bin of its own."""
    bounds: Bounds
    positives: int
    negatives: int


@dataclass(frozen=True)
class RocPoints:
    """The ROC curve from (0, 0) to (1, 1): first the highest bin alone counts as positive, at last all do."""

    false_positive_rate: FloatArray
    true_positive_rate: FloatArray
    bin: IntArray
    """The lowest bin that counts as positive; at (0, 0), the number of bins."""


@dataclass(frozen=True)
class RatesAt:
    """A point of the ROC curve."""

    true_positive_rate: float
    false_positive_rate: float
    bin: int
    """The lowest bin that counts as positive; the number of bins if none does."""
    true_positives: int
    positives: int
    false_positives: int
    negatives: int


@dataclass(frozen=True)
class PairedAuc:
    """Two AUC on the same rows and their difference, first minus second."""

    first: float
    second: float
    difference: float
    standard_error: float
    p_value: float
    """Two-sided; 1 where the difference and its standard error are both 0."""
    bounds: Bounds


def auc(positives: ArrayLike, negatives: ArrayLike, level: float = 0.95) -> Auc | None:
    """The area under the ROC curve from histograms of scores, with DeLong's interval on the logit scale.

    `None` with fewer than two positives or two negatives. Where DeLong's variance is 0 (every pair ranked right, every
    pair wrong) it says nothing, and the interval is Newcombe's, which stays wide there.

    Parameters
    ----------
    positives, negatives
        Counts of each class by bin, bins in ascending order of the score.

    Source: DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44:837; Newcombe (2006), Statistics in Medicine 25:559.
    """
    z = z_quantile(level)
    pos, neg = _histograms(positives, negatives)
    m, n = int(pos.sum()), int(neg.sum())
    if m < 2 or n < 2:
        return None
    below, above = np.cumsum(neg) - neg, m - np.cumsum(pos)
    # Whole numbers of pairs, beyond what 64 bits hold.
    wins, ties = (int(sum((pos.astype(object) * x.astype(object)).tolist())) for x in (below, neg))
    estimate = (2 * wins + ties) / (2 * m * n)
    # A positive's placement: the share of negatives below it; a negative's: the share of positives above it.
    of_positives, of_negatives = (below + neg / 2) / n, (above + pos / 2) / m
    variance = _spread(of_positives, pos, estimate) / m + _spread(of_negatives, neg, estimate) / n
    error = math.sqrt(variance)
    if error > 0 and 0 < estimate < 1:
        logit, half = float(special.logit(estimate)), z * error / (estimate * (1 - estimate))
        bounds = Bounds(float(special.expit(logit - half)), float(special.expit(logit + half)), level, "delong_logit")
    else:
        bounds = newcombe_auc(estimate, m, n, level)
    return Auc(estimate, wins / (m * n), (wins + ties) / (m * n), error, bounds, m, n)


def newcombe_auc(estimate: float, positives: int, negatives: int, level: float = 0.95) -> Bounds:
    """Newcombe's interval for an AUC from the estimate and the class counts alone, sound at 0 and 1.

    All values whose Hanley-McNeil variance keeps them within reach of the estimate.

    Source: Newcombe (2006), Statistics in Medicine 25:559 (method 5).
    """
    z = z_quantile(level)
    star = (positives + negatives) / 2 - 1

    def reaches(theta: float) -> bool:
        inner = 1 + star * (1 - theta) / (2 - theta) + star * theta / (1 + theta)
        variance = theta * (1 - theta) * inner / (positives * negatives)
        return abs(theta - estimate) <= z * math.sqrt(variance)

    lower = 0.0 if estimate <= 0 else _edge(reaches, estimate, 0.0)
    upper = 1.0 if estimate >= 1 else _edge(reaches, estimate, 1.0)
    return Bounds(lower, upper, level, "newcombe_auc")


def _edge(reaches: Callable[[float], bool], inside: float, outside: float) -> float:
    # From just beside the estimate, which always reaches itself, outwards.
    for _ in range(100):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if reaches(middle) else (inside, middle)
    return inside


def _spread(placement: FloatArray, count: IntArray, mean: float) -> float:
    return float((count * (placement - mean) ** 2).sum()) / (int(count.sum()) - 1)


def roc_points(positives: ArrayLike, negatives: ArrayLike) -> RocPoints | None:
    """The ROC curve from histograms of scores; bins without cases give no point. `None` without positives or negatives."""
    pos, neg = _histograms(positives, negatives)
    if pos.sum() == 0 or neg.sum() == 0:
        return None
    bins = np.flatnonzero(pos + neg)[::-1]
    tpr, fpr = np.cumsum(pos[bins]) / pos.sum(), np.cumsum(neg[bins]) / neg.sum()
    return RocPoints(
        np.concatenate(([0.0], fpr)), np.concatenate(([0.0], tpr)), np.concatenate(([len(pos)], bins)).astype(np.int64)
    )


def rates_at(positives: ArrayLike, negatives: ArrayLike, false_positive_rate: float) -> RatesAt | None:
    """The highest true positive rate whose false positive rate is at most the one given, without interpolation.

    `None` without positives or negatives.
    """
    pos, neg = _histograms(positives, negatives)
    curve = roc_points(pos, neg)
    if curve is None:
        return None
    index = int(np.flatnonzero(curve.false_positive_rate <= false_positive_rate)[-1])
    lowest = int(curve.bin[index])
    return RatesAt(
        float(curve.true_positive_rate[index]),
        float(curve.false_positive_rate[index]),
        lowest,
        int(pos[lowest:].sum()),
        int(pos.sum()),
        int(neg[lowest:].sum()),
        int(neg.sum()),
    )


def average_precision(positives: ArrayLike, negatives: ArrayLike) -> float | None:
    """Mean precision over the positives, from the highest score down, without interpolation; `None` without positives."""
    pos, neg = _histograms(positives, negatives)
    if pos.sum() == 0:
        return None
    pos, neg = pos[::-1], neg[::-1]
    positives_so_far = np.cumsum(pos)
    flagged = positives_so_far + np.cumsum(neg)
    return float((pos * positives_so_far / np.maximum(flagged, 1)).sum() / pos.sum())


def kolmogorov_smirnov(positives: ArrayLike, negatives: ArrayLike) -> float | None:
    """The largest distance between the two classes' distributions of scores; `None` without positives or negatives."""
    curve = roc_points(positives, negatives)
    return None if curve is None else float(np.max(np.abs(curve.true_positive_rate - curve.false_positive_rate)))


def paired_delong(outcomes: ArrayLike, first: ArrayLike, second: ArrayLike, level: float = 0.95) -> PairedAuc | None:
    """Two scores of the same rows compared by their AUC, in O(n log n). `None` with fewer than two positives or two negatives.

    Parameters
    ----------
    outcomes
        1 for positives, 0 for negatives, one per row.
    first, second
        The two scores of each row, finite.

    Source: DeLong et al. (1988); Sun and Xu (2014), IEEE Signal Processing Letters 21:1389.
    """
    z = z_quantile(level)
    y = np.asarray(outcomes).astype(bool)
    scores = np.stack([np.asarray(first, float), np.asarray(second, float)])
    if y.ndim != 1 or scores.shape != (2, len(y)):
        raise ValueError("outcomes and both scores are one number per row each")
    if not np.all(np.isfinite(scores)):
        raise ValueError("scores are finite; leave out rows without a score, and say so")
    m, n = int(y.sum()), int((~y).sum())
    if m < 2 or n < 2:
        return None
    of_positives, of_negatives = np.empty((2, m)), np.empty((2, n))
    for index, score in enumerate(scores):
        together = stats.rankdata(score)
        of_positives[index] = (together[y] - stats.rankdata(score[y])) / n
        of_negatives[index] = 1 - (together[~y] - stats.rankdata(score[~y])) / m
    areas = of_positives.mean(axis=1)
    difference = float(areas[0] - areas[1])
    variance = float(np.var(of_positives[0] - of_positives[1], ddof=1)) / m
    variance += float(np.var(of_negatives[0] - of_negatives[1], ddof=1)) / n
    error = math.sqrt(variance)
    p = float(2 * special.ndtr(-abs(difference) / error)) if error > 0 else float(difference == 0)
    bounds = Bounds(max(-1.0, difference - z * error), min(1.0, difference + z * error), level, "delong_paired")
    return PairedAuc(float(areas[0]), float(areas[1]), difference, error, p, bounds)


def _histograms(positives: ArrayLike, negatives: ArrayLike) -> tuple[IntArray, IntArray]:
    pos, neg = np.asarray(positives, np.int64), np.asarray(negatives, np.int64)
    if pos.shape != neg.shape or pos.ndim != 1:
        raise ValueError("positives and negatives are one count per bin each, over the same bins")
    if np.any(pos < 0) or np.any(neg < 0):
        raise ValueError("counts are not negative")
    return pos, neg
