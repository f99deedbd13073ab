"""`checklist`: items that a person has answered, signed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from cardwright.policy.judging.answer import RuleAnswer
from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.policy.judging.next_actions import attest
from cardwright.policy.rules import stricter
from cardwright.policy.rules.interface import Rule
from cardwright.record.base import Identifier
from cardwright.record.claim import Attest


class ChecklistRule(Rule):
    """Items of a checklist that a person has answered."""

    asks: ClassVar[str] = "Items of a checklist that people have answered, signed."
    example: ClassVar[str] = "{checklist: responsible_ai_minimum, items: [consulted, told], roles: [responsible_ai]}"
    tightening: ClassVar[Mapping[str, stricter.Stricter]] = {"items": stricter.more}

    checklist: Identifier
    """Which checklist."""
    items: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    """Which items."""
    roles: tuple[Identifier, ...] = ()
    """Roles that may answer; empty is any."""

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """See `Rule.judge`."""
        # The last word of each person on an item counts, and one who says that it is not met is not outvoted.
        answers = {
            (claim.item, claim.key): claim
            for claim in review.claims
            if isinstance(claim, Attest)
            and claim.checklist == self.checklist
            and claim.item in self.items
            and claim.record_sha256 in (None, review.record.sha256)
        }.values()
        denied = [claim for claim in answers if claim.answer == "not_met"]
        if denied:
            return RuleAnswer(
                "failed",
                f"{denied[0].person} ({denied[0].role}) says that {denied[0].item} of {self.checklist} is not met.",
                "Fix what is missing, and ask the same person to answer again.",
                "signature",
                (attest(self.checklist, denied[0].item, (denied[0].role,)),),
            )
        answered = {
            claim.item
            for claim in answers
            if (claim.expires is None or review.today <= date.fromisoformat(claim.expires))
            and (not self.roles or claim.role in self.roles)
        }
        missing = [item for item in self.items if item not in answered]
        if missing:
            return RuleAnswer(
                "missing",
                f"Not answered in {self.checklist}: {', '.join(missing)}.",
                "Somebody in a role that may answer attests each item.",
                "signature",
                tuple(attest(self.checklist, item, self.roles) for item in missing),
            )
        answered_all = "1 item" if len(self.items) == 1 else f"{len(self.items)} items"
        return RuleAnswer("passed", f"{answered_all} of {self.checklist} answered.")

    def checklists(self) -> tuple[str, ...]:
        """See `Rule.checklists`."""
        return (self.checklist,)
