"""Hits of presidio that are in fact something else: each kind of false hit, by a rule that can be read.

presidio's hits stay as raw hits, so that they can be compared with presidio's own; those that are doubted here do not count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from cardwright.privacy.patterns import Hit

_FILE_ENDINGS = frozenset(
    [
        "am",
        "bz",
        "cc",
        "do",
        "gd",
        "in",
        "la",
        "md",
        "mk",
        "ml",
        "mm",
        "mov",
        "pl",
        "pm",
        "ps",
        "py",
        "rs",
        "sh",
        "so",
        "tf",
        "vi",
        "zip",
    ]
)
"""Endings of files that are top-level domains too."""
_IN_CODE = frozenset(
    [
        "app",
        "as",
        "at",
        "data",
        "id",
        "info",
        "is",
        "name",
        "new",
        "next",
        "page",
        "pa",
        "path",
        "run",
        "to",
        "int",
        "st",
    ]
)
"""Attributes of objects that are top-level domains too."""
_ISBN_BEFORE = re.compile(r"(?i)\bISBN(?:-1[03])?:?\s*(?:\d[\s-]?)*$")
_VERSION_BEFORE = re.compile(
    r"(?i)(?:\b(?:version|ver|v|release|rel|build|rev|revision|firmware|driver|kernel|section|sec|chapter|clause|article|appendix|python"
    r"|java|node|chrome|firefox|opera|safari|edge|windows|android|ios)\b[\s:=/.\"']{0,3}|[=<>~!]=\s?|[A-Za-z][-_/@]v?|\bv)$"
)
_SERVICE_USERS = frozenset(["git", "hg", "svn", "ssh"])


def is_doubted(text: str, hit: Hit) -> bool:
    """Whether a hit has a form that something else shares, and is that other thing."""
    rule = _RULES.get(hit.entity)
    return rule is not None and rule(text, hit)


def _is_touched(text: str, hit: Hit) -> bool:
    """Whether letters or digits go on before or after it: it is a part of something longer."""
    return (hit.start > 0 and text[hit.start - 1].isalnum()) or text[hit.end : hit.end + 1].isalnum()


def _medical_license(text: str, hit: Hit) -> bool:
    return _is_touched(
        text, hit
    )  # 3 % of all hexadecimal digests hold two letters and seven digits that pass the checksum


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def is_isbn(digits: str) -> bool:
    """Whether thirteen digits are an ISBN (ISO 2108): 978 or 979, and a check digit.

    >>> is_isbn("9783161484100"), is_isbn("9783161484101")
    (True, False)
    """
    weighted = sum(int(d) * (1 + 2 * (position % 2)) for position, d in enumerate(digits))
    return len(digits) == 13 and digits.startswith(("978", "979")) and weighted % 10 == 0


def _number(text: str, hit: Hit) -> bool:
    text_of_hit = text[hit.start : hit.end]
    if _ISBN_BEFORE.search(text[max(0, hit.start - 30) : hit.start]):
        return True
    if re.fullmatch(r"\d{5}-\d{4}", text_of_hit):  # a ZIP code and its four
        return True
    around = text[max(0, hit.start - 10) : hit.end + 10]
    return any(
        is_isbn(_digits(one))
        for one in re.findall(r"97[89](?:[ -]?\d){10}", around)
        if _digits(text_of_hit) in _digits(one)
    )


_COUNTRY_CODE_BEFORE = re.compile(r"\+\d{1,3}[ .-]?\(?$")


_OF_A_PATIENT = re.compile(r"(?i)\b(?:N\.?H\.?S|patients?|health|hospital|clinic(?:al)?|medical|GP|surgery)\b")


def _health_service(text: str, hit: Hit) -> bool:
    # One in eleven numbers of ten digits passes the checksum, a time of Unix among them: in prose, ten that are written in one
    # need a word that says so. A cell that holds nothing else is compared with chance, column by column.
    text_of_hit, around = text[hit.start : hit.end], text[max(0, hit.start - 100) : hit.end + 100]
    if text_of_hit.isdigit() and text.strip() != text_of_hit and _OF_A_PATIENT.search(around) is None:
        return True
    # No NHS number follows a country code.
    return _COUNTRY_CODE_BEFORE.search(text[max(0, hit.start - 6) : hit.start]) is not None or _number(text, hit)


def _social_security(text: str, hit: Hit) -> bool:
    # 000, 666 and 900 to 999 are never assigned (SSA, *Social Security Number Randomization*, 2011); ITINs begin with 9.
    digits = _digits(text[hit.start : hit.end])
    return digits.startswith(("000", "666", "9")) or _number(text, hit)


def _licence(text: str, hit: Hit) -> bool:
    # No state's numbers are shorter; "A1" is a class of licences.
    return sum(c.isdigit() for c in text[hit.start : hit.end]) < 4 or _number(text, hit)


def _address_of_a_network(text: str, hit: Hit) -> bool:
    text_of_hit = text[hit.start : hit.end]
    if "::" in text_of_hit or text_of_hit.count(":") >= 2:
        return not any(c.isdigit() for c in text_of_hit) or _is_touched(text, hit)  # `std::`, `b::`, `a::b` are code
    before = text[max(0, hit.start - 20) : hit.start]
    return (
        _VERSION_BEFORE.search(before) is not None
        or re.match(r"\.\d|[-+](?:rc|alpha|beta|dev|post|[a-z]\d)", text[hit.end :]) is not None
    )


def _web_address(text: str, hit: Hit) -> bool:
    text_of_hit = text[hit.start : hit.end].lower()
    if "://" in text_of_hit or text_of_hit.startswith("www.") or "/" in text_of_hit:
        return False
    after, before = text[hit.end : hit.end + 1], text[max(0, hit.start - 1) : hit.start]
    if after.isalnum() or after in ("_", "(") or before in ("_", ".", "@", "/"):
        return True  # a part of a longer name: `company.int` of `company.internal`
    labels = text_of_hit.split(".")
    return (len(labels) == 2 and labels[-1] in _IN_CODE and labels[0] in _OBJECTS) or labels[-1] in _FILE_ENDINGS


_OBJECTS = frozenset([
    "self", "this", "obj", "object", "os", "sys", "np", "pd", "df", "x", "y", "e", "i", "item", "node", "user", "row",
    "data", "req", "res", "request", "response", "config", "args", "module", "model", "cls", "ctx", "event", "element",
    "file", "path", "document", "window",
])  # fmt: skip
"""What attributes are read of in examples of code."""


def _mail(text: str, hit: Hit) -> bool:
    user = text[hit.start : hit.end].partition("@")[0].lower()
    return user in _SERVICE_USERS  # `git@github.com` is how a repository is reached


_RULES: Mapping[str, Callable[[str, Hit], bool]] = {
    "MEDICAL_LICENSE": _medical_license,
    "UK_NHS": _health_service,
    "US_SSN": _social_security,
    "US_DRIVER_LICENSE": _licence,
    "IP_ADDRESS": _address_of_a_network,
    "URL": _web_address,
    "EMAIL_ADDRESS": _mail,
    **dict.fromkeys(
        (
            "PHONE_NUMBER",
            "US_BANK_NUMBER",
            "US_PASSPORT",
            "US_ITIN",
            "CREDIT_CARD",
            "US_NPI",
            "ABA_ROUTING_NUMBER",
        ),
        _number,
    ),
}

__all__ = ["is_doubted", "is_isbn"]
