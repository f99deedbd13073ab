"""Agreement of raters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from statsmodels.stats.inter_rater import cohens_kappa

from cardwright.statistics.agreement import cohen_kappa, krippendorff_alpha


@given(st.integers(2, 4).flatmap(lambda k: arrays(np.int64, (k, k), elements=st.integers(1, 40))), st.floats(0.5, 0.99))
def test_kappa_and_its_interval_are_those_of_statsmodels(table, level):
    ours, theirs = cohen_kappa(table, level), cohens_kappa(table)
    assert ours.estimate == pytest.approx(theirs.kappa, abs=1e-10)
    assert ours.units == table.sum()
    half = stats.norm.ppf(0.5 + level / 2) * theirs.std_kappa
    assert ours.bounds.lower == pytest.approx(max(-1, theirs.kappa - half), abs=1e-7)
    assert ours.bounds.upper == pytest.approx(min(1, theirs.kappa + half), abs=1e-7)


def test_kappa_without_chance_or_without_disagreement():
    assert cohen_kappa([[9, 0], [0, 0]]) is None
    assert cohen_kappa([[0, 0], [0, 0]]) is None
    perfect = cohen_kappa([[5, 0], [0, 7]])
    assert (perfect.estimate, perfect.bounds) == (1.0, None)
    with pytest.raises(ValueError, match="same categories"):
        cohen_kappa([[1, 2, 3], [4, 5, 6]])


def test_alpha_of_krippendorffs_own_example():
    """Krippendorff (2011), section C: 4 observers, 12 units, missing ratings; nominal alpha is 0.743."""
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ]
    ratings = np.array([[sum(row[unit] == c for row in observers) for c in range(1, 6)] for unit in range(12)])
    ours = krippendorff_alpha(ratings)
    assert round(ours.estimate, 3) == 0.743
    assert ours.units == 11
    assert ours.bounds.lower < ours.estimate < ours.bounds.upper


def test_alpha_of_two_raters_is_scotts_pi_for_many_units():
    table = np.array([[400, 100], [200, 300]])
    p = (table.sum(axis=0) + table.sum(axis=1)) / (2 * table.sum())
    pi = (np.trace(table) / table.sum() - (p**2).sum()) / (1 - (p**2).sum())
    ratings = np.repeat([[2, 0], [1, 1], [0, 2]], [400, 300, 300], axis=0)
    assert krippendorff_alpha(ratings).estimate == pytest.approx(pi, abs=1e-3)


def test_the_seed_decides_the_interval_and_the_order_of_units_not_the_estimate():
    ratings = np.random.default_rng(0).multinomial(3, [0.5, 0.3, 0.2], size=40)
    assert krippendorff_alpha(ratings, seed=1) == krippendorff_alpha(ratings, seed=1)
    assert krippendorff_alpha(ratings[::-1]).estimate == pytest.approx(krippendorff_alpha(ratings).estimate)


def test_alpha_is_undefined_where_nothing_is_compared():
    assert krippendorff_alpha([[1, 0], [0, 1]]) is None
    assert krippendorff_alpha([[2, 0], [3, 0]]) is None
    assert krippendorff_alpha([[2, 0], [0, 3]] * 20).bounds is None
    assert krippendorff_alpha([[2, 0], [1, 1], [0, 2]]).bounds is None


def test_alpha_of_ratings_at_random_is_near_0():
    ratings = np.random.default_rng(3).multinomial(2, [0.6, 0.4], size=3000)
    ours = krippendorff_alpha(ratings)
    assert abs(ours.estimate) < 0.05
    assert ours.bounds.lower < 0 < ours.bounds.upper
