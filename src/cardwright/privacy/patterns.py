"""Personal data and secrets that can be known by their form alone: a light detector in the standard library.

The core scans the free text of a record with it, where no other library is installed; the evaluator `pii` uses the same
recognisers for secrets, beside many others. It sees what has a form (an address, a checksum, a prefix), and no names.
"""

from __future__ import annotations

import base64
import binascii
import bisect
import json
import math
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple


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
        place = bisect.bisect_left(starts, hit.start)
        if (place and kept[place - 1].end > hit.start) or (place < len(kept) and starts[place] < hit.end):
            continue
        kept.insert(place, hit)
        starts.insert(place, hit.start)
    return tuple(kept)


# ---------------------------------------------------------------------------------------------------------------------
# Checks


def luhn(digits: str) -> bool:
    """Whether the last of these digits is the check digit of the others (ISO/IEC 7812-1, annex B).

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    doubled = (int(d) * (1 + place % 2) for place, d in enumerate(reversed(digits)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def iban_checksum(iban: str) -> bool:
    """Whether the check digits of an IBAN without blanks hold (ISO 13616-1, ISO/IEC 7064 MOD 97-10).

    >>> iban_checksum("DE89370400440532013000"), iban_checksum("DE88370400440532013000")
    (True, False)
    """
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def entropy(text: str) -> float:
    """Shannon's entropy of the characters, in bits a character: 0 for one character repeated, 4 at most for hexadecimals.

    >>> entropy("aaaa"), entropy("abcd")
    (0.0, 2.0)
    """
    n = len(text)
    return -sum(count / n * math.log2(count / n) for count in Counter(text).values()) + 0.0 if n else 0.0


_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def crc32_base62(text: str, width: int = 6) -> str:
    """The checksum that ends tokens of GitHub and npm: CRC-32 of the random part, in base 62 (GitHub, *Behind GitHub's new
    authentication token formats*, 2021)."""
    number, shown = zlib.crc32(text.encode("ascii")), ""
    while number:
        number, rest = divmod(number, 62)
        shown = _BASE62[rest] + shown
    return shown.rjust(width, "0")


_MASKED = re.compile(r"^[*xX.•#_-]+$|^(?:<[^>]*>|\$\{?\w+\}?|\{\{?.*\}?\}|%\w+%|\[.*\])$", re.DOTALL)


def _uniform(text: str) -> bool:
    """Whether it is a placeholder such as `xxxxxxxx`: hardly any two characters differ."""
    return len(set(text)) <= 3


def _crc_token(text: str) -> bool | None:
    random = text.split("_", 1)[1]
    if _uniform(random):
        return False
    return True if random[-6:] == crc32_base62(random[:-6]) else None


def _not_uniform(text: str) -> bool | None:
    return False if _uniform(text[6:]) else None


def _random_key(text: str) -> bool | None:
    tail = text.rsplit("-", 1)[-1] if len(text.rsplit("-", 1)[-1]) >= 16 else text[3:]
    mixed = any(c.isdigit() for c in tail) and any(c.isalpha() for c in tail)
    return None if mixed and entropy(tail) >= 3 else False


def _json_web_token(text: str) -> bool | None:
    header = text.split(".", 1)[0]
    try:
        decoded = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except (binascii.Error, ValueError):
        return False
    return isinstance(decoded, dict) and "alg" in decoded


def _url_password(text: str) -> bool | None:
    password = text.split("://", 1)[1].rsplit("@", 1)[0].split(":", 1)[1]
    return not _MASKED.match(password)  # certain, so that the address inside it (`password@host`) does not come first


_ASSIGNED = re.compile(r"(?:=>|:=|[:=])\s*[\"']?(.*)$", re.DOTALL)
_WORDS_ONLY = re.compile(r"^[^\W\d_]?(?:[^\W\d_A-Z]|[-_./'’])*$")
_DULL = frozenset(
    ["none", "null", "true", "false", "undefined", "redacted", "hidden", "changeme", "required", "optional"]
)


def _assigned(text: str) -> bool | None:
    """Whether the value that a password or token is set to looks like one, and not like a word of a sentence."""
    found = _ASSIGNED.search(text)
    value = (found.group(1) if found else "").rstrip(".,;:!?)\"'")
    if len(value) < 6 or _MASKED.match(value) or _uniform(value) or value.casefold() in _DULL:
        return False
    if "(" in value or "[" in value or _WORDS_ONLY.match(value):  # code that reads the secret from elsewhere; a word
        return False
    if value.isdigit():
        return None if re.match(r"(?i)pass|pwd", text.lstrip("_")) or "passw" in text[:20].lower() else False
    return None if entropy(value) >= 2 else False


def _hexadecimal_secret(text: str) -> bool | None:
    return None if entropy(text.lower()) >= 3 else False


def _base64_secret(text: str) -> bool | None:
    kinds = [any(c.isdigit() for c in text), any(c.islower() for c in text), any(c.isupper() for c in text)]
    return None if all(kinds) and entropy(text) >= 4 else False


# ---------------------------------------------------------------------------------------------------------------------
# Secrets


@dataclass(frozen=True)
class SecretForm:
    """One form of a secret: case-sensitive, and of a syntax that both `re` and `regex` read."""

    entity: str
    name: str
    """What issues it, in words."""
    pattern: str
    score: float
    """What the form alone is worth; below `NEEDS_CONTEXT` a word of `context` has to stand before it."""
    check: Callable[[str], bool | None] | None = None
    """Of the match: True is certain (a checksum holds), False is none, None leaves the score."""
    context: tuple[str, ...] = ()


NEEDS_CONTEXT = 0.4
"""A form that scores less counts only where a context word stands before it."""

_SECRET_WORDS = (
    "secret", "token", "apikey", "api_key", "api-key", "password", "passwd", "credential", "bearer", "authorization",
    "private_key", "privatekey", "access_key", "accesskey",
)  # fmt: skip
_KEY = (
    r"(?i:(?<![A-Za-z])(?:pass(?:word|wd|phrase)|pwd|secret|token|api[_-]?key|apikey|access[_-]?key|auth[_-]?key|client[_-]?secret"
    r"|secret[_-]?key|private[_-]?key))"
)

SECRETS: tuple[SecretForm, ...] = (
    SecretForm(
        "PRIVATE_KEY",
        "PEM or PGP private key block",
        r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[\s\S]{0,8000}?-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----)?",
        1.0,
    ),
    SecretForm("AWS_ACCESS_KEY", "AWS access key id", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b", 0.95, _not_uniform),
    SecretForm(
        "AWS_SECRET_KEY",
        "AWS secret access key, near a word that says so",
        r"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])",
        0.15,
        _base64_secret,
        ("aws", "amazon", "secret"),
    ),
    SecretForm("GITHUB_TOKEN", "GitHub token with its checksum", r"\bgh[opsur]_[A-Za-z0-9]{36}\b", 0.85, _crc_token),
    SecretForm(
        "GITHUB_TOKEN",
        "GitHub fine-grained token",
        r"\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b",
        0.95,
        _not_uniform,
    ),
    SecretForm("GITLAB_TOKEN", "GitLab token", r"\bgl(?:pat|dt|rt|ptt|cbt)-[A-Za-z0-9_-]{20,}", 0.9, _not_uniform),
    SecretForm(
        "SLACK_TOKEN", "Slack token", r"\bxox[abeoprs]-(?:[0-9]+-)*[0-9A-Za-z-]{10,}[0-9A-Za-z]", 0.9, _not_uniform
    ),
    SecretForm(
        "SLACK_TOKEN",
        "Slack webhook",
        r"\bhooks\.slack\.com/(?:services|workflows)/T[A-Z0-9]{6,}/[A-Z0-9]{6,}/[A-Za-z0-9]{16,}",
        0.95,
    ),
    SecretForm("STRIPE_KEY", "Stripe key", r"\b(?:sk|rk)_(?:live|test)_[0-9A-Za-z]{16,}\b", 0.95, _not_uniform),
    SecretForm("GOOGLE_API_KEY", "Google API key", r"\bAIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])", 0.95, _not_uniform),
    SecretForm("GOOGLE_API_KEY", "Google OAuth client secret", r"\bGOCSPX-[0-9A-Za-z_-]{28}(?![0-9A-Za-z_-])", 0.95),
    SecretForm(
        "LLM_API_KEY",
        "key of a language-model service (OpenAI, Anthropic, OpenRouter)",
        r"(?<![A-Za-z0-9_-])sk-(?:proj-|svcacct-|admin-|ant-[a-z0-9]+-|or-v1-)?[A-Za-z0-9_-]{20,}",
        0.9,
        _random_key,
    ),
    SecretForm("HUGGING_FACE_TOKEN", "Hugging Face token", r"\bhf_[A-Za-z0-9]{30,}\b", 0.9, _not_uniform),
    SecretForm("PACKAGE_TOKEN", "npm token with its checksum", r"\bnpm_[A-Za-z0-9]{36}\b", 0.85, _crc_token),
    SecretForm("PACKAGE_TOKEN", "PyPI token", r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}", 0.95),
    SecretForm(
        "SERVICE_KEY", "SendGrid key", r"\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}(?![A-Za-z0-9_-])", 0.9
    ),
    SecretForm("SERVICE_KEY", "Azure storage account key", r"\bAccountKey=[A-Za-z0-9+/]{86}==", 0.95),
    SecretForm(
        "JSON_WEB_TOKEN",
        "JSON Web Token (RFC 7519)",
        r"\beyJ[A-Za-z0-9_-]{5,}\.eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*",
        0.7,
        _json_web_token,
    ),
    SecretForm(
        "CONNECTION_STRING",
        "URL that holds a password",
        r"\b[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s/:@\"'<>]{0,64}:[^\s/@\"'<>]{1,128}@[^\s/\"'<>@]+",
        0.9,
        _url_password,
    ),
    SecretForm(
        "PASSWORD",
        "password or token that is assigned",
        _KEY + r"[\"']?\s{0,3}(?:=>|:=|[:=])\s{0,3}[\"']?[^\s\"',;<>&]{6,128}",
        0.7,
        _assigned,
    ),
    SecretForm(
        "ENTROPY_SECRET",
        "random hexadecimal digits near a word such as `secret`",
        r"(?<![0-9A-Za-z])(?:[0-9a-f]{32,128}|[0-9A-F]{32,128})(?![0-9A-Za-z])",
        0.15,
        _hexadecimal_secret,
        _SECRET_WORDS,
    ),
    SecretForm(
        "ENTROPY_SECRET",
        "random base64 near a word such as `secret`",
        r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{24,128}={0,2}(?![A-Za-z0-9+/=_-])",
        0.15,
        _base64_secret,
        _SECRET_WORDS,
    ),
)
"""Every form of a secret that is looked for. Which issuer uses which prefix is public documentation of the issuers; entropy
alone never decides."""


# ---------------------------------------------------------------------------------------------------------------------
# The light detector

_EMAIL = re.compile(r"(?<![\w.+-])[\w!#$%&'+/=?^`{|}~.-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_][\w-]{1,62}(?![\w@])")
_PHONE = re.compile(
    r"""(?<![\w.,+-])(?:
      (?P<international> \+[1-9]\d{0,2}(?:[ .()/-]{0,3}\d){6,14} | 00[1-9]\d{0,2}[ /-]\d(?:[ ./()-]{0,3}\d){6,12} )
    | (?P<american> (?:\([2-9]\d\d\)[ ]?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4} )
    | (?P<trunk> \(?0[1-9]\d{0,3}\)?[ /-]{1,3}\d{2,8}(?:[ -]\d{2,4}){0,4} )
    )(?![\d-]|[.,]\d)""",
    re.VERBOSE,
)
_NAMED_PHONE = re.compile(
    r"(?i)\b(?:tel|telephone|phone|mobile|cellphone|cell|fax|call|dial|whatsapp)\b[^\w\n+(]{0,4}(?:(?:number|no|nr|is|me|us|at|on)\b[^\w\n+(]{0,3}){0,3}"
    r"([+(]?\d(?:[ .()/-]{0,2}\d){5,14})(?![\d%]|[.,]\d)"
)
_SSN = re.compile(r"(?<![\d.-])(?!000|666|9\d\d)\d{3}([ -])(?!00)\d{2}\1(?!0000)\d{4}(?![\d-]|\.\d)")
_CARD = re.compile(r"(?<![\d.,+-])[2-6]\d{3}(?:[ -]?\d){8,14}\d(?![\d-]|[.,]\d)")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}")

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
    `SECRETS`. Sees no names, postal addresses, dates of birth, nor numbers without a form.

    Examples
    --------
    >>> [hit.entity for hit in scan_light("Write to owner@example.com, not to 2026-11-23.")]
    ['EMAIL_ADDRESS']
    """
    return resolve(_all(text))


