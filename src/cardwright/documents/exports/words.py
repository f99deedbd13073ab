"""What the exports share: numbers and measurements as the words that formats of strings want."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from cardwright.documents.interface import Edition
from cardwright.record.details import FIELDS
from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.record.record import Record

PEOPLE = ("name", "contact", "accepted_by")
"""Parts of an answer that name somebody."""


def exact(value: float) -> str:
    """A number as the shortest text that reads back as the same number."""
    return repr(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))


def moment_of(edition: Edition) -> str | None:
    """The moment that an edition speaks of: the verdict's, or else the run's end; None for a record alone, which has no clock."""
    if edition.verdict is not None:
        return edition.verdict.evaluated_at
    return edition.run.finished if edition.run is not None else None


def rows_of(m: Measured | Unmeasured) -> str:
    """Which rows a measurement is about, in words."""
    parts = [f"{k} = {'unknown' if v is None else v}" for k, v in m.slice.items()]
    if m.across:
        parts.append("across " + " x ".join(m.across))
    if m.given:
        parts.append("given " + ", ".join(m.given))
    if m.of_class is not None:
        parts.append(f"class {m.of_class}")
    parts += [f"{k} {exact(v)}" for k, v in (m.at or {}).items()]
    return "; ".join(parts) or "all rows"


def measured(record: Record) -> Iterator[tuple[Evaluation, Measured]]:
    """Every number of a record, with its evaluation."""
    for evaluation in record.evaluations:
        for m in evaluation.measurements:
            if isinstance(m, Measured):
                yield evaluation, m


def unmeasured(record: Record) -> Iterator[tuple[Evaluation, Unmeasured]]:
    """Every number that is not there, with its evaluation."""
    for evaluation in record.evaluations:
        for m in evaluation.measurements:
            if isinstance(m, Unmeasured):
                yield evaluation, m


def said(record: Record, name: str) -> str | None:
    """A person's answer as one text; entries become lines. None if nothing was said."""
    answer = record.details.answers.get(name)
    if answer is None or not record.details.provided(name):
        return None
    if answer.text is not None:
        return answer.text
    return "\n".join("; ".join(f"{k}: {v}" for k, v in entry.items()) for entry in answer.entries)


def entries(record: Record, name: str) -> tuple[dict[str, str], ...]:
    """A person's answer in entries."""
    answer = record.details.answers.get(name)
    return tuple(answer.entries) if answer is not None and record.details.provided(name) else ()


def without_a_place(record: Record, placed: Container[str]) -> Iterator[tuple[str, str]]:
    """Names and texts of the answers that a format has no element for: they are exported where it takes free text."""
    for name in FIELDS:
        if name not in placed and (text := said(record, name)) is not None:
            yield name, text


def without_people(record: Record, name: str) -> str | None:
    """A person's answer as one text, like `said`, without the parts that name somebody; None if nothing is left."""
    spec, text = FIELDS[name], said(record, name)
    if text is None or not {*spec.columns} & {*PEOPLE}:
        return text
    parts = ["; ".join(f"{k}: {v}" for k, v in entry.items() if k not in PEOPLE) for entry in entries(record, name)]
    return "\n".join(part for part in parts if part) or None


def as_it_was_measured(evaluation: Evaluation, m: Measured | Unmeasured) -> dict[str, Any]:
    """A measurement with everything that the record says of it, for formats that take an object; numbers stay numbers."""
    return {"evaluation": evaluation.id, **m.model_dump(mode="json", exclude_none=True, exclude_defaults=False)}


def parts(edition: Edition) -> dict[str, int]:
    """What an edition consists of, counted, so that an export can say of what it holds nothing. Empty parts are left out."""
    record = edition.record
    evaluations = record.evaluations
    counted = {
        "measured": sum(1 for _ in measured(record)),
        "not_measured": sum(1 for _ in unmeasured(record)),
        "not_evaluated": len(record.not_evaluated),
        "findings": sum(len(e.findings) for e in evaluations),
        "tables": sum(len(e.tables) for e in evaluations),
        "series": sum(len(e.series) for e in evaluations),
        "limits": sum(len(e.limits) for e in evaluations),
        "not_tested": sum(len(e.coverage.not_tested) for e in evaluations),
        "calibrations": sum(len(e.calibrations) for e in evaluations),
        "answers": sum(1 for name in FIELDS if said(record, name) is not None),
        "answers_of_its_kind": sum(1 for name in record.fields if name not in FIELDS and record.provided(name)),
        "sources": len(record.provenance.datasets),
        "files": len(record.subject.files),
        "components": len(record.subject.components),
        "parents": len(record.subject.parents),
        "packages": len(record.provenance.packages),
        "links": len(record.links),
        "filled": len(record.filled),
        "requirements": len(edition.verdict.outcomes) if edition.verdict is not None else 0,
        "signatures": len(edition.claims),
    }
    return {name: count for name, count in counted.items() if count}


def only_in_record(edition: Edition, held: Container[str]) -> dict[str, int]:
    """The parts that an export holds nothing of, counted: whoever needs them asks for the record and its dossier."""
    return {name: count for name, count in parts(edition).items() if name not in held}
