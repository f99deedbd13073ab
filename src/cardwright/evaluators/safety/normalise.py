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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+|\n")


def sentences(text: str) -> list[str]:
    """The sentences of a text; a dot inside an address or a number ends none.

    >>> sentences("Write to a.b@c.example now. Thanks!")
    ['Write to a.b@c.example now.', 'Thanks!']
    """
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


Trace = tuple[Sequence[int], Sequence[int] | None]


@dataclass(frozen=True)
class TextView:
    """A rewritten text whose characters know where they came from. The way back is worked out when it is asked for."""

    name: str
    text: str
    trace: Callable[[], Trace] = field(repr=False, compare=False)
    """For each character, the position in the original text it came from, and how many characters of the original it took
    (None: one each)."""

    @cached_property
    def _traced(self) -> Trace:
        return self.trace()

    @property
    def origin(self) -> Sequence[int]:
        """For each character, the position in the original text it came from."""
        return self._traced[0]

    @property
    def width(self) -> Sequence[int] | None:
        """For each character, how many characters of the original it took; one each where it is None."""
        return self._traced[1]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original that `text[start:end]` came from."""
        taken = range(start, end)
        width = self.width
        lower = min(self.origin[i] for i in taken)
        upper = max(self.origin[i] + (width[i] if width is not None else 1) for i in taken)
        return lower, upper

    def keep(self, name: str, text: str, positions: Callable[[], Sequence[int]]) -> TextView:
        """A view of some of the characters of this one; `positions` says which."""

        def trace() -> Trace:
            kept, width = positions(), self.width
            return [self.origin[i] for i in kept], None if width is None else [width[i] for i in kept]

        return TextView(name, text, trace)


# Letters of other scripts that look like Latin ones (Unicode confusables, the common ones).
_LOOKALIKES = str.maketrans(
    "аеорсухѕіјԁԛԝкмтнв" + "αορνικτυχηεβ" + "ıɑɡℓ",
    "aeopcyxsijdqwkmthb" + "aopviktuxneb" + "iagl",
)

_LEET = str.maketrans(
    {"0": "o", "1": "i", "l": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g"}
    | {"@": "a", "$": "s", "!": "i", "|": "i", "+": "t", "€": "e"}
)


def _fold_character(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", character).casefold()
    plain = "".join(c for c in unicodedata.normalize("NFKD", decomposed) if not unicodedata.combining(c))
    return plain.translate(_LOOKALIKES)


def fold(text: str) -> TextView:
    """Compatibility forms, case, accents and look-alike letters made plain (Unicode NFKD and case folding)."""
    if text.isascii():
        return TextView("fold", text.lower(), lambda: (range(len(text)), None))
    # A table of the characters that occur: a look-up for each of ten million is many times faster than a call.
    table = {ord(character): _fold_any(character) for character in set(text)}
    return TextView(
        "fold",
        text.translate(table),
        lambda: ([position for position, character in enumerate(text) for _ in table[ord(character)]], None),
    )


@lru_cache(maxsize=65536)
def _fold_any(character: str) -> str:
    return character.lower() if character.isascii() else _tag(character) or _fold_character(character)


def _tag(character: str) -> str:
    # Unicode tag characters U+E0020..U+E007E are invisible copies of ASCII ("ASCII smuggling").
    code = ord(character)
    return chr(code - 0xE0000).lower() if 0xE0020 <= code <= 0xE007E else ""


_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalnum())


def compact(view: TextView, name: str = "compact") -> TextView:
    """Letters and digits alone: spacing, punctuation, line ends and zero-width characters taken out."""
    if view.text.isascii():
        plain = view.text.encode("ascii").translate(None, _NO_LETTERS).decode("ascii")
    else:
        plain = "".join(filter(str.isalnum, view.text))
    return view.keep(name, plain, lambda: [i for i, c in enumerate(view.text) if c.isalnum()])


def folded(text: str) -> str:
    """`fold` and `compact` of a text, without positions."""
    return compact(fold(text)).text


def leet(text: str) -> str:
    """Digits and signs that stand for letters, read as those letters; letters and digits only."""
    return "".join(c for c in fold(text).text.translate(_LEET) if c.isalnum())


def leet_view(plain: TextView) -> TextView:
    """`leet` of a folded text, with positions."""
    return compact(TextView("leet", plain.text.translate(_LEET), plain.trace), "leet")


def initials(plain: TextView) -> TextView:
    """The first letter or digit of each line of a folded text (an acrostic)."""
    found = [(match[1], match.start(1)) for match in re.finditer(r"(?m)^[^\w\n]*(\w)", plain.text)]
    return plain.keep("initials", "".join(letter for letter, _ in found), lambda: [position for _, position in found])


# Of decoded bytes only letters and digits of ASCII are kept, in lower case; the rest is noise of a wrong alignment.
_LOWER = bytes(range(256)).lower()
_NOISE = bytes(code for code in range(256) if not (code < 128 and chr(code).isalnum()))


def _of_bytes(name: str, decoded: bytes, trace: Callable[[], Trace]) -> TextView:
    """Decoded bytes, folded and compacted."""
    whole = TextView(name, "", trace)
    plain = decoded.translate(_LOWER, _NOISE).decode("ascii")
    return whole.keep(name, plain, lambda: [i for i, code in enumerate(decoded) if code not in _NOISE])


_OUTSIDE_BASE64 = re.compile(r"[^A-Za-z0-9+/_-]+")
_NO_BASE64 = bytes(code for code in range(128) if _OUTSIDE_BASE64.match(chr(code)))
_URL_SAFE = str.maketrans("-_", "+/")


def base64_views(text: str) -> Iterator[TextView]:
    """The text decoded as base64 or base64url from each of the four places where a group of characters may begin.

    Everything outside the alphabet is passed over, so line breaks and padding do not matter; elsewhere noise comes out, in
    which a canary does not turn up by chance. A hyphen or slash of a sentence shifts the groups behind it as any other letter
    does, so all four beginnings are tried.
    """
    if text.isascii():  # many times faster
        letters = text.encode("ascii").translate(None, _NO_BASE64).decode("ascii").translate(_URL_SAFE)
    else:
        letters = _OUTSIDE_BASE64.sub("", text).translate(_URL_SAFE)
    for shift in range(4):
        usable = letters[shift:]
        usable = usable[: len(usable) - 1] if len(usable) % 4 == 1 else usable
        if len(usable) < 8:
            continue
        decoded = base64.b64decode(usable + "=" * (-len(usable) % 4))

        def trace(shift: int = shift, count: int = len(decoded)) -> Trace:
            positions = [i for i, c in enumerate(text) if not _OUTSIDE_BASE64.match(c)]
            first = [shift + (j // 3) * 4 + j % 3 for j in range(count)]
            return [positions[i] for i in first], [positions[i + 1] - positions[i] + 1 for i in first]

        yield _of_bytes("base64", decoded, trace)


def base32_views(text: str) -> Iterator[TextView]:
    """Runs of base32 (RFC 4648) of at least 16 characters, decoded from each of the eight places a group may begin."""
    for run in (m for span in _BASE32_SPAN.finditer(text) for m in _BASE32_RUN.finditer(text, *span.span())):
        letters = run[0].translate(_NO_SEPARATORS)
        if len(letters) < 16:
            continue
        for shift in range(8):
            usable = letters[shift:]
            usable = usable[: len(usable) - 1] if len(usable) % 8 in (1, 3, 6) else usable
            if len(usable) < 8:
                continue
            decoded = _of_base32(usable)

            def trace(shift: int = shift, count: int = len(decoded), run: re.Match[str] = run) -> Trace:
                places = [run.start() + i for i, c in enumerate(run[0]) if c.isalnum()]
                origin = [places[shift + (j * 8) // 5] for j in range(count)]
                last = [places[min(shift + (j * 8 + 7) // 5, len(places) - 1)] for j in range(count)]
                return origin, [end - start + 1 for start, end in zip(origin, last, strict=True)]

            yield _of_bytes("base32", decoded, trace)


_BASE32_RUN = re.compile(r"(?:[A-Z2-7]++|(?<=[A-Z2-7])[ \n-])++")
"""Letters of base32 with at most one separator between two; whole words at a step, since text in capitals is one run."""
_BASE32_SPAN = re.compile(r"[A-Z2-7][A-Z2-7 \n-]{15,}")
"""Whatever `_BASE32_RUN` matches with sixteen letters lies in one of these, which are found faster."""
_NO_SEPARATORS = {ord(c): None for c in " \n-"}
_BASE32_DIGITS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdefghijklmnopqrstuv")


def _of_base32(letters: str) -> bytes:
    """What letters of base32 stand for. The library's `b32decode` takes a hundred times as long, and capitals are common."""
    bits = 5 * len(letters)
    return (int(letters.translate(_BASE32_DIGITS), 32) >> bits % 8).to_bytes(bits // 8)


_HEX_RUN = re.compile(
    r"(?:[1-9a-fA-F]++|0(?!x[0-9a-fA-F])|(?:0x|\\x|%|&#x)(?=[0-9a-fA-F])|(?<=[0-9a-fA-F])[\s:,;.|-])++"
)
"""Hexadecimal digits, each with a prefix or none, and at most one separator between two."""
_HEX_SPAN = re.compile(r"[0-9a-fA-Fx\\%&#\s:,;.|-]{12,}")
"""Whatever `_HEX_RUN` matches with twelve digits lies in one of these, which are found many times faster."""
_HEX_PREFIX = re.compile(r"0x|\\x|&#x")
_NO_HEX = re.compile(r"[^0-9a-fA-F]+")
_NO_HEX_BYTES = bytes(code for code in range(128) if chr(code) not in "0123456789abcdefABCDEF")


def _hex_digits(run: str) -> str:
    """The digits of a run, those of its prefixes left out: of `\\x` and `&#x` no digit is one, of `0x` the first is."""
    bare = run.replace("0x", "")
    if bare.isascii():  # many times faster, and most runs are
        return bare.encode("ascii").translate(None, _NO_HEX_BYTES).decode("ascii")
    return _NO_HEX.sub("", bare)


def hex_views(text: str) -> Iterator[TextView]:
    """Runs of hexadecimal digits, with or without `0x`, `\\x` and separators, decoded from both places a byte may begin."""
    for run in (m for span in _HEX_SPAN.finditer(text) for m in _HEX_RUN.finditer(text, *span.span())):
        if run.end() - run.start() < 12:  # asked first: a text of escapes has millions of short ones
            continue
        letters = _hex_digits(run[0])
        if len(letters) < 12:
            continue
        for shift in (0, 1):
            decoded = binascii.unhexlify(letters[shift : shift + (len(letters) - shift) // 2 * 2])

            def trace(shift: int = shift, count: int = len(decoded), run: re.Match[str] = run) -> Trace:
                prefixes = {i for m in _HEX_PREFIX.finditer(run[0]) for i in range(m.start(), m.end())}
                places = [
                    run.start() + i for i, c in enumerate(run[0]) if i not in prefixes and c in "0123456789abcdefABCDEF"
                ]
                pairs = [(places[shift + 2 * j], places[shift + 2 * j + 1]) for j in range(count)]
                return [first for first, _ in pairs], [second - first + 1 for first, second in pairs]

            yield _of_bytes("hex", decoded, trace)


_CODES = re.compile(r"(?:\b(?:[3-9][0-9]|1[01][0-9]|12[0-6])\b[^\w\n]*\n?){6,}")
_CODE_SPAN = re.compile(r"\d[\d\W]{16,}")
"""Six numbers of two digits with a character between them: whatever `_CODES` or `_BITS` matches lies in one of these."""
_BITS = re.compile(r"(?:\b[01]{7,8}\b[^\w\n]*\n?){6,}")
_SEVEN_BITS = re.compile(r"[01]{7}")
"""Whatever `_BITS` matches begins with these, which are found faster."""


def code_views(text: str) -> Iterator[TextView]:
    """Runs of numbers that are character codes, decimal or of seven or eight bits, decoded."""
    # One character more than the span, so that a word's boundary at its end is seen as it is.
    spans = [(span.start(), span.end() + 1) for span in _CODE_SPAN.finditer(text)]
    patterns = ((_BITS, 2, r"[01]{7,8}"), (_CODES, 10, r"\d+"))
    for pattern, base, digits in patterns if spans and _SEVEN_BITS.search(text) else patterns[1:]:
        for run in (m for start, end in spans for m in pattern.finditer(text, start, end)):
            numbers = re.findall(digits, run[0])
            letters = {number: chr(int(number, base)) for number in set(numbers)}

            def trace(digits: str = digits, run: re.Match[str] = run) -> Trace:
                places = [(run.start() + m.start(), len(m[0])) for m in re.finditer(digits, run[0])]
                return [start for start, _ in places], [length for _, length in places]

            yield refold(TextView("character_codes", "".join(map(letters.__getitem__, numbers)), trace))


_ESCAPED = re.compile(
    r"((?:%[0-9a-fA-F]{2})+|(?:&#\d{1,7};)+|&(?:#x[0-9a-fA-F]{1,6}|\w{2,8});|(?:\\u[0-9a-fA-F]{4})+|(?:\\x[0-9a-fA-F]{2})+)"
)
"""Escapes of one kind in a row, which are undone together; of the named ones, one."""
_ESCAPE = re.compile(r"%..|&[^;]*;|\\u.{4}|\\x..")
"""One escape of those in a row."""


def escapes(text: str) -> TextView | None:
    """Percent, HTML and backslash escapes undone; `None` where the text holds none."""
    parts = _ESCAPED.split(text)  # by turns what stands there and escapes
    if len(parts) == 1:
        return None
    undone = {token: _unescaped(token) for token in set(parts[1::2])}
    plain = [*parts]
    plain[1::2] = map(undone.__getitem__, parts[1::2])

    def trace() -> Trace:
        origin: list[int] = []
        width: list[int] = []
        position = 0
        for number, part in enumerate(parts):
            if number % 2 == 0:
                origin += range(position, position + len(part))
                width += [1] * len(part)
            else:
                for one in _ESCAPE.finditer(part):
                    letters = len(_unescaped(one[0]))
                    origin += [position + one.start()] * letters
                    width += [len(one[0])] * letters
            position += len(part)
        return origin, width

    return TextView("escaped", "".join(plain), trace)


def _unescaped(run: str) -> str:
    """What escapes of one kind stand for."""
    if run[0] == "%":
        return bytes.fromhex(run.replace("%", "")).decode("latin-1")
    if run[:2] == "&#" and run[2:3] != "x":
        numbers = run[2:-1].split(";&#")
        letters = {number: html.unescape(f"&#{number};") for number in set(numbers)}
        return "".join(map(letters.__getitem__, numbers))
    if run[0] == "&":
        return html.unescape(run)
    return "".join(chr(int(number, 16)) for number in run[2:].split(run[:2]))


def refold(view: TextView) -> TextView:
    """A decoded view folded and compacted in turn, with positions in the first original."""
    plain = compact(fold(view.text))
    return view.keep(view.name, plain.text, lambda: plain.origin)


def rot13(text: str) -> str:
    """Letters moved by thirteen places."""
    return codecs.encode(text, "rot13")


def decoded_views(text: str) -> Iterator[TextView]:
    """The text under every encoding that can be undone, folded and compacted."""
    escaped = escapes(text)
    if escaped is not None:
        yield refold(escaped)
    for views in (hex_views, code_views, base64_views, base32_views):
        yield from views(text)


@dataclass(frozen=True)
class FoundWriting:
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
        self._folded: TextView | None = None
        self._plain: TextView | None = None
        self._leet: TextView | None = None
        self._initials: TextView | None = None
        self._decoded: tuple[TextView, ...] | None = None

    @property
    def folded(self) -> TextView:
        if self._folded is None:
            self._folded = fold(self.text)
        return self._folded

    @property
    def plain(self) -> TextView:
        if self._plain is None:
            self._plain = compact(self.folded)
        return self._plain

    @property
    def leet(self) -> TextView:
        if self._leet is None:
            self._leet = leet_view(self.folded)
        return self._leet

    @property
    def initials(self) -> TextView:
        if self._initials is None:
            self._initials = initials(self.folded)
        return self._initials

    @property
    def decoded(self) -> tuple[TextView, ...]:
        if self._decoded is None:
            self._decoded = tuple(decoded_views(self.text))
        return self._decoded

    def find(self, needle: str, *, pieces: bool = False) -> FoundWriting | None:
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
            return FoundWriting("verbatim", match.start(), match.end()) if match else None
        at = self.text.find(needle)
        if at >= 0:
            return FoundWriting("verbatim", at, at + len(needle))
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


def _in(view: TextView, word: str, rule: str) -> FoundWriting | None:
    at = view.text.find(word)
    return FoundWriting(rule, *view.span(at, at + len(word))) if at >= 0 else None


def _in_pieces(view: TextView, key: str, most: int = 3, least: int = 5) -> FoundWriting | None:
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
            return FoundWriting("pieces", *view.span(begin, end))
    return None
