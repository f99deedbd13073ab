"""Rows in memory as slices of them: losses, declared slices, bands of numbers, and what makes no slice."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import memory_predictions

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.rows.slice_sample import (
    MAX_VALUES,
    check_edges,
    declared_columns,
    parts_of,
    read,
    rounded,
)

DATA = {
    "y": [1, 0, 1, 0, 1, 0], "d": [1, 1, 0, 0, 1, 0], "s": [0.9, 0.8, 0.2, 0.1, 0.7, 0.3], "g": ["a", "a", "b", None, "b", "b"],
    "age": [20.0, 30.0, 40.0, 50.0, None, 70.0], "w": [1.0, 0.0, 2.0, 1.0, 1.0, 1.0], "p": ["x", "x", "y", "y", "z", "z"],
}  # fmt: skip


def sample(columns=(), most=100, data=DATA, **options):
    return read(memory_predictions(data, **{"prediction": "d", **options}), columns, most, 1)


def slices(columns, edges=None, quantiles=4, **options):
    held = sample(columns, **options)
    parts, cuts = parts_of(held, columns, edges or {}, quantiles, "x.csv")
    return {(part.column, part.value): np.flatnonzero(part.rows).tolist() for part in parts}, cuts


# --- rows ----------------------------------------------------------------------------------------------------------------


def test_a_wrong_decision_is_a_loss_of_1():
    losses = sample().losses()
    assert (losses.loss.tolist(), losses.binary) == ([0, 1, 1, 0, 0, 0], True)


def test_an_absolute_error_is_a_loss_of_a_number():
    data = {"y": [1.0, 2.0], "d": [1.5, 0.0]}
    losses = read(memory_predictions(data, prediction="d", task="regression"), (), 9, 0).losses()
    assert (losses.loss.tolist(), losses.binary) == ([0.5, 2.0], False)


def test_without_decisions_nothing_is_lost_and_with_a_threshold_they_are_made():
    assert sample(prediction=None, score="s").losses() is None
    made = sample(prediction=None, score="s", threshold=0.5)
    assert made.losses().loss.tolist() == [0, 1, 1, 0, 0, 0]
    assert made.metric.name == "error_rate"


def test_rows_of_weight_0_are_left_out_and_counted():
    held = sample(["g"], weight="w")
    assert (held.batch.num_rows, held.weightless, held.whole) == (5, 1, True)
    assert held.losses().loss.tolist() == [0, 1, 0, 0, 0]


def test_fewer_rows_than_there_are_is_not_the_whole():
    held = sample(most=4)
    assert (held.batch.num_rows, held.total, held.whole) == (4, 6, False)


def test_rows_of_one_person_are_one_case():
    cases = sample(person="p").clusters().tolist()
    assert [cases[0] == cases[1], cases[2] == cases[3], len({*cases})] == [True, True, 3]
    assert sample().clusters() is None


def test_what_cannot_be_counted_or_found_is_refused():
    with pytest.raises(UsageError, match=r'there is no column "agee".*"age"'):
        sample(["agee"])
    with pytest.raises(SourceError, match="1 rows have a label, prediction, score, weight or person that is missing"):
        sample(data={**DATA, "y": [1, 0, None, 0, 1, 0]})


# --- declared slices -----------------------------------------------------------------------------------------------------


def test_every_row_is_in_one_slice_of_a_column_and_a_missing_value_is_one_of_its_own():
    found, cuts = slices(["g"])
    assert found == {("g", "a"): [0, 1], ("g", "b"): [2, 4, 5], ("g", None): [3]}
    assert cuts == []


def test_what_a_plan_calls_unknown_is_missing():
    found, _ = slices(["g"], sensitive={"g": ("a",)}, unknown=["b"])
    assert found == {("g", "a"): [0, 1], ("g", None): [2, 3, 4, 5]}


def test_stated_edges_cut_below_and_at_or_above_and_keep_bands_without_rows():
    found, (cut,) = slices(["age"], {"age": [30, 60, 90]})
    assert found == {
        ("age", "below 30"): [0], ("age", "30 to below 60"): [1, 2, 3], ("age", "60 to below 90"): [5],
        ("age", "90 and above"): [], ("age", None): [4],
    }  # fmt: skip
    assert cut.how == "age at 30, 60, 90 (stated in the plan)"


def test_few_different_numbers_are_categories():
    found, cuts = slices(["age"])
    assert found[("age", "20")] == [0]
    assert cuts == []


@given(st.lists(st.floats(-1e6, 1e6) | st.none(), min_size=12, max_size=40), st.integers(2, 6))
def test_bands_of_quantiles_hold_every_row_once(values, quantiles):
    size = len(values)
    data = {"y": [0, 1] * size, "d": [1, 1] * size, "x": pa.array(values * 2, pa.float64())}
    found, cuts = slices(["x"], quantiles=quantiles, data=data)
    rows = sorted(row for members in found.values() for row in members)
    assert rows == [*range(2 * size)]
    if cuts:
        assert len([name for _, name in found if name is not None]) <= quantiles


def test_edges_for_words_are_refused():
    with pytest.raises(UsageError, match='"g"'):
        slices(["g"], {"g": [1, 2]})


def test_a_column_of_names_or_lists_makes_no_slices():
    size = MAX_VALUES + 1
    data = {"y": [0, 1] * size, "d": [0, 1] * size, "n": [f"n{n}" for n in range(size)] * 2, "l": [[1]] * 2 * size}
    with pytest.raises(UsageError, match=f'"n" has more than {MAX_VALUES} different values'):
        slices(["n"], data={**data, "n": [f"n{n}" for n in range(2 * size)]})
    with pytest.raises(UsageError, match='"l" holds list'):
        slices(["l"], data=data)


# --- what a plan may write -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edges", [
    {"x": []}, {"x": [2, 1]}, {"x": [1, 1]}, {"x": [1, math.inf]}, {"x": [1, "2"]}, {"x": [True, 2]}, {"x": 3}, {"x": None},
])  # fmt: skip
def test_edges_are_finite_numbers_that_rise(edges):
    with pytest.raises(UsageError, match=r'the edges of "x" are not numbers that rise'):
        check_edges(edges, "x.csv")


def test_edges_that_make_sense_are_kept_as_numbers_and_none_are_none():
    assert check_edges({"x": (1, 2.5)}, "x.csv") == {"x": [1.0, 2.5]}
    assert check_edges(None, "x.csv") == {}
    with pytest.raises(UsageError, match="`edges` names columns"):
        check_edges([1, 2], "x.csv")


def test_columns_are_the_sensitive_ones_and_strata_unless_they_are_named():
    source = memory_predictions(DATA, prediction="d", sensitive=["g"], strata=("p",))
    assert declared_columns(source, None, {"age": [30]}, "x.csv") == ["g", "p", "age"]
    assert declared_columns(source, ["age", "age"], {"age": [30]}, "x.csv") == ["age"]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ("g", "`columns` is a list of names"),
        ([1], "`columns` is a list of names"),
        (["d"], '"d" is the prediction, which makes no slices'),
        (["w"], '"w" is the weight, which makes no slices'),
        (["p"], '"p" is the person, which makes no slices'),
    ],
)
def test_what_a_number_is_made_of_makes_no_slices(columns, says):
    source = memory_predictions(DATA, prediction="d", weight="w", person="p")
    with pytest.raises(UsageError, match=says):
        declared_columns(source, columns, {}, "x.csv")


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e3))
def test_a_cut_point_is_printed_with_few_digits_and_parts_the_same_rows(value, width):
    low, high = value - width, value + width
    short = rounded(value, low, high)
    assert low <= short < high
    assert len(repr(short)) <= max(len(repr(value)), 3) or short == float(f"{short:.16g}")


def test_a_cut_point_between_near_numbers_keeps_its_digits():
    assert rounded(1.2345, 1.0, 2.0) == 1.2
    assert rounded(1.2345, 1.234, 1.235) == 1.234
    assert rounded(0.1, 0.1, np.nextafter(0.1, 1)) == 0.1
