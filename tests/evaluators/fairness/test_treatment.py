"""The balance of the two kinds of wrong decisions."""

from __future__ import annotations

import pytest
from tests.evaluators.fairness.support import TWO, assess, by_rate, decisions, one


def test_treatment_equality_is_false_negatives_per_false_positive():
    """With its log interval, and undefined without false positives."""
    evaluation = assess(decisions({**TWO, **by_rate("c", 60, 60, 30, 0)}))
    assert one(evaluation, "treatment_equality", slice={"g": "a"}).value == pytest.approx(15 / 10)
    assert one(evaluation, "treatment_equality", slice={"g": "c"}).code == "undefined"
    gap = one(evaluation, "treatment_equality_difference", across=["g"])
    assert gap.value == pytest.approx(25 / 14 - 15 / 10) and gap.groups.compared == 2
