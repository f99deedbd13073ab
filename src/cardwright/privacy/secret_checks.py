"""What tells a secret from a text of the same form: one function for each `check` of `secret_forms.toml`.

Each is asked about a candidate and answers True (it is certainly one: a checksum holds), False (it is none) or None (the form
decides).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cardwright.privacy.placeholders import (
    DULL,
    entropy,
    is_measure,
    is_placeholder,
    is_reference,
    is_sequence,
    is_wordy,
    names_a_secret,
    reads_as_words,
    uniform,
)


@dataclass(frozen=True)
class Candidate:
    """What a pattern matched, and where."""

    whole: str
    """The match."""
    value: str
    """The part that may be the secret; without quotes, and without the punctuation of a sentence after it."""
    key: str = ""
    """The word that it is assigned to."""
    name: str = ""
    """The same with the letters before it: `DB_PASSWORD`."""
    sep: str = ""
    """What stands between."""
    quoted: bool = False
    """Whether it stands in quotes."""
    alone: bool = False
    """Whether name and value are all of their line, as in a file of settings."""
    before: str = ""
    """The 60 characters before it, in small letters."""


_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def crc32_base62(text: str, width: int = 6) -> str:
    """The checksum that ends tokens of GitHub and npm: CRC-32 of the random part, in base 62 (GitHub, *Behind GitHub's new
    authentication token formats*, 2021)."""
    number, shown = zlib.crc32(text.encode("ascii")), ""
    while number:
        number, rest = divmod(number, 62)
        shown = _BASE62[rest] + shown
    return shown.rjust(width, "0")


def _mixed(text: str) -> bool:
    return any(c.isdigit() for c in text) and any(c.isalpha() for c in text)


def _stands_for_one(text: str) -> bool:
    return is_placeholder(text) or is_sequence(text)


def none(candidate: Candidate) -> bool | None:
    """The form is enough."""
    return False if is_placeholder(candidate.value) else None


def random(candidate: Candidate) -> bool | None:
    """A token with a prefix: letters and digits that no rule made."""
    value = candidate.value
    cases = any(c.isupper() for c in value) and any(c.islower() for c in value) and len(value) >= 20
    odd = _mixed(value) or (cases and not is_wordy(value))
    return None if odd and entropy(value) >= 2.5 and not _stands_for_one(value) else False


def checksum(candidate: Candidate) -> bool | None:
    """A token that ends with the CRC-32 of what follows its prefix."""
    body = candidate.value.split("_", 1)[1]
    if _stands_for_one(body):
        return False
    return True if body[-6:] == crc32_base62(body[:-6]) else None


def llm_key(candidate: Candidate) -> bool | None:
    """`sk-…`: words with hyphens have the form too, and are none."""
    last = candidate.value.rsplit("-", 1)[-1]
    tail = last if len(last) >= 16 else candidate.value[3:]
    return None if _mixed(tail) and entropy(tail) >= 3 and not _stands_for_one(candidate.value) else False


def discord(candidate: Candidate) -> bool | None:
    """The first part is a number in base64."""
    first = candidate.value.split(".")[0]
    try:
        return base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)).isdigit()
    except (binascii.Error, ValueError):
        return False


_JWT_IO = {"1234567890": ("John Doe", "Alice", "Jane Doe")}


def json_web_token(candidate: Candidate) -> bool | None:
    """Its header names an algorithm; the example of jwt.io is none."""
    try:
        header, payload = (
            json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
            for part in candidate.value.split(".")[:2]
        )
    except (binascii.Error, ValueError, RecursionError):  # brackets by the thousand are JSON, too
        return False
    if not isinstance(header, dict) or "alg" not in header:
        return False
    known = isinstance(payload, dict) and payload.get("name") in _JWT_IO.get(str(payload.get("sub")), ())
    return not known


def url_password(candidate: Candidate) -> bool | None:
    """The password of a URL; certain, so that the address inside it (`password@host`) does not come first."""
    user = candidate.whole.split("://", 1)[1].split(":", 1)[0]
    value = candidate.value
    dull = value.casefold() in DULL or value == user or is_placeholder(value) or is_reference(value)
    return not (dull or (value.isdigit() and len(value) <= 5))


# ---------------------------------------------------------------------------------------------------------------------
# What is assigned or said


def _none_of_all(value: str, quoted: bool) -> bool:
    return (
        value.casefold() in DULL
        or is_placeholder(value)
        or is_reference(value, quoted=quoted)
        or is_measure(value)
        or (names_a_secret(value) and reads_as_words(value) and not _mixed(value))
    )


def _is_token(value: str, *, quoted: bool = False, least: int = 8) -> bool:
    """Whether a value is like the tokens and keys that services issue."""
    return (
        len(value) >= least
        and not re.search(r"\s", value)
        and not value.isdigit()
        and not _none_of_all(value, quoted)
        and not is_sequence(value)
        and not reads_as_words(value)
        and not is_wordy(value)
        and entropy(value) >= 2.5
    )


_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_IN_A_NAME = re.compile(r"(?:arn|urn):[\w:/.*-]*$")
_SYMBOLS = re.compile(r"[!@#$%^&*_+=~?|\\{}<>]")


def _is_password(value: str, *, quoted: bool = False, least: int = 6, words: bool = False) -> bool:
    """Whether a value is like the passwords that people choose.

    Parameters
    ----------
    words
        Whether a word in letters alone counts, as it does where nothing but a password can stand.
    """
    if len(value) < least or re.search(r"\s", value) or _none_of_all(value, quoted):
        return False
    if value.isdigit():
        return len(value) >= 6
    if reads_as_words(value) and (not _mixed(value) or re.search(r"[_/.:-]", value)):
        return words and not names_a_secret(value) and re.search(r"[\s./:'’]", value) is None
    return any(c.isalpha() or c.isdigit() for c in value) and re.fullmatch(r"[\d\W_]{1,7}", value) is None


def _is_passphrase(candidate: Candidate) -> bool:
    words = candidate.value.split()
    return (
        "phrase" in candidate.key.lower()
        and candidate.quoted
        and len(words) >= 3
        and not is_placeholder(candidate.value)
    )


_NO_SECRET = re.compile(
    r"(?i)publi[cs]h?(?:able)?|(?<![a-z])pub[_-]|primary|foreign|sort[_-]?key|partition|row[_-]?key|cache|idempoten"
    r"|csrf|xsrf|continuation|page|cancel"
    r"|(?:pad|eos|bos|unk|mask|sep|cls|special|end|start|stop|next|max|min|num|total|prompt|completion|input|output)[_-]?token"
    r"|site[_-]?key|key[_-]?(?:id|name|path|file|type|size|length)|shortcut|hot[_-]?key|registry[_-]?key|host[_-]?key"
    r"|answer|lookup"
)


def assigned_password(candidate: Candidate) -> bool | None:
    """`password: …` and `password = …` of files, logs, code and notes."""
    if _is_passphrase(candidate):
        return None
    if candidate.value.casefold() in candidate.name.casefold():
        return False
    bare = candidate.alone and "=" in candidate.sep and re.fullmatch(r"[a-z]{6,}\W?", candidate.value) is not None
    words = bare or (
        candidate.quoted and re.fullmatch(r"[A-Za-z]{6,20}", candidate.value) is not None and candidate.sep != "=="
    )
    return None if _is_password(candidate.value, quoted=candidate.quoted, words=words) else False


def assigned_token(candidate: Candidate) -> bool | None:
    """`api_key: …`, `token = …`, `STRIPE_KEY=…`."""
    if _NO_SECRET.search(candidate.name) or _IN_A_NAME.search(candidate.before):
        return False
    return None if _is_token(candidate.value, quoted=candidate.quoted) else False


def token(candidate: Candidate) -> bool | None:
    """A value in a place where nothing but a token can stand."""
    return None if _is_token(candidate.value, quoted=candidate.quoted) else False


def _by_key(candidate: Candidate, *, words: bool) -> bool:
    if re.search(r"(?i)secret|token|key|cred|auth|sig|jwt|code", candidate.key):
        return _is_token(candidate.value, quoted=True) and not _NO_SECRET.search(candidate.name)
    return _is_password(candidate.value, quoted=True, least=4, words=words)


def query(candidate: Candidate) -> bool | None:
    """A parameter of a URL; of those with short names only what is long and random."""
    short = candidate.key.lower() in ("key", "sig", "code", "auth", "signature", "jwt", "pw", "pass")
    if short:
        return None if _is_token(candidate.value, quoted=True, least=8 if candidate.key[0] in "pP" else 16) else False
    return None if _by_key(candidate, words=True) else False


def flag(candidate: Candidate) -> bool | None:
    """An option of a command, and not the next option."""
    if candidate.value.startswith("-"):
        return False
    key = candidate.key.rsplit("-", 1)[-1].lower()
    if (
        key in ("key", "auth")
        and re.search(r"(?i)(?:api|access|secret|account|license|auth)-?key$", candidate.key) is None
    ):
        return None if _is_token(candidate.value, quoted=True, least=16) else False
    return None if _by_key(candidate, words="=" in candidate.whole or candidate.quoted) else False


def said_password(candidate: Candidate) -> bool | None:
    """A password in a sentence: quoted, or a word that no sentence has."""
    key, value = candidate.key.lower(), candidate.value
    if key == "pin":
        return None if re.fullmatch(r"\d{4,8}", value) else False
    if _is_passphrase(candidate):
        return None
    if re.search(r"secret|token|key|cred", key) and not candidate.quoted:
        return None if _is_token(value, least=8) and (_mixed(value) or _SYMBOLS.search(value)) else False
    if candidate.quoted:
        return None if _is_password(value, quoted=True, words=True) else False
    odd = _mixed(value) or _SYMBOLS.search(value) is not None
    return (
        None if _is_password(value, least=5) and (odd or value.isdigit()) and not _ADDRESS.fullmatch(value) else False
    )


def beside(candidate: Candidate) -> bool | None:
    """What stands right after the word, without a sign between them: only what no sentence says there."""
    value = candidate.value
    if re.search(r"(?i)secret|token|key", candidate.key):
        return None if _is_token(value, least=16) and _mixed(value) else False
    return None if _mixed(value) and _is_password(value) else False


def pair(candidate: Candidate) -> bool | None:
    """User and password: the latter has letters, and a digit or a sign."""
    value = candidate.value
    odd = any(c.isalpha() for c in value) and (_mixed(value) or _SYMBOLS.search(value) is not None)
    return None if odd and _is_password(value) and re.search(r"[/:]", value) is None else False


def between_tags(candidate: Candidate) -> bool | None:
    """The content of an element or attribute; the text of a form's label is none."""
    words = candidate.whole.startswith("<") and not re.match(
        r"(?i)<(?:string|label|span|div|td|th|p|a|li|option)\b", candidate.whole
    )
    return None if _by_key(candidate, words=words) else False


