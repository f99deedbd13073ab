"""A policy is read with what it extends, and only tightens it."""

import pytest
from tests.policy.test_gate import POLICY, policy_of

from cardwright.errors import PolicyError
from cardwright.policy.policy import read_policy


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


def test_no_policy_takes_the_name_of_what_holds_under_every_policy():
    with pytest.raises(PolicyError, match="Cardwright's own"):
        policy_of(POLICY.replace(b"id: identity", b"id: cardwright.plan"))


CHILD = b"schema: cardwright/policy/1\npolicy: c\nversion: 1.0.0\ntitle: t\nextends: p\nkinds: [model]\nset_by: us\nset_on: 2026-11-01\n"


def extending(more=b"", child=CHILD, base=POLICY):
    return read_policy(child + more, where="c.yaml", find=lambda name, where: (base, "p.yaml"))


def test_what_a_policy_adds_comes_after_what_it_extends_and_its_own_word_replaces_the_others():
    more = b"""requirements:
  - {id: fresh, title: t, why: w, origin: internal, age: {max_days: 7}}
  - {id: owners, title: t, why: w, origin: internal, details: {fields: [owners]}}
"""
    policy, before = extending(more), policy_of(POLICY)
    assert [r.id for r in policy.requirements] == [*(r.id for r in before.requirements), "owners"]
    assert next(r for r in policy.requirements if r.id == "fresh").rule.max_days == 7
    assert (policy.name, policy.waivers) == ("c", before.waivers)


@pytest.mark.parametrize(
    ("more", "child", "why"),
    [
        (b"", CHILD.replace(b"[model]", b"[model, dataset]"), "for kinds that the policy it extends is not for"),
        (b"waivers: {max_days: 91, approver_roles: [risk_head], max_active: 2}\n", CHILD, "its waivers go further"),
        (b"waivers: {max_days: 90, approver_roles: [risk_head], max_active: 3}\n", CHILD, "its waivers go further"),
        (b"waivers: {max_days: 90, approver_roles: [owner], max_active: 2}\n", CHILD, "its waivers go further"),
        (
            b"requirements:\n  - {id: fresh, title: t, why: w, origin: internal, age: {max_days: 31}}\n",
            CHILD,
            "fresh loosens what it extends",
        ),
    ],
)
def test_a_policy_that_loosens_what_it_extends_is_refused_and_says_where(more, child, why):
    with pytest.raises(PolicyError, match=why) as refused:
        extending(more, child)
    assert "c.yaml" in str(refused.value)


def test_a_policy_of_ones_own_may_ask_for_less_time_fewer_waivers_and_fewer_approvers():
    more = b"waivers: {max_days: 30, approver_roles: [risk_head], max_active: 1}\n"
    assert extending(more).waivers.max_days == 30


def test_policies_that_extend_each_other_in_a_circle_are_refused_with_the_circle():
    with pytest.raises(PolicyError, match=r"it extends itself: c\.yaml → p\.yaml → p\.yaml"):
        extending(base=CHILD)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (POLICY.replace(b"id: fresh", b"id: details"), 'the requirement "details" is there twice'),
        (POLICY[: POLICY.index(b"requirements:")], "it asks for nothing"),
        (
            POLICY[: POLICY.index(b"requirements:")]
            + b"requirements: [{id: a, level: advise, title: t, why: w, origin: internal, provenance: {}}]\n",
            "none of its requirements blocks",
        ),
        (
            POLICY.replace(b"meaning: approval}", b"meaning: approval, not_same_as: [nobody]}"),
            "signed asks for a person other than the signer of a role that does not sign",
        ),
    ],
)
def test_a_policy_that_could_be_met_by_doing_nothing_is_refused(text, why):
    with pytest.raises(PolicyError, match=why):
        policy_of(text)


def test_a_file_that_is_no_yaml_is_a_policy_error_with_its_place():
    with pytest.raises(PolicyError, match=r"^policy\.yaml, line"):
        policy_of(b"requirements: [")
