"""Scoring rates, against the example of Local Law 144 and a plain median."""

from __future__ import annotations

import numpy as np
import pytest
from tests.evaluators.fairness.support import assess, one, rows_of
from tests.support import memory_predictions

LL144_SCORING = {
    "sex": {"Male": (50, 92), "Female": (34, 76)},
    "race": {
        "Hispanic or Latino": (18, 28),
        "White": (15, 40),
        "Black": (16, 32),
        "NHPI": (5, 8),
        "Asian": (10, 24),
        "AIAN": (10, 16),
        "Two+": (10, 20),
    },
}


LL144_SCORING_RATIOS = {
    "Female": 0.8231578947368422,
    "White": 0.5833333333333333,
    "Black": 0.7777777777777777,
    "NHPI": 0.9722222222222221,
    "Asian": 0.6481481481481481,
    "AIAN": 0.9722222222222221,
    "Two+": 0.7777777777777777,
}


@pytest.mark.parametrize("attribute", LL144_SCORING)
def test_scoring_rates_of_the_local_law_144_example(attribute):
    """Every published scoring rate and impact ratio, against the median of the full sample."""
    groups = LL144_SCORING[attribute]
    cells = {}
    for group, (above, total) in groups.items():
        cells[(group, 1, 0.75)] = above
        cells[(group, 0, 0.25)] = total - above
    source = memory_predictions(rows_of(cells, ("g", "y", "s")), score="s", sensitive=["g"])
    evaluation = assess(source, min_denominator=5)
    highest = max(groups, key=lambda g: groups[g][0] / groups[g][1])
    for group, (above, total) in groups.items():
        rate = one(evaluation, "scoring_rate", slice={"g": group})
        assert (rate.value, rate.numerator, rate.denominator) == (above / total, above, total)
        if group != highest:
            ratio = one(evaluation, "adverse_impact_ratio", slice={"g": group})
            assert ratio.value == pytest.approx(LL144_SCORING_RATIOS[group], abs=1e-12)
            assert ratio.reference == highest
    assert not [f for f in evaluation.findings if f.key == "four_fifths"]


@pytest.mark.parametrize("distinct", [50, 3000, 10_000])
@pytest.mark.parametrize("size", [9_999, 10_000])
def test_a_score_at_the_median_is_not_above_it(distinct, size):
    """Strictly above, with the exact median of all rows, unknown membership included, binned scores or not."""
    rng = np.random.default_rng(distinct + size)
    s = rng.integers(0, distinct, size) / distinct
    g = rng.choice(np.array(["a", "b", None]), size)
    y = rng.integers(0, 2, size)
    evaluation = assess(memory_predictions({"y": y, "s": s, "g": g}, score="s", sensitive=["g"], cuts=[3000]))
    for group in ("a", "b", None):
        chosen = np.array([value == group for value in g])
        found = one(evaluation, "scoring_rate", slice={"g": group})
        assert found.numerator == (s[chosen] > np.median(s)).sum()
