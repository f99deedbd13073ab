"""Evidence that an explanation is one: does the output move as the attributions say, and do two methods agree?

Every measure is counted in the output that was explained, over rows whose features are replaced by those of other rows.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cardwright.evaluators.attributions.budget import TimeBudget
from cardwright.evaluators.attributions.student import student_interval, student_quantile
from cardwright.record.measurement import Direction, Interval, Measured, Measurement, Sampling, Unmeasured
from cardwright.sources.interface import Model

if TYPE_CHECKING:
    import numpy
    import pyarrow

    from cardwright.evaluators.attributions.ways import Explained

ROWS = 100
"""So many of the explained rows are looked at: every number here asks the model again, many times for each."""
COMPARED = 30
"""So many rows a second method explains; the permutation explainer asks 20 times a feature and a background row."""
MOVED = 20
"""So many rows are explained again after each small movement."""
MOVEMENTS = 5
"""So many small movements each of them makes."""
RADIUS = 0.02
"""How far a number moves at most, in standard deviations of the background; Captum's radius."""
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
    steps: int = 16
    """Steps of integrated gradients."""
    probability: bool = False
    """Whether the probability is explained, also of a model that adds up log odds."""


METRICS = (
    "deletion_gain",
    "insertion_gain",
    "infidelity",
    "method_agreement",
    "randomisation_similarity",
    "sensitivity_max",
)
"""What `evidence` measures, in this order."""


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
    steps: int = 16,
    probability: bool = False,
    budget: TimeBudget | None = None,
) -> list[Measurement]:
    """How well the attributions of some rows hold.

    `deletion_gain`: how much further the output moves, on the average over all steps, if features are replaced in the order of
    their absolute attributions than if in a random order; `insertion_gain` the same with all other features replaced, so that it
    ends up closer. Source: Petsiuk, Das, Saenko (2018), BMVC, with a random order as the baseline and the mean over background
    rows.

    `infidelity`: the mean squared error of the sum of attributions as a forecast of how far the output moves when a random half
    of the features is replaced, over the mean square of that movement: 0 for a model that adds up its features, 1 for
    attributions of 0. Source: Yeh et al. (2019), NeurIPS, equation 1, scaled by the movement.

    `method_agreement`: Spearman's correlation, row by row, with the absolute attributions of another method: SHAP's permutation
    explainer, or, if sets or permutations of features were walked through, how far the output moves when one feature is replaced.

    `randomisation_similarity`: the same with the attributions of the network whose weights were shuffled, which has learnt
    nothing. Source: Adebayo et al. (2018), NeurIPS.

    `sensitivity_max`: how far attributions move, relative to their length, when every number of a row moves by at most 0.02
    standard deviations; the largest of five random movements, its mean over rows. Source: Yeh et al. (2019), definition 3, as
    Captum's `sensitivity_max` takes it.

    Each has Student's interval over rows. Undefined (`Unmeasured`) for one feature, for an output that never moves, for what the
    budget leaves no time for; shuffled weights for models other than torch networks, and movements for rows without fractions.
    """
    import numpy as np

    budget = budget or TimeBudget()
    n = min(ROWS, len(explained.values))
    if len(model.features) < 2:
        why = "The model reads one feature, so no order can be wrong."
        return [Unmeasured(metric=metric, code="not_applicable", reason=why) for metric in METRICS]
    rng = np.random.default_rng([seed, 7])
    looked = replace(explained, values=explained.values[:n], outputs=explained.outputs[:n])
    explanation = ExplainedRows(
        model, looked, rows.slice(0, n), background, column, level, unit, steps=steps, probability=probability
    )
    replacement = _replacement(explanation, rng)
    found: list[Measurement] = [*_gains(explanation, replacement, rng, budget)]
    rest: tuple[Callable[[], Measurement], ...] = (
        lambda: _infidelity(explanation, replacement, rng),
        lambda: _agreement(explanation, replacement, seed),
        lambda: _randomised(explanation, rng),
        lambda: _sensitivity(explanation, np.random.default_rng([seed, 8]), seed),
    )
    for metric, measure in zip(METRICS[2:], rest, strict=True):
        found.append(measure() if budget.left > 0 else no_time(metric, budget))
    return found


