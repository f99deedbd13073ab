"""Kinds of documents as tests write them: a folder, its definition, and works that were made with it."""

from __future__ import annotations

from pathlib import Path

from tests.strategies import NOW

from cardwright.files import kinds
from cardwright.record import canonical
from cardwright.record.details import read_details
from cardwright.record.kind import DocumentKind, KindDefinition, fields_of, text_sha256
from cardwright.record.provenance import Provenance, RunFacts
from cardwright.record.record import PlanLock, Record
from cardwright.record.subject import Context, Subject

NOTE = """\
schema: cardwright/kind/1
kind: house_note
version: 1.0.0
title: House note
summary: What the house wants to remember of a decision.
subject: work
fields:
  - field: decision
    section: Decision
    title: Decision
    question: What was decided?
    good: adopt
    bad: Something
    who: research_lead
    choices: [adopt, stop]
    required: always
  - field: reason
    section: Decision
    title: Reason
    question: Why was it stopped?
    good: The gain vanished with the second seed.
    bad: Other reasons
    who: research_lead
    required_when: {decision: [stop]}
  - field: harms
    section: People
    title: Harms
    question: Who could be harmed by it?
    good: "{group: applicants with thin files, harm: a longer wait}"
    bad: Nobody
    who: risk
    columns: [group, harm]
    people: [group]
minimum: {fields: [harms], why: Whom it could harm is said before it is done.}
"""
ANSWERS = {
    "schema": "cardwright/details/1",
    "stated_by": "A. Okafor, research lead",
    "stated_on": "2026-11-20",
    "decision": "adopt",
    "harms": [{"group": "Applicants with thin files", "harm": "A longer wait"}],
    "owners": [{"name": "A. Okafor", "role": "Research lead", "contact": "lab@example.com"}],
    "people_concerned": "Applicants of the pilot, who can ask for a second reading.",
}


def folder(place: Path, text: str = NOTE, name: str = "house_note", **files: str) -> Path:
    """The folder of a house's kinds, with one kind in it."""
    (place / name).mkdir(parents=True)
    (place / name / "kind.yaml").write_text(text, encoding="utf-8")
    for file, content in files.items():
        (place / name / file.replace("__", ".")).write_text(content, encoding="utf-8")
    return place


def definition(place: Path, text: str = NOTE) -> KindDefinition:
    """The definition of the kind above."""
    return kinds.read(folder(place, text) / "house_note").definition


def document(of: KindDefinition, templates: dict[str, str] | None = None) -> DocumentKind:
    """A definition as a record holds it."""
    return DocumentKind(sha256=of.sha256, definition=of, templates=templates or {})


def work(of: KindDefinition, links=(), about=None, **answers) -> Record:
    """A work of a kind with these answers, beside those above; None leaves one out."""
    return of_lock(lock(of, links, about, **answers), of, **answers)


def lock(of: KindDefinition, links=(), about=None, **answers) -> PlanLock:
    """Its plan."""
    kind, details = document(of), _details(of, answers)
    subject = Subject(
        kind="work", name="note", version="1", about=about, text_sha256=text_sha256(kind, details, tuple(links))
    )
    return PlanLock(
        title="A note", subject=subject, context=Context(), planned=(), sources={}, seed=0, policy="p",
        author="A. Okafor", document=kind, links=tuple(links),
    )  # fmt: skip


def of_lock(plan: PlanLock, of: KindDefinition, **answers) -> Record:
    """The record of that plan."""
    return Record(
        title=plan.title, subject=plan.subject, context=plan.context,
        provenance=Provenance(
            run_id="0" * 16, plan_sha256=plan.sha256, datasets=(), seed=0, packages={}, tool="cardwright 0", author=plan.author
        ),
        planned=(), evaluations=(), details=_details(of, answers), document=plan.document, links=plan.links,
    )  # fmt: skip


def facts(record: Record) -> RunFacts:
    """When it was made."""
    return RunFacts(
        run_id=record.provenance.run_id, record_sha256=record.sha256, started=NOW, finished=NOW, seconds={}, platform="", python="3"
    )  # fmt: skip


def _details(of: KindDefinition, answers):
    said = {name: value for name, value in (ANSWERS | answers).items() if value is not None}
    known = fields_of(document(of))
    return read_details(
        {k: v for k, v in said.items() if k in known or k in ("schema", "stated_by", "stated_on")}, known
    )


def redigested(value) -> str:
    """The digest of a changed value."""
    return canonical.sha256(value)
