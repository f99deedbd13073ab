"""Groups compared within strata, so that a difference between strata is not read as one between groups."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from cardwright.statistics.intervals import Bounds, FloatArray, z_quantile


@dataclass(frozen=True)
class StratifiedTest:
    """A chi-squared test over strata."""

    statistic: float
    df: int
    p_value: float
    method: str
    strata: int
    """How many strata took part."""


@dataclass(frozen=True)
class StratifiedEstimate:
    """One number common to all strata."""

    estimate: float
    bounds: Bounds
    strata: int
    """How many strata took part."""


def cochran_mantel_haenszel(tables: ArrayLike, *, correction: bool = False) -> StratifiedTest | None:
    """Whether group and outcome are associated given the strata; for two or more groups and two or more outcomes.

    The general association statistic, with (groups - 1)(outcomes - 1) degrees of freedom; for two by two it is Cochran,
    Mantel and Haenszel's, with the continuity correction if asked for. Groups and outcomes that never occur are left
    out. `None` where no stratum has two groups and two outcomes.

    Parameters
    ----------
    tables
        Counts, strata × groups × outcomes.

    Source: Mantel and Haenszel (1959), JNCI 22:719; Landis, Heyman and Koch (1978), International Statistical Review
    46:237.
    """
    t = _tables(tables)
    t = t[(t.sum(axis=2) > 0).sum(axis=1) >= 2]
    t = t[(t.sum(axis=1) > 0).sum(axis=1) >= 2]
    if len(t) == 0:
        return None
    t = t[:, t.sum(axis=(0, 2)) > 0][:, :, t.sum(axis=(0, 1)) > 0]
    groups, outcomes = t.shape[1], t.shape[2]
    df = (groups - 1) * (outcomes - 1)
    difference, covariance = np.zeros(df), np.zeros((df, df))
    for stratum in t:
        n = stratum.sum()
        row, column = stratum.sum(axis=1), stratum.sum(axis=0)
        difference += (stratum - np.outer(row, column) / n)[:-1, :-1].reshape(-1)
        r = (np.diag(row) * n - np.outer(row, row))[:-1, :-1]
        c = (np.diag(column) * n - np.outer(column, column))[:-1, :-1]
        covariance += np.kron(r, c) / (n * n * (n - 1))
    if correction:
        if df != 1:
            raise ValueError("the continuity correction is for two groups and two outcomes")
        difference = np.maximum(0.0, np.abs(difference) - 0.5)
    # Groups that never meet in a stratum leave the covariance short of rank.
    rank = int(np.linalg.matrix_rank(covariance))
    statistic = float(difference @ np.linalg.pinv(covariance, hermitian=True) @ difference)
    return StratifiedTest(statistic, rank, float(stats.chi2.sf(statistic, rank)), "cochran_mantel_haenszel", len(t))


def mantel_haenszel_odds_ratio(tables: ArrayLike, level: float = 0.95) -> StratifiedEstimate | None:
    """The odds ratio common to all strata, of the first group against the second and the first outcome against the second.

    Interval on the log scale by Robins, Breslow and Greenland. `None` where the estimate would be 0, infinite or 0/0:
    no interval of this kind exists there.

    Parameters
    ----------
    tables
        Counts, strata × 2 groups × 2 outcomes.

    Source: Mantel and Haenszel (1959); Robins, Breslow and Greenland (1986), Biometrics 42:311.
    """
    z = z_quantile(level)
    t = _two_by_two(tables)
    n = t.sum(axis=(1, 2))
    t, n = t[n > 0], n[n > 0]
    a, b, c, d = t[:, 0, 0], t[:, 0, 1], t[:, 1, 0], t[:, 1, 1]
    r, s = a * d / n, b * c / n
    if r.sum() == 0 or s.sum() == 0:
        return None
    p, q = (a + d) / n, (b + c) / n
    variance = (
        (p * r).sum() / (2 * r.sum() ** 2)
        + (p * s + q * r).sum() / (2 * r.sum() * s.sum())
        + (q * s).sum() / (2 * s.sum() ** 2)
    )
    log, half = math.log(r.sum() / s.sum()), z * math.sqrt(variance)
    bounds = Bounds(math.exp(log - half), math.exp(log + half), level, "robins_breslow_greenland")
    return StratifiedEstimate(math.exp(log), bounds, _informative(t))


def mantel_haenszel_difference(tables: ArrayLike, level: float = 0.95) -> StratifiedEstimate | None:
    """The difference of the first outcome's rate common to all strata, first group minus second, weighted as Mantel and Haenszel.

    Sato's variance holds both for many small strata and for few large ones. `None` where no stratum has both groups.

    Parameters
    ----------
    tables
        Counts, strata × 2 groups × 2 outcomes.

    Source: Greenland and Robins (1985), Biometrics 41:55; Sato (1989), Biometrics 45:1323.
    """
    z = z_quantile(level)
    t = _two_by_two(tables)
    n1, n2 = t[:, 0].sum(axis=1), t[:, 1].sum(axis=1)
    use = (n1 > 0) & (n2 > 0)
    if not use.any():
        return None
    t, n1, n2 = t[use], n1[use], n2[use]
    a, c = t[:, 0, 0], t[:, 1, 0]
    n = n1 + n2
    weight = n1 * n2 / n
    estimate = float((weight * (a / n1 - c / n2)).sum() / weight.sum())
    p = (n1**2 * c - n2**2 * a + n1 * n2 * (n2 - n1) / 2) / n**2
    q = (a * (n2 - c) + c * (n1 - a)) / (2 * n)
    variance = max(0.0, float((estimate * p.sum() + q.sum()) / weight.sum() ** 2))
    half = z * math.sqrt(variance)
    bounds = Bounds(max(-1.0, estimate - half), min(1.0, estimate + half), level, "mantel_haenszel_sato")
    return StratifiedEstimate(estimate, bounds, len(t))


def breslow_day(tables: ArrayLike, *, tarone: bool = True) -> StratifiedTest | None:
    """Whether the odds ratio differs between strata; if it does, one common number hides it.

    `None` with fewer than two strata that have both groups and both outcomes, or where the common odds ratio is 0,
    infinite or 0/0.

    Parameters
    ----------
    tables
        Counts, strata × 2 groups × 2 outcomes.
    tarone
        With Tarone's correction, which makes the statistic's distribution right.

    Source: Breslow and Day (1980), Statistical Methods in Cancer Research I, 4.4; Tarone (1985), Biometrika 72:91.
    """
    t = _two_by_two(tables)
    t = t[(t.sum(axis=2) > 0).all(axis=1) & (t.sum(axis=1) > 0).all(axis=1)]
    common = mantel_haenszel_odds_ratio(t)
    if common is None or len(t) < 2:
        return None
    odds = common.estimate
    n1, m, n = t[:, 0].sum(axis=1), t[:, :, 0].sum(axis=1), t.sum(axis=(1, 2))
    # The count in the first cell that makes a stratum's odds ratio the common one: the root within the margins.
    if abs(odds - 1) < 1e-12:
        fitted = n1 * m / n
    else:
        square, linear, constant = 1 - odds, n - n1 - m + odds * (n1 + m), -odds * n1 * m
        root = np.sqrt(linear**2 - 4 * square * constant)
        fitted = -2 * constant / (linear + root)
    with np.errstate(divide="ignore"):
        variance = 1 / (1 / fitted + 1 / (n1 - fitted) + 1 / (m - fitted) + 1 / (n - n1 - m + fitted))
    off = t[:, 0, 0] - fitted
    statistic = float((off**2 / variance).sum())
    if tarone:
        statistic -= float(off.sum() ** 2 / variance.sum())
    df = len(t) - 1
    name = "breslow_day_tarone" if tarone else "breslow_day"
    return StratifiedTest(statistic, df, float(stats.chi2.sf(statistic, df)), name, len(t))


def _informative(t: FloatArray) -> int:
    return int(((t.sum(axis=2) > 0).all(axis=1) & (t.sum(axis=1) > 0).all(axis=1)).sum())


def _tables(tables: ArrayLike) -> FloatArray:
    t = np.asarray(tables, float)
    if t.ndim != 3:
        raise ValueError("tables are counts of strata × groups × outcomes")
    if not np.all(t >= 0):
        raise ValueError("counts are not negative")
    return t


def _two_by_two(tables: ArrayLike) -> FloatArray:
    t = _tables(tables)
    if t.shape[1:] != (2, 2):
        raise ValueError("tables are counts of strata × 2 groups × 2 outcomes")
    return t
