"""Gaps among groups, with intervals that hold for the pair that was picked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cardwright.statistics import gaps
from cardwright.statistics.intervals import newcombe

LEVELS = st.floats(0.5, 0.999)

# Published counts: NYC Local Law 144 sample report, by race; UCI Statlog German credit, by sex and by age.
LL144_SEX = ([667, 555], [1390, 1181])
LL144_RACE = ([204, 412, 170, 52, 302, 18, 96], [408, 797, 390, 119, 616, 41, 213])
LL144_SCORED = ([18, 15, 16, 5, 10, 10, 10], [28, 40, 32, 8, 24, 16, 20])
GERMAN_SEX = ([201, 499], [310, 690])
GERMAN_AGE_OVER_25 = ([110, 590], [190, 810])
GERMAN_AGE_FROM_25 = ([88, 612], [149, 851])


@st.composite
def groups(draw, least=2, most=8, size=300):
    trials = draw(st.lists(st.integers(1, size), min_size=least, max_size=most))
    return [draw(st.integers(0, n)) for n in trials], trials


@pytest.mark.parametrize(
    "counts, ratio",
    [
        (LL144_SEX, 0.9793367499146278),
        (LL144_RACE, 0.843228777694797),
        (LL144_SCORED, 0.5833333333333333),
        (GERMAN_SEX, 0.8965673282047968),
        (GERMAN_AGE_OVER_25, 0.7948260481712757),
        (GERMAN_AGE_FROM_25, 0.8212484098784929),
    ],
)
def test_published_impact_ratios_are_reproduced(counts, ratio):
    assert gaps.rate_ratio(*counts).estimate == pytest.approx(ratio, rel=1e-15)


def test_the_highest_and_the_lowest_group_are_named():
    gap = gaps.rate_gap(*LL144_RACE)
    assert (gap.highest, gap.lowest) == (1, 2)
    assert gap.estimate == pytest.approx(412 / 797 - 170 / 390)
    tied = gaps.rate_gap([1, 1, 0, 0], [2, 2, 2, 2])
    assert (tied.highest, tied.lowest) == (0, 2)


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95, 0.99])
def test_for_two_groups_the_quantile_is_the_normal_one(level):
    assert gaps.simultaneous_quantile(2, level) == pytest.approx(stats.norm.ppf(0.5 + level / 2), rel=1e-6)


def test_the_quantile_is_that_of_published_tables():
    """Studentized range at .05 with infinite degrees of freedom: 3.314 for 3 groups, 4.170 for 7, 5.012 for 20."""
    for count, quantile in ((3, 3.314), (7, 4.170), (20, 5.012)):
        assert gaps.simultaneous_quantile(count) * np.sqrt(2) == pytest.approx(quantile, abs=6e-4)


@given(groups(most=2), LEVELS)
def test_for_two_groups_the_interval_is_newcombes(table, level):
    (k1, k2), (n1, n2) = table
    gap = gaps.rate_gap([k1, k2], [n1, n2], level)
    bounds = [newcombe(k1, n1, k2, n2, level), newcombe(k2, n2, k1, n1, level)]
    assert gap.upper == pytest.approx(max(b.upper for b in bounds), abs=1e-6)
    assert gap.lower == pytest.approx(max(0.0, *(b.lower for b in bounds)), abs=1e-6)


@given(groups(), LEVELS)
def test_intervals_hold_the_estimate_and_stay_in_range(table, level):
    gap, ratio = gaps.rate_gap(*table, level), gaps.rate_ratio(*table, level)
    assert 0 <= gap.lower <= gap.estimate <= gap.upper <= 1
    if sum(table[0]) == 0:
        assert ratio is None
    else:
        assert 0 <= ratio.lower <= ratio.estimate <= ratio.upper <= 1


@given(groups(), LEVELS, LEVELS)
def test_intervals_widen_with_the_level(table, one, other):
    low, high = sorted((one, other))
    for measure in (gaps.rate_gap, gaps.rate_ratio):
        narrow, wide = measure(*table, low), measure(*table, high)
        if narrow is not None:
            assert wide.lower <= narrow.lower + 1e-12
            assert narrow.upper <= wide.upper + 1e-12


@given(groups(), st.randoms(use_true_random=False))
def test_the_order_of_groups_changes_nothing_but_the_indices(table, random):
    order = list(range(len(table[0])))
    random.shuffle(order)
    shuffled = tuple([column[i] for i in order] for column in table)
    for measure in (gaps.rate_gap, gaps.rate_ratio):
        one, other = measure(*table), measure(*shuffled)
        if one is None:
            assert other is None
            continue
        assert (one.estimate, one.lower, one.upper) == (other.estimate, other.lower, other.upper)
        rates = [k / n for k, n in zip(*table, strict=True)]
        assert rates[one.highest] == rates[order[other.highest]]


@given(groups())
def test_difference_and_ratio_agree_on_whether_groups_differ(table):
    gap, ratio = gaps.rate_gap(*table), gaps.rate_ratio(*table)
    if ratio is not None and not 1 - 1e-9 < ratio.upper < 1:
        assert (gap.lower > 1e-12) == (ratio.upper < 1)


@given(groups(least=3))
def test_leaving_out_a_middle_group_never_makes_the_gap_wider(table):
    """More groups are more chances of a gap: their intervals are wider, not narrower."""
    k, n = (np.array(column) for column in table)
    whole = gaps.rate_gap(k, n)
    keep = [whole.highest, whole.lowest] if whole.highest != whole.lowest else [0, 1]
    part = gaps.rate_gap(k[keep], n[keep])
    assert part.upper <= whole.upper + 1e-12


def test_one_group_or_none_has_no_gap():
    for measure in (gaps.rate_gap, gaps.rate_ratio):
        assert measure([3], [5]) is None
        assert measure([], []) is None
    assert gaps.estimate_gap([1.0], [0.1]) is None
    assert gaps.estimate_gap_p_value([1.0], [0.1]) is None


def test_a_group_without_trials_is_refused_not_skipped():
    with pytest.raises(ValueError, match="leave out groups without one"):
        gaps.rate_gap([1, 0], [2, 0])
    with pytest.raises(ValueError, match="successes"):
        gaps.rate_gap([3, 0], [2, 1])


def test_a_rate_of_0_makes_the_ratio_0_and_all_of_them_undefined():
    """29 CFR 1607.4 D divides by the highest rate: 0/0 is no ratio, 0/x is."""
    ratio = gaps.rate_ratio([0, 20], [50, 50])
    assert (ratio.estimate, ratio.lower) == (0.0, 0.0)
    assert 0 < ratio.upper < 0.5
    assert gaps.rate_ratio([0, 0], [50, 50]) is None
    assert gaps.rate_gap([0, 0], [50, 50]).estimate == 0


def test_everybody_selected_in_small_groups_is_not_taken_as_certain():
    """The plain log interval has no width at rates of 1: ten of ten twice would pass any limit."""
    assert gaps.rate_ratio([10, 10], [10, 10]).lower < 0.8


@given(st.lists(groups(least=4, most=4), min_size=1, max_size=4))
def test_many_tables_at_once_give_what_each_gives_alone(tables):
    k, n = (np.array(columns) for columns in zip(*tables, strict=True))
    for many, one in ((gaps.rate_gap_arrays, gaps.rate_gap), (gaps.rate_ratio_arrays, gaps.rate_ratio)):
        for row, (estimate, lower, upper) in enumerate(zip(*many(k, n), strict=True)):
            single = one(k[row], n[row])
            if single is None:
                assert np.isnan(estimate)
            else:
                assert (single.estimate, single.lower, single.upper) == (estimate, lower, upper)


def test_coverage_at_equality_and_at_a_difference():
    """4,000 replicates a scenario; the benchmark has more."""
    rng = np.random.default_rng(8)
    for sizes, rates in (
        ((100,) * 7, (0.2,) * 7),
        ((30, 30, 50, 100, 300, 1000), (0.2,) * 6),
        ((30,) * 8 + (1500,), (0.9,) * 9),
        ((5000, 150), (0.3, 0.2)),
    ):
        n, p = np.array(sizes), np.array(rates)
        k = rng.binomial(n, p, size=(4000, len(n)))
        k = k[k.sum(axis=1) > 0]
        nn = np.broadcast_to(n, k.shape)
        for measure, truth in ((gaps.rate_gap_arrays, np.ptp(p)), (gaps.rate_ratio_arrays, p.min() / p.max())):
            _, lower, upper = measure(k, nn)
            assert np.mean((lower <= truth + 1e-12) & (upper >= truth - 1e-12)) > 0.935


def test_gaps_of_estimates_agree_with_scipys_tukey_test():
    rng = np.random.default_rng(1)
    samples = [rng.normal(loc, 1, size) for loc, size in ((0, 30), (0.4, 20), (0.9, 25))]
    pooled = np.sqrt(sum(((s - s.mean()) ** 2).sum() for s in samples) / (75 - 3))
    means, errors = [s.mean() for s in samples], [pooled / np.sqrt(len(s)) for s in samples]
    theirs = stats.tukey_hsd(*samples)
    assert gaps.estimate_gap_p_value(means, errors, 72) == pytest.approx(theirs.pvalue.min(), rel=1e-6)
    ours, bounds = gaps.estimate_gap(means, errors, 0.95, 72), theirs.confidence_interval(0.95)
    assert ours.upper == pytest.approx(bounds.high.max(), rel=1e-6)
    off = ~np.eye(3, dtype=bool)
    assert ours.lower == pytest.approx(max(0, bounds.low[off].max()), rel=1e-6)


@given(
    st.lists(st.tuples(st.floats(0.01, 100), st.floats(0, 10)), min_size=2, max_size=6),
    LEVELS,
)
def test_gaps_of_estimates_hold_the_estimate(pairs, level):
    x, se = zip(*pairs, strict=True)
    for gap in (gaps.estimate_gap(x, se, level), gaps.estimate_ratio(x, se, level)):
        assert gap.lower <= gap.estimate * (1 + 1e-12) + 1e-12
        assert gap.upper >= gap.estimate * (1 - 1e-12) - 1e-12
    assert 0 <= gaps.estimate_gap_p_value(x, se) <= 1


def test_estimates_without_error_differ_surely_or_not_at_all():
    assert gaps.estimate_gap_p_value([1.0, 1.0], [0.0, 0.0]) == 1.0
    assert gaps.estimate_gap_p_value([1.0, 2.0], [0.0, 0.0]) == 0.0


def test_a_ratio_of_estimates_takes_positive_ones():
    assert gaps.estimate_ratio([0.0, 1.0], [0.1, 0.1]) is None
    assert gaps.estimate_ratio([-1.0, 1.0], [0.1, 0.1]) is None
    with pytest.raises(ValueError, match="finite"):
        gaps.estimate_gap([1.0, float("nan")], [0.1, 0.1])


def test_a_composite_gap_is_the_largest_and_names_it():
    tpr, fpr = ([70, 60], [100, 100]), ([20, 45], [200, 200])
    whole = gaps.composite_gap([tpr, fpr])
    parts = [gaps.rate_gap(*table, level=0.975) for table in (tpr, fpr)]
    assert whole.estimate == pytest.approx(max(p.estimate for p in parts)) == pytest.approx(0.125)
    assert whole.component == 1
    assert (whole.highest, whole.lowest) == (1, 0)
    assert whole.lower == max(p.lower for p in parts)
    assert whole.upper == max(p.upper for p in parts)
    assert whole.level == 0.95


@given(st.lists(groups(), min_size=1, max_size=3), LEVELS)
def test_composites_hold_the_estimate(tables, level):
    gap, ratio = gaps.composite_gap(tables, level), gaps.composite_ratio(tables, level)
    assert 0 <= gap.lower <= gap.estimate <= gap.upper <= 1
    if all(sum(k) for k, _ in tables):
        assert 0 <= ratio.lower <= ratio.estimate <= ratio.upper <= 1
    else:
        assert ratio is None


def test_a_composite_with_an_undefined_part_is_undefined():
    assert gaps.composite_gap([([1, 2], [5, 5]), ([1], [5])]) is None
    assert gaps.composite_gap([]) is None


def test_parts_at_too_low_a_level_are_refused():
    parts = [gaps.rate_gap([1, 2], [5, 5])] * 2
    with pytest.raises(ValueError, match="component_level"):
        gaps.combine(parts, 0.95)


@pytest.mark.parametrize("rate, sizes", [(0.5, (50, 100)), (0.2, (200,) * 7), (0.9, (60, 80, 100))])
def test_the_detectable_gap_is_detected_four_times_in_five(rate, sizes):
    gap = gaps.detectable_gap(rate, sizes)
    low = min(max(0, rate - gap / 2), 1 - gap)
    p = np.full(len(sizes), rate)
    p[:2] = low, low + gap
    k = np.random.default_rng(2).binomial(sizes, p, size=(1500, len(sizes)))
    _, lower, _ = gaps.rate_gap_arrays(k, np.broadcast_to(sizes, k.shape))
    assert 0.76 < np.mean(lower > 0) < 0.97


@given(st.floats(0, 1), st.lists(st.integers(1, 2000), min_size=2, max_size=6))
@settings(max_examples=40)
def test_larger_groups_never_raise_the_detectable_gap(rate, sizes):
    small, large = gaps.detectable_gap(rate, sizes), gaps.detectable_gap(rate, [4 * n for n in sizes])
    if small is not None:
        assert large is not None
        assert large <= small + 1e-9


def test_too_small_groups_can_show_no_gap():
    assert gaps.detectable_gap(0.5, [1, 1]) is None
    assert gaps.detectable_gap(0.5, [100]) is None


@pytest.mark.parametrize("highest, lowest, limit", [(0.5, 0.45, 0.8), (0.5, 0.3, 0.8)])
def test_the_needed_number_settles_a_ratio(highest, lowest, limit):
    n = gaps.needed_for_ratio(highest, lowest, limit, 3)
    p = [highest, lowest, (highest + lowest) / 2]
    k = np.random.default_rng(4).binomial(n, p, size=(1500, 3))
    _, lower, upper = gaps.rate_ratio_arrays(k, np.full(k.shape, n))
    assert np.mean((lower > limit) | (upper < limit)) > 0.75
    k = np.random.default_rng(4).binomial(n // 4, p, size=(1500, 3))
    _, lower, upper = gaps.rate_ratio_arrays(k, np.full(k.shape, n // 4))
    assert np.mean((lower > limit) | (upper < limit)) < 0.75


def test_a_gap_at_the_limit_is_never_settled():
    assert gaps.needed_for_gap(0.5, 0.4, 0.1, 2) is None
    assert gaps.needed_for_ratio(0.5, 0.4, 0.8, 2) is None
    assert gaps.needed_for_ratio(0.5, 0.0, 0.8, 2) is None
    assert gaps.needed_for_gap(0.5, 0.45, 0.1, 2) > gaps.needed_for_gap(0.5, 0.45, 0.2, 2)


def test_the_trials_that_a_gap_needs_are_those_of_the_normal_approximation():
    z = stats.norm.ppf
    spread = 0.5 * 0.5 + 0.3 * 0.7
    outside = ((z(0.975) + z(0.8)) / (0.2 - 0.1)) ** 2 * spread  # one pair has to show that it is above the limit
    assert gaps.needed_for_gap(0.5, 0.3, 0.1, 2) == np.ceil(outside)
    inside = ((gaps.simultaneous_quantile(3, 0.95) + gaps.simultaneous_quantile(3, 0.8)) / (0.4 - 0.2)) ** 2 * spread
    assert gaps.needed_for_gap(0.5, 0.3, 0.4, 3) == np.ceil(inside)
    strict = ((gaps.simultaneous_quantile(3, 0.99) + gaps.simultaneous_quantile(3, 0.9)) / 0.2) ** 2 * spread
    assert gaps.needed_for_gap(0.5, 0.3, 0.4, 3, level=0.99, power=0.9) == np.ceil(strict)
    assert gaps.needed_for_gap(0.5, 0.3, 0.2, 3) is None


def test_the_trials_that_a_ratio_needs_are_those_of_the_log_scale():
    z = stats.norm.ppf
    spread = (1 - 0.5) / 0.5 + (1 - 0.3) / 0.3
    outside = ((z(0.975) + z(0.8)) / np.log(0.6 / 0.8)) ** 2 * spread
    assert gaps.needed_for_ratio(0.5, 0.3, 0.8, 2) == np.ceil(outside)


@pytest.mark.parametrize("highest, lowest, limit", [(0.5, 0.0, 0.8), (0.0, 0.0, 0.8), (0.5, 0.3, 0.0)])
def test_no_number_of_trials_settles_a_ratio_of_nothing(highest, lowest, limit):
    assert gaps.needed_for_ratio(highest, lowest, limit, 2) is None


def gap_of(estimate, highest):
    return gaps.Gap(estimate, estimate - 0.1, estimate + 0.1, 0.99, "m", highest, 0)


def test_several_gaps_give_the_largest_or_the_smallest_and_name_the_first_of_equal_ones():
    parts = [gap_of(0.3, 1), gap_of(0.5, 2), gap_of(0.5, 3), gap_of(0.3, 4)]
    largest, smallest = gaps.combine(parts, 0.96), gaps.combine(parts, 0.96, smallest=True)
    assert (largest.estimate, largest.highest, largest.lower, largest.upper) == (0.5, 2, 0.4, 0.6)
    assert (smallest.estimate, smallest.highest) == (0.3, 1)
    assert (smallest.lower, smallest.upper) == pytest.approx((0.2, 0.4))
    assert largest.method == smallest.method == "m_bonferroni"
    assert largest.level == 0.96


def test_estimates_with_standard_errors_give_student_s_interval_for_two_groups():
    x, se, df = np.array([0.5, 0.8]), np.array([0.05, 0.06]), 12
    t = stats.t.ppf(0.975, df)
    gap = gaps.estimate_gap(x, se, df=df)
    half = t * np.hypot(*se)
    assert (gap.estimate, gap.lower, gap.upper) == pytest.approx((0.3, 0.3 - half, 0.3 + half), rel=1e-4)
    ratio = gaps.estimate_ratio(x, se, df=df)
    half = t * np.hypot(*(se / x))
    middle = np.log(0.5 / 0.8)
    assert (ratio.lower, ratio.upper) == pytest.approx((np.exp(middle - half), np.exp(middle + half)), rel=1e-4)
    assert (gap.highest, gap.lowest, ratio.highest, ratio.lowest) == (1, 0, 1, 0)
    assert (gap.level, gap.method, ratio.level, ratio.method) == (0.95, "tukey_kramer", 0.95, "tukey_kramer_log")


def test_a_ratio_of_rates_names_its_groups_and_narrows_with_the_level():
    counts, trials = [30, 60, 45], [100, 150, 100]
    wide, narrow = gaps.rate_ratio(counts, trials, 0.99), gaps.rate_ratio(counts, trials, 0.8)
    assert (wide.highest, wide.lowest, wide.level) == (2, 0, 0.99)
    assert wide.lower < narrow.lower < narrow.estimate < narrow.upper < wide.upper


def test_what_could_have_been_detected_grows_with_the_level_and_asks_for_trials():
    assert gaps.detectable_gap(0.3, [100, 120], 0.99) > gaps.detectable_gap(0.3, [100, 120], 0.8)
    assert gaps.detectable_gap(1.0, [100, 120]) is not None
    for rate, trials in ((1.5, [100, 120]), (0.3, [0, 120])):
        with pytest.raises(ValueError):
            gaps.detectable_gap(rate, trials)


def test_a_ratio_over_several_rates_is_the_smallest_of_them_each_at_its_part_of_the_level():
    tables = [([30, 60], [100, 100]), ([50, 55], [100, 100])]
    found = gaps.composite_ratio(tables)
    alone = gaps.rate_ratio(*tables[0], gaps.component_level(0.95, 2))
    assert (found.estimate, found.lower, found.level) == (alone.estimate, alone.lower, 0.95)
    assert found.estimate == pytest.approx(0.5)


def test_gaps_of_rates_say_their_method():
    counts, trials = [30, 60], [100, 100]
    assert gaps.rate_gap(counts, trials).method == "tukey_newcombe"
    assert gaps.rate_ratio(counts, trials).method == "tukey_donner_zou"


def test_several_rates_of_which_there_is_one_take_the_whole_level():
    table = ([30, 60], [100, 100])
    for composite, alone in ((gaps.composite_gap, gaps.rate_gap), (gaps.composite_ratio, gaps.rate_ratio)):
        found, expected = composite([table]), alone(*table)
        assert (found.lower, found.upper) == pytest.approx((expected.lower, expected.upper))


def test_an_estimate_is_not_compared_with_itself():
    x, se = np.array([0.50, 0.51]), np.array([0.2, 0.001])
    assert gaps.estimate_gap(x, se).upper == pytest.approx(0.01 + stats.norm.ppf(0.975) * np.hypot(*se), rel=1e-4)


@pytest.mark.parametrize("estimates, errors", [([0.1, 0.2], [0.1]), ([[0.1, 0.2]], [[0.1, 0.1]])])
def test_estimates_without_a_standard_error_each_are_misuse(estimates, errors):
    with pytest.raises(ValueError):
        gaps.estimate_gap(estimates, errors)


def test_one_trial_is_enough_where_rates_lie_far_from_the_limit():
    assert gaps.needed_for_gap(1.0, 1.0, 0.9, 2) == 1
