"""An explanation that holds is told from one that does not: by closed forms, and by explanations that are wrong on purpose."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from tests.evaluators.attributions.test_measure import FEATURES, batches, data, linear, network, trees

from cardwright.evaluators.attributions.budget import TimeBudget
from cardwright.evaluators.attributions.evidence import METRICS, evidence, replaced
from cardwright.evaluators.attributions.explain import explain
from cardwright.record import Measured
from cardwright.sources.models import model_from_callable


def found(model, change=lambda values: values, rows=60, behind=30):
    x, b = batches(data(), rows, behind)
    explained = explain(model, x, b, method="auto", column=1, steps=16, seed=0)
    explained = replace(explained, values=change(explained.values))
    measured = evidence(model, explained, x, b, column=1, level=0.95, unit="row", seed=3)
    assert [m.metric for m in measured] == [*METRICS]
    return {m.metric: m for m in measured}


@pytest.mark.parametrize("make", [linear, trees], ids=["linear", "trees"])
def test_an_explanation_that_holds_beats_chance_and_foresees_the_movement(make):
    measured = found(make())
    for gain in ("deletion_gain", "insertion_gain"):
        assert measured[gain].interval.lower > 0
    assert measured["infidelity"].value < 0.15
    assert measured["method_agreement"].value > 0.8


def test_attributions_of_features_that_do_nothing_are_no_better_than_chance_or_worse():
    """Each row's attributions are given to the next feature: what drives the model comes last."""
    measured = found(linear(), change=lambda values: np.roll(values, 1, axis=1))
    for gain in ("deletion_gain", "insertion_gain"):
        assert measured[gain].interval.upper < 0
    assert measured["infidelity"].value > 0.8
    assert measured["method_agreement"].value < 0


def test_attributions_of_nothing_foresee_nothing():
    """Their sums are 0, so that the error is the movement itself."""
    assert found(linear(), change=np.zeros_like)["infidelity"].value == pytest.approx(1)


def test_a_network_that_adds_up_its_inputs_is_foreseen_exactly():
    """Integrated gradients are counted from the mean, which then stands in for what is replaced."""
    measured = found(network())
    assert measured["infidelity"].value < 1e-6
    assert measured["method_agreement"].value > 0.8


def test_a_network_with_shuffled_weights_is_explained_otherwise():
    pytest.importorskip("torch")
    import torch

    from cardwright.sources.models import model_from_module

    names = tuple("abcdefgh")
    torch.manual_seed(1)
    module = torch.nn.Sequential(torch.nn.Linear(8, 1))
    with torch.no_grad():
        module[0].weight.copy_(torch.tensor([[8.0, 4.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.0]]))
    model = model_from_module(module, names, task="binary", favourable=1, classes=(0, 1), output="logit")
    before = module[0].weight.detach().clone()
    rng = np.random.default_rng(0)
    rows = pa.record_batch({name: rng.normal(size=50).astype("float32") for name in names})
    explained = explain(model, rows, rows, method="auto", column=1, steps=16, seed=0)
    (similarity,) = [
        m
        for m in evidence(model, explained, rows, rows, column=1, level=0.95, unit="row", seed=3)
        if m.metric == "randomisation_similarity"
    ]
    assert similarity.value < 0.8
    assert torch.equal(module[0].weight, before), "the model itself is left as it is"


def test_a_model_of_which_only_predictions_are_known_is_compared_with_one_feature_at_a_time_and_has_no_weights():
    model = model_from_callable(
        lambda batch: batch["a"].to_numpy() * 2.0 + batch["b"].to_numpy(), FEATURES, task="regression"
    )
    measured = found(model, rows=10, behind=8)
    assert measured["method_agreement"].value == pytest.approx(1)
    assert measured["randomisation_similarity"].code == "not_applicable"
    assert measured["infidelity"].value < 0.2


def test_an_output_that_never_moves_has_no_infidelity():
    model = model_from_callable(lambda batch: np.full(len(batch), 0.5), FEATURES, task="regression")
    measured = found(model, rows=6, behind=4)
    assert measured["infidelity"].code == "undefined"
    assert measured["deletion_gain"].value == 0


