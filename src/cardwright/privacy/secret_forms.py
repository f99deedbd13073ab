"""Every form of a secret that is looked for, read from `secret_forms.toml` beside this module: the one list of them.

The file is part of the package's code, like a module, so it is read through the package's loader and not as a path on the disk.
Entropy alone never decides: a random string counts only next to a word that says what it is.
"""

from __future__ import annotations

import pkgutil
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from cardwright.privacy.secret_checks import CHECKS, Candidate


class Secret(NamedTuple):
    """Where a secret was found; never what."""

    entity: str
    """What kind, e.g. `GITHUB_TOKEN`."""
    start: int
    """Its first character."""
    end: int
    """One past its last character."""
    score: float
    """How sure the form is, from 0 to 1."""


@dataclass(frozen=True)
class SecretForm:
    """One form of a secret: a row of the table."""

    entity: str
    """The kind."""
    name: str
    """What issues it, in words."""
    pattern: str
    """For `re`, with the groups that the table explains."""
    source: str
    """Where the form was read."""
    needs: tuple[str, ...]
    """In small letters: one of them stands in every text that holds a match; empty if nothing can be said."""
    score: float
    """What the form alone is worth; below `NEEDS_CONTEXT` a word of `context` has to stand before it."""
    check: str = "random"
    """The name of the function that looks at a match."""
    context: tuple[str, ...] = ()
    """Words of which one has to stand before a weak match."""
    ignore_case: bool = False
    """Whether capitals and small letters are alike: the pattern is then written in small letters."""
    reach: int = 700
    """How far a match reaches after what it `needs`, at most."""


NEEDS_CONTEXT = 0.4
"""A form that scores less counts only where a context word stands before it."""
CONTEXT_ADDS = 0.35
"""What a context word adds: as much as in presidio, so that hits of both rank alike."""
_BEFORE = 60
_LEAST_RANDOM = 24
_SHORT = 300
"""Texts up to this length are searched whole."""
_BACK = 160
"""How far a match begins before what it needs, at most."""
_LEFT, _RIGHT = r"(?:(?<![A-Za-z0-9_])|(?<=\\[nrt]))", r"(?![A-Za-z0-9_])"
_GROUPS = ("value", "v1", "v2", "v3", "v4", "v5")
_QUOTES = "\"'`“”„«»‘’"


def read_forms(text: bytes) -> tuple[SecretForm, ...]:
    """The forms of a table, in its order.

    Raises
    ------
    KeyError
        If a form names a part or a check that is not there.
    TypeError
        If a form has a key that is not an attribute of `SecretForm`, or lacks one that it must have.
    """
    table = tomllib.loads(text.decode("utf-8"))
    parts: Mapping[str, str] = table["parts"]

    def form(row: dict[str, Any]) -> SecretForm:
        pattern = re.sub(r"\{([a-z]+)\}", lambda found: parts[found[1]], row.pop("pattern"))
        if not row.pop("open", False):
            pattern = f"{_LEFT}(?:{pattern}){_RIGHT}"
        row["source"] = table["sources"].get(row["source"], row["source"])
        CHECKS[row.get("check", "random")]
        return SecretForm(
            **{**row, "pattern": pattern, "needs": tuple(row["needs"]), "context": tuple(row.get("context", ()))}
        )

    return tuple(form(dict(row)) for row in table["form"])


@cache
def forms() -> tuple[SecretForm, ...]:
    """Every form of the packaged table."""
    data = pkgutil.get_data(__package__ or "", "secret_forms.toml")
    assert data is not None
    return read_forms(data)


@dataclass(frozen=True, eq=False)
class _Ready:
    """A form whose pattern is compiled: for the text as it is, and for its small letters."""

    form: SecretForm
    exact: re.Pattern[str]
    ignoring_case: re.Pattern[str]


@cache
def _ready() -> tuple[_Ready, ...]:
    return tuple(_Ready(f, re.compile(f.pattern), re.compile(f.pattern, re.IGNORECASE)) for f in forms() if f.needs)


@cache
def _ready_without_needs() -> tuple[_Ready, ...]:
    return tuple(_Ready(f, re.compile(f.pattern), re.compile(f.pattern, re.IGNORECASE)) for f in forms() if not f.needs)


@cache
def _begun_by() -> tuple[dict[str, tuple[tuple[str, int], ...]], ...]:
    """By length from 1 to 3: from the first characters of what a form needs to that literal and the form's place."""
    by_beginning: tuple[dict[str, list[tuple[str, int]]], ...] = ({}, {}, {})
    for index, one in enumerate(_ready()):
        for literal in one.form.needs:
            first = literal[:3]
            by_beginning[len(first) - 1].setdefault(first, []).append((literal, index))
    return tuple({first: tuple(literals) for first, literals in of_length.items()} for of_length in by_beginning)


