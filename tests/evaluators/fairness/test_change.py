"""Gaps beside those of the labels, and of a baseline."""

from __future__ import annotations

import fairlearn.metrics as fl
import numpy as np
import pytest
from tests.evaluators.fairness.support import assess, decisions, one
from tests.support import inputs_of, memory_predictions

from cardwright.evaluators.fairness import Fairness


def test_bias_amplification_is_0_where_decisions_keep_the_labels_rates_and_grows_as_they_widen_them():
    """Wang and Russakovsky's directional measure, by hand for two groups."""
    kept = {("a", 1, 1): 60, ("a", 0, 0): 40, ("b", 1, 1): 30, ("b", 0, 0): 70}
    found = one(assess(decisions(kept)), "bias_amplification", across=["g"])
    assert found.value == pytest.approx(0, abs=1e-12)
    widened = {("a", 1, 1): 60, ("a", 0, 1): 15, ("a", 0, 0): 25, ("b", 1, 1): 20, ("b", 1, 0): 10, ("b", 0, 0): 70}
    found = one(assess(decisions(widened)), "bias_amplification", across=["g"])
    assert found.value == pytest.approx(((0.75 - 0.6) - (0.2 - 0.3)) / 2)
    assert found.interval.lower > 0


def test_changes_of_gaps_against_a_baseline_are_differences_of_fairlearns_gaps():
    """On the same rows, with an interval from joint counts; a model against itself changes nothing."""
    rng = np.random.default_rng(17)
    g, y = rng.choice(["a", "b", "c"], 600), rng.integers(0, 2, 600)
    data = {"g": g, "y": y, "d": (rng.random(600) < 0.2 + 0.4 * y + 0.1 * (g == "a")).astype(int)}
    old = (rng.random(600) < 0.5).astype(int)
    common = {"classes": ("0", "1"), "prediction": "d"}
    source = memory_predictions(data, sensitive=["g"], **common)
    baseline = memory_predictions({**data, "d": old}, name="old", cuts=[50], **common)

    def changes(other):
        evaluator = Fairness()
        return evaluator.evaluate(inputs_of(source, id="fair", baseline=other))

    evaluation = changes(baseline)
    for metric in ("demographic_parity_difference", "equal_opportunity_difference", "equalized_odds_difference"):
        peer = getattr(fl, metric)
        expected = peer(data["y"], data["d"], sensitive_features=data["g"]) - peer(
            data["y"], old, sensitive_features=data["g"]
        )
        found = one(evaluation, f"{metric}_change", across=["g"])
        assert found.value == pytest.approx(expected, abs=1e-12) and found.reference == "old"
        assert found.interval.lower <= found.value <= found.interval.upper
    same = one(changes(source), "demographic_parity_difference_change", across=["g"])
    assert (same.value, same.interval.lower, same.interval.upper) == (0, 0, 0)
