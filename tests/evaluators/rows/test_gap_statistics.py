"""Gaps of joint counts are fairlearn's of the rows behind them."""

import numpy as np
import pytest
from fairlearn import metrics
from hypothesis import given
from hypothesis import strategies as st

from cardwright.evaluators.rows.gap_statistics import COMPONENTS, gap, gap_change

PEERS = {
    "demographic_parity_difference": metrics.demographic_parity_difference,
    "equal_opportunity_difference": metrics.equal_opportunity_difference,
    "equalized_odds_difference": metrics.equalized_odds_difference,
}


@given(st.integers(0, 500))
def test_gaps_are_fairlearns_of_both_decisions(seed):
    rng = np.random.default_rng(seed)
    joint = rng.integers(1, 20, (3, 2, 2, 2))
    rows = [(g, y, a, b) for g, y, a, b in np.ndindex(3, 2, 2, 2) for _ in range(joint[g, y, a, b])]
    group, outcome, first, second = (np.array(column) for column in zip(*rows, strict=True))
    for name, peer in PEERS.items():
        values = [float(gap(name, axis)(joint[None].astype(float))[0]) for axis in (0, 1)]
        expected = [peer(outcome, decided, sensitive_features=group) for decided in (first, second)]
        assert values == pytest.approx(expected)
        assert float(gap_change(name)(joint[None].astype(float))[0]) == pytest.approx(expected[0] - expected[1])


def test_a_rate_without_rows_below_its_line_is_undefined():
    joint = np.zeros((1, 2, 2, 2, 2))
    joint[0, :, 0, 1, 1] = 3.0
    assert np.isnan(gap("equal_opportunity_difference", 0)(joint)[0])
    assert not np.isnan(gap("false_positive_rate_difference", 0)(joint)[0])
    assert set(COMPONENTS) >= set(PEERS)
