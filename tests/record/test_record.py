"""A record is exact, and accounts for everything that was planned."""

import json

import pytest
from hypothesis import given, settings
from pydantic import ValidationError
from tests.strategies import good_record, records

from cardwright.record import Record, canonical


@given(records())
@settings(max_examples=60, deadline=None)
def test_a_record_survives_the_round_trip_through_canonical_json_exactly(record):
    data = canonical.dumps(record)
    again = canonical.parse(Record, data, where="record.json")
    assert again == record
    assert canonical.dumps(again) == data


@given(records())
@settings(max_examples=20, deadline=None)
def test_the_digest_does_not_depend_on_the_order_of_keys(record):
    shuffled = json.loads(canonical.dumps(record), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert Record.model_validate(shuffled).sha256 == record.sha256


def test_a_planned_evaluation_that_is_not_accounted_for_is_refused():
    data = good_record().model_dump()
    data["evaluations"] = data["evaluations"][:1]
    with pytest.raises(ValidationError, match="accounted for"):
        Record.model_validate(data)


def test_an_evaluation_is_in_a_record_once_and_is_either_done_or_not():
    data = good_record().model_dump()
    with pytest.raises(ValidationError, match="an id appears twice in evaluations"):
        Record.model_validate({**data, "evaluations": (*data["evaluations"], data["evaluations"][0])})
    gap = {"id": "fairness", "code": "error", "reason": "it raised", "remedy": "mend it"}
    with pytest.raises(ValidationError, match="both done and not done"):
        Record.model_validate({**data, "not_evaluated": (gap,)})
    with pytest.raises(ValidationError, match="an id appears twice in not_evaluated"):
        Record.model_validate({**data, "evaluations": data["evaluations"][1:], "not_evaluated": (gap, gap)})
