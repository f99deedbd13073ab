"""`details`: fields that a person has filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from cardwright.errors import did_you_mean
from cardwright.policy.judging.answer import RuleAnswer
from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.policy.judging.next_actions import RUN, edit_details
from cardwright.policy.rules import stricter
from cardwright.policy.rules.interface import Rule
from cardwright.record.base import Identifier
from cardwright.record.details import FIELDS


class DetailsRule(Rule):
    """Fields that a person has really filled."""

    asks: ClassVar[str] = "Fields of the details that a person has filled in; a placeholder is not an answer."
    example: ClassVar[str] = "{fields: [owners, intended_use, limitations]}"
    tightening: ClassVar[Mapping[str, stricter.Stricter]] = {"fields": stricter.more}

    fields: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    """Names of details fields."""
    document: Identifier | None = None
    """The kind of document whose fields they are; if omitted, they are shared fields (`cardwright schema details`)."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name in self.fields if self.document is None else ():
            if name not in FIELDS:
                raise ValueError(f'no details field is called "{name}". {did_you_mean(name, FIELDS)}')
        return self

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """See `Rule.judge`."""
        known = review.record.fields
        if self.document is not None and (review.record.kind != self.document or not set(self.fields) <= known.keys()):
            return RuleAnswer(
                "mismatched",
                f"These are fields of a {self.document}, and this is a {review.record.kind} that does not ask all of them.",
                "Choose the policy of its kind.",
                "decision",
            )
        unsaid = review.record.missing(self.fields)
        # A shared field is what people say of this very subject; another dossier cannot say it for them.
        filled = [name for name in unsaid if self.document is not None and name in review.evidenced]
        missing = tuple(name for name in unsaid if name not in filled)
        if not missing:
            more = f", {len(filled)} of them by a dossier that it refers to" if filled else ""
            return RuleAnswer("passed", f"All {len(self.fields)} fields are provided{more}.")
        titles = ", ".join(known[name].title.lower() for name in missing)
        return RuleAnswer(
            "missing",
            f"Not provided in the details: {titles}.",
            f"Fill in details.yaml: {', '.join(missing)}.",
            "words",
            (edit_details(*missing), RUN),
        )

    def details_fields(self) -> tuple[str, ...]:
        """See `Rule.details_fields`."""
        return self.fields
