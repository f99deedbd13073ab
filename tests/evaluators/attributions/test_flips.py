"""Only the sensitive attribute is changed: how many decisions become others, and how far outputs move."""

import numpy as np
import pyarrow as pa
import pytest
from tests.support import memory_predictions

from cardwright.evaluators.attributions.flips import flips
from cardwright.record import Unmeasured
from cardwright.sources.models import model_from_callable

SCORES = {"x": 0.2, "z": 0.0}
ROWS = pa.record_batch({"a": [0.1, 0.35, 0.45, 0.75], "g": ["x", "z", "x", "z"]})


def predict(batch):
    """0.2 more for group x."""
    return batch["a"].to_numpy() + np.array([SCORES[group] for group in batch["g"]])


def source(rows=ROWS, threshold=0.5, task="binary", unknown=()):
    columns = {name: rows.column(name).to_pylist() for name in rows.schema.names}
    columns |= {"y": [0, 1] * (rows.num_rows // 2) + [0] * (rows.num_rows % 2), "p": [0.5] * rows.num_rows}
    kind = {"score": "p", "threshold": threshold} if task == "binary" else {"prediction": "p", "task": task}
    return memory_predictions(columns, sensitive=["g"], features=("a", "g"), unknown=unknown, **kind)


def by_metric(model, rows=ROWS, **more):
    return {m.metric: m for m in flips(model, rows, source(rows, **more), 0.95)}


def test_decisions_that_change_with_the_attribute_alone_are_counted():
    """At .5: x .1 is .3 or .1, z .35 is .35 or .55, x .45 is .65 or .45, z .75 is .75 or .95: the second and third change."""
    model = model_from_callable(predict, ("a", "g"), task="binary")
    measured = by_metric(model)
    assert (measured["counterfactual_flip_rate"].value, measured["counterfactual_flip_rate"].denominator) == (0.5, 4)
    assert (
        measured["counterfactual_flip_rate"].interval.lower < 0.5 < measured["counterfactual_flip_rate"].interval.upper
    )
    assert measured["counterfactual_change"].value == pytest.approx(0.2)
    assert measured["counterfactual_change"].slice == {"feature": "g"}


def test_a_model_that_reads_the_attribute_and_does_not_use_it_changes_nothing():
    model = model_from_callable(lambda batch: batch["a"].to_numpy(), ("a", "g"), task="binary")
    measured = by_metric(model)
    assert measured["counterfactual_flip_rate"].value == 0
    assert measured["counterfactual_change"].value == 0


def test_a_model_that_reads_no_sensitive_attribute_has_none_to_change():
    model = model_from_callable(lambda batch: batch["a"].to_numpy(), ("a",), task="binary")
    assert {m.code for m in by_metric(model).values()} == {"not_applicable"}


def test_where_nothing_is_decided_there_is_no_rate_and_still_a_change():
    model = model_from_callable(predict, ("a", "g"), task="regression")
    measured = by_metric(model, task="regression")
    assert isinstance(measured["counterfactual_flip_rate"], Unmeasured)
    assert measured["counterfactual_change"].value == pytest.approx(0.2)


def test_rows_of_unknown_membership_are_left_out():
    rows = pa.record_batch({"a": [0.35, 0.45, 0.4, 0.4], "g": ["z", "x", "?", None]})
    model = model_from_callable(predict, ("a", "g"), task="binary")
    assert by_metric(model, rows, unknown=("?",))["counterfactual_flip_rate"].denominator == 2


@pytest.mark.parametrize("groups", [["x"] * 30, [f"g{n}" for n in range(30)]])
def test_an_attribute_that_is_no_category_is_not_changed(groups):
    rows = pa.record_batch({"a": [0.5] * 30, "g": groups})
    model = model_from_callable(lambda batch: batch["a"].to_numpy(), ("a", "g"), task="binary")
    assert {m.code for m in by_metric(model, rows).values()} == {"not_applicable"}
