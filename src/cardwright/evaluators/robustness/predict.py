"""Asking the model: for rows as they are, and for perturbed ones, which it may refuse."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardwright.errors import CardwrightError, MissingExtraError, SourceError, UsageError
from cardwright.evaluators.robustness.drops import (
    BY_TASK,
    Answers,
    Measure,
    Truth,
)
from cardwright.evaluators.robustness.perturb import Perturbation
from cardwright.evaluators.rows.rates import LOWER, About, Metric
from cardwright.evaluators.rows.slice_sample import Sample
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.sources.interface import Model
from cardwright.statistics.contrast import BoolArray

if TYPE_CHECKING:
    import pyarrow

Measurement = Measured | Unmeasured

BY = "perturbation"
"""The attribute under which a perturbation stands in a record."""

SAMPLE = "sample"
"""The attribute under which a drifted sample stands in a record."""

FLIPS = Metric("decision_flip_rate", "Decisions that flip", "proportion", LOWER)
CHANGE = Metric("mean_absolute_prediction_change", "Mean absolute change of the prediction", "outcome", LOWER)
FIRST = Metric("first_candidate_change_rate", "Queries whose first candidate changes", "proportion", LOWER)
ANSWERS = {"binary": FLIPS, "multiclass": FLIPS, "regression": CHANGE, "ranking": FIRST}
"""How it is counted that the model says something else, by task."""
_TOLERANCE = 1e-6
_ROWS = 16_384


@dataclass(frozen=True)
class RobustnessSetting:
    """What all measurements of an evaluation share."""

    sample: Sample
    model: Model
    truth: Truth
    before: Answers
    about: About
    main: str
    level: float
    least: int
    seed: int

    @property
    def measures(self) -> dict[str, Measure]:
        """The metrics that this task has, the main one first."""
        found = BY_TASK[self.sample.source.task]
        return {self.main: found[self.main], **found}

    @property
    def every(self) -> BoolArray:
        """All rows."""
        return np.ones(self.sample.batch.num_rows, bool)

    def units(self, rows: BoolArray) -> int:
        """How many independent cases some rows are."""
        return int(rows.sum()) if self.truth.cluster is None else len(np.unique(self.truth.cluster[rows]))


@dataclass(frozen=True)
class TriedPerturbation:
    """One perturbation, tried."""

    perturbation: Perturbation
    after: Answers | None
    refused: str | None
    """Why the model gave no answer."""


def truth_of(sample: Sample) -> Truth:
    return Truth(sample.coded.outcome, sample.coded.actual, sample.coded.weight, sample.clusters(), sample.query)


def answers_as_they_are(model: Model, batch: pyarrow.RecordBatch, sample: Sample, where: str) -> Answers:
    """What the model says of rows as they are.

    Raises
    ------
    SourceError
        Where it says nothing.
    """
    try:
        return _ask(model, batch, sample)
    except CardwrightError:
        raise
    except Exception as exc:  # whatever a foreign model raises; its words may hold data, so they are not repeated
        raise SourceError(
            f"the model cannot predict the rows as they are ({type(exc).__name__})",
            where=where,
            do="Check its features against the source's columns.",
        ) from exc


def _ask(model: Model, batch: pyarrow.RecordBatch, sample: Sample) -> Answers:
    narrow = batch.select(list(model.features))
    with warnings.catch_warnings():
        # Perturbed inputs overflow and divide by zero inside a model; what comes out is checked instead.
        warnings.simplefilter("ignore")
        parts = [model.predict(narrow.slice(start, _ROWS)) for start in range(0, narrow.num_rows, _ROWS)]
    found = np.concatenate(parts)
    source = sample.source
    expected = 2 if source.task == "multiclass" else 1
    if found.ndim != expected or len(found) != batch.num_rows:
        raise UsageError(
            f"the model does not predict a {source.task} outcome",
            where=source.ref.path or source.ref.name,
            do="Name the model that made the predictions, or correct `task:`.",
        )
    if source.says_numbers:
        return Answers(None, None, found)
    if source.task == "multiclass":
        codes = np.array([_class_code(name, source.classes) for name in model.classes], np.int64)
        return Answers(codes[found.argmax(axis=1)], None, None)
    threshold = 0.5 if source.threshold is None else source.threshold
    return Answers((found >= threshold).astype(np.int64), found, None)


def _class_code(name: str, classes: Sequence[str]) -> int:
    return list(classes).index(name) if name in classes else -1  # a class that no row has is always wrong


def try_perturbation(change: Perturbation, setting: RobustnessSetting) -> TriedPerturbation:
    features = setting.sample.batch.select(list(setting.model.features))
    perturbed = change.apply(features, setting.seed)
    try:
        return TriedPerturbation(change, _ask(setting.model, perturbed, setting.sample), None)
    except MissingExtraError:
        raise
    except CardwrightError as exc:
        return TriedPerturbation(change, None, f"{_REFUSED[change.kind]}: {exc.what}.")
    except MemoryError:
        raise
    except Exception as exc:  # noqa: BLE001  a refusal is what is measured here; the words of a foreign error may hold data
        return TriedPerturbation(change, None, f"{_REFUSED[change.kind]} ({type(exc).__name__}).")


_REFUSED = {
    "noise": "The model refuses inputs with noise, and predicted none of the rows",
    "missing": "The model refuses missing values, and predicted none of the rows",
    "unit": "The model refuses values in another unit, and predicted none of the rows",
    "shuffled": "The model refuses shuffled categories, and predicted none of the rows",
    "unseen": "The model refuses categories it has not seen, and predicted none of the rows",
}


def agreed_rows(sample: Sample, before: Answers) -> int:
    """Rows for which the model says what the file says."""
    coded = sample.coded
    same = np.ones(sample.batch.num_rows, bool)
    if before.value is not None and coded.predicted is not None:
        same &= np.abs(before.value - coded.predicted) <= _TOLERANCE * np.maximum(1.0, np.abs(coded.predicted))
    if before.score is not None and coded.score is not None:
        same &= np.abs(before.score - coded.score) <= _TOLERANCE
    if before.decision is not None and sample.layout.decides:
        same &= before.decision == coded.decision
    return int(same.sum())
