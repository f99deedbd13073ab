"""The gate: one pure function from a case and a policy to a verdict. Python, command line and documents all use this one.

Monotonic over the parts of a case: leaving out evidence, an evaluation, a group, a claim never turns a refusal into an
allowance. So absence has an outcome of its own (`missing`), what cannot be told blocks (`inconclusive`), expectations come from
the plan and the policy and never from the data at hand, and nothing compensates for anything else. How each kind of requirement
is judged is in `rules/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pydantic import JsonValue

from cardwright.errors import NothingToCheckError
from cardwright.policy import incidents, waivers
from cardwright.policy.applies import exemption
from cardwright.policy.judging.answer import RuleAnswer, Wording
from cardwright.policy.judging.case_under_review import CaseUnderReview, review_of
from cardwright.policy.minimum import INHERENT, minimum
from cardwright.policy.policy import OURS, Policy
from cardwright.policy.requirement import Requirement
from cardwright.policy.waivers import JudgedRequirement
from cardwright.record import canonical
from cardwright.record.case import Case
from cardwright.record.claim import Attest, digest_of
from cardwright.record.verdict import (
    STATUSES,
    Outcome,
    Outstanding,
    PolicyRef,
    Stage,
    Verdict,
    VerdictInputs,
    Waived,
)


def decide(case: Case, policy: Policy, now: str, stage: Stage = "release", *, chosen_by: str = "the plan") -> Verdict:
    """Judge a case against a policy at a moment.

    Parameters
    ----------
    case:
        The record with all that is held beside it: plan, facts of the run, claims, baseline, digests of the files at hand. What
        is left out is missing, and never helps.
    policy:
        What has to hold, with everything that it extends.
    now:
        The moment, e.g. `2026-11-23T13:04:05Z`. The gate has no clock of its own, so a verdict can be replayed.
    stage:
        `review`: the evidence alone, sign-offs listed as outstanding. `release`: everything.
    chosen_by:
        Who chose the policy.

    Returns
    -------
    Verdict
        One outcome per requirement, in the policy's order, and the decision that follows from them.

    Raises
    ------
    NothingToCheckError
        If the policy is not for this kind of subject, or none of its blocking requirements applies.
    """
    subject = case.record.subject
    if subject.kind not in policy.kinds:
        raise NothingToCheckError(
            f"the policy {policy.name} is for a {' or a '.join(policy.kinds)}; {subject.name} is a {subject.kind}",
            do="Choose a policy for its kind.",
        )
    if policy.documents and case.record.kind not in policy.documents:
        raise NothingToCheckError(
            f"the policy {policy.name} is for a {' or a '.join(policy.documents)}; {subject.name} is a {case.record.kind}",
            do="Choose a policy for its kind of document.",
        )
    # 1. What is asked: what holds under every policy, the minimum of the kind, and the policy's own.
    review = review_of(case, now)
    requirements = (*INHERENT, *minimum(review, policy), *policy.requirements)
    outstanding = _outstanding(requirements, stage)
    later = {item.requirement for item in outstanding}
    # 2. What the rules say.
    judged = tuple(_judge(r, review, policy) for r in requirements if r.id not in later)
    if not outstanding and not any(_counts(one) for one in judged):
        raise NothingToCheckError(
            f"none of the blocking requirements of {policy.name} applies to {subject.name}",
            do="A check that checks nothing allows nothing: choose another policy.",
        )
    # 3. What people accept for now. Sign-offs are judged again after it: whoever signed before a waiver did not agree to it.
    digest = policy.sha256
    accepted = waivers.granted(judged, review, policy.waivers, digest)
    outcomes = tuple(
        _outcome(one, number, waived) for number, (one, waived) in enumerate(zip(judged, accepted, strict=True), 1)
    )
    outcomes = _after_waivers(judged, outcomes, review)
    # 4. The decision follows.
    allowed = all(outcome.releases for outcome in outcomes)
    return Verdict(
        stage=stage,
        decision="allowed" if allowed else "refused",
        headline=_headline(outcomes, outstanding, allowed, policy.for_production),
        advisory=case.advisory,
        evaluated_at=now,
        policy=_reference(policy, digest, chosen_by),
        inputs=_inputs(case, digest),
        outcomes=outcomes,
        outstanding=outstanding,
        valid_until=_valid_until(outcomes, policy, case) if allowed else None,
    )


def _outstanding(requirements: Sequence[Requirement], stage: Stage) -> tuple[Outstanding, ...]:
    if stage != "review":
        return ()
    to_come = (requirement.rule.outstanding(requirement.id) for requirement in requirements)
    return tuple(item for item in to_come if item is not None)


def _judge(requirement: Requirement, review: CaseUnderReview, policy: Policy) -> JudgedRequirement:
    # What the plan says of the use is its author's word, and dropping a requirement helps the author. So it counts only if the
    # evidence shows it, or if somebody other than the author signed the plan.
    exempt = exemption(requirement.applies_when, review.record)
    if exempt is not None and (exempt.certain or review.plan_signers):
        return JudgedRequirement(
            requirement,
            RuleAnswer("not_applicable", f"Does not apply: {exempt.words}.", clause=exempt.words),
            exempt=True,
        )
    answer = requirement.rule.for_subject(review.record, for_production=policy.for_production).judge(review)
    if exempt is not None and answer.status != "passed":
        answer = replace(
            answer,
            explanation=f"{answer.explanation} It would not apply ({exempt.words}), but only the author of the plan says so.",
            remedy=_and(
                answer.remedy,
                "Or somebody else signs the plan, and with it what it says of the use: cardwright attest --plan.",
            ),
        )
    role = policy.escalation.get(requirement.id)
    if role is not None and answer.is_open:
        answer = replace(answer, remedy=_and(answer.remedy, f"It goes to the role {role}."))
    return JudgedRequirement(requirement, answer)


def _and(remedy: str | None, more: str) -> str:
    return f"{remedy or ''} {more}".strip()


def _counts(judged: JudgedRequirement) -> bool:
    """Whether it is a requirement of the policy's own that blocks and applies."""
    # The inherent requirements apply to every record. If they counted, a policy that asks nothing of this subject would allow it.
    requirement = judged.requirement
    return requirement.level == "block" and not requirement.id.startswith(OURS) and not judged.exempt


