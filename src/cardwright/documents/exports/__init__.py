"""The same record in other systems' formats, each compared with its official schema before it is written.

Other formats know less: if one has no place for an interval, a denominator or a missing number, that goes into a property or a
note. What was not measured is never written as a number.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from cardwright import documents
from cardwright.documents import audience
from cardwright.documents.exports import croissant, cyclonedx, every_eval_ever, model_card_toolkit, openlineage, spdx
from cardwright.documents.interface import Edition
from cardwright.errors import RenderError, UsageError, did_you_mean


class Export(NamedTuple):
    """How a record is written in one format."""

    make: Callable[[Edition], dict[str, Any] | list[dict[str, Any]]]
    """The edition as plain JSON types; a list is written one object a line."""
    problem: Callable[[bytes], str | None]
    """What is wrong with the bytes by the format's own schema; None if nothing is."""
    suffix: str
    """The end of the file's name."""


FORMATS: dict[str, Export] = {
    "cyclonedx": Export(cyclonedx.make, cyclonedx.problem, "cdx.json"),
    "croissant": Export(croissant.make, croissant.problem, "croissant.json"),
    "mct": Export(model_card_toolkit.make, model_card_toolkit.problem, "mct.json"),
    "every-eval-ever": Export(every_eval_ever.make, every_eval_ever.problem, "eee.json"),
    "openlineage": Export(openlineage.make, openlineage.problem, "openlineage.jsonl"),
    "spdx": Export(spdx.make, spdx.problem, "spdx.json"),
}
"""Every format that has a schema, by name."""

CARD = "hf"
"""Hugging Face's format is the Markdown card, with metadata at its head; it has no schema of its own."""
SHORT = "hf-short"
"""The same in one screen, with its picture in a file beside it, linked to the audit."""


def known() -> tuple[str, ...]:
    """Every format that a record is exported in.

    >>> known()
    ('cyclonedx', 'croissant', 'mct', 'every-eval-ever', 'openlineage', 'spdx', 'hf', 'hf-short')
    """
    return (*FORMATS, CARD, SHORT)


def files(edition: Edition, format: str) -> dict[str, bytes]:
    """An export as its reader may see it: its file by name, first, and what stands beside it.

    Raises
    ------
    UsageError
        If there is no such format; see `export` for the others.
    """
    subject = edition.record.subject
    if format == CARD:
        kind = edition.record.document
        card = (
            kind.definition.kind  # a document of a kind is its own card: a model card would leave its answers out
            if kind is not None and subject.kind == "work"
            else "dataset_card"
            if subject.kind == "dataset"
            else "model_card"
        )
        return {"README.md": documents.render(edition, document=card, format="markdown")}
    if format == SHORT:
        return documents.publication(edition)
    data = export(audience.edition_for(edition), format)
    return {f"{subject.name}.{FORMATS[format].suffix}": data}


def export(edition: Edition, format: str) -> bytes:
    """A record as JSON of another system. The same edition gives the same bytes.

    Parameters
    ----------
    format
        `cyclonedx` (1.7, ML-BOM with model card, data, standards and declarations), `croissant` (1.1 with RAI 1.0), `mct` (Model
        Card Toolkit 0.0.2), `every-eval-ever` (0.3.0, models alone), `openlineage` (2-0-2, one event a line), `spdx` (3.0.1).
        Hugging Face metadata are at the head of the Markdown card.

    Raises
    ------
    UsageError
        If there is no such format; names the nearest.
    MissingExtraError
        If the library that holds the official schema is not installed.
    RenderError
        If the result does not fit its schema.
    """
    if format in (CARD, SHORT):
        raise UsageError(f"{format} is a card in Markdown and no JSON", do="Call `files` for it.")
    if format not in FORMATS:
        raise UsageError(f'nothing is exported as "{format}"', do=did_you_mean(format, known()))
    chosen = FORMATS[format]
    made = chosen.make(edition)
    lines = made if isinstance(made, list) else [made]
    indent = None if isinstance(made, list) else 2
    text = "".join(json.dumps(one, ensure_ascii=False, indent=indent, allow_nan=False) + "\n" for one in lines)
    data = text.encode("utf-8")
    wrong = chosen.problem(data)
    if wrong is not None:
        raise RenderError(
            f"the {format} export does not fit its schema: {wrong}", do="Report this with the record's schema."
        )
    return data
