"""Rows are counted by whether each model is right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluators.replacement.support import rows, sources

from cardwright.evaluators.replacement.flips import flips
from cardwright.evaluators.rows.paired import pair


def counted(held, **more):
    found = sources(held, **more)
    return flips(pair(found["source"], found["champion"], seed=0, groups=True))


@pytest.mark.parametrize("classes", [2, 4])
def test_counts_are_those_of_the_rows(classes):
    held = rows(classes=classes)
    more = {} if classes == 2 else {"favourable": None, "task": "multiclass", "classes": ("0", "1", "2", "3")}
    truth, new, old = (np.array(held[name]) for name in ("y", "p", "q"))
    sex = np.array(held["sex"], dtype=object)
    for one in counted(held, **more):
        chosen = np.ones(len(truth), bool) if not one.slice else sex == one.slice["sex"]
        right, was = (new == truth)[chosen], (old == truth)[chosen]
        expected = (sum(right & was), sum(right & ~was), sum(~right & was), sum(~right & ~was))
        if one.slice.get("sex", "") is not None:
            assert (one.both, one.fixed, one.broken, one.neither) == expected


@given(st.integers(2, 60), st.integers(0, 99))
def test_groups_and_unknown_membership_add_up_to_all_rows(n, seed):
    held = rows(n, seed)
    if len({*held["y"], *held["p"], *held["q"]}) < 2 or 1 not in held["y"]:
        return
    whole, *parts = counted(held)
    assert whole.rows == n == sum(one.rows for one in parts)
    assert whole.broken == sum(one.broken for one in parts)
