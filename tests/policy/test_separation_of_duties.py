"""Two signatures are of two people only where they are of two keys."""

from dataclasses import replace

import pytest
from tests.policy.test_gate import policy_of
from tests.strategies import NOW, good_case

from cardwright.policy.gate import decide
from cardwright.record import SignOff

POLICY = policy_of(b"""
schema: cardwright/policy/1
policy: two
version: 1.0.0
title: Two people
kinds: [model]
for_production: false
set_by: us
set_on: 2026-11-01
requirements:
  - {id: owner, title: t, why: w, origin: internal, sign_off: {role: owner, meaning: approval}}
  - {id: risk, title: t, why: w, origin: internal, sign_off: {role: risk_head, meaning: approval, not_same_as: [owner]}}
""")


def signed_by(*people):
    """A case that these (person, key, role) have approved, over its manifest."""
    case = good_case()
    record = case.record.model_copy(
        update={"context": case.record.context.model_copy(update={"production_intended": False})}
    )
    signed = tuple(
        SignOff(
            id=str(number) * 64, person=person, key=key * 64, role=role, at="2026-11-22T00:00:00Z", decision="approve",
            meaning="approval", manifest_sha256=case.manifest_sha256, record_sha256=record.sha256,
        )
        for number, (person, key, role) in enumerate(people)
    )  # fmt: skip
    return replace(case, claims=signed)


def status(case):
    outcomes = {outcome.requirement: outcome.status for outcome in decide(case, POLICY, NOW).outcomes}
    return outcomes["owner"], outcomes["risk"]


def test_two_people_with_two_keys_are_two():
    assert status(signed_by(("Ada", "a", "owner"), ("Ben", "b", "risk_head"))) == ("passed", "passed")


@pytest.mark.parametrize("name", ["Ada", "Eve"])
def test_one_key_in_two_roles_is_one_person_under_whatever_name(name):
    assert status(signed_by(("Ada", "a", "owner"), (name, "a", "risk_head"))) == ("passed", "missing")


def test_one_signature_does_not_stand_for_two_roles():
    assert status(signed_by(("Ada", "a", "owner"))) == ("passed", "missing")
    assert status(signed_by(("Ada", "a", "owner"), ("Ada", "a", "owner"))) == ("passed", "missing")


def test_one_person_with_two_keys_is_one_person():
    assert status(signed_by(("Ada", "a", "owner"), ("Ada", "b", "risk_head"))) == ("passed", "missing")
