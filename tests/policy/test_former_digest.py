"""The digest that Cardwright 0.1.0 computed can still be computed, so that a receiver can find the policy they accepted."""

import json
from pathlib import Path

import pytest
from tests.policy.test_gate import POLICY, policy_of

from cardwright.dossier import contents
from cardwright.policy.former_digest import digest_before_0_2

DIGESTS = json.loads((Path(__file__).parent / "packaged_digests.json").read_text(encoding="utf-8"))


SAME_TEXT = [name for name, known in DIGESTS.items() if "asks_more" not in known and "0.1.0" in known]


@pytest.mark.parametrize("name", SAME_TEXT)
def test_the_old_digest_of_a_packaged_policy_is_the_one_that_was_published(name):
    assert digest_before_0_2(contents.policy_of(name)) == DIGESTS[name]["0.1.0"]


def test_the_old_digest_of_a_policy_of_ones_own_is_the_one_that_0_1_0_computed():
    """A policy with every kind of requirement; the digest was taken from 0.1.0."""
    assert digest_before_0_2(policy_of(POLICY)) == "0f4a765c91241d6fb344f584f37a099fe31e6f749f10c0dc036f036f33936c8c"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"provenance: {}", b"provenance: {evaluators: {cardwright: [" + b"a" * 64 + b"]}}"),
        (
            b"findings: {evaluator: fairness, at_most: low}",
            b"findings: {evaluator: fairness, at_most: low, about_persons: true}",
        ),
        (
            b"findings: {evaluator: fairness, at_most: low}",
            b"no_regression: {evaluator: fairness, min_prompts: 30}",
        ),
        (b"findings: {evaluator: fairness, at_most: low}", b"open_risks: {at_most: 0}"),
    ],
)
def test_a_policy_that_asks_what_0_1_0_did_not_know_had_no_digest_there(before, after):
    """Else a receiver who accepted the old digest would be taken to have accepted more than they read."""
    assert POLICY.count(before) == 1
    assert digest_before_0_2(policy_of(POLICY.replace(before, after))) is None
