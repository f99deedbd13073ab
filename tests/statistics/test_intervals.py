"""Intervals for one proportion, mean, difference or ratio."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from cardwright.statistics import intervals

LEVELS = st.floats(0.5, 0.999)


@st.composite
def counts(draw, most=400, least=1):
    trials = draw(st.integers(least, most))
    return draw(st.integers(0, trials)), trials


@given(counts(), LEVELS)
def test_wilson_and_clopper_pearson_agree_with_statsmodels(table, level):
    k, n = table
    for ours, name in ((intervals.wilson(k, n, level), "wilson"), (intervals.clopper_pearson(k, n, level), "beta")):
        lower, upper = proportion_confint(k, n, alpha=1 - level, method=name)
        assert (ours.lower, ours.upper) == pytest.approx((max(lower, 0), min(upper, 1)), abs=1e-9)


@given(st.integers(1, 10**9))
def test_bounds_end_exactly_at_0_and_1_where_no_or_all_trials_succeed(n):
    for interval in (intervals.wilson, intervals.clopper_pearson):
        assert interval(0, n).lower == 0.0 < interval(0, n).upper
        assert interval(n, n).upper == 1.0 > interval(n, n).lower


@given(counts(), LEVELS, LEVELS)
def test_a_proportions_interval_holds_the_estimate_and_widens_with_the_level(table, one, other):
    k, n = table
    low, high = sorted((one, other))
    for interval in (intervals.wilson, intervals.clopper_pearson):
        narrow, wide = interval(k, n, low), interval(k, n, high)
        assert wide.lower <= narrow.lower <= k / n <= narrow.upper <= wide.upper


@given(st.lists(counts(), min_size=1, max_size=8))
def test_arrays_give_the_same_bounds_as_single_counts(tables):
    k, n = zip(*tables, strict=True)
    lower, upper = intervals.wilson_arrays(k, n)
    singles = [intervals.wilson(*table) for table in tables]
    assert lower.tolist() == [b.lower for b in singles]
    assert upper.tolist() == [b.upper for b in singles]


def test_without_trials_there_is_no_interval():
    assert intervals.wilson(0, 0) is None
    assert intervals.clopper_pearson(0, 0) is None
    assert intervals.newcombe(0, 0, 1, 2) is None
    assert intervals.log_ratio(1, 2, 0, 0) is None
    assert intervals.weighted_proportion(0, 0, 0, 0) is None
    assert np.isnan(intervals.wilson_arrays([0], [0])).all()


@pytest.mark.parametrize("k, n", [(-1, 5), (6, 5), (float("nan"), 5)])
def test_impossible_counts_are_refused(k, n):
    with pytest.raises(ValueError, match="successes"):
        intervals.wilson(k, n)


@pytest.mark.parametrize("level", [0, 1, 95, -0.1, float("nan")])
def test_a_level_outside_0_and_1_is_refused(level):
    with pytest.raises(ValueError, match="confidence level"):
        intervals.wilson(1, 2, level)


@given(counts(), counts(), LEVELS)
def test_newcombe_agrees_with_statsmodels(first, second, level):
    ours = intervals.newcombe(*first, *second, level)
    theirs = confint_proportions_2indep(*first, *second, method="newcomb", compare="diff", alpha=1 - level)
    assert (ours.lower, ours.upper) == pytest.approx(theirs, abs=1e-9)


def test_newcombe_reproduces_the_example_of_its_paper():
    """Newcombe (1998), table II, (a) 56/70 - 48/80: 0.0524, 0.3339."""
    bounds = intervals.newcombe(56, 70, 48, 80)
    assert (round(bounds.lower, 4), round(bounds.upper, 4)) == (0.0524, 0.3339)


@given(counts(), counts())
def test_turning_two_groups_round_turns_their_intervals_round(first, second):
    forth, back = intervals.newcombe(*first, *second), intervals.newcombe(*second, *first)
    assert (forth.lower, forth.upper) == pytest.approx((-back.upper, -back.lower), abs=1e-12)
    if first[0] and second[0]:
        forth, back = intervals.log_ratio(*first, *second), intervals.log_ratio(*second, *first)
        assert (forth.lower, forth.upper) == pytest.approx((1 / back.upper, 1 / back.lower))


@given(counts(), counts(), LEVELS)
def test_a_ratios_interval_holds_the_ratio_and_is_undefined_over_0(first, second, level):
    bounds = intervals.log_ratio(*first, *second, level)
    if second[0] == 0:
        assert bounds is None
    else:
        assert bounds.lower <= first[0] / first[1] / (second[0] / second[1]) <= bounds.upper
        assert (bounds.lower == 0) == (first[0] == 0)


def test_all_succeeding_in_both_groups_keeps_a_spread():
    """1/k - 1/n is 0 at k = n: without the additions ten of ten over ten of ten would be 1 for sure."""
    bounds = intervals.log_ratio(10, 10, 10, 10)
    assert bounds.lower < 0.9 < 1.1 < bounds.upper


@given(counts(), st.floats(0.1, 50))
def test_equal_weights_change_nothing(table, weight):
    k, n = table
    ours = intervals.weighted_proportion(k * weight, n * weight, k * weight**2, n * weight**2)
    plain = intervals.wilson(k, n)
    assert ours.effective_n == pytest.approx(n)
    assert (ours.bounds.lower, ours.bounds.upper) == pytest.approx((plain.lower, plain.upper), abs=1e-9)


def test_the_linearised_variance_is_that_of_statsmodels_weighted_regression_on_a_constant():
    import statsmodels.api as sm

    rng = np.random.default_rng(4)
    y, w = (rng.random(300) < 0.3).astype(float), np.exp(rng.standard_normal(300))
    fit = sm.WLS(y, np.ones(300), weights=w).fit(cov_type="HC0")
    ours = intervals.weighted_proportion((w * y).sum(), w.sum(), (w * w * y).sum(), (w * w).sum())
    assert (ours.estimate, ours.standard_error) == pytest.approx((fit.params[0], fit.bse[0]))


def test_where_light_rows_succeed_a_rate_is_far_surer_than_its_unequal_weights_suggest():
    """Every one of 200 rare cases was taken and one in a hundred of the others: Kish's size, 1005, gives .0022 to .0122."""
    ours = intervals.weighted_proportion(200, 200 + 1000 * 50, 200, 200 + 1000 * 50**2)
    assert 0.0034 < ours.bounds.lower < ours.estimate < ours.bounds.upper < 0.0047
    assert ours.effective_n > 20_000


