"""Names that a reader takes for one another share a skeleton."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.attest.confusable import folded, skeletons


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "ADA"),
        ("Ada", "Ada "),
        ("Ada", "\u0410da"),  # Cyrillic
        ("A. Okafor", "A. Ok\u0430for"),
        ("Bill", "BiIl"),
        ("Bill", "Bi11"),
        ("Bern", "Bem"),
        ("Ada", "\uff21da"),  # full width
        ("Ada", "A\u200dda"),  # a joiner that nobody sees
        ("Jos\u00e9", "Jose\u0301"),
    ],
)
def test_names_that_look_alike_are_confusable(one, other):
    assert skeletons(one) & skeletons(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Ada", "Ida"), ("B. Lind", "P. Lind"), ("Ada", "Ben"), ("M. Abara", "M. Abera")]
)
def test_names_that_differ_to_the_eye_are_not(one, other):
    assert not skeletons(one) & skeletons(other)


@given(st.text(max_size=20))
def test_case_and_spaces_change_no_skeleton(name):
    assert folded(f" {name} ") == folded(name)
    assert skeletons(f" {name} ") == skeletons(name)
