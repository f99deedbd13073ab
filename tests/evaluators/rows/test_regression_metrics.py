"""Means, errors and R² of a regression, weighted and plain, and where they are undefined."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk
from tests.evaluators.performance.support import assess, one
from tests.support import memory_predictions


@pytest.mark.parametrize("weight", [None, "w"])
def test_a_regression_is_measured_as_scikit_learn_measures_it(weight):
    """Mean absolute error, root mean squared error, R² and mean error."""
    rng = np.random.default_rng(14)
    y = rng.normal(2000, 5, 400)
    data = {"y": y, "f": y + rng.normal(0.5, 2, 400), "w": rng.exponential(1, 400)}
    evaluation = assess(memory_predictions(data, prediction="f", task="regression", weight=weight))
    w = None if weight is None else data["w"]
    kind = {"sample_weight": w}
    assert one(evaluation, "mean_absolute_error").value == pytest.approx(sk.mean_absolute_error(y, data["f"], **kind))
    assert one(evaluation, "root_mean_squared_error").value == pytest.approx(
        sk.root_mean_squared_error(y, data["f"], **kind)
    )
    assert one(evaluation, "r_squared").value == pytest.approx(sk.r2_score(y, data["f"], **kind), rel=1e-6)
    assert one(evaluation, "mean_error").value == pytest.approx(np.average(data["f"] - y, weights=w))
    if weight is None:
        assert all(m.interval.lower <= m.value <= m.interval.upper for m in evaluation.measurements)


def test_a_constant_outcome_has_no_r_squared():
    """There is no variance to explain."""
    data = {"y": [5.0] * 30, "f": [4.9, 5.1, 5.0] * 10}
    found = one(assess(memory_predictions(data, prediction="f", task="regression")), "r_squared")
    assert (found.status, found.code) == ("unmeasured", "undefined")


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_the_bias_of_a_regression_is_stated_in_standard_deviations_of_the_outcome(scale):
    rng = np.random.default_rng(9)
    y = rng.normal(0, 2, 400)
    predicted = y - 0.5 + rng.normal(0, 0.5, 400)
    source = memory_predictions({"y": y * scale, "p": predicted * scale}, prediction="p", task="regression")
    found = one(assess(source), "standardized_bias")
    assert found.value == pytest.approx(abs(np.mean(predicted - y)) / y.std())
    assert 0 < found.interval.lower < 0.25 < found.interval.upper


def test_outcomes_that_are_all_equal_have_no_spread_to_state_a_bias_in():
    source = memory_predictions({"y": [3.0] * 20, "p": [2.5] * 20}, prediction="p", task="regression")
    assert "spread is 0" in one(assess(source), "standardized_bias").reason