def test_where_heavy_rows_succeed_a_rate_is_less_sure_than_its_unequal_weights_suggest():
    kish = (20 * 5 + 180) ** 2 / (20 * 25 + 180)
    ours = intervals.weighted_proportion(20 * 5, 20 * 5 + 180, 20 * 25, 20 * 25 + 180)
    assert ours.effective_n < 0.75 * kish


def test_an_interval_of_a_weighted_rate_covers_whatever_weights_have_to_do_with_the_outcome():
    """Kish's size held the true rate in 89 and in 100 of 100 samples of these two."""
    rng = np.random.default_rng(12)
    for weight in (5.0, 0.1):
        truth = 0.1 * weight / (0.1 * weight + 0.9)
        held = 0
        for positives in rng.binomial(400, 0.1, 500):
            k, rest = int(positives), 400 - int(positives)
            ours = intervals.weighted_proportion(k * weight, k * weight + rest, k * weight**2, k * weight**2 + rest)
            held += ours.bounds.lower <= truth <= ours.bounds.upper
        assert 0.92 < held / 500 < 0.99


@given(st.lists(st.tuples(st.booleans(), st.floats(0.01, 100)), min_size=1, max_size=40), st.floats(0.01, 100))
def test_a_weighted_rate_knows_no_unit_of_weight(rows, factor):
    def of(scale):
        w = np.array([weight * scale for _, weight in rows])
        y = np.array([hit for hit, _ in rows])
        return intervals.weighted_proportion((w * y).sum(), w.sum(), (w * w * y).sum(), (w * w).sum())

    one, other = of(1.0), of(factor)
    assert one.effective_n == pytest.approx(other.effective_n, rel=1e-6)
    assert 0 <= one.bounds.lower <= one.estimate <= one.bounds.upper <= 1


