"""`age`: the evidence is not older than so many days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from cardwright.policy.judging.answer import RuleAnswer, missing
from cardwright.policy.judging.case_under_review import CaseUnderReview, day, oldest_evidence
from cardwright.policy.judging.next_actions import RUN
from cardwright.policy.judging.wording import days
from cardwright.policy.rules import stricter
from cardwright.policy.rules.interface import Rule
from cardwright.policy.rules.on_evaluation import RUN_AGAIN
from cardwright.record.base import Count
from cardwright.record.case import Case


class AgeRule(Rule):
    """The evidence is not older than so many days."""

    asks: ClassVar[str] = (
        "The evidence is not older than so many days; what was reused is as old as the run that made it."
    )
    example: ClassVar[str] = "{max_days: 90}"
    tightening: ClassVar[Mapping[str, stricter.Stricter]] = {"max_days": stricter.lower}

    max_days: Annotated[Count, Field(ge=1)]
    """How many."""

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """See `Rule.judge`."""
        run, record = review.case.run, review.record
        if run is None:
            return missing("It is not known when the evaluation ran.", RUN_AGAIN, RUN)
        if run.record_sha256 != record.sha256:
            return RuleAnswer(
                "mismatched",
                "The facts of the run belong to another record.",
                "Run again on the files at hand.",
                "command",
                (RUN,),
            )
        undated = [e.id for e in record.evaluations if e.reused_from is not None and e.id not in run.earlier]
        if undated:
            return missing(f"When {undated[0]} was made is not known: it was reused.", RUN_AGAIN, RUN)
        age, ahead = (review.today - oldest_evidence(run)).days, (day(run.finished) - review.today).days
        if ahead > 0:
            return RuleAnswer(
                "mismatched",
                f"The evaluation is dated {days(ahead)} in the future.",
                "Correct the clock and run again.",
                "command",
                (RUN,),
            )
        said = f"The evidence is {days(age)} old; the policy accepts {self.max_days}."
        return (
            RuleAnswer("passed", said)
            if age <= self.max_days
            else RuleAnswer("stale", said, "Run again.", "command", (RUN,))
        )

    def valid_until(self, case: Case) -> date | None:
        """See `Rule.valid_until`."""
        return oldest_evidence(case.run) + timedelta(days=self.max_days) if case.run is not None else None
