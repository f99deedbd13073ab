"""Evidence that an explanation is one: does the output move as the attributions say, and do two methods agree?

Every measure is counted in the output that was explained, over rows whose features are replaced by those of other rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cardwright.evaluators.attributions.student import student_interval, student_quantile
from cardwright.record.measurement import Direction, Interval, Measured, Measurement, Sampling, Unmeasured
from cardwright.sources.interface import Model

if TYPE_CHECKING:
    import numpy
    import pyarrow

    from cardwright.evaluators.attributions.explain import Explained

ROWS = 100
"""So many of the explained rows are looked at: every number here asks the model again, many times for each."""
COMPARED = 30
"""So many rows a second method explains; the permutation explainer asks 20 times a feature and a background row."""
BEHIND = 20
"""So many background rows stand in for what a row no longer says."""
SUBSETS = 8
"""So many random sets of features are replaced in each row."""
STEPS = 10
"""Features are replaced in at most so many steps."""


@dataclass(frozen=True)
class ExplainedRows:
    """The rows that are looked at, with their attributions and what these were made with."""

    model: Model
    explained: Explained
    rows: pyarrow.RecordBatch
    background: pyarrow.RecordBatch
    column: int | None
    """The class that is explained."""
    level: float
    unit: str
    """What one row is."""


def evidence(
    model: Model,
    explained: Explained,
    rows: pyarrow.RecordBatch,
    background: pyarrow.RecordBatch,
    *,
    column: int | None,
    level: float,
    unit: str,
    seed: int,
) -> list[Measurement]:
    """How well the attributions of some rows hold.

    `deletion_gain`: how much further the output moves, on the average over all steps, if features are replaced in the order of
    their absolute attributions than if in a random order; `insertion_gain` the same with all other features replaced, so that it
    ends up closer. Source: Petsiuk, Das, Saenko (2018), BMVC, with a random order as the baseline and the mean over background
    rows.

    `infidelity`: the mean squared error of the sum of attributions as a forecast of how far the output moves when a random half
    of the features is replaced, over the mean square of that movement: 0 for a model that adds up its features, 1 for
    attributions of 0. Source: Yeh et al. (2019), NeurIPS, equation 1, scaled by the movement.

    `method_agreement`: Spearman's correlation, row by row, with the absolute attributions of SHAP's permutation explainer.

    `randomisation_similarity`: the same with the attributions of the network whose weights were shuffled, which has learnt
    nothing. Source: Adebayo et al. (2018), NeurIPS.

    Each has Student's interval over rows. Undefined (`Unmeasured`) for one feature, for an output that never moves, where no
    second method is at hand, and the last one for models other than torch networks.
    """
    import numpy as np

    n = min(ROWS, rows.num_rows)
    metrics = ("deletion_gain", "insertion_gain", "infidelity", "method_agreement", "randomisation_similarity")
    if len(model.features) < 2:
        why = "The model reads one feature, so no order can be wrong."
        return [Unmeasured(metric=metric, code="not_applicable", reason=why) for metric in metrics]
    rng = np.random.default_rng([seed, 7])
    looked = replace(explained, values=explained.values[:n], outputs=explained.outputs[:n])
    explanation = ExplainedRows(model, looked, rows.slice(0, n), background, column, level, unit)
    replacement = _replacement(explanation, rng)
    deleted, inserted = _gains(explanation, replacement, rng)
    return [
        _mean("deletion_gain", deleted, explained.output, "higher_is_better", level, unit),
        _mean("insertion_gain", inserted, explained.output, "higher_is_better", level, unit),
        _infidelity(explanation, replacement, rng),
        _agreement(explanation, seed),
        _randomised(explanation, rng),
    ]


def replaced(rows: pyarrow.RecordBatch, other: pyarrow.RecordBatch, taken: Any) -> pyarrow.RecordBatch:
    """Rows in which some features are those of other rows.

    Parameters
    ----------
    taken
        Which, shape (rows, features); `other` has as many rows, in the same order.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = [
        pc.if_else(
            pa.array(taken[:, place]), other.column(place).cast(rows.schema.field(place).type), rows.column(place)
        )
        for place in range(rows.num_columns)
    ]
    return pa.RecordBatch.from_arrays(columns, names=rows.schema.names)


