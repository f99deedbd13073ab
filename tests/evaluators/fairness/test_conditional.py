"""Gaps within strata, against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from tests.evaluators.fairness.support import assess, one, rows_of
from tests.support import memory_predictions


def test_given_strata_a_difference_between_strata_is_not_one_between_groups():
    """Simpson's paradox: equal rates within each stratum, unequal overall."""
    cells = {}
    for stratum, rate, sizes in (("easy", 0.8, {"a": 400, "b": 100}), ("hard", 0.2, {"a": 100, "b": 400})):
        for group, size in sizes.items():
            cells[(group, stratum, 1, 1)] = round(size * rate)
            cells[(group, stratum, 1, 0)] = size - round(size * rate)
    data = rows_of(cells, ("g", "z", "y", "d"))
    evaluation = assess(memory_predictions(data, prediction="d", sensitive=["g"], strata=("z",)))
    crude = one(evaluation, "demographic_parity_difference", across=["g"])
    within = one(evaluation, "demographic_parity_difference", across=["g"], given=["z"])
    assert crude.value == pytest.approx(0.36) and crude.test.p_value < 1e-10
    assert within.value == pytest.approx(0, abs=1e-12) and within.interval.lower == 0
    assert (within.test.method, within.interval.method) == ("cochran_mantel_haenszel", "mantel_haenszel_sato")
    assert within.test.p_value == pytest.approx(1)
    odds = one(evaluation, "conditional_odds_ratio", across=["g"], given=["z"])
    assert odds.value == pytest.approx(1) and odds.interval.lower < 1 < odds.interval.upper
    assert one(evaluation, "breslow_day", across=["g"], given=["z"]).value == pytest.approx(0, abs=1e-9)


def test_conditional_numbers_are_statsmodels():
    """Mantel-Haenszel's odds ratio, the CMH and Breslow-Day-Tarone tests of a random stratified table."""
    from statsmodels.stats.contingency_tables import StratifiedTable

    rng = np.random.default_rng(9)
    size = 600
    data = {
        "g": rng.choice(["a", "b"], size),
        "z": rng.choice(["p", "q", "r"], size),
        "y": rng.integers(0, 2, size),
        "d": rng.integers(0, 2, size),
    }
    evaluation = assess(memory_predictions(data, prediction="d", sensitive=["g"], strata=("z",)))
    tables = [
        [[int(((data["g"] == g) & (data["z"] == z) & (data["d"] == d)).sum()) for d in (1, 0)] for g in "ab"]
        for z in "pqr"
    ]
    peer = StratifiedTable([np.array(t) for t in tables])
    key = {"across": ["g"], "given": ["z"]}
    assert one(evaluation, "conditional_odds_ratio", **key).value == pytest.approx(peer.oddsratio_pooled)
    assert one(evaluation, "demographic_parity_difference", **key).test.p_value == pytest.approx(
        peer.test_null_odds(correction=False).pvalue
    )
    assert one(evaluation, "breslow_day", **key).test.p_value == pytest.approx(peer.test_equal_odds(adjust=True).pvalue)
