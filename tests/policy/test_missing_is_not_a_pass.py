"""What looks like a pass elsewhere because it is missing: each defect of the field's own tools, and the refusal here.

The second list, of what a gate has to get right, is mostly tested elsewhere; `ELSEWHERE` says where.
"""

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from tests.policy.test_gate import POLICY, P, changed, outcome, policy_of, with_record
from tests.strategies import NOW, gap, good_case, good_record

from cardwright.errors import IntegrityError, NothingToCheckError, PolicyError
from cardwright.policy.gate import decide
from cardwright.record import ExpectedGroups, NotEvaluated, Record, canonical

TESTS = Path(__file__).parents[1]
ELSEWHERE = {
    "a missing slice blocks": "policy/test_gate.py::test_leaving_out_any_part_that_the_policy_asks_for_refuses",
    "one key under two ids is one person": "attest/test_trust.py::test_one_key_under_two_ids_is_an_error",
    "nobody approves what they asked for": "policy/test_waivers.py::test_a_waiver_that_does_not_fit_is_not_in_force",
    "another model file is another subject": "policy/rules/test_identity.py::test_another_model_file_is_mismatched",
    "a log that was cut shows": "attest/test_claims.py::test_a_ledger_that_was_cut_contradicts_what_was_signed",
    "a waiver that expired a second ago is none": "policy/test_waivers.py::test_a_waiver_holds_through_its_last_day",
    "an evaluator that was skipped blocks": "policy/test_minimum.py::test_an_evaluation_whose_extra_is_missing_blocks_under_every_policy",
    "every changed byte of a released dossier shows": "attest/test_verify.py::test_every_change_of_a_released_dossier_is_refused",
    "openssl verifies our signature": "attest/test_envelope.py::test_openssl_verifies_our_signature",
    "nine of ten is a refusal": "test_acceptance.py::test_a_partial_share_of_passed_requirements_is_never_enough",
    "a limit of 0 is a limit": "policy/rules/test_measurement.py::test_a_limit_of_zero_is_a_limit",
}


def test_every_test_named_here_is_there():
    lost = []
    for place in ELSEWHERE.values():
        path, name = place.split("::")
        tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
        if name not in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}:
            lost.append(place)
    assert lost == []


# ------------------------------------------------------------------------------------------ the field's tools


def test_an_evaluator_that_is_dropped_on_the_way_blocks():
    """Credo Lens drops an evaluator that does not fit at log level INFO, and exports the rest."""
    record = good_record()
    rest = record.evaluations[1:]
    with pytest.raises(ValueError, match="accounted for"):
        Record.model_validate(record.model_copy(update={"evaluations": rest}).model_dump())
    unplanned = record.model_copy(update={"evaluations": rest, "planned": record.planned[1:]})
    case = good_case()
    verdict = decide(replace(case, record=Record.model_validate(unplanned.model_dump())), P, NOW)
    assert outcome(verdict, "cardwright.plan").status == "mismatched"
    assert outcome(verdict, "gap").status == "missing"


def test_an_empty_result_blocks():
    """ValidMind gives an empty table without `passed`, and does not log an error result."""
    case = with_record(good_case(), changed(good_record(), "fairness", measurements=(), findings=(), severities={}))
    verdict = decide(case, P, NOW)
    assert {outcome(verdict, name).status for name in ("gap", "tpr", "findings")} == {"missing"}


def test_a_sensitive_attribute_that_vanishes_blocks():
    """The RAI scorecard drops a feature that is not categorical, and with it the page on fairness."""
    record = good_record()
    more = ExpectedGroups(attribute="age", groups=("old", "young"), declared=True)
    planned = tuple(p.model_copy(update={"groups": (*p.groups, more)}) for p in record.planned)
    verdict = decide(with_record(good_case(), record.model_copy(update={"planned": planned})), P, NOW)
    assert {outcome(verdict, name).status for name in ("gap", "tpr")} == {"missing"}
    assert [o.across for o in outcome(verdict, "gap").observations if o.status == "missing"] == [("age",)]


@pytest.mark.parametrize("limit", [b"'>=0.8'", b"high", b".nan", b"null", b"[0.1]"])
def test_a_limit_that_cannot_be_read_is_an_error(limit):
    """The RAI scorecard takes a threshold that it cannot read out again, with a warning."""
    with pytest.raises(PolicyError):
        policy_of(POLICY.replace(b"at_most: 0.1,", b"at_most: " + limit + b",", 1))


