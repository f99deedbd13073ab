"""The median of numbers that are too many to hold, exactly and in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

_DIGIT = 16
_PASSES = 64 // _DIGIT


def streaming_median(read: Callable[[], Iterator[NDArray[np.float64]]]) -> float | None:
    """The mean of the two middle numbers of a sample that is read four times, in pieces of any size; `None` without numbers.

    A number's 64 bits, turned so that they order as the numbers do, are narrowed down sixteen at a time (a radix selection), so
    the answer is exact and the memory needed does not depend on how many numbers there are.

    Parameters
    ----------
    read
        Gives the same finite numbers each time, as arrays of shape (n,).

    Raises
    ------
    ValueError
        Where a number is not finite.
    """
    prefixes: list[int] = []
    ranks: list[int] = []
    for step in range(_PASSES):
        tables: dict[int, NDArray[np.int64]] = {prefix: np.zeros(1 << _DIGIT, np.int64) for prefix in prefixes or [0]}
        for piece in read():
            keys = _ordered_bits(piece)
            digits = ((keys >> np.uint64(64 - _DIGIT * (step + 1))) & np.uint64((1 << _DIGIT) - 1)).astype(np.int64)
            before = keys >> np.uint64(64 - _DIGIT * step) if step else None
            for prefix in tables:
                inside = digits if before is None else digits[before == np.uint64(prefix)]
                tables[prefix] += np.bincount(inside, minlength=1 << _DIGIT)
        if not step:
            total = int(tables[0].sum())
            if not total:
                return None
            prefixes, ranks = [0, 0], [(total - 1) // 2, total // 2]
        for place in (0, 1):
            reached = np.cumsum(tables[prefixes[place]])
            digit = int(np.searchsorted(reached, ranks[place], side="right"))
            ranks[place] -= int(reached[digit - 1]) if digit else 0
            prefixes[place] = (prefixes[place] << _DIGIT) | digit
    low, high = (_number(prefix) for prefix in prefixes)
    return low if low == high else (low + high) / 2


_SIGN = np.uint64(1 << 63)


def _ordered_bits(numbers: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Whole numbers that order as the floating-point numbers do: the sign bit flipped, negative ones turned round."""
    if not np.isfinite(numbers).all():
        raise ValueError("a number is not finite")
    bits = (numbers + 0.0).view(np.uint64)  # adding 0 makes -0 a 0
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def _number(key: int) -> float:
    bits = key ^ (1 << 63) if key >> 63 else ~key & ((1 << 64) - 1)
    return float(np.array([bits], np.uint64).view(np.float64)[0])