def sql(candidate: Candidate) -> bool | None:
    """The password of a statement."""
    return None if _is_password(candidate.value, quoted=True, least=4, words=True) else False


def argument(candidate: Candidate) -> bool | None:
    """An argument of a function; of one that takes a user first, the second."""
    two = candidate.whole.count('"') + candidate.whole.count("'") >= 4
    if re.search(r"(?i)(?:auth|login|connect|authenticate)$", candidate.key):
        return None if two and _is_password(candidate.value, quoted=True) else False
    return None if _by_key(candidate, words=False) else False


def header(candidate: Candidate) -> bool | None:
    """The credentials of a header: in `Basic`, a user and a password in base64."""
    if candidate.key.lower() == "basic":
        decoded = _decoded(candidate.value)
        return decoded is not None and ":" in decoded and not is_placeholder(decoded.split(":", 1)[1] or "***")
    return None if _is_token(candidate.value, quoted=True) else False


def header_key(candidate: Candidate) -> bool | None:
    """The value of a header whose name says that it is a key."""
    if _NO_SECRET.search(candidate.name) or "-" not in candidate.name:
        return False
    return None if _is_token(candidate.value, quoted=True) else False


def encoded_pair(candidate: Candidate) -> bool | None:
    """User and password in base64, or a key that is."""
    if "client-key-data" in candidate.whole:
        return None
    decoded = _decoded(candidate.value)
    return decoded is not None and ":" in decoded