def _all(text: str) -> Iterator[Hit]:
    for found in _EMAIL.finditer(text) if "@" in text else ():
        yield Hit("EMAIL_ADDRESS", found.start(), found.end(), 0.9)
    if sum(character.isdigit() for character in text) >= 6:
        yield from _numbers(text)
    lowered = text.lower()
    for form, pattern in _compiled():
        for found in pattern.finditer(text):
            verdict = form.check(found.group()) if form.check is not None else None
            if verdict is False:
                continue
            score = 1.0 if verdict else form.score
            if score < NEEDS_CONTEXT:
                before = lowered[max(0, found.start() - 60) : found.start()]
                if not any(word in before for word in form.context):
                    continue
                score += 0.35  # what presidio adds for a context word, so that both rank alike
            yield Hit(form.entity, found.start(), found.end(), score)


def _numbers(text: str) -> Iterator[Hit]:
    for found in _PHONE.finditer(text):
        digits = sum(character.isdigit() for character in found.group())
        if found.lastgroup != "trunk" or 9 <= digits <= 13:
            yield Hit("PHONE_NUMBER", found.start(), found.end(), 0.6)
    for found in _NAMED_PHONE.finditer(text):
        yield Hit("PHONE_NUMBER", found.start(1), found.end(1), 0.75)
    for found in _SSN.finditer(text):
        yield Hit("US_SSN", found.start(), found.end(), 0.85)
    for found in _CARD.finditer(text):
        if is_card_number(re.sub(r"\D", "", found.group())):
            yield Hit("CREDIT_CARD", found.start(), found.end(), 1.0)
    for found in _IBAN.finditer(text):
        end = _iban_end(found.group())
        if end is not None:
            yield Hit("IBAN_CODE", found.start(), found.start() + end, 1.0)


def _iban_end(text: str) -> int | None:
    """Where the IBAN that a text begins with ends; None if it begins with none."""
    length = _IBAN_LENGTH.get(text[:2])
    places = [place for place, character in enumerate(text) if character not in " -"]
    if length is None or len(places) < length:
        return None
    end = places[length - 1] + 1
    return end if iban_checksum(re.sub(r"[ -]", "", text[:end])) else None


@cache
def _compiled() -> tuple[tuple[SecretForm, re.Pattern[str]], ...]:
    return tuple((form, re.compile(form.pattern)) for form in SECRETS)
