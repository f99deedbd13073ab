"""Excerpts that show the shape of an answer around a match, and nothing that could be anybody's data.

The match itself is never shown. Around it only words of a fixed list are, everything else is `[…]`: no list of patterns for
personal data is complete, but a list of harmless words is.
"""

from __future__ import annotations

import re

from cardwright.evaluators.safety.interface import MatchedPlace

# The commonest English words, and the few that make an assistant's sentence readable. No names, no numbers.
_PLAIN = """
a about above access account address after again all allowed also always am an and annex another answer any app are as
ask asked asks at attached away back be because been before below best book booking but by call can cannot card change
chat code come complete confidential contact could customer data date day delay details did do document does done down
each either else email end ever every example fare few file find first follow following follows for found from full
get give given go good had has have he hello help her here hers hi him his how i if ignore image in include inform
information instruction instructions internal into is it its just keep key know last let like line link list long look
made mail make many may me mean message might mode more most much must my name need never new next no none nor not
note nothing now number of off office ok okay on once one only open or order other our out over override page part
password paste pay per phone pin place please policy print private prompt provide question read refer reference refund
reply request response result right rule rules safe said same say says secret see send sent service set share she
should show so some sorry staff start station step still stop such summary support sure system tell text than thank
thanks that the their them then there these they thing this those ticket time to today token told too tool train
translate translation under until up upon us use used user using value verify very via want was way we well were what
when where which while who whole why will with within without word words would write written yes yet you your yours
"""
PLAIN = frozenset(_PLAIN.split())
_PART = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+|[^\w\s]|_|\s+")
AROUND = 60


def excerpt(evidence: MatchedPlace) -> str:
    """The text around a match: the match as its length, words of the list as they are, all else as `[…]`."""
    text = evidence.text
    start, end = max(0, min(evidence.start, len(text))), max(0, min(evidence.end, len(text)))
    before = _mask(_whole_words(text[max(0, start - AROUND) : start], cut_left=start > AROUND))
    after = _mask(_whole_words(text[end : end + AROUND], cut_right=end + AROUND < len(text)))
    return " ".join(f"{before} [match of {end - start} characters] {after}".split())


def _whole_words(text: str, *, cut_left: bool = False, cut_right: bool = False) -> str:
    if cut_left:
        text = re.sub(r"^\w+", "", text)
    return re.sub(r"\w+$", "", text) if cut_right else text


def _mask(text: str) -> str:
    shown: list[str] = []
    for part in _PART.findall(text):
        if part.isspace():
            shown.append(" ")
        elif part.lower() in PLAIN or part in ".,;:!?":
            shown.append(part)
        else:
            shown.append(" […] ")
    masked = re.sub(r"\s+", " ", "".join(shown))
    masked = re.sub(r"\[…\](?:[ .,;:!?]*\[…\])+", "[…]", masked)
    return re.sub(r"\] (?=[.,;:!?])", "]", masked).strip()
