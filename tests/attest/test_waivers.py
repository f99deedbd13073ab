"""A waiver has the words of its request, and never two halves of one person."""

import pytest

from cardwright.attest import under_review, waivers
from cardwright.dossier import store
from cardwright.errors import UsageError
from cardwright.record.claim import Waive, WaiveRequest

WORDS = {"reason": "A pilot.", "controls": "Read twice.", "expires": "2026-12-31"}


def who(person, key):
    return {"person": person, "key": key * 64, "role": "owner", "at": "2026-11-29T12:00:00Z"}


@pytest.fixture
def reviewed(desk):
    return under_review.read(store.read_dossier(desk / "out"), where="out")


def test_a_request_names_the_outcome_and_the_worst_value_that_the_verdict_found(reviewed):
    asked = waivers.requested(reviewed, who("Ada", "a"), "ranking", **WORDS)
    (outcome,) = [one for one in reviewed.review.outcomes if one.requirement == "ranking"]
    assert (asked.outcome, asked.evidence_sha256) == (outcome.status, outcome.evidence_sha256)
    assert asked.bound == min(one.value for one in outcome.observations if one.value is not None)
    assert asked.policy_sha256 == reviewed.review.policy.sha256
    assert (
        asked.record_sha256 is None
    )  # a failure is waived for its evidence, so a record that holds the same can use it


@pytest.mark.parametrize(
    ("requirement", "outcome", "said"),
    [
        ("ranked", None, "no requirement"),
        ("performance", None, "nothing to waive"),
        ("ranking", "passed", "nothing to waive"),
    ],
)
def test_what_cannot_be_waived_is_not_asked_for(reviewed, requirement, outcome, said):
    with pytest.raises(UsageError, match=said):
        waivers.requested(reviewed, who("Ada", "a"), requirement, outcome=outcome, **WORDS)


class _Asked:
    """A dossier in which one thing was said."""

    def __init__(self, claim):
        self.said = claim

    def claim(self, prefix):
        from types import SimpleNamespace

        return SimpleNamespace(claim=self.said, sealed=SimpleNamespace(id="f" * 64))


def test_an_approval_has_the_terms_of_its_request(reviewed):
    asked = waivers.requested(reviewed, who("Ada", "a"), "ranking", **WORDS)
    given = waivers.approved(_Asked(asked), who("Ben", "b"), "f" * 12)
    assert isinstance(given, Waive)
    assert given.terms == asked.terms
    assert given.request == "f" * 64


@pytest.mark.parametrize("other", [("Ada", "b"), (" ADA", "b"), ("Ben", "a")])
def test_whoever_asks_does_not_approve_under_another_key_or_spelling(reviewed, other):
    asked = waivers.requested(reviewed, who("Ada", "a"), "ranking", **WORDS)
    with pytest.raises(UsageError, match="does not approve"):
        waivers.approved(_Asked(asked), who(*other), "f" * 12)


def test_only_a_request_is_approved(reviewed):
    asked = waivers.requested(reviewed, who("Ada", "a"), "ranking", **WORDS)
    given = waivers.approved(_Asked(asked), who("Ben", "b"), "f" * 12)
    with pytest.raises(UsageError, match="not a request"):
        waivers.approved(_Asked(given), who("Cy", "c"), "f" * 12)


def test_every_outcome_that_a_request_can_name_is_known():
    assert set(waivers.WAIVABLE) == {"failed", "inconclusive", "missing", "error", "stale"}
    assert WaiveRequest.model_fields["outcome"]
