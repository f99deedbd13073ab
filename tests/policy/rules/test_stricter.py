"""Comparisons of strictness are orders: a value is as strict as itself, and strictness carries over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.policy.rules import stricter
from cardwright.record.evaluation import SEVERITIES

LISTS = st.lists(st.sampled_from("abc"), unique=True, max_size=3).map(tuple)
VALUES = {
    stricter.higher: st.floats(-1, 1),
    stricter.lower: st.floats(-1, 1),
    stricter.lower_severity: st.sampled_from(SEVERITIES),
    stricter.fewer: LISTS,
    stricter.more: LISTS,
    stricter.closer_binding: st.sampled_from([None, *stricter.BINDINGS]),
    stricter.asked: st.booleans(),
    stricter.not_accepted: st.booleans(),
    stricter.bound: st.sampled_from(["value", "lower", "upper", "bound"]),
}


@pytest.mark.parametrize("as_strict", VALUES, ids=lambda function: function.__name__)
@given(data=st.data())
def test_strictness_is_an_order(as_strict, data):
    a, b, c = (data.draw(VALUES[as_strict]) for _ in range(3))
    assert as_strict(a, a)
    if as_strict(a, b) and as_strict(b, c):
        assert as_strict(a, c)


@pytest.mark.parametrize("as_strict", [stricter.higher, stricter.lower])
@pytest.mark.parametrize(("new", "old"), [(None, 0.5), (0.5, None)])
def test_a_limit_on_the_other_side_is_another_question(as_strict, new, old):
    assert not as_strict(new, old)


def test_a_binding_that_nobody_asked_for_is_the_loosest():
    assert stricter.closer_binding("asserted", None)
    assert not stricter.closer_binding(None, "asserted")
