"""Each indicator's numbers, worked out by hand; where there are too few cases, none."""

import pytest
from tests.evaluators.kpis.support import (
    PLANNED,
    approved,
    counted,
    decided,
    evaluation,
    link,
    look,
    of_runs,
    one,
    renamed,
    run,
    sign_off,
    verdicts,
    with_evaluations,
    written,
)
from tests.strategies import good_record

from cardwright.evaluators.kpis.figures import claims_of, first_approval
from cardwright.record.claim import WaiveRequest, Withdraw
from cardwright.record.coverage import ChecklistCoverage, ItemCoverage
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.statistics.intervals import wilson


def models(allowed, refused):
    return [decided(f"model-{n}", n < allowed) for n in range(allowed + refused)]


def test_a_rate_has_its_counts_and_wilsons_interval():
    found = one(look(*models(6, 2)), "quality_gate_pass_rate")
    assert (found.value, found.numerator, found.denominator) == (0.75, 6, 8)
    bounds = wilson(6, 8)
    assert (found.interval.lower, found.interval.upper, found.interval.method) == (bounds.lower, bounds.upper, "wilson")


def test_a_rate_of_too_few_cases_is_none_and_says_the_counts():
    found = one(look(*models(3, 1)), "quality_gate_pass_rate")
    assert (found.status, found.code, found.denominator) == ("unmeasured", "too_few_samples", 4)
    assert found.reason == "3 of 4 (decision of the gate); a rate is stated from 5 cases on."
    assert one(look(*models(3, 1), min_cases=4), "quality_gate_pass_rate").value == 0.75


def test_nothing_gives_no_zero():
    found = look(written())
    assert all(isinstance(one(found, metric), Unmeasured) for metric in (
        "experiment_throughput", "reproducibility_rate", "robustness_delta", "responsible_ai_coverage", "handoff_readiness",
        "quality_gate_pass_rate", "data_quality_issue_rate", "error_analysis_completeness", "time_to_first_result",
    ))  # fmt: skip


def test_throughput_counts_runs_that_ended_with_a_number_and_no_debugging():
    runs = [
        run("a"), run("b", purpose="search"), run("c", purpose="debug"), run("d", status="failed"), run("e", value=None),
        run("f", purpose=None, day="2026-11-12"),
    ]  # fmt: skip
    found = one(look(written(), runs=runs, since="2026-11-02", until="2026-11-15"), "experiment_throughput")
    assert (found.value, found.numerator, found.denominator, found.unit) == (1.5, 3, pytest.approx(2), "per_week")


def test_a_dossier_is_reproducible_if_all_its_results_resolve():
    clean = [with_evaluations(decided(f"m-{n}", True), evaluation("performance"), of_runs()) for n in range(4)]
    dirty = with_evaluations(decided("m-dirty", True), evaluation("performance"), dirty=True)
    lost = with_evaluations(decided("m-lost", True), of_runs(untraceable=1))
    nothing = with_evaluations(decided("m-none", True))
    found = one(look(*clean, dirty, lost, nothing), "reproducibility_rate")
    assert (found.numerator, found.denominator) == (4, 6)


def test_baselines_are_different_configurations_that_ended_with_a_number():
    runs = [run("a", purpose="baseline", config={"k": 1}), run("b", purpose="baseline", config={"k": 1}),
            run("c", purpose="baseline", config={"k": 2}), run("d", purpose="baseline", config={"k": 3}, status="failed"),
            run("e"), run("f", group="search", purpose="baseline")]  # fmt: skip
    found = look(written(), runs=runs)
    assert one(found, "baseline_coverage", workstream="loans").value == 2
    whole = one(found, "baseline_coverage")
    assert (whole.value, whole.numerator, whole.denominator) == (1.5, 3, 2)


def test_a_claim_that_several_documents_make_of_the_same_runs_is_one():
    memo = with_evaluations(written("research_memo", name="memo"), of_runs())
    board = with_evaluations(written("leaderboard", name="board"), of_runs())
    other = with_evaluations(
        written("research_memo", name="other"), of_runs(0.01, 0.5, lower=-0.01, upper=0.03, source="8" * 64)
    )
    claims = claims_of([memo, board, other])
    assert [claim.ids for claim in claims] == [(memo.id, board.id), (other.id,)]
    found = look(memo, board, other)
    middle = one(found, "primary_metric_improvement")
    assert (middle.value, middle.numerator, middle.denominator) == (0.02, 1, 2)
    each = one(found, "primary_metric_improvement", claim=board.id)
    assert (each.value, each.interval.lower, each.interval.upper) == (
        pytest.approx(0.04), pytest.approx(0.02 / 0.75), pytest.approx(0.04 / 0.75),
    )  # fmt: skip


