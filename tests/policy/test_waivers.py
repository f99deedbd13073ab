"""A waiver accepts one outcome of one requirement for a while, and only as far as the policy lets it."""

from dataclasses import replace

import pytest
from tests.policy.test_gate import FAILED, POLICY, P, changed, outcome, policy_of, with_gap, with_record
from tests.strategies import NOW, good_case, good_record, waiver

from cardwright.policy.gate import decide
from cardwright.policy.judging.answer import RuleAnswer
from cardwright.policy.judging.case_under_review import review_of
from cardwright.policy.waivers import JudgedRequirement, granted
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


# --- what a waiver covers, answer by answer ---------------------------------------------------------------------------------


def covered(answer, *, rules=P.waivers, **terms):
    """Whether an answer about `gap` is waived by a waiver with these terms."""
    case = good_case()
    request, waive = (claim.model_copy(update=terms) for claim in waiver(case.record, P.sha256, "gap", answer.status))
    case = replace(case, claims=(request, waive, *case.claims))
    (requirement,) = [one for one in P.requirements if one.id == "gap"]
    (found,) = granted([JudgedRequirement(requirement, answer)], review_of(case, NOW), rules, P.sha256)
    return found is not None


def findings(severity, count):
    return RuleAnswer("failed", "There are findings.", severity=severity, count=count)


@pytest.mark.parametrize(
    ("severity", "count", "expected"),
    [
        ("high", 3, True),
        ("high", 2, True),
        ("medium", 3, True),
        ("low", 1, True),
        ("critical", 1, False),
        ("high", 4, False),
        ("low", 4, False),
    ],
)
def test_a_waiver_of_findings_accepts_no_worse_and_no_more_of_them(severity, count, expected):
    assert covered(findings(severity, count), severity="high", count=3) is expected


@pytest.mark.parametrize("terms", [{}, {"severity": "critical"}, {"count": 100}])
def test_a_waiver_of_findings_that_does_not_say_how_many_and_how_bad_accepts_none(terms):
    assert not covered(findings("low", 1), **terms)


def test_a_waiver_of_what_has_neither_number_nor_finding_needs_no_bound():
    assert covered(RuleAnswer("failed", "It is not signed."))


def on_evidence(number):
    return replace(RuleAnswer("failed", "It failed."), evaluations=(good_record().evaluations[number],))


def test_a_waiver_for_the_content_of_an_evaluation_is_for_that_content_alone():
    """Of any record: the release that follows may hold the same evaluation."""
    answer = on_evidence(0)
    seen = {"record_sha256": None, "plan_sha256": good_case().plan.sha256}
    assert covered(answer, evidence_sha256=answer.evidence_sha256, **seen)
    assert not covered(on_evidence(1), evidence_sha256=answer.evidence_sha256, **seen)
    assert not covered(answer, **seen), "for no record and for no evidence"


def test_only_a_failure_is_waived_for_evidence_without_a_record():
    """Or leaving evidence out would bring a waiver into force for what nobody has seen."""
    answer = replace(on_evidence(0), status="inconclusive")
    seen = {"record_sha256": None, "plan_sha256": good_case().plan.sha256}
    assert not covered(answer, evidence_sha256=answer.evidence_sha256, **seen)
    assert covered(answer)


def test_where_the_policy_has_no_rules_for_waivers_nothing_is_waived():
    assert not covered(RuleAnswer("failed", "It is not signed."), rules=None)


def test_waivers_over_the_cap_are_those_of_the_later_requirements():
    case = good_case()
    claims = waiver(case.record, P.sha256, "gap", "failed")
    answer, review = RuleAnswer("failed", "f"), review_of(replace(case, claims=(*claims, *case.claims)), NOW)
    (requirement,) = [one for one in P.requirements if one.id == "gap"]
    judged = [JudgedRequirement(requirement, answer)] * (P.waivers.max_active + 1)
    found = granted(judged, review, P.waivers, P.sha256)
    assert [one is not None for one in found] == [True] * P.waivers.max_active + [False]