@cache
def _anchors() -> frozenset[str]:
    """A character of each literal that a form needs, no digit if possible: a text without any of them holds no literal."""
    literals = (literal for one in _ready() for literal in one.form.needs)
    return frozenset(min(literal, key=lambda c: (not c.isalpha(), c.isdigit())) for literal in literals)


def _possible(lowered: str) -> list[_Ready]:
    """The forms that find in a text what they need: all literals are looked up by their first three characters at once."""
    if _anchors().isdisjoint(lowered):
        return []
    threes = zip(lowered, lowered[1:], lowered[2:], strict=False)
    threes = zip(lowered, lowered[1:], lowered[2:], strict=False)
    pieces = (set(lowered), set(map("".join, pairwise(lowered))), set(map("".join, threes)))
    places: set[int] = set()
    for there, begun in zip(pieces, _begun_by(), strict=True):
        for first in begun.keys() & there:
            places.update(index for literal, index in begun[first] if index not in places and literal in lowered)
    ready = _ready()
    return [ready[index] for index in sorted(places)]


def secrets_in(text: str, *, weak: bool = False) -> Iterator[Secret]:
    """What has the form of a secret in a text; hits may overlap.

    Parameters
    ----------
    weak
        Whether to name as well, with their low score, forms that lack the context word that they need: for a caller who knows
        more of the surroundings, such as the heading of a column.
    """
    lowered = text.lower()
    same_places = len(lowered) == len(text)  # the small letter of a capital can be two characters
    random = len(text) >= _LEAST_RANDOM
    for one in (*_possible(lowered), *(_ready_without_needs() if random else ())):
        form = one.form
        if not form.needs and not (weak or any(word in lowered for word in form.context)):
            continue
        check = CHECKS[form.check]
        # `re` finds where a pattern may begin five times sooner if it need not ignore case.
        in_small = form.ignore_case and same_places
        pattern, searched = (
            one.ignoring_case if form.ignore_case and not same_places else one.exact,
            lowered if in_small else text,
        )
        done = 0
        for start, end in _windows(lowered, form) if same_places else ((0, len(text)),):
            for match in pattern.finditer(searched, max(start, done), end):
                done = match.end()
                before = text[max(0, match.start() - _BEFORE) : match.start()].lower()
                verdict = check(_candidate(text, match, before))
                if verdict is False:
                    continue
                score = 1.0 if verdict else form.score
                if score < NEEDS_CONTEXT:
                    if any(word in before for word in form.context):
                        score += CONTEXT_ADDS
                    elif not weak:
                        continue
                yield Secret(form.entity, match.start(), match.end(), score)


def _windows(lowered: str, form: SecretForm) -> Iterator[tuple[int, int]]:
    """Where a form may match: around each literal that it needs, in order, none of them touching another."""
    if not form.needs or len(lowered) <= _SHORT:
        yield 0, len(lowered)
        return
    places = sorted(position for literal in form.needs for position in _places(lowered, literal))
    begun = ended = -1
    for position in places:
        if ended >= 0 and position - _BACK > ended:
            yield begun, ended
            begun = -1
        begun = max(0, position - _BACK) if begun < 0 else begun
        ended = min(len(lowered), position + form.reach)
    if begun >= 0:
        yield begun, ended


def _places(text: str, literal: str) -> Iterator[int]:
    position = text.find(literal)
    while position >= 0:
        yield position
        position = text.find(literal, position + len(literal))


_NAME = re.compile(r"[\w.-]{0,40}$")
_ENDS = ".,;:!?)]}*\"'`"


def _candidate(text: str, match: re.Match[str], before: str) -> Candidate:
    there = match.re.groupindex
    name = next((group for group in _GROUPS if group in there and match.start(group) >= 0), None)
    start, end = match.span(name) if name is not None else match.span()
    value = text[start:end]
    quoted = name is not None and start > 0 and text[start - 1] in _QUOTES
    if name is not None and not quoted:
        kept = value.rstrip(_ENDS)
        value = kept + ")" * (kept.count("(") - kept.count(")")) if value.startswith("(") else kept
    key = text[slice(*match.span("key"))] if "key" in there else ""
    left = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
    after = text[match.end() : match.end() + 1]
    prefix = _NAME.search(left)
    return Candidate(
        whole=text[match.start() : match.end()],
        value=value,
        key=key,
        name=(prefix[0] if prefix else "") + key,
        sep=(match["sep"] or "") if "sep" in there else "",
        quoted=quoted,
        alone=after in ("", "\n", "\r") and re.fullmatch(r"\s*(?:(?:export|set|ENV|env)\s+)?[\w.-]*", left) is not None,
        before=before,
    )
