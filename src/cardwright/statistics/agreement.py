"""Whether raters agree beyond what chance makes them agree."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cardwright.statistics.intervals import Bounds, FloatArray, check_level, z_quantile


@dataclass(frozen=True)
class Agreement:
    """A chance-corrected coefficient: 1 is perfect, 0 what chance gives, below 0 worse."""

    estimate: float
    observed: float
    """Share of agreement observed."""
    expected: float
    """Share of agreement that chance gives."""
    bounds: Bounds | None
    """`None` where too few units vary for an interval."""
    units: int
    """How many units were rated, at least twice."""


def cohen_kappa(table: ArrayLike, level: float = 0.95) -> Agreement | None:
    """Cohen's kappa of two raters, with a normal interval; `None` without units, or where chance alone agrees on all (0/0).

    With perfect agreement the asymptotic error is 0 and says nothing; the bounds are then `None`.

    Parameters
    ----------
    table
        Counts, categories of the first rater × the same categories of the second.

    Source: Cohen (1960), Educational and Psychological Measurement 20:37; Fleiss, Cohen and Everitt (1969),
    Psychological Bulletin 72:323.
    """
    z = z_quantile(level)
    t = np.asarray(table, float)
    if t.ndim != 2 or t.shape[0] != t.shape[1]:
        raise ValueError("the table has the same categories on both sides")
    if np.any(t < 0):
        raise ValueError("counts are not negative")
    n = float(t.sum())
    if n == 0:
        return None
    p = t / n
    row, column = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float(np.trace(p)), float(row @ column)
    if expected >= 1 - 1e-15:
        return None
    kappa = (observed - expected) / (1 - expected)
    off = (column[:, None] + row[None, :]) ** 2
    diagonal = np.diag(p) * (1 - (row + column) * (1 - kappa)) ** 2
    outside = (1 - kappa) ** 2 * float((p * off).sum() - (np.diag(p) * np.diag(off)).sum())
    variance = (float(diagonal.sum()) + outside - (kappa - expected * (1 - kappa)) ** 2) / (n * (1 - expected) ** 2)
    bounds = None
    if observed < 1 and variance > 0:
        half = z * math.sqrt(variance)
        bounds = Bounds(max(-1.0, kappa - half), min(1.0, kappa + half), level, "fleiss_cohen_everitt")
    return Agreement(kappa, observed, expected, bounds, int(n))


def krippendorff_alpha(
    ratings: ArrayLike,
    level: float = 0.95,
    *,
    times: ArrayLike | None = None,
    resamples: int = 2000,
    seed: int | list[int] = 0,
) -> Agreement | None:
    """Krippendorff's alpha for nominal categories, any number of raters and missing ratings, with a bootstrap interval.

    Units with fewer than two ratings take no part. `None` where no unit has two, or all ratings are one category (0/0).
    The bounds are `None` below ten units, or where agreement is perfect: resampling then shows no spread.

    Parameters
    ----------
    ratings
        Counts, units × categories: how many raters put the unit there.
    times
        How many units each row stands for; one each if omitted.

    Source: Krippendorff (2011), Computing Krippendorff's Alpha-Reliability; percentile bootstrap over units (Efron
    1979).
    """
    check_level(level)
    t = np.asarray(ratings, float)
    if t.ndim != 2:
        raise ValueError("ratings are counts of units × categories")
    if np.any(t < 0):
        raise ValueError("counts are not negative")
    each = np.ones(len(t), np.int64) if times is None else np.asarray(times, np.int64)
    if each.shape != (len(t),) or np.any(each < 0):
        raise ValueError("each row stands for a number of units")
    rated = t.sum(axis=1) >= 2
    t, each = t[rated], each[rated]
    units = int(each.sum())
    if units == 0:
        return None
    # Units rated alike are one pattern, so that a million units are as quick as ten.
    t, pattern = np.unique(t, axis=0, return_inverse=True)
    counts = np.bincount(pattern.reshape(-1), weights=each, minlength=len(t)).astype(np.int64)
    size = t.sum(axis=1)
    # Pairs of ratings that agree within a unit, weighted so that each rating counts once.
    agreeing = (t * (t - 1)).sum(axis=1) / (size - 1)

    def coefficient(weight: FloatArray) -> tuple[FloatArray, FloatArray]:
        total, category = weight @ size, weight @ t
        with np.errstate(divide="ignore", invalid="ignore"):
            return weight @ agreeing / total, (category * (category - 1)).sum(axis=1) / (total * (total - 1))

    observed, expected = (float(x[0]) for x in coefficient(counts[None].astype(float)))
    if expected >= 1 - 1e-15:
        return None
    alpha = (observed - expected) / (1 - expected)
    bounds = None
    if observed < 1 and units >= 10:
        drawn = np.random.default_rng(seed).multinomial(units, counts / units, size=resamples)
        o, e = coefficient(drawn.astype(float))
        with np.errstate(divide="ignore", invalid="ignore"):
            values = (o - e) / (1 - e)
        # A resample of one category alone has no alpha.
        values = values[np.isfinite(values)]
        if len(values) > 0.95 * resamples:
            lower, upper = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
            bounds = Bounds(min(float(lower), alpha), max(float(upper), alpha), level, "bootstrap_percentile")
    return Agreement(alpha, observed, expected, bounds, units)
