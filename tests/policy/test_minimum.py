"""What holds under every policy: the plan, every evaluation of it, and the responsible-AI minimum."""

from dataclasses import replace

import pytest
from tests.policy.test_gate import POLICY, P, outcome, policy_of, with_context, with_record
from tests.strategies import NOW, good_case, good_record

from cardwright.policy.gate import decide
from cardwright.record import NotEvaluated, PlanLock
from cardwright.record.record import Redaction


def test_another_plan_is_mismatched():
    case = good_case()
    other = case.plan.model_copy(update={"seed": 1})
    verdict = decide(replace(case, plan=PlanLock.model_validate(other.model_dump())), P, NOW)
    assert outcome(verdict, "cardwright.plan").status == "mismatched"


def test_an_evaluation_whose_extra_is_missing_blocks_under_every_policy():
    """Installing an extra never flips a verdict to allowed by removing a check: planned and not run is missing."""
    record = good_record()
    text = POLICY.replace(b"findings: {evaluator: pii, at_most: low, not_applicable: true}", b"provenance: {}")
    broken = record.model_copy(
        update={
            "evaluations": record.evaluations[:1],
            "not_evaluated": (NotEvaluated(id="pii", code="missing", reason="not installed", remedy="pip install"),),
        }
    )
    verdict = decide(with_record(good_case(), broken), policy_of(text), NOW)
    assert [o.requirement for o in verdict.blocking] == ["cardwright.ran"]


def test_a_record_that_names_another_author_than_its_plan_is_refused():
    case = good_case()
    provenance = case.record.provenance.model_copy(update={"author": "F"})
    verdict = decide(replace(case, record=case.record.model_copy(update={"provenance": provenance})), P, NOW)
    assert outcome(verdict, "cardwright.plan").status == "mismatched"


def minimum(verdict):
    return {o.requirement for o in verdict.outcomes if o.requirement.startswith("cardwright.minimum")}


RESEARCH = POLICY.replace(b"kinds: [model]", b"kinds: [model]\nfor_production: false")


@pytest.mark.parametrize("stated", [None, False])
def test_a_policy_that_is_not_for_production_asks_no_minimum_and_its_allowance_says_so(stated):
    case = with_context(good_case(), production_intended=stated)
    verdict = decide(case, policy_of(RESEARCH), NOW)
    assert minimum(verdict) == set()
    assert verdict.headline == "ALLOWED; NOT FOR PRODUCTION"
    assert not verdict.policy.for_production


def test_what_is_meant_for_production_is_held_to_the_minimum_under_a_policy_that_is_not():
    verdict = decide(with_context(good_case(), production_intended=True), policy_of(RESEARCH), NOW)
    assert minimum(verdict)
    assert not verdict.allowed


@pytest.mark.parametrize("weaker", [b"accept: [partial]", b"accept: [complete, truncated]"])
def test_a_requirement_that_accepts_less_than_the_minimum_does_not_stand_in_for_it(weaker):
    strong = b"  - {id: stands, title: t, why: w, origin: law, evaluated: {evaluator: attributions}}\n"
    weak = b"  - {id: stands, title: t, why: w, origin: law, evaluated: {evaluator: attributions, %s}}\n" % weaker
    case = with_context(good_case(), production_intended=True)
    assert "cardwright.minimum.explainability" not in minimum(decide(case, policy_of(POLICY + strong), NOW))
    assert "cardwright.minimum.explainability" in minimum(decide(case, policy_of(POLICY + weak), NOW))


@pytest.mark.parametrize("stated", [True, None])
def test_work_that_may_be_meant_for_production_cannot_skip_the_minimum_whatever_its_policy(stated):
    verdict = decide(with_context(good_case(), production_intended=stated), P, NOW)
    added = {o.requirement: o.status for o in verdict.outcomes if o.requirement.startswith("cardwright.minimum")}
    # Fairness and personal data are what the policy itself asks for, always and blocking.
    assert added == {"cardwright.minimum.explainability": "missing", "cardwright.minimum.robustness": "missing"}
    assert not verdict.allowed


def test_work_that_is_not_meant_for_production_is_judged_by_its_policy_alone():
    verdict = decide(good_case(), P, NOW)
    assert verdict.allowed
    assert not any(o.requirement.startswith("cardwright.minimum") for o in verdict.outcomes)


def test_an_edition_with_parts_left_out_is_not_the_record_and_is_refused():
    """Whoever receives an edition for the public has not received what was judged."""
    record = good_record()
    edition = record.model_copy(
        update={"redaction": Redaction(audience="public", of_sha256=record.sha256, withheld=("details.owners",))}
    )
    verdict = decide(with_record(good_case(), edition), P, NOW)
    found = outcome(verdict, "cardwright.plan")
    assert (found.status, "edition for public readers" in found.explanation) == ("mismatched", True)
    assert not verdict.allowed


def test_what_holds_under_every_policy_is_said_to_be_cardwrights():
    verdict = decide(with_context(good_case(), production_intended=True), P, NOW)
    ours = [one for one in verdict.outcomes if one.requirement.startswith("cardwright.")]
    assert {(one.set_by, one.set_on) for one in ours} == {("Cardwright", "2026-11-23")}
    assert all(not one.waivable for one in ours if not one.requirement.startswith("cardwright.minimum"))


@pytest.mark.parametrize(
    ("asks", "left_out"),
    [
        (b"evaluated: {evaluator: robustness}", True),
        (b"evaluated: {evaluator: robustness, accept: [complete, sampled]}", True),
        (b"evaluated: {evaluator: robustness, accept: [complete, sampled, partial]}", False),
        (b"level: advise, evaluated: {evaluator: robustness}", False),
        (b"applies_when: {risk_tier: [high]}, evaluated: {evaluator: robustness}", False),
    ],
)
def test_the_minimum_is_left_out_only_if_the_policy_asks_for_the_evaluator_as_strictly(asks, left_out):
    policy = policy_of(POLICY + b"  - {id: own, title: t, why: w, origin: law, " + asks + b"}\n")
    verdict = decide(with_context(good_case(), production_intended=True), policy, NOW)
    assert ("cardwright.minimum.robustness" not in minimum(verdict)) == left_out
