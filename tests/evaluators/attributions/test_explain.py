"""Attributions have the sign and scale of closed forms, whichever class is favourable."""

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("torch", reason="integrated gradients need the torch extra")
pytest.importorskip("captum", reason="integrated gradients need the torch extra")

import torch

from cardwright.evaluators.attributions.explain import explain
from cardwright.sources.models import model_from_estimator, model_from_module

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(20, 2)).astype("float32")
BATCH = pa.record_batch({"a": ROWS[:, 0], "b": ROWS[:, 1]})
WEIGHTS = np.array([2.0, -3.0])


def linear(*last):
    module = torch.nn.Sequential(torch.nn.Linear(2, 1), *last)
    with torch.no_grad():
        module[0].weight.copy_(torch.tensor(WEIGHTS[None], dtype=torch.float32))
        module[0].bias.fill_(0.5)
    return module


@pytest.mark.parametrize(("favourable", "sign"), [("good", 1), ("bad", -1)])
def test_a_single_logit_is_explained_for_the_class_that_is_favourable(favourable, sign):
    model = model_from_module(
        linear(), ["a", "b"], task="binary", classes=["bad", "good"], favourable=favourable, output="logit"
    )
    column = model.classes.index(favourable)
    found = explain(model, BATCH, BATCH, method="auto", column=column, steps=16, seed=0)
    expected = sign * WEIGHTS * (ROWS - ROWS.mean(axis=0))
    np.testing.assert_allclose(found.values, expected, atol=1e-5)
    np.testing.assert_allclose(found.outputs, sign * (ROWS @ WEIGHTS + 0.5), atol=1e-5)


@pytest.mark.parametrize("favourable", ["good", "bad"])
def test_a_single_probability_is_explained_as_the_score_that_the_model_gives(favourable):
    model = model_from_module(
        linear(torch.nn.Sigmoid()), ["a", "b"], task="binary", classes=["bad", "good"], favourable=favourable
    )
    column = model.classes.index(favourable)
    found = explain(model, BATCH, BATCH, method="auto", column=column, steps=64, seed=0)
    np.testing.assert_allclose(found.outputs, model.predict(BATCH), atol=1e-6)
    assert found.residuals.max() < 1e-3


@pytest.mark.parametrize("column", [0, 1])
def test_a_margin_of_xgboost_is_called_log_odds_and_speaks_for_the_class_that_is_explained(column):
    xgboost = pytest.importorskip("xgboost", reason="XGBoost models need the xgboost extra")
    native = xgboost.XGBClassifier(n_estimators=5, max_depth=2).fit(ROWS, (ROWS[:, 0] > 0).astype(int))
    model = model_from_estimator(native, ["a", "b"])
    found = explain(model, BATCH, BATCH, method="auto", column=column, steps=8, seed=0)
    chance = native.predict_proba(ROWS)[:, column].astype(float)
    assert (found.method, found.output) == ("tree", "log_odds")
    np.testing.assert_allclose(found.outputs, np.log(chance / (1 - chance)), atol=1e-4)
    assert found.residuals.max() < 1e-3
    assert np.corrcoef(found.values[:, 0], (ROWS[:, 0] > 0) * (2 * column - 1))[0, 1] > 0.9
