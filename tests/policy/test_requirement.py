"""A requirement asks exactly one thing, under the key of its kind."""

import pytest
from tests.policy.test_gate import POLICY, P, policy_of

from cardwright.errors import PolicyError
from cardwright.policy.requirement import AnyRequirement
from cardwright.policy.rules import RULES

HEAD = {"id": "a", "title": "t", "why": "w", "origin": "internal"}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "this one asks nothing"),
        ({"provenance": {}, "identity": {}}, "this one asks provenance and identity"),
    ],
)
def test_a_requirement_that_asks_nothing_or_two_things_is_refused(asked, told):
    with pytest.raises(ValueError, match=told):
        AnyRequirement.model_validate({**HEAD, **asked})


def test_the_kind_of_a_requirement_is_the_key_its_rule_stands_under():
    kinds = {requirement.kind: type(requirement.rule) for requirement in P.requirements}
    assert kinds.items() <= RULES.items()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b"age: {max_days: 30}", b"agge: {max_days: 30}", 'unknown key "agge"'),
        (b"at_most: 0.1,", b"at_mots: 0.1,", 'unknown key "at_mots"'),
    ],
)
def test_a_key_that_is_misspelt_is_named_with_its_line_and_the_nearest(old, new, told):
    with pytest.raises(PolicyError) as raised:
        policy_of(POLICY.replace(old, new, 1))
    assert raised.value.what.startswith(told)
    assert "policy.yaml, line" in raised.value.where
    assert {b"age": "age", b"at_": "at_most"}[old[:3]] in raised.value.do
