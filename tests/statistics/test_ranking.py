"""ROC curves and AUC from histograms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from sklearn import metrics

from cardwright.statistics import ranking

BINS = st.integers(2, 12)


@st.composite
def histograms(draw, most=15, least=2):
    size = draw(BINS)
    pos, neg = (draw(arrays(np.int64, size, elements=st.integers(0, most))) for _ in range(2))
    pos[draw(st.integers(0, size - 1))] += least
    neg[draw(st.integers(0, size - 1))] += least
    return pos, neg


def rows(pos, neg):
    """One row per case: outcome and score."""
    bins = np.arange(len(pos))
    return np.repeat([1, 0], [pos.sum(), neg.sum()]), np.concatenate([np.repeat(bins, pos), np.repeat(bins, neg)])


@given(histograms())
def test_curve_and_areas_are_those_of_scikit_learn(tables):
    y, score = rows(*tables)
    ours = ranking.auc(*tables)
    assert ours.estimate == pytest.approx(metrics.roc_auc_score(y, score), abs=1e-12)
    fpr, tpr, _ = metrics.roc_curve(y, score, drop_intermediate=False)
    curve = ranking.roc_points(*tables)
    np.testing.assert_allclose(curve.false_positive_rate, fpr, atol=1e-12)
    np.testing.assert_allclose(curve.true_positive_rate, tpr, atol=1e-12)
    assert ranking.average_precision(*tables) == pytest.approx(metrics.average_precision_score(y, score), abs=1e-12)
    theirs = stats.ks_2samp(score[y == 1], score[y == 0], method="asymp").statistic
    assert ranking.kolmogorov_smirnov(*tables) == pytest.approx(theirs, abs=1e-12)


@given(histograms())
def test_estimate_and_error_are_those_of_all_pairs(tables):
    """DeLong's structural components, from the matrix of all pairs."""
    y, score = rows(*tables)
    wins = np.sign(score[y == 1][:, None] - score[y == 0][None, :]) / 2 + 0.5
    variance = wins.mean(axis=1).var(ddof=1) / len(wins) + wins.mean(axis=0).var(ddof=1) / len(wins[0])
    ours = ranking.auc(*tables)
    assert ours.estimate == pytest.approx(wins.mean(), abs=1e-12)
    assert ours.standard_error == pytest.approx(np.sqrt(variance), abs=1e-9)
    assert ours.lowest == pytest.approx((wins == 1).mean(), abs=1e-12)
    assert ours.highest == pytest.approx((wins > 0).mean(), abs=1e-12)


@given(histograms(), st.floats(0.5, 0.99), st.floats(0.5, 0.99))
def test_the_interval_holds_the_estimate_and_widens_with_the_level(tables, one, other):
    low, high = sorted((one, other))
    narrow, wide = ranking.auc(*tables, low), ranking.auc(*tables, high)
    assert narrow.lowest <= narrow.estimate <= narrow.highest
    assert wide.bounds.lower - 1e-9 <= narrow.bounds.lower <= narrow.estimate + 1e-12
    assert narrow.estimate - 1e-12 <= narrow.bounds.upper <= wide.bounds.upper + 1e-9


@given(histograms())
def test_turning_the_scores_round_turns_the_area_round(tables):
    pos, neg = tables
    one, other = ranking.auc(pos, neg), ranking.auc(pos[::-1], neg[::-1])
    assert one.estimate == pytest.approx(1 - other.estimate)
    assert one.bounds.lower == pytest.approx(1 - other.bounds.upper, abs=1e-9)


def test_the_bracket_of_coarse_bins_holds_the_area_of_the_rows():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 3000)
    score = np.clip(rng.normal(0.4 + 0.2 * y, 0.15), 0, 1)
    exact = metrics.roc_auc_score(y, score)
    widths = []
    for bins in (8, 64, 4096):
        place = np.minimum((score * bins).astype(int), bins - 1)
        ours = ranking.auc(np.bincount(place[y == 1], minlength=bins), np.bincount(place[y == 0], minlength=bins))
        assert ours.lowest <= exact <= ours.highest
        widths.append(ours.highest - ours.lowest)
    assert widths[0] > widths[1] > widths[2] < 1e-3


def test_a_perfect_ranking_of_few_cases_is_not_certain():
    """DeLong's variance is 0 there: an interval of no width from three positives and three negatives."""
    ours = ranking.auc([0, 3], [3, 0])
    assert (ours.estimate, ours.standard_error, ours.bounds.upper) == (1.0, 0.0, 1.0)
    assert ours.bounds.lower < 0.75
    assert ours.bounds.method == "newcombe_auc"
    assert ranking.auc([3, 0], [0, 3]).bounds.upper > 0.25


