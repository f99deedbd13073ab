"""An evaluation counts only if it ran, is complete, is tied to the model, and is about the subject."""

import pytest
from tests.policy.test_gate import POLICY, P, changed, outcome, policy_of, with_record
from tests.strategies import NOW, good_case, good_record

from cardwright.errors import PolicyError
from cardwright.policy.gate import decide
from cardwright.record import Finding, NotEvaluated
from cardwright.record.measurement import Measured

MEASURED = {
    "not_applicable": None,
    "measurements": (Measured(metric="pii_row_rate", value=0.0, unit="proportion", direction="lower_is_better"),),
}


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


TIED = "requirements:\n  - {id: tied, title: t, why: w, origin: internal, "


@pytest.mark.parametrize(
    ("asks", "expected"),
    [
        ("measurement: {evaluator: pii, metric: pii_row_rate, at_most: 0.1, on: value%s}", "passed"),
        ("findings: {evaluator: pii, at_most: low%s}", "passed"),
        ("findings: {evaluator: pii, at_most: low, not_applicable: true%s}", "not_applicable"),
    ],
)
def test_a_number_about_data_is_tied_to_no_model_only_if_the_policy_says_so(asks, expected):
    """A policy for production could ask for it and never be met: no plan can tie a table to a model."""
    case = with_record(
        good_case(), changed(good_record(), "pii", **MEASURED) if expected == "passed" else good_record()
    )

    def judged(binding):
        text = POLICY.replace(b"requirements:\n", f"{TIED}{asks % binding}}}\n".encode())
        return outcome(decide(case, policy_of(text), NOW), "tied")

    untied = judged(", binding: none")
    assert untied.status == expected
    assert ("no tie to the model" in untied.explanation) == asks.startswith("measurement")
    for binding in ("asserted", "supplied", "recomputed"):
        refused = judged(f", binding: {binding}")
        assert refused.status == "inconclusive"
        assert "the policy says `binding: none`" in refused.remedy
    assert judged("").status == ("inconclusive" if asks.startswith("measurement") else expected)


def test_numbers_of_predictions_that_nobody_recomputed_are_not_said_to_be_about_data():
    from cardwright.record import Binding

    case = with_record(good_case(), changed(good_record(), "fairness", binding=Binding(kind="supplied")))
    assert "binding: none" not in outcome(decide(case, P, NOW), "gap").remedy


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


def test_a_model_in_a_folder_is_the_subject_if_every_file_of_the_folder_is_listed():
    """A transformer is a folder: its digest is that of the folder, and the subject lists the files."""
    from cardwright.record.subject import FileDigest

    record = good_record()
    files = tuple(FileDigest(path=f"model/{name}", sha256=name * 64, size=3) for name in "ab")
    subject = record.subject.model_copy(update={"files": files})
    for digest, status in ((subject.folders["model"], "passed"), ("e" * 64, "mismatched")):
        bound = [
            e.model_copy(update={"binding": e.binding.model_copy(update={"model_sha256": digest})}) if e.binding else e
            for e in record.evaluations
        ]
        changed_record = record.model_copy(update={"subject": subject, "evaluations": tuple(bound)})
        assert outcome(decide(with_record(good_case(), changed_record), P, NOW), "gap").status == status


@pytest.mark.parametrize("named", [b"", b"evaluator: fairness, evaluation: fairness, "])
def test_a_requirement_names_an_evaluator_or_an_evaluation(named):
    """With neither it would be met by anything; with both, one could say what the other does not."""
    with pytest.raises(PolicyError, match="which evaluator, or which evaluation"):
        policy_of(POLICY.replace(b"findings: {evaluator: fairness, ", b"findings: {" + named))


def test_where_something_was_found_there_was_something_to_look_at():
    grave = Finding(severity="medium", key="entity.iban", explanation="e")
    case = with_record(good_case(), changed(good_record(), "pii", findings=(grave,), severities={"medium": 1}))
    found = outcome(decide(case, P, NOW), "pii")
    assert found.status == "missing"
    assert "had nothing to look at" in found.explanation
    noted = grave.model_copy(update={"severity": "info"})
    case = with_record(good_case(), changed(good_record(), "pii", findings=(noted,), severities={"info": 1}))
    assert outcome(decide(case, P, NOW), "pii").status == "not_applicable"
