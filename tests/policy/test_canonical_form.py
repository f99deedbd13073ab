"""A policy's digest is over what it says: a new kind of requirement, or a new optional field of one, changes no policy's digest."""

import json
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import create_model
from tests.policy.test_gate import P

from cardwright.dossier import contents
from cardwright.files import packaged
from cardwright.policy.judging.answer import RuleAnswer
from cardwright.policy.policy import Policy, read_policy
from cardwright.policy.rules import RULES
from cardwright.policy.rules.interface import Rule
from cardwright.record import canonical

DIGESTS = {
    name: both["now"]
    for name, both in json.loads((Path(__file__).parent / "packaged_digests.json").read_text(encoding="utf-8")).items()
}


class LotteryRule(Rule):
    """A kind that nobody needs."""

    asks: ClassVar[str] = "A draw."
    example: ClassVar[str] = "{odds: 0.5}"
    odds: float

    def judge(self, review):
        """See `Rule.judge`."""
        return RuleAnswer("failed", "Nobody won.")


def digests(rules):
    found = {}
    for name in packaged.names("policies"):
        data, where = packaged.read("policies", name)
        policy = read_policy(
            data, where=where, find=lambda name, asked_from: packaged.read("policies", name), rules=rules
        )
        found[name] = policy.sha256
    return found


def test_the_digests_of_all_packaged_policies_are_the_published_ones():
    """A receiver accepts a policy by its digest: one that changes here is a change that the CHANGELOG announces."""
    assert {name: contents.policy_of(name).sha256 for name in packaged.names("policies")} == DIGESTS


def test_a_new_kind_of_requirement_changes_no_digest():
    assert digests({**RULES, "lottery": LotteryRule}) == DIGESTS


def test_a_new_optional_field_of_every_kind_changes_no_digest():
    def grown(rule):
        return create_model(rule.__name__, __base__=rule, novelty=(str | None, None), listed=(tuple[str, ...], ()))

    assert digests({kind: grown(rule) for kind, rule in RULES.items()}) == DIGESTS


def test_a_policy_that_asks_for_the_new_kind_says_so_in_its_digest():
    text = b"""
schema: cardwright/policy/1
policy: p
version: 1.0.0
title: t
kinds: [model]
set_by: us
set_on: 2026-11-01
requirements:
  - {id: won, title: t, why: w, origin: internal, lottery: {odds: %s}}
"""
    rules = {**RULES, "lottery": LotteryRule}
    first, second = (
        read_policy(text % odds, where="p.yaml", find=lambda name, where: (b"", ""), rules=rules)
        for odds in (b"0.5", b"0.25")
    )
    assert first.requirements[0].kind == "lottery"
    assert first.sha256 != second.sha256


def test_every_field_that_is_set_is_in_the_digest():
    """Leaving out what is unset never leaves out what is set: a policy is the same value when it is read back."""
    for policy in (P, *(contents.policy_of(name) for name in DIGESTS)):
        assert Policy.model_validate(canonical.loads(canonical.dumps(policy))) == policy


def test_a_changed_copy_of_a_policy_has_another_digest():
    assert P.model_copy(update={"title": "Another"}).sha256 != P.sha256


NON_EMPTY_DEFAULTS = {
    "measurement": {
        "accept": ("complete",), "on": "bound", "slices": "overall", "min_denominator": 1, "max_unknown_share": 0.0,
    },
    "evaluated": {"accept": ("complete",)},
    "findings": {"accept": ("complete",)},
    "refers": {"state": "signed", "at_least": 1},
    "no_regression": {"accept": ("complete",)},
    "provenance": {"clean": True},
    "identity": {"hashed": True},
}  # fmt: skip


@pytest.mark.parametrize("kind", RULES)
def test_a_default_that_is_not_empty_stays_as_it_was_published(kind):
    """It is part of what policies say without writing it, and of their digests. A field added later has an empty default."""
    defaults = {
        name: field.default
        for name, field in RULES[kind].model_fields.items()
        if not field.is_required() and (field.default or field.default == 0.0) and field.default is not False
    }
    assert defaults == NON_EMPTY_DEFAULTS.get(kind, {})
