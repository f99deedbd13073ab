"""What was counted over some rows: sums that add up exactly, in any order, and the counts by group made from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from cardwright.evaluators.rows.exact_sums import (
    LIMBS,
    FloatArray,
    HashArray,
    IntArray,
    Persons,
    Scores,
    Sums,
    ValuePersons,
    Values,
    grouped,
)
from cardwright.evaluators.rows.layout import Layout
from cardwright.evaluators.rows.weights import WEIGHTLESS, weight_findings
from cardwright.record.evaluation import Finding

KEPT_LABELS = 1000
"""So many different labels are remembered to say what is wrong with them."""


def _merge_keys(*keys: IntArray) -> tuple[IntArray, list[IntArray]]:
    """All keys, sorted, and the place of each key of each array among them."""
    every = np.unique(np.concatenate(keys))
    return every, [np.searchsorted(every, key) for key in keys]


@dataclass(frozen=True)
class RowTally:
    """What was counted over some rows. See `count`."""

    layout: Layout
    rows: int
    problems: Mapping[str, int]
    """Rows with something wrong, by what it is; `refuse` turns them into an error."""
    labels: Mapping[str, int]
    """Rows by outcome as written in the data."""
    decisions: Mapping[str, int]
    """Rows by supplied decision as written in the data."""
    strata: tuple[tuple[str | None, ...], ...]
    """The strata that occur, sorted; one empty one where there are none declared."""
    keys: IntArray
    """Cell of all attributes crossed × stratum, of those that have rows, sorted."""
    counts: IntArray
    """Rows by key, outcome and decision."""
    weights: Sums | None = None
    """Weights, like `counts`, flattened."""
    squared_weights: Sums | None = None
    """Squared weights, like `counts`, flattened."""
    scores: tuple[Scores, ...] = ()
    values: Mapping[int, Values] = field(default_factory=dict)
    """Sums of numbers by cell, for regression."""
    persons: Persons | None = None
    value_persons: ValuePersons | None = None
    weight_sizes: IntArray | None = None
    """Rows by the power of two of their weight; see `weights.weight_sizes`."""

    def __add__(self, other: RowTally) -> RowTally:
        strata = tuple(sorted({*self.strata, *other.strata}, key=stratum_order))
        first, second = self._in_strata(strata), other._in_strata(strata)
        keys, (at_first, at_second) = _merge_keys(first.keys, second.keys)
        counts = np.zeros((len(keys), *self.counts.shape[1:]), np.int64)
        counts[at_first] += first.counts
        counts[at_second] += second.counts
        width = int(np.prod(self.counts.shape[1:]))

        def spread(a: Sums | None, b: Sums | None) -> Sums | None:
            if a is None or b is None:
                return None
            limbs = np.zeros((LIMBS, len(keys), width), np.int64)
            limbs[:, at_first] += a.limbs.reshape(LIMBS, -1, width)
            limbs[:, at_second] += b.limbs.reshape(LIMBS, -1, width)
            return Sums(limbs.reshape(LIMBS, -1))

        values = dict(self.values)
        for cell, sums in other.values.items():
            values[cell] = values[cell] + sums if cell in values else sums
        return RowTally(
            self.layout,
            self.rows + other.rows,
            _add_counts(self.problems, other.problems),
            _add_counts(self.labels, other.labels),
            _add_counts(self.decisions, other.decisions),
            strata,
            keys,
            counts,
            spread(first.weights, second.weights),
            spread(first.squared_weights, second.squared_weights),
            tuple(a + b for a, b in zip(self.scores, other.scores, strict=True)),
            values,
            None if self.persons is None or other.persons is None else self.persons + other.persons,
            None
            if self.value_persons is None or other.value_persons is None
            else self.value_persons + other.value_persons,
            None if self.weight_sizes is None or other.weight_sizes is None else self.weight_sizes + other.weight_sizes,
        )

    def weight_findings(self) -> tuple[Finding, ...]:
        """What a person should look at in the weights of the rows."""
        whole = self.view(()).weights
        return weight_findings(
            self.layout.weight,
            self.weight_sizes,
            0.0 if whole is None else float(whole.sum()),
            self.problems.get(WEIGHTLESS, 0),
        )

    def _in_strata(self, strata: tuple[tuple[str | None, ...], ...]) -> RowTally:
        if strata == self.strata:
            return self
        place = np.array([strata.index(stratum) for stratum in self.strata], np.int64)
        keys = self.keys // len(self.strata) * len(strata) + place[self.keys % len(self.strata)]
        # Sorted strata stay in their order, so the keys stay sorted.
        return replace(self, strata=strata, keys=keys)

    def view(self, attributes: Sequence[int] = (), *, strata: bool = False) -> GroupView:
        """The counts by cell of some attributes crossed, of the cells that have rows; in the order of their groups."""
        cells, stratum = np.divmod(self.keys, len(self.strata))
        coarse = coarsen(cells, self.layout.sizes, attributes)
        merged = coarse * len(self.strata) + stratum if strata else coarse
        keys, inverse = np.unique(merged, return_inverse=True)
        inverse = inverse.reshape(-1)
        counts = np.zeros((len(keys), *self.counts.shape[1:]), np.int64)
        np.add.at(counts, inverse, self.counts)
        return GroupView(self, tuple(attributes), keys, counts, inverse, strata)


def stratum_order(stratum: tuple[str | None, ...]) -> tuple[tuple[bool, str], ...]:
    return tuple((name is None, name or "") for name in stratum)


def _add_counts(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    # Which labels are kept goes by the alphabet, not by which batch came first.
    if len(first) + len(second) > 4 * KEPT_LABELS:
        kept = sorted({*first, *second})[:KEPT_LABELS]
        return {name: first.get(name, 0) + second.get(name, 0) for name in kept}
    return {name: first.get(name, 0) + second.get(name, 0) for name in sorted({*first, *second})}


def coarsen(cells: IntArray, sizes: Sequence[int], attributes: Sequence[int]) -> IntArray:
    """Cells of all attributes crossed, as cells of some of them."""
    codes = decode(cells, sizes)
    result = np.zeros(len(cells), np.int64)
    for index in attributes:
        result = result * sizes[index] + codes[index]
    return result


def decode(cells: IntArray, sizes: Sequence[int]) -> list[IntArray]:
    """The code of each attribute in each cell."""
    codes: list[IntArray] = []
    rest = np.asarray(cells, np.int64)
    for size in reversed(sizes):
        rest, code = np.divmod(rest, size)
        codes.append(code)
    return codes[::-1]


@dataclass(frozen=True)
class Cell:
    """The counts of one cell: outcome × decision."""

    counts: IntArray
    weights: FloatArray | None
    squared_weights: FloatArray | None
    clusters: Callable[[], tuple[FloatArray, FloatArray]] | None = None
    """For clustered rows: rows and weights by person, outcome and decision."""

    @property
    def rows(self) -> int:
        """How many rows."""
        return int(self.counts.sum())


@dataclass(frozen=True)
class GroupView:
    """The counts by cell of some attributes crossed."""

    tally: RowTally
    attributes: tuple[int, ...]
    keys: IntArray
    counts: IntArray
    """Rows by cell, outcome and decision."""
    inverse: IntArray
    """Which cell each key of the tally belongs to."""
    stratified: bool = False

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many codes each attribute has."""
        return tuple(self.tally.layout.sizes[index] for index in self.attributes)

    @cached_property
    def slices(self) -> tuple[dict[str, str | None], ...]:
        """Each cell by its groups; unknown membership is `None`."""
        cells = self.keys // len(self.tally.strata) if self.stratified else self.keys
        codes = decode(cells, self.sizes)
        attributes = [self.tally.layout.attributes[index] for index in self.attributes]
        return tuple(
            {
                attribute.name: attribute.groups[code] if code < len(attribute.groups) else None
                for attribute, code in zip(attributes, row, strict=True)
            }
            for row in (zip(*(code.tolist() for code in codes), strict=True) if codes else ((),) * len(self.keys))
        )

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Whether membership is known in every attribute."""
        return np.array([None not in slice_.values() for slice_ in self.slices], bool)

    def __iter__(self) -> Iterator[tuple[dict[str, str | None], Cell]]:
        for index, slice_ in enumerate(self.slices):
            yield slice_, self.cell(index)

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def weights(self) -> FloatArray | None:
        """Weights by cell, outcome and decision."""
        return self._weights(self.tally.weights)

    @cached_property
    def squared_weights(self) -> FloatArray | None:
        """Squared weights by cell, outcome and decision."""
        return self._weights(self.tally.squared_weights)

    def _weights(self, sums: Sums | None) -> FloatArray | None:
        if sums is None:
            return None
        width = int(np.prod(self.counts.shape[1:]))
        limbs = np.zeros((LIMBS, len(self.keys), width), np.int64)
        for place, part in enumerate(sums.limbs.reshape(LIMBS, -1, width)):
            np.add.at(limbs[place], self.inverse, part)
        return Sums(limbs.reshape(LIMBS, -1)).values.reshape(self.counts.shape)

    @cached_property
    def _persons(self) -> tuple[HashArray, IntArray, IntArray, IntArray, IntArray] | None:
        if self.tally.persons is None:
            return None
        person, cell, pair, rows, weight = self.tally.persons.table
        return grouped(person, coarsen(cell, self.tally.layout.sizes, self.attributes), pair, rows, weight)

    def cell(self, index: int) -> Cell:
        """One cell."""
        clusters = None
        if self._persons is not None:
            key = int(self.keys[index])
            clusters = lambda: self._clusters(key)  # noqa: E731  computed only where a rate asks for it
        return Cell(
            self.counts[index],
            None if self.weights is None else self.weights[index],
            None if self.squared_weights is None else self.squared_weights[index],
            clusters,
        )

    def _clusters(self, key: int) -> tuple[FloatArray, FloatArray]:
        assert self._persons is not None
        person, cell, pair, rows, weight = self._persons
        first, last = np.searchsorted(cell, [key, key + 1])
        person, pair, rows, weight = person[first:last], pair[first:last], rows[first:last], weight[first:last]
        names, number = np.unique(person, return_inverse=True)
        shape = (len(names), *self.counts.shape[1:])
        by_rows, by_weight = np.zeros((len(names), prod(shape[1:]))), np.zeros((len(names), prod(shape[1:])))
        by_rows[number.reshape(-1), pair] = rows
        by_weight[number.reshape(-1), pair] = weight / 2.0**20
        return by_rows.reshape(shape), by_weight.reshape(shape)
