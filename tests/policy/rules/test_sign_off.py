"""A signature is over these documents, with every waiver in force known to its signer; a rejection stands."""

from dataclasses import replace

import pytest
from tests.policy.test_gate import FAILED, P, outcome, policy_of, with_gap
from tests.policy.test_waivers import waived_case
from tests.strategies import NOW, good_case, waiver

from cardwright.policy.gate import decide
from cardwright.record import SignOff


def in_order(case, *order):
    """The case with its claims in another order of signing: by kind of claim."""
    return replace(case, claims=tuple(sorted(case.claims, key=lambda claim: order.index(claim.kind))))


ORDER = ("attest", "preregister", "waive_request")


def test_a_waiver_that_a_signer_had_not_seen_needs_that_signer_again():
    late = in_order(waived_case(), *ORDER, "sign_off", "waive")
    verdict = decide(late, P, NOW)
    (signed,) = verdict.blocking
    assert (signed.kind, signed.status, signed.closed_by) == ("sign_off", "stale", "signature")
    assert "C (owner) signed before the waiver of gap was approved" in signed.explanation
    (sign_off,) = (claim for claim in late.claims if claim.kind == "sign_off")
    again = sign_off.model_copy(update={"id": "f" * 64})
    assert decide(replace(late, claims=(*late.claims, again)), P, NOW).allowed


def test_a_waiver_that_the_signer_approved_was_seen_by_the_signer():
    case = in_order(waived_case(), *ORDER, "sign_off", "waive")
    (approver,) = (claim.key for claim in case.claims if claim.kind == "waive")
    claims = tuple(
        claim.model_copy(update={"key": approver}) if claim.kind == "sign_off" else claim for claim in case.claims
    )
    assert decide(replace(case, claims=claims), P, NOW).allowed


def test_a_waiver_that_waives_nothing_needs_nobody_again():
    case = good_case()
    unused = waiver(case.record, P.sha256, "gap", "failed", bound=0.16)
    assert decide(replace(case, claims=(*case.claims, *unused)), P, NOW).allowed


def test_a_rejection_refuses():
    case = good_case()
    rejected = case.claims[2].model_copy(update={"decision": "reject", "id": "a" * 64})
    assert not decide(replace(case, claims=(*case.claims, rejected)), P, NOW).allowed


def test_a_rejection_stands_until_a_later_decision_names_it():
    case = good_case()
    rejection = case.claims[2].model_copy(update={"decision": "reject", "id": "a" * 64})
    later = case.claims[2].model_copy(update={"id": "b" * 64, "at": "2026-11-23T00:00:00Z"})
    claims = (*case.claims[:2], case.claims[3], rejection, later)
    assert not decide(replace(case, claims=claims), P, NOW).allowed
    named = (*case.claims[:2], case.claims[3], rejection, later.model_copy(update={"answers": "a" * 64}))
    assert decide(replace(case, claims=named), P, NOW).allowed


def test_a_signature_over_another_manifest_is_stale():
    case = replace(good_case(), manifest_sha256="0" * 64)
    assert outcome(decide(case, P, NOW), "signed").status == "stale"


TWO_PEOPLE = policy_of(b"""
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
    outcomes = {outcome.requirement: outcome.status for outcome in decide(case, TWO_PEOPLE, NOW).outcomes}
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


def test_a_waiver_of_something_else_does_not_sign_for_anybody():
    """Where nobody has signed, a waiver in force leaves the sign-off missing."""
    case = with_gap(FAILED)
    request, waive = waiver(case.record, P.sha256, "gap", "failed", bound=0.16)
    unsigned = tuple(c for c in case.claims if not isinstance(c, SignOff))
    verdict = decide(replace(case, claims=(request, waive, *unsigned)), P, NOW)
    assert outcome(verdict, "gap").waived is not None
    assert outcome(verdict, "signed").status == "missing"
    assert not verdict.allowed
