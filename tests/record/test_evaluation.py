"""An evaluation counts its findings, and states each number once."""

import pytest
from hypothesis import given, settings
from pydantic import ValidationError
from tests.strategies import evaluations, good_record

from cardwright.record import Evaluation


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
