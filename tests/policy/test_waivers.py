"""A waiver accepts one outcome of one requirement for a while, and only as far as the policy lets it."""

from dataclasses import replace

import pytest
from tests.policy.test_gate import FAILED, POLICY, P, changed, outcome, policy_of, with_gap, with_record
from tests.strategies import NOW, good_case, good_record, waiver

from cardwright.policy.gate import decide
from cardwright.record.measurement import Interval


def waived_case(approval=(), both=()):
    """A failed gap with a waiver, of which the approval alone or both halves are changed."""
    case = with_gap(FAILED)
    request, waive = waiver(case.record, P.sha256, "gap", "failed", bound=0.16)
    request = request.model_copy(update=dict(both))
    waive = waive.model_copy(update={**dict(both), **dict(approval)})
    return replace(case, claims=(request, waive, *case.claims))


def test_a_waiver_lets_one_outcome_pass_and_keeps_it_visible():
    verdict = decide(waived_case(), P, NOW)
    found = outcome(verdict, "gap")
    assert verdict.allowed
    assert (found.status, found.waived.expires) == ("failed", "2026-12-20")
    assert verdict.headline.startswith("ALLOWED WITH 1 WAIVER until 2026-12-20")
    assert verdict.valid_until <= "2026-12-20"
    assert verdict.counts["waived"] == 1


@pytest.mark.parametrize(
    ("what", "approval", "both"),
    [
        ("expired yesterday", {}, {"expires": "2026-11-22"}),
        ("longer than the cap", {}, {"expires": "2027-06-01"}),
        ("by a role that may not", {"role": "owner"}, {}),
        ("of oneself, by key", {"key": "2" * 64}, {}),
        ("of oneself, by name", {"person": "A"}, {}),
        ("of a request that nobody made", {"request": "e" * 64}, {}),
        ("on other terms than were asked for", {"bound": 0.2}, {}),
        ("of another outcome", {}, {"outcome": "missing"}),
        ("of an unknown requirement", {}, {"requirement": "nothing"}),
        ("under another policy", {}, {"policy_sha256": "e" * 64}),
        ("of another record", {}, {"record_sha256": "e" * 64}),
        ("down to a stricter bound", {}, {"bound": 0.14}),
        ("without a bound", {}, {"bound": None}),
        ("signed in the future", {"at": "2026-11-24T00:00:00Z"}, {}),
    ],
)
def test_a_waiver_that_does_not_fit_is_not_in_force(what, approval, both):
    assert not decide(waived_case(approval, both), P, NOW).allowed, what


def test_a_waiver_holds_through_its_last_day():
    case = waived_case(both={"expires": "2026-11-23"})
    assert decide(case, P, "2026-11-23T23:59:59Z").allowed
    assert not decide(case, P, "2026-11-24T00:00:00Z").allowed


def test_what_is_not_waivable_is_not_waived():
    case = replace(good_case(), artefacts={"model.skops": "b" * 64})
    claims = (*waiver(case.record, P.sha256, "identity", "failed"), *case.claims)
    assert not decide(replace(case, claims=claims), P, NOW).allowed


def test_no_more_waivers_hold_than_the_policy_allows():
    case = with_gap(FAILED)
    text = POLICY.replace(b"max_active: 2", b"max_active: 0")
    policy = policy_of(text)
    claims = (*waiver(case.record, policy.sha256, "gap", "failed", bound=0.16), *case.claims)
    assert not decide(replace(case, claims=claims), policy, NOW).allowed


def test_a_waiver_of_a_failed_group_does_not_cover_one_that_nobody_measured():
    """Else the worst group could be left out of the record to bring the waiver into force."""
    record = good_record()
    low = Interval(level=0.95, lower=0.45, upper=0.55, method="wilson")
    failed, *others = (m for m in record.evaluations[0].measurements if not m.across)
    failed = failed.model_copy(update={"value": 0.5, "interval": low, "numerator": 50})
    gap = tuple(m for m in record.evaluations[0].measurements if m.across)

    def allowed(rates, bound=0.45):
        case = with_record(good_case(), changed(record, "fairness", measurements=(*rates, *gap)))
        claims = waiver(case.record, P.sha256, "tpr", "failed", bound=bound)
        verdict = decide(replace(case, claims=(*claims, *case.claims)), P, NOW)
        return outcome(verdict, "tpr").status, verdict.allowed

    assert allowed((failed, *others)) == ("failed", True)
    assert allowed((failed, *others), bound=0.55) == ("failed", False), "down to 0.55 was accepted, and it is 0.5"
    assert allowed((failed, *others[1:])) == ("failed", False)
