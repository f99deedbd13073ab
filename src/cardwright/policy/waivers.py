"""Waivers in force for a case: signed by two people, unexpired, for this record and policy, within the policy's caps.

Why a waiver never breaks the gate's one property: `docs/decisions/0004-waivers-and-monotonicity.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Annotated

from pydantic import Field

from cardwright.policy.canonical_form import PolicyValue
from cardwright.policy.judging.answer import RuleAnswer
from cardwright.policy.judging.case_under_review import CaseUnderReview, day
from cardwright.policy.requirement import Requirement
from cardwright.record.base import Count, Identifier
from cardwright.record.claim import Waive, WaiveRequest, same_person
from cardwright.record.evaluation import SEVERITIES
from cardwright.record.verdict import Waived


class WaiverRules(PolicyValue):
    """How far requirements can be waived."""

    max_days: Annotated[Count, Field(ge=1)] = 90
    """The longest a waiver may hold, from its signature."""
    approver_roles: tuple[Identifier, ...] = ()
    """Roles that may approve one; empty is none, and then nothing can be waived."""
    max_active: Count = 3
    """How many may be in force at once."""


@dataclass(frozen=True, slots=True)
class JudgedRequirement:
    """A requirement, and what its rule says."""

    requirement: Requirement
    answer: RuleAnswer
    exempt: bool = False
    """Whether it does not apply at all, by its own `applies_when`."""


def granted(
    judged: Sequence[JudgedRequirement], review: CaseUnderReview, rules: WaiverRules | None, policy_sha256: str
) -> tuple[Waived | None, ...]:
    """For each requirement, in order, the waiver that accepts its outcome; no more of them than the policy's cap."""
    if rules is None:
        return (None,) * len(judged)
    signed = _signed(review, rules, policy_sha256)
    # The cap counts in the order of the requirements: the order of the claims must not decide which waivers are over it.
    offers = [_offer(one, signed) for one in judged]
    used = accumulate(offer is not None for offer in offers)
    return tuple(offer if count <= rules.max_active else None for offer, count in zip(offers, used, strict=True))


def _signed(review: CaseUnderReview, rules: WaiverRules, policy_sha256: str) -> tuple[tuple[WaiveRequest, Waive], ...]:
    """Requests with their approvals that hold today, whatever they waive."""
    record, plan = review.record.sha256, review.case.plan.sha256 if review.case.plan else None
    requests = {claim.id: claim for claim in review.claims if isinstance(claim, WaiveRequest)}
    pairs = (
        (requests[claim.request], claim)
        for claim in review.claims
        if isinstance(claim, Waive)
        and claim.request in requests
        and claim.record_sha256 in (None, record)
        and claim.plan_sha256 in (None, plan)
        and (claim.record_sha256 is not None or claim.plan_sha256 is not None)
        and claim.policy_sha256 == policy_sha256
    )
    return tuple((request, claim) for request, claim in pairs if _holds(request, claim, review.today, rules))


def _holds(request: WaiveRequest, claim: Waive, today: date, rules: WaiverRules) -> bool:
    signed, expires = day(claim.at), date.fromisoformat(claim.expires)
    return (
        request.terms == claim.terms
        # A waiver is for what somebody has seen: one record, or the content of the evaluations that failed. Anything but a
        # failure is waived for one record, or leaving evidence out would bring a waiver into force for what nobody accepted.
        and (claim.record_sha256 is not None or (claim.outcome == "failed" and claim.evidence_sha256 is not None))
        and claim.id is not None
        and claim.role in rules.approver_roles
        and not same_person(claim, request)
        and signed <= today <= expires
        and (expires - signed).days <= rules.max_days
    )


def _offer(judged: JudgedRequirement, signed: tuple[tuple[WaiveRequest, Waive], ...]) -> Waived | None:
    requirement, answer = judged.requirement, judged.answer
    if not requirement.waivable or not answer.is_open:
        return None
    for request, claim in signed:
        if claim.requirement == requirement.id and claim.outcome == answer.status and _covers(claim, answer):
            assert claim.id is not None
            return Waived(
                claim=claim.id,
                approved_by=claim.person,
                requested_by=request.person,
                reason=claim.reason,
                controls=claim.controls,
                expires=claim.expires,
            )
    return None


def _covers(claim: Waive, answer: RuleAnswer) -> bool:
    """Whether it is the evidence that was seen, and no worse than the waiver says; what has no stated bound is not accepted."""
    if claim.evidence_sha256 not in (None, answer.evidence_sha256):
        return False
    # What people say is no part of a record: naming the record is not enough to have seen it.
    if answer.said_sha256 is not None and claim.evidence_sha256 is None:
        return False
    if answer.severity is not None and answer.count is not None:
        if claim.severity is None or claim.count is None:
            return False
        no_worse = SEVERITIES.index(answer.severity) <= SEVERITIES.index(claim.severity)
        return no_worse and answer.count <= claim.count
    # A waiver of a failed number accepts values down to its bound; the number may improve after it and must not get worse.
    open_ones = [o for o in answer.observations if o.status != "passed"]
    if answer.limit is None or not open_ones:
        return True
    # A failed number must not hide a missing one, or leaving the worst group out would bring the waiver into force.
    if any(o.status != answer.status for o in open_ones):
        return False
    values = [o.value for o in open_ones]
    if claim.bound is None or any(value is None for value in values):
        return claim.bound is None and all(value is None for value in values)
    sign = 1.0 if answer.limit.operator == "at_least" else -1.0
    return all(sign * (value - claim.bound) >= 0 for value in values if value is not None)
