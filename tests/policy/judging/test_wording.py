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
@example(0.0003, 0.0005)
@example(1.4e-16, 0.0)
@example(-0.0001, -0.0002)
def test_a_number_is_written_on_its_side_of_the_limit(value, limit):
    text = wording.number(value, limit)
    if text in ("<0.001", ">-0.001"):
        # Everything that this can stand for is on the side of the value.
        assert (limit >= 0.001 or limit <= 0) if value > 0 else (limit <= -0.001 or limit >= 0)
        assert abs(value) < 0.0005
        return
    written = float(text.replace(",", ""))
    assert (written > limit, written < limit) == (value > limit, value < limit)


@given(NUMBERS)
@example(1.4e-16)
@example(12790.4)
def test_without_a_limit_it_has_three_decimals_or_four_figures_and_no_power_of_ten(value):
    text = wording.number(value)
    assert "e" not in text
    if text not in ("<0.001", ">-0.001"):
        assert float(text.replace(",", "")) == pytest.approx(value, rel=5e-3, abs=5e-4)


def test_whole_numbers_have_no_decimals_and_are_grouped_by_thousands():
    assert [wording.number(value) for value in (0.0, 3.0, -12.0, 1e14)] == ["0", "3", "-12", "100,000,000,000,000"]


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
