"""Every policy and checklist that is shipped is valid, tightens what it extends, and asks for things that exist."""

import re

import pytest

from cardwright import resources
from cardwright.dossier import checklist_of, policy_of
from cardwright.policy.policy import loosens
from cardwright.record.details import FIELDS

POLICIES = sorted(resources.names("policies"))
CHECKLISTS = sorted(resources.names("checklists"))
EVALUATORS = {
    "performance", "fairness", "impact_ratio", "slices", "robustness", "overlap", "seeds", "attributions", "data_profile",
    "pii", "safety",
}  # fmt: skip
PROMISES = re.compile(r"\b(compliant|complies|satisf\w+|unbiased|debiased|guarantee\w*)\b", re.IGNORECASE)


def text_of(kind, name):
    return resources.read(kind, name)[0].decode("utf-8")


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
        assert set(getattr(rule, "fields", ())) <= set(FIELDS)
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
    assert {"sign_off", "preregistered"} & {r.kind for r in new.values()} if stronger != "dataset_high_risk" else True
    assert sum(r.kind == "sign_off" for r in new.values()) == 2


@pytest.mark.parametrize("name", CHECKLISTS)
def test_a_checklist_is_valid_and_every_selector_names_something_that_exists(name):
    checklist = checklist_of(name)
    assert checklist.checklist == name
    for item in checklist.items:
        assert item.evidence.evaluator is None or item.evidence.evaluator in EVALUATORS, item.id
        assert set(item.evidence.fields) <= set(FIELDS)
        assert len(item.requirement) > 15
    assert not PROMISES.search(text_of("checklists", name))


@pytest.mark.parametrize("stated", [True, None])
def test_work_that_may_be_meant_for_production_cannot_skip_the_minimum_whatever_its_policy(stated):
    from tests.policy.test_gate import P, with_context
    from tests.strategies import NOW, good_case

    from cardwright.policy.gate import decide

    verdict = decide(with_context(good_case(), production_intended=stated), P, NOW)
    added = {o.requirement: o.status for o in verdict.outcomes if o.requirement.startswith("cardwright.minimum")}
    # Fairness and personal data are what the policy itself asks for, always and blocking.
    assert added == {"cardwright.minimum.explainability": "missing", "cardwright.minimum.robustness": "missing"}
    assert not verdict.allowed


def test_work_that_is_not_meant_for_production_is_judged_by_its_policy_alone():
    from tests.policy.test_gate import P
    from tests.strategies import NOW, good_case

    from cardwright.policy.gate import decide

    verdict = decide(good_case(), P, NOW)
    assert verdict.allowed
    assert not any(o.requirement.startswith("cardwright.minimum") for o in verdict.outcomes)


def test_a_refusal_names_the_role_that_it_goes_to():
    from dataclasses import replace

    from tests.policy.test_gate import POLICY, policy_of
    from tests.strategies import NOW, good_case

    from cardwright.policy.gate import decide

    policy = policy_of(POLICY.replace(b"requirements:", b"escalation: {identity: security}\nrequirements:", 1))
    verdict = decide(replace(good_case(), artefacts=None), policy, NOW)
    assert next(o for o in verdict.outcomes if o.requirement == "identity").remedy.endswith(
        "It goes to the role security."
    )
    passed = decide(good_case(), policy, NOW)
    assert next(o for o in passed.outcomes if o.requirement == "identity").remedy is None


def test_no_policy_takes_the_name_of_what_holds_under_every_policy():
    from tests.policy.test_gate import POLICY, policy_of

    from cardwright.errors import PolicyError

    with pytest.raises(PolicyError, match="Cardwright's own"):
        policy_of(POLICY.replace(b"id: identity", b"id: cardwright.plan"))
