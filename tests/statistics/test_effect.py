"""Sizes of effects and of inequality."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.meta_analysis import effectsize_smd
from statsmodels.stats.proportion import proportion_effectsize

from cardwright.statistics import effect


@given(
    st.floats(-5, 5), st.floats(0.1, 9), st.integers(3, 300), st.floats(-5, 5), st.floats(0.1, 9), st.integers(3, 300)
)
def test_the_standardized_difference_is_that_of_statsmodels(m1, v1, n1, m2, v2, n2):
    hedges, _ = effectsize_smd(m1, np.sqrt(v1), n1, m2, np.sqrt(v2), n2)
    ours = effect.standardized_mean_difference(m1, v1, n1, m2, v2, n2, small_sample=True)
    assert ours.estimate == pytest.approx(hedges, rel=0.02, abs=1e-12)  # statsmodels approximates the correction
    plain = effect.standardized_mean_difference(m1, v1, n1, m2, v2, n2)
    pooled = np.sqrt(((n1 - 1) * v1 + (n2 - 1) * v2) / (n1 + n2 - 2))
    assert plain.estimate == pytest.approx((m1 - m2) / pooled, abs=1e-12)
    assert plain.bounds.lower <= plain.estimate <= plain.bounds.upper


def test_the_interval_of_the_standardized_difference_covers():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        a, b = rng.normal(0.5, 1, 40), rng.normal(0, 1, 60)
        ours = effect.standardized_mean_difference(a.mean(), a.var(ddof=1), 40, b.mean(), b.var(ddof=1), 60)
        held += ours.bounds.lower <= 0.5 <= ours.bounds.upper
    assert held / 400 > 0.92


def test_groups_that_do_not_vary_have_no_standardized_difference():
    assert effect.standardized_mean_difference(1, 0, 5, 2, 0, 5) is None
    assert effect.standardized_mean_difference(1, 1, 1, 2, 1, 5) is None


@given(*[st.integers(1, 100)] * 4, st.floats(0.5, 0.99))
def test_the_odds_ratio_is_that_of_statsmodels(a, b, c, d, level):
    ours, theirs = effect.odds_ratio(a, b, c, d, level), Table2x2([[a, b], [c, d]])
    assert ours.estimate == pytest.approx(theirs.oddsratio)
    assert (ours.bounds.lower, ours.bounds.upper) == pytest.approx(theirs.oddsratio_confint(1 - level))


def test_empty_cells_keep_the_odds_ratio_honest():
    ours = effect.odds_ratio(0, 10, 5, 5)
    assert (ours.estimate, ours.bounds.lower, ours.bounds.method) == (0.0, 0.0, "woolf_haldane")
    assert ours.bounds.upper > 0
    assert effect.odds_ratio(10, 0, 5, 5) is None
    assert effect.odds_ratio(0, 0, 5, 5) is None


def test_published_adverse_impact_ratios():
    """UCI Statlog German credit: women over men; age up to 25 over older."""
    assert effect.adverse_impact_ratio(201, 310, 499, 690).estimate == pytest.approx(0.8965673282047968, rel=1e-15)
    assert effect.adverse_impact_ratio(110, 190, 590, 810).estimate == pytest.approx(0.7948260481712757, rel=1e-15)
    assert effect.adverse_impact_ratio(5, 10, 0, 10) is None


def test_the_shortfall_counts_cases():
    """Boston Fed mortgages (Wooldridge, loanapp): at the rate of white applicants 62 more of 308 would have been approved."""
    ours = effect.shortfall(218, 308, 1527, 1681)
    assert ours.estimate == pytest.approx(308 * 0.2005957, abs=1e-4)
    assert ours.bounds.lower < ours.estimate < ours.bounds.upper
    assert effect.shortfall(10, 10, 5, 10).estimate == -5
    assert effect.shortfall(0, 0, 5, 10) is None


@given(st.floats(0, 1), st.floats(0, 1))
def test_cohens_h_is_that_of_statsmodels(p, q):
    assert effect.cohen_h(p, q) == pytest.approx(proportion_effectsize(p, q), abs=1e-12)


@pytest.mark.parametrize("alpha", [2.0, 1.0, 0.0, 0.5, -1.0])
@given(st.lists(st.tuples(st.floats(0.1, 10), st.integers(1, 50)), min_size=1, max_size=6))
def test_inequality_from_counts_is_that_of_the_persons(alpha, table):
    benefits, counts = zip(*table, strict=True)
    x = np.repeat(benefits, counts) / np.average(benefits, weights=counts)
    expected = {1.0: np.mean(x * np.log(x)), 0.0: -np.mean(np.log(x))}
    general = np.mean(x**alpha - 1) / (alpha * (alpha - 1)) if alpha not in expected else expected[alpha]
    assert effect.generalized_entropy(benefits, counts, alpha) == pytest.approx(max(0, general), abs=1e-9)


@given(st.lists(st.integers(0, 40), min_size=3, max_size=3))
def test_at_alpha_2_it_is_half_the_squared_coefficient_of_variation(counts):
    ours = effect.generalized_entropy([0, 1, 2], counts)
    persons = np.repeat([0.0, 1.0, 2.0], counts)
    if persons.sum() == 0:
        assert ours is None
    else:
        assert ours == pytest.approx(stats.variation(persons) ** 2 / 2, abs=1e-12)


def test_the_index_where_some_have_nothing_or_all_have_the_same():
    assert effect.theil_index([0, 2], [50, 50]) == pytest.approx(np.log(2))
    assert effect.theil_index([1, 2], [0, 50]) == 0.0
    assert effect.generalized_entropy([0, 2], [50, 50], 0.0) is None
    assert effect.generalized_entropy([0], [50]) is None
    assert effect.theil_index([], []) is None
