"""Evidence that an explanation is one: does the output move as the attributions say, and do two methods agree?

Every measure is counted in the output that was explained, over rows whose features are replaced by those of other rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

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

    width, n = len(model.features), min(ROWS, rows.num_rows)
    rows = rows.slice(0, n)
    sampling = Sampling(unit=unit, units=n, observations=n, design="random")
    metrics = ("deletion_gain", "insertion_gain", "infidelity", "method_agreement", "randomisation_similarity")
    if width < 2:
        why = "The model reads one feature, so no order can be wrong."
        return [Unmeasured(metric=metric, code="not_applicable", reason=why) for metric in metrics]
    rng = np.random.default_rng([seed, 7])
    values, outputs = explained.values[:n], explained.outputs[:n]
    behind = _behind(explained, background, rng)
    found: list[Measurement] = []
    for metric, gains in zip(metrics, _gains(explained, values, outputs, rows, behind, rng), strict=False):
        found.append(_mean(metric, gains, explained.output, "higher_is_better", level, sampling))
    found.append(_infidelity(explained, values, outputs, rows, behind, rng, level, sampling))
    found.append(_agreement(model, explained, rows, background, column, level, unit, seed))
    found.append(_randomised(model, explained, rows, background, column, level, unit, rng))
    return found


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


def _behind(
    explained: Explained, background: pyarrow.RecordBatch, rng: numpy.random.Generator
) -> list[pyarrow.RecordBatch]:
    """What replaces features: rows of the background, or its mean where attributions are counted from that."""
    import numpy as np
    import pyarrow as pa

    if explained.method == "integrated_gradients":
        means = [np.asarray(background.column(i).cast(pa.float64())).mean() for i in range(background.num_columns)]
        return [pa.RecordBatch.from_arrays([pa.array([mean]) for mean in means], names=background.schema.names)]
    chosen = rng.choice(background.num_rows, min(BEHIND, background.num_rows), replace=False)
    return [background.slice(int(place), 1) for place in np.sort(chosen)]


def _moved(
    explained: Explained, rows: pyarrow.RecordBatch, behind: Sequence[pyarrow.RecordBatch], taken: Any
) -> numpy.ndarray[Any, Any]:
    """The mean output of each row over all that stand in for the features that are taken from it."""
    import numpy as np
    import pyarrow as pa

    same = pa.array(np.zeros(rows.num_rows, np.int64))
    outputs = [explained.of(replaced(rows, other.take(same), taken)) for other in behind]
    return np.asarray(np.mean(outputs, axis=0), dtype=float)


def _gains(
    explained: Explained, values: Any, outputs: Any, rows: pyarrow.RecordBatch, behind: Any, rng: numpy.random.Generator
) -> tuple[Any, Any]:
    """By row, how much further the output moves than by chance, and how much nearer it comes."""
    import numpy as np

    n, width = values.shape
    by_value = np.argsort(np.argsort(-np.abs(values), axis=1, kind="stable"), axis=1)
    by_chance = rng.permuted(np.tile(np.arange(width), (n, 1)), axis=1)
    steps = np.unique(np.linspace(1, width - 1, min(STEPS, width - 1)).round().astype(int))
    deleted, inserted = np.zeros(n), np.zeros(n)
    for step in steps.tolist():
        away = [np.abs(outputs - _moved(explained, rows, behind, rank < step)) for rank in (by_value, by_chance)]
        left = [np.abs(outputs - _moved(explained, rows, behind, rank >= step)) for rank in (by_value, by_chance)]
        deleted += (away[0] - away[1]) / len(steps)
        inserted += (left[1] - left[0]) / len(steps)
    return deleted, inserted


def _infidelity(
    explained: Explained,
    values: Any,
    outputs: Any,
    rows: pyarrow.RecordBatch,
    behind: Any,
    rng: numpy.random.Generator,
    level: float,
    sampling: Sampling,
) -> Measurement:
    import numpy as np

    n, width = values.shape
    error, movement = np.zeros(n), np.zeros(n)
    for _ in range(SUBSETS):
        taken = rng.random((n, width)) < 0.5
        moved = outputs - _moved(explained, rows, behind, taken)
        error += ((values * taken).sum(axis=1) - moved) ** 2
        movement += moved**2
    whole = float(movement.sum())
    if whole <= 0:
        return Unmeasured(metric="infidelity", code="undefined", reason="The output never moves.")
    ratio = float(error.sum()) / whole
    # A ratio of two sums over rows: its linearised variance (Cochran 1977, 2.11).
    spread = error - ratio * movement
    half = _student(level, n) * math.sqrt(n / (n - 1) * float((spread**2).sum())) / whole if n > 1 else None
    return Measured(
        metric="infidelity",
        value=ratio,
        unit="ratio",
        direction="lower_is_better",
        interval=None
        if half is None
        else Interval(level=level, lower=max(0.0, ratio - half), upper=ratio + half, method="student_t"),
        sampling=sampling,
    )


def _agreement(
    model: Model,
    explained: Explained,
    rows: pyarrow.RecordBatch,
    background: pyarrow.RecordBatch,
    column: int | None,
    level: float,
    unit: str,
    seed: int,
) -> Measurement:
    from cardwright.errors import MissingExtraError
    from cardwright.evaluators.attributions.explain import by_permutation

    metric, n = "method_agreement", min(COMPARED, rows.num_rows)
    if explained.method == "permutation":
        why = "The model was explained by permutation; no second method explains it."
        return Unmeasured(metric=metric, code="not_applicable", reason=why)
    try:
        second = by_permutation(model, rows.slice(0, n), background.slice(0, BEHIND), column, seed)
    except MissingExtraError as exc:
        return Unmeasured(metric=metric, code="error", reason=exc.what)
    return _alike(metric, explained.values[:n], second.values, "higher_is_better", level, unit)


def _randomised(
    model: Model,
    explained: Explained,
    rows: pyarrow.RecordBatch,
    background: pyarrow.RecordBatch,
    column: int | None,
    level: float,
    unit: str,
    rng: numpy.random.Generator,
) -> Measurement:
    import copy
    from dataclasses import replace

    from cardwright.evaluators.attributions.explain import explain

    metric = "randomisation_similarity"
    if explained.method != "integrated_gradients":
        why = (
            "Weights can be shuffled in a torch network only; this model has none, or they make no model when shuffled."
        )
        return Unmeasured(metric=metric, code="not_applicable", reason=why)
    import torch

    shuffled = copy.deepcopy(model.native)
    with torch.no_grad():
        for weights in shuffled.parameters():
            order = torch.from_numpy(rng.permutation(weights.numel()))
            weights.copy_(weights.reshape(-1)[order].reshape(weights.shape))
    again = explain(replace(model, native=shuffled), rows, background, method="auto", column=column, steps=16, seed=0)
    return _alike(metric, explained.values[: rows.num_rows], again.values, "lower_is_better", level, unit)


def _alike(metric: str, first: Any, second: Any, direction: Direction, level: float, unit: str) -> Measurement:
    """Spearman's correlation of absolute attributions, row by row, over the rows where both have a ranking."""
    import numpy as np
    from scipy.stats import rankdata

    a, b = (rankdata(np.abs(values), axis=1) for values in (first, second))
    ranked = (np.ptp(a, axis=1) > 0) & (np.ptp(b, axis=1) > 0)
    a, b = (ranks[ranked] - ranks[ranked].mean(axis=1, keepdims=True) for ranks in (a, b))
    if len(a) < 2:
        why = "Fewer than two rows have a ranking under both."
        return Unmeasured(metric=metric, code="too_few_samples", reason=why)
    correlations = (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    n = len(correlations)
    sampling = Sampling(unit=unit, units=n, observations=n, design="random")
    return _mean(metric, np.clip(correlations, -1, 1), "correlation", direction, level, sampling, limits=(-1.0, 1.0))


def _mean(
    metric: str,
    values: Any,
    unit: str,
    direction: Direction,
    level: float,
    sampling: Sampling,
    limits: tuple[float, float] = (-math.inf, math.inf),
) -> Measured:
    import numpy as np

    n, mean = len(values), float(np.mean(values))
    interval = None
    if n > 1:
        half = _student(level, n) * float(np.std(values, ddof=1)) / math.sqrt(n)
        interval = Interval(
            level=level, lower=max(limits[0], mean - half), upper=min(limits[1], mean + half), method="student_t"
        )
    return Measured(
        metric=metric, value=mean, unit=unit, direction=direction, interval=interval, sampling=sampling, denominator=n
    )


def _student(level: float, n: int) -> float:
    from scipy.stats import t

    return float(t.ppf((1 + level) / 2, n - 1))
