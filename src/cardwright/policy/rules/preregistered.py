"""`preregistered`: somebody other than the plan's author signed the plan before it ran."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from cardwright.policy.judging.answer import RuleAnswer
from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.policy.judging.next_actions import RUN, attest_plan
from cardwright.policy.rules.interface import Rule
from cardwright.record.base import Identifier


class PreregisteredRule(Rule):
    """The plan was signed before evaluation, by somebody other than the evaluator."""

    asks: ClassVar[str] = "Somebody other than its author signed the plan before anything was evaluated."
    example: ClassVar[str] = "{roles: [risk_head, responsible_ai]}"

    roles: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    """Roles that may sign the plan."""

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """See `Rule.judge`."""
        run = review.case.run
        if not review.authors:
            return RuleAnswer(
                "missing",
                "Nobody has signed the plan as its author, so no other signer is known to be somebody else.",
                "Its author signs it (--as-author), and somebody in another role signs it, before evaluation.",
                "signature",
                (attest_plan(self.roles), RUN),
            )
        first = min([run.started, *run.earlier.values()]) if run is not None else None
        signed = [c for c in review.plan_signers if c.role in self.roles and first is not None and c.at <= first]
        if signed:
            return RuleAnswer(
                "passed",
                f"{signed[0].person} ({signed[0].role}) signed the plan on {signed[0].at[:10]}, before it ran.",
            )
        return RuleAnswer(
            "missing",
            "The plan is self-declared: nobody else signed it before it ran.",
            "Somebody in another role signs the plan before evaluation.",
            "signature",
            (attest_plan(self.roles), RUN),
        )
