"""What linked dossiers say about a field, as templates show it: numbers, answers and facts, by dossier."""

from __future__ import annotations

from dataclasses import dataclass

from cardwright.record.details import FIELDS, Answer, FieldSpec
from cardwright.record.filled import FilledEntry, FilledField
from cardwright.record.kind import RecordLink
from cardwright.record.record import Record


@dataclass(frozen=True)
class FilledAnswer:
    """What people answered in the other dossier."""

    spec: FieldSpec | None
    """The question, where it is one of the shared ones; else None, and the name of the field stands for it."""
    name: str
    answer: Answer
    at: str


@dataclass(frozen=True)
class FilledFacts:
    """Facts of one sort, as a table."""

    name: str
    columns: tuple[str, ...]
    """Empty for a single entry, whose rows are its parts: name and value."""
    widths: tuple[int, ...]
    """Share of the page's width for each column, in percent."""
    rows: tuple[tuple[int | str | None, ...], ...]


COLUMNS = {
    "subject": {"name": 0, "version": 0, "supplier": 0, "licence": 0, "released": 0, "summary": 0, "files": 0, "identity": 0},
    "software": {"tool": 0, "commit": 0, "run": 0, "plan_sha256": 0},
    "datasets": {"name": 34, "role": 26, "rows": 16, "sha256": 24},
    "evaluations": {"evaluation": 22, "question": 48, "completeness": 18, "findings": 12},
    "not_tested": {"evaluation": 20, "what": 34, "why": 46},
    "findings": {"severity": 13, "evaluation": 19, "finding": 68},
}  # fmt: skip
"""The parts of each sort of fact in the order of a reader, and how wide their columns are; a record has them by name."""
_SINGLE = ("subject", "software")


@dataclass(frozen=True)
class FilledView:
    """What one dossier says about one field."""

    link: RecordLink
    fills: bool
    """Whether it answers the question."""
    numbers: tuple[FilledEntry, ...]
    stated: tuple[str, str] | None
    """Who answered there and when, where one person did on one day."""
    answers: tuple[FilledAnswer, ...]
    facts: tuple[FilledFacts, ...]
    more: int
    """Further entries, which only the other record has."""


def of(record: Record, field: str) -> tuple[FilledView, ...]:
    """What each dossier that a record refers to says about a field, in the order of the links."""
    links = {(link.role, link.record_sha256): link for link in record.links}
    return tuple(_view(one, links[one.role, one.record_sha256]) for one in record.filled if one.field == field)


def _view(one: FilledField, link: RecordLink) -> FilledView:
    facts: dict[str, list[FilledEntry]] = {}
    for entry in one.entries:
        if entry.fact and entry.name is not None:
            facts.setdefault(entry.name, []).append(entry)
    return FilledView(
        link=link,
        fills=one.fills,
        numbers=tuple(entry for entry in one.entries if entry.measurement is not None),
        stated=_stated(one),
        answers=tuple(
            FilledAnswer(FIELDS.get(entry.name), entry.name, entry.answer, entry.at)
            for entry in one.entries
            if entry.answer is not None and entry.name is not None
        ),
        facts=tuple(_table(name, entries) for name, entries in facts.items()),
        more=one.more,
    )


def _stated(one: FilledField) -> tuple[str, str] | None:
    said = {(entry.answer.stated_by, entry.answer.stated_on) for entry in one.entries if entry.answer is not None}
    return said.pop() if len(said) == 1 else None


def _table(name: str, entries: list[FilledEntry]) -> FilledFacts:
    columns = COLUMNS[name]
    if name in _SINGLE:
        fact = entries[0].fact
        return FilledFacts(name, (), (22, 78), tuple((part, fact[part]) for part in columns if part in fact))
    rows = tuple(tuple(entry.fact.get(part) for part in columns) for entry in entries)
    return FilledFacts(name, tuple(columns), tuple(columns.values()), rows)