def _outcome(judged: JudgedRequirement, number: int, waived: Waived | None) -> Outcome:
    requirement, answer = judged.requirement, judged.answer
    assert requirement.set_by is not None and requirement.set_on is not None
    own = Wording(requirement.title, requirement.why, requirement.origin, requirement.citation)
    said = answer.asked_as or own
    return Outcome(
        requirement=requirement.id,
        number=number,
        title=said.title,
        kind=requirement.kind,
        level=requirement.level,
        status=answer.status,
        explanation=answer.explanation,
        remedy=answer.remedy,
        closed_by=answer.closed_by,
        next=answer.next,
        limit=answer.limit,
        observations=answer.observations,
        # A waiver can name the evidence that it accepts. What is met needs no waiver, so its evidence is not hashed here.
        evidence_sha256=answer.evidence_sha256 if answer.is_open else None,
        severity=answer.severity,
        count=answer.count,
        clause=answer.clause,
        waived=waived,
        why=said.why,
        origin=said.origin,
        citation=said.citation,
        waivable=requirement.waivable,
        standing=requirement.standing if said is own else None,
        set_by=requirement.set_by,
        set_on=requirement.set_on,
    )


def _after_waivers(
    judged: Sequence[JudgedRequirement], outcomes: tuple[Outcome, ...], review: CaseUnderReview
) -> tuple[Outcome, ...]:
    waived = [outcome for outcome in outcomes if outcome.waived is not None]
    if not waived:
        return outcomes
    answers = [one.requirement.rule.after_waivers(review, one.answer, waived) for one in judged]
    return tuple(
        outcome if answer is one.answer else _outcome(replace(one, answer=answer), outcome.number, None)
        for one, outcome, answer in zip(judged, outcomes, answers, strict=True)
    )


def _headline(
    outcomes: Sequence[Outcome], outstanding: Sequence[Outstanding], allowed: bool, for_production: bool
) -> str:
    if not allowed:
        blocking = [outcome for outcome in outcomes if not outcome.releases]
        parts = [
            f"{count} {status.replace('_', ' ')}"
            for status in STATUSES
            if (count := sum(outcome.status == status for outcome in blocking))
        ]
        noun = "requirement" if len(blocking) == 1 else "requirements"
        return f"REFUSED: {len(blocking)} {noun} in the way ({', '.join(parts)})"
    waived = [outcome.waived for outcome in outcomes if outcome.waived is not None and outcome.level == "block"]
    text = "ALLOWED"
    if waived:
        until = min(one.expires for one in waived)
        text += f" WITH {len(waived)} WAIVER{'S' if len(waived) > 1 else ''} until {until}"
    if outstanding:
        text += f" on the evidence; {len(outstanding)} sign-off{'s' if len(outstanding) > 1 else ''} outstanding"
    return text if for_production else f"{text}; NOT FOR PRODUCTION"


def _reference(policy: Policy, digest: str, chosen_by: str) -> PolicyRef:
    waiver_roles = policy.waivers.approver_roles if policy.waivers else ()
    return PolicyRef(
        name=policy.name,
        version=policy.version,
        title=policy.title,
        sha256=digest,
        chosen_by=chosen_by,
        chain=policy.chain,
        for_production=policy.for_production,
        checklists=tuple(dict.fromkeys(name for r in policy.requirements for name in r.rule.checklists())),
        waiver_roles=waiver_roles,
        waiver_days=policy.waivers.max_days if policy.waivers and waiver_roles else None,
    )


def _inputs(case: Case, policy_sha256: str) -> VerdictInputs:
    return VerdictInputs(
        record_sha256=case.record.sha256,
        plan_sha256=case.plan.sha256 if case.plan else None,
        policy_sha256=policy_sha256,
        trust_sha256=case.trust_sha256,
        claims_sha256=digest_of(case.claims),
        baseline_sha256=case.baseline.sha256 if case.baseline else None,
        previous_sha256=case.previous.sha256 if case.previous else None,
        run_sha256=canonical.sha256(case.run) if case.run else None,
        manifest_sha256=case.manifest_sha256,
        artefacts_sha256=canonical.sha256(case.artefacts) if case.artefacts is not None else None,
        links_sha256=canonical.sha256(_linked(case)) if case.record.links else None,
        incidents_sha256=incidents.digest_of(case.incidents),
    )


def _linked(case: Case) -> dict[str, JsonValue]:
    """The linked dossiers as the decision saw them: which manifest, whose claims, whether released; null where one is missing."""
    return {
        digest: {"manifest": one.manifest_sha256, "claims": digest_of(one.claims), "released": one.released}
        if (one := case.linked.get(digest)) is not None
        else None
        for digest in sorted({link.record_sha256 for link in case.record.links})
    }


def _valid_until(outcomes: Sequence[Outcome], policy: Policy, case: Case) -> str | None:
    """The earliest day on which something it rests on expires: a waiver, evidence, or a person's answer."""
    days = [outcome.waived.expires for outcome in outcomes if outcome.waived is not None]
    days += [end.isoformat() for r in policy.requirements if (end := r.rule.valid_until(case)) is not None]
    days += [claim.expires for claim in case.claims if isinstance(claim, Attest) and claim.expires is not None]
    return min(days) if days else None
