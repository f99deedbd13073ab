"""From a recogniser's pattern to a cheap test that no text it matches can fail.

Three of four texts hold nothing that most patterns look for. A test that is wrong in one direction alone, that lets a text
through though nothing is in it, saves the pattern's run and loses no finding. Both tests here are for ASCII texts; beyond
ASCII the two regular-expression libraries differ on what a word or a digit is.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# Python keeps its parser under a private name, and has moved it once; where it cannot be had, no pattern is relaxed.
try:
    from re import _constants as constants  # type: ignore[attr-defined]
    from re import _parser as parser  # type: ignore[attr-defined]
except ImportError:  # pragma: no cover
    constants = parser = None

_ASCII = frozenset(map(chr, range(128)))
_DIGITS = frozenset("0123456789")
_WORD = frozenset(c for c in _ASCII if c.isalnum() or c == "_")
_SPACE = frozenset(" \t\n\r\f\v")
_MOST_REPEATS = 16
"""Longer runs are cut to this many: an automaton that counts further is larger than what it saves."""


class _Unknown(Exception):
    """Something in the pattern that is not understood; the recogniser then always runs."""


@dataclass(frozen=True)
class Needs:
    """What every match of a pattern holds."""

    digits: int
    """At least this many digits."""
    sets: tuple[frozenset[str], ...]
    """At least one character of each."""

    def met(self, characters: frozenset[str], digits: int) -> bool:
        """Whether a text with these characters, this many of them digits, may match."""
        return digits >= self.digits and all(not need.isdisjoint(characters) for need in self.sets)


def needs(pattern: str, flags: int) -> Needs | None:
    """What every match of a pattern holds; None where that cannot be told."""
    tree = _parse(pattern, flags)
    if tree is None:
        return None
    try:
        sets, digits = _required(tree, _flags_of(tree, flags))
    except _Unknown:
        return None
    return Needs(digits, tuple(sorted(set(sets), key=lambda s: (len(s), "".join(sorted(s))))))


def to_re2(pattern: str, flags: int) -> str | None:
    """A pattern for RE2 that matches in every ASCII text in which the given one does; None if there is none.

    Look-arounds and anchors fall away, a back-reference is anything, long repeats lose their upper end.
    """
    tree = _parse(pattern, flags)
    if tree is None:
        return None
    own = _flags_of(tree, flags)
    try:
        return f"(?{'i' if own & re.IGNORECASE else ''}s:{_written(tree, own)})"
    except _Unknown:
        return None


def _parse(pattern: str, flags: int) -> Any:
    if parser is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # "possible nested set" means that `re` and `regex` read it differently
            return parser.parse(pattern, flags & (re.IGNORECASE | re.DOTALL | re.MULTILINE))
    except (re.error, FutureWarning, DeprecationWarning):
        return None


def _flags_of(tree: Any, flags: int) -> int:
    return int(flags | tree.state.flags)


def _characters(items: Any, flags: int) -> frozenset[str]:
    """The ASCII characters that a class `[…]` stands for."""
    characters: set[str] = set()
    negated = False
    for op, value in items:
        if op is constants.NEGATE:
            negated = True
        elif op is constants.LITERAL:
            characters |= {chr(value)} & _ASCII
        elif op is constants.RANGE:
            characters |= {chr(code) for code in range(value[0], min(value[1], 127) + 1)}
        elif op is constants.CATEGORY:
            characters |= _category(value)
        else:
            raise _Unknown
    if flags & re.IGNORECASE:
        characters |= {c.lower() for c in characters} | {c.upper() for c in characters}
    return frozenset(_ASCII - characters if negated else characters)


def _category(category: Any) -> frozenset[str]:
    known = {
        constants.CATEGORY_DIGIT: _DIGITS,
        constants.CATEGORY_NOT_DIGIT: _ASCII - _DIGITS,
        constants.CATEGORY_SPACE: _SPACE,
        constants.CATEGORY_NOT_SPACE: _ASCII - _SPACE,
        constants.CATEGORY_WORD: _WORD,
        constants.CATEGORY_NOT_WORD: _ASCII - _WORD,
    }
    if category not in known:
        raise _Unknown
    return known[category]


def _literal(code: int, flags: int) -> frozenset[str]:
    character = chr(code)
    return frozenset({character, character.lower(), character.upper()} if flags & re.IGNORECASE else {character})


def _required(items: Iterable[Any], flags: int) -> tuple[list[frozenset[str]], int]:
    sets: list[frozenset[str]] = []
    digits = 0
    for op, value in items:
        if op is constants.LITERAL:
            one = _literal(value, flags)
            sets.append(one)
            digits += one <= _DIGITS
        elif op is constants.IN:
            one = _characters(value, flags)
            if len(one) <= 40:
                sets.append(one)
            digits += bool(one) and one <= _DIGITS
        elif op in (constants.MAX_REPEAT, constants.MIN_REPEAT, getattr(constants, "POSSESSIVE_REPEAT", None)):
            least, _, inner = value
            if least:
                more, count = _required(inner, flags)
                sets += more
                digits += least * count
        elif op is constants.SUBPATTERN:
            _, added, removed, inner = value
            more, count = _required(inner, (flags | added) & ~removed)
            sets += more
            digits += count
        elif op is getattr(constants, "ATOMIC_GROUP", None):
            more, count = _required(value, flags)
            sets += more
            digits += count
        elif op is constants.BRANCH:
            each = [_required(branch, flags) for branch in value[1]]
            digits += min(count for _, count in each)
            if all(required for required, _ in each):
                sets.append(frozenset().union(*(min(required, key=len) for required, _ in each)))
        elif op in (
            constants.AT,
            constants.ASSERT,
            constants.ASSERT_NOT,
            constants.NOT_LITERAL,
            constants.ANY,
            constants.GROUPREF,
        ):
            continue  # asks for no character, or for any
        else:
            raise _Unknown
    return sets, digits


def _written(items: Iterable[Any], flags: int) -> str:
    return "".join(_one(op, value, flags) for op, value in items)


def _class(characters: frozenset[str]) -> str:
    # Written out in full, so that what `\w` or a range means is settled here, for ASCII. None: nothing matches.
    if not characters:
        return r"[^\x00-\x{10FFFF}]"
    return "[" + "".join(f"\\x{ord(c):02x}" for c in sorted(characters)) + "]"


def _one(op: Any, value: Any, flags: int) -> str:
    if op is constants.LITERAL:
        return _class(_literal(value, flags)) if value < 128 else r"[^\x00-\x{10FFFF}]"
    if op is constants.NOT_LITERAL:
        return _class(_ASCII - _literal(value, flags))
    if op is constants.IN:
        return _class(_characters(value, flags))
    if op is constants.ANY:
        return "."
    if op is constants.SUBPATTERN:
        _, added, removed, inner = value
        return f"(?:{_written(inner, (flags | added) & ~removed)})"
    if op is getattr(constants, "ATOMIC_GROUP", None):
        return f"(?:{_written(value, flags)})"
    if op is constants.BRANCH:
        return f"(?:{'|'.join(_written(branch, flags) for branch in value[1])})"
    if op in (constants.MAX_REPEAT, constants.MIN_REPEAT, getattr(constants, "POSSESSIVE_REPEAT", None)):
        least, most, inner = value
        least = min(int(least), _MOST_REPEATS)
        end = "" if most is constants.MAXREPEAT or int(most) > _MOST_REPEATS else str(max(int(most), least))
        return f"(?:{_written(inner, flags)}){{{least},{end}}}"
    if op is constants.GROUPREF:
        return ".*"
    if op is constants.AT:
        return r"\b" if value is constants.AT_BOUNDARY else ""
    if op in (constants.ASSERT, constants.ASSERT_NOT):
        return ""
    raise _Unknown