@dataclass(frozen=True)
class FeatureReplacement:
    """Rows, each beside every row that stands in for what it no longer says: one question to the model, not one a stand-in."""

    of: Callable[[pyarrow.RecordBatch], numpy.ndarray[Any, Any]]
    rows: pyarrow.RecordBatch
    """All rows, once for each stand-in."""
    other: pyarrow.RecordBatch
    """The stand-in of each of them."""
    times: int
    """How many stand-ins there are."""

    def outputs(self, taken: Any) -> numpy.ndarray[Any, Any]:
        """The mean output of each row over all stand-ins, for the features that are taken from it, shape (rows, features)."""
        import numpy as np

        found = self.of(replaced(self.rows, self.other, np.tile(taken, (self.times, 1))))
        return np.asarray(np.asarray(found, dtype=float).reshape(self.times, -1).mean(axis=0))


def _replacement(explanation: ExplainedRows, rng: numpy.random.Generator) -> FeatureReplacement:
    """What replaces features: rows of the background, or its mean where attributions are counted from that."""
    import numpy as np
    import pyarrow as pa

    rows, background = explanation.rows, explanation.background
    if explanation.explained.method == "integrated_gradients":
        means = [np.asarray(background.column(i).cast(pa.float64())).mean() for i in range(background.num_columns)]
        behind = pa.RecordBatch.from_arrays([pa.array([mean]) for mean in means], names=background.schema.names)
    else:
        chosen = rng.choice(background.num_rows, min(BEHIND, background.num_rows), replace=False)
        behind = background.take(pa.array(np.sort(chosen)))
    n, times = rows.num_rows, behind.num_rows
    return FeatureReplacement(
        explanation.explained.of,
        rows.take(pa.array(np.tile(np.arange(n), times))),
        behind.take(pa.array(np.repeat(np.arange(times), n))),
        times,
    )


def _gains(explanation: ExplainedRows, replacement: FeatureReplacement, rng: numpy.random.Generator) -> tuple[Any, Any]:
    """By row, how much further the output moves than by chance, and how much nearer it comes."""
    import numpy as np

    values, outputs = explanation.explained.values, explanation.explained.outputs
    n, width = values.shape
    by_value = np.argsort(np.argsort(-np.abs(values), axis=1, kind="stable"), axis=1)
    by_chance = rng.permuted(np.tile(np.arange(width), (n, 1)), axis=1)
    steps = np.unique(np.linspace(1, width - 1, min(STEPS, width - 1)).round().astype(int))
    deleted, inserted = np.zeros(n), np.zeros(n)
    for step in steps.tolist():
        away = [np.abs(outputs - replacement.outputs(rank < step)) for rank in (by_value, by_chance)]
        left = [np.abs(outputs - replacement.outputs(rank >= step)) for rank in (by_value, by_chance)]
        deleted += (away[0] - away[1]) / len(steps)
        inserted += (left[1] - left[0]) / len(steps)
    return deleted, inserted


def _infidelity(
    explanation: ExplainedRows, replacement: FeatureReplacement, rng: numpy.random.Generator
) -> Measurement:
    import numpy as np

    values, outputs, level = explanation.explained.values, explanation.explained.outputs, explanation.level
    n, width = values.shape
    error, movement = np.zeros(n), np.zeros(n)
    for _ in range(SUBSETS):
        taken = rng.random((n, width)) < 0.5
        moved = outputs - replacement.outputs(taken)
        error += ((values * taken).sum(axis=1) - moved) ** 2
        movement += moved**2
    whole = float(movement.sum())
    if whole <= 0:
        return Unmeasured(metric="infidelity", code="undefined", reason="The output never moves.")
    ratio = float(error.sum()) / whole
    # A ratio of two sums over rows: its linearised variance (Cochran 1977, 2.11).
    spread = error - ratio * movement
    half = student_quantile(level, n) * math.sqrt(n / (n - 1) * float((spread**2).sum())) / whole if n > 1 else None
    return Measured(
        metric="infidelity",
        value=ratio,
        unit="ratio",
        direction="lower_is_better",
        interval=None
        if half is None
        else Interval(level=level, lower=max(0.0, ratio - half), upper=ratio + half, method="student_t"),
        sampling=Sampling(unit=explanation.unit, units=n, observations=n, design="random"),
    )


