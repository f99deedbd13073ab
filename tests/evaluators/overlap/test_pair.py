"""What makes two rows the same: exactly, nearly, and by their columns."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluators.overlap.support import TRAIN, keys, look, one

from cardwright.record import Measured


def test_missing_agrees_with_missing_and_with_nothing_else():
    test = {"a": [3, 3], "b": [None, "x"], "y": [0, 0]}
    assert one(look(test, TRAIN), "exact_overlap_rate").numerator == 1


def test_a_number_is_the_same_however_it_is_stored():
    seen = look({"a": [1.0, 2.5], "y": [0, 1]}, {"a": [1, 2], "y": [0, 1]}, columns=["a"])
    assert one(seen, "exact_overlap_rate").numerator == 1


def test_rounding_case_and_punctuation_make_near_duplicates():
    training = {"a": [1234.5, -0.00123456, 0.0], "t": ["The  Cat, sat.", "Ü-Boot", "x"], "y": [0, 1, 0]}
    test = {"a": [1234.4, -0.0012349, 0.0], "t": ["the cat sat", "ü boot!", "y"], "y": [0, 1, 0]}
    seen = look(test, training)
    assert one(seen, "exact_overlap_rate").numerator == 0
    assert one(seen, "near_overlap_rate").numerator == 2
    assert "near_overlap" in keys(seen)


def test_a_number_of_the_case_does_not_hide_that_rows_are_the_same():
    rows = {"case": list(range(40)), "a": [i / 7 for i in range(40)], "y": [i % 2 for i in range(40)]}
    seen = look({**rows, "case": list(range(100, 140))}, rows)
    assert one(seen, "exact_overlap_rate").numerator == 40
    assert any(gap.what == "case" for gap in seen.coverage.not_tested)


cells = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["x", "y", None])), max_size=20)


@settings(max_examples=25)
@given(cells, cells)
def test_exact_overlap_is_that_of_plain_counting(test, training):
    seen = look(
        {"a": [t[0] for t in test], "b": [t[1] for t in test]},
        {"a": [t[0] for t in training], "b": [t[1] for t in training]},
        label="none",
        columns=["a", "b"],
    )
    found = one(seen, "exact_overlap_rate")
    if test and training:
        assert isinstance(found, Measured)
        assert found.numerator == sum(t in set(training) for t in test)
        assert one(seen, "test_duplicate_rate").numerator == sum(test.count(t) > 1 for t in test)
