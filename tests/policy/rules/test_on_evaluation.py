"""An evaluation counts only if it ran, is complete, is tied to the model, and is about the subject."""

import pytest
from tests.policy.test_gate import POLICY, P, changed, outcome, policy_of, with_record
from tests.strategies import NOW, good_case, good_record

from cardwright.errors import PolicyError
from cardwright.policy.gate import decide
from cardwright.record import NotEvaluated


def test_an_evaluation_that_raised_is_an_error_and_blocks():
    record = good_record()
    broken = record.model_copy(
        update={
            "evaluations": record.evaluations[1:],
            "not_evaluated": (NotEvaluated(id="fairness", code="error", reason="it raised", remedy="mend it"),),
        }
    )
    verdict = decide(with_record(good_case(), broken), P, NOW)
    assert {outcome(verdict, name).status for name in ("gap", "tpr", "findings", "cardwright.ran")} == {"error"}


def test_a_sampled_evaluation_does_not_pass_where_a_complete_one_is_asked_for():
    case = with_record(good_case(), changed(good_record(), "fairness", completeness="truncated"))
    assert outcome(decide(case, P, NOW), "gap").status == "inconclusive"


def test_supplied_predictions_do_not_pass_where_recomputed_ones_are_asked_for():
    from cardwright.record import Binding

    case = with_record(good_case(), changed(good_record(), "fairness", binding=Binding(kind="supplied")))
    assert outcome(decide(case, P, NOW), "gap").status == "inconclusive"
    assert outcome(decide(case, P, NOW), "tpr").status == "inconclusive", "what goes into production asks by itself"
    weaker = policy_of(POLICY.replace(b"slices: every_group", b"binding: supplied, slices: every_group"))
    found = outcome(decide(case, weaker, NOW), "tpr")
    assert found.status == "passed"
    assert "accepts supplied predictions here: nobody recomputed them" in found.explanation
    research = policy_of(POLICY.replace(b"kinds: [model]", b"kinds: [model]\nfor_production: false"))
    assert outcome(decide(case, research, NOW), "tpr").status == "passed"


def test_what_another_model_did_is_no_evidence_about_the_subject():
    """A fair model that was evaluated does not let another one through."""
    record = good_record()
    bound = next(e for e in record.evaluations if e.binding is not None)
    other = bound.binding.model_copy(update={"model_sha256": "e" * 64})
    verdict = decide(with_record(good_case(), changed(record, bound.id, binding=other)), P, NOW)
    found = outcome(verdict, "gap")
    assert found.status == "mismatched"
    assert "not among the files of the subject" in found.explanation
    assert not verdict.allowed


@pytest.mark.parametrize("named", [b"", b"evaluator: fairness, evaluation: fairness, "])
def test_a_requirement_names_an_evaluator_or_an_evaluation(named):
    """With neither it would be met by anything; with both, one could say what the other does not."""
    with pytest.raises(PolicyError, match="which evaluator, or which evaluation"):
        policy_of(POLICY.replace(b"findings: {evaluator: fairness, ", b"findings: {" + named))
