"""Integrated gradients have the sign and scale of closed forms for every way in which a network says a class."""

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("torch", reason="integrated gradients need the torch extra")
pytest.importorskip("captum", reason="integrated gradients need the torch extra")

import torch

from cardwright.evaluators.attributions.gradients import integrated_gradients
from cardwright.sources.models import model_from_module

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(20, 2)).astype("float32")
BATCH = pa.record_batch({"a": ROWS[:, 0], "b": ROWS[:, 1]})
WEIGHTS = np.array([[2.0, -3.0], [0.5, 1.0], [-1.0, 0.25]])


def layer(outputs, *after):
    module = torch.nn.Sequential(torch.nn.Linear(2, outputs), *after)
    with torch.no_grad():
        module[0].weight.copy_(torch.tensor(WEIGHTS[:outputs], dtype=torch.float32))
        module[0].bias.zero_()
    return module


def explained(module, column, classes, output, **said):
    task = "multiclass" if len(classes) > 2 else "binary" if classes else "regression"
    favourable = classes[1] if len(classes) == 2 else None
    model = model_from_module(module, "ab", task=task, classes=classes, favourable=favourable, output=output)
    way = integrated_gradients(model, BATCH, BATCH, column, 64, **said)
    values, base = way.attribute(0, 20)
    np.testing.assert_allclose(base + values.sum(axis=1), way.of(BATCH), atol=2e-3)
    return way, values


@pytest.mark.parametrize("column", [0, 1])
def test_of_two_logits_the_log_odds_are_explained_which_are_their_difference(column):
    way, values = explained(layer(2), column, ("no", "yes"), "logit")
    sign = 1 if column == 1 else -1
    assert way.output == "log_odds"
    np.testing.assert_allclose(values, sign * (WEIGHTS[1] - WEIGHTS[0]) * (ROWS - ROWS.mean(axis=0)), atol=1e-5)


def test_of_several_logits_the_log_odds_of_one_class_are_those_of_its_probability():
    way, _ = explained(layer(3), 2, ("a", "b", "c"), "logit")
    logits = ROWS @ WEIGHTS.T
    chance = (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))[:, 2]
    assert way.output == "log_odds"
    np.testing.assert_allclose(way.of(BATCH), np.log(chance / (1 - chance)), atol=1e-4)


@pytest.mark.parametrize("column", [0, 1])
@pytest.mark.parametrize(
    ("module", "output"), [(layer(1), "logit"), (layer(1, torch.nn.Sigmoid()), "probability"), (layer(2), "logit")]
)
def test_a_probability_is_explained_on_request_however_the_network_says_it(module, output, column):
    way, _ = explained(module, column, ("no", "yes"), output, probability=True)
    assert way.output == "probability"
    logits = ROWS @ (WEIGHTS[0] if module[0].out_features == 1 else WEIGHTS[1] - WEIGHTS[0])
    chance = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(way.of(BATCH), chance if column == 1 else 1 - chance, atol=1e-6)


def test_a_number_is_explained_in_its_own_unit():
    way, values = explained(layer(1), None, (), "value")
    assert way.output == "value"
    np.testing.assert_allclose(values, WEIGHTS[0] * (ROWS - ROWS.mean(axis=0)), atol=1e-5)
