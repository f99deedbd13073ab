"""The artefact at hand is the one that was evaluated, or it is refused."""

from dataclasses import replace

from tests.policy.test_gate import P, outcome, with_record
from tests.strategies import NOW, good_case

from cardwright.policy.gate import decide
from cardwright.record.subject import Component


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
