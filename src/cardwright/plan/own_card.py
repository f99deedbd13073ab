"""A card that Cardwright has written, read back: each answer to its own question, with the characters that people wrote.

The cards of `documents/` have a heading for each question, escape what people wrote, and say at their head which record they are
from. What is computed there (results, requirements, provenance) is not read: it is measured again.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from cardwright.files import kinds, packaged
from cardwright.record.detail_fields import FieldSpec
from cardwright.record.details import FIELDS

_COMPUTED = ("What is missing", "Evaluation", "What the model may reveal", "Requirements", "Provenance")
_RELEASED = "not required, as {question} is {answer}"
"""What a document of a kind says of a question that another answer makes needless."""
_LANGUAGES = ("de", "fr", "es")
_STATED = re.compile(r"_[^_\n]*(?:\\_[^_\n]*)*, \d{4}-\d{2}-\d{2}_")
_EVIDENCE = re.compile(r"(?m)^\*\*[^*\n]+\*\* \([^\n]*sha256 `[0-9a-f]{12}`\)$")
"""What a document of a kind shows of a linked record, below the answer: it is filled in again."""
_SHORT = re.compile(r"\*\*([^*\n]+)\.\*\* (.+)")


@dataclass(frozen=True)
class OwnCard:
    """A card of ours as it was read."""

    answers: dict[str, Any]
    """By field: text, or entries."""
    computed: tuple[str, ...]
    """Headings of what is measured again."""
    rest: tuple[tuple[str, str], ...]
    """What somebody has added, under its heading."""
    said_by: tuple[tuple[str, str], ...]
    """Who answered which question, as the card prints it: nobody has signed it."""


def is_own(front: Mapping[str, Any]) -> bool:
    """Whether the head of a card says that it was made from a record."""
    made = front.get("cardwright")
    return isinstance(made, dict) and isinstance(made.get("record_sha256"), str)


def read(text: str) -> OwnCard:
    """The answers of a card of ours, in any of its languages.

    Parameters
    ----------
    text
        The card below its head.
    """
    found = _read(text, {})
    if found.rest:  # headings that are no questions of a card: those of a kind of document, or of another language
        for name in kinds.names():
            asked = [field.spec for field in kinds.find(name).definition.fields]
            titles = [spec for spec in asked if f"### {spec.title}\n" in text]
            other = _read(text, {}, asked) if 2 * len(titles) > len(asked) else found
            if len(other.answers) > len(found.answers):
                found = other
    for code in _LANGUAGES if found.rest else ():
        other = _read(text, _catalogue(code))
        if len(other.answers) > len(found.answers):
            found = other
    return found


def _catalogue(code: str) -> dict[str, str]:
    said: dict[str, str] = {}
    for data, _ in packaged.catalogues(code):
        said |= yaml.safe_load(data)
    return said


def _read(text: str, said: Mapping[str, str], more: Iterable[FieldSpec] = ()) -> OwnCard:
    questions = {
        (said.get(spec.section, spec.section), said.get(spec.title, spec.title)): spec
        for spec in (*FIELDS.values(), *more)
    }
    by_title = {title: spec for (_, title), spec in reversed(questions.items())}
    nothing = {"not provided", said.get("not provided", "not provided")}
    names = {said.get(name, name) for name in _COMPUTED}
    released = re.compile(re.sub(r"\\{\w+\\}", ".+", re.escape(said.get(_RELEASED, _RELEASED))))
    answers: dict[str, Any] = {}
    computed: list[str] = []
    rest: list[tuple[str, str]] = []
    said_by: list[tuple[str, str]] = []
    for section, title, body in _parts(text):
        spec = questions.get((section, title)) if title is not None else None
        if spec is None and section in names:
            computed.append(title or section)
        elif spec is not None:
            said_here, by = _without_author(_EVIDENCE.split(body, maxsplit=1)[0])
            answer = _answer(spec, said_here, nothing) if not released.fullmatch(_plain(said_here)) else None
            if answer:
                answers[spec.name] = answer
            if by and answer:
                said_by.append((str(title), by))
        elif section == "" and _SHORT.search(body):
            for line in _SHORT.finditer(body):
                short = by_title.get(line[1])
                if short is not None and not _plain(line[2]).endswith(("…", "[…]")):  # what was cut is no answer
                    answers[short.name] = _plain(line[2])
        elif section != "" and body.strip():
            rest.append((" / ".join(one for one in (section, title) if one), body.strip()))
    return OwnCard(answers, tuple(dict.fromkeys(computed)), tuple(rest), tuple(said_by))


def _parts(text: str) -> Iterator[tuple[str, str | None, str]]:
    """Section, question and text of each part. What people wrote begins no line with a mark of a heading: it is escaped."""
    section, title, lines = "", None, list[str]()
    for line in [*text.split("\n"), "## "]:
        heading = re.match(r"(#{1,3}) ?(.*)", line)
        if heading is None:
            lines.append(line)
            continue
        if "".join(lines).strip():
            yield section, title, "\n".join(lines).strip("\n")
        lines = []
        if len(heading[1]) == 3:
            title = _plain(heading[2])
        else:
            section, title = ("" if len(heading[1]) == 1 else _plain(heading[2])), None


def _without_author(body: str) -> tuple[str, str]:
    above, _, last = body.rstrip().rpartition("\n")
    return (above.strip(), _plain(last.strip().strip("_"))) if _STATED.fullmatch(last.strip()) else (body.strip(), "")


def _answer(spec: FieldSpec, body: str, nothing: set[str]) -> Any:
    if not body.strip() or _plain(body.strip("*")) in nothing:
        return None
    if not spec.columns:
        return _plain(body)
    rows = [line for line in body.split("\n") if line.lstrip().startswith("|")]
    cells = [[_plain(cell) for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))] for row in rows[2:]]
    made = [
        {column: cell for column, cell in zip(spec.columns, row, strict=False) if cell and cell not in nothing}
        for row in cells
    ]
    return [entry for entry in made if entry]


def _plain(text: str) -> str:
    """What was written, before it was escaped for Markdown."""
    shown = re.sub(r"<br>", "\n", text)
    return re.sub(r"\\([\\`*_{}\[\]()#+!|~$=.>-])", r"\1", html.unescape(shown)).strip()


__all__ = ["OwnCard", "is_own", "read"]
