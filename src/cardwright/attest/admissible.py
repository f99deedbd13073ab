"""What may be signed at all: a claim is compared with trust file, policy, checklist and key before it is signed.

A claim that counts for nothing is worse than none: it stays in the chain for good, and a receiver refuses what they cannot
believe. So the signer is told first.
"""

from __future__ import annotations

from cardwright.attest import claims
from cardwright.attest.trust import Holder, Trust
from cardwright.attest.under_review import DossierUnderReview
from cardwright.dossier import contents
from cardwright.errors import UsageError, did_you_mean
from cardwright.files import packaged
from cardwright.record.claim import Attest, Claim, SignOff, Waive, WaiveRequest, Withdraw


def signer(trust: Trust, fingerprint: str, word: str, role: str, now: str) -> Holder:
    """The person behind a key, provided they may sign now, in this role, under this name or id.

    Raises
    ------
    UsageError
        If the key is not enrolled, belongs to somebody else, has expired or is revoked, or the role is not granted.
    """
    holder = trust.holder(fingerprint)
    if holder is None:
        raise UsageError(
            f"the key {fingerprint[:12]} is not in the trust file", do="Have it enrolled: cardwright keys enrol."
        )
    person = holder.person
    if word not in (person.id, person.name):
        known = [w for one in trust.people for w in (one.id, one.name)]
        hint = f"Sign as {person.name}." if word not in known else "Take that person's own key."
        raise UsageError(f'--as: this is the key of "{person.name}", not of "{word}"', do=hint)
    barred = holder.barred(role, now[:10])
    if barred is not None:
        raise UsageError(barred, do=f"Roles of {person.name}: {', '.join(person.roles)}.")
    late = claims.too_late(holder, now, ())
    if late is not None:
        raise UsageError(late.partition(", and ")[0], do="Sign with a key that is valid.")
    return holder


def check(claim: Claim, dossier: DossierUnderReview, trust: Trust, holder: Holder) -> None:
    """Compare a claim with what it is about.

    Raises
    ------
    UsageError
        If there is no such checklist, item or requirement, the role may not say this, or the claim would have no effect.
    """
    if isinstance(claim, Attest):
        _item(claim, dossier)
    elif isinstance(claim, WaiveRequest | Waive):
        _waiver(claim, dossier)
    elif isinstance(claim, Withdraw):
        _withdrawal(claim, dossier, trust, holder)
    elif isinstance(claim, SignOff) and claim.answers is not None:
        answered = dossier.claim(claim.answers).claim
        if not isinstance(answered, SignOff) or answered.role != claim.role:
            raise UsageError(f"--answers names no decision of the role {claim.role}", do="A role answers its own.")


def _item(claim: Attest, dossier: DossierUnderReview) -> None:
    known = packaged.names("checklists")
    asked = dossier.review.policy.checklists
    if claim.checklist not in known:
        if claim.checklist not in asked:
            raise UsageError(
                f'no checklist is called "{claim.checklist}"', do=did_you_mean(claim.checklist, {*known, *asked})
            )
        return  # a list of the policy's own: its items are kept beside the policy, not here
    checklist = contents.checklist_of(claim.checklist)
    item = next((item for item in checklist.items if item.id == claim.item), None)
    if item is None:
        raise UsageError(
            f'{claim.checklist} has no item "{claim.item}"',
            do=did_you_mean(claim.item, [i.id for i in checklist.items]),
        )
    kind = dossier.case.record.subject.kind
    if kind not in item.kinds:
        raise UsageError(
            f"{claim.item} is asked of a {' or a '.join(item.kinds)}; this is a {kind}",
            do=f"Items of {claim.checklist}: cardwright checklist show {claim.checklist}.",
        )


def _waiver(claim: WaiveRequest | Waive, dossier: DossierUnderReview) -> None:
    policy = dossier.review.policy
    outcome = {outcome.requirement: outcome for outcome in dossier.review.outcomes}.get(claim.requirement)
    if outcome is None:
        known = [one.requirement for one in dossier.review.outcomes]
        raise UsageError(
            f'the policy has no requirement "{claim.requirement}"', do=did_you_mean(claim.requirement, known)
        )
    if not outcome.waivable:
        raise UsageError(f"{claim.requirement} cannot be waived under {policy.name}")
    if isinstance(claim, Waive) and claim.role not in policy.waiver_roles:
        roles = ", ".join(policy.waiver_roles) or "nobody"
        raise UsageError(f"{claim.role} may not approve waivers under {policy.name}", do=f"May approve: {roles}.")


def _withdrawal(claim: Withdraw, dossier: DossierUnderReview, trust: Trust, holder: Holder) -> None:
    target = dossier.claim(claim.claim) if claim.claim is not None else None
    judged = claims.believe(dossier.signed, trust, dossier.chain, claim.at)
    believed = target is not None and any(one.believed and one.signed.sealed.id == target.sealed.id for one in judged)
    releaser = trust.holder(dossier.release.release.key) if dossier.release is not None else None
    why = claims.may_withdraw(
        claim,
        holder.person.id,
        target.claim if target is not None else None,
        trust,
        releaser.person.id if releaser is not None else None,
        believed=believed,
    )
    if why is not None:
        raise UsageError(why, do="Ask whoever may.")
