"""Sums and histograms that add up exactly, in any order: what a tally holds beside counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
HashArray = NDArray[np.uint64]

LIMBS = 4
"""Parts of 26 bits that a fixed-point sum is kept in."""

MAX_SCORES = 4096
"""Up to so many different scores are kept each for itself, and ranking measures are exact."""

SCORE_BINS = 4096
"""More different scores are counted in so many bins of equal width."""

CALIBRATION_BINS = 10
"""Bins of equal width for calibration."""


@dataclass(frozen=True)
class Sums:
    """Sums by cell without rounding: limbs of 2^26, 1, 2^-26 and 2^-52, one column of limbs per cell.

    Each value is taken to the nearest lower multiple of 2^-52 (2.2e-16) before it is added, so that the sums of any order
    and any split are the same bits.
    """

    limbs: IntArray
    """Shape (4, cells)."""

    @classmethod
    def of(cls, codes: IntArray, values: FloatArray, size: int) -> Sums:
        """Sums of values, none negative and none above 2^52, by code below `size`."""
        limbs = np.zeros((LIMBS, size), np.int64)
        largest = float(values.max()) if len(values) else 0.0
        # A value of 1 fits in the limb of 2^-26, so that probabilities take two limbs.
        first = 2 if largest <= 1 else 1 if largest < 2**26 else 0
        rest = values * 2.0 ** (26 * (first - 1))
        for place in range(first, LIMBS):
            part = np.floor(rest)
            # 2^26 rows of parts of at most 2^26 stay within 2^53, where doubles count exactly.
            for start in range(0, len(part), 1 << 26):
                piece = slice(start, start + (1 << 26))
                limbs[place] += np.bincount(codes[piece], part[piece], size).astype(np.int64)
            rest -= part
            rest *= 2.0**26
        return cls(limbs)

    @classmethod
    def zero(cls, size: int) -> Sums:
        """No values."""
        return cls(np.zeros((LIMBS, size), np.int64))

    def __add__(self, other: Sums) -> Sums:
        return Sums(self.limbs + other.limbs)

    def exact(self, cells: Any) -> Fraction:
        """The sum over some cells, as a fraction."""
        return Fraction(_units(self.limbs[:, cells].reshape(LIMBS, -1).sum(axis=1).tolist()), 1 << 52)

    @cached_property
    def values(self) -> FloatArray:
        """Each sum, rounded once."""
        return np.array([_units(limbs) / (1 << 52) for limbs in self.limbs.T.tolist()], np.float64)


def _units(limbs: Sequence[int]) -> int:
    total = 0
    for limb in limbs:
        total = (total << 26) + limb
    return total


@dataclass(frozen=True)
class Scores:
    """Scores of the cells of some attributes crossed: a histogram for ranking, sums for calibration.

    A lane is a cell and an outcome: lane 2c is outcome 0 in cell c, lane 2c + 1 outcome 1.
    """

    margin: tuple[int, ...]
    """The attributes."""
    values: FloatArray | None
    """The different scores in ascending order; `None` where there are more than `MAX_SCORES`, which are then in bins."""
    counts: IntArray
    """Rows by score (or bin) and lane."""
    weights: Sums | None
    """Weights by score (or bin) and lane, flattened."""
    rows: IntArray
    """Rows by lane and calibration bin."""
    predicted: Sums
    """Sum of the (weighted) scores by lane and calibration bin, flattened."""
    mass: Sums | None
    """Sum of the weights by lane and calibration bin, flattened."""
    fourths: Sums
    """Sum of the (weighted) fourth powers of the errors by lane."""
    score_squares: Sums
    """Sum of the (weighted) squared scores by lane."""
    losses: Sums | None
    """Sum of the (weighted) log losses by lane."""
    loss_squares: Sums | None
    """Sum of the (weighted) squared log losses by lane."""

    @classmethod
    def of(
        cls,
        margin: tuple[int, ...],
        cells: int,
        cell: IntArray,
        outcome: IntArray,
        score: FloatArray,
        weight: FloatArray | None,
        whole: bool,
    ) -> Scores:
        """The scores of a batch, each in [0, 1]."""
        from cardwright.statistics.calibration import clipped_log_loss

        lanes = 2 * cells
        lane = 2 * cell + outcome
        values, place = _places(score)
        height = SCORE_BINS if values is None else len(values)
        at = place * lanes + lane
        counts = np.bincount(at, minlength=height * lanes).reshape(height, lanes)
        bins = lane * CALIBRATION_BINS + _calibration_bin(score)
        size = lanes * CALIBRATION_BINS
        error = np.square(score - outcome)

        def weighted(x: FloatArray) -> FloatArray:
            return x if weight is None else x * weight

        losses = clipped_log_loss(outcome, score) if whole else None
        return cls(
            margin,
            values,
            counts.astype(np.int64),
            None if weight is None else Sums.of(at, weight, height * lanes),
            np.bincount(bins, minlength=size).astype(np.int64),
            Sums.of(bins, weighted(score), size),
            None if weight is None else Sums.of(bins, weight, size),
            Sums.of(lane, weighted(np.square(error)), lanes),
            Sums.of(lane, weighted(np.square(score)), lanes),
            None if losses is None else Sums.of(lane, weighted(losses), lanes),
            None if losses is None else Sums.of(lane, weighted(np.square(losses)), lanes),
        )

    def __add__(self, other: Scores) -> Scores:
        first, second, values = self, other, self.values
        if self.values is not None and other.values is not None:
            values = np.union1d(self.values, other.values)
            if len(values) > MAX_SCORES:
                values = None
        else:
            values = None
        first, second = first._spread(values), second._spread(values)
        return Scores(
            self.margin,
            values,
            first.counts + second.counts,
            _plus(first.weights, second.weights),
            first.rows + second.rows,
            first.predicted + second.predicted,
            _plus(first.mass, second.mass),
            first.fourths + second.fourths,
            first.score_squares + second.score_squares,
            _plus(first.losses, second.losses),
            _plus(first.loss_squares, second.loss_squares),
        )

    def _spread(self, values: FloatArray | None) -> Scores:
        """The same scores over more values, or over bins."""
        if self.values is None or (values is not None and len(values) == len(self.values)):
            return self
        place = _bin(self.values) if values is None else np.searchsorted(values, self.values)
        height = SCORE_BINS if values is None else len(values)
        lanes = self.counts.shape[1]
        counts = np.zeros((height, lanes), np.int64)
        np.add.at(counts, place, self.counts)
        weights = None
        if self.weights is not None:
            limbs = np.zeros((LIMBS, height, lanes), np.int64)
            for number, part in enumerate(self.weights.limbs.reshape(LIMBS, -1, lanes)):
                np.add.at(limbs[number], place, part)
            weights = Sums(limbs.reshape(LIMBS, -1))
        return replace(self, values=values, counts=counts, weights=weights)


def _calibration_bin(scores: FloatArray) -> IntArray:
    """`statistics.calibration.equal_width_bins`, by arithmetic."""
    bins = np.minimum((scores * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    return np.asarray(bins - (scores < bins / CALIBRATION_BINS), np.int64)


def _plus(first: Sums | None, second: Sums | None) -> Sums | None:
    return None if first is None or second is None else first + second


def _bin(scores: FloatArray) -> IntArray:
    return np.minimum((scores * SCORE_BINS).astype(np.int64), SCORE_BINS - 1)


def _places(scores: FloatArray) -> tuple[FloatArray | None, IntArray]:
    """Where each score stands among the different ones, or its bin where there are too many."""
    # Whether a batch has too many is mostly plain from its first rows; whether the union has does not depend on the order.
    if len(np.unique(scores[: 2 * MAX_SCORES])) > MAX_SCORES:
        return None, _bin(scores)
    values, place = np.unique(scores, return_inverse=True)
    if len(values) > MAX_SCORES:
        return None, _bin(scores)
    return values, place.reshape(-1).astype(np.int64)


@dataclass(frozen=True)
class Values:
    """Outcomes and predicted values of one cell: exact sums."""

    rows: int
    outcome: Any
    """`statistics.sampling.Moments` of outcomes."""
    predicted: Any
    """`Moments` of predicted values."""
    error: Any
    """`Moments` of predicted minus outcome."""
    absolute: Any
    """`Moments` of |predicted - outcome|."""
    weights: Any
    """`ExactSum` of weights; of rows where there are none."""
    squared_weights: Any
    """`ExactSum` of squared weights."""
    weighted: tuple[Any, ...]
    """`ExactSum` of weight × each of: outcome, predicted, error, |error|, and their squares; empty without weights."""
    moments: Any = None
    """`statistics.regression.RegressionMoments`, where numbers of the whole were asked for."""

    @classmethod
    def of(cls, outcome: FloatArray, predicted: FloatArray, weight: FloatArray | None, whole: bool = False) -> Values:
        """The sums over some rows."""
        from cardwright.statistics.regression import RegressionMoments
        from cardwright.statistics.sampling import ExactSum, Moments

        error = predicted - outcome
        parts = (outcome, predicted, error, np.abs(error))
        weighted: tuple[Any, ...] = ()
        if weight is not None:
            weighted = tuple(ExactSum.of(weight * part) for part in parts)
            weighted += tuple(ExactSum.of(weight * part * part) for part in parts)
        ones = np.ones(len(outcome)) if weight is None else weight
        moments = [Moments.of(part) for part in parts]
        powers = RegressionMoments.of(outcome, predicted) if whole else None
        return cls(len(outcome), *moments, ExactSum.of(ones), ExactSum.of(ones * ones), weighted, powers)  # type: ignore[call-arg,arg-type]

    def __add__(self, other: Values) -> Values:
        return Values(
            self.rows + other.rows,
            self.outcome + other.outcome,
            self.predicted + other.predicted,
            self.error + other.error,
            self.absolute + other.absolute,
            self.weights + other.weights,
            self.squared_weights + other.squared_weights,
            tuple(a + b for a, b in zip(self.weighted, other.weighted, strict=True)),
            None if self.moments is None else self.moments + other.moments,
        )


@dataclass(frozen=True)
class Persons:
    """One entry per person, cell and outcome pair: memory grows with the number of persons, not of rows."""

    chunks: tuple[tuple[HashArray, IntArray, IntArray, IntArray, IntArray], ...] = ()
    """Hash, cell, outcome pair, rows, weight in units of 2^-20."""

    def __add__(self, other: Persons) -> Persons:
        merged = Persons(self.chunks + other.chunks)
        return merged if len(merged.chunks) < 16 else Persons((merged.table,))

    @cached_property
    def table(self) -> tuple[HashArray, IntArray, IntArray, IntArray, IntArray]:
        """All entries, one per person, cell and outcome pair, in the order of cell, hash and pair."""
        if not self.chunks:
            return np.zeros(0, np.uint64), *(np.zeros(0, np.int64) for _ in range(4))  # type: ignore[return-value]
        parts = [np.concatenate(part) for part in zip(*self.chunks, strict=True)]
        return grouped(parts[0], parts[1], parts[2], parts[3], parts[4])


def grouped(
    person: HashArray, cell: IntArray, pair: IntArray, rows: IntArray, weight: IntArray
) -> tuple[HashArray, IntArray, IntArray, IntArray, IntArray]:
    order = np.lexsort((pair, person, cell))
    person, cell, pair, rows, weight = person[order], cell[order], pair[order], rows[order], weight[order]
    first = np.ones(len(person), bool)
    first[1:] = (person[1:] != person[:-1]) | (cell[1:] != cell[:-1]) | (pair[1:] != pair[:-1])
    starts = np.flatnonzero(first)
    if not len(starts):
        return person, cell, pair, rows, weight
    return person[starts], cell[starts], pair[starts], np.add.reduceat(rows, starts), np.add.reduceat(weight, starts)


@dataclass(frozen=True)
class ValuePersons:
    """Rows of clustered numbers: person, cell, outcome, predicted value, weight. Memory grows with the number of rows."""

    chunks: tuple[tuple[Any, ...], ...] = ()

    def __add__(self, other: ValuePersons) -> ValuePersons:
        return ValuePersons(self.chunks + other.chunks)

    @cached_property
    def table(self) -> tuple[Any, ...]:
        """All rows in an order that does not depend on the batches."""
        if not self.chunks:
            return tuple(np.zeros(0) for _ in range(5))
        parts = [np.concatenate(part) for part in zip(*self.chunks, strict=True)]
        order = np.lexsort((parts[4], parts[3], parts[2], parts[0], parts[1]))
        return tuple(part[order] for part in parts)
