"""Permutation tests of gaps among groups, from counts."""

from itertools import product
from math import comb, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cardwright.statistics import permutation
from cardwright.statistics.permutation import gap_test, resamples_for, stratified_gap_test


@st.composite
def groups(draw, least=2, most=4, size=12):
    trials = draw(st.lists(st.integers(1, size), min_size=least, max_size=most))
    return [draw(st.integers(0, n)) for n in trials], trials


def enumerated(k, n):
    """The p-value by writing out every table with these margins."""
    observed = max(a / b for a, b in zip(k, n, strict=True)) - min(a / b for a, b in zip(k, n, strict=True))
    extreme = total = 0
    for table in product(*(range(size + 1) for size in n)):
        if sum(table) == sum(k):
            ways = prod(comb(size, count) for size, count in zip(n, table, strict=True))
            rates = [count / size for count, size in zip(table, n, strict=True)]
            total += ways
            extreme += ways * (max(rates) - min(rates) >= observed - 1e-12)
    return extreme / total


@given(groups())
@settings(max_examples=60)
def test_the_exact_p_value_is_that_of_writing_out_every_table(table):
    test = gap_test(*table)
    assert test.method == "permutation_exact"
    assert test.resamples is None
    assert test.p_value == pytest.approx(enumerated(*table), rel=1e-9, abs=1e-12)


@given(st.integers(1, 300), st.data())
def test_for_two_groups_of_one_size_it_is_fishers_exact_test(n, data):
    k = [data.draw(st.integers(0, n)), data.draw(st.integers(0, n))]
    theirs = stats.fisher_exact([[k[0], n - k[0]], [k[1], n - k[1]]]).pvalue
    assert gap_test(k, [n, n]).p_value == pytest.approx(theirs, rel=1e-6, abs=1e-12)


def test_two_groups_of_millions_are_exact_and_agree_with_the_normal_test():
    k, n = [400_000, 401_500], [2_000_000, 2_000_000]
    z = (k[1] - k[0]) / np.sqrt(2 * n[0] * 0.2 * 0.8)
    assert gap_test(k, n).p_value == pytest.approx(2 * stats.norm.sf(z), rel=0.02)
    assert gap_test(k, n).method == "permutation_exact"


def test_monte_carlo_agrees_with_the_exact_p_value():
    k, n = np.array([30, 20, 40, 10]), np.array([90, 60, 80, 60])
    exact = gap_test(k, n)
    drawn = permutation._monte_carlo(k[None], n[None], permutation._largest_gap(n[None]), 40_000, 1)
    assert exact.method == "permutation_exact"
    assert drawn.method == "permutation"
    assert drawn.p_value == pytest.approx(exact.p_value, abs=4 * np.sqrt(exact.p_value / 40_000) + 1e-4)


def test_many_large_groups_are_drawn_with_the_seed():
    k, n = [400] * 13 + [460], [2000] * 14
    first, again, other = gap_test(k, n, seed=1), gap_test(k, n, seed=1), gap_test(k, n, seed=2)
    assert first == again
    assert (first.method, first.resamples) == ("permutation", 1999)
    assert first.p_value != other.p_value
    assert gap_test(k, n, resamples=99).p_value >= 1 / 100


@given(groups(most=3), st.randoms(use_true_random=False))
def test_the_order_of_groups_does_not_matter_to_the_exact_p_value(table, random):
    order = list(range(len(table[0])))
    random.shuffle(order)
    shuffled = tuple([column[i] for i in order] for column in table)
    assert gap_test(*table).p_value == pytest.approx(gap_test(*shuffled).p_value)


@given(groups(most=3))
def test_successes_and_failures_are_alike(table):
    k, n = (np.array(column) for column in table)
    assert gap_test(k, n).p_value == pytest.approx(gap_test(n - k, n).p_value)


def test_no_success_or_no_failure_is_no_evidence():
    assert gap_test([0, 0, 0], [5, 6, 7]).p_value == 1.0
    assert gap_test([5, 6, 7], [5, 6, 7]).p_value == 1.0
    assert gap_test([3, 4], [6, 8]).p_value == 1.0


def test_one_group_is_undefined_and_impossible_counts_are_refused():
    assert gap_test([3], [5]) is None
    with pytest.raises(ValueError, match="needs a trial"):
        gap_test([0, 1], [0, 3])
    with pytest.raises(ValueError, match="whole rows"):
        gap_test([0.5, 1], [2, 3])
    with pytest.raises(ValueError, match="successes"):
        gap_test([4, 1], [2, 3])


@pytest.mark.parametrize("alpha, family, least", [(0.05, 1, 400), (0.05, 30, 12_000), (0.01, 2, 4000)])
def test_there_are_enough_shuffles_for_the_family(alpha, family, least):
    assert resamples_for(alpha, family) + 1 == max(2000, least)


def test_equal_groups_are_seldom_significant():
    """Exact tests are cautious: at most 5 % of samples from equal groups have p up to .05."""
    rng = np.random.default_rng(0)
    n = np.array([15, 20, 25])
    p_values = [gap_test(rng.binomial(n, 0.3), n).p_value for _ in range(300)]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.08


def test_within_strata_a_difference_between_strata_is_no_evidence():
    """Admissions as at Berkeley: group rates differ overall, within each department they do not."""
    successes, trials = [[80, 8], [2, 20]], [[100, 10], [10, 100]]
    pooled = gap_test(np.sum(successes, axis=0), np.sum(trials, axis=0))
    within = stratified_gap_test(successes, trials)
    assert pooled.p_value < 1e-6
    assert within.p_value == 1.0
    assert within.statistic == pytest.approx(0.0)


def test_one_stratum_is_the_test_without_strata():
    k, n = np.array([30, 45, 31]), np.array([100, 100, 100])
    for statistic in ("adjusted_gap", "largest_gap"):
        test = stratified_gap_test(k[None], n[None], statistic=statistic, resamples=20_000)
        assert test.statistic == pytest.approx(0.15)
        assert test.p_value == pytest.approx(gap_test(k, n).p_value, abs=0.01)


def test_two_groups_in_strata_agree_with_cochran_mantel_haenszel():
    from cardwright.statistics.strata import cochran_mantel_haenszel

    k, n = np.array([[30, 20], [60, 45]]), np.array([[100, 100], [150, 150]])
    ours = stratified_gap_test(k, n, resamples=20_000, seed=3)
    theirs = cochran_mantel_haenszel(np.stack([k, n - k], axis=2), correction=True)
    assert ours.p_value == pytest.approx(theirs.p_value, abs=0.01)


def test_the_largest_gap_within_strata_is_the_equalized_odds_difference():
    """Strata y = 1 and y = 0; successes are predicted positives."""
    test = stratified_gap_test([[70, 60], [20, 45]], [[100, 100], [200, 200]], statistic="largest_gap", seed=1)
    assert test.statistic == pytest.approx(0.125)
    assert 0.001 < test.p_value < 0.1


def test_groups_absent_from_a_stratum_take_no_part_there():
    """Its rate there is neither 0 nor the lowest."""
    absent = stratified_gap_test([[5, 5, 0], [3, 3, 3]], [[10, 10, 0], [6, 6, 6]], statistic="largest_gap")
    assert absent.statistic == 0.0
    assert stratified_gap_test([[5, 0], [0, 3]], [[10, 0], [0, 6]]) is None


def test_a_billion_rows_in_a_stratum_are_refused_with_what_to_do():
    with pytest.raises(ValueError, match="use the interval alone"):
        gap_test([10**8] * 3, [10**9] * 3)
