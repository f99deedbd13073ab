"""Every policy and checklist that is shipped is valid, tightens what it extends, and asks for things that exist."""

import re
from pathlib import Path

import pytest

from cardwright.dossier.contents import checklist_of, policy_of
from cardwright.files import kinds, packaged
from cardwright.policy.tightening import loosens
from cardwright.record.details import FIELDS

POLICIES = sorted(packaged.names("policies"))
CHECKLISTS = sorted(packaged.names("checklists"))
EVALUATORS = {
    "performance", "fairness", "impact_ratio", "slices", "robustness", "overlap", "seeds", "attributions", "data_profile",
    "pii", "safety", "leakage", "ranking", "runs", "replacement", "kpis",
}  # fmt: skip
PROMISES = re.compile(r"\b(compliant|complies|satisf\w+|unbiased|debiased|guarantee\w*)\b", re.IGNORECASE)


def known_fields(document):
    """The fields that a policy or checklist can ask of a kind of document; of none, the shared ones."""
    return set(FIELDS) if document is None else {*FIELDS, *(f.field for f in kinds.find(document).definition.fields)}


def text_of(kind, name):
    return packaged.read(kind, name)[0].decode("utf-8")


def test_there_is_a_policy_for_each_kind_at_each_strength_and_for_each_stage():
    strengths = {
        "model": ("research", "production", "high_risk"),
        "system": ("assistant_research", "assistant", "assistant_high_risk"),
        "dataset": ("dataset_research", "dataset", "dataset_high_risk"),
    }
    for kind, names in strengths.items():
        assert all(kind in policy_of(name).kinds for name in names)
    stages = [f"stage_{name}" for name in ("baseline", "prototype", "validation", "handoff", "online")]
    chain = policy_of(stages[-1]).chain
    assert [part.split("/")[0] for part in chain] == stages[-2::-1]


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_is_valid_says_why_and_promises_nothing(name):
    policy = policy_of(name)
    assert policy.name == name
    for requirement in policy.requirements:
        assert len(requirement.why) > 20, requirement.id
        assert requirement.set_by
        assert requirement.set_on
        assert requirement.origin != "law" or requirement.citation, f"{requirement.id} names no law"
        rule = requirement.rule
        evaluator = getattr(rule, "evaluator", None)
        assert evaluator is None or evaluator in EVALUATORS, requirement.id
        assert set(getattr(rule, "fields", ())) <= known_fields(getattr(rule, "document", None))
        if requirement.kind == "checklist":
            known = {item.id for item in checklist_of(rule.checklist).items}
            assert set(rule.items) <= known, requirement.id
    for role in policy.escalation:
        assert role in {requirement.id for requirement in policy.requirements}
    assert not PROMISES.search(text_of("policies", name))


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [("production", "high_risk"), ("assistant", "assistant_high_risk"), ("dataset", "dataset_high_risk")],
)
def test_high_risk_asks_all_that_production_asks_and_more(weaker, stronger):
    old, new = ({r.id: r for r in policy_of(name).requirements} for name in (weaker, stronger))
    assert set(old) < set(new)
    assert all(loosens(new[id_], old[id_]) is None for id_ in old)
    assert sum(r.kind == "sign_off" for r in new.values()) == 2
    assert sum(r.kind == "preregistered" for r in new.values()) == 1
    law = [r for r in new.values() if r.kind == "checklist" and r.rule.checklist == "eu_ai_act"]
    assert law
    for requirement in law:
        assert requirement.rule.roles, "an answer that anybody may give"
        assert requirement.origin == "law"
        assert requirement.standing.effective == "2027-12-02"
        assert requirement.applies_when.jurisdictions == ("EU",)
    assert policy_of(stronger).waivers.max_active == 1


def items_of(policy, checklist):
    return {
        item: requirement
        for requirement in policy.requirements
        if requirement.kind == "checklist" and requirement.rule.checklist == checklist
        for item in requirement.rule.items
    }


@pytest.mark.parametrize("name", ["high_risk", "assistant_high_risk", "dataset_high_risk"])
def test_people_are_asked_what_no_number_shows_and_of_their_kind(name):
    policy = policy_of(name)
    asked = items_of(policy, "eu_ai_act")
    items = {item.id: item for item in checklist_of("eu_ai_act").items}
    for item in asked:
        assert items[item].evidence.attestation, f"{item} has evidence of its own"
        assert set(policy.kinds) & set(items[item].kinds), f"{item} is not asked of a {policy.kinds}"


def test_high_risk_limits_what_slices_and_perturbations_may_cost():
    held = {r.id: r for r in policy_of("high_risk").requirements if r.id in ("slices", "robustness")}
    assert {id: (r.rule.metric, r.rule.at_most, r.rule.held, r.origin) for id, r in held.items()} == {
        "slices": ("largest_slice_difference", 0.2, "upper", "internal"),
        "robustness": ("largest_balanced_accuracy_drop", 0.05, "upper", "internal"),
    }
    # Each limit says what it was chosen from; where that changes, the limit has to be thought over.
    floor = next(r for r in policy_of("high_risk").requirements if r.id == "balanced-accuracy").rule.at_least
    gap = next(r for r in policy_of("high_risk").requirements if r.id == "equalized-odds").rule.at_most
    assert held["robustness"].rule.at_most == pytest.approx(floor - 0.5)
    assert held["slices"].rule.at_most == pytest.approx(2 * gap)


def roles_of(policy):
    """Every role that a policy names."""
    yield from policy.escalation.values()
    yield from policy.waivers.approver_roles if policy.waivers else ()
    for requirement in policy.requirements:
        rule = requirement.rule
        if requirement.kind == "sign_off":
            yield rule.role
            yield from rule.not_same_as
        if requirement.kind in ("checklist", "preregistered"):
            yield from rule.roles


def test_every_role_of_the_packaged_policies_stands_in_the_documentation_and_no_other():
    text = (Path(__file__).parent.parent.parent / "docs" / "policies.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(\w+)` \| who ", text, re.MULTILINE))
    assert documented == {role for name in POLICIES for role in roles_of(policy_of(name))}


@pytest.mark.parametrize("name", POLICIES)
def test_whoever_wrote_the_plan_or_takes_responsibility_does_not_approve_alone(name):
    policy = policy_of(name)
    signed = {r.rule.meaning: r.rule for r in policy.requirements if r.kind == "sign_off"}
    if {"approval", "responsibility"} <= signed.keys():
        assert signed["responsibility"].role in signed["approval"].not_same_as


@pytest.mark.parametrize("name", CHECKLISTS)
def test_a_checklist_is_valid_and_every_selector_names_something_that_exists(name):
    checklist = checklist_of(name)
    assert checklist.checklist == name
    for item in checklist.items:
        assert item.evidence.evaluator is None or item.evidence.evaluator in EVALUATORS, item.id
        assert set(item.evidence.fields) <= known_fields(item.evidence.document)
        assert len(item.requirement) > 15
    assert not PROMISES.search(text_of("checklists", name))


@pytest.mark.parametrize("name", POLICIES)
def test_what_is_for_production_is_approved_by_a_person_and_nobody_can_waive_that(name):
    policy = policy_of(name)
    approvals = [r for r in policy.requirements if r.sign_off is not None and r.sign_off.meaning == "approval"]
    # A claim is spread long before anything goes to production, and its words are what is approved.
    signed = policy.for_production or policy.kinds == ("work",) or name == "claim_win"
    assert bool(approvals) == signed
    assert not [r.id for r in approvals if r.waivable]