def test_the_cluster_variance_is_that_of_leaving_out_one_cluster_after_another():
    rng = np.random.default_rng(5)
    m = rng.integers(1, 30, 40)
    y = rng.binomial(m, rng.beta(2, 3, 40))
    without = np.array([np.delete(y, i).sum() / np.delete(m, i).sum() for i in range(40)])
    jackknifed = 39 / 40 * ((without - y.sum() / m.sum()) ** 2).sum()
    ours = intervals.cluster_proportion(y, m)
    assert (ours.estimate, ours.standard_error) == pytest.approx((y.sum() / m.sum(), jackknifed**0.5))
    assert ours.effective_n < m.sum()


def test_the_cluster_variance_is_nearly_that_of_statsmodels_robust_regression_where_there_are_many():
    import statsmodels.api as sm

    rng = np.random.default_rng(5)
    clusters = rng.integers(0, 400, 6000)
    y = (rng.random(6000) < rng.beta(2, 3, 400)[clusters]).astype(float)
    fit = sm.OLS(y, np.ones(6000)).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    trials = np.bincount(clusters)
    ours = intervals.cluster_proportion(np.bincount(clusters, weights=y), trials)
    assert ours.standard_error == pytest.approx(fit.bse[0], rel=0.01)


def test_copying_every_row_of_a_cluster_adds_no_information():
    """Ten identical rows of each of 50 persons are 50 cases, not 500."""
    y = np.array([1] * 15 + [0] * 35)
    once, tenfold = intervals.cluster_proportion(y, np.ones(50)), intervals.cluster_proportion(10 * y, 10 * np.ones(50))
    assert tenfold.effective_n == pytest.approx(once.effective_n)
    assert (tenfold.bounds.lower, tenfold.bounds.upper) == pytest.approx((once.bounds.lower, once.bounds.upper))


def test_no_success_in_clusters_is_taken_as_one_case_a_cluster():
    ours = intervals.cluster_proportion([0] * 20, [5] * 20)
    assert (ours.estimate, ours.standard_error, ours.bounds.lower) == (0.0, None, 0.0)
    assert ours.effective_n == pytest.approx(20 * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 19)) ** 2)
    assert ours.bounds.upper > intervals.wilson(0, 20).upper > intervals.wilson(0, 100).upper


def test_one_cluster_gives_no_interval():
    assert intervals.cluster_proportion([3], [5]) is None
    assert intervals.cluster_proportion([3, 0], [5, 0]) is None


@pytest.mark.parametrize("rate", [0.5, 0.2, 0.05])
def test_intervals_over_25_clusters_of_very_unequal_size_cover(rate):
    """The plain between-cluster variance held the true rate in 90 to 93 of 100 samples of these."""
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(400):
        size = 1 + np.floor(np.exp(1 + rng.standard_normal(25))).astype(int)
        ours = intervals.cluster_proportion(rng.binomial(size, rng.beta(rate * 1.5, (1 - rate) * 1.5, 25)), size)
        held += ours.bounds.lower <= rate <= ours.bounds.upper
    assert held / 400 > 0.93


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30), LEVELS)
def test_a_means_interval_agrees_with_scipy(values, level):
    x = [Fraction(v) for v in values]
    ours = intervals.mean_interval(len(x), sum(x), sum(v * v for v in x), level)
    assert ours.estimate == pytest.approx(np.mean(values), abs=1e-6)
    error = stats.sem(values) if max(values) > min(values) else 0.0
    assert ours.standard_error == pytest.approx(error, rel=1e-6, abs=1e-9)
    half = stats.t.ppf(0.5 + level / 2, len(x) - 1) * ours.standard_error
    assert ours.bounds.upper - ours.bounds.lower == pytest.approx(2 * half, rel=1e-9, abs=1e-6)


def test_one_value_has_no_interval():
    assert intervals.mean_interval(1, 3.0, 9.0) is None


def test_a_perfect_detector_needs_no_correction():
    estimate, bounds = intervals.rogan_gladen(30, 100, 100_000, 100_000, 100_000, 100_000)
    plain = intervals.wilson(30, 100)
    assert estimate == pytest.approx(0.3)
    assert (bounds.lower, bounds.upper) == pytest.approx((plain.lower, plain.upper), abs=0.01)


