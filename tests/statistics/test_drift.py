"""Distances between two samples, beside what chance gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.spatial import distance

from cardwright.statistics import drift

TABLES = st.integers(2, 10).flatmap(
    lambda bins: st.tuples(*[arrays(np.int64, bins, elements=st.integers(0, 200)).filter(np.any)] * 2)
)


@given(TABLES)
def test_the_jensen_shannon_distance_is_that_of_scipy(tables):
    ours = drift.jensen_shannon_distance(*tables, resamples=9).estimate
    theirs = distance.jensenshannon(*tables, base=2)
    assert ours == pytest.approx(0.0 if np.isnan(theirs) else theirs, abs=1e-7)


@given(TABLES)
def test_the_wasserstein_distance_is_that_of_scipy(tables):
    positions = np.cumsum(np.arange(1, len(tables[0]) + 1)) / 3
    ours = drift.wasserstein_distance(positions, *tables, resamples=9).estimate
    assert ours == pytest.approx(stats.wasserstein_distance(positions, positions, *tables), abs=1e-10)


@given(TABLES)
def test_the_stability_index_is_symmetric_and_0_for_equal_counts(tables):
    n, m = tables
    one, other = (drift.population_stability_index(*t, resamples=9).estimate for t in ((n, m), (m, n)))
    assert one == pytest.approx(other)
    assert drift.population_stability_index(n, n, resamples=9).estimate == 0.0


def test_the_stability_index_of_large_counts_is_its_definition():
    p, q = np.array([0.2, 0.5, 0.3]), np.array([0.3, 0.4, 0.3])
    ours = drift.population_stability_index(p * 10**8, q * 10**8, resamples=9)
    assert ours.estimate == pytest.approx(((q - p) * np.log(q / p)).sum(), rel=1e-6)


def test_without_drift_the_index_is_what_its_expectation_says():
    share = np.full(10, 0.1)
    n, m = 2000 * share, 500 * share
    ours = drift.population_stability_index(n, m)
    assert ours.expected_without_drift == pytest.approx(drift.expected_stability_index(10, 2000, 500), rel=0.1)


@pytest.mark.parametrize("measure", [drift.population_stability_index, drift.jensen_shannon_distance])
def test_small_samples_without_drift_exceed_the_usual_limit_and_are_not_significant(measure):
    """Forty rows in ten bins: a population stability index above 0.2 is what chance gives."""
    rng = np.random.default_rng(0)
    p_values, values = [], []
    for seed in range(150):
        found = measure(rng.multinomial(40, [0.1] * 10), rng.multinomial(60, [0.1] * 10), resamples=199, seed=seed)
        p_values.append(found.p_value)
        values.append(found.estimate)
    assert np.mean(np.array(p_values) <= 0.05) < 0.1
    if measure is drift.population_stability_index:
        assert np.mean(np.array(values) > 0.2) > 0.5


def test_large_samples_with_little_drift_are_under_the_usual_limit_and_significant():
    n, m = np.array([50_000, 50_000]), np.array([51_000, 49_000])
    found = drift.population_stability_index(n, m)
    assert found.estimate < 0.01
    assert found.p_value == 1 / 2000


@pytest.mark.parametrize("shift", [0, 3])
def test_the_wasserstein_distance_finds_a_shift(shift):
    rng = np.random.default_rng(1)
    positions = np.arange(30.0)
    n, m = (np.bincount(rng.binomial(20, 0.5, 500) + s, minlength=30) for s in (0, shift))
    found = drift.wasserstein_distance(positions, n, m)
    assert found.estimate == pytest.approx(shift, abs=0.4)
    assert (found.p_value < 0.01) == (shift > 0)


def test_a_billion_rows_are_compared():
    n, m = np.array([6 * 10**8, 6 * 10**8]), np.array([3 * 10**8, 3 * 10**8])
    assert drift.jensen_shannon_distance(n, m, resamples=99).p_value > 0.5


def test_the_seed_decides_and_empty_samples_are_undefined():
    assert drift.population_stability_index([5, 6], [7, 3], seed=1) == drift.population_stability_index(
        [5, 6], [7, 3], seed=1
    )
    assert drift.population_stability_index([0, 0], [1, 2]) is None
    assert drift.jensen_shannon_distance([1, 2], [0, 0]) is None
    assert drift.wasserstein_distance([0, 1], [0, 0], [1, 1]) is None


def test_bins_empty_in_both_take_no_part():
    one, other = (
        drift.population_stability_index([5, 0, 6], [7, 0, 3]),
        drift.population_stability_index([5, 6], [7, 3]),
    )
    assert (one.estimate, one.bins) == (other.estimate, 2)


@pytest.mark.parametrize("positions", [[1.0, 1.0], [2.0, 1.0], [0.0, float("inf")], [0.0]])
def test_positions_that_do_not_ascend_are_refused(positions):
    with pytest.raises(ValueError, match="position"):
        drift.wasserstein_distance(positions, [1, 2], [2, 1])
