"""What the exports share: numbers and measurements as the words that formats of strings want."""

from __future__ import annotations

from collections.abc import Container, Iterator

from cardwright.record.details import FIELDS
from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.record.record import Record


def exact(value: float) -> str:
    """A number as the shortest text that reads back as the same number."""
    return repr(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))


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
