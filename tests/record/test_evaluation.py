"""An evaluation counts its findings, and states each number once."""

import pytest
from hypothesis import given, settings
from pydantic import ValidationError
from tests.strategies import evaluations, good_record

from cardwright.record import Binding, Evaluation


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


@pytest.mark.parametrize(
    ("counted", "why"),
    [
        ({"agreed": None}, "states agreed, compared and model_sha256"),
        ({"compared": None}, "states agreed, compared and model_sha256"),
        ({"model_sha256": None}, "states agreed, compared and model_sha256"),
        ({"agreed": 999}, "did not reproduce"),
        ({"agreed": 0, "compared": 0}, "did not reproduce"),
    ],
)
def test_predictions_count_as_recomputed_only_if_the_model_gave_every_one_of_them(counted, why):
    """The gate asks for this binding by default: whoever could state it without having compared would be let through."""
    whole = {"kind": "recomputed", "agreed": 1000, "compared": 1000, "tolerance": 1e-6, "model_sha256": "a" * 64}
    assert Binding.model_validate(whole).agreed == 1000
    with pytest.raises(ValidationError, match=why):
        Binding.model_validate({**whole, **counted})
