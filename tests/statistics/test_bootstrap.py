"""The bootstrap drawn from counts."""

import numpy as np
import pytest
from scipy import stats

from cardwright.statistics.bootstrap import bootstrap, resample_counts


def share(counts):
    return counts[:, 0] / counts.sum(axis=1)


def difference(counts):
    rates = counts[:, :, 0] / counts.sum(axis=2)
    return rates[:, 0] - rates[:, 1]


def test_resampled_tables_keep_the_number_of_rows():
    table = np.array([[30, 10, 0], [5, 20, 7]])
    drawn = resample_counts(table, 200, 1)
    assert drawn.shape == (200, 2, 3)
    assert (drawn.sum(axis=(1, 2)) == table.sum()).all()
    assert (drawn[:, 0, 2] == 0).all()


def test_fixed_axes_resample_within_each_group():
    table = np.array([[30, 10], [5, 20], [0, 0]])
    drawn = resample_counts(table, 200, 1, fixed_axes=1)
    assert (drawn.sum(axis=2) == table.sum(axis=1)).all()
    assert len(np.unique(drawn[:, 0, 0])) > 5


def test_the_same_seed_gives_the_same_interval_and_another_another():
    table = [40, 60]
    assert bootstrap(table, share, seed=[1, 2]) == bootstrap(table, share, seed=[1, 2])
    assert bootstrap(table, share, seed=1) != bootstrap(table, share, seed=2)


def test_the_standard_error_is_the_binomial_one():
    ours = bootstrap([400, 600], share, resamples=4000)
    assert ours.estimate == 0.4
    assert ours.standard_error == pytest.approx(np.sqrt(0.4 * 0.6 / 1000), rel=0.05)


@pytest.mark.parametrize("method", ["percentile", "basic", "bca"])
def test_intervals_agree_with_scipys_on_the_rows(method):
    rows = np.repeat([1.0, 0.0], [60, 240])
    theirs = stats.bootstrap(
        (rows,), np.mean, vectorized=True, n_resamples=4000, method=method if method != "bca" else "BCa", rng=1
    ).confidence_interval
    ours = bootstrap([60, 240], share, method=method, resamples=4000, seed=1)
    assert ours.bounds.method == f"bootstrap_{method}"
    assert (ours.bounds.lower, ours.bounds.upper) == pytest.approx((theirs.low, theirs.high), abs=0.008)


@pytest.mark.parametrize("method", ["percentile", "basic", "bca"])
def test_intervals_of_a_smooth_statistic_cover(method):
    rng = np.random.default_rng(4)
    held = 0
    for seed in range(200):
        k = rng.binomial(120, [0.5, 0.3])
        table = np.stack([k, 120 - k], axis=1)
        bounds = bootstrap(table, difference, method=method, resamples=500, seed=seed, fixed_axes=1).bounds
        held += bounds.lower <= 0.2 <= bounds.upper
    assert held / 200 > 0.89


def test_at_equality_the_percentile_interval_of_a_gap_never_covers_0():
    """The limit that the module states, and the reason why `gaps` exists."""

    def gap(counts):
        return np.ptp(counts[:, :, 0] / counts.sum(axis=2), axis=1)

    k = np.random.default_rng(0).binomial(100, 0.5, size=(60, 3))
    lowers = [
        bootstrap(
            np.stack([row, 100 - row], axis=1), gap, method="percentile", resamples=400, fixed_axes=1
        ).bounds.lower
        for row in k
    ]
    assert min(lowers) > 0


def test_an_undefined_statistic_is_none():
    assert bootstrap([0, 0], share) is None
    assert bootstrap([[0, 0], [3, 4]], difference) is None


def test_resamples_that_leave_it_undefined_are_counted_and_too_many_make_it_none():
    """With two rows in a group a quarter of the resamples has none of them."""

    def rate(counts):
        return counts[:, 0, 0] / counts[:, 0].sum(axis=1)

    assert bootstrap([[1, 1], [30, 30]], rate) is None
    few = bootstrap([[3, 2], [30, 30]], rate, method="percentile", seed=3)
    assert 0 < few.undefined < 0.05 * few.resamples


def test_a_statistic_that_never_varies_has_an_interval_of_no_width():
    ours = bootstrap([7, 0], share)
    assert (ours.bounds.lower, ours.estimate, ours.bounds.upper, ours.standard_error) == (1.0, 1.0, 1.0, 0.0)


def test_negative_counts_are_refused():
    with pytest.raises(ValueError, match="negative"):
        resample_counts([-1, 2], 10)
