"""Risks that the people who stated them did not accept, and controls of which somebody says that they are not there.

A verdict that allows may say nothing of these: only a policy that asks for `open_risks` judges them. So they stand beside it
wherever it is printed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cardwright.record.claim import Attest, Claim, live
from cardwright.record.details import Details

_NOBODY = re.compile(
    r"((nobody|no ?one|none)( yet| so far)?|not (yet )?accepted|not provided|open|pending|tbd|n/?a|niemand|offen|[-–—?]*)",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"(not |un)accept|reject|refus|declin|\bopen\b|pending|undecided|escalat|nicht (an|akzept)|abgelehnt", re.IGNORECASE
)


@dataclass(frozen=True)
class OpenRisk:
    """A risk without anybody who accepts it, or a control that is not there."""

    what: str
    """The risk, or the item of a checklist, in the words of whoever stated it."""
    decision: str
    """What was decided about it, or what was said of the control."""
    stated_by: str
    """Who says so."""
    stated_on: str
    """The day."""
    control: bool = False
    """Whether it is a control that is not there, and not a risk."""


def of(details: Details, claims: Iterable[Claim] = ()) -> tuple[OpenRisk, ...]:
    """The risks that nobody accepted, then the controls that are not there, each in its order.

    A risk is open if nobody is named who accepts it, or if what was decided reads as a refusal: "not accepted", "rejected".
    `claims` are in the order of the ledger.
    """
    answer = details.answers.get("risks")
    risks = (
        [
            OpenRisk(entry.get("risk", ""), entry.get("decision", ""), answer.stated_by, answer.stated_on)
            for entry in answer.entries
            if names_nobody(entry.get("accepted_by", "")) or _REFUSED.search(entry.get("decision", ""))
        ]
        if answer is not None
        else []
    )
    controls = [
        OpenRisk(f"{claim.checklist} {claim.item}", claim.statement, claim.person, claim.at[:10], control=True)
        for claim in denied(claims)
    ]
    return (*risks, *controls)


def denied(claims: Iterable[Claim]) -> tuple[Attest, ...]:
    """The answers that say that a control is not there, in the order of the ledger.

    The last word of each key on an item counts, and nobody is outvoted. A denial stands until whoever gave it answers again or
    takes it back, whichever record it was about: a new run makes no control.
    """
    words = {(claim.checklist, claim.item, claim.key): claim for claim in live(claims) if isinstance(claim, Attest)}
    return tuple(claim for claim in words.values() if claim.answer == "not_met")


def names_nobody(accepted_by: str) -> bool:
    """Whether the words for who accepts a risk name nobody.

    >>> names_nobody("nobody yet"), names_nobody("TBD"), names_nobody("Head of Risk")
    (True, True, False)
    """
    return _NOBODY.fullmatch(accepted_by.strip()) is not None


__all__ = ["OpenRisk", "denied", "names_nobody", "of"]