def test_newcombes_interval_covers():
    rng = np.random.default_rng(2)
    truth = stats.norm.cdf(1.5 / np.sqrt(2))
    held = {"newcombe": 0, "delong": 0}
    for _ in range(300):
        pos, neg = rng.normal(1.5, 1, 25), rng.normal(0, 1, 40)
        score = np.concatenate([pos, neg])
        order = np.argsort(score)
        is_pos = (order < 25).astype(int)
        ours = ranking.auc(is_pos, 1 - is_pos)
        bounds = ranking.newcombe_auc(ours.estimate, 25, 40)
        held["newcombe"] += bounds.lower <= truth <= bounds.upper
        held["delong"] += ours.bounds.lower <= truth <= ours.bounds.upper
    assert min(held.values()) / 300 > 0.91


def test_without_a_class_there_is_no_curve():
    assert ranking.auc([0, 0], [3, 4]) is None
    assert ranking.auc([1, 0], [3, 4]) is None
    assert ranking.roc_points([1, 2], [0, 0]) is None
    assert ranking.average_precision([0, 0], [3, 4]) is None
    assert ranking.kolmogorov_smirnov([0, 0], [3, 4]) is None
    assert ranking.rates_at([0, 0], [3, 4], 0.01) is None


def test_pairs_beyond_64_bits_are_counted():
    big = 4 * 10**9
    assert ranking.auc([0, big], [big, big]).estimate == 0.75


@given(histograms(), st.floats(0, 1))
def test_rates_at_a_limit_are_the_best_point_of_the_curve_within_it(tables, limit):
    pos, neg = tables
    ours, curve = ranking.rates_at(pos, neg, limit), ranking.roc_points(pos, neg)
    within = curve.false_positive_rate <= limit
    assert ours.true_positive_rate == curve.true_positive_rate[within].max()
    assert ours.false_positive_rate <= limit
    assert ours.true_positives == pos[ours.bin :].sum()
    assert ours.false_positives / ours.negatives == pytest.approx(ours.false_positive_rate)


def test_rates_at_1_percent_of_false_positives():
    ours = ranking.rates_at([50, 20, 30], [900, 92, 8], 0.01)
    assert (ours.true_positive_rate, ours.bin, ours.true_positives, ours.positives) == (0.3, 2, 30, 100)
    nothing = ranking.rates_at([50, 20, 30], [900, 50, 50], 0.01)
    assert (nothing.true_positive_rate, nothing.bin) == (0.0, 3)


def brute_paired(y, a, b):
    def placements(score):
        wins = np.sign(score[y == 1][:, None] - score[y == 0][None, :]) / 2 + 0.5
        return wins.mean(axis=1), wins.mean(axis=0)

    (pa, na), (pb, nb) = placements(a), placements(b)
    variance = np.var(pa - pb, ddof=1) / len(pa) + np.var(na - nb, ddof=1) / len(na)
    return pa.mean() - pb.mean(), np.sqrt(variance)


@given(st.integers(0, 10_000), st.integers(4, 60))
def test_paired_areas_are_those_of_all_pairs(seed, n):
    rng = np.random.default_rng(seed)
    y = np.concatenate([[1, 1, 0, 0], rng.integers(0, 2, n - 4)])
    a, b = rng.integers(0, 6, n).astype(float), rng.normal(size=n).round(1)
    ours = ranking.paired_delong(y, a, b)
    difference, error = brute_paired(y, a, b)
    assert ours.difference == pytest.approx(difference, abs=1e-12)
    assert ours.standard_error == pytest.approx(error, abs=1e-9)
    assert ours.first == pytest.approx(metrics.roc_auc_score(y, a))
    assert ours.second == pytest.approx(metrics.roc_auc_score(y, b))


def test_a_score_compared_with_itself_shows_nothing():
    y, score = np.array([1, 0, 1, 0, 1]), np.array([0.9, 0.1, 0.4, 0.5, 0.6])
    ours = ranking.paired_delong(y, score, score)
    assert (ours.difference, ours.standard_error, ours.p_value) == (0.0, 0.0, 1.0)
    assert ranking.paired_delong([1, 0, 0], [1, 2, 3], [1, 2, 3]) is None
    with pytest.raises(ValueError, match="finite"):
        ranking.paired_delong(y, score, np.full(5, np.nan))


def test_a_better_score_is_found_better():
    rng = np.random.default_rng(7)
    y = rng.integers(0, 2, 800)
    ours = ranking.paired_delong(y, y + rng.normal(0, 1, 800), y + rng.normal(0, 3, 800))
    assert ours.p_value < 0.001
    assert ours.bounds.lower > 0


def test_histograms_over_different_bins_are_refused():
    with pytest.raises(ValueError, match="same bins"):
        ranking.auc([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="negative"):
        ranking.roc_points([1, -2], [1, 2])
