"""Text as a detector should read it: blanks, hyphens, digits and letters of every width as those of ASCII.

Word processors and spreadsheets write no-break spaces into card numbers and no-break hyphens into telephone numbers; a forgotten
zero-width space, or letters of full width, must not hide an address either. Patterns are written for ASCII, so texts are folded
before any of them looks, and the places of what is found are turned back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
"""Characters without a width (Unicode, Default_Ignorable_Code_Point of the basic plane)."""
_HYPHENS = frozenset("\u00ad\u2043\u2212\u02d7\u207b\u208b\u30fb")


def fold(text: str) -> tuple[str, Sequence[int] | None]:
    """A text as patterns read it, and for each of its characters the place in the original; None where places are the same.

    Blanks of any kind become a blank (line ends stay), hyphens, dashes and minus signs a hyphen, digits of any script and
    letters, signs and digits of another width their ASCII form; characters without a width are left out.

    >>> fold("4111\u00a01111\u20101111")
    ('4111 1111-1111', None)
    >>> fold("a\u200b\uff20b")
    ('a@b', [0, 2, 3])
    """
    if text.isascii():
        return text, None
    places: list[int] | None = None
    if _INVISIBLE.search(text):
        places = [position for position, character in enumerate(text) if not _INVISIBLE.match(character)]
        text = "".join(text[position] for position in places)
    return "".join(map(_folded, text)) if not text.isascii() else text, places


def unfolded(start: int, end: int, places: Sequence[int] | None) -> tuple[int, int]:
    """A stretch of a folded text as a stretch of the original; `end` is one past its last character.

    >>> unfolded(0, 3, [0, 2, 3]), unfolded(1, 2, None)
    ((0, 4), (1, 2))
    """
    return (start, end) if places is None else (places[start], places[end - 1] + 1)


@lru_cache(maxsize=65_536)
def _folded(character: str) -> str:
    if character.isascii():
        return character
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if category == "Pd" or character in _HYPHENS:
        return "-"
    digit = unicodedata.digit(character, None)
    if digit is not None and category == "Nd":
        return str(digit)
    plain = unicodedata.normalize("NFKC", character)
    # Only what is ASCII in another width: a fraction or a ligature would change the length, an accent the word.
    return plain if len(plain) == 1 and plain.isascii() and not plain.isspace() else character
