"""Coverage of a checklist: every item is counted once, whatever supports it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cardwright.record import canonical
from cardwright.record.coverage import ChecklistCoverage, ItemCoverage

SORTS = ("evidence", "attested", "missing", "not_applicable")
answers = st.lists(st.sampled_from(SORTS), max_size=12)


def coverage(sorts):
    items = tuple(
        ItemCoverage(item=f"i{n}", clause="C 1", requirement="It is said.", answered=sort)
        for n, sort in enumerate(sorts)
    )
    return ChecklistCoverage(checklist="own", title="Own", sha256="a" * 64, as_of="2026-11-23", items=items)


@given(answers)
def test_the_counts_of_all_sorts_add_up_to_the_items(sorts):
    counts = coverage(sorts).counts
    assert list(counts) == list(SORTS)
    assert counts == {sort: sorts.count(sort) for sort in SORTS}
    assert sum(counts.values()) == len(sorts)


@given(answers)
def test_coverage_survives_the_round_trip_exactly(sorts):
    whole = coverage(sorts)
    assert canonical.parse(ChecklistCoverage, canonical.dumps(whole), where="coverage.json") == whole


def test_an_item_is_never_said_to_be_satisfied():
    with pytest.raises(ValidationError):
        ItemCoverage(item="i", clause="C 1", requirement="It is said.", answered="satisfied")
