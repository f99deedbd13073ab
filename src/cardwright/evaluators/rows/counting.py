"""The counting core: rows become whole-number codes, codes become counts, and everything else is computed from counts.

A batch is turned into one code per row (groups × stratum × outcome × decision) and counted with one `bincount`. What is not
a count is a fixed-point sum or a fixed histogram. So tallies add up exactly, in any order, over any batches, threads or
partitions, and their size is bounded by the number of groups, not of rows. The one exception is said where it is made:
where rows are clustered (`person`), the tally keeps one entry per person and cell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cardwright.errors import SourceError
from cardwright.evaluators.rows.encoding import encode, numbers, person_hashes
from cardwright.evaluators.rows.exact_sums import (
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
from cardwright.evaluators.rows.layout import MAX_GROUPS, MAX_STRATA, MAX_WEIGHT, MIN_WEIGHT, Layout
from cardwright.evaluators.rows.tally import KEPT_LABELS, RowTally, coarsen, decode, stratum_order
from cardwright.evaluators.rows.weights import WEIGHTLESS, weight_sizes

if TYPE_CHECKING:
    import pyarrow

_DENSE = 1 << 18
"""Up to so many codes are counted in one dense table; more are sorted first."""


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
        If a column holds what cannot be counted at all.
    """
    cells, strays = _cells(layout, batch)
    stratum, strata = _strata(layout, batch)
    outcome, labels, wrong_outcomes = _outcome(layout, batch)
    score, wrong_scores = _score(layout, batch)
    decision, decisions, wrong_decisions = _decision(layout, batch, score)
    weight, wrong_weights = _weight(layout, batch)
    person = person_hashes(batch.column(layout.person), layout.key) if layout.person is not None else None
    wrong_persons: WrongRows = () if person is None else (("person_missing", person == 0),)
    actual, predicted, wrong_values = _regression(layout, batch) if layout.kind == "regression" else (None, None, ())
    wrong = (*wrong_outcomes, *wrong_scores, *wrong_decisions, *wrong_weights, *wrong_persons, *wrong_values)
    problems = dict(strays)
    usable = np.ones(batch.num_rows, bool)
    for what, rows in wrong:
        count_wrong = int(rows.sum())
        if count_wrong:
            problems[what] = problems.get(what, 0) + count_wrong
            usable[rows] = False
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


def count(layout: Layout, batch: pyarrow.RecordBatch) -> RowTally:
    """The tally of one batch; `refuse` turns the problems of all batches into one error.

    Raises
    ------
    SourceError
        See `code`.
    """
    every = code(layout, batch)
    coded = of_positive_weight(every)
    left = len(every.cells) - len(coded.cells)
    problems = {**coded.problems, WEIGHTLESS: left} if left else coded.problems
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
        # Weights as whole numbers of 2^-20: integers add up to the same sum in whatever order batches arrive.
        ones = np.ones(len(cells), np.int64)
        unit = ones << 20 if weight is None else np.round(weight * 2.0**20).astype(np.int64)
        persons = Persons((grouped(coded.person, cells, pair, ones, unit),))
    values: dict[int, Values] = {}
    if coded.actual is not None and coded.predicted is not None:
        values = _values(cells, coded.actual, coded.predicted, weight, layout.whole)
        if coded.person is not None:
            w = np.ones(len(cells)) if weight is None else weight
            value_persons = ValuePersons(((coded.person, cells, coded.actual, coded.predicted, w),))
    return RowTally(
        layout,
        coded.rows,
        problems,
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
        None if every.weight is None else weight_sizes(every.weight),
    )


def of_positive_weight(coded: Coded) -> Coded:
    """The rows that have a weight above 0.

    A row of weight 0 moves no rate. Counted like any other it would still make a group look larger than it is: whoever gives
    denied rows the weight 0 would move every rate and leave every number of rows as it was.
    """
    if coded.weight is None or bool((coded.weight > 0).all()):
        return coded
    keep = np.flatnonzero(coded.weight > 0)
    taken: dict[str, Any] = {
        name: None if (values := getattr(coded, name)) is None else values[keep]
        for name in ("cells", "stratum", "outcome", "decision", "score", "weight", "person", "actual", "predicted")
    }
    return replace(coded, **taken)


