"""`open_risks`: no more risks that nobody accepted, and controls that are not there, than a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from cardwright.policy.judging.answer import RuleAnswer
from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.policy.judging.next_actions import RUN, attest, edit_details
from cardwright.policy.rules import stricter
from cardwright.policy.rules.interface import Rule
from cardwright.record import canonical, open_risks
from cardwright.record.base import Count
from cardwright.record.claim import Attest
from cardwright.record.open_risks import OpenRisk
from cardwright.record.record import Record
from cardwright.record.verdict import Closer

STATED = "risks"
"""The details field that lists the risks, each with what was decided and who accepts it."""
_NAMED = 5
"""So many are named in the line; the documents list all."""
_LONG = 100
"""So many characters of a risk's own words."""


class OpenRisksRule(Rule):
    """Risks are stated, and no more of them, and of the controls, are open than a number."""

    asks: ClassVar[str] = (
        "The risks are stated, and no more than so many are open: risks that nobody accepted, and controls that somebody says "
        "are not there."
    )
    example: ClassVar[str] = "{at_most: 0}"
    tightening: ClassVar[Mapping[str, stricter.Stricter]] = {"at_most": stricter.lower}

    at_most: Count
    """How many may be open, risks and controls together."""

    def judge(self, review: CaseUnderReview) -> RuleAnswer:
        """See `Rule.judge`."""
        found = open_risks.of(review.record.details, review.claims)
        if len(found) > self.at_most:
            return self._too_many(found, review)
        # Without the list of risks none is known to be open, and that is no answer.
        if not review.record.provided(STATED):
            return RuleAnswer(
                "missing",
                "The details do not say which risks there are and who accepts each.",
                f"Fill in details.yaml: {STATED}, each with what was decided and who accepts it.",
                "words",
                (edit_details(STATED), RUN),
            )
        if found:
            return RuleAnswer("passed", f"{_counted(found)}: {_named(found)}. The policy accepts {self.at_most}.")
        stated = len(review.record.details.answers[STATED].entries)
        risks = "The one risk that is stated is" if stated == 1 else f"All {stated} risks that are stated are"
        return RuleAnswer("passed", f"{risks} accepted, and nobody says that a control is not in place.")

    def details_fields(self) -> tuple[str, ...]:
        """See `Rule.details_fields`."""
        return (STATED,)

    def _too_many(self, found: Sequence[OpenRisk], review: CaseUnderReview) -> RuleAnswer:
        denied = open_risks.denied(review.claims)
        risks = any(not one.control for one in found)
        words: list[str] = []
        if risks:
            words.append("Reduce each risk, or have somebody who may accept it do so and say who in details.yaml.")
        if denied:
            words.append("Put each control in place, and ask the same person to answer again.")
        closer: Closer = "decision" if risks else "signature"
        return RuleAnswer(
            "failed",
            f"{_counted(found)}: {_named(found)}. The policy accepts {self.at_most or 'none'}.",
            " ".join(words),
            closer,
            (
                *((edit_details(STATED), RUN) if risks else ()),
                *(attest(one.checklist, one.item, (one.role,)) for one in denied),
            ),
            said_sha256=_digest(review.record, denied),
        )


def _digest(record: Record, denied: Sequence[Attest]) -> str:
    stated = record.details.answers.get(STATED)
    return canonical.sha256(
        {"risks": canonical.plain(stated), "controls": [canonical.plain(one) for one in denied]},
    )


def _counted(found: Sequence[OpenRisk]) -> str:
    controls = sum(one.control for one in found)
    risks = len(found) - controls
    said = []
    if risks:
        said.append("1 risk is not accepted" if risks == 1 else f"{risks} risks are not accepted")
    if controls:
        said.append("1 control is not in place" if controls == 1 else f"{controls} controls are not in place")
    return " and ".join(said)


def _named(found: Sequence[OpenRisk]) -> str:
    names = [_shortened(one.what) for one in found[:_NAMED]]
    more = len(found) - len(names)
    return "; ".join(names) + (f"; and {more} more" if more else "")


def _shortened(text: str) -> str:
    words = " ".join(text.split()) or "a risk without a name"
    return words if len(words) <= _LONG else words[:_LONG].rsplit(" ", 1)[0] + " …"
