"""Between groups: which enter a gap, and what the data could have shown."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from tests.evaluators.fairness.support import assess, decisions, one
from tests.evaluators.rows.support import tally
from tests.support import memory_predictions

from cardwright.evaluators.rows.gaps import (
    Rules,
    both,
    box_gap,
    compare,
    detectable,
    expected_slices,
    make_tests,
    mover_gap,
    pointwise_level,
    rate_test,
    too_few,
)
from cardwright.evaluators.rows.rates import RATES, About, Estimate, rate_of
from cardwright.statistics.gaps import detectable_gap
from cardwright.statistics.intervals import Bounds


def test_the_smallest_gap_the_data_could_have_shown_is_that_of_statistics():
    """The search on a grid finds what bisection finds."""
    rng = np.random.default_rng(8)
    for _ in range(15):
        n = [float(x) for x in rng.integers(5, 3000, rng.integers(2, 9))]
        rate = float(rng.random())
        found, expected = detectable(rate, n, 0.95), detectable_gap(rate, n, 0.95)
        assert (found is None) == (expected is None)
        assert found is None or found == pytest.approx(expected, abs=1e-5)


def test_resolution_says_what_could_have_been_shown_and_how_many_rows_would_settle_it():
    """An inconclusive ratio comes with the rows that a larger sample of the same shape would take."""
    evaluation = assess(decisions({("a", 1, 1): 50, ("a", 0, 0): 50, ("b", 1, 1): 45, ("b", 0, 0): 55}))
    ratio = one(evaluation, "demographic_parity_ratio", across=["g"])
    assert ratio.interval.lower < 0.8 < ratio.interval.upper
    assert 0.1 < ratio.resolution.detectable < 0.4 and ratio.resolution.needed > 200
    larger = -(-ratio.resolution.needed // 200)
    again = assess(
        decisions(
            {("a", 1, 1): 50 * larger, ("a", 0, 0): 50 * larger, ("b", 1, 1): 45 * larger, ("b", 0, 0): 55 * larger}
        )
    )
    assert one(again, "demographic_parity_ratio", across=["g"]).interval.lower > 0.8


# --- parts of it, by hand ------------------------------------------------------------------------------------------------


def estimates(*values, half=0.1, rows=100, **more):
    return [
        Estimate(
            value, rows, "rows", bounds=None if half is None else Bounds(value - half, value + half, 0.95, "m"), **more
        )
        for value in values
    ]


def test_the_gap_of_independent_estimates_adds_the_distances_to_their_bounds_as_squares():
    found = mover_gap(estimates(0.2, 0.7, 0.5), 0.95)
    assert (found.estimate, found.highest, found.lowest) == (pytest.approx(0.5), 1, 0)
    assert (found.lower, found.upper) == pytest.approx((0.5 - math.hypot(0.1, 0.1), 0.5 + math.hypot(0.1, 0.1)))


def test_the_gap_of_intervals_that_hold_together_is_the_most_cautious():
    found = box_gap(estimates(0.2, 0.7), 0.95)
    assert (found.lower, found.upper) == pytest.approx((0.3, 0.7))
    assert box_gap(estimates(0.5, 0.5), 0.95).lower == 0.0
    for values in ((0.2, 0.7), (0.1, 0.4, 0.9)):
        narrow, wide = mover_gap(estimates(*values), 0.95), box_gap(estimates(*values), 0.95)
        assert wide.lower <= narrow.lower <= narrow.upper <= wide.upper


@pytest.mark.parametrize("gap", [mover_gap, box_gap])
def test_a_gap_has_no_interval_if_one_group_has_none(gap):
    found = gap([*estimates(0.2), *estimates(0.7, half=None)], 0.95)
    assert (found.estimate, found.method) == (pytest.approx(0.5), "none")


def test_the_pointwise_level_of_two_groups_is_the_level_itself_and_rises_with_more():
    """Of two groups Tukey's quantile over the square root of 2 is the normal one."""
    assert pointwise_level(2, 0.95) == pytest.approx(0.95, abs=1e-6)
    levels = [pointwise_level(groups, 0.95) for groups in range(2, 12)]
    assert levels == sorted(levels)
    assert levels[-1] < 1


