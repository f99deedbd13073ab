"""What the plan says of the use of a subject lets a requirement fall away only where somebody else than its author signed the plan."""

from dataclasses import replace

import pytest
from tests.policy.test_gate import POLICY, P, changed, outcome, policy_of, with_context, with_gap, with_record
from tests.strategies import NOW, gap, good_case, good_record

from cardwright.errors import PolicyError
from cardwright.policy.gate import decide
from cardwright.policy.policy import read_policy
from cardwright.record.claim import Attest, Preregister
from cardwright.record.subject import Component

EXTRA = b"  - {id: extra, title: t, why: w, origin: law, applies_when: {%s}, evaluated: {evaluator: safety}}\n"


def minimum(verdict):
    return {o.requirement for o in verdict.outcomes if o.requirement.startswith("cardwright.minimum")}


def without_plan_signature(case):
    return replace(case, claims=tuple(claim for claim in case.claims if not isinstance(claim, Preregister)))


def signed_by(case, person):
    return replace(
        case,
        claims=tuple(c.model_copy(update={"person": person}) if isinstance(c, Preregister) else c for c in case.claims),
    )


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


@pytest.mark.parametrize("person", ["E", "e", " E ", "\uff25"])
def test_the_author_is_nobody_else_however_the_name_is_written(person):
    verdict = decide(signed_by(good_case(), person.strip()), P, NOW)
    assert outcome(verdict, "preregistered").status == "missing"
    assert minimum(verdict)


def test_a_plan_that_does_not_name_its_author_is_signed_by_nobody_known_to_be_another():
    case = good_case()
    provenance = case.record.provenance.model_copy(update={"author": None})
    case = replace(case, record=case.record.model_copy(update={"provenance": provenance}))
    verdict = decide(case, P, NOW)
    assert "nobody can be told to be somebody else" in outcome(verdict, "preregistered").explanation
    assert minimum(verdict)


def test_a_record_that_names_another_author_than_its_plan_is_refused():
    case = good_case()
    provenance = case.record.provenance.model_copy(update={"author": "F"})
    verdict = decide(replace(case, record=case.record.model_copy(update={"provenance": provenance})), P, NOW)
    assert outcome(verdict, "cardwright.plan").status == "mismatched"


def test_the_kind_of_a_subject_is_what_was_evaluated_and_needs_no_signature():
    policy = policy_of(POLICY + EXTRA % b"kind: [system]")
    found = outcome(decide(without_plan_signature(good_case()), policy, NOW), "extra")
    assert found.status == "not_applicable"


# ------------------------------------------------------------------------------------------------ not for production


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


@pytest.mark.parametrize(
    ("base", "child", "ends"),
    [("", "", True), ("false", "", False), ("false", "true", True), ("true", "false", None), ("", "false", None)],
)
def test_a_policy_can_become_one_for_production_and_never_the_other_way(base, child, ends):
    def with_line(text, value):
        return text.replace(b"kinds: [model]", f"kinds: [model]\nfor_production: {value}".encode()) if value else text

    child_text = with_line(
        b"schema: cardwright/policy/1\npolicy: c\nversion: 1.0.0\ntitle: t\nextends: p\nkinds: [model]\nset_by: us\nset_on: 2026-11-01\n",
        child,
    )

    def read():
        return read_policy(child_text, where="c.yaml", find=lambda name, where: (with_line(POLICY, base), "p.yaml"))

    if ends is None:
        with pytest.raises(PolicyError, match="not for production"):
            read()
    else:
        assert read().for_production is ends


# ------------------------------------------------------------------------------------------------ no weaker cover


@pytest.mark.parametrize("weaker", [b"accept: [partial]", b"accept: [complete, truncated]"])
def test_a_requirement_that_accepts_less_than_the_minimum_does_not_stand_in_for_it(weaker):
    strong = b"  - {id: stands, title: t, why: w, origin: law, evaluated: {evaluator: attributions}}\n"
    weak = b"  - {id: stands, title: t, why: w, origin: law, evaluated: {evaluator: attributions, %s}}\n" % weaker
    case = with_context(good_case(), production_intended=True)
    assert "cardwright.minimum.explainability" not in minimum(decide(case, policy_of(POLICY + strong), NOW))
    assert "cardwright.minimum.explainability" in minimum(decide(case, policy_of(POLICY + weak), NOW))


# ------------------------------------------------------------------------------------------------ the smallest group of a gap


@pytest.mark.parametrize(
    ("smallest", "status"), [(60.0, "passed"), (50.0, "passed"), (49.0, "inconclusive"), (None, "inconclusive")]
)
def test_a_gap_passes_only_where_its_smallest_group_has_the_cases_the_policy_asks_for(smallest, status):
    policy = policy_of(POLICY.replace(b"max_unknown_share: 0.05", b"max_unknown_share: 0.05, min_denominator: 50"))
    measured = gap("demographic_parity_difference", 0.05, 0.02, 0.08)
    measured = measured.model_copy(update={"groups": measured.groups.model_copy(update={"smallest": smallest})})
    assert outcome(decide(with_gap(measured), policy, NOW), "gap").status == status


# ------------------------------------------------------------------------------------------------ another model


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


def test_results_on_the_hub_are_those_of_the_model_of_the_card():
    from cardwright import documents

    record = good_record()
    bound = next(e for e in record.evaluations if e.binding is not None)
    other = changed(record, bound.id, binding=bound.binding.model_copy(update={"model_sha256": "e" * 64}))
    mine, theirs = (
        documents.render(documents.Edition(record=r), document="model_card", format="markdown") for r in (record, other)
    )
    assert b"model-index" in mine
    assert b"model-index" not in theirs


# ------------------------------------------------------------------------------------------------ what people answered


def answered(*answers):
    """The good case in which these (person's key, answer) were attested, in this order."""
    case = good_case()
    (attested,) = [claim for claim in case.claims if isinstance(claim, Attest)]
    rest = tuple(claim for claim in case.claims if claim is not attested)
    said = tuple(
        attested.model_copy(update={"id": f"{number:064x}", "key": key * 64, "person": key, "answer": answer})
        for number, (key, answer) in enumerate(answers)
    )
    return outcome(decide(replace(case, claims=(*said, *rest)), P, NOW), "checklist").status


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ([("a", "met")], "passed"),
        ([("a", "met"), ("b", "not_met")], "failed"),
        ([("b", "not_met"), ("a", "met")], "failed"),
        ([("b", "not_met"), ("b", "met")], "passed"),
        ([("b", "met"), ("b", "not_met")], "failed"),
        ([], "missing"),
    ],
)
def test_who_says_that_an_item_is_not_met_is_not_outvoted_and_may_change_their_mind(answers, status):
    assert answered(*answers) == status


def test_a_subject_of_parts_without_a_file_is_not_taken_for_the_one_at_hand():
    case = good_case()
    part = Component(role="prompt", name="prompt.md", sha256="9" * 64)
    subject = case.record.subject.model_copy(update={"files": (), "components": (part,)})
    case = replace(case, plan=case.plan.model_copy(update={"subject": subject}))
    case = with_record(case, case.record.model_copy(update={"subject": subject}))
    assert outcome(decide(replace(case, artefacts={}), P, NOW), "identity").status == "missing"
