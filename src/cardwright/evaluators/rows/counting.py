"""The counting core: rows become whole-number codes, codes become counts, and everything else is computed from counts.

A batch is turned into one code per row (groups × stratum × outcome × decision) and counted with one `bincount`. What is not
a count is a fixed-point sum or a fixed histogram. So tallies add up exactly, in any order, over any batches, threads or
partitions, and their size is bounded by the number of groups, not of rows. The one exception is said where it is made:
where rows are clustered (`person`), the tally keeps one entry per person and cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from cardwright.errors import SourceError, did_you_mean
from cardwright.evaluators.rows.encoding import encode, numbers, person_hashes
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
from cardwright.sources.interface import Attribute, Predictions, Table

if TYPE_CHECKING:
    import pyarrow

MAX_GROUPS = 200
"""The largest number of values of a sensitive attribute: more are a name or a number, not groups."""

MAX_STRATA = 500
"""The largest number of strata: with more, hardly any stratum holds two groups."""

MAX_WEIGHT = 2**24
"""The largest weight of a row; weights and their squares then add up exactly."""

_DENSE = 1 << 18
"""Up to so many codes are counted in one dense table; more are sorted first."""

_JOINT_SCORE_CELLS = 64
"""Up to so many cells of all attributes crossed have a histogram of scores each; beyond, only single attributes have."""

_KEPT_LABELS = 1000
"""So many different labels are remembered to say what is wrong with them."""


# --- which column plays which part ------------------------------------------------------------------------------------

Missing = Literal["refuse", "skip"]


@dataclass(frozen=True)
class Layout:
    """Which column plays which part, and how its values become codes."""

    kind: Literal["binary", "multiclass", "regression", "labels", "rows"]
    """What is predicted; `labels`: outcomes only, `rows`: not even these."""
    where: str
    """How errors name the source."""
    label: str | None = None
    prediction: str | None = None
    score: str | None = None
    threshold: float | None = None
    favourable: str | None = None
    classes: tuple[str, ...] = ()
    """Labels of outcomes in the order of their codes; empty where `favourable` tells the two."""
    declared: tuple[str, ...] = ()
    """Labels of outcomes that the source knows of."""
    attributes: tuple[Attribute, ...] = ()
    strata: tuple[str, ...] = ()
    weight: str | None = None
    person: str | None = None
    whole: bool = False
    """Whether sums are taken that only numbers of the whole need: log losses, R²."""
    missing_label: Missing = "refuse"
    """What a row without an outcome is: an error, or a row left out and counted."""
    key: bytes = b""
    """Key of the hashes of persons."""

    @classmethod
    def of(cls, source: Predictions | Table, *, seed: int = 0, groups: bool = True, whole: bool = False) -> Layout:
        """The layout of a source; without `groups`, of its rows as a whole."""
        where = source.ref.path or source.ref.name
        key = b"cardwright person %d" % seed
        attributes = source.sensitive if groups else ()
        for attribute in attributes:
            if len(attribute.groups) > MAX_GROUPS:
                raise SourceError(
                    f'column "{attribute.name}" has {len(attribute.groups)} different values, more than {MAX_GROUPS}, '
                    "which are no groups",
                    where=where,
                    do="Put them into groups first (ages into bands, places into regions), or name another column.",
                )
        common = cls(
            kind="rows",
            where=where,
            label=source.label,
            declared=source.classes,
            attributes=attributes,
            weight=source.weight,
            person=source.person,
            key=key,
        )
        if isinstance(source, Predictions):
            kind = source.task
            binary = kind == "binary"
            if binary and source.favourable is None:
                raise SourceError(
                    "a binary task needs the outcome that is good for the person",
                    where=where,
                    do="Write `favourable:` with that value.",
                )
            return replace(
                common,
                kind=kind,
                prediction=source.prediction,
                score=source.score,
                threshold=source.threshold,
                favourable=source.favourable,
                classes=() if binary else source.classes,
                strata=source.strata if groups else (),
                whole=whole,
            )
        if source.label is None or (source.favourable is None and not source.classes):
            return replace(common, label=None)
        return replace(
            common,
            kind="labels",
            favourable=source.favourable,
            classes=() if source.favourable is not None else source.classes,
            missing_label="skip",
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read, each once."""
        named = [self.label, self.prediction, self.score, *(a.name for a in self.attributes), *self.strata]
        return tuple(dict.fromkeys(name for name in [*named, self.weight, self.person] if name is not None))

    @property
    def categories(self) -> tuple[str, ...]:
        """Of these, the columns whose different values are few: outcomes, decisions, groups, strata."""
        if self.kind == "regression":
            named: list[str | None] = [*(a.name for a in self.attributes), *self.strata]
        else:
            named = [self.label, self.prediction, *(a.name for a in self.attributes), *self.strata]
        others = {self.score, self.weight, self.person}
        return tuple(dict.fromkeys(name for name in named if name is not None and name not in others))

    @property
    def outcomes(self) -> int:
        """How many codes an outcome has."""
        if self.kind in ("regression", "rows"):
            return 1
        return 2 if self.favourable is not None else len(self.classes)

    @property
    def decisions(self) -> int:
        """How many codes a decision has; 1 where there are none."""
        if self.kind in ("regression", "rows", "labels") or not self.decides:
            return 1
        return self.outcomes

    @property
    def decides(self) -> bool:
        """Whether there are decisions: supplied, or made of scores by a threshold."""
        return self.prediction is not None or (self.score is not None and self.threshold is not None)

    @property
    def derived(self) -> bool:
        """Whether decisions are made here, of scores by a threshold."""
        return self.prediction is None and self.decides

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many codes each attribute has: its groups in their order, and unknown membership last."""
        return tuple(len(attribute.groups) + 1 for attribute in self.attributes)

    @cached_property
    def score_margins(self) -> tuple[tuple[int, ...], ...]:
        """Which attributes crossed have a histogram of scores for each cell."""
        every = tuple(range(len(self.attributes)))
        if prod(self.sizes) <= _JOINT_SCORE_CELLS:
            return (every,)
        return tuple((index,) for index in every)


def _merge_keys(*keys: IntArray) -> tuple[IntArray, list[IntArray]]:
    """All keys, sorted, and where each key of each array stands among them."""
    every = np.unique(np.concatenate(keys))
    return every, [np.searchsorted(every, key) for key in keys]


# --- the tally --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tally:
    """What was counted over some rows. See `count`."""

    layout: Layout
    rows: int
    problems: Mapping[str, int]
    """Rows with something wrong, by what it is; `refuse` turns them into an error."""
    labels: Mapping[str, int]
    """Rows by outcome as it stands in the data."""
    decisions: Mapping[str, int]
    """Rows by supplied decision as it stands in the data."""
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

    def __add__(self, other: Tally) -> Tally:
        strata = tuple(sorted({*self.strata, *other.strata}, key=_stratum_order))
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
        return Tally(
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
        )

    def _in_strata(self, strata: tuple[tuple[str | None, ...], ...]) -> Tally:
        if strata == self.strata:
            return self
        place = np.array([strata.index(stratum) for stratum in self.strata], np.int64)
        keys = self.keys // len(self.strata) * len(strata) + place[self.keys % len(self.strata)]
        # Sorted strata stay in their order, so the keys stay sorted.
        return replace(self, strata=strata, keys=keys)

    def view(self, attributes: Sequence[int] = (), *, strata: bool = False) -> View:
        """The counts by cell of some attributes crossed, of the cells that have rows; in the order of their groups."""
        cells, stratum = np.divmod(self.keys, len(self.strata))
        coarse = coarsen(cells, self.layout.sizes, attributes)
        merged = coarse * len(self.strata) + stratum if strata else coarse
        keys, inverse = np.unique(merged, return_inverse=True)
        inverse = inverse.reshape(-1)
        counts = np.zeros((len(keys), *self.counts.shape[1:]), np.int64)
        np.add.at(counts, inverse, self.counts)
        return View(self, tuple(attributes), keys, counts, inverse, strata)


def _stratum_order(stratum: tuple[str | None, ...]) -> tuple[tuple[bool, str], ...]:
    return tuple((name is None, name or "") for name in stratum)


def _add_counts(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    if len(first) + len(second) > 4 * _KEPT_LABELS:
        kept = sorted({*first, *second})[:_KEPT_LABELS]
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
class View:
    """The counts by cell of some attributes crossed."""

    tally: Tally
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


# --- counting a batch -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coded:
    """The rows of a batch as codes and numbers, one per usable row."""

    rows: int
    """All rows of the batch."""
    problems: dict[str, int]
    """Rows that are not usable, by what is wrong with them."""
    labels: dict[str, int]
    decisions: dict[str, int]
    strata: tuple[tuple[str | None, ...], ...]
    cells: IntArray
    stratum: IntArray
    outcome: IntArray
    decision: IntArray
    score: FloatArray | None
    weight: FloatArray | None
    person: HashArray | None
    actual: FloatArray | None
    """True values of a regression."""
    predicted: FloatArray | None


def code(layout: Layout, batch: pyarrow.RecordBatch) -> Coded:
    """The rows of a batch as codes. Rows with something wrong (a missing label, a score outside [0, 1]) are counted and left out.

    Raises
    ------
    SourceError
        Where a column holds what cannot be counted at all.
    """
    problems: dict[str, int] = {}
    usable = np.ones(batch.num_rows, bool)

    def wrong(what: str, rows: NDArray[np.bool_]) -> None:
        found = int(rows.sum())
        if found:
            problems[what] = problems.get(what, 0) + found
            usable[rows] = False

    cells = _cells(layout, batch, problems)
    stratum, strata = _strata(layout, batch)
    outcome, labels = _outcome(layout, batch, wrong)
    score = _score(layout, batch, wrong)
    decision, decisions = _decision(layout, batch, score, wrong)
    weight = _weight(layout, batch, wrong)
    person = person_hashes(batch.column(layout.person), layout.key) if layout.person is not None else None
    if person is not None:
        wrong("person_missing", person == 0)
    actual = predicted = None
    if layout.kind == "regression":
        actual, predicted = _regression(layout, batch, wrong)
    if not usable.all():
        keep = np.flatnonzero(usable)
        cells, stratum, outcome, decision = (x[keep] for x in (cells, stratum, outcome, decision))
        score, weight, actual, predicted = (None if x is None else x[keep] for x in (score, weight, actual, predicted))
        person = None if person is None else person[keep]
    return Coded(
        batch.num_rows,
        problems,
        labels,
        decisions,
        strata,
        cells,
        stratum,
        outcome,
        decision,
        score,
        weight,
        person,
        actual,
        predicted,
    )


def count(layout: Layout, batch: pyarrow.RecordBatch) -> Tally:
    """The tally of one batch; `refuse` turns the problems of all batches into one error.

    Raises
    ------
    SourceError
        See `code`.
    """
    coded = code(layout, batch)
    cells, weight, strata = coded.cells, coded.weight, coded.strata
    wide, deep = layout.outcomes, layout.decisions
    pairs = wide * deep
    pair = coded.outcome * deep + coded.decision if deep > 1 else coded.outcome
    key = cells * len(strata) + coded.stratum if len(strata) > 1 else cells
    keys, counts, place = _count(key, pair, prod(layout.sizes) * len(strata), pairs, weight is not None)
    weights = squared = None
    if weight is not None and place is not None:
        weights = Sums.of(place, weight, len(keys) * pairs)
        squared = Sums.of(place, weight * weight, len(keys) * pairs)
    scores: tuple[Scores, ...] = ()
    if coded.score is not None:
        scores = tuple(
            Scores.of(
                margin,
                prod(layout.sizes[index] for index in margin),
                coarsen(cells, layout.sizes, margin) if len(layout.score_margins) > 1 else cells,
                coded.outcome,
                coded.score,
                weight,
                layout.whole,
            )
            for margin in layout.score_margins
        )
    persons = value_persons = None
    if coded.person is not None:
        ones = np.ones(len(cells), np.int64)
        unit = ones << 20 if weight is None else np.round(weight * 2.0**20).astype(np.int64)
        persons = Persons((grouped(coded.person, cells, pair, ones, unit),))
    values: dict[int, Values] = {}
    if coded.actual is not None and coded.predicted is not None:
        values = _values(cells, coded.actual, coded.predicted, weight, layout.whole)
        if coded.person is not None:
            w = np.ones(len(cells)) if weight is None else weight
            value_persons = ValuePersons(((coded.person, cells, coded.actual, coded.predicted, w),))
    return Tally(
        layout,
        coded.rows,
        coded.problems,
        coded.labels,
        coded.decisions,
        strata,
        keys,
        counts.reshape(-1, wide, deep),
        weights,
        squared,
        scores,
        values,
        persons,
        value_persons,
    )


def _cells(layout: Layout, batch: Any, problems: dict[str, int]) -> IntArray:
    cells = np.zeros(batch.num_rows, np.int64)
    for number, attribute in enumerate(layout.attributes):
        encoded = encode(
            batch.column(attribute.name),
            limit=MAX_GROUPS,
            beside=len(attribute.unknown) + 1,
            blank=False,
            where=layout.where,
            what=f'column "{attribute.name}", a sensitive attribute,',
        )
        unknown = len(attribute.groups)
        known = {name: code for code, name in enumerate(attribute.groups)}
        absent = {*attribute.unknown} - {*attribute.groups}
        stray = 0

        def place(
            name: str | None, known: dict[str, int] = known, absent: set[str] = absent, unknown: int = unknown
        ) -> int:
            if name is None or name in absent or (not name.strip() and name not in known):
                return unknown
            return known.get(name, -1)

        codes = encoded.map(place)
        if any(name is not None and place(name) < 0 for name in encoded.labels):
            stray = int((codes < 0).sum())
            codes = np.where(codes < 0, unknown, codes)
        if stray:
            problems[f"stray {number}"] = stray
        cells = cells * (unknown + 1) + codes if number else codes
    return cells


def _strata(layout: Layout, batch: Any) -> tuple[IntArray, tuple[tuple[str | None, ...], ...]]:
    if not layout.strata:
        return np.zeros(batch.num_rows, np.int64), ((),)
    code = np.zeros(batch.num_rows, np.int64)
    names: list[list[str | None]] = []
    for column in layout.strata:
        encoded = encode(
            batch.column(column),
            limit=MAX_STRATA,
            blank=True,
            where=layout.where,
            what=f'column "{column}", a stratum,',
        )
        code = code * len(encoded.labels) + encoded.codes
        names.append(encoded.labels)
    present, inverse = np.unique(code, return_inverse=True)
    parts = decode(present, [len(labels) for labels in names])
    tuples = [tuple(names[i][int(part[row])] for i, part in enumerate(parts)) for row in range(len(present))]
    strata = tuple(sorted(set(tuples), key=_stratum_order))
    place = {stratum: number for number, stratum in enumerate(strata)}
    table = np.array([place[stratum] for stratum in tuples], np.int64)
    return table[inverse.reshape(-1)], strata or (((None,) * len(layout.strata)),)


Wrong = Callable[[str, NDArray[np.bool_]], None]


def _outcome(layout: Layout, batch: Any, wrong: Wrong) -> tuple[IntArray, dict[str, int]]:
    if layout.label is None or layout.kind == "regression":
        return np.zeros(batch.num_rows, np.int64), {}
    return _classes(layout, batch, layout.label, "label", wrong)


def _classes(layout: Layout, batch: Any, column: str, part: str, wrong: Wrong) -> tuple[IntArray, dict[str, int]]:
    encoded = encode(
        batch.column(column), limit=_KEPT_LABELS, blank=True, where=layout.where, what=f'column "{column}", the {part},'
    )
    if encoded.missing:
        missing = np.array([name is None for name in encoded.labels])
        wrong(f"{part}_missing", missing[encoded.codes])
    if layout.favourable is not None:
        return encoded.map(lambda name: int(name == layout.favourable)), encoded.seen()
    place = {name: code for code, name in enumerate(layout.classes)}
    codes = encoded.map(lambda name: 0 if name is None else place.get(name, -1))
    if (codes < 0).any():
        wrong(f"{part}_unknown", codes < 0)
        codes = np.maximum(codes, 0)
    return codes, encoded.seen()


def _score(layout: Layout, batch: Any, wrong: Wrong) -> FloatArray | None:
    if layout.score is None:
        return None
    score = numbers(batch.column(layout.score), where=layout.where, what=f'column "{layout.score}", the score,')
    if len(score) and not (score.min() >= 0 and score.max() <= 1):
        missing = np.isnan(score)
        wrong("score_missing", missing)
        wrong("score_outside", ~missing & ~((score >= 0) & (score <= 1)))
    return score


def _decision(layout: Layout, batch: Any, score: FloatArray | None, wrong: Wrong) -> tuple[IntArray, dict[str, int]]:
    if layout.kind in ("binary", "multiclass") and layout.prediction is not None:
        return _classes(layout, batch, layout.prediction, "prediction", wrong)
    if layout.derived and score is not None:
        assert layout.threshold is not None
        return (score >= layout.threshold).astype(np.int64), {}
    return np.zeros(batch.num_rows, np.int64), {}


def _weight(layout: Layout, batch: Any, wrong: Wrong) -> FloatArray | None:
    if layout.weight is None:
        return None
    weight = numbers(batch.column(layout.weight), where=layout.where, what=f'column "{layout.weight}", the weight,')
    wrong("weight_missing", np.isnan(weight))
    wrong("weight_outside", ~np.isnan(weight) & ~((weight >= 0) & (weight <= MAX_WEIGHT)))
    return weight


def _regression(layout: Layout, batch: Any, wrong: Wrong) -> tuple[FloatArray, FloatArray]:
    assert layout.label is not None
    actual = numbers(batch.column(layout.label), where=layout.where, what=f'column "{layout.label}", the label,')
    wrong("label_missing", ~np.isfinite(actual))
    if layout.prediction is None:
        raise SourceError(
            "predicted values are needed for a regression", where=layout.where, do="Name their column: `prediction:`."
        )
    predicted = numbers(
        batch.column(layout.prediction), where=layout.where, what=f'column "{layout.prediction}", the prediction,'
    )
    wrong("prediction_missing", ~np.isfinite(predicted))
    return actual, predicted


def _count(
    key: IntArray, pair: IntArray, keys: int, pairs: int, places: bool
) -> tuple[IntArray, IntArray, IntArray | None]:
    """The keys that occur, rows by key and pair, and where each row stands in that table."""
    if keys * pairs <= _DENSE:
        code = key * pairs + pair if pairs > 1 else key
        table = np.bincount(code, minlength=keys * pairs).reshape(keys, pairs)
        present = np.flatnonzero(table.sum(axis=1))
        place = None
        if places:
            rank = np.zeros(keys, np.int64)
            rank[present] = np.arange(len(present))
            place = rank[key] * pairs + pair
        return present.astype(np.int64), table[present].astype(np.int64), place
    present, inverse = np.unique(key, return_inverse=True)
    place = inverse.reshape(-1) * pairs + pair
    table = np.bincount(place, minlength=len(present) * pairs).reshape(len(present), pairs)
    return present.astype(np.int64), table.astype(np.int64), place


def _values(
    cells: IntArray, actual: FloatArray, predicted: FloatArray, weight: FloatArray | None, whole: bool
) -> dict[int, Values]:
    order = np.argsort(cells, kind="stable")
    present, starts = np.unique(cells[order], return_index=True)
    ends = [*starts[1:].tolist(), len(cells)]
    found: dict[int, Values] = {}
    for cell, start, end in zip(present.tolist(), starts.tolist(), ends, strict=True):
        rows = order[start:end]
        found[cell] = Values.of(actual[rows], predicted[rows], None if weight is None else weight[rows], whole)
    return found


# --- what is refused --------------------------------------------------------------------------------------------------

_PROBLEMS: dict[str, tuple[str, str]] = {
    "label_missing": (
        "have no outcome: column {label} is empty there",
        "Leave such rows out and say so with `filter:`.",
    ),
    "label_unknown": ("have an outcome that is none of the declared classes", "Add it to the classes, or correct it."),
    "prediction_missing": (
        "have no prediction: column {prediction} is empty there",
        "Predict them, or leave them out.",
    ),
    "prediction_unknown": ("have a prediction that is none of the declared classes", "Correct it."),
    "score_missing": ("have no score: column {score} is empty there", "Score them, or leave them out and say so."),
    "score_outside": (
        "have a score outside [0, 1] in column {score}",
        "A score is the probability of the favourable outcome: map logits or points to probabilities first.",
    ),
    "weight_missing": ("have no weight: column {weight} is empty there", "Fill it, or leave out `weight:`."),
    "weight_outside": (
        "have a weight below 0 or above 16,777,216 in column {weight}",
        "Scale the weights so that they average 1.",
    ),
    "person_missing": ("name no person: column {person} is empty there", "Fill it, or leave out `person:`."),
}


def refuse(tally: Tally) -> None:
    """Refuse rows from which no number should be made: one error, with how many there are.

    Raises
    ------
    SourceError
    """
    layout = tally.layout
    names = {part: f'"{getattr(layout, part)}"' for part in ("label", "prediction", "score", "weight", "person")}
    for what, (said, do) in _PROBLEMS.items():
        found = tally.problems.get(what, 0)
        if found and not (what == "label_missing" and layout.missing_label == "skip"):
            raise SourceError(f"{found} of {tally.rows} rows {said.format(**names)}", where=layout.where, do=do)
    for number, attribute in enumerate(layout.attributes):
        stray = tally.problems.get(f"stray {number}", 0)
        if stray:
            raise SourceError(
                f'{stray} of {tally.rows} rows hold, in column "{attribute.name}", a value that is declared neither as a '
                "group nor as unknown",
                where=layout.where,
                do="Add it under `groups:` or `unknown:`.",
            )
    if len(tally.strata) > MAX_STRATA:
        raise SourceError(
            f"the strata {', '.join(layout.strata)} have {len(tally.strata)} combinations, more than {MAX_STRATA}",
            where=layout.where,
            do="Put their values into bands first.",
        )
    if layout.kind in ("binary", "labels") and layout.favourable is not None and layout.label is not None:
        _refuse_labels(layout, tally)


def _refuse_labels(layout: Layout, tally: Tally) -> None:
    """An outcome that never matches, or that matches but for a dot, a blank or its case, is not a zero."""
    favourable = layout.favourable
    assert favourable is not None
    for column, seen in ((layout.label, tally.labels), (layout.prediction, tally.decisions)):
        alike = sorted(name for name in seen if name != favourable and _bare(name) == _bare(favourable))
        if alike and favourable in tally.labels:
            rows = sum(seen[name] for name in alike)
            raise SourceError(
                f'{rows} values of column "{column}" differ from the favourable outcome "{favourable}" by a dot, a blank or '
                f'case alone: "{alike[0]}"',
                where=layout.where,
                do="Write one label for one outcome.",
            )
    known = {*tally.labels, *layout.declared}
    if tally.labels and favourable not in known:
        near = next((name for name in sorted(known) if _bare(name) == _bare(favourable)), None)
        hint = f'The nearest is "{near}".' if near else did_you_mean(favourable, known) if len(known) <= 12 else ""
        raise SourceError(
            f'the favourable outcome "{favourable}" is none of the {len(known)} values of column "{layout.label}"',
            where=layout.where,
            do=f"Write `favourable:` as it stands in the data. {hint}".strip(),
        )
    outcomes = {*tally.labels, *tally.decisions}
    if layout.kind == "binary" and len(outcomes) > 2:
        raise SourceError(
            f'column "{layout.label}" and the predictions have {len(outcomes)} different outcomes, and a binary task has two',
            where=layout.where,
            do="Write the same two labels everywhere, or `task: multiclass` without `favourable:`.",
        )


def _bare(text: str) -> str:
    return " ".join(text.split()).rstrip(".").casefold()
