"""Ways in which the gate was opened. Each is closed, and named here by what was done."""

from dataclasses import replace

import pytest
from tests.policy.test_gate import FAILED, POLICY, P, changed, outcome, policy_of, with_gap, with_record
from tests.strategies import NOW, gap, good_case, good_record, waiver

from cardwright.dossier.contents import policy_of as packaged_policy
from cardwright.policy.gate import decide
from cardwright.record import Binding, FileDigest, Finding, SignOff
from cardwright.record.evaluation import count_severities
from cardwright.record.provenance import CodeDigest, DatasetRef


def of_subject(case, **update):
    """The case of a subject that is changed, with the plan that asked for it."""
    subject = case.record.subject.model_copy(update=update)
    plan = case.plan.model_copy(update={"subject": subject})
    return with_record(replace(case, plan=plan), case.record.model_copy(update={"subject": subject}))


def with_second_source(*, evaluated=None):
    """A second test set, `friendly`. `evaluated` is what fairness finds on it; `fairness` itself is on the first, or moved."""
    record = good_record()
    first = record.provenance.datasets[0]
    friendly = DatasetRef.model_validate({**first.model_dump(), "name": "friendly", "sha256": "9" * 64})
    provenance = record.provenance.model_copy(update={"datasets": (first, friendly)})
    planned, evaluations = record.planned, record.evaluations
    if evaluated is not None:
        plan = planned[0].model_copy(update={"id": "fairness-friendly", "inputs": {"source": "friendly"}})
        found = evaluations[0].model_copy(update={"id": "fairness-friendly", **evaluated})
        planned, evaluations = (*planned, plan), (*evaluations, found)
    update = {"provenance": provenance, "planned": planned, "evaluations": evaluations}
    return with_record(good_case(), record.model_copy(update=update))


# ------------------------------------------------------------------------------------------------ made-up evidence


def test_invented_scores_do_not_meet_a_limit_because_the_policy_forgot_to_ask_for_the_model():
    policy = policy_of(POLICY.replace(b", binding: recomputed", b""))
    case = with_record(good_case(), changed(good_record(), "fairness", binding=Binding(kind="supplied")))
    found = outcome(decide(case, policy, NOW), "gap")
    assert found.status == "inconclusive"
    assert "the policy asks for recomputed" in found.explanation


def test_fairness_pointed_at_a_second_source_with_the_role_test_does_not_replace_the_first():
    """Performance is on `test`, fairness on `friendly` alone: `test` has the role as well, and nobody looked."""
    case = with_second_source()
    record = case.record
    moved = record.planned[0].model_copy(update={"inputs": {"source": "friendly"}})
    case = with_record(case, record.model_copy(update={"planned": (moved, *record.planned[1:])}))
    found = outcome(decide(case, P, NOW), "gap")
    assert found.status == "missing"
    assert "was not evaluated on `test`" in found.explanation


def test_a_second_test_population_that_nobody_evaluated_is_missed():
    assert outcome(decide(with_second_source(), P, NOW), "gap").status == "missing"


def test_a_requirement_holds_on_every_test_population_or_not_at_all():
    rates = tuple(m for m in good_record().evaluations[0].measurements if not m.across)
    worse = {"measurements": (*rates, FAILED)}
    assert decide(with_second_source(evaluated={}), P, NOW).allowed
    assert outcome(decide(with_second_source(evaluated=worse), P, NOW), "gap").status == "failed"


def test_a_deployed_file_that_was_never_evaluated_is_not_let_in_beside_the_evaluated_one():
    files = (FileDigest(path="deploy.skops", sha256="d" * 64, size=3), *good_record().subject.files)
    at_hand = {file.path: file.sha256 for file in files}
    case = replace(of_subject(good_case(), files=files), artefacts=at_hand)
    found = outcome(decide(case, P, NOW), "identity")
    assert found.status == "mismatched"
    assert "deploy.skops was not evaluated" in found.explanation


@pytest.mark.parametrize(
    ("role", "status"), [("tokenizer", "passed"), ("weights", "mismatched"), ("model", "mismatched")]
)
def test_a_file_is_listed_by_role_and_printed_but_weights_are_not_waved_through_beside_others_that_were_loaded(
    role, status
):
    files = (FileDigest(path="other.bin", sha256="d" * 64, size=3, role=role), *good_record().subject.files)
    case = replace(of_subject(good_case(), files=files), artefacts={file.path: file.sha256 for file in files})
    found = outcome(decide(case, P, NOW), "identity")
    assert (found.status, "other.bin" in found.explanation) == (status, True)


# ------------------------------------------------------------------------------------------------ waivers


def findings_case(*findings):
    record = changed(good_record(), "fairness", findings=findings, severities=count_severities(findings))
    return with_record(good_case(), record)