def no_time(metric: str, budget: TimeBudget) -> Unmeasured:
    """What stands for a number that there was no time for."""
    why = f"The time budget of {budget.seconds:g} seconds was used up before it was measured; raise `seconds`."
    return Unmeasured(metric=metric, code="error", reason=why)


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
        # The mean of whole numbers, pixels say, is none.
        rows = rows.cast(pa.schema([(name, pa.float64()) for name in rows.schema.names]))
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


def _gains(
    explanation: ExplainedRows, replacement: FeatureReplacement, rng: numpy.random.Generator, budget: TimeBudget
) -> list[Measurement]:
    """How much further the output moves than by chance, and how much nearer it comes."""
    import numpy as np

    values, outputs = explanation.explained.values, explanation.explained.outputs
    n, width = values.shape
    by_value = np.argsort(np.argsort(-np.abs(values), axis=1, kind="stable"), axis=1)
    by_chance = rng.permuted(np.tile(np.arange(width), (n, 1)), axis=1)
    steps = np.unique(np.linspace(1, width - 1, min(STEPS, width - 1)).round().astype(int))
    deleted, inserted = np.zeros(n), np.zeros(n)
    for step in steps.tolist():
        if budget.left <= 0:
            return [no_time(metric, budget) for metric in METRICS[:2]]
        away = [np.abs(outputs - replacement.outputs(rank < step)) for rank in (by_value, by_chance)]
        left = [np.abs(outputs - replacement.outputs(rank >= step)) for rank in (by_value, by_chance)]
        deleted += (away[0] - away[1]) / len(steps)
        inserted += (left[1] - left[0]) / len(steps)
    output, level, unit = explanation.explained.output, explanation.level, explanation.unit
    return [
        mean_of("deletion_gain", deleted, output, "higher_is_better", level, unit),
        mean_of("insertion_gain", inserted, output, "higher_is_better", level, unit),
    ]


def _infidelity(
    explanation: ExplainedRows, replacement: FeatureReplacement, rng: numpy.random.Generator
) -> Measurement:
    import numpy as np

    values, outputs = explanation.explained.values, explanation.explained.outputs
    n, width = values.shape
    error, movement = np.zeros(n), np.zeros(n)
    for _ in range(SUBSETS):
        taken = rng.random((n, width)) < 0.5
        moved = outputs - replacement.outputs(taken)
        error += ((values * taken).sum(axis=1) - moved) ** 2
        movement += moved**2
    return infidelity_of(error, movement, explanation.level, explanation.unit)


def infidelity_of(error: Any, movement: Any, level: float, unit: str) -> Measurement:
    """The ratio of two sums over rows, each of shape (rows,): squared errors of the forecast, and squared movements."""
    n, whole = len(movement), float(movement.sum())
    if whole <= 0:
        return Unmeasured(metric="infidelity", code="undefined", reason="The output never moves.")
    ratio = float(error.sum()) / whole
    # Its linearised variance (Cochran 1977, 2.11).
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
        sampling=Sampling(unit=unit, units=n, observations=n, design="random"),
    )


def _agreement(explanation: ExplainedRows, replacement: FeatureReplacement, seed: int) -> Measurement:
    import numpy as np

    from cardwright.errors import MissingExtraError
    from cardwright.evaluators.attributions.explain import explain

    metric, n = "method_agreement", min(COMPARED, explanation.rows.num_rows)
    if explanation.explained.method in ("permutation", "exact"):
        outputs = explanation.explained.outputs
        width = explanation.explained.values.shape[1]
        alone = np.eye(width, dtype=bool)
        moved = [outputs - replacement.outputs(np.tile(one, (len(outputs), 1))) for one in alone]
        return _alike(metric, explanation, np.column_stack(moved), "higher_is_better")
    try:
        second = explain(
            explanation.model,
            explanation.rows.slice(0, n),
            explanation.background.slice(0, BEHIND),
            method="permutation",
            column=explanation.column,
            steps=explanation.steps,
            seed=seed,
        )
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

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own words about how an exported program copies itself
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
        probability=explanation.probability,
    )
    return _alike(metric, explanation, again.values, "lower_is_better")