def test_one_feature_has_no_order_that_could_be_wrong():
    model = model_from_callable(lambda batch: batch["a"].to_numpy() * 2.0, ("a",), task="regression")
    x = pa.record_batch({"a": [1.0, 2.0, 3.0]})
    explained = explain(model, x, x, method="auto", column=None, steps=8, seed=0)
    measured = evidence(model, explained, x, x, column=None, level=0.95, unit="row", seed=0)
    assert [(m.metric, m.code) for m in measured] == [(metric, "not_applicable") for metric in METRICS]


def test_the_same_seed_gives_the_same_numbers():
    one, two = found(linear()), found(linear())
    assert {m: v.value for m, v in one.items() if isinstance(v, Measured)} == {
        m: v.value for m, v in two.items() if isinstance(v, Measured)
    }


def test_features_are_replaced_in_the_cells_that_are_taken_and_keep_their_type():
    rows = pa.record_batch({"n": pa.array([1, 2], pa.int32()), "w": ["x", "y"]})
    other = pa.record_batch({"n": pa.array([7, 8], pa.int64()), "w": ["p", "q"]})
    now = replaced(rows, other, np.array([[True, False], [False, True]]))
    assert now.schema.field("n").type == pa.int32()
    assert now.to_pydict() == {"n": [7, 2], "w": ["x", "q"]}


def test_attributions_of_a_straight_line_move_as_little_as_its_inputs():
    """Coefficient times distance: moved by at most 0.02 standard deviations, they change by as much and no more."""
    smooth = found(linear())["sensitivity_max"]
    assert 0 < smooth.value < 0.1
    assert smooth.interval.lower <= smooth.value <= smooth.interval.upper


def test_attributions_that_jump_at_every_step_are_sensitive():
    model = model_from_callable(
        lambda batch: np.sin(300 * batch["a"].to_numpy()) + batch["b"].to_numpy(), FEATURES, task="regression"
    )
    assert found(model, rows=10, behind=8)["sensitivity_max"].value > 0.5


def test_words_and_whole_numbers_cannot_move_by_a_little():
    model = model_from_callable(
        lambda batch: (batch["n"] + (batch["w"] == "x")).to_numpy(float), ("n", "w"), task="regression"
    )
    rows = pa.record_batch({"n": [1, 2, 3, 4], "w": ["x", "y", "x", "y"]})
    explained = explain(model, rows, rows, method="auto", column=None, steps=8, seed=0)
    measured = evidence(model, explained, rows, rows, column=None, level=0.95, unit="row", seed=0)
    assert (measured[-1].metric, measured[-1].code) == ("sensitivity_max", "not_applicable")


def test_what_the_budget_leaves_no_time_for_is_named():
    x, b = batches(data(), 20, 10)
    model = linear()
    explained = explain(model, x, b, method="auto", column=1, steps=8, seed=0)
    measured = evidence(
        model, explained, x, b, column=1, level=0.95, unit="row", seed=0, budget=TimeBudget.of(0.0, lambda: 5.0)
    )
    assert [(m.metric, m.code) for m in measured] == [(metric, "error") for metric in METRICS]
    assert all("The time budget of 0 seconds was used up" in m.reason for m in measured)


def test_whole_numbers_of_a_network_are_replaced_by_a_mean_that_is_none():
    pytest.importorskip("torch")
    import torch

    from cardwright.sources.models import model_from_module

    torch.manual_seed(0)
    model = model_from_module(torch.nn.Linear(3, 1), FEATURES, task="regression")
    rng = np.random.default_rng(0)
    rows = pa.record_batch({name: rng.integers(0, 16, 30) for name in FEATURES})
    explained = explain(model, rows, rows, method="auto", column=None, steps=16, seed=0)
    measured = evidence(model, explained, rows, rows, column=None, level=0.95, unit="image", seed=3)
    values = {m.metric: m for m in measured}
    assert values["infidelity"].value < 1e-6
    assert values["sensitivity_max"].code == "not_applicable"
