"""Whether a gap among groups is more than chance: group labels are shuffled, all margins stay as they are, counts suffice.

Exact where that is affordable, else Monte Carlo with a given seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from cardwright.statistics.intervals import FloatArray

IntArray = NDArray[np.int64]

_TIE = 1e-12
"""Gaps this close to the observed one count as equal to it: rates are quotients in floating point."""

_EXACT_BUDGET = 100_000_000
"""Multiplications that an exact p-value of several groups may take: a fraction of a second."""

_CHUNK = 2_000_000
"""Drawn counts held in memory at once."""


@dataclass(frozen=True)
class PermutationTest:
    """How often shuffled groups show a gap at least as large."""

    p_value: float
    statistic: float
    """The observed gap."""
    method: Literal["permutation_exact", "permutation"]
    resamples: int | None
    """Number of shuffles; `None` where every table was counted."""


def resamples_for(alpha: float = 0.05, family: int = 1) -> int:
    """How many shuffles settle a p-value at level alpha within a family of tests.

    20 * family / alpha, and at least 2,000; one less, so that p-values are multiples of a round number.

    >>> resamples_for(0.05, 10)
    3999
    """
    if not 0 < alpha < 1 or family < 1:
        raise ValueError("alpha must lie between 0 and 1, and a family holds at least one test")
    return max(2000, math.ceil(20 * family / alpha - 1e-9)) - 1


def gap_test(
    successes: ArrayLike, trials: ArrayLike, *, resamples: int | None = None, seed: int | list[int] = 0
) -> PermutationTest | None:
    """The permutation p-value of the highest minus the lowest rate among groups, conditional on all margins.

    For two groups it is exact, of Fisher's kind, with `|difference of rates|` as what counts as extreme; for several it
    is exact where that is affordable; else (1 + shuffles at least as extreme) / (1 + shuffles). `None` with fewer than
    two groups. With no success, or no failure, there is one table and the p-value is 1.

    Parameters
    ----------
    successes, trials
        Whole numbers, one per group; each group has a trial.
    resamples
        Number of shuffles; `resamples_for()` if `None`.
    seed
        What the shuffles are derived from.

    Source: Fisher (1935); Phipson and Smyth (2010), Statistical Applications in Genetics and Molecular Biology 9:39.
    """
    k, n = _table(successes, trials)
    if k.ndim != 1:
        raise ValueError("successes and trials are one number per group each; for strata see stratified_gap_test")
    if np.any(n == 0):
        raise ValueError("each group needs a trial; leave out groups without one, and say so")
    if len(k) < 2:
        return None
    rates = k / n
    observed = float(rates.max() - rates.min())
    if k.sum() in {0, n.sum()}:
        return PermutationTest(1.0, observed, "permutation_exact", None)
    if len(k) == 2:
        return PermutationTest(_exact_pair(k, n), observed, "permutation_exact", None)
    if _exact_cost(k, n) <= _EXACT_BUDGET:
        return PermutationTest(_exact_several(k, n, observed), observed, "permutation_exact", None)
    return _monte_carlo(k[None], n[None], _largest_gap(n[None]), resamples, seed)


Statistic = Literal["adjusted_gap", "largest_gap"]


def stratified_gap_test(
    successes: ArrayLike,
    trials: ArrayLike,
    *,
    statistic: Statistic = "adjusted_gap",
    resamples: int | None = None,
    seed: int | list[int] = 0,
) -> PermutationTest | None:
    """The permutation p-value of a gap among groups, with labels shuffled within strata only.

    `None` where no stratum has two groups with trials. A group without trials in a stratum takes no part there.

    Parameters
    ----------
    successes, trials
        Whole numbers, one row per stratum and one column per group.
    statistic
        `adjusted_gap`: the gap among groups of their rate's excess over what their strata make expected (rates
        standardized indirectly). `largest_gap`: the largest gap of rates within any stratum; for predicted positives in
        the strata y = 1 and y = 0 this is the equalized odds difference.
    resamples, seed
        As `gap_test`.

    Source: as `gap_test`, conditional on strata as Mantel and Haenszel (1959).
    """
    k, n = _table(successes, trials)
    if k.ndim != 2:
        raise ValueError("successes and trials have one row per stratum and one column per group")
    use = (n > 0).sum(axis=1) >= 2
    if not np.any(use):
        return None
    k, n = k[use], n[use]
    present = n.sum(axis=0) > 0
    k, n = k[:, present], n[:, present]
    return _monte_carlo(k, n, _STATISTICS[statistic](n), resamples, seed)


Measure = Callable[[IntArray], FloatArray]
"""From drawn successes, draws × strata × groups, to one number per draw."""


def _largest_gap(n: IntArray) -> Measure:
    low, high, size = np.where(n > 0, 0.0, np.inf), np.where(n > 0, 0.0, -np.inf), np.maximum(n, 1)

    def measure(k: IntArray) -> FloatArray:
        rates = k / size
        gaps = (rates + high).max(axis=2) - (rates + low).min(axis=2)
        return np.asarray(gaps.max(axis=1), float)

    return measure


def _adjusted_gap(n: IntArray) -> Measure:
    size, total = n.sum(axis=0), n.sum(axis=1)

    def measure(k: IntArray) -> FloatArray:
        expected = k.sum(axis=2)[:, :, None] / total[None, :, None] * n[None]
        excess = (k - expected).sum(axis=1) / size
        return np.asarray(excess.max(axis=1) - excess.min(axis=1), float)

    return measure


_STATISTICS: dict[Statistic, Callable[[IntArray], Measure]] = {
    "adjusted_gap": _adjusted_gap,
    "largest_gap": _largest_gap,
}


def _monte_carlo(
    k: IntArray, n: IntArray, measure: Measure, resamples: int | None, seed: int | list[int]
) -> PermutationTest:
    count = resamples_for() if resamples is None else resamples
    if count < 1:
        raise ValueError("at least one shuffle is needed")
    if np.any(n.sum(axis=1) >= 10**9):
        raise ValueError("a permutation test takes fewer than 10^9 rows a stratum; at that size use the interval alone")
    rng = np.random.default_rng(seed)
    observed = float(measure(k[None])[0])
    extreme, done, chunk = 0, 0, max(1, _CHUNK // k.size)
    while done < count:
        size = min(chunk, count - done)
        drawn = np.stack(
            [
                rng.multivariate_hypergeometric(n_s, int(k_s.sum()), size=size, method="marginals")
                for k_s, n_s in zip(k, n, strict=True)
            ],
            axis=1,
        )
        # A shuffle that ties with what was observed is as extreme: if rounding made it less so, p-values would be too small.
        extreme += int((measure(drawn) >= observed - _TIE).sum())
        done += size
    # The observed table is one of the possible ones, so it counts on both sides: a p-value is never 0 (Phipson and Smyth).
    return PermutationTest((1 + extreme) / (1 + count), observed, "permutation", count)


def _exact_pair(k: IntArray, n: IntArray) -> float:
    n1, n2, total = int(n[0]), int(n[1]), int(k.sum())
    rows = n1 + n2
    # |k1/n1 - k2/n2| as a whole number, n1 * n2 times as large, so that ties are ties at any size.
    observed = abs(int(k[0]) * n2 - int(k[1]) * n1)
    if observed == 0:
        return 1.0
    below = (total * n1 - observed) // rows
    above = -((-total * n1 - observed) // rows)
    first, last = max(0, total - n2), min(n1, total)
    # A tail decays faster than a normal one: 20 standard deviations further out there is nothing left to add.
    reach = int(20 * math.sqrt(n1 * n2 / rows * (total / rows) * (1 - total / rows))) + 100
    lower = np.arange(max(first, below - reach), below + 1)
    upper = np.arange(above, min(last, above + reach) + 1)
    tails = stats.hypergeom.pmf(np.concatenate((lower, upper)), rows, n1, total)
    return min(1.0, float(tails.sum()))


def _exact_cost(k: IntArray, n: IntArray) -> int:
    # One convolution over the groups for each possible lowest rate, twice.
    length = int(k.sum()) + 1
    return 2 * int((n + 1).sum()) * int(np.minimum(n + 1, length).sum()) * length


def _exact_several(k: IntArray, n: IntArray, observed: float) -> float:
    """1 - P(gap < observed): for each possible lowest rate, the chance that all rates lie in the window above it.

    Given their total, independent binomials are multivariate hypergeometric, so that windows are convolutions of cut
    binomials.
    """
    total, share = int(k.sum()), k.sum() / n.sum()
    pmfs = [stats.binom.pmf(np.arange(size + 1), size, share) for size in n]
    rates = [np.arange(size + 1) / size for size in n]
    lowest = np.unique(np.concatenate(rates))
    lowest = lowest[np.concatenate(([True], np.diff(lowest) > _TIE))]
    whole = float(stats.binom.pmf(total, int(n.sum()), share))

    def within(low: float, high: float) -> float:
        result = np.ones(1)
        for pmf, rate in zip(pmfs, rates, strict=True):
            cut = np.where((rate >= low) & (rate < high), pmf, 0.0)
            if not cut.any():
                return 0.0
            result = np.convolve(result, cut)[: total + 1]
        return float(result[total]) if len(result) > total else 0.0

    smaller = sum(
        within(low - _TIE, low + observed - _TIE) - within(low + _TIE, low + observed - _TIE)
        for low in lowest
        if low <= share + _TIE
    )
    # The difference from 1 is good to about 1e-13; the observed table itself is always among the extreme ones.
    itself = math.prod(float(pmf[count]) for pmf, count in zip(pmfs, k, strict=True)) / whole
    return min(1.0, max(itself, 1 - smaller / whole))


def _table(successes: ArrayLike, trials: ArrayLike) -> tuple[IntArray, IntArray]:
    k, n = np.asarray(successes), np.asarray(trials)
    if k.shape != n.shape or k.ndim == 0:
        raise ValueError("successes and trials have one shape")
    if np.any(k != np.floor(k)) or np.any(n != np.floor(n)):
        raise ValueError("permutation tests shuffle whole rows; weighted counts have none")
    if np.any(k < 0) or np.any(k > n):
        raise ValueError("successes must lie between 0 and the number of trials")
    return k.astype(np.int64), n.astype(np.int64)
