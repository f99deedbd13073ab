"""Texts of many people with only their common words left: what is kept of transcripts.

No list of patterns for personal data is complete, and no model finds every name. So the question is turned round: a word stays if
several exchanges use it in lower case, and everything else goes. A name is written with a capital or occurs in few exchanges, an
address, a code and a number have digits, and what one person told stands in one exchange.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from cardwright.privacy.showing import masked

LEAST = 5
"""So many exchanges have to use a word in lower case."""
LONGEST = 20
"""Letters of the longest word that is kept: what is longer is a code more often than a word."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_PART = re.compile(r"<[A-Z_]+>|[^\W\d_]+(?:['’][^\W\d_]+)?|\d+(?:[.,:/-]\d+)*|\s+|[^\w\s]|_")
_KEPT_SIGNS = frozenset(".,;:!?()\"'’-–—…")
_KIND = re.compile(r"<[A-Z_]+>")


def common_words(exchanges: Iterable[Sequence[str]], always: Iterable[str] = ()) -> frozenset[str]:
    """The words that at least `LEAST` exchanges use in lower case, and those that are harmless anyway.

    >>> sorted(common_words([["the train of Ann"]] * 5 + [["the tram of ann"]]))
    ['of', 'the', 'train']
    """
    used: Counter[str] = Counter()
    for texts in exchanges:
        used.update({word for text in texts for word in _WORD.findall(text) if word.islower()})
    return frozenset(always) | {word for word, count in used.items() if count >= LEAST and len(word) <= LONGEST}


def redacted(text: str, words: frozenset[str], secrets: Iterable[str] = ()) -> str:
    """A text with its common words, its punctuation, and the kinds of what a detector found; `#` for numbers, `[…]` for the rest.

    A capitalised word stays if it is common in lower case.

    Parameters
    ----------
    words
        `common_words` of all exchanges.
    secrets
        Strings that were planted, which are shown as `<SECRET>` wherever they stand verbatim.

    >>> redacted("The train at 9:40 is late, says Ann.", frozenset({"the", "train", "at", "is", "late", "says"}))
    'The train at # is late, says […].'
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, " <SECRET> ")
    parts = [_shown(part, words) for part in _PART.findall(masked(text))]
    return re.sub(r"\[…\](?:[ \W]*\[…\])+", "[…]", "".join(parts)).strip()


def _shown(part: str, words: frozenset[str]) -> str:
    if part.isspace():
        return "\n" if "\n" in part else " "
    if part in _KEPT_SIGNS or _KIND.fullmatch(part) or part.lower() in words:
        return part
    return "#" if part[0].isdigit() else "[…]"