def test_costs_are_compared_by_kind_and_a_baseline_that_cost_nothing_is_left_out():
    memo = with_evaluations(written("research_memo", name="memo"), of_runs(costs=(10.0, 40.0)))
    free = with_evaluations(written("research_memo", name="free"), of_runs(costs=(10.0, 0.0), source="8" * 64))
    found = one(look(memo, free), "cost_ratio", cost="gpu_hours")
    assert (found.value, found.denominator) == (0.25, 1)


def test_the_largest_drop_is_that_of_the_worst_group_or_of_changed_input():
    def number(metric, value, **slice_):
        return Measured(metric=metric, slice=slice_, value=value, unit="difference", direction="neither")

    beside = evaluation("replacement", [number("accuracy_change", -0.9), number("accuracy_change", -0.04, sex="f")])
    changed = evaluation(
        "robustness", [number("accuracy_drop", 0.12, change="noise"), number("decision_flip_rate", 0.5)]
    )
    first, second = (
        with_evaluations(decided("m-1", True), beside),
        with_evaluations(decided("m-2", True), beside, changed),
    )
    found = one(look(first, second), "robustness_delta")
    assert (found.value, found.numerator, found.denominator) == (0.12, 1, 2)


def test_the_first_result_is_counted_from_the_approval_in_the_same_workstream():
    plan = written(claims=approved("2026-11-06T16:00:00Z"), **PLANNED)
    runs = [
        run("before", day="2026-11-05"), run("failed", day="2026-11-09", status="failed"),
        run("elsewhere", day="2026-11-09", group="search"), run("first", day="2026-11-11"), run("late", day="2026-11-20"),
    ]  # fmt: skip
    found = one(look(plan, runs=runs), "time_to_first_result", workstream="loans")
    assert (found.value, found.unit, found.denominator) == (3, "business_days", 1)


def test_a_plan_that_nobody_but_its_author_signed_is_not_approved():
    own = written(claims=[sign_off("Ada", "2026-11-02T09:00:00Z", meaning="authorship")])
    assert first_approval(own) is None
    assert one(look(own, runs=[run("a")]), "time_to_first_result").reason.startswith("0 of 1 plans are approved")
    signed = approved()
    taken_back = Withdraw(id="9" * 64, person="Ben", key="b" * 64, role="research_lead", at="2026-11-04T00:00:00Z",
                          claim=signed[1].id, reason="Too early")  # fmt: skip
    assert first_approval(written(claims=(*signed, taken_back))) is None


def test_latency_is_the_median_of_hours_of_a_dossier():
    dossiers = []
    for name, hours in (("m-1", 1.0), ("m-2", 2.0), ("m-3", 9.0)):
        held = decided(name, True)
        seconds = {"a": hours * 1800, "b": hours * 1800}
        dossiers.append(
            counted(held.record, verdict=held.verdict, run=held.run.model_copy(update={"seconds": seconds}))
        )
    found = one(look(*dossiers, decided("m-4", True)), "evaluation_latency")
    assert (found.value, found.denominator, found.interval) == (2.0, 3, None)


def test_memos_are_complete_with_an_error_analysis():
    memos = [
        written("research_memo", name=f"memo-{n}", links=[link("error_analysis")] if n < 4 else ()) for n in range(5)
    ]
    assert one(look(*memos), "error_analysis_completeness").value == 0.8


def checklist(name, *answered):
    items = tuple(
        ItemCoverage(item=f"i{n}", clause="c", requirement="r", answered=each) for n, each in enumerate(answered)
    )
    return {name: ChecklistCoverage(checklist=name, title="T", sha256="0" * 64, as_of="2026-11-01", items=items)}


def production(name, checklists, kind="model"):
    record = good_record()
    context = record.context.model_copy(update={"production_intended": True})
    subject = record.subject.model_copy(update={"kind": kind, "name": name})
    return counted(record.model_copy(update={"context": context, "subject": subject}), checklists=checklists)


