"""A rule says what of another record belongs to a field, and an entry is one piece of it."""

import pytest
from pydantic import ValidationError

from cardwright.record.filled import FilledEntry, FilledField, FilledFrom
from cardwright.record.measurement import Measured, Unmeasured

RATE = Measured(metric="accuracy", value=0.8125, unit="proportion", direction="higher_is_better")


def test_a_rule_that_asks_for_nothing_is_refused():
    with pytest.raises(ValidationError, match="neither metrics nor answers nor facts"):
        FilledFrom(roles=("model",))


def test_an_entry_is_one_piece_of_evidence():
    with pytest.raises(ValidationError, match="a number, an answer or a fact"):
        FilledEntry(at="/subject")
    with pytest.raises(ValidationError, match="a number, an answer or a fact"):
        FilledEntry(at="/subject", name="subject", measurement=RATE, fact={"name": "m"})


def test_a_reason_why_there_is_no_number_is_no_evidence():
    reason = Unmeasured(metric="accuracy", code="too_few_samples", reason="3 cases")
    assert FilledEntry(at="/evaluations/0/measurements/0", measurement=RATE).says_something
    assert not FilledEntry(at="/evaluations/0/measurements/0", measurement=reason).says_something


def test_a_field_filled_with_nothing_is_no_value():
    with pytest.raises(ValidationError, match="entries"):
        FilledField(field="tests", role="model", record_sha256="a" * 64, entries=())
