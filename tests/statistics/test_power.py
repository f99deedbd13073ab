"""Sizes agree with statsmodels, with published tables, and with what simulations reach."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.power import TTestIndPower, TTestPower
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

from cardwright.statistics import power
from cardwright.statistics.paired import mcnemar


@pytest.mark.parametrize(
    ("first", "second", "cases"),
    [(0.6, 0.7, 356), (0.5, 0.6, 388), (0.1, 0.2, 199), (0.05, 0.10, 435), (0.8, 0.9, 199)],
)
def test_two_proportions_are_those_of_the_formula_of_fleiss(first, second, cases):
    assert power.two_proportions(first, second).cases == cases


@given(st.floats(0.1, 0.8), st.floats(0.03, 0.15), st.sampled_from([0.8, 0.9]))
def test_two_proportions_are_near_those_of_statsmodels(first, difference, wanted):
    peer = samplesize_proportions_2indep_onetail(difference, first, wanted, ratio=1, alpha=0.05)
    assert power.two_proportions(first, first + difference, power=wanted).cases == pytest.approx(peer, rel=0.03, abs=2)


@given(st.floats(0.15, 1.5), st.sampled_from([0.8, 0.9, 0.95]), st.sampled_from([0.05, 0.01]))
@settings(max_examples=40)
def test_means_are_those_of_statsmodels(effect, wanted, alpha):
    independent, paired = TTestIndPower(), TTestPower()
    assert power.means(effect, 1.0, power=wanted, alpha=alpha).cases == math.ceil(
        independent.solve_power(effect, power=wanted, alpha=alpha) - 1e-6
    )
    assert power.means(effect, 1.0, paired=True, power=wanted, alpha=alpha).cases == math.ceil(
        max(2, paired.solve_power(effect, power=wanted, alpha=alpha)) - 1e-6
    )


def test_the_size_of_pairs_reaches_its_power_with_mcnemars_test():
    found = power.paired_proportions(0.15, 0.08)
    rng = np.random.default_rng(7)
    draws = rng.multinomial(found.cases, [0.15, 0.08, 0.77], size=2000)
    shown = np.mean([mcnemar(int(a), int(b), "chi2").p_value < 0.05 for a, b, _ in draws])
    assert shown == pytest.approx(0.8, abs=0.03)


def test_pairs_that_never_disagree_the_other_way_need_fewest():
    assert power.paired_proportions(0.1, 0.0).cases < power.paired_proportions(0.15, 0.05).cases
    assert power.paired_proportions(0.0, 1.0).power == 1.0


def test_no_difference_has_no_size_and_too_small_a_one_neither():
    assert power.two_proportions(0.5, 0.5) is None
    assert power.paired_proportions(0.1, 0.1) is None
    assert power.means(0.0, 1.0) is None
    assert power.means(1e-5, 1.0) is None
    assert power.two_proportions(0.5, 0.5001) is None
    assert power.means(1.0, 0.0).cases == 2


def test_seeds_are_pairs():
    assert power.seeds(0.01, 0.01) == power.means(0.01, 0.01, paired=True)


def test_a_design_effect_multiplies_and_is_never_less_than_one():
    assert power.design_effect(20, 0.05) == pytest.approx(1.95)
    assert power.design_effect(1, 0.5) == 1
    assert power.design_effect(10, 0.1, variation=1) == pytest.approx(2.9)
    assert power.clustered(100, 1.95) == 195


@pytest.mark.parametrize("call", [
    lambda: power.two_proportions(0.5, 1.5), lambda: power.paired_proportions(0.7, 0.6), lambda: power.means(1, -1),
    lambda: power.means(1, 1, power=0.01), lambda: power.means(1, 1, alpha=2), lambda: power.design_effect(0.5, 0.1),
])  # fmt: skip
def test_misuse_is_refused(call):
    with pytest.raises(ValueError, match=r"\w"):
        call()
