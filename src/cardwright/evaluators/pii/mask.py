"""Shows the sort and the shape of what was found, and no more of it than the first character of two parts of an address."""

from __future__ import annotations

import re

from cardwright.record.base import Example

STARS = "***"
MAX_PARTS = 6
"""At most this many parts of a shape are shown; a long address says nothing more."""
_KEPT = "@.-+()/:=_ "
_PART = re.compile(r"([^\W_]+)|(.)", re.DOTALL)
_LENGTHS = ((5, "1 to 5"), (10, "6 to 10"), (20, "11 to 20"), (40, "21 to 40"), (100, "41 to 100"))


def length_class(length: int) -> str:
    """How long something is, roughly.

    >>> length_class(16), length_class(4000)
    ('11 to 20', 'over 100')
    """
    return next((words for most, words in _LENGTHS if length <= most), "over 100")


def mask(entity: str, text: str) -> Example:
    """What was found as its kind, its shape and its rough length.

    Letters and digits become `***` whatever their number; of an e-mail address the first character of either side stays, where
    the side is long enough that this does not tell it. Secrets and numbers show none of their characters.

    Examples
    --------
    >>> mask("EMAIL_ADDRESS", "jane@example.com")
    'EMAIL_ADDRESS j***@e***.*** (11 to 20 characters)'
    >>> mask("PHONE_NUMBER", "+1 (212) 555-0199")
    'PHONE_NUMBER +*** (***) ***-*** (11 to 20 characters)'
    """
    return f"{entity} {_shape(entity, text)} ({length_class(len(text))} characters)"


def _shape(entity: str, text: str) -> str:
    if entity == "EMAIL_ADDRESS" and text.count("@") == 1:
        local, domain = text.split("@")
        labels = domain.split(".")
        return f"{_first(local)}@{_first(labels[0])}{'.***' * min(len(labels) - 1, MAX_PARTS)}"
    parts: list[str] = []
    for word, other in _PART.findall(text):
        part = STARS if word or other not in _KEPT else other
        if not (part == STARS and parts and parts[-1] == STARS):
            parts.append(part)
    words = [index for index, part in enumerate(parts) if part == STARS]
    if len(words) > MAX_PARTS:
        parts = [*parts[: words[MAX_PARTS - 1] + 1], "…"]
    shape = "".join(parts)
    return re.sub(r"([^*…])\1{2,}", r"\1\1", shape)


def _first(word: str) -> str:
    return word[0] + STARS if len(word) >= 3 and word[0].isascii() and word[0].isalpha() else STARS
