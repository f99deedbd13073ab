"""Texts in which somebody has marked personal data: JSON Lines or a JSON list, in the shapes of three publishers.

- ours: `{"text": …, "spans": [{"start": 0, "end": 3, "label": "PERSON"}]}`; `kind`, `entity` or `entity_type` say the label, too
- presidio-research: `full_text`, and spans with `start_position`, `end_position` and `entity_type`
- ai4privacy: `source_text` or `unmasked_text`, and `privacy_mask` with `start`, `end` and `label`, or `span_labels`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cardwright.errors import SourceError
from cardwright.sources.digests import require_file
from cardwright.sources.json_text import decode

_TEXT = ("text", "full_text", "source_text", "unmasked_text")
_SPANS = ("spans", "privacy_mask", "span_labels", "entities", "labels")
_LABEL = ("label", "kind", "entity", "entity_type")
_START, _END = ("start", "start_position"), ("end", "end_position")
_DO = 'Write lines such as {"text": "Ada called", "spans": [{"start": 0, "end": 3, "label": "PERSON"}]}.'


@dataclass(frozen=True)
class MarkedSpan:
    """A stretch of a text that somebody has marked."""

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class MarkedText:
    """A text and what is marked in it."""

    text: str
    spans: tuple[MarkedSpan, ...]


def read_marked_texts(path: Path, where: str) -> tuple[MarkedText, ...]:
    """The marked texts of a file.

    Raises
    ------
    SourceError
        If the file is missing or no JSON, or a line has no text, or a span lies outside of it; names the line.
    """
    require_file(path, where)
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        raise SourceError("the file is not in UTF-8", where=where, do="Save it in UTF-8.") from exc
    found = [_text(row, f"{where}, {said}") for said, row in _rows(content, where)]
    if not found:
        raise SourceError("there are no marked texts", where=where, do=_DO)
    return tuple(found)


def _rows(content: str, where: str) -> list[tuple[str, Any]]:
    if content.lstrip().startswith("["):
        try:
            return [(f"entry {number}", row) for number, row in enumerate(decode(content), 1)]
        except ValueError as exc:
            raise SourceError("the list is not JSON", where=where, do=_DO) from exc
    rows = []
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            try:
                rows.append((f"line {number}", decode(line)))
            except ValueError as exc:
                raise SourceError("the line is not JSON", where=f"{where}, line {number}", do=_DO) from exc
    return rows


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _text(row: Any, where: str) -> MarkedText:
    text = _first(row, _TEXT) if isinstance(row, Mapping) else None
    if not isinstance(text, str):
        raise SourceError("there is no text", where=where, do=_DO)
    said = _first(row, _SPANS)
    if isinstance(said, str):  # ai4privacy writes the list as text
        try:
            said = decode(said)
        except ValueError as exc:
            raise SourceError("the marks are not JSON", where=where, do=_DO) from exc
    if said is None and not any(name in row for name in _SPANS):
        raise SourceError("nothing says what is marked", where=where, do=_DO + " A text without any has `spans: []`.")
    if not isinstance(said or [], list):
        raise SourceError("the marks are not a list", where=where, do=_DO)
    return MarkedText(text, tuple(_span(one, len(text), where) for one in said or []))


def _span(one: Any, length: int, where: str) -> MarkedSpan:
    if isinstance(one, (list, tuple)) and len(one) == 3:
        start, end, label = one
    elif isinstance(one, Mapping):
        start, end, label = _first(one, _START), _first(one, _END), _first(one, _LABEL)
    else:
        start = end = label = None
    whole = all(isinstance(place, int) and not isinstance(place, bool) for place in (start, end))
    if not whole or not isinstance(label, str) or not label:
        raise SourceError("a mark has no start, end and label", where=where, do=_DO)
    if not 0 <= start < end <= length:
        raise SourceError(
            f"a mark reaches from {start} to {end}, outside of the text's {length} characters",
            where=where,
            do="Count characters from 0; the end is the first character after the mark.",
        )
    return MarkedSpan(start, end, label)


__all__ = ["MarkedSpan", "MarkedText", "read_marked_texts"]
