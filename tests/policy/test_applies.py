"""What the plan says of the use lets a requirement fall away only if somebody other than its author signed it."""

from dataclasses import replace

import pytest
from tests.policy.test_gate import POLICY, outcome, policy_of, with_context, with_record
from tests.strategies import NOW, good_case, good_record

from cardwright.policy.gate import decide
from cardwright.record.claim import Preregister

EXTRA = b"  - {id: extra, title: t, why: w, origin: law, applies_when: {%s}, evaluated: {evaluator: safety}}\n"


def without_plan_signature(case):
    return replace(case, claims=tuple(claim for claim in case.claims if not isinstance(claim, Preregister)))


@pytest.mark.parametrize(
    ("asked", "context"),
    [
        (b"risk_tier: [high]", {"risk_tier": "low"}),
        (b"task: [regression]", {"task": "ranking"}),
        (b"jurisdictions: [US]", {"jurisdictions": ("EU",)}),
        (b"production_intended: true", {"production_intended": False}),
    ],
)
def test_what_only_the_author_says_of_the_use_lets_nothing_fall_away(asked, context):
    policy = policy_of(POLICY + EXTRA % asked)
    case = with_context(good_case(), **context)
    assert outcome(decide(case, policy, NOW), "extra").status == "not_applicable"
    alone = outcome(decide(without_plan_signature(case), policy, NOW), "extra")
    assert alone.status == "missing"
    assert "only the author of the plan says so" in alone.explanation
    assert "cardwright attest --plan" in alone.remedy


def test_the_kind_of_a_subject_is_what_was_evaluated_and_needs_no_signature():
    policy = policy_of(POLICY + EXTRA % b"kind: [system]")
    found = outcome(decide(without_plan_signature(good_case()), policy, NOW), "extra")
    assert found.status == "not_applicable"


@pytest.mark.parametrize(
    ("context", "expected"),
    [({}, "missing"), ({"risk_tier": "high"}, "missing"), ({"risk_tier": "low"}, "not_applicable")],
)
def test_what_cannot_be_determined_applies(context, expected):
    text = POLICY + (
        b"  - {id: extra, title: t, why: w, origin: law, applies_when: {risk_tier: [high]}, evaluated: {evaluator: safety}}\n"
    )
    record = good_record()
    changed_context = record.context.model_copy(update=context)
    case = good_case()
    case = replace(case, plan=case.plan.model_copy(update={"context": changed_context}))
    case = with_record(case, record.model_copy(update={"context": changed_context}))
    found = outcome(decide(case, policy_of(text), NOW), "extra")
    assert found.status == expected
    assert (found.clause is not None) == (expected == "not_applicable")


@pytest.mark.parametrize(
    ("asked", "context", "words"),
    [
        (b"risk_tier: [high, top]", {"risk_tier": "low"}, "asked where risk tier is high or top; it is low"),
        (b"task: [regression]", {"task": "ranking"}, "asked where task is regression; it is ranking"),
        (b"jurisdictions: [US]", {"jurisdictions": ("EU", "CH")}, "asked where jurisdictions is US; it is EU, CH"),
        (b"jurisdictions: [US]", {"jurisdictions": ()}, "asked where jurisdictions is US; it is none"),
        (
            b"production_intended: true",
            {"production_intended": False},
            "asked where production_intended is true; it is false",
        ),
        (
            b"production_intended: false",
            {"production_intended": True},
            "asked where production_intended is false; it is true",
        ),
        (b"kind: [system, dataset]", {}, "asked where kind is system or dataset; it is model"),
    ],
)
def test_why_a_requirement_does_not_apply_is_said_in_the_policys_words(asked, context, words):
    policy, case = policy_of(POLICY + EXTRA % asked), with_context(good_case(), **context)
    found = outcome(decide(case, policy, NOW), "extra")
    assert (found.explanation, found.clause) == (f"Does not apply: {words}.", words)
    alone = outcome(decide(without_plan_signature(case), policy, NOW), "extra")
    if b"kind" not in asked:
        assert alone.explanation.endswith(f" It would not apply ({words}), but only the author of the plan says so.")


def test_what_passes_is_not_said_to_apply_only_by_its_author():
    text = EXTRA.replace(b"evaluated: {evaluator: safety}", b"provenance: {}") % b"risk_tier: [high]"
    case = without_plan_signature(with_context(good_case(), risk_tier="low"))
    found = outcome(decide(case, policy_of(POLICY + text), NOW), "extra")
    assert (found.status, found.remedy) == ("passed", None)
    assert "only the author" not in found.explanation


@pytest.mark.parametrize("asked", [b"risk_tier: [high]", b"task: [regression]", b"production_intended: true"])
def test_what_the_plan_does_not_say_lets_nothing_fall_away(asked):
    case = with_context(good_case(), risk_tier=None, task=None, production_intended=None)
    assert outcome(decide(case, policy_of(POLICY + EXTRA % asked), NOW), "extra").status == "missing"


def test_several_circumstances_fall_away_by_any_one_of_them():
    policy = policy_of(POLICY + EXTRA % b"kind: [model], risk_tier: [high], jurisdictions: [EU, US]")
    high = with_context(good_case(), risk_tier="high", jurisdictions=("US",))
    assert outcome(decide(high, policy, NOW), "extra").status == "missing"
    elsewhere = with_context(good_case(), risk_tier="high", jurisdictions=("CH",))
    assert outcome(decide(elsewhere, policy, NOW), "extra").status == "not_applicable"
