"""Sums and samples over rows that merge exactly: in any order, over any batches, workers or partitions.

Floating-point addition is not associative; a record whose bytes depend on the number of workers cannot be verified. So
sums are kept exactly and rounded once, at the end, and samples are chosen by a keyed hash of the row instead of by a
random number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

_UNIT_BITS = 1126
"""Every double is a whole multiple of 2^-1074; 52 bits more keep normalized subnormal numbers whole."""

_CHUNK = 1 << 22
"""Values summed at once: 2^22 limbs of 30 bits stay below 2^53."""


@dataclass(frozen=True)
class ExactSum:
    """A sum of doubles without rounding: one large integer, in units of 2^-1126.

    >>> ExactSum.of([1e16, 1.0, -1e16]).value
    1.0
    """

    units: int = 0

    @classmethod
    def of(cls, values: ArrayLike) -> ExactSum:
        """The sum of some numbers; `ValueError` where one is not finite."""
        x = np.asarray(values).reshape(-1)
        if x.dtype == bool:
            return cls(int(x.sum()) << _UNIT_BITS)
        if np.issubdtype(x.dtype, np.unsignedinteger):
            low, high = (
                x & x.dtype.type(0xFFFFFFFF) if x.dtype.itemsize == 8 else x,
                x.astype(np.uint64) >> np.uint64(32),
            )
            return cls(((int(high.sum(dtype=np.uint64)) << 32) + int(low.sum(dtype=np.uint64))) << _UNIT_BITS)
        if np.issubdtype(x.dtype, np.integer):
            x = x.astype(np.int64)
            return cls(((int((x >> 32).sum()) << 32) + int((x & 0xFFFFFFFF).sum())) << _UNIT_BITS)
        x = x.astype(np.float64)
        if not np.all(np.isfinite(x)):
            raise ValueError("only finite numbers add up; leave out the others, and count them")
        return cls(sum(_units(x[start : start + _CHUNK]) for start in range(0, len(x), _CHUNK)))

    def __add__(self, other: ExactSum) -> ExactSum:
        return ExactSum(self.units + other.units)

    @property
    def exact(self) -> Fraction:
        """The sum as a fraction."""
        return Fraction(self.units, 1 << _UNIT_BITS)

    @property
    def value(self) -> float:
        """The sum, rounded once; `OverflowError` where no double is that large."""
        return self.units / (1 << _UNIT_BITS)


def _units(x: NDArray[np.float64]) -> int:
    """The exact sum of a chunk, limb by limb of 30 bits: whole numbers below 2^53 add up exactly in a double, in any order."""
    size = np.abs(x)
    largest = float(size.max(initial=0.0))
    if largest == 0:
        return 0
    if largest >= 2.0**400 or float(size.min(where=size > 0, initial=np.inf)) < 2.0**-500:
        return _units_by_exponent(x)
    exponent = int(np.frexp(largest)[1]) - 30
    rest = np.ldexp(x, -exponent)
    total = 0
    while True:
        limb = np.trunc(rest)
        total += int(limb.sum()) << (exponent + _UNIT_BITS)
        rest -= limb
        if not rest.any():
            return total
        rest *= 2.0**30
        exponent -= 30


def _units_by_exponent(x: NDArray[np.float64]) -> int:
    """The same for numbers so large or small that scaling them would lose bits."""
    # x = mantissa * 2^(exponent - 53), with a whole mantissa of at most 53 bits, cut into two limbs.
    fraction, exponent = np.frexp(x)
    mantissa = np.ldexp(fraction, 53).astype(np.int64)
    least = int(exponent.min())
    offset = exponent.astype(np.int64) - least
    high = np.bincount(offset, weights=(mantissa >> 27).astype(np.float64))
    low = np.bincount(offset, weights=(mantissa & 0x7FFFFFF).astype(np.float64))
    total = 0
    for shift in np.flatnonzero((high != 0) | (low != 0)).tolist():
        total += ((int(high[shift]) << 27) + int(low[shift])) << shift
    return total << (least - 53 + _UNIT_BITS)


@dataclass(frozen=True)
class Moments:
    """Number, sum and sum of squares of some values; they add up exactly, in any order."""

    n: int = 0
    total: ExactSum = ExactSum()
    squares: ExactSum = ExactSum()

    @classmethod
    def of(cls, values: ArrayLike) -> Moments:
        """The moments of some finite numbers."""
        x = np.asarray(values, np.float64).reshape(-1)
        return cls(len(x), ExactSum.of(x), ExactSum.of(x * x))

    def __add__(self, other: Moments) -> Moments:
        return Moments(self.n + other.n, self.total + other.total, self.squares + other.squares)

    @property
    def mean(self) -> float | None:
        """The mean; `None` without values."""
        return None if self.n == 0 else float(self.total.exact / self.n)

    @property
    def variance(self) -> float | None:
        """The sample variance, over n - 1; `None` with fewer than two values."""
        if self.n < 2:
            return None
        total = self.total.exact
        return max(0.0, float((self.squares.exact - total * total / self.n) / (self.n - 1)))


def kish_effective_size(weights: float, squared_weights: float) -> float | None:
    """How many unweighted rows are as informative: squared sum of weights over sum of squared weights; `None` without weight.

    Source: Kish (1965), Survey Sampling, 11.7.

    >>> kish_effective_size(10.0, 20.0)
    5.0
    """
    if weights < 0 or squared_weights < 0:
        raise ValueError("weights are not negative")
    return None if weights == 0 else weights * weights / squared_weights


T = TypeVar("T")


@dataclass(frozen=True)
class BottomK(Generic[T]):
    """A random sample of up to `size` rows: those with the smallest keyed hashes, whichever order the rows came in.

    A row offered twice under the same number is one row.

    Source: Cohen and Kaplan (2007), PODC; min-wise sampling.
    """

    size: int
    entries: tuple[tuple[int, int, T], ...] = ()
    """Hash, row number and payload, in ascending order of hash and row number."""

    @classmethod
    def of(cls, rows: ArrayLike, payload: Callable[[int], T], size: int, key: bytes) -> BottomK[T]:
        """A sample of some rows.

        Parameters
        ----------
        rows
            Row numbers, unique over the whole data.
        payload
            From a position in `rows` to what is kept of that row; called for kept rows only.
        size
            At most this many rows are kept.
        key
            The same key gives the same sample.
        """
        numbers = np.asarray(rows).astype(np.uint64).reshape(-1)
        hashes = keyed_hashes(numbers, key)
        if 0 < size < len(hashes):
            bound = np.partition(hashes, size - 1)[size - 1]
            near = np.flatnonzero(hashes <= bound)
        else:
            near = np.arange(len(hashes) if size > 0 else 0)
        order = near[np.lexsort((numbers[near], hashes[near]))][:size]
        return cls(size, tuple((int(hashes[i]), int(numbers[i]), payload(int(i))) for i in order))

    def __add__(self, other: BottomK[T]) -> BottomK[T]:
        if self.size != other.size:
            raise ValueError("samples of different sizes do not merge")
        merged = {entry[:2]: entry for entry in (*other.entries, *self.entries)}
        return BottomK(self.size, tuple(merged[at] for at in sorted(merged)[: self.size]))

    @property
    def payloads(self) -> tuple[T, ...]:
        """What was kept of the rows, in the sample's order."""
        return tuple(entry[2] for entry in self.entries)


def keyed_hashes(numbers: ArrayLike, key: bytes) -> NDArray[np.uint64]:
    """A 64-bit hash of each whole number under a key, the same on every machine; for sampling, not for secrets.

    Source: Steele, Lea and Flood (2014), OOPSLA (splitmix64), keyed by BLAKE2b.
    """
    x = np.asarray(numbers).astype(np.uint64)
    for word in np.frombuffer(hashlib.blake2b(key, digest_size=16).digest(), "<u8"):
        x = _mix(x ^ word)
    return x


def keyed_hash(content: Iterable[bytes], key: bytes) -> int:
    """A 64-bit hash of a row's values, each framed by its length, under a key of up to 64 bytes; for rows without a number."""
    state = hashlib.blake2b(key=key, digest_size=8)
    for value in content:
        state.update(len(value).to_bytes(8, "little"))
        state.update(value)
    return int.from_bytes(state.digest(), "little")


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(x ^ (x >> np.uint64(31)), np.uint64)
