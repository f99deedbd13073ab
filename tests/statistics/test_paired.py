"""Two results on the same cases."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar as peer

from cardwright.statistics.paired import (
    clustered_mcnemar,
    clustered_mean,
    clustered_paired_difference,
    mcnemar,
    paired_difference,
)

COUNT = st.integers(0, 80)
METHODS = st.sampled_from(["tango", "newcombe_paired", "agresti_min"])


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemar_agrees_with_statsmodels(b, c):
    table = [[5, b], [c, 5]]
    assert mcnemar(b, c, "exact").p_value == pytest.approx(peer(table, exact=True).pvalue)
    if b + c:
        assert mcnemar(b, c, "chi2").p_value == pytest.approx(peer(table, exact=False, correction=False).pvalue)


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_form_is_chosen_by_the_discordant_cases_and_named(b, c):
    test = mcnemar(b, c)
    assert test.method == ("mcnemar_exact" if b + c < 25 else "mcnemar_chi2")
    assert (test.statistic is None) == (b + c < 25)
    assert test.discordant == b + c


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_mid_p_value_is_the_exact_one_less_half_the_tables_own_probability(b, c):
    from scipy import stats

    exact, mid = mcnemar(b, c, "exact").p_value, mcnemar(b, c, "mid_p").p_value
    own = stats.binom.pmf(min(b, c), b + c, 0.5)
    if b == c == 0:
        assert mid == 1.0
    else:
        assert mid == pytest.approx(1 - own if b == c else exact - own)
    assert mid <= exact


def test_without_discordant_cases_nothing_tells_the_two_apart():
    for method in ("auto", "exact", "mid_p", "chi2"):
        assert mcnemar(0, 0, method).p_value == 1.0


def test_newcombes_paired_interval_reproduces_the_example_of_his_paper():
    """Newcombe (1998), Statistics in Medicine 17:2635, table III: 36, 12, 2, 0 of 50; method 10."""
    bounds = paired_difference(36, 12, 2, 0, method="newcombe_paired").bounds
    assert (round(bounds.lower, 4), round(bounds.upper, 4)) == (0.0569, 0.3404)


def score_statistic(b, c, n, delta):
    """Tango's statistic, with the nuisance rate found by maximizing the likelihood numerically."""
    from scipy.optimize import minimize_scalar

    def minus_log_likelihood(q):
        p, rest = q + delta, 1 - 2 * q - delta
        terms = ((b, p), (c, q), (n - b - c, rest))
        return -sum(k * np.log(max(x, 1e-300)) for k, x in terms if k)

    low, high = max(0.0, -delta), (1 - delta) / 2
    q = minimize_scalar(minus_log_likelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
    return (b - c - n * delta) / np.sqrt(n * (2 * q + delta - delta**2))


@pytest.mark.parametrize("table", [(43, 0, 1, 0), (20, 12, 3, 15), (5, 9, 2, 30), (0, 7, 0, 3)])
def test_tangos_bounds_are_where_the_score_statistic_reaches_the_quantile(table):
    a, b, c, d = table
    n = a + b + c + d
    bounds = paired_difference(a, b, c, d).bounds
    assert abs(score_statistic(b, c, n, bounds.lower)) == pytest.approx(1.95996, abs=2e-3)
    assert abs(score_statistic(b, c, n, bounds.upper)) == pytest.approx(1.95996, abs=2e-3)


@given(COUNT, COUNT, COUNT, COUNT, METHODS, st.floats(0.5, 0.99))
def test_intervals_hold_the_estimate_and_turn_round_with_the_two(a, b, c, d, method, level):
    forth, back = (paired_difference(a, *mid, d, level, method) for mid in ((b, c), (c, b)))
    if a + b + c + d == 0:
        assert forth is None
        return
    assert -1 <= forth.bounds.lower <= forth.estimate <= forth.bounds.upper <= 1
    assert forth.estimate == -back.estimate
    assert forth.bounds.lower == pytest.approx(-back.bounds.upper, abs=1e-9)


@given(COUNT, COUNT, COUNT, COUNT, METHODS, st.floats(0.5, 0.99), st.floats(0.5, 0.99))
def test_intervals_widen_with_the_level(a, b, c, d, method, one, other):
    low, high = sorted((one, other))
    if a + b + c + d:
        narrow, wide = (paired_difference(a, b, c, d, level, method).bounds for level in (low, high))
        assert wide.lower <= narrow.lower + 1e-9
        assert narrow.upper <= wide.upper + 1e-9


@pytest.mark.parametrize("method", ["tango", "newcombe_paired", "agresti_min"])
def test_intervals_cover(method):
    rng = np.random.default_rng(1)
    tables = rng.multinomial(60, [0.5, 0.2, 0.1, 0.2], size=400)
    bounds = [paired_difference(*map(int, table), method=method).bounds for table in tables]
    assert np.mean([b.lower <= 0.1 <= b.upper for b in bounds]) > 0.92


def test_no_discordant_case_does_not_mean_no_difference_for_sure():
    for method in ("tango", "newcombe_paired", "agresti_min"):
        bounds = paired_difference(10, 0, 0, 10, method=method).bounds
        assert bounds.lower < -0.08
        assert bounds.upper > 0.08


def test_negative_counts_are_refused():
    with pytest.raises(ValueError, match="negative"):
        mcnemar(-1, 2)
    with pytest.raises(ValueError, match="negative"):
        paired_difference(1, 2, 3, -1)


def test_clusters_of_one_case_are_as_cases_alone():
    """Tango's interval, and McNemar's exact test."""
    clusters = [(0, 1, 0, 0)] * 7 + [(0, 0, 1, 0)] * 2 + [(1, 0, 0, 0)] * 5 + [(0, 0, 0, 1)] * 6
    assert clustered_paired_difference(clusters) == paired_difference(5, 7, 2, 6)
    assert clustered_mcnemar(clusters).p_value == pytest.approx(mcnemar(7, 2, "exact").p_value)


def test_cases_that_are_alike_in_a_cluster_count_as_one():
    """Ten copies of each case leave the interval at least as wide, and the test where it was."""
    once = [(0, 1, 0, 0)] * 6 + [(0, 0, 0, 1)] * 6
    tenfold = [tuple(10 * cell for cell in cluster) for cluster in once]
    one, ten = clustered_paired_difference(once), clustered_paired_difference(tenfold)
    assert one.estimate == ten.estimate
    assert ten.bounds.lower <= one.bounds.lower
    assert ten.bounds.upper >= one.bounds.upper
    assert clustered_mcnemar(tenfold).p_value == pytest.approx(clustered_mcnemar(once).p_value)


def test_clusters_without_cases_say_nothing():
    """Nor does an empty list."""
    assert clustered_paired_difference([]) is None
    assert clustered_paired_difference([(0, 0, 0, 0)]) is None
    assert clustered_mcnemar([]).p_value == 1


def test_the_interval_over_clusters_covers_the_true_difference():
    """25 clusters of 4 with a shared inclination; the difference between the two results is 0.2."""
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(400):
        clusters = []
        for base in rng.beta(2, 2, 25) * 0.8:
            first, second = rng.random(4) < base + 0.2, rng.random(4) < base
            pairs = list(zip(first, second, strict=True))
            clusters.append(tuple(sum(pair == cell for pair in pairs) for cell in ((1, 1), (1, 0), (0, 1), (0, 0))))
        bounds = clustered_paired_difference(clusters).bounds
        covered += bounds.lower <= 0.2 <= bounds.upper
    assert covered >= 0.93 * 400


@given(st.lists(st.integers(-10_000, 10_000).map(lambda n: n / 10), min_size=2, max_size=30))
def test_a_mean_of_single_differences_has_the_interval_of_the_paired_t_test(numbers):
    found = clustered_mean([[number] for number in numbers])
    assert found.estimate == pytest.approx(sum(numbers) / len(numbers), abs=1e-9)
    if found.bounds is None:
        assert np.ptp(numbers) <= 1e-6
        return
    expected = scipy.stats.ttest_1samp(numbers, 0.0)
    interval = expected.confidence_interval(0.95)
    assert (found.bounds.lower, found.bounds.upper) == pytest.approx((interval.low, interval.high), rel=1e-6, abs=1e-9)
    assert found.p_value == pytest.approx(expected.pvalue, abs=1e-9)


def test_numbers_of_one_cluster_tell_less_than_the_same_apart():
    apart = clustered_mean([[1.0], [1.2], [3.0], [3.3], [5.0], [5.1]])
    together = clustered_mean([[1.0, 1.2], [3.0, 3.3], [5.0, 5.1]])
    assert together.estimate == pytest.approx(apart.estimate)
    assert together.bounds.upper > apart.bounds.upper
    assert (together.cases, together.clusters) == (6, 3)


@pytest.mark.parametrize("clusters", [[[2.0, 3.0]], [[2.0], [2.0], [2.0]], [[0.0]] * 30])
def test_one_cluster_or_none_that_differs_has_no_interval(clusters):
    found = clustered_mean(clusters)
    assert (found.bounds, found.p_value) == (None, None)


@pytest.mark.parametrize("clusters", [[], [[]], [[1.7e308, 1.7e308]], [[1e308], [-1e308], [1e308]]])
def test_no_numbers_or_too_large_ones_have_no_mean(clusters):
    assert clustered_mean(clusters) is None
