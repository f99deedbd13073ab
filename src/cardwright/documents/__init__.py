"""Documents from a record: `render(edition, document="audit_report", format="pdf")`.

They take `(record, verdict, claims)`, all values of `record/`, and know neither evaluators nor the gate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cardwright.documents import (
    attachments,
    audience,
    environment,
    front_matter,
    language,
    pdf,
    short_card,
    toolchain,
    view,
)
from cardwright.documents.interface import (
    DOCUMENTS,
    GENERAL,
    Document,
    Edition,
    Format,
    MissingPangoError,
    find,
    standard,
)
from cardwright.files.packaged import stylesheet
from cardwright.record import canonical
from cardwright.record.base import visible

__all__ = [
    "DOCUMENTS",
    "GENERAL",
    "Document",
    "Edition",
    "Format",
    "MissingPangoError",
    "find",
    "publication",
    "render",
    "standard",
]

_EPOCH = "1980-01-01T00:00:00Z"  # if neither verdict nor run says when; a PDF has to name a date


def render(edition: Edition, *, document: str, format: Format, made_with: Mapping[str, str] | None = None) -> bytes:
    """A document of an edition, as bytes. The same edition gives the same bytes; a PDF, with the same toolchain.

    Parameters
    ----------
    document
        `model_card`, `dataset_card`, `audit_report` …, or the record's own kind of document.
    format
        `markdown`, `html` or `pdf`.
    made_with
        The toolchain that a PDF states; if omitted, the one here, `toolchain.facts()`.

    Raises
    ------
    UsageError
        If there is no such document or format; names the nearest.
    TemplateError
        If a template is not valid.
    RenderError
        If the PDF cannot be made, or does not pass its checks.
    """
    edition = audience.edition_for(edition)
    sort = find(document, format, edition)
    say = language.of(edition.language, edition.templates_dir)
    own = sort.name not in DOCUMENTS
    if own:
        say = language.with_kind(say, edition.record, edition.kind_files)
    seen = view.make(sort, edition, printed=format == "pdf", say=say)
    record = edition.record
    front = front_matter.make(edition, dataset=document == "dataset_card")
    context = _context(edition, seen, front, _style(format, edition, say), printed=format == "pdf")
    text = environment.render(
        sort.templates[format], context, markdown=format == "markdown", own=edition.templates_dir, say=say,
        kind=edition.kind_files if own else {},
    )  # fmt: skip
    if format != "pdf":
        return text.encode("utf-8")
    moment = edition.verdict.evaluated_at if edition.verdict else edition.run.finished if edition.run else _EPOCH
    return pdf.write(
        text,
        record=canonical.dumps(record),
        tables=attachments.of(seen),
        moment=moment,
        title=seen.title,
        made_with=toolchain.facts(edition.templates_dir) if made_with is None else made_with,
    )


def publication(edition: Edition) -> dict[str, bytes]:
    """The short card for the Hub and its picture, by file name: what is published beside the audit, not in a dossier.

    Raises
    ------
    TemplateError
        If a template is not valid.
    """
    edition = audience.edition_for(edition)
    say = language.of(edition.language, edition.templates_dir)
    seen = view.make(short_card.SORT, edition, printed=False, say=say)
    front = front_matter.make(edition, dataset=edition.record.subject.kind == "dataset", short=True)
    context = {**_context(edition, seen, front, "", printed=False), **short_card.context(seen, edition)}
    text = environment.render(
        short_card.SORT.templates["markdown"], context, markdown=True, own=edition.templates_dir, say=say, kind={}
    )
    files = {"README.md": text.encode("utf-8")}
    if seen.margins is not None:
        files[short_card.FIGURE] = str(seen.margins.svg).encode("utf-8")
    return files


def _context(edition: Edition, seen: view.DocumentView, front: str, style: str, *, printed: bool) -> dict[str, Any]:
    """What every template sees."""
    record = edition.record
    return {
        "view": seen,
        "title": seen.title,
        "record": record,
        "subject": record.subject,
        "provenance": record.provenance,
        "verdict": edition.verdict,
        "claims": edition.claims,
        "run": edition.run,
        "edition": edition,
        "record_sha256": record.sha256,
        "print": printed,
        "style": style,
        "front_matter": front,
    }


def _style(format: Format, edition: Edition, say: language.Language) -> str:
    if format == "markdown":
        return ""
    if format == "html":
        return f"{stylesheet('base.css')}\n{stylesheet('screen.css')}"
    record = edition.record
    head = f"{record.title} \u00b7 {record.subject.version} \u00b7 {say.text('record')} {record.sha256[:12]}"
    boxes = {
        "@top-left": _css(head),
        "@top-right": _css(say.term(edition.state).upper()),
        "@bottom-left": _css(say.text("record sha256 {digest}", digest=record.sha256)),
        "@bottom-right": _counted(say.pattern("page {page} of {pages}")),
    }
    inner = " ".join(f"{box} {{ content: {content} }}" for box, content in boxes.items())
    inner += " @top-right { color: #24594c }" if edition.state in _SETTLED else ""
    margins = f"@page {{ size: {edition.page_size}; {inner} }}"
    return f"{pdf.font_faces()}\n{stylesheet('base.css')}\n{stylesheet('print.css')}\n{margins}"


_SETTLED = ("approved", "released")
"""States that call for nobody to act: every other one is printed in the colour of a warning."""


def _counted(pattern: str) -> str:
    """A pattern with the page's number and their count in it, as CSS."""
    parts = re.split(r"\{(page|pages)\}", pattern)
    return " ".join(f"counter({part})" if index % 2 else _css(part) for index, part in enumerate(parts) if part)


def _css(text: str) -> str:
    """A CSS string: whatever stands in it stays text."""
    return '"' + "".join(c if c.isalnum() or c in " .,:" else f"\\{ord(c):06x} " for c in visible(text)[:110]) + '"'