def view_of(counts, groups=("a", "b", "c")):
    data = [(group, y) for (group, y), n in counts.items() for _ in range(n)]
    source = memory_predictions(
        {"y": [y for _, y in data], "d": [y for _, y in data], "g": pa.array([g for g, _ in data], pa.string())},
        prediction="d",
        sensitive={"g": groups},
    )
    return tally(source).view((0,))


def by_rate(view):
    return [rate_of(RATES["base_rate"], cell, 0.95) for _, cell in view]


def test_groups_enter_with_enough_cases_and_the_others_are_named_with_their_count():
    view = view_of({("a", 1): 20, ("a", 0): 20, ("b", 1): 4, (None, 1): 7})
    found = compare(view, by_rate(view), 5)
    assert [slice_["g"] for slice_ in found.slices] == ["a"]
    assert [(out.slice["g"], out.reason) for out in found.excluded] == [("b", "4 rows, fewer than 5"), ("c", "no rows")]
    assert (found.expected, found.unknown, found.rows) == (3, 7, 51)
    present, empty, expected = expected_slices(view)
    assert ([s["g"] for s in present], [s["g"] for s in empty], expected) == (["a", "b"], ["c"], 3)


@pytest.mark.parametrize(
    ("counts", "groups", "code", "says"),
    [
        ({(None, 1): 9}, (), "undefined", "g is unknown in all 9 rows"),
        ({("a", 1): 9}, ("a",), "undefined", "g has one group in 9 rows of known membership"),
        ({("a", 1): 9, ("b", 1): 1}, ("a", "b"), "too_few_samples", "1 of 2 groups of g have this number, from at least 5 rows"),
    ],
)  # fmt: skip
def test_why_there_is_no_gap_is_said(counts, groups, code, says):
    view = view_of(counts, groups)
    compared = compare(view, by_rate(view), 5)
    said = too_few("m", compared, About("row", None, "unstated", None))
    assert said.code == code
    assert said.reason.startswith(says)


def test_a_group_that_is_left_out_of_one_part_is_left_out_of_both_and_says_why():
    view = view_of({("a", 1): 20, ("a", 0): 20, ("b", 1): 20, ("b", 0): 3, ("c", 1): 30, ("c", 0): 30})
    of = {
        name: [rate_of(RATES[name], cell, 0.95) for _, cell in view]
        for name in ("true_positive_rate", "false_positive_rate")
    }
    together = both([compare(view, found, 5) for found in of.values()])
    assert [slice_["g"] for slice_ in together.slices] == ["a", "c"]
    assert [out.slice["g"] for out in together.excluded] == ["b"]
    assert together.of == "rows with the favourable outcome and rows without the favourable outcome"


def test_a_rate_and_its_complement_share_one_permutation_test():
    rules = Rules(minimum=5, level=0.95, resamples=99, screening=99, seed=(1,), plain=True)
    view = view_of({("a", 1): 20, ("a", 0): 10, ("b", 1): 10, ("b", 0): 20}, ("a", "b"))
    first = compare(view, by_rate(view), 5)
    other = compare(
        view,
        [Estimate(1 - e.value, e.rows, e.of, e.denominator - e.numerator, e.denominator) for e in by_rate(view)],
        5,
    )
    assert rate_test(first, rules, 99) == rate_test(other, rules, 99)
    assert len(make_tests([(first, 99), (other, 99)], [], rules)) == 1
    assert rate_test(first, replace(rules, plain=False), 99) is None


def test_tests_that_were_made_are_not_made_again_whatever_the_number_of_threads():
    rules = Rules(minimum=5, level=0.95, resamples=99, screening=99, seed=(1,), plain=True)
    wanted = []
    for n in (8, 12, 15):
        view = view_of({("a", 1): 20, ("a", 0): 10, ("b", 1): n, ("b", 0): 20}, ("a", "b"))
        wanted.append((compare(view, by_rate(view), 5), 99))
    one = make_tests(wanted, [], rules)
    assert one == make_tests(wanted, [], replace(rules, workers=3))
    (key, *_) = one
    marker = object()
    assert make_tests(wanted, [], rules, {key: marker})[key] is marker
