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
