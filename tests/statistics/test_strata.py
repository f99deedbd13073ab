"""Stratified tests and estimates agree with statsmodels."""

import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

from cardwright.statistics import strata

CELL = st.integers(1, 60)
TABLES = st.lists(st.tuples(CELL, CELL, CELL, CELL), min_size=2, max_size=6).map(
    lambda rows: np.array(rows, float).reshape(-1, 2, 2)
)


def peer(tables):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return StratifiedTable(list(tables))


@given(TABLES, st.booleans())
def test_cochran_mantel_haenszel(tables, correction):
    ours, theirs = (
        strata.cochran_mantel_haenszel(tables, correction=correction),
        peer(tables).test_null_odds(correction),
    )
    expected = theirs.statistic
    if correction:
        table = tables.sum(axis=0)
        n = tables.sum(axis=(1, 2))
        off = abs(table[0, 0] - (tables[:, 0].sum(axis=1) * tables[:, :, 0].sum(axis=1) / n).sum())
        expected = 0.0 if off < 0.5 else theirs.statistic
    assert ours.statistic == pytest.approx(expected, rel=1e-8, abs=1e-12)
    assert ours.df == 1
    assert ours.p_value == pytest.approx(stats.chi2.sf(expected, 1), rel=1e-8)


@given(TABLES, st.floats(0.5, 0.99))
def test_common_odds_ratio(tables, level):
    ours, theirs = strata.mantel_haenszel_odds_ratio(tables, level), peer(tables)
    assert ours.estimate == pytest.approx(theirs.oddsratio_pooled, rel=1e-9)
    assert (ours.bounds.lower, ours.bounds.upper) == pytest.approx(theirs.oddsratio_pooled_confint(1 - level), rel=1e-7)


@given(TABLES, st.booleans())
def test_breslow_day(tables, tarone):
    assume(abs(peer(tables).oddsratio_pooled - 1) > 1e-3)  # there statsmodels divides 0 by 0
    ours, theirs = strata.breslow_day(tables, tarone=tarone), peer(tables).test_equal_odds(adjust=tarone)
    assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-5, abs=1e-6)
    assert ours.df == len(tables) - 1


@given(TABLES)
def test_risk_difference(tables):
    """The mean of the strata's differences, weighted by n1 n2 / n (Greenland and Robins 1985)."""
    ours = strata.mantel_haenszel_difference(tables)
    n1, n2 = tables[:, 0].sum(axis=1), tables[:, 1].sum(axis=1)
    differences, weight = tables[:, 0, 0] / n1 - tables[:, 1, 0] / n2, n1 * n2 / (n1 + n2)
    assert ours.estimate == pytest.approx(np.average(differences, weights=weight), abs=1e-12)
    assert ours.bounds.lower <= ours.estimate <= ours.bounds.upper


def test_the_risk_differences_interval_covers_in_small_strata():
    rng = np.random.default_rng(6)
    held = 0
    for _ in range(400):
        base = rng.uniform(0.2, 0.6, 12)
        n = rng.integers(3, 15, (12, 2))
        k = np.stack([rng.binomial(n[:, 0], base + 0.2), rng.binomial(n[:, 1], base)], axis=1)
        ours = strata.mantel_haenszel_difference(np.stack([k, n - k], axis=2))
        held += ours.bounds.lower <= 0.2 <= ours.bounds.upper
    assert 0.91 < held / 400 < 0.99


def test_berkeley_admissions_reverse_within_departments():
    """Bickel, Hammel and O'Connell (1975), Science 187:398; six departments, men then women, admitted then refused."""
    tables = np.array(
        [
            [[512, 313], [89, 19]],
            [[353, 207], [17, 8]],
            [[120, 205], [202, 391]],
            [[138, 279], [131, 244]],
            [[53, 138], [94, 299]],
            [[22, 351], [24, 317]],
        ]
    )
    test = strata.cochran_mantel_haenszel(tables, correction=True)
    assert (round(test.statistic, 4), round(test.p_value, 4)) == (
        1.4269,
        0.2323,
    )  # R's mantelhaen.test on UCBAdmissions
    assert strata.mantel_haenszel_odds_ratio(tables).estimate == pytest.approx(0.9046968, abs=1e-7)
    assert strata.breslow_day(tables).p_value < 0.01


def test_several_groups_in_one_stratum_give_pearsons_statistic_but_for_a_factor():
    """Landis, Heyman and Koch (1978): with one stratum it is (n - 1)/n times Pearson's chi-squared."""
    table = np.array([[10, 20, 5], [15, 10, 8], [30, 12, 9]])
    ours = strata.cochran_mantel_haenszel(table[None])
    theirs = stats.chi2_contingency(table, correction=False)
    n = table.sum()
    assert ours.statistic == pytest.approx(theirs.statistic * (n - 1) / n)
    assert ours.df == theirs.dof


def test_breslow_day_at_a_common_odds_ratio_of_1():
    """Where the fitted cell is n1 m / n and the quadratic's leading term 0."""
    tables = np.array([[[10, 5], [6, 12]], [[6, 12], [10, 5]]])
    fitted = 15 * 16 / 33
    ours = strata.breslow_day(tables, tarone=False)
    one = (10 - fitted) ** 2 * sum(1 / cell for cell in (fitted, 15 - fitted, 16 - fitted, 33 - 15 - 16 + fitted))
    n1, m = 18, 16
    fitted = n1 * m / 33
    other = (6 - fitted) ** 2 * sum(1 / cell for cell in (fitted, n1 - fitted, m - fitted, 33 - n1 - m + fitted))
    assert strata.mantel_haenszel_odds_ratio(tables).estimate == pytest.approx(1)
    assert ours.statistic == pytest.approx(one + other)


def test_the_order_of_groups_and_strata_does_not_matter():
    tables = np.random.default_rng(0).integers(1, 20, (4, 3, 2))
    one = strata.cochran_mantel_haenszel(tables)
    other = strata.cochran_mantel_haenszel(tables[::-1, [2, 0, 1]])
    assert one.statistic == pytest.approx(other.statistic)


def test_strata_that_say_nothing_are_left_out_and_all_of_them_are_undefined():
    informative = [[5, 10], [8, 3]]
    silent = [[[4, 6], [0, 0]], [[0, 5], [0, 9]]]
    with_them = strata.cochran_mantel_haenszel(np.array([informative, *silent]))
    assert with_them == strata.cochran_mantel_haenszel(np.array([informative]))
    assert with_them.strata == 1
    assert strata.cochran_mantel_haenszel(np.array(silent)) is None
    assert strata.mantel_haenszel_odds_ratio(np.array(silent)) is None
    assert strata.breslow_day(np.array([informative])) is None
    assert strata.mantel_haenszel_difference(np.array(silent[:1])) is None


def test_a_common_odds_ratio_of_0_has_no_interval():
    assert strata.mantel_haenszel_odds_ratio([[[0, 5], [4, 6]]]) is None
    assert strata.mantel_haenszel_odds_ratio([[[4, 0], [4, 6]]]) is None


def test_tables_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="strata"):
        strata.cochran_mantel_haenszel([[1, 2], [3, 4]])
    with pytest.raises(ValueError, match="2 groups"):
        strata.breslow_day(np.ones((2, 3, 2)))
    with pytest.raises(ValueError, match="negative"):
        strata.breslow_day(-np.ones((2, 2, 2)))
