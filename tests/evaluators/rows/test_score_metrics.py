"""Ranking, calibration and loss of the scores of a cell, each against its formula."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.evaluators.performance.support import assess, one, scored
from tests.evaluators.rows.support import tally
from tests.support import memory_predictions

from cardwright.evaluators.rows.exact_sums import MAX_SCORES
from cardwright.evaluators.rows.score_metrics import (
    MOST_POINTS,
    average_precision,
    bracket,
    brier_score,
    calibration_curve,
    log_loss,
    mean_score,
    roc_auc,
    roc_curve,
    score_cells,
)
from cardwright.statistics.calibration import expected_calibration_error
from cardwright.statistics.ranking import auc


def test_many_different_scores_are_binned_and_the_auc_stays_within_its_bracket():
    """Beyond `MAX_SCORES` different scores the AUC is that of bins, and single scores lie within the bracket."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 3 * MAX_SCORES)
    s = np.clip(rng.normal(0.4 + 0.1 * y, 0.1), 0, 1)
    found = tally(memory_predictions({"y": y, "s": s}, score="s", threshold=0.5), groups=False)
    assert found.scores[0].values is None
    (cell,) = score_cells(found, found.view(()))
    binned = auc(cell.positives, cell.negatives)
    values = np.unique(s)
    exact = auc(*(np.bincount(np.searchsorted(values, s[y == side]), minlength=len(values)) for side in (1, 0)))
    assert binned.lowest <= exact.estimate <= binned.highest
    assert binned.estimate == pytest.approx(exact.estimate, abs=1e-5)


def test_the_calibration_error_is_that_of_ten_bins_of_equal_width():
    """The share-weighted mean of |rate - mean score|."""
    data = scored(9)
    bins = np.minimum((data["s"] * 10).astype(int), 9)
    n = np.bincount(bins, minlength=10)
    gaps = np.abs(np.bincount(bins, data["y"], 10) - np.bincount(bins, data["s"], 10))
    found = one(assess(memory_predictions(data, score="s", threshold=0.5)), "expected_calibration_error")
    assert found.value == pytest.approx(gaps.sum() / n.sum(), abs=1e-12)
    by_hand = expected_calibration_error(
        n, np.bincount(bins, data["y"], 10).astype(int), np.bincount(bins, data["s"], 10)
    )
    assert found.interval.lower == pytest.approx(by_hand.bounds.lower, abs=0.02)


def test_the_interval_of_a_mean_loss_is_students():
    """Of the Brier score and the log loss, by scipy on the rows."""
    data = scored(10)
    evaluation = assess(memory_predictions(data, score="s", threshold=0.5))
    y, s = data["y"], np.clip(data["s"], 1e-15, 1 - 1e-15)
    for metric, losses in (("brier_score", (data["s"] - y) ** 2), ("log_loss", -np.log(np.where(y == 1, s, 1 - s)))):
        low, high = stats.t.interval(0.95, len(y) - 1, losses.mean(), stats.sem(losses))
        found = one(evaluation, metric)
        assert (found.interval.lower, found.interval.upper) == pytest.approx((low, high), rel=1e-9)


# --- one cell, by formula ------------------------------------------------------------------------------------------------


def cell_of(y, s, **options):
    found = tally(
        memory_predictions({"y": y, "s": s, "w": options.pop("w", [1.0] * len(y))}, score="s", **options),
        groups=False,
        whole=True,
    )
    (cell,) = score_cells(found, found.view(()))
    return cell


Y, S = [1, 1, 0, 1, 0, 0], [0.9, 0.8, 0.8, 0.4, 0.3, 0.1]


def test_numbers_of_six_rows_are_those_worked_out_by_hand():
    cell = cell_of(Y, S)
    assert roc_auc(cell, 0.95).value == pytest.approx((3 + 2.5 + 2) / 9)  # the tied pair counts one half
    assert brier_score(cell, 0.95).value == pytest.approx(
        np.mean([(s - y) ** 2 for y, s in zip(Y, S, strict=True)]), abs=1e-12
    )
    assert mean_score(cell, 0.95).value == pytest.approx(3.3 / 6)
    losses = [-math.log(s if y else 1 - s) for y, s in zip(Y, S, strict=True)]
    assert log_loss(cell, 0.95).value == pytest.approx(np.mean(losses))
    # by score from the top: 1 of 1, then 2 of 3 for the two tied rows, then 3 of 4
    assert average_precision(cell, 0.95).value == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)


def test_ranking_takes_two_rows_of_each_outcome():
    found = roc_auc(cell_of([1, 0, 0], [0.9, 0.8, 0.1]), 0.95)
    assert found.value is None
    assert (
        found.reason == "Ranking needs two rows of each outcome; there are 1 with and 2 without the favourable outcome."
    )


def test_without_a_favourable_outcome_there_is_no_precision_and_no_curve():
    cell = cell_of([0, 0, 0], [0.9, 0.8, 0.1], classes=("0", "1"))
    assert (average_precision(cell, 0.95).value, roc_curve(cell)) == (None, None)


@given(st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=4, max_size=40))
def test_doubling_every_weight_changes_no_number(rows):
    y, s = [0, 1, *(y for y, _ in rows)], [0.4, 0.6, *(s for _, s in rows)]
    one, two = (cell_of(y, s, w=[weight] * len(y), weight="w") for weight in (1.0, 2.0))
    for metric in (brier_score, log_loss, mean_score, average_precision):
        assert metric(one, 0.95).value == pytest.approx(metric(two, 0.95).value)
        assert metric(two, 0.95).value == pytest.approx(metric(cell_of(y, s), 0.95).value)


def test_curves_run_from_corner_to_corner_and_are_bounded():
    rng = np.random.default_rng(0)
    y, s = rng.integers(0, 2, 1000), rng.random(1000)
    curve = roc_curve(cell_of(y, s))
    assert (curve[0], curve[-1], len(curve)) == ((0.0, 0.0), (1.0, 1.0), MOST_POINTS)
    assert [*curve] == sorted(curve)
    bins = calibration_curve(cell_of(Y, S))
    assert bins[-1] == pytest.approx((0.9, 1.0))
    assert sum(share for _, share in bins) == pytest.approx(0 + 0 + 1 + 0.5 + 1)


def test_the_auc_of_scores_that_are_kept_each_needs_no_bracket():
    assert bracket(cell_of(Y, S)) is None