def test_a_detector_hardly_better_than_chance_is_refused():
    assert intervals.rogan_gladen(30, 100, 60, 100, 65, 100) is None
    assert intervals.rogan_gladen(30, 100, 60, 100, 75, 100) is not None
    assert intervals.rogan_gladen(30, 100, 0, 0, 75, 100) is None


def test_the_corrected_share_follows_the_formula_and_is_cut():
    estimate, bounds = intervals.rogan_gladen(230, 1000, 80, 100, 180, 200)
    assert estimate == pytest.approx((0.23 + 0.9 - 1) / 0.7)
    assert bounds.lower < estimate < bounds.upper
    assert intervals.rogan_gladen(0, 1000, 80, 100, 180, 200)[0] == 0.0
    assert intervals.rogan_gladen(1000, 1000, 80, 100, 180, 200)[0] == 1.0


def test_the_corrected_intervals_cover():
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        apparent = rng.binomial(500, 0.2 * 0.85 + 0.8 * 0.1)
        _, bounds = intervals.rogan_gladen(apparent, 500, rng.binomial(80, 0.85), 80, rng.binomial(120, 0.9), 120)
        held += bounds.lower <= 0.2 <= bounds.upper
    assert held / 400 > 0.91


def test_bounds_say_their_level_and_their_method():
    found = {
        "wilson": intervals.wilson(3, 10, 0.9),
        "clopper_pearson": intervals.clopper_pearson(3, 10, 0.9),
        "newcombe": intervals.newcombe(3, 10, 5, 10, 0.9),
        "log_ratio": intervals.log_ratio(3, 10, 5, 10, 0.9),
        "wilson_effective_n": intervals.weighted_proportion(3, 10, 4, 12, 0.9).bounds,
        "wilson_cluster_robust": intervals.cluster_proportion([1, 2, 0], [4, 3, 3], 0.9).bounds,
        "student_t": intervals.mean_interval(4, 10, 30, 0.9).bounds,
        "rogan_gladen": intervals.rogan_gladen(40, 200, 45, 50, 90, 100, 0.9)[1],
    }
    assert {method: (bounds.level, bounds.method) for method, bounds in found.items()} == {
        method: (0.9, method) for method in found
    }


def test_a_weighted_proportion_has_the_standard_error_of_its_effective_size():
    """Weights that have nothing to do with the outcome: Kish's size."""
    found = intervals.weighted_proportion(3.0, 10.0, 3.75, 12.5)
    assert found.estimate == pytest.approx(0.3)
    assert found.effective_n == pytest.approx(8.0)
    assert found.standard_error == pytest.approx((0.3 * 0.7 / 8.0) ** 0.5)
    none, every = (intervals.weighted_proportion(10.0 * hit, 10.0, 12.5 * hit, 12.5) for hit in (0, 1))
    assert (none.standard_error, none.effective_n) == (None, 8.0)
    assert (every.standard_error, every.effective_n) == (None, 8.0)


def test_a_ratio_of_proportions_is_as_wide_as_katz_says_on_the_log_scale():
    found = intervals.log_ratio(30, 100, 20, 100)
    error = (1 / 30.5 - 1 / 101 + 1 / 20.5 - 1 / 101) ** 0.5
    assert np.log(found.upper / found.lower) == pytest.approx(2 * stats.norm.ppf(0.975) * error)


@pytest.mark.parametrize("table", [(0, 0, 5, 10), (5, 10, 0, 0), (5, 10, 0, 10), (0, 0, 0, 0)])
def test_a_ratio_without_trials_or_to_nothing_is_undefined(table):
    assert intervals.log_ratio(*table) is None


