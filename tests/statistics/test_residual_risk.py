"""The risk beyond the control, against values of the library anonymeter, and where there is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.statistics.residual_risk import residual_risk


@given(st.integers(1, 500), st.integers(1, 500), st.data())
def test_the_risk_and_its_bounds_lie_between_0_and_1_and_hold_it(n, m, data):
    k, j = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    found = residual_risk(k, n, j, m)
    if j == m:
        assert found is None
        return
    assert 0 <= found.bounds.lower <= found.risk <= found.bounds.upper <= 1


def test_the_same_success_on_both_sides_is_no_risk():
    found = residual_risk(30, 100, 30, 100)
    assert found.risk == 0.0
    assert found.bounds.lower == 0.0


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # success_rate, residual_success and to_risk of anonymeter 1.1.0
        ((50, 100, 10, 100), (0.4351575564792831, 0.32006005200945753, 0.5502550609491087)),
        ((0, 100, 0, 100), (0.0, 0.0, 0.026651316150077816)),
        ((200, 2000, 180, 2000), (0.010977426008250574, 0.0, 0.03087544936922914)),
        ((1, 50, 0, 40), (0.010914207137983337, 0.0, 0.08067096031525636)),
    ],
)
def test_it_equals_anonymeter(counts, expected):
    found = residual_risk(*counts)
    assert (found.risk, found.bounds.lower, found.bounds.upper) == pytest.approx(expected, abs=1e-12)


def test_no_attack_and_a_control_that_always_succeeds_leave_nothing_to_say():
    assert residual_risk(0, 0, 1, 2) is None
    assert residual_risk(1, 2, 2, 2) is None
    with pytest.raises(ValueError, match="between 0"):
        residual_risk(3, 2, 0, 1)
