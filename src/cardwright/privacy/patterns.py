"""Personal data and secrets that can be known by their form alone: a light detector in the standard library.

The core scans the free text of a record with it, where no other library is installed; the evaluator `pii` uses the same
recognisers for secrets, beside many others. It sees what has a form (an address, a checksum, a prefix), and no names.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from cardwright.privacy.folding import fold, unfolded
from cardwright.privacy.secret_forms import secrets_in


class Hit(NamedTuple):
    """Where something was found; never what."""

    entity: str
    """What kind, e.g. `EMAIL_ADDRESS`."""
    start: int
    """Its first character."""
    end: int
    """One past its last character."""
    score: float
    """How sure the detector is, from 0 to 1."""


def resolve(hits: Iterable[Hit], priority: Callable[[str], int] | None = None) -> tuple[Hit, ...]:
    """The hits without overlaps, in the order of the text: of two that overlap the one with the higher score stays, then the
    longer, then the one whose kind comes first.

    Parameters
    ----------
    hits
        Hits of one text, in any order.
    priority
        From a kind to its rank, lower first; names decide where it is None or ranks are equal.

    Examples
    --------
    >>> [hit.entity for hit in resolve([Hit("URL", 5, 16, 0.5), Hit("EMAIL_ADDRESS", 0, 16, 1.0)])]
    ['EMAIL_ADDRESS']
    """
    rank = priority or (lambda entity: 0)
    best_first = sorted(
        set(hits), key=lambda hit: (-hit.score, hit.start - hit.end, rank(hit.entity), hit.entity, hit.start)
    )
    kept: list[Hit] = []
    starts: list[int] = []  # of `kept`, both in the order of the text: only the neighbours can overlap
    for hit in best_first:
        index = bisect.bisect_left(starts, hit.start)
        if (index and kept[index - 1].end > hit.start) or (index < len(kept) and starts[index] < hit.end):
            continue
        kept.insert(index, hit)
        starts.insert(index, hit.start)
    return tuple(kept)


# ---------------------------------------------------------------------------------------------------------------------
# Checks


def luhn(digits: str) -> bool:
    """Whether the last of these digits is the check digit of the others (ISO/IEC 7812-1, annex B).

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    doubled = (int(d) * (1 + position % 2) for position, d in enumerate(reversed(digits)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def iban_checksum(iban: str) -> bool:
    """Whether the check digits of an IBAN without blanks hold (ISO 13616-1, ISO/IEC 7064 MOD 97-10).

    >>> iban_checksum("DE89370400440532013000"), iban_checksum("DE88370400440532013000")
    (True, False)
    """
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


# ---------------------------------------------------------------------------------------------------------------------
# The light detector

_EMAIL = re.compile(
    r"(?:(?<![\w.+-])[\w!#$%&'+/=?^`{|}~.-]{1,64}|\"[^\"@\n]{1,64}\")"
    r"@(?:[\w-]{1,63}\.){1,8}[^\W\d_][\w-]{1,62}(?![\w@])"
)
_PHONE = re.compile(
    r"""(?<![\w.,+-])(?:
      (?P<international> \+[1-9]\d{0,2}(?:[ .()/-]{0,3}\d){6,14} | 00[1-9]\d{0,2}[ /-]\d(?:[ ./()-]{0,3}\d){6,12} )
    | (?P<american> (?:\([2-9]\d\d\)[ ]?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4} )
    | (?P<trunk> \(?0[1-9]\d{0,3}\)?[ /-]{1,3}\d{2,8}(?:[ -]\d{2,4}){0,4} )
    )(?![\d-]|[.,]\d)""",
    re.VERBOSE,
)
_SIX_DIGITS = re.compile(r"(?:\d\D*){6}")
_NAMED_PHONE = re.compile(
    r"(?i)\b(?:tel|telephone|phone|mobile|cellphone|cell|fax|call|dial|whatsapp)\b[^\w\n+(]{0,4}(?:(?:number|no|nr|is|me|us|at|on)\b[^\w\n+(]{0,3}){0,3}"
    r"([+(]?\d(?:[ .()/-]{0,2}\d){5,14})(?![\d%]|[.,]\d)"
)
_PHONE_WORDS = ("tel", "phone", "mobile", "cell", "fax", "call", "dial", "whatsapp")
_SSN = re.compile(r"(?<![\d.-])(?!000|666|9\d\d)\d{3}([ -])(?!00)\d{2}\1(?!0000)\d{4}(?![\d-]|\.\d)")
_CARD = re.compile(r"(?<![\d.,+-])(?:[2-6]\d{3}(?:[ -]?\d){8,14}\d|[2-6]\d{3}(?:\.\d{4}){3})(?![\d-]|[.,]\d)")
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}|[a-z]{2}\d{2}(?:[ -]?[a-z0-9]){11,30}(?![A-Za-z0-9]))"
)

