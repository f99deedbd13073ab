"""How many hits arbitrary numbers and codes of the same shape would give: what a column of identifiers is compared with.

One in ten numbers passes a card's checksum, one in eleven the NHS's, and any nine digits are a passport's where the heading
says so. Instead of a figure for each pattern, values are drawn of the shapes that a column has, and the same detector looks
at them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cardwright.evaluators.pii.engine import Detector
from cardwright.evaluators.pii.thresholds import counted

LEAST = 30
"""Of fewer cells of one shape nothing is said."""
DRAWN = 400
"""How many values are drawn for a column."""
_MOST_RUNS = 6
_RUNS = re.compile(r"[0-9]+|[A-Z]+|[a-z]+|[^0-9A-Za-z]")
_CODE = re.compile(r"(?=(?:[^0-9]*[0-9]){4})[!-~]{6,40}")
_HEX = re.compile(r"(?=[0-9]*[a-f])[0-9a-f]{16,128}")
_ALPHABETS = {
    "9": "0123456789",
    "A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "a": "abcdefghijklmnopqrstuvwxyz",
    "h": "0123456789abcdef",
}


def shape(text: str) -> str:
    """The shape of a cell that is one number or code: its first two digits, and what kind each other character is; else empty.

    The first two digits stay, since issuers give them a meaning and identifiers begin alike.

    >>> shape("4111111111111111"), shape("AB-123456"), shape("two words")
    ('4199999999999999', 'AA-129999', '')
    """
    text = text.strip()
    if _HEX.fullmatch(text):
        return "h" * len(text)
    if _CODE.fullmatch(text) is None or len(_RUNS.findall(text)) > _MOST_RUNS:
        return ""
    parts: list[str] = []
    digits = 0
    for character in text:
        if character.isdigit():
            digits += 1
            parts.append(character if digits <= 2 else "9")
        else:
            parts.append("A" if character.isupper() else "a" if character.islower() else character)
    return "".join(parts)


def drawn(formed: str, rng: random.Random) -> str:
    """An arbitrary value of a shape."""
    if set(formed) == {"h"}:
        return "".join(rng.choice(_ALPHABETS["h"]) for _ in formed)
    digits = 0
    made: list[str] = []
    for character in formed:
        digits += character.isdigit()
        kept = character.isdigit() and digits <= 2
        made.append(character if kept or character not in _ALPHABETS else rng.choice(_ALPHABETS[character]))
    return "".join(made)


@dataclass(frozen=True)
class ByChance:
    """What arbitrary values of a column's shapes give."""

    cells: int
    """Cells of the column that have a shape."""
    shares: Mapping[str, float]
    """The share of arbitrary values that are a hit, by kind; a kind that is missing has none."""


def by_chance(
    detector: Detector, shapes: Mapping[str, int], context: tuple[str, ...], thresholds: Mapping[str, float]
) -> ByChance | None:
    """What arbitrary values of the shapes of a column give; None for fewer than 30 cells that have one."""
    cells = sum(shapes.values())
    if cells < LEAST:
        return None
    rng = random.Random(",".join(sorted(shapes)[:20]))  # noqa: S311  a sample, and the same for the same shapes
    chosen = rng.choices(sorted(shapes), [shapes[one] for one in sorted(shapes)], k=DRAWN)
    texts = [drawn(one, rng) for one in chosen]
    scanned = detector.scan(texts, context)
    hits = [
        {hit.entity for hit in counted(text, one, thresholds)} for text, one in zip(texts, scanned.hits, strict=True)
    ]
    kinds = sorted(set().union(*hits))
    return ByChance(cells, {name: sum(name in one for one in hits) / DRAWN for name in kinds})


def is_by_chance(share: float, hits: int, cells: int, level: float) -> bool:
    """Whether this many hits among these cells are no more than chance gives: the interval of their share reaches down to it."""
    from cardwright.statistics.intervals import wilson

    bounds = wilson(hits, cells, level)
    return bounds is not None and bounds.lower <= share


__all__ = ["ByChance", "by_chance", "drawn", "is_by_chance", "shape"]
