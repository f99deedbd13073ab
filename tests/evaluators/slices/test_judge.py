"""Each slice beside the rest: differences, coverage and lift, and the largest difference of all."""

import numpy as np
import pytest
from tests.evaluators.slices.support import columns, found_slices, one, run, source
from tests.support import memory_predictions

from cardwright.record.measurement import Measured, Unmeasured


def test_coverage_is_the_share_of_the_judging_halfs_errors():
    evaluation = run()
    rule = found_slices(evaluation)[0].slice["found slice"]
    covered = one(evaluation, "error_coverage", **{"found slice": rule})
    rate = one(evaluation, "error_rate", **{"found slice": rule})
    share = one(evaluation, "slice_share", **{"found slice": rule})
    lifted = one(evaluation, "error_lift", **{"found slice": rule})
    assert covered.numerator == rate.numerator
    assert covered.value == covered.numerator / covered.denominator
    assert lifted.value == pytest.approx(covered.value / share.value, rel=1e-12)
    assert share.denominator < 0.6 * 4000  # the judging half alone


def test_a_declared_slice_is_held_against_the_rest():
    """The difference's numbers are those of the slice and of all other rows."""
    data = columns()
    evaluation = run(source(data), columns=["g"])
    wrong, inside = data["y"] != data["d"], data["g"] == "b"
    rate, difference = one(evaluation, "error_rate", g="b"), one(evaluation, "error_rate_difference_to_rest", g="b")
    assert (rate.numerator, rate.denominator) == (wrong[inside].sum(), inside.sum())
    assert rate.interval.method == "wilson"
    assert difference.value == wrong[inside].mean() - wrong[~inside].mean()
    assert difference.interval.method == "newcombe"
    assert difference.test.family == "declared_slices"
    assert one(evaluation, "error_rate").value == wrong.mean()
    largest = one(evaluation, "largest_slice_difference")
    assert largest.value == difference.value
    assert largest.interval.lower < difference.interval.lower  # for all slices at once
    assert (largest.groups.compared, largest.groups.expected, largest.groups.highest) == (3, 3, {"g": "b"})


def test_a_small_slice_says_how_many_it_has_and_nothing_else():
    data = columns()
    data["g"] = np.where(np.arange(4000) < 5, "tiny", data["g"])
    evaluation = run(source(data), columns=["g"])
    for metric in ("error_rate", "error_rate_difference_to_rest"):
        small = one(evaluation, metric, g="tiny")
        assert isinstance(small, Unmeasured) and small.code == "too_few_samples" and small.denominator == 5
    largest = one(evaluation, "largest_slice_difference")
    assert (largest.groups.compared, largest.groups.expected) == (3, 4)
    assert largest.groups.excluded[0].slice == {"g": "tiny"}


def test_a_model_that_is_always_right_has_no_lift():
    data = columns()
    data["d"] = data["y"]
    evaluation = run(source(data))
    assert one(evaluation, "error_rate").value == 0
    assert found_slices(evaluation) == [] and evaluation.findings == ()
    assert one(evaluation, "found_slices_confirmed").value == 0


def test_one_class_only_is_counted():
    data = columns()
    data["y"] = np.ones(4000, int)
    evaluation = run(source(data), columns=["g"])
    assert isinstance(one(evaluation, "error_rate", g="a"), Measured)


def test_the_largest_difference_of_a_regression_is_stated_in_standard_deviations_too():
    rng = np.random.default_rng(8)
    n = 1200
    place, y = rng.choice(["near", "far"], n), rng.normal(0, 3, n)
    said = y + rng.normal(0, np.where(place == "far", 2.0, 0.5))
    found = []
    for scale in (1.0, 100.0):
        data = {"place": place, "y": y * scale, "d": said * scale}
        predictions = memory_predictions(data, prediction="d", task="regression")
        evaluation = run(predictions, columns=["place"], find=False)
        found.append(one(evaluation, "largest_standardized_slice_difference"))
        assert found[-1].value == pytest.approx(one(evaluation, "largest_slice_difference").value / (y.std() * scale))
    assert found[0].value == pytest.approx(found[1].value)
    assert found[0].groups.highest == {"place": "far"}
    assert found[0].interval.lower < found[0].value < found[0].interval.upper


def test_a_classification_has_no_difference_in_standard_deviations():
    assert not [m for m in run().measurements if m.metric == "largest_standardized_slice_difference"]