HIGH = Finding(severity="high", key="leak", explanation="One.", count=2)
WORSE = Finding(severity="critical", key="leak", explanation="Two.", count=40)


def seen(case, requirement, **more):
    """A waiver of what the verdict says of a requirement now."""
    found = outcome(decide(case, P, NOW), requirement)
    terms = {"severity": found.severity, "count": found.count, "evidence_sha256": found.evidence_sha256, **more}
    plan = {"record_sha256": None, "plan_sha256": case.record.provenance.plan_sha256}
    asked, approved = waiver(case.record, P.sha256, requirement, found.status, **plan, bound=more.get("bound"))
    return tuple(claim.model_copy(update=terms) for claim in (asked, approved))


def under(case, claims):
    return decide(replace(case, claims=(*claims, *case.claims)), P, NOW)


def test_a_waiver_of_findings_says_how_severe_and_how_many():
    case = findings_case(HIGH)
    assert under(case, seen(case, "findings")).allowed
    for less in ({"severity": None}, {"count": None}, {"count": 1}, {"severity": "medium"}):
        assert not under(case, seen(case, "findings", **less)).allowed, less


@pytest.mark.parametrize("worse", [(WORSE,), (HIGH, HIGH), (HIGH.model_copy(update={"count": 3}),)])
def test_a_waiver_of_findings_replayed_on_a_superseding_record_with_worse_data_is_not_in_force(worse):
    claims = seen(findings_case(HIGH), "findings")
    assert not under(findings_case(*worse), claims).allowed
    assert not under(
        findings_case(*worse), tuple(c.model_copy(update={"evidence_sha256": None}) for c in claims)
    ).allowed


def test_a_waiver_of_a_number_is_for_the_evaluation_that_was_seen():
    seen_one, other = with_gap(FAILED), with_gap(gap("demographic_parity_difference", 0.14, 0.11, 0.17))
    claims = seen(seen_one, "gap", bound=0.16)
    assert under(seen_one, claims).allowed
    assert not under(other, claims).allowed, "no worse, and yet nobody has seen it"


def test_a_waiver_for_a_plan_that_names_no_evaluation_is_not_in_force():
    case = with_gap(FAILED)
    assert not under(case, seen(case, "gap", bound=0.16, evidence_sha256=None)).allowed


def test_a_waiver_holds_for_an_evaluation_that_was_taken_over_unchanged():
    case = with_gap(FAILED)
    reused = changed(case.record, "fairness", reused_from="b" * 64)
    assert outcome(under(with_record(case, reused), seen(case, "gap", bound=0.16)), "gap").waived


# ------------------------------------------------------------------------------------------------ taken over


def reused_case():
    record = changed(good_record(), "fairness", reused_from="b" * 64)
    case = with_record(good_case(), record)
    return replace(case, run=case.run.model_copy(update={"earlier": {"fairness": "2026-11-19T12:00:00Z"}}))


def test_a_forged_earlier_dossier_gives_production_nothing():
    found = outcome(decide(reused_case(), P, NOW), "cardwright.recomputed")
    assert found.status == "missing"
    assert "fairness was taken from an earlier run" in found.explanation


def test_a_forged_resume_folder_gives_production_nothing():
    case = good_case()
    case = replace(case, run=case.run.model_copy(update={"earlier": {"pii": "2026-11-19T12:00:00Z"}}))
    assert not decide(case, P, NOW).allowed


def test_leaving_out_when_it_ran_does_not_hide_that_something_was_taken_over():
    without_age = policy_of(POLICY.replace(b"age: {max_days: 30}", b"provenance: {}"))
    case = replace(reused_case(), run=None)
    assert outcome(decide(case, without_age, NOW), "cardwright.recomputed").status == "missing"


def test_what_was_taken_over_serves_research():
    research = policy_of(POLICY.replace(b"kinds: [model]", b"kinds: [model]\nfor_production: false"))
    verdict = decide(reused_case(), research, NOW)
    assert "cardwright.recomputed" not in [o.requirement for o in verdict.outcomes]


@pytest.mark.parametrize(
    ("runner", "meaning", "status"),
    [("R. Runner", "authorship", "passed"), ("E", "authorship", "missing"), ("R. Runner", "review", "missing")],
)
def test_only_a_runner_who_did_not_write_the_plan_answers_for_what_was_taken_over(runner, meaning, status):
    case = reused_case()
    made = SignOff(
        id="c" * 64, person=runner, key="d" * 64, role="engineering", at="2026-11-22T00:00:00Z", decision="approve",
        meaning=meaning, manifest_sha256=case.manifest_sha256,
    )  # fmt: skip
    verdict = decide(replace(case, claims=(*case.claims, made)), P, NOW)
    assert outcome(verdict, "cardwright.recomputed").status == status


# ------------------------------------------------------------------------------------------------ groups and weights


