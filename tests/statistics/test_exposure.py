"""Exposure against its definition: what is known is exact, what is sampled is a bound, what is extrapolated is cut."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.statistics.exposure import known_rank_exposure, rank_exposure, skew_normal_exposure


@given(st.integers(1, 10**6), st.integers(1, 10**9))
def test_a_known_rank_gives_the_size_of_the_space_less_the_rank_in_bits(rank, more):
    space = rank + more
    found = known_rank_exposure(rank, space)
    assert found.bits == pytest.approx(math.log2(space / rank))
    assert 0 <= found.bits <= found.most
    assert found.p_value == rank / space


@pytest.mark.parametrize("rank", [0, 11])
def test_a_rank_outside_of_its_space_is_refused(rank):
    with pytest.raises(ValueError, match="between 1"):
        known_rank_exposure(rank, 10)


def test_a_canary_that_no_reference_beats_shows_all_that_the_sample_can_show():
    found = rank_exposure(0.5, np.arange(1.0, 1024), space=1e9)
    assert found.bits == found.most == 10.0
    assert found.p_value == 1 / 1024
    assert found.bounds.lower < 10.0
    assert found.bounds.upper == pytest.approx(math.log2(1e9))


def test_a_canary_like_the_others_has_about_one_bit():
    found = rank_exposure(511.5, np.arange(1.0, 1024))
    assert found.bits == pytest.approx(1.0, abs=0.01)
    assert found.bounds.lower < 1 < found.bounds.upper


def test_ties_count_against_the_canary():
    assert rank_exposure(1.0, np.ones(100)).bits == 0.0


def test_the_whole_space_leaves_nothing_to_estimate():
    assert rank_exposure(0.0, np.arange(1.0, 100), space=100).bounds is None


def test_too_few_references_say_nothing():
    assert rank_exposure(0.0, np.arange(19.0)) is None
    assert skew_normal_exposure(0.0, np.arange(19.0), 1e6) is None
    assert skew_normal_exposure(0.0, np.ones(50), 1e6) is None
    assert skew_normal_exposure(0.0, 20 + 1e-9 * np.arange(50.0), 1e6) is None


def test_the_interval_of_the_rank_holds_the_true_exposure():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(1000):
        found = rank_exposure(-1.0, rng.normal(0, 1, 300))
        held += found.bounds.lower <= -math.log2(0.15865525393145707) <= found.bounds.upper
    assert held >= 940


def test_a_fitted_distribution_extrapolates_and_is_cut_at_the_space():
    others = np.random.default_rng(1).normal(10, 1, 2000)
    near = skew_normal_exposure(8.0, others, 1e9)
    assert near.bits == pytest.approx(-math.log2(0.02275), abs=0.6)
    assert not near.cut
    assert near.fit_p_value > 0.05
    far = skew_normal_exposure(-50.0, others, 1e9)
    assert far.cut
    assert far.bits == pytest.approx(math.log2(1e9))
