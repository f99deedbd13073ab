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
    assert not stricter.closer_binding("none", "asserted")
    assert not stricter.bound_as_closely("none", None)


@pytest.mark.parametrize(
    ("new", "old", "as_strict"),
    [
        ("recomputed", None, True), ("supplied", None, False), ("asserted", None, False), (None, "none", False),
        ("none", "none", True), ("asserted", "none", True), ("asserted", "asserted", True), ("supplied", "asserted", True),
        ("asserted", "supplied", False), ("supplied", "recomputed", False), ("recomputed", "supplied", True), (None, "asserted", False),
    ],
)  # fmt: skip
def test_a_binding_is_kept_where_what_is_not_said_means_recomputed(new, old, as_strict):
    """A policy that says nothing asks for `recomputed` in production, so only that is as strict as saying nothing."""
    assert stricter.bound_as_closely(new, old) == as_strict


@pytest.mark.parametrize("old", stricter.CALIBRATING)
@pytest.mark.parametrize("new", stricter.CALIBRATING)
def test_a_calibration_is_never_asked_of_fewer_others(new, old):
    order = [None, "drawn", "independent"]
    assert stricter.drawn_by_others(new, old) == (order.index(new) >= order.index(old))


def test_the_same_digests_are_as_strict_as_themselves():
    listed = {"cardwright": ("a", "b")}
    assert stricter.accepts_fewer(listed, listed)
    assert stricter.accepts_fewer({"cardwright": ("b",)}, listed)
    assert not stricter.accepts_fewer({"cardwright": ("b", "c")}, listed)
    assert not stricter.accepts_fewer({}, listed), "an empty list accepts everything"


GROUPS = st.dictionaries(st.sampled_from("rst"), LISTS, max_size=2)
DIGESTS = st.dictionaries(
    st.sampled_from("rst"), st.lists(st.sampled_from("123"), min_size=1, unique=True).map(tuple), max_size=2
)


@given(GROUPS, GROUPS)
def test_groups_are_covered_if_each_that_was_named_is_named_still(new, old):
    pairs = {(name, group) for name, groups in new.items() for group in groups}
    wanted = {(name, group) for name, groups in old.items() for group in groups}
    assert stricter.covers_more(new, old) == (wanted <= pairs and old.keys() <= new.keys())


@given(DIGESTS, DIGESTS, st.sampled_from("rst"), st.sampled_from("123"))
def test_whose_code_is_accepted_never_grows(new, old, name, digest):
    """An empty table accepts everybody's; a table with entries accepts what is in it."""

    def accepts(table):
        return not table or digest in table.get(name, ())

    if stricter.accepts_fewer(new, old) and accepts(new):
        assert accepts(old)


def test_an_emptied_table_of_accepted_code_accepts_everybody_and_so_loosens():
    assert stricter.accepts_fewer({"ours": ("1",)}, {})
    assert stricter.accepts_fewer({"ours": ("1",)}, {"ours": ("1", "2")})
    assert not stricter.accepts_fewer({}, {"ours": ("1",)})
    assert not stricter.accepts_fewer({"theirs": ("1",)}, {"ours": ("1",)})


def test_what_was_accepted_on_a_condition_may_end_and_may_not_begin_or_change():
    assert stricter.accepted_no_more(None, {"role": "privacy"})
    assert stricter.accepted_no_more({"role": "privacy"}, {"role": "privacy"})
    assert not stricter.accepted_no_more({"role": "privacy"}, None)
    assert not stricter.accepted_no_more({"role": "owner"}, {"role": "privacy"})
