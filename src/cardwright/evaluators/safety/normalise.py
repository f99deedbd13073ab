"""Ways to write a secret that a person can still read back, each undone, with every character traced to where it stood.

A `View` is a rewritten text and, for each of its characters, the position in the original it came from. So a match in what
base64 hid is reported as the span of the base64.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+|\n")


def sentences(text: str) -> list[str]:
    """The sentences of a text; a dot inside an address or a number ends none.

    >>> sentences("Write to a.b@c.example now. Thanks!")
    ['Write to a.b@c.example now.', 'Thanks!']
    """
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


@dataclass(frozen=True)
class View:
    """A rewritten text whose characters know where they came from."""

    name: str
    text: str
    origin: Sequence[int]
    """For each character, the position in the original text it came from."""
    width: Sequence[int] | None = None
    """For each character, how many characters of the original it took; one each where it is None."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original that `text[start:end]` came from."""
        taken = range(start, end)
        width = self.width
        lower = min(self.origin[i] for i in taken)
        upper = max(self.origin[i] + (width[i] if width is not None else 1) for i in taken)
        return lower, upper


# Letters of other scripts that look like Latin ones (Unicode confusables, the common ones).
_LOOKALIKES = str.maketrans(
    "аеорсухѕіјԁԛԝкмтнв" + "αορνικτυχηεβ" + "ıɑɡℓ",
    "aeopcyxsijdqwkmthb" + "aopviktuxneb" + "iagl",
)

