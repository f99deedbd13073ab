"""Records are exact, closed and free of NaN, and say so when they are not."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.strategies import evaluations, good_case, good_record, measured, records, unmeasured

from cardwright.errors import IntegrityError
from cardwright.record import Evaluation, Groups, Interval, Measured, Record, Unmeasured, canonical
from cardwright.record.base import is_placeholder, label, visible


@given(records())
@settings(max_examples=60, deadline=None)
def test_a_record_survives_the_round_trip_through_canonical_json_exactly(record):
    data = canonical.dumps(record)
    again = canonical.parse(Record, data, where="record.json")
    assert again == record
    assert canonical.dumps(again) == data


@given(measured() | unmeasured)
def test_a_measurement_survives_the_round_trip_exactly(measurement):
    data = canonical.dumps(measurement)
    assert canonical.parse(type(measurement), data, where="m") == measurement


@given(records())
@settings(max_examples=20, deadline=None)
def test_the_digest_does_not_depend_on_the_order_of_keys(record):
    shuffled = json.loads(canonical.dumps(record), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert Record.model_validate(shuffled).sha256 == record.sha256


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "0.5", True, None])
def test_a_value_is_a_finite_number_and_never_a_string(value):
    with pytest.raises(ValidationError):
        Measured(metric="m", value=value, unit="u", direction="neither")


def test_a_negative_zero_is_a_zero():
    assert str(Measured(metric="m", value=-0.0, unit="u", direction="neither").value) == "0.0"


def test_an_unknown_key_is_refused():
    with pytest.raises(ValidationError, match="thresold"):
        Measured.model_validate({"metric": "m", "value": 1, "unit": "u", "direction": "neither", "thresold": 1})


def test_a_value_cannot_be_changed():
    with pytest.raises(ValidationError):
        Measured(metric="m", value=1, unit="u", direction="neither").value = 2


def test_the_bounds_of_an_interval_are_in_order():
    with pytest.raises(ValidationError):
        Interval(level=0.95, lower=1, upper=0, method="wilson")


def test_a_gap_cannot_cover_more_groups_than_are_expected():
    with pytest.raises(ValidationError):
        Groups(compared=3, expected=2, rows=10)


def test_unknown_membership_is_null_and_stays():
    one = Unmeasured(metric="m", slice={"race": None}, code="undefined", reason="r")
    assert json.loads(canonical.dumps(one))["slice"] == {"race": None}
    assert one.key != Unmeasured(metric="m", slice={}, code="undefined", reason="r").key


@given(evaluations())
@settings(max_examples=30, deadline=None)
def test_a_finding_that_was_taken_out_shows(evaluation):
    data = evaluation.model_dump()
    if data["findings"]:
        data["findings"] = data["findings"][1:]
        with pytest.raises(ValidationError, match="findings"):
            Evaluation.model_validate(data)


def test_two_measurements_of_one_key_are_refused():
    data = good_record().evaluations[0].model_dump()
    data["measurements"] = (*data["measurements"], data["measurements"][0])
    with pytest.raises(ValidationError, match="same key"):
        Evaluation.model_validate(data)


def test_a_planned_evaluation_that_is_not_accounted_for_is_refused():
    data = good_record().model_dump()
    data["evaluations"] = data["evaluations"][:1]
    with pytest.raises(ValidationError, match="accounted for"):
        Record.model_validate(data)


def test_a_renamed_file_is_another_subject():
    subject = good_case().record.subject
    renamed = subject.model_copy(update={"files": (subject.files[0].model_copy(update={"path": "other.skops"}),)})
    assert type(subject).model_validate(renamed.model_dump()).identity != subject.identity


# ------------------------------------------------------------------------------------------------ reading JSON


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b'{"status": "fail", "status": "pass"}', "appears twice"),
        (b'{"value": NaN}', "NaN"),
        (b'{"value": -Infinity}', "Infinity"),
        (b'{"value": 1', "line 1"),
        (b"\xff\xfe", "UTF-8"),
        (b"[" * 100_000, "nested"),
        (b"", "line 1"),
    ],
)
def test_json_that_is_not_strict_is_refused_with_the_place(data, what):
    with pytest.raises(IntegrityError, match=what):
        canonical.loads(data, where="record.json")


def test_an_integer_that_json_readers_would_change_is_refused():
    with pytest.raises(IntegrityError):
        canonical.dumps({"n": 2**53})


def test_canonical_json_follows_rfc_8785():
    """Numbers as ECMAScript writes them, keys by UTF-16 code units: the example values of RFC 8785, section 3.2.2 and 3.2.3."""
    assert canonical.dumps({"b": 1e-7, "a": 1.0, "€": 1e21}) == '{"a":1,"b":1e-7,"€":1e+21}'.encode()


# ------------------------------------------------------------------------------------------------ words


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