def _sensitivity(explanation: ExplainedRows, rng: numpy.random.Generator, seed: int) -> Measurement:
    import numpy as np

    from cardwright.evaluators.attributions.explain import explain

    metric, rows = "sensitivity_max", explanation.rows.slice(0, MOVED)
    reach = _reach(explanation.background)
    if not any(reach):
        why = "The model reads no numbers with fractions that differ, and nothing else can move by a little."
        return Unmeasured(metric=metric, code="not_applicable", reason=why)

    def attributions(of: pyarrow.RecordBatch) -> Any:
        # The same seed each time, so that permutations do not differ as well.
        return explain(
            explanation.model,
            of,
            explanation.background,
            method=explanation.explained.method,
            column=explanation.column,
            steps=explanation.steps,
            seed=seed,
            probability=explanation.probability,
        ).values

    still = attributions(rows)
    length = np.linalg.norm(still, axis=1)
    if not (length > 0).any():
        return Unmeasured(metric=metric, code="undefined", reason="All attributions of the rows are zero.")
    furthest = np.zeros(rows.num_rows)
    for _ in range(MOVEMENTS):
        away = attributions(_shaken(rows, reach, rng)) - still
        furthest = np.maximum(furthest, np.linalg.norm(away, axis=1))
    relative = furthest[length > 0] / length[length > 0]
    return mean_of(
        metric,
        relative,
        "ratio",
        "lower_is_better",
        explanation.level,
        explanation.unit,
        limits=(0.0, math.inf),
    )


def _reach(background: pyarrow.RecordBatch) -> list[float]:
    """How far each column may move; 0 for whole numbers and words."""
    import numpy as np
    import pyarrow as pa

    return [
        RADIUS * float(np.nanstd(np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=float)))
        if pa.types.is_floating(column.type) and column.null_count < len(column)
        else 0.0
        for column in background.columns
    ]


def _shaken(rows: pyarrow.RecordBatch, reach: list[float], rng: numpy.random.Generator) -> pyarrow.RecordBatch:
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = [
        pc.add(column, pa.array(rng.uniform(-far, far, len(column)), pa.float64()).cast(column.type))
        if far > 0
        else column
        for column, far in zip(rows.columns, reach, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, names=rows.schema.names)


def _alike(metric: str, explanation: ExplainedRows, other: Any, direction: Direction) -> Measurement:
    first = explanation.explained.values[: len(other)]
    correlations = [
        found for one, two in zip(first, other, strict=True) if (found := rank_correlation(one, two)) is not None
    ]
    return agreement_of(metric, correlations, direction, explanation.level, explanation.unit)


def rank_correlation(one: Any, two: Any) -> float | None:
    """Spearman's correlation of the absolute values of two arrays of shape (features,); None where one has no ranking."""
    import numpy as np
    from scipy.stats import rankdata

    a, b = (rankdata(np.abs(values)) for values in (one, two))
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    a, b = a - a.mean(), b - b.mean()
    return float(np.clip((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()), -1, 1))


def agreement_of(metric: str, correlations: list[float], direction: Direction, level: float, unit: str) -> Measurement:
    """The mean of `rank_correlation` over the rows where both have a ranking."""
    import numpy as np

    if len(correlations) < 2:
        why = "Fewer than two rows have a ranking under both."
        return Unmeasured(metric=metric, code="too_few_samples", reason=why)
    return mean_of(metric, np.array(correlations), "correlation", direction, level, unit, limits=(-1.0, 1.0))


def mean_of(
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