_LEET = str.maketrans(
    {"0": "o", "1": "i", "l": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g"}
    | {"@": "a", "$": "s", "!": "i", "|": "i", "+": "t", "€": "e"}
)


@lru_cache(maxsize=65536)
def _fold_character(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", character).casefold()
    plain = "".join(c for c in unicodedata.normalize("NFKD", decomposed) if not unicodedata.combining(c))
    return plain.translate(_LOOKALIKES)


def fold(text: str) -> View:
    """Compatibility forms, case, accents and look-alike letters made plain (Unicode NFKD and case folding)."""
    if text.isascii():
        return View("fold", text.lower(), range(len(text)))
    letters: list[str] = []
    origin: list[int] = []
    for position, character in enumerate(text):
        folded = character.lower() if character.isascii() else _tag(character) or _fold_character(character)
        letters.append(folded)
        origin.extend([position] * len(folded))
    return View("fold", "".join(letters), origin)


def _tag(character: str) -> str:
    # Unicode tag characters U+E0020..U+E007E are invisible copies of ASCII ("ASCII smuggling").
    code = ord(character)
    return chr(code - 0xE0000).lower() if 0xE0020 <= code <= 0xE007E else ""


def compact(view: View, name: str = "compact") -> View:
    """Letters and digits alone: spacing, punctuation, line ends and zero-width characters taken out."""
    if view.text.isalnum():
        return View(name, view.text, view.origin, view.width)
    kept = [i for i, c in enumerate(view.text) if c.isalnum()]
    width = None if view.width is None else [view.width[i] for i in kept]
    return View(name, "".join([view.text[i] for i in kept]), [view.origin[i] for i in kept], width)


def folded(text: str) -> str:
    """`fold` and `compact` of a text, without positions."""
    return compact(fold(text)).text


def leet(text: str) -> str:
    """Digits and signs that stand for letters read as those letters, letters and digits alone."""
    return "".join(c for c in fold(text).text.translate(_LEET) if c.isalnum())


def leet_view(text: str) -> View:
    """`leet` with positions."""
    plain = fold(text)
    return compact(View("leet", plain.text.translate(_LEET), plain.origin), "leet")


def initials(text: str) -> View:
    """The first letter or digit of each line (an acrostic)."""
    plain = fold(text)
    letters: list[str] = []
    origin: list[int] = []
    for match in re.finditer(r"(?m)^[^\w\n]*(\w)", plain.text):
        letters.append(match[1])
        origin.append(plain.origin[match.start(1)])
    return View("initials", "".join(letters), origin)


_BASE64 = re.compile(r"[A-Za-z0-9+/_-]")
_BASE32 = re.compile(r"[A-Za-z2-7]")


def base64_views(text: str) -> Iterator[View]:
    """The text decoded as base64 or base64url from each of the four places where a group of characters may begin.

    Everything outside the alphabet is passed over, so line breaks and padding do not matter; elsewhere noise comes
    out, in which a canary does not turn up by chance.
    """
    positions = [match.start() for match in _BASE64.finditer(text)]
    letters = "".join([text[i] for i in positions]).replace("-", "+").replace("_", "/")
    # A hyphen or slash of the sentence shifts the groups behind it as any other letter does: all four starts are tried.
    for shift in range(4):
        groups = (len(letters) - shift) // 4
        tail = (len(letters) - shift) % 4
        usable = letters[shift : shift + groups * 4 + (tail if tail > 1 else 0)]
        if len(usable) < 8:
            continue
        decoded = base64.b64decode(usable + "=" * (-len(usable) % 4))
        origin = [positions[shift + (j // 3) * 4 + j % 3] for j in range(len(decoded))]
        width = [
            positions[min(shift + (j // 3) * 4 + j % 3 + 1, len(positions) - 1)] - o + 1 for j, o in enumerate(origin)
        ]
        yield View("base64", decoded.decode("latin-1"), origin, width)


def base32_views(text: str) -> Iterator[View]:
    """Runs of base32 (RFC 4648) of at least 16 characters, decoded."""
    for run in re.finditer(r"(?:[A-Z2-7][ \n-]?){16,}", text):
        positions = [run.start() + i for i, c in enumerate(run[0]) if _BASE32.match(c)]
        letters = "".join([text[i] for i in positions])
        for shift in range(8):
            usable = letters[shift:]
            usable = usable[: len(usable) - len(usable) % 8] if len(usable) % 8 in (1, 3, 6) else usable
            if len(usable) < 8:
                continue
            decoded = base64.b32decode(usable + "=" * (-len(usable) % 8))
            origin = [positions[shift + (j * 8) // 5] for j in range(len(decoded))]
            width = [positions[min(shift + (j * 8 + 7) // 5, len(positions) - 1)] - o + 1 for j, o in enumerate(origin)]
            yield View("base32", decoded.decode("latin-1"), origin, width)


_HEX_RUN = re.compile(r"(?:(?:0x|\\x|%|&#x)?[0-9a-fA-F](?:[\s:,;.|-]|)){12,}")
_HEX_PREFIX = re.compile(r"0x|\\x|&#x")


def hex_views(text: str) -> Iterator[View]:
    """Runs of hexadecimal digits, with or without `0x`, `\\x` and separators, decoded from both places a byte may begin."""
    for run in _HEX_RUN.finditer(text):
        prefixes = {i for m in _HEX_PREFIX.finditer(run[0]) for i in range(m.start(), m.end())}
        positions = [
            run.start() + i for i, c in enumerate(run[0]) if i not in prefixes and c in "0123456789abcdefABCDEF"
        ]
        letters = "".join([text[i] for i in positions])
        for shift in (0, 1):
            usable = letters[shift : shift + (len(letters) - shift) // 2 * 2]
            decoded = binascii.unhexlify(usable)
            origin = [positions[shift + 2 * j] for j in range(len(decoded))]
            width = [positions[shift + 2 * j + 1] - origin[j] + 1 for j in range(len(decoded))]
            yield View("hex", decoded.decode("latin-1"), origin, width)


_CODES = re.compile(r"(?:\b(?:[3-9][0-9]|1[01][0-9]|12[0-6])\b[^\w\n]*\n?){6,}")
_BITS = re.compile(r"(?:\b[01]{7,8}\b[^\w\n]*\n?){6,}")


def code_views(text: str) -> Iterator[View]:
    """Runs of numbers that are character codes, decimal or of seven or eight bits, decoded."""
    for pattern, base, digits in ((_BITS, 2, r"[01]{7,8}"), (_CODES, 10, r"\d+")):
        for run in pattern.finditer(text):
            numbers = list(re.finditer(digits, run[0]))
            yield View(
                "character_codes",
                "".join(chr(int(n[0], base)) for n in numbers),
                [run.start() + n.start() for n in numbers],
                [len(n[0]) for n in numbers],
            )


_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}|&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|\w{2,8});|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}")


def escapes(text: str) -> View | None:
    """Percent, HTML and backslash escapes undone; `None` where the text holds none."""
    found = list(_ESCAPE.finditer(text))
    if not found:
        return None
    letters: list[str] = []
    origin: list[int] = []
    width: list[int] = []
    position = 0
    for match in found:
        for i in range(position, match.start()):
            letters.append(text[i])
            origin.append(i)
            width.append(1)
        plain = _unescape(match[0])
        letters.append(plain)
        origin.extend([match.start()] * len(plain))
        width.extend([len(match[0])] * len(plain))
        position = match.end()
    for i in range(position, len(text)):
        letters.append(text[i])
        origin.append(i)
        width.append(1)
    return View("escaped", "".join(letters), origin, width)


def _unescape(token: str) -> str:
    if token[0] == "%":
        return chr(int(token[1:], 16))
    if token[0] == "&":
        return html.unescape(token)
    return chr(int(token[2:], 16))


def refold(view: View) -> View:
    """A decoded view folded and compacted in turn, with positions in the first original."""
    plain = compact(fold(view.text))
    width = None if view.width is None else [view.width[i] for i in plain.origin]
    return View(view.name, plain.text, [view.origin[i] for i in plain.origin], width)


def rot13(text: str) -> str:
    """Letters moved by thirteen places."""
    return codecs.encode(text, "rot13")


def decoded_views(text: str) -> Iterator[View]:
    """The text under every encoding that can be undone, folded and compacted."""
    escaped = escapes(text)
    if escaped is not None:
        yield refold(escaped)
    for views in (hex_views, code_views, base64_views, base32_views):
        for view in views(text):
            yield refold(view)


@dataclass(frozen=True)
class Found:
    """Where something was found, and in which writing."""

    rule: str
    start: int
    end: int


SHORTEST = 6
"""Letters and digits that a string needs, for more than its exact writing to be looked for."""
_DEEP = 8  # and for its leet or acrostic writing, where chance matches are likelier


class Views:
    """One text under every view, each made when it is first asked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._plain: View | None = None
        self._leet: View | None = None
        self._initials: View | None = None
        self._decoded: tuple[View, ...] | None = None

    @property
    def plain(self) -> View:
        if self._plain is None:
            self._plain = compact(fold(self.text))
        return self._plain

    @property
    def leet(self) -> View:
        if self._leet is None:
            self._leet = leet_view(self.text)
        return self._leet

    @property
    def initials(self) -> View:
        if self._initials is None:
            self._initials = initials(self.text)
        return self._initials

    @property
    def decoded(self) -> tuple[View, ...]:
        if self._decoded is None:
            self._decoded = tuple(decoded_views(self.text))
        return self._decoded

    def find(self, needle: str, *, pieces: bool = False) -> Found | None:
        """The first place where the needle stands, in any writing, or None.

        Tried in this order: as it is; case, accents, spacing, punctuation and look-alikes changed (`reformatted`);
        backwards; rot13; escapes, hexadecimal, character codes, base64 and base32, each also backwards and in rot13;
        leet; the first letters of lines; with `pieces`, also in up to three pieces in order. A needle of fewer than
        six letters and digits is looked for only as it is, between other characters than letters and digits.
        """
        if not needle:
            return None
        key = folded(needle)
        if len(key) < SHORTEST:
            edge = rf"(?<!\w){re.escape(needle)}(?!\w)"
            match = re.search(edge, self.text)
            return Found("verbatim", match.start(), match.end()) if match else None
        at = self.text.find(needle)
        if at >= 0:
            return Found("verbatim", at, at + len(needle))
        forms = {"": key, "reversed": key[::-1], "rot13": rot13(key)}
        for form, word in forms.items():
            found = _in(self.plain, word, form or "reformatted")
            if found:
                return found
        for view in self.decoded:
            for form, word in forms.items():
                found = _in(view, word, f"{view.name}+{form}" if form else view.name)
                if found:
                    return found
        if len(key) >= _DEEP:
            found = _in(self.leet, leet(needle), "leet") or _in(self.initials, key, "initials")
            if found:
                return found
            if pieces:
                return _in_pieces(self.plain, key)
        return None


def _in(view: View, word: str, rule: str) -> Found | None:
    at = view.text.find(word)
    return Found(rule, *view.span(at, at + len(word))) if at >= 0 else None


def _in_pieces(view: View, key: str, most: int = 3, least: int = 5) -> Found | None:
    """All of the key, in order, in at most `most` pieces of at least `least` characters each."""
    position = begin = taken = 0
    end = 0
    for _ in range(most):
        size = len(key) - taken
        at = -1
        while size >= least and at < 0:
            at = view.text.find(key[taken : taken + size], position)
            if at < 0 or 0 < len(key) - taken - size < least:
                at, size = -1, size - 1
        if at < 0:
            return None
        begin = at if taken == 0 else begin
        taken, position, end = taken + size, at + size, at + size
        if taken == len(key):
            return Found("pieces", *view.span(begin, end))
    return None
