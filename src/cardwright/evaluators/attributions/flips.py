"""What happens to a decision if only the sensitive attribute that the model reads is another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cardwright.evaluators.attributions.student import student_interval
from cardwright.record.base import label
from cardwright.record.measurement import Interval, Measured, Measurement, Sampling, Unmeasured
from cardwright.sources.interface import Model, Predictions
from cardwright.statistics.intervals import wilson

if TYPE_CHECKING:
    import pyarrow

MOST_VALUES = 20
"""An attribute with more values is no category, and asking for each is dear."""


def flips(model: Model, rows: pyarrow.RecordBatch, source: Predictions, level: float) -> list[Measurement]:
    """For each sensitive attribute that the model reads: how many decisions change with it alone, and how far the output moves.

    `counterfactual_flip_rate`: the share of rows for which the decision is another under at least one of the other values that
    occur; Wilson's interval. `counterfactual_change`: by row the largest absolute change of the output, its mean with Student's
    interval. Rows with an unknown value are left out. Nothing else of the row changes, not even what the attribute would have
    changed in a person's life: the numbers say what the model does with the column, and no more (Kusner et al. 2017, NeurIPS,
    4.1).

    Unmeasured where no attribute is read, for an attribute of one value or more than `MOST_VALUES`, and the rate where the plan
    states no threshold for a score.
    """
    read = [attribute for attribute in source.sensitive if attribute.name in model.features]
    metrics = ("counterfactual_flip_rate", "counterfactual_change")
    if not read:
        why = "The model reads none of the sensitive attributes that the plan names, so that changing one changes no output."
        return [Unmeasured(metric=metric, code="not_applicable", reason=why) for metric in metrics]
    return [m for attribute in read for m in _of(model, rows, source, attribute.name, attribute.unknown, level)]


def _of(
    model: Model, rows: pyarrow.RecordBatch, source: Predictions, name: str, unknown: tuple[str, ...], level: float
) -> list[Measurement]:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    here = {"feature": label(name)}
    whole = rows.column(name)
    known = pc.and_(pc.is_valid(whole), pa.array([label(v) not in unknown for v in whole.to_pylist()], pa.bool_()))
    rows = rows.filter(known).select(list(model.features))
    present = rows.column(name)
    values = pc.unique(present)
    if not 2 <= len(values) <= MOST_VALUES:
        why = f"The explained rows have {len(values)} values of it; 2 to {MOST_VALUES} are needed."
        return [
            Unmeasured(metric=metric, slice=here, code="not_applicable", reason=why)
            for metric in ("counterfactual_flip_rate", "counterfactual_change")
        ]
    before = np.asarray(model.predict(rows), dtype=float)
    place = rows.schema.get_field_index(name)
    decided = _decisions(before, source)
    flipped, moved = np.zeros(rows.num_rows, bool), np.zeros(rows.num_rows)
    for value in values:
        other = pa.array([value.as_py()] * rows.num_rows, present.type)
        after = np.asarray(model.predict(rows.set_column(place, name, other)), dtype=float)
        change = np.abs(after - before)
        moved = np.maximum(moved, change if change.ndim == 1 else change.max(axis=1))
        if decided is not None:
            flipped |= _decisions(after, source) != decided
    n = rows.num_rows
    sampling = Sampling(unit=source.unit, units=n, observations=n, design="random")
    return [
        _rate(None if decided is None else flipped, here, level, sampling),
        _change(moved, model, here, level, sampling),
    ]


def _decisions(outputs: Any, source: Predictions) -> Any:
    """What is decided by outputs, by row; None of numbers, and where there is no threshold for a score."""
    if source.task == "regression":
        return None
    if outputs.ndim == 2:
        return outputs.argmax(axis=1)
    return outputs >= source.threshold if source.threshold is not None else None


def _rate(flipped: Any, here: dict[str, str], level: float, sampling: Sampling) -> Measurement:
    metric = "counterfactual_flip_rate"
    if flipped is None:
        why = "Nothing is decided: the plan states no threshold for the model's output."
        return Unmeasured(metric=metric, slice=dict(here), code="not_applicable", reason=why)
    n, count = len(flipped), int(flipped.sum())
    bounds = wilson(count, n, level)
    assert bounds is not None
    return Measured(
        metric=metric,
        slice=dict(here),
        value=count / n,
        unit="proportion",
        direction="lower_is_better",
        interval=Interval(level=level, lower=bounds.lower, upper=bounds.upper, method=bounds.method),
        sampling=sampling,
        numerator=count,
        denominator=n,
    )


def _change(moved: Any, model: Model, here: dict[str, str], level: float, sampling: Sampling) -> Measurement:
    return Measured(
        metric="counterfactual_change",
        slice=dict(here),
        value=float(moved.mean()),
        unit="probability" if model.classes else "value",
        direction="lower_is_better",
        interval=student_interval(moved, level, (0.0, math.inf)),
        sampling=sampling,
        denominator=len(moved),
    )
