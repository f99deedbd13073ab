"""Waivers in two steps, in one place for the command line and the desk: somebody requests one, somebody else approves it."""

from __future__ import annotations

from typing import Any, get_args

from cardwright.attest.under_review import DossierUnderReview
from cardwright.errors import UsageError, did_you_mean
from cardwright.record.claim import Waive, WaiveRequest, same_name
from cardwright.record.verdict import Outcome

WAIVABLE: tuple[str, ...] = get_args(WaiveRequest.model_fields["outcome"].annotation)
"""Outcomes that can be waived."""
_TERMS = {
    "requirement", "outcome", "bound", "severity", "count", "evidence_sha256", "reason", "controls", "expires", "record_sha256",
    "plan_sha256", "policy_sha256",
}  # fmt: skip


def requested(
    reviewed: DossierUnderReview,
    who: dict[str, Any],
    requirement: str,
    *,
    reason: str,
    controls: str,
    expires: str,
    outcome: str | None = None,
    bound: float | None = None,
) -> WaiveRequest:
    """A request to waive one outcome of one requirement of a dossier.

    Parameters
    ----------
    who:
        Person, key, role and moment.
    outcome:
        The outcome to waive; if omitted, the verdict's.
    bound:
        The worst value that is accepted; if omitted, the present one.

    Raises
    ------
    UsageError
        If the policy has no such requirement, or there is nothing to waive.
    """
    known = {one.requirement: one for one in reviewed.review.outcomes}
    if requirement not in known:
        raise UsageError(f'the policy has no requirement "{requirement}"', do=did_you_mean(requirement, known))
    decided = known[requirement]
    status = outcome if outcome is not None else decided.status
    if status not in WAIVABLE:
        raise UsageError(f"{requirement} is {status}; there is nothing to waive", do="Ask: cardwright todo.")
    for name, text in (("reason", reason), ("controls", controls)):
        if not text.strip():
            raise UsageError(f"--{name} is empty", do="A waiver says why, and what is done instead.")
    # A failure is waived for what its evaluations hold, anything else for this record alone (docs/decisions/0004).
    by_evidence = status == "failed" and decided.evidence_sha256 is not None
    return WaiveRequest(
        **who,
        record_sha256=None if by_evidence else reviewed.case.record.sha256,
        plan_sha256=reviewed.case.record.provenance.plan_sha256,
        policy_sha256=reviewed.review.policy.sha256,
        requirement=requirement,
        outcome=status,
        bound=bound if bound is not None else _worst(decided),
        severity=decided.severity,
        count=decided.count,
        evidence_sha256=decided.evidence_sha256,
        reason=reason,
        controls=controls,
        expires=expires,
    )


def _worst(decided: Outcome) -> float | None:
    """The worst of the values that did not pass; None where no value was compared with a limit."""
    values = [one.value for one in decided.observations if one.status != "passed" and one.value is not None]
    if not values or decided.limit is None:
        return None
    return min(values) if decided.limit.operator == "at_least" else max(values)


def approved(reviewed: DossierUnderReview, who: dict[str, Any], request: str) -> Waive:
    """The approval of a request, in its own words.

    Parameters
    ----------
    request:
        The request's id, or the first characters of it.

    Raises
    ------
    UsageError
        If it is not a request, or whoever approves has made it.
    """
    asked = reviewed.claim(request)
    if not isinstance(asked.claim, WaiveRequest):
        raise UsageError(f"{request} is a {asked.claim.kind}, not a request for a waiver")
    if who["key"] == asked.claim.key or same_name(who["person"], asked.claim.person):
        raise UsageError("whoever asks for a waiver does not approve it", do="Somebody else does.")
    return Waive(**who, request=asked.sealed.id, **asked.claim.model_dump(include=_TERMS))
