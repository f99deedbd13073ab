"""Rates of a table of outcome and decision: worked out by hand, undefined where nothing stands below the line."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.evaluators.rows.support import tally
from tests.support import memory_predictions

from cardwright.evaluators.rows.rates import (
    HIGHER,
    LOWER,
    RATES,
    About,
    Estimate,
    Metric,
    accuracy_of,
    alike,
    how_sure,
    interval_of,
    measure,
    part,
    persons,
    proportion,
    rate_of,
)
from cardwright.evaluators.rows.tally import Cell
from cardwright.statistics.intervals import Bounds

TN, FP, FN, TP = 50, 10, 20, 40
COUNTS = np.array([[TN, FP], [FN, TP]])
BY_HAND = {
    "base_rate": 60 / 120, "selection_rate": 50 / 120, "true_positive_rate": 40 / 60, "false_positive_rate": 10 / 60,
    "true_negative_rate": 50 / 60, "false_negative_rate": 20 / 60, "positive_predictive_value": 40 / 50,
    "negative_predictive_value": 50 / 70, "false_discovery_rate": 10 / 50, "false_omission_rate": 20 / 70,
    "accuracy": 90 / 120, "f1": 80 / 110,
}  # fmt: skip
ABOUT = About("row", None, "unstated", {"threshold": 0.5})
tables = st.lists(st.integers(0, 40), min_size=4, max_size=4).map(lambda n: np.array(n).reshape(2, 2))


def plain(counts):
    return Cell(np.asarray(counts), None, None)


def weighted(counts, weight):
    counts = np.asarray(counts)
    return Cell(counts, counts * weight, counts * weight**2)


def clustered(by_person):
    by_person = np.asarray(by_person, float)
    return Cell(by_person.sum(axis=0).astype(int), None, None, lambda: (by_person, by_person))


@pytest.mark.parametrize("name", RATES)
def test_every_rate_is_the_one_worked_out_by_hand_inside_its_interval(name):
    found = rate_of(RATES[name], plain(COUNTS), 0.95)
    assert found.value == pytest.approx(BY_HAND[name])
    assert found.bounds.lower < found.value < found.bounds.upper
    assert found.numerator / found.denominator == pytest.approx(found.value)


def test_the_table_has_no_rate_that_is_not_worked_out_here():
    assert {*BY_HAND} == {*RATES}


@given(tables)
def test_a_rate_and_its_complement_add_up_to_1_and_are_undefined_together(counts):
    for one, other in [
        ("true_positive_rate", "false_negative_rate"), ("false_positive_rate", "true_negative_rate"),
        ("positive_predictive_value", "false_discovery_rate"), ("negative_predictive_value", "false_omission_rate"),
    ]:  # fmt: skip
        first, second = (rate_of(RATES[name], plain(counts), 0.9) for name in (one, other))
        assert (first.value is None) == (second.value is None)
        assert first.value is None or first.value + second.value == pytest.approx(1)


@pytest.mark.parametrize("name", RATES)
def test_nothing_below_the_line_is_undefined_and_never_0(name):
    found = rate_of(RATES[name], plain(np.zeros((2, 2), int)), 0.95)
    assert (found.value, found.denominator, found.bounds) == (None, 0.0, None)
    said = measure(RATES[name].metric, found, ABOUT)
    assert (said.status, said.code) == ("unmeasured", "undefined")
    assert said.reason == f"There are no {RATES[name].of}: the denominator is 0."


def test_the_interval_is_wilsons():
    found = rate_of(RATES["true_positive_rate"], plain(COUNTS), 0.95)
    n, p, z = 60, 40 / 60, stats.norm.ppf(0.975)
    middle, half = (p + z * z / (2 * n)), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert (found.bounds.lower, found.bounds.upper) == pytest.approx(
        ((middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n))
    )
    assert found.standard_error == pytest.approx(math.sqrt(p * (1 - p) / n))


@pytest.mark.parametrize("counts", [[[0, 0], [0, 9]], [[0, 0], [9, 0]]])
def test_a_rate_of_0_or_1_has_an_interval_and_no_standard_error(counts):
    found = rate_of(RATES["true_positive_rate"], plain(counts), 0.95)
    assert found.standard_error is None
    assert found.bounds.lower <= found.value <= found.bounds.upper
    assert found.bounds.upper - found.bounds.lower > 0.1


def test_equal_weights_give_the_rate_of_no_weights_at_their_number_of_rows():
    for weight in (0.25, 1.0, 8.0):
        found = rate_of(RATES["true_positive_rate"], weighted(COUNTS, weight), 0.95)
        assert found.value == pytest.approx(40 / 60)
        assert found.effective_n == pytest.approx(60)
        assert (found.rows, found.denominator) == (60, 60 * weight)


def test_rows_whose_weights_are_all_0_have_no_rate():
    found = rate_of(RATES["accuracy"], weighted(COUNTS, 0.0), 0.95)
    assert (found.value, found.rows, found.denominator) == (None, 120, 0.0)


def test_persons_below_the_line_are_counted_once():
    cell = clustered([[[1, 0], [0, 2]], [[0, 0], [1, 0]], [[5, 0], [0, 0]]])
    found = rate_of(RATES["true_positive_rate"], cell, 0.95)
    assert (found.value, found.rows, found.units) == (pytest.approx(2 / 3), 3, 2)
    assert persons(cell, np.ones((2, 2), bool)) == 3
    assert persons(plain(COUNTS), np.ones((2, 2), bool)) is None


def test_if_all_rows_of_a_person_were_alike_the_size_is_kishs():
    everything = np.ones((2, 2), bool)
    assert alike(plain(COUNTS), everything) is None
    assert alike(clustered([[[1, 0], [0, 0]], [[3, 0], [0, 0]]]), everything) == pytest.approx(16 / 10)
    assert alike(weighted(COUNTS, 2.0), everything) == pytest.approx(120)
    assert alike(weighted(COUNTS, 0.0), everything) == 0.0
    assert alike(clustered([[[0, 0], [0, 0]]]), everything) == 0.0


def test_of_several_classes_one_is_held_against_the_rest():
    counts = np.array([[5, 1, 0], [2, 6, 1], [0, 3, 7]])
    assert rate_of(RATES["true_positive_rate"], plain(counts), 0.95, positive=1).value == pytest.approx(6 / 9)
    assert rate_of(RATES["positive_predictive_value"], plain(counts), 0.95, positive=1).value == pytest.approx(6 / 10)
    assert accuracy_of(plain(counts), 0.95).value == pytest.approx(18 / 25)


@given(st.integers(1, 4), st.integers(0, 3))
def test_the_four_parts_of_a_table_cover_it_once(size, positive):
    positive %= size
    shape = (size, max(size, 2))
    covered = sum(part(shape, frozenset([name]), positive).astype(int) for name in ("tp", "fp", "fn", "tn"))
    assert (covered == 1).all()


def test_without_decisions_nobody_was_selected():
    assert part((2, 1), frozenset({"tp", "fp"})).sum() == 0
    assert part((2, 1), frozenset({"fn"})).tolist() == [[False], [True]]


def test_f1_is_the_harmonic_mean_and_its_interval_is_carried_over():
    found = rate_of(RATES["f1"], plain(COUNTS), 0.95)
    precision, recall = 40 / 50, 40 / 60
    assert found.value == pytest.approx(2 * precision * recall / (precision + recall))
    jaccard = proportion(
        plain(COUNTS), part((2, 2), frozenset({"tp"})), part((2, 2), frozenset({"tp", "fp", "fn"})), "x", 0.95
    )
    assert found.bounds.lower == pytest.approx(2 * jaccard.bounds.lower / (1 + jaccard.bounds.lower))
    assert found.bounds.method.endswith("_jaccard")


def test_a_bound_that_rounding_put_beyond_the_estimate_is_the_estimate():
    found = interval_of(Bounds(0.5000001, 0.6, 0.95, "m"), 0.5)
    assert (found.lower, found.upper) == (0.5, 0.6)
    assert interval_of(None, 0.5) is None


def test_a_measurement_says_what_was_counted_and_at_which_threshold():
    metric = Metric("m", "M", "proportion", LOWER)
    estimate = Estimate(0.5, 10, "rows", 5.0, 10.0, units=4, effective_n=3.5)
    said = measure(metric, estimate, ABOUT, {"g": None}, reference="old")
    assert (said.slice, said.at, said.direction, said.reference) == ({"g": None}, {"threshold": 0.5}, LOWER, "old")
    assert (said.sampling.units, said.sampling.observations, said.sampling.effective_n) == (4, 10, 3.5)
    assert measure(metric, estimate, ABOUT, decided=False).at is None
    why = measure(Metric("m", "M", "proportion", HIGHER), Estimate(None, 3, "rows", reason="Because."), ABOUT)
    assert (why.reason, why.sampling.observations) == ("Because.", 3)


def sure(**more):
    data = {"y": [1, 1, 0, 0] * 25, "d": [1, 0, 0, 0] * 25, "w": [1.0, 3.0, 1.0, 3.0] * 25, "who": [*range(20)] * 5}
    return how_sure(tally(memory_predictions(data, prediction="d", **more)), 0.95)


def test_plain_rows_need_no_word_on_how_sure_their_rates_are():
    assert sure() == ""


def test_weighted_rows_say_by_what_factor_their_variance_is_larger():
    """Accuracy 5/8: p (1 - p) over the sum of (w (right - p))^2 is 93.75 rows of one weight, of 100."""
    right, w = np.array([1, 0, 1, 1] * 25), np.array([1.0, 3.0, 1.0, 3.0] * 25)
    p = (w * right).sum() / w.sum()
    size = p * (1 - p) * w.sum() ** 2 / ((w * (right - p)) ** 2).sum()
    said = sure(weight="w")
    assert f"100 rows are as informative as {size:.0f}" in said
    assert f"a design effect of {100 / size:.3g}" in said


def test_rows_of_one_person_say_what_they_are_worth():
    assert "one independent case" in sure(person="who")
    assert "a design effect of " in sure(person="who")
