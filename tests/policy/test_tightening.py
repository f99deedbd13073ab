"""A policy only tightens what it extends, and a tighter one never allows more."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.test_gate import P, changed, with_record
from tests.strategies import NOW, gap, good_case, good_record

from cardwright.policy.applies import AppliesWhen
from cardwright.policy.gate import decide
from cardwright.policy.policy import Policy
from cardwright.policy.tightening import loosens, waivers_loosen
from cardwright.policy.waivers import WaiverRules

TIGHTENED = {
    "gap": {"at_most": 0.05, "max_unknown_share": 0.0, "intersections": True},
    "tpr": {"at_least": 0.65, "min_denominator": 90, "binding": "recomputed"},
    "findings": {"at_most": "info", "binding": "recomputed"},
    "pii": {"not_applicable": False, "at_most": "info"},
    "details": {"fields": ("summary", "intended_use", "owners")},
    "fresh": {"max_days": 2},
    "checklist": {"items": ("one", "two")},
}
WAYS = [(id, name) for id, ways in TIGHTENED.items() for name in ways]


def tightened(ways) -> Policy:
    """The policy of `test_gate.py` with some of its requirements tightened."""
    requirements = []
    for requirement in P.requirements:
        chosen = {name: TIGHTENED[id][name] for id, name in ways if id == requirement.id}
        rule = requirement.rule.model_copy(update=chosen)
        new = type(requirement).model_validate(requirement.model_copy(update={requirement.kind: rule}).model_dump())
        assert loosens(new, requirement) is None
        requirements.append(new)
    return Policy.model_validate(P.model_copy(update={"requirements": tuple(requirements)}).model_dump())


@given(st.sampled_from([0.04, 0.09, 0.15]), st.sampled_from([0, 30, 100]), st.sampled_from(["complete", "partial"]),
       st.sampled_from([True, False]), st.lists(st.sampled_from(WAYS), unique=True, max_size=3))  # fmt: skip
def test_a_stricter_policy_never_allows_more(high, unknown, completeness, signed, ways):
    """Whatever a policy of which some requirements are tightened allows, the policy itself allows too."""
    measured = gap("demographic_parity_difference", 0.0, 0.0, high, unknown=unknown)
    rates = tuple(m for m in good_record().evaluations[0].measurements if not m.across)
    case = with_record(
        good_case(),
        changed(good_record(), "fairness", measurements=(*rates, measured), completeness=completeness),
    )
    case = case if signed else replace(case, claims=case.claims[:-1])
    if decide(case, tightened(ways), NOW).allowed:
        assert decide(case, P, NOW).allowed


def test_tightening_can_refuse_and_need_not():
    """The property above has cases on both sides."""
    allowed = {way for way in WAYS if decide(good_case(), tightened([way]), NOW).allowed}
    assert allowed == {
        ("gap", "max_unknown_share"), ("gap", "intersections"), ("tpr", "at_least"), ("tpr", "min_denominator"),
        ("tpr", "binding"), ("findings", "binding"), ("pii", "at_most"),
    }  # fmt: skip


def requirement(id_, **update):
    """A requirement of the policy of `test_gate.py`, with its head or its rule changed."""
    found = next(r for r in P.requirements if r.id == id_)
    head = {name: value for name, value in update.items() if name in type(found).model_fields}
    rule = found.rule.model_copy(update={name: value for name, value in update.items() if name not in head})
    return type(found).model_validate({**found.model_dump(), **head, found.kind: rule.model_dump()})


@pytest.mark.parametrize(
    ("id_", "old", "new", "problem"),
    [
        ("gap", {}, {"level": "advise"}, "block became advise"),
        ("identity", {}, {"waivable": True}, "it became waivable"),
        ("gap", {}, {"applies_when": {"kind": ("model",)}}, "applies_when changed"),
        ("gap", {}, {"at_most": 0.2}, "at_most changed from 0.1 to 0.2"),
        ("gap", {}, {"binding": "supplied"}, "binding changed from 'recomputed' to 'supplied'"),
        ("gap", {}, {"metric": "demographic_parity_ratio"}, "metric changed"),
        ("tpr", {}, {"on": "value"}, "on changed from 'bound' to 'value'"),
        ("tpr", {"on": "value"}, {"on": "bound"}, None),
        ("tpr", {"on": "lower"}, {"on": "bound"}, "on changed from 'lower' to 'bound'"),
        ("findings", {}, {"at_most": "high"}, "at_most changed from 'low' to 'high'"),
        ("provenance", {}, {"clean": False}, "clean changed from True to False"),
        ("identity", {}, {"hashed": False}, "hashed changed from True to False"),
        ("checklist", {}, {"roles": ("owner",)}, "roles changed"),
        ("signed", {}, {"not_same_as": ("owner",)}, None),
        ("signed", {}, {"meaning": "review"}, "meaning changed"),
        ("preregistered", {}, {"roles": ("risk", "owner")}, "roles changed"),
    ],
)
def test_what_loosens_a_requirement_is_named_in_words(id_, old, new, problem):
    told = loosens(requirement(id_, **{**old, **new}), requirement(id_, **old))
    assert told == problem if problem is None else told is not None and told.startswith(problem)


def test_another_kind_of_requirement_is_another_question():
    one, other = requirement("details"), requirement("fresh")
    assert loosens(one, other) == "it asks for details in place of age"


@pytest.mark.parametrize(
    ("update", "looser"),
    [
        ({}, False),
        ({"max_days": 31}, True),
        ({"max_days": 29}, False),
        ({"max_active": 3}, True),
        ({"approver_roles": ("risk", "owner")}, True),
        ({"approver_roles": ()}, False),
    ],
)
def test_no_more_can_be_waived_under_a_policy_that_extends_another(update, looser):
    old = WaiverRules(max_days=30, approver_roles=("risk",), max_active=2)
    assert waivers_loosen(old.model_copy(update=update), old) is looser
    assert waivers_loosen(old, None), "nothing could be waived"


def test_a_requirement_that_always_applies_is_stricter_than_one_that_sometimes_does():
    always = next(requirement for requirement in P.requirements if requirement.id == "details")
    sometimes = always.model_copy(update={"applies_when": AppliesWhen(risk_tier=("high",))})
    assert loosens(always, sometimes) is None
    assert loosens(sometimes, sometimes) is None
    assert loosens(sometimes, always) == "applies_when changed"
    seldom = always.model_copy(update={"applies_when": AppliesWhen(risk_tier=("top",))})
    assert loosens(seldom, sometimes) == "applies_when changed"
