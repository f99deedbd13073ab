"""`sign_off`: a person in a role has signed the documents, having seen every waiver in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from cardwright.policy.judging.answer import RuleAnswer
from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.policy.judging.next_actions import sign_off
from cardwright.policy.rules import stricter
from cardwright.policy.rules.interface import Rule
from cardwright.record.base import Identifier
from cardwright.record.claim import Claim, SignOff, Waive, same_person
from cardwright.record.verdict import Outcome, Outstanding


class SignOffRule(Rule):
    """A person in a role has signed."""

    asks: ClassVar[str] = (
        "A person in a role has signed the documents as they are, and every waiver in force was known to them."
    )
    example: ClassVar[str] = "{role: risk_head, meaning: approval, not_same_as: [owner]}"
    tightening: ClassVar[Mapping[str, stricter.Stricter]] = {"not_same_as": stricter.more}

    role: Identifier
    """The role."""
    meaning: Literal["authorship", "review", "approval", "responsibility"]
    """What the signature means."""
    not_same_as: tuple[Identifier, ...] = ()
    """Roles whose signer must be another person."""

    def outstanding(self, requirement: str) -> Outstanding | None:
        """See `Rule.outstanding`: nobody can sign documents that the review has not made yet."""
        return Outstanding(role=self.role, meaning=self.meaning, requirement=requirement)

    def signing_roles(self) -> tuple[str, ...]:
        """See `Rule.signing_roles`."""
        return (self.role,)

    def other_signers(self) -> tuple[str, ...]:
        """See `Rule.other_signers`."""
        return self.not_same_as

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """See `Rule.judge`."""
        mine = [claim for claim in review.claims if isinstance(claim, SignOff) and claim.role == self.role]
        # A rejection stands, whatever else was signed, until a later decision of the role names it.
        answered = {claim.answers for claim in mine}
        standing = [claim for claim in mine if claim.decision != "approve" and claim.id not in answered]
        if standing:
            decision = standing[-1].decision.replace("_", " ")
            return RuleAnswer(
                "failed",
                f"{standing[-1].person} ({self.role}) has decided: {decision}.",
                "Answer what was asked, and ask for a new decision that names this one.",
                "signature",
                (sign_off(self.role, self.meaning, str(standing[-1].id)[:12]),),
            )
        approved = self._approvals(review)
        signed = [claim for claim in approved if claim.manifest_sha256 == review.case.manifest_sha256]
        if signed:
            return RuleAnswer("passed", f"{signed[-1].person} ({self.role}) signed for {self.meaning}.")
        if approved:
            return self._again(
                f"What {approved[-1].person} ({self.role}) signed has changed since: the manifest was a different one."
            )
        return RuleAnswer(
            "missing",
            f"Nobody in the role {self.role} has signed for {self.meaning}.",
            f"Somebody in the role {self.role} signs.",
            "signature",
            (sign_off(self.role, self.meaning),),
        )

    def after_waivers(self, review: CaseUnderReview, answer: RuleAnswer, waived: Sequence[Outcome]) -> RuleAnswer:
        """A sign-off that has not seen every waiver in force is stale: its signer did not agree to what was accepted since.

        Claims stand in the order of the ledger, so what was signed later was seen by nobody who signed before. A person has
        seen the waivers that they approved or asked for themselves.
        """
        if answer.status != "passed":
            return answer
        position = {claim.id: number for number, claim in enumerate(review.case.claims)}
        by_id = {claim.id: claim for claim in review.case.claims}
        approvals = [c for c in self._approvals(review) if c.manifest_sha256 == review.case.manifest_sha256]
        blind: list[tuple[SignOff, Outcome]] = []
        for claim in approvals:
            unseen = [
                outcome
                for outcome in waived
                if outcome.waived is not None
                and position[outcome.waived.claim] > position[claim.id]
                and not any(same_person(claim, one) for one in _parties(by_id[outcome.waived.claim], by_id))
            ]
            if not unseen:
                return answer
            blind.append((claim, unseen[0]))
        signed, outcome = blind[-1]
        return self._again(
            f"{signed.person} ({self.role}) signed before the waiver of {outcome.requirement} was approved, "
            "and has not seen it."
        )

    def _again(self, explanation: str) -> RuleAnswer:
        return RuleAnswer(
            "stale",
            explanation,
            f"Somebody in the role {self.role} signs again.",
            "signature",
            (sign_off(self.role, self.meaning),),
        )

    def _approvals(self, review: CaseUnderReview) -> list[SignOff]:
        """Approvals with the meaning asked for, by nobody who signs in a role that has to be another person's.

        Nobody approves what they have written or made themselves, whatever a policy says of roles.
        """
        signed = [claim for claim in review.claims if isinstance(claim, SignOff)]
        others: list[Claim] = [claim for claim in signed if claim.role in self.not_same_as]
        if self.meaning == "approval":
            others += review.authors
        return [
            claim
            for claim in signed
            if claim.role == self.role
            and claim.decision == "approve"
            and claim.meaning == self.meaning
            and not any(same_person(claim, other) for other in others)
        ]


def _parties(waiver: Claim, by_id: Mapping[str | None, Claim]) -> list[Claim]:
    """What those said who asked for and approved a waiver."""
    assert isinstance(waiver, Waive)
    request = by_id.get(waiver.request)
    return [waiver, *([request] if request is not None else [])]
