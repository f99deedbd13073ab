"""Boundaries are the published ones, and keep alpha under simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardwright.statistics.sequential import boundaries, spent

# Jennison and Turnbull (2000), tables 7.1 and 7.6; Reboussin, DeMets, Kim and Lan (2000), LD98: alpha .05, two-sided, equal steps.
PUBLISHED = {
    ("obrien_fleming", 2): (2.963, 1.969),
    ("obrien_fleming", 3): (3.710, 2.511, 1.993),
    ("obrien_fleming", 4): (4.333, 2.963, 2.359, 2.014),
    ("obrien_fleming", 5): (4.877, 3.357, 2.680, 2.290, 2.031),
    ("pocock", 2): (2.157, 2.201),
    ("pocock", 3): (2.279, 2.295, 2.296),
    ("pocock", 5): (2.438, 2.427, 2.410, 2.397, 2.386),
}


@pytest.mark.parametrize(("spending", "looks"), PUBLISHED)
def test_boundaries_are_the_published_ones(spending, looks):
    found = boundaries([i / looks for i in range(1, looks + 1)], spending=spending)
    assert [look.boundary for look in found] == pytest.approx(PUBLISHED[spending, looks], abs=0.0011)
    assert found[-1].spent == pytest.approx(0.05)


def test_one_look_is_an_ordinary_test():
    (look,) = boundaries([1.0])
    assert (look.boundary, look.nominal_p) == (pytest.approx(1.959964, abs=1e-5), pytest.approx(0.05, abs=1e-6))


@pytest.mark.parametrize("spending", ["obrien_fleming", "pocock"])
def test_alpha_is_kept_when_nothing_differs(spending):
    looks = boundaries([0.2, 0.5, 1.0], spending=spending)
    rng = np.random.default_rng(3)
    steps = rng.normal(0, np.sqrt([0.2, 0.3, 0.5]), size=(100_000, 3)).cumsum(axis=1)
    z = np.abs(steps / np.sqrt([0.2, 0.5, 1.0]))
    stopped = (z >= [look.boundary for look in looks]).any(axis=1).mean()
    assert stopped == pytest.approx(0.05, abs=0.003)


@given(
    st.lists(st.integers(1, 100), min_size=1, max_size=6, unique=True), st.sampled_from(["obrien_fleming", "pocock"])
)
@settings(max_examples=20)
def test_what_is_spent_rises_with_the_looks_up_to_what_the_last_may_spend(shares, spending):
    planned = [share / 100 for share in sorted(shares)]
    looks = boundaries(planned, spending=spending)
    assert [look.spent for look in looks] == sorted(look.spent for look in looks)
    assert looks[-1].spent == pytest.approx(spent(planned[-1], 0.05, spending))


@pytest.mark.parametrize("shares", [[], [0.5, 0.5], [0.0, 1.0], [0.5, 1.1]])
def test_looks_that_do_not_rise_to_at_most_one_are_refused(shares):
    with pytest.raises(ValueError, match="shares of the information rise"):
        boundaries(shares)