# Length of an IBAN by country (SWIFT, IBAN Registry, release 99).
_IBAN_LENGTHS = {
    15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
    24: "AD CZ DZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV", 29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
}  # fmt: skip
_IBAN_LENGTH = {country: length for length, countries in _IBAN_LENGTHS.items() for country in countries.split()}

# Prefix, as a range, and lengths of card numbers (ISO/IEC 7812 ranges as the schemes publish them).
_CARDS = (
    ("34", "34", (15,)), ("37", "37", (15,)), ("300", "305", (14,)), ("36", "36", (14,)), ("38", "39", (14,)),
    ("3528", "3589", (16,)), ("4", "4", (13, 16, 19)), ("51", "55", (16,)), ("2221", "2720", (16,)),
    ("50", "50", (16, 18, 19)), ("56", "58", (16, 18, 19)),
    ("6011", "6011", (16, 19)), ("62", "62", (16, 17, 18, 19)), ("644", "659", (16, 19)), ("67", "67", (16, 18, 19)),
)  # fmt: skip


def is_card_number(digits: str) -> bool:
    """Whether digits have the prefix, the length and the check digit of a payment card.

    >>> is_card_number("4111111111111111"), is_card_number("1111111111111117")
    (True, False)
    """
    known = any(first <= digits[: len(first)] <= last and len(digits) in lengths for first, last, lengths in _CARDS)
    return known and luhn(digits)


def scan_light(text: str) -> tuple[Hit, ...]:
    """Personal data and secrets in a text that are known by their form, without overlaps, in the order of the text.

    Sees e-mail addresses, telephone numbers that are written in groups or after a word such as `phone`, IBANs with their
    checksum, payment cards with their check digit, United States social security numbers in groups, and the secrets of
    `secret_forms.toml`. Sees no names, postal addresses, dates of birth, nor numbers without a form.

    Examples
    --------
    >>> [hit.entity for hit in scan_light("Write to owner@example.com, not to 2026-11-23.")]
    ['EMAIL_ADDRESS']
    """
    return resolve(light_hits(text))


SCREENED = ("CREDIT_CARD", "EMAIL_ADDRESS", "IBAN_CODE", "PHONE_NUMBER", "US_SSN")
"""The kinds of personal data that the light detector sees, beside secrets."""


def light_hits(text: str, *, weak: bool = False) -> Iterator[Hit]:
    """Every hit of the light detector; hits may overlap. Blanks, hyphens and digits count in whatever form they are written.

    Parameters
    ----------
    weak
        See `secret_forms.secrets_in`.
    """
    folded, places = fold(text)
    for hit in _hits(folded, weak=weak):
        start, end = unfolded(hit.start, hit.end, places)
        yield Hit(hit.entity, start, end, hit.score)


def _hits(text: str, *, weak: bool) -> Iterator[Hit]:
    for match in _EMAIL.finditer(text) if "@" in text else ():
        yield Hit("EMAIL_ADDRESS", match.start(), match.end(), 0.9)
    if _SIX_DIGITS.search(text):
        yield from _numbers(text)
    for secret in secrets_in(text, weak=weak):
        yield Hit(*secret)


def _numbers(text: str) -> Iterator[Hit]:
    lowered = text.lower()
    digits = sum(map(text.count, "0123456789")) if text.isascii() else sum(character.isdigit() for character in text)
    for match in _PHONE.finditer(text):
        of_it = sum(character.isdigit() for character in match.group())
        if match.lastgroup != "trunk" or 9 <= of_it <= 13:
            yield Hit("PHONE_NUMBER", match.start(), match.end(), 0.6)
    for match in _NAMED_PHONE.finditer(text) if any(word in lowered for word in _PHONE_WORDS) else ():
        yield Hit("PHONE_NUMBER", match.start(1), match.end(1), 0.75)
    for match in _SSN.finditer(text) if digits >= 9 else ():
        yield Hit("US_SSN", match.start(), match.end(), 0.85)
    for match in _CARD.finditer(text) if digits >= 13 else ():
        if is_card_number(re.sub(r"\D", "", match.group())):
            yield Hit("CREDIT_CARD", match.start(), match.end(), 1.0)
    for match in _IBAN.finditer(text):
        end = _iban_end(match.group().upper())
        if end is not None:
            yield Hit("IBAN_CODE", match.start(), match.start() + end, 1.0)


def _iban_end(text: str) -> int | None:
    """Where the IBAN that a text begins with ends; None if it begins with none."""
    length = _IBAN_LENGTH.get(text[:2])
    places = [position for position, character in enumerate(text) if character not in " -"]
    if length is None or len(places) < length:
        return None
    end = places[length - 1] + 1
    return end if iban_checksum(re.sub(r"[ -]", "", text[:end])) else None
