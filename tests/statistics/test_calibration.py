"""Calibration from sums by bin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from cardwright.statistics import calibration
from cardwright.statistics.intervals import mean_interval, wilson
from cardwright.statistics.sampling import Moments


def binned(y, p, bins=10):
    place = calibration.equal_width_bins(p, bins)
    count = lambda weights=None: np.bincount(place, weights=weights, minlength=bins)  # noqa: E731
    return count().astype(int), count(y).astype(int), count(p)


ROWS = st.integers(1, 60).flatmap(
    lambda n: st.tuples(arrays(np.int64, n, elements=st.integers(0, 1)), arrays(float, n, elements=st.floats(0, 1)))
)


@given(ROWS)
def test_the_curve_is_that_of_scikit_learn(rows):
    y, p = rows
    if len(set(y)) < 2:
        return
    # scikit-learn puts a score on an inner edge in the bin below it, we in the one above: move them off the edges.
    p = np.where(np.isclose(p * 10, np.round(p * 10)) & (p > 0) & (p < 1), p * 0.9 + 0.033, p)
    observed, predicted = calibration_curve(y, p, n_bins=10)
    ours = calibration.calibration_curve(*binned(y, p))
    np.testing.assert_allclose(ours.observed, observed)
    np.testing.assert_allclose(ours.predicted, predicted)


def test_each_point_of_the_curve_has_wilsons_interval_and_empty_bins_none():
    ours = calibration.calibration_curve([10, 0, 20], [2, 0, 15], [1.5, 0, 16.0])
    assert ours.bin.tolist() == [0, 2]
    assert [(lo, hi) for lo, hi in zip(ours.lower, ours.upper, strict=True)] == [
        (wilson(2, 10).lower, wilson(2, 10).upper),
        (wilson(15, 20).lower, wilson(15, 20).upper),
    ]


def test_the_error_of_a_known_table():
    """Two bins: 10 rows at .1 with 2 positives, 30 at .9 with 24: 10/40 |.2 - .1| + 30/40 |.8 - .9| = .1."""
    ours = calibration.expected_calibration_error([10, 30], [2, 24], [1.0, 27.0])
    assert ours.estimate == pytest.approx(0.1)
    assert ours.largest == pytest.approx(0.1)
    assert (ours.rows, ours.bins) == (40, 2)


@given(ROWS)
def test_the_interval_holds_the_estimate(rows):
    ours = calibration.expected_calibration_error(*binned(*rows), resamples=200)
    assert 0 <= ours.bounds.lower <= ours.estimate <= ours.bounds.upper <= 1
    assert 0 < ours.p_value <= 1


def test_the_noise_floor_is_that_of_its_closed_form():
    rng = np.random.default_rng(0)
    p = rng.random(5000)
    n, k, s = binned((rng.random(5000) < p).astype(int), p)
    assert calibration.expected_calibration_error(n, k, s).noise_floor == pytest.approx(
        calibration.noise_floor(n, s), rel=0.05
    )
    assert calibration.noise_floor([0], [0.0]) is None


def test_the_error_of_a_calibrated_model_is_its_noise_floor_and_its_interval_reaches_0():
    rng = np.random.default_rng(1)
    covered = significant = 0
    for seed in range(120):
        p = rng.beta(2, 3, 400)
        ours = calibration.expected_calibration_error(
            *binned((rng.random(400) < p).astype(int), p), resamples=400, seed=seed
        )
        # Within a bin predictions vary, so that the bins' own error is all but 0.
        covered += ours.bounds.lower <= 0.003
        significant += ours.p_value <= 0.05
    assert covered / 120 > 0.93
    assert significant / 120 < 0.12


def test_the_interval_covers_a_miscalibrated_model():
    rng = np.random.default_rng(2)
    levels = (np.arange(10) + 0.5) / 10
    truth = np.clip(levels + 0.1, 0, 1)
    held = 0
    for seed in range(150):
        n = rng.multinomial(1500, np.full(10, 0.1))
        ours = calibration.expected_calibration_error(n, rng.binomial(n, truth), n * levels, resamples=400, seed=seed)
        held += ours.bounds.lower <= (n / n.sum() * np.abs(truth - levels)).sum() <= ours.bounds.upper
        assert ours.p_value < 0.01
    assert held / 150 > 0.92


def test_the_same_seed_gives_the_same_numbers():
    table = ([10, 30], [2, 24], [1.0, 27.0])
    assert calibration.expected_calibration_error(*table, seed=4) == calibration.expected_calibration_error(
        *table, seed=4
    )


def test_without_rows_nothing_is_measured():
    assert calibration.expected_calibration_error([0, 0], [0, 0], [0, 0]) is None
    assert calibration.brier_decomposition([0], [0], [0], [0], [0]) is None
    assert len(calibration.calibration_curve([0], [0], [0]).bin) == 0


@given(ROWS)
def test_the_brier_score_splits_exactly(rows):
    y, p = rows
    place = calibration.equal_width_bins(p)
    squares, products = (np.bincount(place, weights=w, minlength=10) for w in (p * p, p * y))
    ours = calibration.brier_decomposition(*binned(y, p), squares, products)
    assert ours.brier == pytest.approx(np.mean((p - y) ** 2), abs=1e-12)
    terms = (
        ours.reliability - ours.resolution + ours.uncertainty + ours.within_bin_variance - ours.within_bin_covariance
    )
    assert terms == pytest.approx(ours.brier, abs=1e-12)
    if len(set(y)) == 2:
        assert ours.brier == pytest.approx(brier_score_loss(y, p), abs=1e-12)


def test_log_loss_is_that_of_scikit_learn_and_stays_finite():
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, 50), rng.random(50)
    losses = calibration.clipped_log_loss(y, p)
    assert losses.mean() == pytest.approx(log_loss(y, p))
    moments = Moments.of(losses)
    bounds = mean_interval(moments.n, moments.total.exact, moments.squares.exact).bounds
    assert bounds.lower < losses.mean() < bounds.upper
    assert np.isfinite(calibration.clipped_log_loss([1, 0], [0.0, 1.0])).all()


@pytest.mark.parametrize(
    "table, message",
    [
        (([3], [4], [1.0]), "positives"),
        (([3], [2], [3.5]), "predicted"),
        (([3, 1], [2], [1.0]), "per bin"),
    ],
)
def test_impossible_bins_are_refused(table, message):
    with pytest.raises(ValueError, match=message):
        calibration.expected_calibration_error(*table)


def test_a_probability_outside_0_and_1_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibration.equal_width_bins([1.2])
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibration.equal_width_bins([float("nan")])


@pytest.mark.parametrize("seed", range(3))
def test_the_calibration_slope_is_that_of_a_logistic_regression(seed):
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(seed)
    p = rng.choice(np.linspace(0.05, 0.95, 40), 3000)
    y = (rng.random(3000) < 1 / (1 + np.exp(-(0.3 + 0.6 * np.log(p / (1 - p)))))).astype(int)
    values = np.unique(p)
    found = calibration.calibration_slope(
        values, [((p == v) & (y == 0)).sum() for v in values], [((p == v) & (y == 1)).sum() for v in values]
    )
    x = np.log(p / (1 - p))[:, None]
    fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(x, y)
    assert found.estimate == pytest.approx(float(fitted.coef_[0, 0]), rel=1e-4)
    said = fitted.predict_proba(x)[:, 1]
    design = np.c_[np.ones(len(x)), x]
    covariance = np.linalg.inv((design * (said * (1 - said))[:, None]).T @ design)
    assert found.standard_error == pytest.approx(float(np.sqrt(covariance[1, 1])), rel=1e-3)
    assert found.bounds.lower < 0.6 < found.bounds.upper


@pytest.mark.parametrize(
    ("scores", "negatives", "positives"),
    [
        ([0.5], [10], [10]),
        ([0.2, 0.8], [10, 10], [0, 0]),
        ([0.2, 0.8], [10, 0], [0, 10]),
        ([0.2, 0.8], [0, 10], [10, 0]),
        ([], [], []),
    ],
    ids=["one score", "one outcome", "separated", "separated the other way", "no rows"],
)
def test_a_slope_without_an_end_is_none(scores, negatives, positives):
    assert calibration.calibration_slope(scores, negatives, positives) is None
