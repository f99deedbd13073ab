"""What every value has in common: it is frozen and closed, and a changed copy goes by another name."""

import copy
import pickle
from functools import cached_property

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from tests.strategies import NOW, good_case, measured, records, subjects, unmeasured

from cardwright.dossier.contents import policy_of
from cardwright.dossier.layout import Manifest, manifest_of
from cardwright.policy.gate import decide
from cardwright.record import Measured, Record, canonical
from cardwright.record.base import Day, Value, is_placeholder, label, visible
from cardwright.record.record import PlanLock
from cardwright.record.verdict import Verdict


class Named(Value):
    """A value of a test."""

    name: str


def named_values():
    """Every kind of value that has a digest, its digest taken once, with a change that makes it another."""
    case, policy = good_case(), policy_of("research")
    verdict = decide(case, policy, NOW)
    return {
        Record: (case.record, {"title": "another"}),
        PlanLock: (case.plan, {"seed": 8}),
        Verdict: (verdict, {"evaluated_at": "2026-11-24T12:00:00Z"}),
        type(policy): (policy, {"version": "9.9.9"}),
        Manifest: (manifest_of({"a": b"b"}), {"files": ()}),
    }


@given(records(), st.text("ab", min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_a_copy_of_a_record_has_the_digest_of_what_it_holds(record, title):
    before = record.sha256
    changed = record.model_copy(update={"title": record.title + title})
    assert changed.sha256 != before
    assert changed.sha256 == canonical.sha256(changed)
    assert record.model_copy().sha256 == record.sha256 == before


@given(subjects, st.text("ab", min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_a_copy_of_a_subject_has_an_identity_of_its_own(subject, more):
    before = subject.identity
    assert subject.model_copy(update={"name": subject.name + more}).identity != before


@pytest.mark.parametrize("kind", named_values(), ids=lambda kind: kind.__name__)
def test_a_changed_copy_never_goes_by_the_name_of_the_original(kind):
    value, change = named_values()[kind]
    before = value.sha256
    for changed in (value.model_copy(update=change), value.model_copy(update=change, deep=True)):
        assert changed.sha256 == canonical.sha256(changed) != before


def test_every_kind_of_value_that_keeps_its_digest_is_tested_here():
    def below(kind):
        return {kind, *(one for sub in kind.__subclasses__() for one in below(sub))}

    keeps = {kind for kind in below(Value) if isinstance(vars(kind).get("sha256"), cached_property)}
    assert keeps <= {*named_values()}


def test_a_record_that_was_read_and_then_changed_is_not_called_by_the_digest_of_the_file():
    record = named_values()[Record][0]
    read = canonical.parse(Record, canonical.dumps(record), where="record.json")
    assert read.sha256 == record.sha256
    assert read.model_copy(update={"title": "another"}).sha256 != record.sha256


@given(measured() | unmeasured)
def test_an_unchanged_copy_is_equal_whichever_way_it_is_made(measurement):
    assert (
        measurement == measurement.model_copy() == copy.deepcopy(measurement) == pickle.loads(pickle.dumps(measurement))
    )


def test_a_change_to_a_field_that_does_not_exist_is_refused():
    with pytest.raises(TypeError, match=r"Named has no field nam$"):
        Named(name="a").model_copy(update={"nam": "b"})


def test_a_value_cannot_be_changed():
    with pytest.raises(ValidationError):
        Measured(metric="m", value=1, unit="u", direction="neither").value = 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "TBD",
        "tbd.",
        "?",
        "n/a",
        "TODO",
        "[More Information Needed]",
        "to be determined",
        "...",
        "-",
        "lorem ipsum dolor",
    ],
)
def test_a_placeholder_says_nothing(text):
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text", ["None of the training rows holds names.", "The test data of 1990.", "Unknown incomes are kept."]
)
def test_a_sentence_that_begins_like_a_placeholder_says_something(text):
    assert not is_placeholder(text)


def test_the_example_answer_copied_is_a_placeholder():
    assert is_placeholder("Orders  the queue.", "Orders the queue.")


@given(st.text())
def test_a_label_can_always_be_stored(text):
    stored = label(text)
    measured = Measured(metric="m", slice={stored: stored}, value=1, unit="u", direction="neither")
    assert canonical.parse(Measured, canonical.dumps(measured), where="m") == measured


def test_bidirectional_overrides_are_written_out():
    assert visible("ab\u202edc") == "ab\\u202edc"


def test_attack_labels_that_differ_after_the_cut_stay_two_and_two_spellings_of_one_are_one():
    assert label("x" * 250 + "a") != label("x" * 250 + "b")
    assert label("caf\u00e9") == label("cafe\u0301")
    assert label("f\u200b") == "f\\u200b"  # a hidden character is written out, so that whoever reads sees two groups


@pytest.mark.parametrize("day", ["2026-02-30", "2026-13-01", "2025-02-29"])
def test_a_day_that_is_not_in_the_calendar_is_refused(day):
    """The form alone would let a waiver run until a day that never comes."""
    with pytest.raises(ValueError, match="no such day"):
        TypeAdapter(Day).validate_python(day)
    assert TypeAdapter(Day).validate_python("2028-02-29") == "2028-02-29"


def test_a_label_writes_whole_numbers_without_fraction_and_truth_values_as_json_does():
    """`1.0` and `1` are one group, and `True` is none of them."""
    assert [label(value) for value in (1, 1.0, "1", True, False, 0.5, -3.0)] == [
        "1",
        "1",
        "1",
        "true",
        "false",
        "0.5",
        "-3",
    ]
