"""What is found and missed of marked spans, counted by two definitions of agreeing, with texts as clusters."""

import pytest

pytest.importorskip("presidio_analyzer")
pytest.importorskip("scipy")

from hypothesis import given
from hypothesis import strategies as st
from tests.evaluators.pii.support import name_model

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.pii import engine
from cardwright.evaluators.pii.calibration import (
    ANY,
    FoundSpans,
    compared,
    distinct,
    errors,
    interval,
    looked_for,
    meanings,
)
from cardwright.sources.labelled_spans import MarkedSpan, MarkedText
from cardwright.statistics.intervals import cluster_proportion, wilson


def by_kind(found):
    return {one.entity: one for one in errors(found)}


def test_spans_are_compared_exactly_and_by_overlap():
    found = [
        FoundSpans({"PERSON": ((0, 12),)}, {"PERSON": ((0, 3),)}),  # in part
        FoundSpans({"PERSON": ((5, 8),)}, {"PERSON": ((5, 8), (20, 22))}),  # whole, and one too many
        FoundSpans({"PERSON": ((1, 4),)}, {"LOCATION": ((1, 4),)}),  # as another kind
        FoundSpans({}, {"URL": ((0, 4),)}),  # a kind that nobody marks
    ]
    kinds = by_kind(found)
    assert set(kinds) == {"PERSON", ANY}
    person = kinds["PERSON"]
    assert (person.marked, person.reported) == (3, 3)
    assert (person.exact.found, person.exact.right) == (1, 1)
    assert (person.overlap.found, person.overlap.right) == (2, 2)
    anything = kinds[ANY]
    assert (anything.marked, anything.overlap.found) == (3, 3)
    assert (anything.reported, anything.overlap.right) == (3, 2)  # reports of kinds that are marked


def test_intervals_are_wilsons_for_one_span_a_text_and_clustered_for_more():
    bounds = interval([1, 0, 1], [1, 1, 1], 0.95)
    expected = wilson(2, 3, 0.95)
    assert (bounds.lower, bounds.upper, bounds.method) == (expected.lower, expected.upper, "wilson")
    clustered = interval([10, 0, 0], [10, 10, 0], 0.95)
    expected = cluster_proportion([10, 0], [10, 10], 0.95).bounds
    assert (clustered.lower, clustered.upper, clustered.method) == (expected.lower, expected.upper, expected.method)
    assert clustered.upper - clustered.lower > 0.8  # two texts, whatever stands in them
    assert interval([3], [4], 0.95) is None and interval([], [], 0.95) is None


@given(
    st.lists(st.tuples(st.lists(st.integers(0, 30), max_size=4), st.lists(st.integers(0, 30), max_size=4)), max_size=6)
)
def test_exact_agreement_is_among_overlap_and_what_is_reported_as_marked_is_right(texts):
    found = [
        FoundSpans(
            {"PERSON": tuple((s, s + 3) for s in sorted(set(a)))} if a else {},
            {"PERSON": tuple((s, s + 3) for s in sorted(set(b)))} if b else {},
        )
        for a, b in texts
    ]
    for one in errors(found):
        assert one.exact.found <= one.overlap.found <= one.marked
        assert one.exact.right <= one.overlap.right <= one.reported
    same = [FoundSpans(one.marked, one.marked) for one in found]
    for one in errors(same):
        assert one.exact.found == one.marked and one.exact.right == one.reported


def test_a_detector_is_compared_with_marks_text_by_text():
    texts = [
        MarkedText("write to ada@example.com", (MarkedSpan(9, 24, "EMAIL"),)),
        MarkedText("ask Grace Hopper", (MarkedSpan(4, 16, "name"), MarkedSpan(0, 3, "VERB"))),
        MarkedText("nothing", ()),
    ]
    detector, model = engine.detector(), name_model({"Grace Hopper": "PERSON"})
    said = meanings(["EMAIL", "name", "VERB"], {}, looked_for(detector, [model]))
    assert said == {"EMAIL": "EMAIL_ADDRESS", "name": "PERSON", "VERB": None}
    alone, helped = (by_kind(compared(texts, said, detector, models)) for models in ((), [model]))
    assert (alone["EMAIL_ADDRESS"].exact.found, alone["PERSON"].exact.found) == (1, 0)
    assert (helped["EMAIL_ADDRESS"].exact.found, helped["PERSON"].exact.found) == (1, 1)


def test_the_callers_word_decides_what_a_label_means_and_has_to_mean_something():
    known = looked_for(engine.detector(), ())
    assert meanings(["name", "DATE"], {"DATE": "DATE_TIME", "name": None}, known) == {"DATE": "DATE_TIME", "name": None}
    with pytest.raises(UsageError, match='no mark has the label "NAMES"'):
        meanings(["name"], {"NAMES": "PERSON"}, known)
    with pytest.raises(UsageError, match='nothing finds the kind "PERSONS"'):
        meanings(["name"], {"name": "PERSONS"}, known)


@given(st.lists(st.sampled_from("abc"), min_size=1), st.integers(1, 5))
def test_copies_of_texts_change_nothing(words, times):
    texts = [MarkedText(word, ()) for word in words]
    assert distinct(texts * times, "m") == tuple(MarkedText(word, ()) for word in dict.fromkeys(words))


def test_copies_that_are_marked_differently_are_named_by_their_places():
    one, other = MarkedText("Ada", (MarkedSpan(0, 3, "PERSON"),)), MarkedText("Ada", ())
    with pytest.raises(SourceError, match="texts 1 and 3"):
        distinct([one, one, other], "m")
