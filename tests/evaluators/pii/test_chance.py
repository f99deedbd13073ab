"""Values drawn of a column's shapes say how many hits chance gives."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("presidio_analyzer")

from cardwright.evaluators.pii import engine
from cardwright.evaluators.pii.chance import by_chance, drawn, is_by_chance, shape


@pytest.mark.parametrize(
    ("text", "formed"),
    [
        ("4111111111111111", "4199999999999999"),
        (" 943 ", ""),
        ("943-476-5919", "94" + "9-999-9999"),
        ("BA1234563", "AA1299999"),
        ("9f8a7b6c5d4e3f20", "h" * 16),
        ("two words 1234", ""),
        ("jane@example.com", ""),
        ("a1b2c3d4-e5", ""),
    ],
)
def test_the_shape_of_a_cell(text, formed):
    assert shape(text) == formed


@given(st.from_regex(r"[A-Z]{0,3}-?[0-9]{6,16}", fullmatch=True), st.integers())
def test_what_is_drawn_has_the_shape_and_the_first_two_digits(text, seed):
    formed = shape(text)
    assert shape(drawn(formed, random.Random(seed))) == formed


def test_one_number_in_ten_passes_the_checksum_of_a_card_and_few_columns_are_judged():
    detector = engine.detector()
    found = by_chance(detector, {shape("4111111111111111"): 200}, (), {})
    assert found.cells == 200
    assert 0.05 < found.shares["CREDIT_CARD"] < 0.15
    assert by_chance(detector, {shape("4111111111111111"): 29}, (), {}) is None


def test_the_same_shapes_give_the_same_shares():
    detector = engine.detector()
    shapes = {shape("9434765919"): 60, shape("BA1234563"): 40}
    assert by_chance(detector, shapes, (), {}) == by_chance(detector, dict(reversed(shapes.items())), (), {})


def test_chance_explains_a_share_that_is_not_above_it():
    assert is_by_chance(0.1, 20, 200, 0.95)
    assert not is_by_chance(0.1, 190, 200, 0.95)
