"""From raw hits to counted ones: scores against thresholds, then one kind for each place in the text."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Mapping, Sequence

from cardwright.evaluators.pii.doubts import is_doubted
from cardwright.evaluators.pii.entities import MEANT, entity, priority
from cardwright.privacy.patterns import Hit, resolve
from cardwright.record.evaluation import SEVERITIES

WRITTEN_PHONE = 0.4
"""What presidio gives a telephone number that is valid in one of its regions, without a context word."""

_ORDER: tuple[frozenset[str], ...] = (
    frozenset({"STREET_ADDRESS", "DATE_OF_BIRTH"}),
    frozenset({"PERSON"}),
    frozenset(),  # dates, web addresses and what else has a form and weighs little
    frozenset({"NRP", "LOCATION", "ORGANIZATION"}),
)
"""Which of several kinds that overlap stays, after the forms that weigh something."""
_SEPARATED = re.compile(r"\d(?:[ ()/.-]+)\d")


def threshold(name: str, own: Mapping[str, float] | None = None) -> float:
    """The score from which on hits of a kind count."""
    return own[name] if own is not None and name in own else entity(name).threshold


def counted(text: str, hits: Iterable[Hit], thresholds: Mapping[str, float] | None = None) -> tuple[Hit, ...]:
    """The hits that count, without overlaps.

    A hit counts from the threshold of its kind on. A telephone number that is written as one, with a plus sign, brackets or in
    three groups and more, counts without a context word too, unless the plan sets a threshold of its own: presidio gives it
    the same score as any ten digits in a row. A hit that `doubts` takes for something else does not count.
    """
    own = thresholds or {}
    counting = [hit for hit in hits if _counts(text, hit, own)]
    forms = resolve((hit for hit in counting if hit.entity not in MEANT), priority)
    meant = [hit for hit in counting if hit.entity in MEANT]
    return forms if not meant else _with_meant(forms, meant)


def _with_meant(forms: tuple[Hit, ...], meant: list[Hit]) -> tuple[Hit, ...]:
    """Forms and names, without overlaps: each of `_ORDER` gets what those before it have left.

    A number that has its form stays one, whatever a model calls it, and an address stays whole if a model finds a name in it.
    """
    strong = [hit for hit in forms if SEVERITIES.index(entity(hit.entity).severity) >= SEVERITIES.index("medium")]
    weak = [hit for hit in forms if hit not in set(strong)]
    kept: list[Hit] = strong
    for kinds in _ORDER:
        tier = resolve((hit for hit in meant if hit.entity in kinds), priority) if kinds else tuple(weak)
        kept = sorted([*kept, *(hit for hit in tier if _is_free(hit, kept))], key=lambda hit: hit.start)
    return tuple(kept)


def _is_free(hit: Hit, others: Sequence[Hit]) -> bool:
    index = bisect.bisect_left(
        others, hit.start, key=lambda other: other.start
    )  # in the order of the text, none overlapping
    after = others[index] if index < len(others) else None
    return (index == 0 or others[index - 1].end <= hit.start) and (after is None or hit.end <= after.start)


def _counts(text: str, hit: Hit, own: Mapping[str, float]) -> bool:
    if is_doubted(text, hit):
        return False
    if hit.score >= threshold(hit.entity, own):
        return True
    return (
        hit.entity == "PHONE_NUMBER"
        and "PHONE_NUMBER" not in own
        and hit.score >= WRITTEN_PHONE
        and is_written_as_phone(text[hit.start : hit.end])
    )


def is_written_as_phone(text: str) -> bool:
    """Whether a number is written as a telephone number is.

    That is with a plus sign or brackets, in at least three groups of digits, or in two of which the first begins with the trunk
    prefix 0.

    >>> [is_written_as_phone(text) for text in ("+49301234567", "212-555-0199", "2125550199")]
    [True, True, False]
    """
    breaks = len(_SEPARATED.findall(text))
    return text.startswith(("+", "(")) or breaks >= 2 or (breaks == 1 and text.startswith("0"))