def _decoded(value: str) -> str | None:
    try:
        text = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return text if text.isprintable() else None


def hash(candidate: Candidate) -> bool | None:
    """The hash of a password."""
    return False if is_placeholder(candidate.value) or entropy(candidate.value) < 3 else None


_PUBLIC = re.compile(
    r"(?:sha-?\d+|md5|digest|checksum|hash|commit|integrity|fingerprint|etag|revision|public|uuid|trace|span"
    r"|request[-_ ]?id|csrf|nonce"
    r"|cache|version|image|layer|blob|tree|parent|merge|ref|rev|build|deployment|artifact|signature|thumbprint"
    r"|serial)\W{0,4}\w{0,12}\W{0,3}$"
)


def hexadecimal(candidate: Candidate) -> bool | None:
    """Random hexadecimals that no word before them calls a digest."""
    value = candidate.value.lower()
    if entropy(value) < 3 or is_sequence(value) or _PUBLIC.search(candidate.before):
        return False
    return None


def base64_(candidate: Candidate) -> bool | None:
    """Random base64: digits and letters of both cases, mixed."""
    value = candidate.value
    kinds = [any(c.isdigit() for c in value), any(c.islower() for c in value), any(c.isupper() for c in value)]
    if not all(kinds) or entropy(value) < 4 or _stands_for_one(value) or _PUBLIC.search(candidate.before):
        return False
    return False if is_wordy(value) or reads_as_words(value) or is_reference(value, quoted=True) else None


Check = Callable[[Candidate], bool | None]

CHECKS: Mapping[str, Check] = {
    check.__name__.rstrip("_"): check
    for check in (
        none, random, checksum, llm_key, discord, json_web_token, url_password, assigned_password, assigned_token, token, query,
        flag, said_password, beside, pair, between_tags, sql, argument, header, header_key, encoded_pair, hash,
        hexadecimal, base64_,
    )
} | {"github": checksum}  # fmt: skip
"""By the name that the table gives it."""

__all__ = ["CHECKS", "Candidate", "crc32_base62", "uniform"]
