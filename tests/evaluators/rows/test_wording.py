"""Numbers in the sentences of findings: nothing reads as none that is not none, and nothing stands in powers of ten."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cardwright.evaluators.rows.wording import figure, p_value, percent


@given(st.floats(-1e9, 1e9))
@example(3.6e-05)
@example(12790.4)
def test_a_figure_is_near_its_value_and_has_no_power_of_ten(value):
    text = figure(value)
    assert "e" not in text
    if text[0] not in "<>":
        assert float(text.replace(",", "")) == pytest.approx(value, rel=5e-3, abs=5e-4)


@given(st.floats(0, 1))
def test_a_p_value_that_is_called_small_is_small(p):
    assert (p_value(p) == "p < 0.001") == (p < 0.001)


@given(st.floats(0, 1))
@example(0.0004)
@example(1e-9)
@example(0.9999)
def test_only_none_reads_as_none_and_only_all_as_all(share):
    assert (percent(share) == "0%") == (share == 0)
    assert (percent(share) == "100%") == (share == 1)
