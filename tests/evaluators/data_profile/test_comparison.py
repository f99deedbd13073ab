"""A table beside an earlier version, beside the people meant, and its annotators beside each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.evaluators.data_profile.support import one, profile, table
from tests.strategies import FEW

from cardwright.errors import UsageError
from cardwright.record import Unmeasured

# ------------------------------------------------------------------------------------------------ an earlier version


def test_drift_states_distances_p_value_and_both_sample_sizes():
    moved = table(n=300)
    moved["income"] = [None if v is None else v + 200 for v in moved["income"]]
    evaluation = profile(moved, reference=table(n=150))
    found = one(evaluation, "wasserstein_distance", slice={"column": "income"})
    held = [sum(v is not None for v in columns["income"]) for columns in (moved, table(n=150))]
    assert found.denominator == held[0]
    assert found.test.p_value < 0.01
    line = next(row for row in next(t for t in evaluation.tables if t.id == "drift").rows if row[0] == "income")
    assert list(line[-2:]) == held
    assert not evaluation.find("wasserstein_distance", slice={"column": "race"})


def test_the_wasserstein_distance_is_that_of_scipy_where_values_are_few():
    here, there = [0, 1, 1, 2, 2, 2, 5], [0, 0, 1, 2, 3]
    evaluation = profile({"v": here, "y": [0, 1] * 3 + [1]}, reference={"v": there, "y": [0, 1, 0, 1, 1]}, sensitive=())
    found = one(evaluation, "wasserstein_distance", slice={"column": "v"})
    assert found.value == pytest.approx(stats.wasserstein_distance(here, there))


def test_a_shift_of_many_values_moves_them_by_about_as_much():
    rng = np.random.default_rng(0)
    there = rng.normal(50, 10, 2000).tolist()
    here = (rng.normal(50, 10, 2000) + 7).tolist()
    y = [0, 1] * 1000
    evaluation = profile({"v": here, "y": y}, reference={"v": there, "y": y}, sensitive=())
    assert one(evaluation, "wasserstein_distance", slice={"column": "v"}).value == pytest.approx(7, abs=0.7)


# ------------------------------------------------------------------------------------------------ the people meant


def of_groups(*counts, unknown=0):
    values = [group for group, n in zip("abcdef", counts, strict=False) for _ in range(n)] + [None] * unknown
    return {"g": values, "y": [0, 1] * (len(values) // 2) + [1] * (len(values) % 2)}


def test_shares_are_held_against_the_people_meant_with_intervals_and_a_test():
    evaluation = profile(of_groups(60, 40, unknown=10), sensitive=["g"], population={"g": {"a": 0.5, "b": 0.5}})
    found = one(evaluation, "representation_difference", slice={"g": "a"})
    assert found.value == pytest.approx(0.1)
    assert (found.numerator, found.denominator) == (60, 100)
    assert found.interval.lower < 0.1 < found.interval.upper
    (whole,) = evaluation.find("representation_distance", across=("g",))
    assert whole.value == pytest.approx(0.1)
    assert whole.test.p_value == pytest.approx(stats.chisquare([60, 40]).pvalue)
    assert (whole.groups.unknown, whole.groups.rows) == (10, 110)


@FEW
@given(st.lists(st.integers(0, 60), min_size=2, max_size=4).filter(lambda counts: sum(counts) > 0))
def test_differences_add_up_to_nothing_and_half_their_size_is_the_distance(counts):
    names = "abcd"[: len(counts)]
    shares = {name: 1 / len(counts) for name in names}
    evaluation = profile(of_groups(*counts), sensitive=["g"], population={"g": shares})
    differences = [one(evaluation, "representation_difference", slice={"g": name}).value for name in names]
    assert sum(differences) == pytest.approx(0, abs=1e-9)
    (whole,) = evaluation.find("representation_distance", across=("g",))
    assert whole.value == pytest.approx(sum(map(abs, differences)) / 2)


def test_a_group_that_is_meant_and_has_no_row_is_there_with_its_difference():
    evaluation = profile(of_groups(50, 50), sensitive=["g"], population={"g": {"a": 0.4, "b": 0.4, "c": 0.2}})
    assert one(evaluation, "representation_difference", slice={"g": "c"}).value == pytest.approx(-0.2)


def test_where_groups_are_expected_too_seldom_nothing_is_tested():
    evaluation = profile(of_groups(8, 2), sensitive=["g"], population={"g": {"a": 0.9, "b": 0.1}})
    (whole,) = evaluation.find("representation_distance", across=("g",))
    assert whole.test is None


def test_without_a_known_group_nothing_is_measured():
    evaluation = profile(of_groups(0, 0, unknown=4), sensitive=["g"], population={"g": {"a": 0.5, "b": 0.5}})
    assert isinstance(one(evaluation, "representation_difference", slice={"g": "a"}), Unmeasured)
    assert isinstance(evaluation.find("representation_distance", across=("g",))[0], Unmeasured)


@pytest.mark.parametrize(
    ("population", "what"),
    [
        ({"g": {"a": 0.5, "b": 0.4}}, "add up to 0.9"),
        ({"g": {"a": 1.5, "b": -0.5}}, "add up"),
        ({"g": {"a": 1.0}}, "1 groups of the data have no share"),
        ({"h": {"a": 1.0}}, 'no column is called "h"'),
    ],
)
def test_shares_that_cannot_be_are_refused(population, what):
    with pytest.raises(UsageError, match=what):
        profile(of_groups(5, 5), sensitive=["g"], population=population)


# ------------------------------------------------------------------------------------------------ annotators


def test_what_was_not_asked_is_said_not_to_be_tested():
    missing = {gap.what for gap in profile(table()).coverage.not_tested}
    assert "drift against an earlier version" in missing
    assert "whether the groups are represented as in the intended population" in missing
