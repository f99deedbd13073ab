"""Probabilities of several classes: whether each class comes true as often as it is said, one class against the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.rows.encoding import numbers
from cardwright.evaluators.rows.exact_sums import CALIBRATION_BINS, FloatArray, IntArray
from cardwright.evaluators.rows.rates import LOWER, About, Estimate, Metric, measure
from cardwright.evaluators.rows.score_metrics import BRIER, ECE, LOG_LOSS
from cardwright.privacy.showing import hint, quoted
from cardwright.record.base import label
from cardwright.record.evaluation import Series
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.sources.interface import Predictions
from cardwright.statistics import calibration
from cardwright.statistics.contrast import Losses, mean_loss

LARGEST = Metric("largest_class_calibration_error", "Largest calibration error of a class", "proportion", LOWER)

_RESAMPLES = 1000
_SUM = 1e-4
"""How far the probabilities of a row may be from 1 in sum: files are rounded."""
MOST_CURVES = 20
"""Reliability curves in the record; with more classes none is drawn."""

Measurement = Measured | Unmeasured


@dataclass(frozen=True)
class ClassProbabilities:
    """The rows that count: the class of each, and what was said of every class."""

    classes: tuple[str, ...]
    outcome: IntArray
    """Place in `classes`."""
    said: FloatArray
    """Shape (rows, classes); each row adds up to 1."""
    weight: FloatArray | None
    cluster: IntArray | None


def read_probabilities(columns: Mapping[str, str] | None, source: Predictions, where: str) -> ClassProbabilities | None:
    """The probabilities of a source's rows with a weight above 0; None where no columns are named.

    Raises
    ------
    UsageError
        If the task has not several classes, a class has no column, or a column is not there.
    SourceError
        If probabilities are missing, lie outside 0 and 1, or do not add up to 1.
    """
    if not columns:
        return None
    if source.task != "multiclass":
        raise UsageError("`probabilities` belong to several classes", where=where, do="Take `probabilities:` out.")
    said = {label(name): column for name, column in columns.items()}
    names = list(source.rows.schema.names)
    for name in source.classes:
        if name not in said:
            raise UsageError(
                f"the class {quoted(name)} has no column of probabilities",
                where=where,
                do=hint(name, list(said)) or None,
            )
    # A class that no row has and nobody predicted is no class of the source; its probability still belongs to the sum.
    classes = (*source.classes, *sorted(set(said) - set(source.classes)))
    for column in said.values():
        if column not in names:
            raise UsageError(f"no column is called {quoted(column)}", where=where, do=hint(column, names, columns=True))
    import pyarrow as pa

    others = [name for name in (source.weight, source.person) if name is not None]
    table = pa.Table.from_batches(
        list(source.rows.batches(list(dict.fromkeys([source.label, *said.values(), *others]))))
    )
    stacked = np.stack(
        [numbers(table.column(said[name]).combine_chunks(), where=where, what="the probabilities") for name in classes],
        axis=1,
    )
    _refuse(stacked, where)
    place = {name: number for number, name in enumerate(classes)}
    encoded = table.column(source.label).combine_chunks().dictionary_encode()
    codes = np.asarray([place[label(value)] for value in encoded.dictionary.to_pylist()], np.int64)
    outcome = codes[encoded.indices.to_numpy(zero_copy_only=False)]
    weight = None
    if source.weight is not None:
        weight = numbers(table.column(source.weight).combine_chunks(), where=where, what="the weight")
    kept = np.ones(len(outcome), bool) if weight is None else weight > 0
    return ClassProbabilities(
        classes,
        outcome[kept],
        stacked[kept],
        None if weight is None else weight[kept],
        None if source.person is None else _codes(table.column(source.person))[kept],
    )


def _codes(column: Any) -> IntArray:
    indices = column.combine_chunks().dictionary_encode().indices
    return np.asarray(indices.to_numpy(zero_copy_only=False), np.int64)


def _refuse(said: FloatArray, where: str) -> None:
    wrong = int((~((said >= 0) & (said <= 1))).any(axis=1).sum())
    if wrong:
        raise SourceError(
            f"{wrong} rows have a probability that is missing or lies outside [0, 1]", where=where, do="Correct them."
        )
    off = int((np.abs(said.sum(axis=1) - 1) > _SUM).sum())
    if off:
        raise SourceError(
            f"in {off} rows the probabilities of the classes do not add up to 1",
            where=where,
            do="Name the column of every class, and of each its probability.",
        )


def class_calibration(rows: ClassProbabilities, about: About, level: float, seed: list[int]) -> list[Measurement]:
    """Of each class against the rest: expected calibration error and Brier score; of all, the log loss and the largest error.

    The largest error has the interval of the class that has it, at a level at which those of all classes hold together.
    """
    found: list[Measurement] = []
    errors: list[tuple[str, Estimate]] = []
    at_once = 1 - (1 - level) / len(rows.classes)
    for code, name in enumerate(rows.classes):
        ece = _calibration_error(rows, code, level, [*seed, 7, code])
        found.append(measure(ECE, ece, about, of_class=name, decided=False))
        squared = (rows.said[:, code] - (rows.outcome == code)) ** 2
        found.append(measure(BRIER, _mean(rows, squared, level), about, of_class=name, decided=False))
        errors.append((name, _calibration_error(rows, code, at_once, [*seed, 7, code])))
    said = rows.said[np.arange(len(rows.outcome)), rows.outcome] if len(rows.outcome) else np.zeros(0)
    found.append(measure(LOG_LOSS, _mean(rows, -np.log(np.maximum(said, 1e-15)), level), about, decided=False))
    known = [(name, one, one.value) for name, one in errors if one.value is not None]
    worst = max(known, key=lambda one: one[2], default=None)
    found.append(
        measure(
            LARGEST, Estimate(None, 0, "rows", denominator=0.0) if worst is None else worst[1], about, decided=False
        )
    )
    return found


def _calibration_error(rows: ClassProbabilities, code: int, level: float, seed: list[int]) -> Estimate:
    count = len(rows.outcome)
    said, true = rows.said[:, code], rows.outcome == code
    place = calibration.equal_width_bins(said, CALIBRATION_BINS)

    def binned(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(place, values, CALIBRATION_BINS), float)

    if rows.weight is None and rows.cluster is None:
        ones = np.ones(count)
        found = calibration.expected_calibration_error(
            binned(ones).astype(np.int64),
            binned(true.astype(float)).astype(np.int64),
            binned(said),
            level,
            resamples=_RESAMPLES,
            seed=seed,
        )
        if found is None:
            return Estimate(None, 0, "rows", denominator=0.0)
        return Estimate(found.estimate, count, "rows", denominator=float(count), bounds=found.bounds)
    weight = np.ones(count) if rows.weight is None else rows.weight
    total = float(weight.sum())
    if total <= 0:
        return Estimate(None, count, "rows", denominator=0.0)
    gaps = np.abs(binned(weight * true) - binned(weight * said))
    return Estimate(float(gaps.sum() / total), count, "rows", denominator=total)


def _mean(rows: ClassProbabilities, loss: FloatArray, level: float) -> Estimate:
    count = len(loss)
    contrast = mean_loss(Losses(loss, False, rows.weight, rows.cluster), level) if count else None
    if contrast is None:
        return Estimate(None, count, "rows", denominator=float(count))
    units = None if rows.cluster is None else len(np.unique(rows.cluster))
    return Estimate(contrast.value, count, "rows", denominator=float(count), bounds=contrast.bounds, units=units)


def reliability(rows: ClassProbabilities) -> tuple[Series, ...]:
    """The reliability curve of each class: mean probability and share that have the class, by bin that has rows."""
    if len(rows.classes) > MOST_CURVES:
        return ()
    found = []
    weight = np.ones(len(rows.outcome)) if rows.weight is None else rows.weight
    for code, name in enumerate(rows.classes):
        said = rows.said[:, code]
        place = calibration.equal_width_bins(said, CALIBRATION_BINS)
        mass, predicted, true = (
            np.bincount(place, values, CALIBRATION_BINS)
            for values in (weight, weight * said, weight * (rows.outcome == code))
        )
        used = np.flatnonzero(mass > 0)
        points = zip((predicted[used] / mass[used]).tolist(), (true[used] / mass[used]).tolist(), strict=True)
        found.append(
            Series(
                id=f"calibration_class_{code + 1}",
                title=f"Calibration: {name}"[:200],
                x="Mean probability",
                y="Share that have the class",
                points=tuple(points),
            )
        )
    return tuple(found)


__all__ = ["ClassProbabilities", "class_calibration", "read_probabilities", "reliability"]
