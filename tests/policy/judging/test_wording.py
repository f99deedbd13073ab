"""A number in a sentence never lies on the other side of its limit."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cardwright.policy.judging import wording

NUMBERS = st.floats(-1e6, 1e6)


@given(NUMBERS, NUMBERS)
@example(0.7999999999999999, 0.8)
@example(0.8, 0.8)
@example(0.80000001, 0.8)
@example(2.0, 1.9999999)
def test_a_number_is_written_on_its_side_of_the_limit(value, limit):
    written = float(wording.number(value, limit))
    assert (written > limit, written < limit) == (value > limit, value < limit)


@given(NUMBERS)
def test_without_a_limit_three_digits_are_enough(value):
    assert float(wording.number(value)) == pytest.approx(value, rel=5e-3)


def test_whole_numbers_have_no_decimals():
    assert [wording.number(value) for value in (0.0, 3.0, -12.0, 1e14)] == ["0", "3", "-12", "100000000000000"]


@pytest.mark.parametrize(
    ("count", "files", "days"), [(0, "0 files", "0 days"), (1, "1 file", "1 day"), (2, "2 files", "2 days")]
)
def test_one_is_singular_and_every_other_count_plural(count, files, days):
    assert (wording.files(count), wording.days(count)) == (files, days)


def test_names_of_metrics_are_read_as_words():
    assert wording.words("roc_auc") == "ROC AUC"
    assert wording.words("pii_rate") == "PII rate"


def test_a_group_of_unknown_membership_is_called_unknown():
    assert wording.group({"sex": "female", "race": None}) == "female unknown"