def test_handoff_and_responsible_ai_are_of_what_is_meant_for_production():
    full = checklist("handoff_readiness", "evidence", "attested", "not_applicable")
    half = checklist("handoff_readiness", "evidence", "missing")
    found = look(
        production("m-1", full),
        production("m-2", half),
        production("d-1", full, "dataset"),
        decided("m-3", True),
        min_cases=2,
    )
    ready = one(found, "handoff_readiness")
    assert (ready.numerator, ready.denominator) == (1, 2)
    minimum = [
        checklist("responsible_ai_minimum", *answers)
        for answers in (("evidence", "missing"), ("attested", "not_applicable"))
    ]
    covered = one(look(production("m-1", minimum[0]), production("m-2", minimum[1])), "responsible_ai_coverage")
    assert (covered.numerator, covered.denominator, covered.interval) == (2, 3, None)
    assert one(look(production("m-1", minimum[0])), "waivers_in_force").value == 0


def test_findings_about_data_are_told_apart_by_when_they_were_found():
    def profiled(name, kind, day, issues):
        held = renamed(good_record(), name)
        record = held.model_copy(update={"subject": held.subject.model_copy(update={"kind": kind})})
        findings = {"medium": issues} if issues else {}
        # The counts alone are looked at, so no findings need to be made up.
        found = evaluation("data_profile").model_copy(update={"severities": {**findings, "low": 7}})
        verdict = verdicts()[1].model_copy(update={"evaluated_at": f"{day}T00:00:00Z"})
        return with_evaluations(counted(record, verdict=verdict), found)

    found = look(
        profiled("d-1", "dataset", "2026-08-01", 4), profiled("m-1", "model", "2026-11-01", 1), profiled("m-2", "model", "2026-11-02", 0)
    )  # fmt: skip
    rates = {m.slice.get("found") or m.slice.get("quarter"): (m.numerator, m.denominator) for m in found.find("data_quality_issue_rate")
             if "workstream" not in m.slice}  # fmt: skip
    assert rates == {None: (5, 3), "early": (4, 1), "late": (1, 2), "2026-Q3": (4, 1), "2026-Q4": (1, 2)}
    assert one(found, "data_quality_issue_rate_change").value == 0.5 - 4
    alone = one(look(profiled("d-1", "dataset", "2026-08-01", 4)), "data_quality_issue_rate_change")
    assert alone.reason == "There are not dossiers of two quarters, which a trend needs."


def test_answers_are_counted_from_the_signed_request():
    changes = sign_off("Ben", "2026-11-02T09:00:00Z", decision="request_changes", id_="4")
    answer = sign_off("Ben", "2026-11-06T09:00:00Z", id_="5", answers=changes.id)
    asked = WaiveRequest(
        id="6" * 64, person="Ada", key="a" * 64, role="researcher", at="2026-11-02T09:00:00Z", requirement="r", outcome="failed",
        reason="Because", controls="Somebody looks", expires="2026-12-01",
    )  # fmt: skip
    found = one(look(written(claims=(approved()[0], changes, answer, asked))), "collaboration_responsiveness")
    # The author's signature on a Friday is answered on Monday, the changes after four days, the waiver by nobody.
    assert (found.value, found.numerator, found.denominator) == (1, 2, 3)


def given_report(value="4.2", answers="9", **more):
    entry = {"indicator": "stakeholder_satisfaction", "value": value, "answers": answers, "how": "Asked by letter"}
    return written("kpi_report", name="kpi", given_by_people=[entry], **more)


def test_what_only_people_can_say_is_taken_from_an_approved_report_alone():
    assert one(look(given_report()), "stakeholder_satisfaction").reason.startswith("Not collected")
    found = one(look(given_report(claims=approved())), "stakeholder_satisfaction")
    assert (found.value, found.denominator) == (4.2, 9)
    assert one(look(given_report(claims=approved())), "documentation_quality").reason.startswith("Not collected")
    for value, answers in (("rather good", "9"), ("1e9999", "9"), ("4.2", "some"), ("nan", "9")):
        report = given_report(value, answers, claims=approved())
        assert one(look(report), "stakeholder_satisfaction").reason == "What the KPI report gives is no number."
