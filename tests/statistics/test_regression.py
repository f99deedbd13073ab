"""Errors of predicted numbers from moments."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from cardwright.statistics import regression
from cardwright.statistics.regression import RegressionMoments


def sample(n, seed=0, noise=1.0):
    rng = np.random.default_rng(seed)
    y = rng.normal(50, 3, n)
    return y, y + rng.normal(0.2, noise, n)


@given(st.integers(3, 200), st.integers(0, 1000), st.sampled_from([0.0, 50.0, -7.5]))
@settings(max_examples=40)
def test_errors_are_those_of_scikit_learn_whatever_the_offset(n, seed, offset):
    y, x = sample(n, seed)
    m = RegressionMoments.of(y, x, offset)
    assert regression.mean_error(m).estimate == pytest.approx(np.mean(x - y))
    assert regression.mean_absolute_error(m).estimate == pytest.approx(metrics.mean_absolute_error(y, x))
    assert regression.mean_squared_error(m).estimate == pytest.approx(metrics.mean_squared_error(y, x))
    assert regression.root_mean_squared_error(m).estimate == pytest.approx(metrics.root_mean_squared_error(y, x))
    assert regression.r_squared(m).estimate == pytest.approx(metrics.r2_score(y, x), rel=1e-6)


@given(st.permutations(range(5)), st.integers(0, 100))
def test_batches_add_up_to_the_whole_in_any_order(order, seed):
    y, x = sample(50, seed)
    parts = [RegressionMoments.of(y[i::5], x[i::5], 50.0) for i in order]
    total = parts[0]
    for part in parts[1:]:
        total += part
    assert total == RegressionMoments.of(y, x, 50.0)


def test_moments_about_different_offsets_do_not_add_up():
    with pytest.raises(ValueError, match="offsets"):
        _ = RegressionMoments.of([1.0], [1.0], 0.0) + RegressionMoments.of([1.0], [1.0], 1.0)


@pytest.mark.parametrize("measure", ["mean_absolute_error", "root_mean_squared_error", "r_squared"])
def test_standard_errors_are_those_of_resampling(measure):
    y, x = sample(300, 3)
    rng = np.random.default_rng(1)
    values = []
    for _ in range(300):
        rows = rng.integers(0, 300, 300)
        values.append(getattr(regression, measure)(RegressionMoments.of(y[rows], x[rows], 50.0)).estimate)
    ours = getattr(regression, measure)(RegressionMoments.of(y, x, 50.0))
    assert ours.standard_error == pytest.approx(np.std(values), rel=0.15)
    assert ours.bounds.lower < ours.estimate < ours.bounds.upper


def test_intervals_cover():
    held = np.zeros(3)
    truth = (np.sqrt(2 / np.pi), 1.0, 1 - 1 / 9)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        y = rng.normal(50, 3, 200)
        m = RegressionMoments.of(y, y + rng.normal(0, 1, 200), 50.0)
        found = (regression.mean_absolute_error(m), regression.root_mean_squared_error(m), regression.r_squared(m))
        held += [f.bounds.lower <= t <= f.bounds.upper for f, t in zip(found, truth, strict=True)]
    assert (held / 200 > 0.9).all()


def test_a_constant_outcome_has_no_r_squared():
    """scikit-learn says 0 or 1 there."""
    assert regression.r_squared(RegressionMoments.of([0.1] * 50, np.linspace(0, 1, 50))) is None
    assert regression.r_squared(RegressionMoments.of([1.0, 2.0], [1.0, 2.0])) is None


def test_one_row_has_no_interval_and_a_perfect_model_no_error():
    assert regression.mean_absolute_error(RegressionMoments.of([1.0], [2.0])) is None
    assert regression.root_mean_squared_error(RegressionMoments.of([1.0], [2.0])) is None
    y, _ = sample(20)
    perfect = RegressionMoments.of(y, y)
    assert regression.root_mean_squared_error(perfect).estimate == 0.0
    assert regression.r_squared(perfect).estimate == 1.0


def test_bounds_of_errors_are_not_negative():
    assert regression.mean_absolute_error(RegressionMoments.of([0.0] * 3, [0.0, 0.0, 9.0])).bounds.lower == 0.0


def test_rows_without_a_number_are_refused():
    with pytest.raises(ValueError, match="finite"):
        RegressionMoments.of([1.0, float("nan")], [1.0, 2.0])
    with pytest.raises(ValueError, match="one number per row"):
        RegressionMoments.of([1.0], [1.0, 2.0])
