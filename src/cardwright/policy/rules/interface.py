"""What a kind of requirement is: one class in one file, with its schema, its judgement, its tightening and its words.

`docs/guides/requirement-kind.md` adds one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import ClassVar, Self

from cardwright.policy.canonical_form import PolicyValue
from cardwright.policy.judging.answer import RuleAnswer
from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.policy.rules.stricter import Stricter
from cardwright.record.case import Case
from cardwright.record.record import Record
from cardwright.record.verdict import Outcome, Outstanding


class Rule(PolicyValue):
    """What a requirement asks of a case.

    Its fields are the keys under its kind in a policy file. A field added later has an empty default (`None`, `false`, an empty
    list), so that the digests of policies that do not use it stay as they are.
    """

    asks: ClassVar[str]
    """What it asks for, in a sentence: the head of its entry in `docs/policies.md`."""
    example: ClassVar[str]
    """Its value in a policy file, as YAML in one line."""
    tightening: ClassVar[Mapping[str, Stricter]] = {}
    """By field: whether a new value is at least as strict as an old one. A field that is not listed may not change."""

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """Whether the case meets it.

        Monotonic: leaving a part of the case out never makes it pass. What is not there is `missing`; what cannot be told
        is `inconclusive`. What is expected comes from the policy and the plan, never from the data at hand.
        """
        raise NotImplementedError

    def for_subject(self, record: Record, *, for_production: bool) -> Self:
        """The rule as it is asked of this subject: what a policy leaves unsaid and the subject decides. Most leave nothing."""
        return self

    def loosens(self, before: Self) -> str | None:
        """What makes it less strict than another rule of its kind, in words; None if nothing does."""
        for name in type(self).model_fields:
            old, new = getattr(before, name), getattr(self, name)
            at_least_as_strict = self.tightening.get(name)
            if old != new and (at_least_as_strict is None or not at_least_as_strict(new, old)):
                return f"{name} changed from {old!r} to {new!r}"
        return None

    def outstanding(self, requirement: str) -> Outstanding | None:
        """For a rule that can only be met after the review: what is still to come. None if the review judges it."""
        return None

    def after_waivers(self, review: CaseUnderReview, answer: RuleAnswer, waived: Sequence[Outcome]) -> RuleAnswer:
        """The answer once the waivers in force are known; few rules look at them."""
        return answer

    def valid_until(self, case: Case) -> date | None:
        """The last day on which what it rests on still holds; None if that does not end."""
        return None

    def details_fields(self) -> tuple[str, ...]:
        """The details fields it asks for."""
        return ()

    def checklists(self) -> tuple[str, ...]:
        """The checklists that it asks items of."""
        return ()

    def signing_roles(self) -> tuple[str, ...]:
        """Roles whose sign-off it asks for."""
        return ()

    def other_signers(self) -> tuple[str, ...]:
        """Roles whose sign-off has to be another person's."""
        return ()
