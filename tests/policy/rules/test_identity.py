"""The artefact at hand is the one that was evaluated, or it is refused."""

from dataclasses import replace

from tests.policy.test_gate import POLICY, P, outcome, policy_of, with_record
from tests.strategies import NOW, good_case

from cardwright.policy.gate import decide
from cardwright.record.subject import Component, Reference, Subject


def test_another_model_file_is_mismatched():
    case = replace(good_case(), artefacts={"model.skops": "b" * 64})
    assert outcome(decide(case, P, NOW), "identity").status == "mismatched"


def test_a_subject_of_parts_without_a_file_is_not_taken_for_the_one_at_hand():
    case = good_case()
    part = Component(role="prompt", name="prompt.md", sha256="9" * 64)
    subject = case.record.subject.model_copy(update={"files": (), "components": (part,)})
    case = replace(case, plan=case.plan.model_copy(update={"subject": subject}))
    case = with_record(case, case.record.model_copy(update={"subject": subject}))
    assert outcome(decide(replace(case, artefacts={}), P, NOW), "identity").status == "missing"


def declared(policy):
    """What becomes of a subject that is known by reference only, and that nobody has compared with anything."""
    case = good_case()
    subject = Subject(kind="model", name="m", version="1", reference=Reference(provider="p", model_id="m"))
    case = replace(case, plan=case.plan.model_copy(update={"subject": subject}))
    case = with_record(case, case.record.model_copy(update={"subject": subject}))
    return outcome(decide(replace(case, artefacts=None), policy, NOW), "identity")


def test_a_subject_that_is_only_declared_passes_where_the_policy_accepts_that_and_nowhere_else():
    accepted = declared(policy_of(POLICY.replace(b"identity: {}", b"identity: {hashed: false}")))
    assert (accepted.status, "it is not hashed" in accepted.explanation) == ("passed", True)
    refused = declared(P)
    assert (refused.status, "declared, not hashed" in refused.explanation) == ("missing", True)


def test_a_policy_that_accepts_declared_subjects_still_compares_those_that_are_hashed():
    policy = policy_of(POLICY.replace(b"identity: {}", b"identity: {hashed: false}"))
    case = replace(good_case(), artefacts={"model.skops": "b" * 64})
    assert outcome(decide(case, policy, NOW), "identity").status == "mismatched"
    assert outcome(decide(replace(case, artefacts=None), policy, NOW), "identity").status == "missing"
