"""Applicants by category and decision, audited."""

from __future__ import annotations

from hypothesis import strategies as st
from tests.support import inputs_of, memory_predictions

from cardwright.evaluators.impact_ratio import ImpactRatio
from cardwright.record.evaluation import Evaluation


def assess(source, **parameters) -> Evaluation:
    return ImpactRatio(**parameters).evaluate(inputs_of(source, id="audit"))


def applicants(counts, *, attributes=("sex", "race")):
    """Columns of rows from counts: {(categories …, selected): rows}."""
    columns: dict[str, list[object]] = {name: [] for name in (*attributes, "d", "y")}
    for key, times in counts.items():
        for name, value in zip((*attributes, "d"), key, strict=True):
            columns[name] += [value] * times
        columns["y"] += [1] * times
    return columns


def decided(counts, *, attributes=("sex", "race"), **options):
    return memory_predictions(
        applicants(counts, attributes=attributes),
        prediction="d",
        classes=("0", "1"),
        sensitive=list(attributes),
        **options,
    )


def rate(evaluation, slice_, metric="selection_rate"):
    (found,) = evaluation.find(metric, slice=slice_, across=())
    return found


SMALL = {("a", 1): 40, ("a", 0): 60, ("b", 1): 400, ("b", 0): 500, ("c", 1): 5}


DECIDED = decided({("m", "x", 1): 4, ("f", "y", 0): 4})


TABLES = st.dictionaries(
    st.tuples(st.sampled_from(["m", "f", None]), st.sampled_from(["x", "y", "z", None]), st.sampled_from([0, 1])),
    st.integers(1, 12),
    min_size=2,
)
