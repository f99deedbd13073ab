"""What a document is made of, and which documents there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cardwright.documents import language
from cardwright.errors import RenderError, UsageError, did_you_mean
from cardwright.files import kinds
from cardwright.record.case import LinkedDossier
from cardwright.record.claim import Claim, Releaser
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
class LedgerLines:
    """What the lines of a ledger are about, as far as its latest countersignature covers them."""

    signed: int
    """Statements that count for this edition, and so are printed."""
    other_signed: int
    """Statements that do not: they are about dossiers that this one has replaced, or were not believed."""
    runs: int
    decisions: int
    """Of the gate, refusals among them."""
    releases: int

    @property
    def length(self) -> int:
        """All of them."""
        return self.signed + self.other_signed + self.runs + self.decisions + self.releases


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
    """Of the fixed words, `en`, `de`, `fr` or `es`; what people, evaluators and policies wrote stays as it is."""
    kind_files: Mapping[str, bytes] = field(default_factory=dict)
    """Templates and words of the record's kind of document, by name; without them the general templates are taken."""
    linked: Mapping[str, LinkedDossier] = field(default_factory=dict)
    """The dossiers that the record refers to, by the digest of their record: what they measured stands in the document."""
    audience: Audience = "internal"
    """Who reads it: what they may not see is left out of the record inside, too."""
    plan_policy_sha256: str | None = None
    """The policy that the plan names, by digest: whoever signed the plan has signed for this one and for no other."""
    ledger: LedgerLines | None = None
    """What the countersigned lines of the ledger are; None if none were countersigned, or the ledger is not at hand."""
    earlier_runs: int | None = None
    """Runs that the ledger has before the one of this record; None if the ledger is not at hand."""
    released_by: Releaser | None = None
    """Who signs the release of this edition; None before it is released."""

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

    @property
    def purpose(self) -> str:
        """What it is for, in a sentence; its title where nobody has said."""
        return _PURPOSES.get(self.name, f"{self.title}.")


_PURPOSES: Mapping[str, str] = {
    "model_card": "What a model is, what it is for and not for, how well it works for whom, and what is not known.",
    "dataset_card": "What is in the data, where they come from, whose they are, and what they should not be used for.",
    "audit_report": "The decision with every requirement, limit and signature in front, and all evidence behind it.",
    "evaluation_summary": "One page an evaluation: what was asked, how, the numbers, and what was not tested.",
    "responsible_ai_report": "Who could be harmed and what is done about it, with checklists compared with the record.",
    "handoff_package": "What whoever runs the model next has to know: limits, monitoring, roll-back, conditions.",
    "bias_audit_summary": "Selection rates and impact ratios by category, as New York City's Local Law 144 publishes them.",
}
"""What each standard document is for."""


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


GENERAL: Mapping[Format, str] = {"markdown": "kind.md.j2", "html": "kind.html.j2", "pdf": "kind.html.j2"}
"""The templates of a kind of document that has none of its own."""
KIND = "kind/"
"""How the names of a kind's own templates begin: they are taken from the dossier and from nowhere else."""


def of_kind(edition: Edition) -> Document | None:
    """The document that a record's kind makes; None if it is of no kind."""
    document = edition.record.document
    if document is None:
        return None
    own = {"markdown": "template.md.j2", "html": "template.html.j2", "pdf": "template.html.j2"}
    templates = {
        format: f"{KIND}{own[format]}" if own[format] in edition.kind_files else general
        for format, general in GENERAL.items()
    }
    return Document(document.definition.kind, document.definition.title, templates)  # type: ignore[arg-type]


def find(name: str, format: str, edition: Edition | None = None) -> Document:
    """A document by name that can be written in a format.

    Parameters
    ----------
    edition
        Of what: a record of some kind of document makes that one, too.

    Raises
    ------
    UsageError
        If there is none; names the nearest.
    """
    own = of_kind(edition) if edition is not None else None
    document = own if own is not None and name == own.name else DOCUMENTS.get(name)
    if document is None:
        known = [*DOCUMENTS, *([own.name] if own is not None else [])]
        if own is None and name in kinds.names():
            raise UsageError(
                f"{name} is a kind of document, and this record is of none",
                do=f"Write its plan with `cardwright new {name} DIR`, link this dossier there, and run it.",
            )
        raise UsageError(f'no document is called "{name}"', do=did_you_mean(name, known))
    if format not in document.templates:
        known = sorted(document.templates)
        raise UsageError(f"{name} is not written as {format}", do=f"Known: {', '.join(known)}.")
    return document


_ENDINGS: Mapping[Format, str] = {"markdown": "md", "html": "html", "pdf": "pdf"}
_IN_DOSSIERS: Mapping[str, tuple[Format, ...]] = {
    "model_card": ("markdown", "html"),
    "dataset_card": ("markdown", "html"),
}
"""Formats in which a standard document stands in a dossier; those that are not listed are HTML and PDF."""


def standard(record: Record) -> list[tuple[str, str, Format]]:
    """The documents that a dossier holds: (path, document, format). Those of a kind come from it: a memo has no model card."""
    definition = record.document.definition if record.document is not None else None
    if definition is None:
        cards = ["dataset_card"] if record.subject.kind == "dataset" else ["model_card", "dataset_card"]
        return [
            one for name in (*cards, "audit_report") for one in _written(name, _IN_DOSSIERS.get(name, ("html", "pdf")))
        ]
    beside = [one for name in definition.documents for one in _written(name, _IN_DOSSIERS.get(name, ("html", "pdf")))]
    return [*_written(definition.kind, ("markdown", "html", "pdf")), *beside]


def _written(name: str, formats: tuple[Format, ...]) -> list[tuple[str, str, Format]]:
    return [(f"{name}.{_ENDINGS[format]}", name, format) for format in formats]