@pytest.mark.parametrize("key", ["weight_zero", "extreme_weights"])
def test_weights_that_take_rows_out_of_the_count_are_inconclusive_though_the_number_is_inside_the_limit(key):
    odd = Finding(severity="low", key=key, explanation="90 of 1000 rows have the weight 0.", count=90)
    found = outcome(decide(findings_case(odd), P, NOW), "gap")
    assert found.status == "inconclusive"
    assert "90 of 1000 rows have the weight 0." in found.explanation


MANDATORY = b"across: every, attributes: {race: [a, b, c], sex: [f, m]}"


def test_an_attribute_left_out_of_sensitive_does_not_disappear_from_the_requirement():
    policy = policy_of(POLICY.replace(b"across: every", MANDATORY, 1))
    found = outcome(decide(good_case(), policy, NOW), "gap")
    assert found.status == "missing"
    assert "across sex is not in fairness" in found.explanation


def test_a_group_that_the_policy_expects_is_missed_where_the_plan_forgot_it():
    policy = policy_of(POLICY.replace(b"across: every", b"across: every, attributes: {race: [a, b, c, d]}", 1))
    found = outcome(decide(good_case(), policy, NOW), "gap")
    assert (found.status, "covers 3 of 4 groups" in found.explanation) == ("inconclusive", True)
    each = policy_of(POLICY.replace(b"slices: every_group", b"slices: every_group, attributes: {race: [d], sex: []}"))
    missed = {
        tuple(o.slice.items())
        for o in outcome(decide(good_case(), each, NOW), "tpr").observations
        if o.status == "missing"
    }
    assert missed == {(("race", "d"),), (("sex", "any group"),)}


# ------------------------------------------------------------------------------------------------ plug-ins


def installed(*code):
    record = good_record()
    provenance = record.provenance.model_copy(update={"code": code})
    return with_record(good_case(), record.model_copy(update={"provenance": provenance}))


OURS = CodeDigest(name="cardwright", version="0.1.0", sha256="1" * 64, evaluators=("fairness",))
PATCHED = CodeDigest(name="helpful-metrics", version="1.0", sha256="2" * 64, evaluators=("helpful",))
ACCEPTS = policy_of(POLICY.replace(b"provenance: {}", b"provenance: {evaluators: {cardwright: [%s]}}" % (b"1" * 64)))


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ((OURS,), "passed"),
        ((OURS, PATCHED), "mismatched"),
        ((OURS.model_copy(update={"sha256": "3" * 64}),), "mismatched"),
        ((), "missing"),
    ],
)
def test_a_plug_in_that_the_policy_does_not_accept_or_changed_code_is_refused(code, status):
    found = outcome(decide(installed(*code), ACCEPTS, NOW), "provenance")
    assert found.status == status


def test_the_distributions_that_computed_are_printed_in_every_verdict():
    said = outcome(decide(installed(OURS, PATCHED), P, NOW), "provenance").explanation
    assert "cardwright 0.1.0 (111111111111), helpful-metrics 1.0 (222222222222)" in said


# ------------------------------------------------------------------------------------------------ what a header claims


def changed_accuracy(low, high):
    record = good_record()
    change = gap("accuracy_change", (low + high) / 2, low, high).model_copy(
        update={"across": (), "groups": None, "direction": "higher_is_better"}
    )
    performance = record.evaluations[0].model_copy(
        update={"id": "performance", "evaluator": "performance", "measurements": (change,)}
    )
    planned = record.planned[0].model_copy(update={"id": "performance", "evaluator": "performance"})
    (test,) = record.provenance.datasets
    provenance = record.provenance.model_copy(update={"datasets": (test.model_copy(update={"task": "binary"}),)})
    update = {
        "planned": (*record.planned, planned),
        "evaluations": (*record.evaluations, performance),
        "provenance": provenance,
    }
    return with_record(good_case(), record.model_copy(update=update))


@pytest.mark.parametrize("stage", ["stage_prototype", "stage_validation", "stage_handoff", "stage_online"])
@pytest.mark.parametrize(
    ("low", "high", "status"), [(-0.08, -0.02, "failed"), (-0.02, 0.04, "inconclusive"), (0.01, 0.05, "passed")]
)
def test_a_candidate_that_is_worse_than_the_baseline_on_the_same_rows_does_not_become_a_prototype(
    stage, low, high, status
):
    found = outcome(decide(changed_accuracy(low, high), packaged_policy(stage), NOW), "better")
    assert found.status == status


def test_a_candidate_that_nobody_compared_with_a_baseline_does_not_become_a_prototype():
    assert outcome(decide(good_case(), packaged_policy("stage_prototype"), NOW), "better").status == "missing"


def test_what_was_only_planned_for_going_live_does_not_go_online():
    verdict = decide(good_case(), packaged_policy("stage_online"), NOW)
    assert {outcome(verdict, name).status for name in ("tried", "accepted")} == {"missing"}
