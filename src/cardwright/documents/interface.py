"""What a document is made of, and which documents there are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cardwright.documents import language
from cardwright.errors import RenderError, UsageError, did_you_mean
from cardwright.record.claim import Claim
from cardwright.record.coverage import ChecklistCoverage
from cardwright.record.provenance import RunFacts
from cardwright.record.record import Record
from cardwright.record.verdict import Verdict

if TYPE_CHECKING:
    from cardwright.record.comparison import Comparison

Format = Literal["markdown", "html", "pdf"]
Audience = Literal["internal", "regulator", "downstream", "public"]
AUDIENCES: tuple[Audience, ...] = ("internal", "regulator", "downstream", "public")
PAGE_SIZES = ("A4", "Letter")
State = Literal["draft", "in review", "changes requested", "approved", "released", "superseded", "withdrawn", "expired"]


class MissingPangoError(RenderError):
    """Pango, which sets the type of the PDF, is not installed; every other format can be made."""


@dataclass(frozen=True)
class Edition:
    """Everything a document may say: the record, the verdict on it, and what people have signed."""

    record: Record
    verdict: Verdict | None = None
    claims: tuple[Claim, ...] = ()
    run: RunFacts | None = None
    manifest_sha256: str | None = None
    """The manifest that was signed; it stands in the final edition."""
    coverage: tuple[ChecklistCoverage, ...] = ()
    """Checklists compared with the record, for the documents that show them."""
    comparison: Comparison | None = None
    """What differs from the record of the previous release, if the plan names one."""
    state: State = "draft"
    templates_dir: Path | None = None
    page_size: str = "A4"
    language: str = "en"
    """Of the fixed words, `en` or `de`; what people, evaluators and policies wrote stays as it is."""
    audience: Audience = "internal"
    """Who reads it: what they may not see is left out of the record inside, too."""

    def __post_init__(self) -> None:
        if self.page_size not in PAGE_SIZES:
            raise UsageError(f'no page is called "{self.page_size}"', do=did_you_mean(self.page_size, PAGE_SIZES))
        if self.audience not in AUDIENCES:
            raise UsageError(f'no audience is called "{self.audience}"', do=did_you_mean(self.audience, AUDIENCES))
        language.check(self.language)


@dataclass(frozen=True)
class Document:
    """One kind of document."""

    name: str
    title: str
    templates: dict[str, str]
    """Format to template; a PDF is made from its HTML template."""


DOCUMENTS: dict[str, Document] = {
    document.name: document
    for document in (
        Document(
            "model_card", "Model card", {"markdown": "model_card.md.j2", "html": "card.html.j2", "pdf": "card.html.j2"}
        ),
        Document(
            "dataset_card",
            "Dataset card",
            {"markdown": "dataset_card.md.j2", "html": "card.html.j2", "pdf": "card.html.j2"},
        ),
        *(
            Document(name, title, {"html": f"{name}.html.j2", "pdf": f"{name}.html.j2"})
            for name, title in (
                ("audit_report", "Audit report"),
                ("evaluation_summary", "Evaluation summary"),
                ("responsible_ai_report", "Responsible-AI report"),
                ("handoff_package", "Handoff package"),
                ("bias_audit_summary", "Bias audit summary"),
            )
        ),
    )
}


def find(name: str, format: str) -> Document:
    """A document by name that can be written in a format.

    Raises
    ------
    UsageError
        If there is none; names the nearest.
    """
    document = DOCUMENTS.get(name)
    if document is None:
        raise UsageError(f'no document is called "{name}"', do=did_you_mean(name, DOCUMENTS))
    if format not in document.templates:
        known = ", ".join(sorted(document.templates))
        raise UsageError(f"{name} is not written as {format}", do=f"Known: {known}.")
    return document


def standard(record: Record) -> list[tuple[str, str, Format]]:
    """The documents that a dossier holds: (path, document, format)."""
    cards: list[tuple[str, str, Format]] = []
    if record.subject.kind != "dataset":
        cards += [("model_card.md", "model_card", "markdown"), ("model_card.html", "model_card", "html")]
    cards += [("dataset_card.md", "dataset_card", "markdown"), ("dataset_card.html", "dataset_card", "html")]
    return [*cards, ("audit_report.html", "audit_report", "html"), ("audit_report.pdf", "audit_report", "pdf")]