def test_clusters_that_differ_count_as_fewer_rows_with_student_s_quantile():
    y, m = np.array([4, 1, 6, 0, 3]), np.array([5, 4, 8, 3, 6])
    p, rows = y.sum() / m.sum(), m.sum()
    variance = 4 / 5 * (((y - p * m) / (rows - m)) ** 2).sum()
    found = intervals.cluster_proportion(y, m)
    assert (found.estimate, found.standard_error) == pytest.approx((p, variance**0.5))
    # Between Student's at 4 degrees of freedom and at 1, or rows alike within a cluster where that is fewer.
    z = stats.norm.ppf(0.975)
    most = p * (1 - p) / variance * (z / stats.t.ppf(0.975, 4)) ** 2
    alike = rows**2 / (m**2).sum() * (z / stats.t.ppf(0.975, 4)) ** 2
    assert min(most, alike) <= found.effective_n <= most < rows
    lower, upper = intervals.score_bounds(p * found.effective_n, found.effective_n, z)
    assert (found.bounds.lower, found.bounds.upper) == pytest.approx((float(lower), float(upper)))


def test_clusters_without_rows_are_no_clusters_and_two_are_enough():
    assert intervals.cluster_proportion([1, 2, 0], [2, 4, 0]) == intervals.cluster_proportion([1, 2], [2, 4])
    assert intervals.cluster_proportion([1, 2], [2, 5]) is not None
    assert intervals.cluster_proportion([1, 0], [2, 0]) is None


def test_clusters_that_agree_exactly_count_as_all_their_rows():
    assert intervals.cluster_proportion([1, 2], [2, 4]).effective_n == 6


@pytest.mark.parametrize("successes, trials", [([-1, 1], [2, 2]), ([1, 3], [2, 2]), ([1], [2, 2]), ([[1]], [[2]])])
def test_clusters_with_impossible_counts_are_misuse(successes, trials):
    with pytest.raises(ValueError):
        intervals.cluster_proportion(successes, trials)


@pytest.mark.parametrize("successes, trials", [([-1.0], [2.0]), ([3.0], [2.0])])
def test_score_bounds_of_impossible_counts_are_misuse(successes, trials):
    with pytest.raises(ValueError):
        intervals.score_bounds(successes, trials, 1.96)


def test_the_corrected_share_has_the_variance_of_the_delta_method_and_lang_and_reiczigel_s_shift():
    z = stats.norm.ppf(0.975)
    sizes = np.array([200 + z * z, 52.0, 102.0])
    shares = np.array([(40 + z * z / 2), 46.0, 91.0]) / sizes

    def corrected(values):
        p, se, sp = values
        return (p + sp - 1) / (se + sp - 1)

    steps = np.eye(3) * 1e-6
    slopes = np.array([(corrected(shares + step) - corrected(shares - step)) / 2e-6 for step in steps])
    error = np.sqrt((slopes**2 * shares * (1 - shares) / sizes).sum())
    _, se, sp = shares
    middle = corrected(shares)
    shift = 2 * z**2 * (middle * se * (1 - se) / sizes[1] - (1 - middle) * sp * (1 - sp) / sizes[2])
    estimate, bounds = intervals.rogan_gladen(40, 200, 45, 50, 90, 100)
    assert estimate == pytest.approx((0.2 + 0.9 - 1) / (0.9 + 0.9 - 1))
    assert (bounds.lower, bounds.upper) == pytest.approx(
        (middle + shift - z * error, middle + shift + z * error), abs=1e-7
    )
    assert 0 < bounds.lower < estimate < bounds.upper < 1


@pytest.mark.parametrize("counts_", [(0, 0, 45, 50, 90, 100), (40, 200, 0, 0, 90, 100), (40, 200, 45, 50, 0, 0)])
def test_a_share_cannot_be_corrected_without_trials(counts_):
    assert intervals.rogan_gladen(*counts_) is None


def test_where_all_rows_succeed_clusters_count_as_rows_alike_and_show_no_spread():
    found = intervals.cluster_proportion([2, 4], [2, 4])
    assert found.effective_n == pytest.approx(36 / 20 * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 1)) ** 2)
    assert found.standard_error is None


@pytest.mark.parametrize("squares", [(0.0, 0.0), (3.0, 2.0), (-1.0, 2.0)])
def test_squares_that_weights_cannot_have_are_misuse(squares):
    with pytest.raises(ValueError):
        intervals.weighted_proportion(1.0, 2.0, *squares)