def _cells(layout: Layout, batch: Any) -> tuple[IntArray, dict[str, int]]:
    cells = np.zeros(batch.num_rows, np.int64)
    strays: dict[str, int] = {}
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
        # A word declared both as a group and as unknown is the group: declaring a group is the more explicit of the two.
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
            strays[f"stray {number}"] = stray
        cells = cells * (unknown + 1) + codes if number else codes
    return cells, strays


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
    strata = tuple(sorted(set(tuples), key=stratum_order))
    place = {stratum: number for number, stratum in enumerate(strata)}
    table = np.array([place[stratum] for stratum in tuples], np.int64)
    return table[inverse.reshape(-1)], strata or (((None,) * len(layout.strata)),)


WrongRows = tuple[tuple[str, NDArray[np.bool_]], ...]
"""What is wrong, and with which rows of the batch."""


def _outcome(layout: Layout, batch: Any) -> tuple[IntArray, dict[str, int], WrongRows]:
    if layout.label is None or layout.kind == "regression":
        return np.zeros(batch.num_rows, np.int64), {}, ()
    return _classes(layout, batch, layout.label, "label")


def _classes(layout: Layout, batch: Any, column: str, part: str) -> tuple[IntArray, dict[str, int], WrongRows]:
    encoded = encode(
        batch.column(column), limit=KEPT_LABELS, blank=True, where=layout.where, what=f'column "{column}", the {part},'
    )
    wrong: WrongRows = ()
    if encoded.missing:
        missing = np.array([name is None for name in encoded.labels])
        wrong = ((f"{part}_missing", missing[encoded.codes]),)
    if layout.favourable is not None:
        return encoded.map(lambda name: int(name == layout.favourable)), encoded.seen(), wrong
    place = {name: code for code, name in enumerate(layout.classes)}
    codes = encoded.map(lambda name: 0 if name is None else place.get(name, -1))
    if (codes < 0).any():
        wrong = (*wrong, (f"{part}_unknown", codes < 0))
        codes = np.maximum(codes, 0)
    return codes, encoded.seen(), wrong


def _score(layout: Layout, batch: Any) -> tuple[FloatArray | None, WrongRows]:
    if layout.score is None:
        return None, ()
    score = numbers(batch.column(layout.score), where=layout.where, what=f'column "{layout.score}", the score,')
    # Written with `not`, since NaN compares as false: a missing score must end here too.
    if len(score) and not (score.min() >= 0 and score.max() <= 1):
        missing = np.isnan(score)
        return score, (("score_missing", missing), ("score_outside", ~missing & ~((score >= 0) & (score <= 1))))
    return score, ()


def _decision(layout: Layout, batch: Any, score: FloatArray | None) -> tuple[IntArray, dict[str, int], WrongRows]:
    if layout.kind in ("binary", "multiclass") and layout.prediction is not None:
        return _classes(layout, batch, layout.prediction, "prediction")
    if layout.derived and score is not None:
        assert layout.threshold is not None
        return (score >= layout.threshold).astype(np.int64), {}, ()
    return np.zeros(batch.num_rows, np.int64), {}, ()


def _weight(layout: Layout, batch: Any) -> tuple[FloatArray | None, WrongRows]:
    if layout.weight is None:
        return None, ()
    weight = numbers(batch.column(layout.weight), where=layout.where, what=f'column "{layout.weight}", the weight,')
    return weight, (
        ("weight_missing", np.isnan(weight)),
        ("weight_outside", ~np.isnan(weight) & ~((weight >= 0) & (weight <= MAX_WEIGHT))),
        ("weight_tiny", (weight > 0) & (weight < MIN_WEIGHT)),
    )


def _regression(layout: Layout, batch: Any) -> tuple[FloatArray, FloatArray, WrongRows]:
    assert layout.label is not None
    actual = numbers(batch.column(layout.label), where=layout.where, what=f'column "{layout.label}", the label,')
    if layout.prediction is None:
        raise SourceError(
            "predicted values are needed for a regression", where=layout.where, do="Name their column: `prediction:`."
        )
    predicted = numbers(
        batch.column(layout.prediction), where=layout.where, what=f'column "{layout.prediction}", the prediction,'
    )
    return (
        actual,
        predicted,
        (("label_missing", ~np.isfinite(actual)), ("prediction_missing", ~np.isfinite(predicted))),
    )


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
