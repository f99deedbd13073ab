"""The median of numbers that are too many to hold, exactly and in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from cardwright.statistics.intervals import Bounds

_DIGIT = 16
_PASSES = 64 // _DIGIT


@dataclass(frozen=True)
class DigitCounts:
    """Numbers by the next sixteen bits, for each prefix that is followed; adds up over pieces."""

    tables: dict[int, NDArray[np.int64]]

    def __add__(self, other: DigitCounts) -> DigitCounts:
        return DigitCounts({prefix: table + other.tables[prefix] for prefix, table in self.tables.items()})


@dataclass(frozen=True)
class MedianPass:
    """One of the passes of `selected_median`: which bits are counted, of numbers that begin how."""

    step: int
    prefixes: tuple[int, ...]

    def count(self, piece: NDArray[np.float64]) -> DigitCounts:
        """The counts of finite numbers, shape (n,).

        Raises
        ------
        ValueError
            If a number is not finite.
        """
        keys = _ordered_bits(piece)
        digits = ((keys >> np.uint64(64 - _DIGIT * (self.step + 1))) & np.uint64((1 << _DIGIT) - 1)).astype(np.int64)
        before = keys >> np.uint64(64 - _DIGIT * self.step) if self.step else None
        chosen = {prefix: digits if before is None else digits[before == np.uint64(prefix)] for prefix in self.prefixes}
        return DigitCounts({prefix: np.bincount(inside, minlength=1 << _DIGIT) for prefix, inside in chosen.items()})


def selected_median(count: Callable[[MedianPass], DigitCounts | None]) -> float | None:
    """The mean of the two middle numbers of a sample that is counted four times; `None` without numbers.

    A number's 64 bits, arranged so that they order as the numbers do, are narrowed down sixteen at a time (a radix selection), so
    the answer is exact and the memory needed does not depend on how many numbers there are.

    Parameters
    ----------
    count
        The sum of `MedianPass.count` over the same numbers each time, in pieces of any size and order; None without numbers.
    """
    prefixes: list[int] = [0]
    ranks: list[int] = []
    for step in range(_PASSES):
        found = count(MedianPass(step, tuple(dict.fromkeys(prefixes))))
        if found is None:
            return None
        if not step:
            total = int(found.tables[0].sum())
            if not total:
                return None
            prefixes, ranks = [0, 0], [(total - 1) // 2, total // 2]
        for middle in (0, 1):
            reached = np.cumsum(found.tables[prefixes[middle]])
            digit = int(np.searchsorted(reached, ranks[middle], side="right"))
            ranks[middle] -= int(reached[digit - 1]) if digit else 0
            prefixes[middle] = (prefixes[middle] << _DIGIT) | digit
    low, high = (_number(prefix) for prefix in prefixes)
    return low if low == high else (low + high) / 2


def streaming_median(read: Callable[[], Iterator[NDArray[np.float64]]]) -> float | None:
    """`selected_median` of numbers that are read four times.

    Parameters
    ----------
    read
        Gives the same finite numbers each time, as arrays of shape (n,).

    Raises
    ------
    ValueError
        If a number is not finite.
    """

    def count(one: MedianPass) -> DigitCounts | None:
        total: DigitCounts | None = None
        for piece in read():
            found = one.count(piece)
            total = found if total is None else total + found
        return total

    return selected_median(count)


_SIGN = np.uint64(1 << 63)


def _ordered_bits(numbers: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Whole numbers that order as the floating-point numbers do: the sign bit flipped, negative ones reversed."""
    if not np.isfinite(numbers).all():
        raise ValueError("a number is not finite")
    bits = (numbers + 0.0).view(np.uint64)  # adding 0 makes -0 a 0
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def _number(key: int) -> float:
    bits = key ^ (1 << 63) if key >> 63 else ~key & ((1 << 64) - 1)
    return float(np.array([bits], np.uint64).view(np.float64)[0])


@dataclass(frozen=True)
class Quantile:
    """A quantile of a sample and its interval."""

    estimate: float
    """The order statistic of rank ceil(n q)."""
    bounds: Bounds | None
    """`None` where the sample is too small for an interval of that level: no order statistic is far enough out."""


def quantile(values: ArrayLike, q: float, level: float = 0.95) -> Quantile | None:
    """A quantile by order statistics, with an interval that assumes no distribution; `None` without values.

    The interval reaches from one order statistic to another so that a binomial count of values below the true quantile lies
    between their ranks with a chance of at least `level`. For p95 at 95 % it takes 72 values.

    Source: Conover (1999), Practical Nonparametric Statistics, 3.2; Hahn and Meeker (1991), Statistical Intervals, 5.2.

    >>> found = quantile(range(1, 101), 0.5)
    >>> found.estimate, found.bounds.lower, found.bounds.upper
    (50.0, 40.0, 61.0)
    """
    if not 0 < q < 1 or not 0 < level < 1:
        raise ValueError("a quantile and a level lie between 0 and 1")
    ordered = np.sort(np.asarray(values, float).reshape(-1))
    if not np.isfinite(ordered).all():
        raise ValueError("a number is not finite")
    n = len(ordered)
    if n == 0:
        return None
    estimate = float(ordered[max(0, int(np.ceil(n * q)) - 1)])
    tail = (1 - level) / 2
    # The true quantile is at or above x(l) unless fewer than l values are below it, and below x(u) unless u or more are.
    lower = int(stats.binom.ppf(tail, n, q))
    if stats.binom.cdf(lower - 1, n, q) > tail:
        lower -= 1
    upper = int(stats.binom.ppf(1 - tail, n, q)) + 1
    if lower < 1 or upper > n:
        return Quantile(estimate, None)
    return Quantile(estimate, Bounds(float(ordered[lower - 1]), float(ordered[upper - 1]), level, "order_statistics"))
