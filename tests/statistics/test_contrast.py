"""One part of the rows against the rest: agrees with scipy and statsmodels, and holds its level."""

import numpy as np
import pytest
from scipy import stats

from cardwright.statistics.contrast import Losses, coverage, difference_to_rest, lift, mean_change, mean_loss
from cardwright.statistics.intervals import newcombe, wilson


def shares(seed=0, n=400, p=(0.3, 0.1)):
    rng = np.random.default_rng(seed)
    inside = rng.random(n) < 0.3
    loss = (rng.random(n) < np.where(inside, p[0], p[1])).astype(float)
    return Losses(loss, True), inside


def test_a_plain_share_has_wilsons_interval_and_its_difference_newcombes():
    losses, inside = shares()
    a, n, c, m = losses.loss[inside].sum(), inside.sum(), losses.loss[~inside].sum(), (~inside).sum()
    assert mean_loss(losses).bounds == wilson(int(a + c), int(n + m))
    found = difference_to_rest(losses, inside)
    assert found.value == a / n - c / m
    assert found.bounds == newcombe(int(a), int(n), int(c), int(m))


def test_the_test_of_two_shares_is_fishers_where_few_are_expected_and_the_score_test_otherwise():
    losses, inside = shares()
    table = [
        [losses.loss[inside].sum(), (1 - losses.loss[inside]).sum()],
        [losses.loss[~inside].sum(), (1 - losses.loss[~inside]).sum()],
    ]
    found = difference_to_rest(losses, inside)
    assert found.method == "score_z"
    assert found.p_value == pytest.approx(stats.chi2_contingency(table, correction=False)[1], rel=1e-9)
    few = Losses(losses.loss[:20], True)
    found = difference_to_rest(few, inside[:20])
    assert found.method == "fisher_exact"


def test_a_mean_is_compared_as_scipy_does():
    rng = np.random.default_rng(4)
    loss, inside = rng.gamma(2, size=300), np.arange(300) < 80
    found = difference_to_rest(Losses(loss, False), inside)
    peer = stats.ttest_ind(loss[inside], loss[~inside], equal_var=False)
    assert found.p_value == pytest.approx(peer.pvalue, rel=1e-9)
    interval = peer.confidence_interval(0.95)
    assert (found.bounds.lower, found.bounds.upper) == pytest.approx((interval.low, interval.high), rel=1e-9)
    greater = difference_to_rest(Losses(loss, False), inside, greater=True)
    peer = stats.ttest_ind(loss[inside], loss[~inside], equal_var=False, alternative="greater")
    assert greater.p_value == pytest.approx(peer.pvalue, rel=1e-9)


def test_paired_changes_are_students():
    values = np.random.default_rng(1).normal(0.1, size=50)
    found = mean_change(Losses(values, False))
    peer = stats.ttest_1samp(values, 0)
    assert found.p_value == pytest.approx(peer.pvalue, rel=1e-9)
    interval = peer.confidence_interval(0.95)
    assert (found.bounds.lower, found.bounds.upper) == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_lift_is_coverage_over_the_share_of_rows():
    losses, inside = shares()
    assert lift(losses, inside).value == pytest.approx(coverage(losses, inside).value / inside.mean(), rel=1e-12)


def test_clusters_of_equal_rows_tell_no_more_than_one_row_each():
    losses, inside = shares(n=200)
    fold = Losses(np.repeat(losses.loss, 5), True, None, np.repeat(np.arange(200), 5))
    alone = Losses(losses.loss, True, None, np.arange(200))
    for statistic in (difference_to_rest, lift, coverage):
        once, five = statistic(alone, inside), statistic(fold, np.repeat(inside, 5))
        assert five.value == pytest.approx(once.value, rel=1e-12)
        assert (five.bounds.lower, five.bounds.upper) == pytest.approx((once.bounds.lower, once.bounds.upper), rel=1e-9)
    assert mean_loss(fold).bounds.lower == pytest.approx(mean_loss(alone).bounds.lower, rel=1e-9)


def test_weights_of_one_change_no_value_and_hardly_an_interval():
    losses, inside = shares(n=4000)
    weighted = Losses(losses.loss, True, np.ones(4000))
    for statistic in (difference_to_rest, lift, coverage):
        a, b = statistic(losses, inside), statistic(weighted, inside)
        assert b.value == pytest.approx(a.value, rel=1e-12)
        assert (b.bounds.lower, b.bounds.upper) == pytest.approx((a.bounds.lower, a.bounds.upper), abs=2e-3)


def test_the_interval_of_a_lift_covers_the_truth():
    true = 0.3 / (0.3 * 0.3 + 0.7 * 0.1)
    hit = 0
    for seed in range(400):
        losses, inside = shares(seed, n=800)
        bounds = lift(losses, inside).bounds
        hit += bounds.lower <= true <= bounds.upper
    assert hit / 400 > 0.92


def test_what_has_no_rows_or_no_loss_has_no_number():
    losses, inside = shares()
    nobody = np.zeros(400, bool)
    assert difference_to_rest(losses, nobody) is None
    assert lift(losses, nobody) is None
    assert lift(Losses(np.zeros(400), True), inside) is None
    assert coverage(Losses(np.zeros(400), True), inside) is None
    assert mean_loss(Losses(np.zeros(0), True)) is None
    assert mean_change(Losses(np.ones(5), False)).bounds is None
