"""Fields count as answered once a person has filled them in."""

import pytest
from tests.policy.test_gate import POLICY, P, outcome, policy_of, with_record
from tests.strategies import NOW, good_case, good_record

from cardwright.errors import PolicyError
from cardwright.policy.gate import decide


def test_a_placeholder_is_not_an_answer():
    record = good_record()
    answers = {
        **record.details.answers,
        "summary": record.details.answers["summary"].model_copy(update={"text": "TBD"}),
    }
    case = with_record(
        good_case(), record.model_copy(update={"details": record.details.model_copy(update={"answers": answers})})
    )
    assert outcome(decide(case, P, NOW), "details").status == "missing"


def test_a_field_that_does_not_exist_is_refused_with_the_one_that_was_meant():
    """A policy that asks for nothing that can be filled in would otherwise never be met, or be met by nothing."""
    with pytest.raises(PolicyError, match=r"no details field is called.*intended_use"):
        policy_of(POLICY.replace(b"fields: [summary, intended_use]", b"fields: [summary, intendeduse]"))
