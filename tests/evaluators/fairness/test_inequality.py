"""Inequality of benefits, by its formula."""

from __future__ import annotations

import numpy as np
import pytest
from tests.evaluators.fairness.support import TWO, assess, decisions, one, rows_of


def test_inequality_is_the_formula_of_speicher():
    """Generalized entropy and Theil's index of benefits b = decision - outcome + 1."""
    evaluation = assess(decisions(TWO))
    data = rows_of(TWO)
    b = np.array(data["d"]) - np.array(data["y"]) + 1
    ratio = b / b.mean()
    assert one(evaluation, "generalized_entropy_index").value == pytest.approx(((ratio**2).mean() - 1) / 2)
    positive = ratio[ratio > 0]
    theil = one(evaluation, "theil_index")
    assert theil.value == pytest.approx((positive * np.log(positive)).sum() / len(b))
    assert theil.interval.lower < theil.value < theil.interval.upper