@pytest.mark.parametrize("completeness", ["sampled", "partial", "truncated"])
def test_the_first_rows_are_not_the_rows(completeness):
    """RAIInsights looks at the first 5,000 rows, with a warning."""
    verdict = decide(with_record(good_case(), changed(good_record(), "fairness", completeness=completeness)), P, NOW)
    assert {outcome(verdict, name).status for name in ("gap", "tpr", "findings")} == {"inconclusive"}


def test_a_detector_that_raised_has_not_found_nothing():
    """Giskard 2 logs the exception of a detector and builds its report without it, so that no issue is left to show."""
    record = good_record()
    gone = NotEvaluated(id="pii", code="error", reason="it raised", remedy="mend it")
    broken = record.model_copy(update={"evaluations": record.evaluations[:1], "not_evaluated": (gone,)})
    verdict = decide(with_record(good_case(), broken), P, NOW)
    assert {outcome(verdict, name).status for name in ("pii", "cardwright.ran")} == {"error"}


def test_a_plan_without_one_evaluation_is_not_a_pass():
    """Giskard 3: no steps are a pass, and so is a skipped one beside one that passed."""
    record = good_record()
    empty = record.model_copy(update={"planned": (), "evaluations": ()})
    text = (
        POLICY[: POLICY.index(b"  - {id: gap")]
        + b"  - {id: provenance, title: t, why: w, origin: law, provenance: {}}\n"
    )
    verdict = decide(with_record(good_case(), empty), policy_of(text), NOW)
    assert outcome(verdict, "cardwright.ran").status == "missing"
    assert not verdict.allowed


def test_a_policy_of_which_nothing_is_left_checks_nothing():
    """Deepchecks leaves incompatible checks out and calls the empty suite passed; here it is an error with an exit code of its own."""
    head = POLICY[: POLICY.index(b"  - {id: gap")]
    text = (
        head
        + b"  - {id: a, title: t, why: w, origin: law, applies_when: {kind: [system]}, evaluated: {evaluator: safety}}\n"
    )
    with pytest.raises(NothingToCheckError) as raised:
        decide(good_case(), policy_of(text), NOW)
    assert raised.value.exit_code == 5


def test_a_measure_of_one_attribute_does_not_stand_for_another():
    """LangFair's AutoEval prints an assertion and drops the attribute it was about."""
    other = gap("demographic_parity_difference", 0.01, 0.0, 0.02, across=("colour",))
    record = good_record()
    rates = tuple(m for m in record.evaluations[0].measurements if not m.across)
    verdict = decide(with_record(good_case(), changed(record, "fairness", measurements=(*rates, other))), P, NOW)
    assert outcome(verdict, "gap").status == "missing"


def test_not_applicable_counts_only_where_the_policy_says_so():
    """wandb's rai-toolkit counts N/A as passed, and leaves out what is not installed with a warning."""
    strict = policy_of(POLICY.replace(b", not_applicable: true", b""))
    assert outcome(decide(good_case(), P, NOW), "pii").status == "not_applicable"
    assert outcome(decide(good_case(), strict, NOW), "pii").status == "missing"
    assert not decide(good_case(), strict, NOW).allowed


def test_one_error_leaves_the_other_evidence_to_be_judged():
    """Evidently fails the other way round: one exception ends the run, and nothing is left to look at."""
    record = good_record()
    gone = NotEvaluated(id="pii", code="error", reason="it raised", remedy="mend it")
    broken = record.model_copy(update={"evaluations": record.evaluations[:1], "not_evaluated": (gone,)})
    verdict = decide(with_record(good_case(), broken), P, NOW)
    assert outcome(verdict, "gap").status == "passed"
    assert len(verdict.outcomes) == len(P.requirements) + 2


# ------------------------------------------------------------------------------------------ what a gate gets right


def test_a_number_that_is_none_is_not_read():
    data = canonical.dumps(good_record())
    assert data.count(b'"value":0.05') == 1
    for bad in (b"NaN", b"Infinity", b'"0.05"', b"null"):
        with pytest.raises(IntegrityError):
            canonical.parse(Record, data.replace(b'"value":0.05', b'"value":' + bad), where="record.json")


def test_a_key_that_stands_twice_is_not_read():
    data = canonical.dumps(good_record())
    with pytest.raises(IntegrityError, match="twice"):
        canonical.parse(Record, b'{"title":"Another",' + data[1:], where="record.json")