def _agreement(explanation: ExplainedRows, seed: int) -> Measurement:
    from cardwright.errors import MissingExtraError
    from cardwright.evaluators.attributions.explain import by_permutation

    metric, n = "method_agreement", min(COMPARED, explanation.rows.num_rows)
    if explanation.explained.method == "permutation":
        why = "The model was explained by permutation; no second method explains it."
        return Unmeasured(metric=metric, code="not_applicable", reason=why)
    rows, background = explanation.rows.slice(0, n), explanation.background.slice(0, BEHIND)
    try:
        second = by_permutation(explanation.model, rows, background, explanation.column, seed)
    except MissingExtraError as exc:
        return Unmeasured(metric=metric, code="error", reason=exc.what)
    return _alike(metric, explanation, second.values, "higher_is_better")


def _randomised(explanation: ExplainedRows, rng: numpy.random.Generator) -> Measurement:
    import copy

    from cardwright.evaluators.attributions.explain import explain

    metric = "randomisation_similarity"
    if explanation.explained.method != "integrated_gradients":
        why = (
            "Weights can be shuffled in a torch network only; this model has none, or they make no model when shuffled."
        )
        return Unmeasured(metric=metric, code="not_applicable", reason=why)
    import torch

    shuffled = copy.deepcopy(explanation.model.native)
    with torch.no_grad():
        for weights in shuffled.parameters():
            order = torch.from_numpy(rng.permutation(weights.numel()))
            weights.copy_(weights.reshape(-1)[order].reshape(weights.shape))
    again = explain(
        replace(explanation.model, native=shuffled),
        explanation.rows,
        explanation.background,
        method="auto",
        column=explanation.column,
        steps=16,
        seed=0,
    )
    return _alike(metric, explanation, again.values, "lower_is_better")


def _alike(metric: str, explanation: ExplainedRows, other: Any, direction: Direction) -> Measurement:
    """Spearman's correlation of absolute attributions, row by row, over the rows where both have a ranking."""
    import numpy as np
    from scipy.stats import rankdata

    first = explanation.explained.values[: len(other)]
    a, b = (rankdata(np.abs(values), axis=1) for values in (first, other))
    ranked = (np.ptp(a, axis=1) > 0) & (np.ptp(b, axis=1) > 0)
    a, b = (ranks[ranked] - ranks[ranked].mean(axis=1, keepdims=True) for ranks in (a, b))
    if len(a) < 2:
        why = "Fewer than two rows have a ranking under both."
        return Unmeasured(metric=metric, code="too_few_samples", reason=why)
    correlations = (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return _mean(
        metric,
        np.clip(correlations, -1, 1),
        "correlation",
        direction,
        explanation.level,
        explanation.unit,
        limits=(-1.0, 1.0),
    )


def _mean(
    metric: str,
    values: Any,
    unit: str,
    direction: Direction,
    level: float,
    cases: str,
    limits: tuple[float, float] = (-math.inf, math.inf),
) -> Measured:
    """A mean over rows; `cases` is what one row is."""
    n = len(values)
    return Measured(
        metric=metric,
        value=float(values.mean()),
        unit=unit,
        direction=direction,
        interval=student_interval(values, level, limits),
        sampling=Sampling(unit=cases, units=n, observations=n, design="random"),
        denominator=n,
    )
