"""What a PDF carries beside its pages, so that nothing is lost by their being few.

That is every number, table, requirement and finding, what people say, and how the numbers were made.

Tables are CSV, whole and unrounded; prose is plain text. `record.json` holds all of it once more, for machines.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cardwright.record.base import visible
from cardwright.record.measurement import Measured, Unmeasured

if TYPE_CHECKING:
    from cardwright.documents.view import DocumentView

MEASUREMENTS, REQUIREMENTS, FINDINGS = "measurements.csv", "requirements.csv", "findings.csv"
METHODS, STATEMENTS = "methods.txt", "statements.txt"


def of(view: DocumentView) -> dict[str, bytes]:
    """The files by name. All documents of an edition carry the same measurements; each carries the tables that it is about."""
    files = {MEASUREMENTS: _csv(_measurements(view)), METHODS: _text(_methods(view)), FINDINGS: _csv(_findings(view))}
    files |= {
        f"{table.id}.csv": _csv([[column.name for column in table.table.columns], *table.table.rows])
        for evaluation in view.evaluations
        for table in evaluation.tables
    }
    if view.edition.verdict is not None:
        files[REQUIREMENTS] = _csv(_requirements(view))
    if any(field.provided for field in view.fields):
        files[STATEMENTS] = _text(_statements(view))
    return files


def _measurements(view: DocumentView) -> Iterable[Sequence[Any]]:
    yield ("id", "evaluation", "metric", "slice", "across", "given", "class", "status", "value", "unit", "lower", "upper",
           "level", "method", "numerator", "denominator", "p_value", "adjusted_p_value", "detectable", "unknown", "excluded",
           "reason")  # fmt: skip
    for evaluation in view.edition.record.evaluations:
        for index, m in enumerate(evaluation.measurements):
            one = m if isinstance(m, Measured) else None
            bounds = one.interval if one else None
            groups = one.groups if one else None
            yield (
                view.ids[evaluation.id, index], evaluation.id, m.metric,
                _slice(m.slice), " x ".join(m.across),
                " ".join(m.given), m.of_class, m.status, one.value if one else None, one.unit if one else None,
                bounds.lower if bounds else None, bounds.upper if bounds else None, bounds.level if bounds else None,
                bounds.method if bounds else None, one.numerator if one else None, m.denominator,
                one.test.p_value if one and one.test else None, one.test.adjusted_p_value if one and one.test else None,
                one.resolution.detectable if one and one.resolution else None, groups.unknown if groups else None,
                " | ".join(f"{_slice(e.slice)}: {e.reason}" for e in groups.excluded) if groups else None,
                m.reason if isinstance(m, Unmeasured) else None,
            )  # fmt: skip


def _slice(slice_: Mapping[str, str | None]) -> str:
    return "; ".join(f"{k}={'unknown' if v is None else v}" for k, v in slice_.items())


def _findings(view: DocumentView) -> Iterable[Sequence[Any]]:
    yield "id", "severity", "evaluation", "key", "where", "count", "explanation", "masked examples"
    for id, evaluation, f in view.findings:
        yield id, f.severity, evaluation, f.key, f.where, f.count, f.explanation, " | ".join(f.examples)


def _requirements(view: DocumentView) -> Iterable[Sequence[Any]]:
    yield ("id", "requirement", "title", "level", "outcome", "waived_until", "explanation", "remedy", "why", "origin", "citation",
           "standing", "set_by", "set_on", "evaluation", "metric", "slice", "across", "value", "lower", "upper", "method",
           "operator", "limit", "compared_on", "distance", "says")  # fmt: skip
    assert view.edition.verdict is not None
    for o in view.edition.verdict.outcomes:
        head = (
            o.label, o.requirement, o.title, o.level, o.status, o.waived.expires if o.waived else None, o.explanation, o.remedy,
            o.why, o.origin, o.citation, o.standing.words if o.standing else None, o.set_by, o.set_on,
        )  # fmt: skip
        limit = (o.limit.operator, o.limit.value, o.limit.on) if o.limit else (None, None, None)
        for seen in o.observations:
            bounds = seen.interval
            yield (
                *head, seen.evaluation, seen.metric,
                "; ".join(f"{k}={'unknown' if v is None else v}" for k, v in seen.slice.items()), " x ".join(seen.across),
                seen.value,
                bounds.lower if bounds else None, bounds.upper if bounds else None, bounds.method if bounds else None, *limit,
                seen.distance, seen.status,
            )  # fmt: skip
        if not o.observations:
            yield (*head, *(None,) * 8, *limit, None, None)


def _methods(view: DocumentView) -> Iterable[str]:
    """How every number was made and where it ends, whole; English, like everything that evaluators write."""
    yield "How the numbers were made, what they do not show, and what was not tested"
    for e in view.evaluations:
        x = e.evaluation
        yield ""
        yield f"{e.id} {x.id} ({x.evaluator} {x.evaluator_version})"
        yield f"Question: {x.question}"
        yield f"Method: {x.method}"
        yield f"Completeness: {x.completeness}"
        if x.binding is not None:
            yield f"Tied to the model: {x.binding.kind}" + (f"; {x.binding.note}" if x.binding.note else "")
        yield from (f"Input: {i.name} ({i.role}), sha256 {i.sha256}" for i in x.inputs)
        yield from (f"Parameter: {name} = {value}" for name, value in x.parameters.items())
        yield from (f"Limit: {limit}" for limit in x.limits)
        yield from (f"Not tested: {gap.what}: {gap.why}" for gap in x.coverage.not_tested)
        yield from (f"Not measured: {one.reason} ({', '.join(row.id for row in one.rows)})" for one in e.unmeasured)


def _statements(view: DocumentView) -> Iterable[str]:
    """What people say, whole, each answer with who gave it and when."""
    yield "What people say. Numbers in it were not checked."
    for field in view.fields:
        if field.answer is None or not field.provided:
            continue
        yield ""
        yield f"{field.spec.title} ({field.answer.stated_by}, {field.answer.stated_on})"
        if field.answer.text is not None:
            yield field.answer.text
        yield from ("- " + "; ".join(f"{k}: {v}" for k, v in entry.items()) for entry in field.answer.entries)


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([[cell(value) for value in row] for row in rows])
    return text.getvalue().encode("utf-8")


def cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula (CWE-1236)."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return "" if value is None else repr(value) if isinstance(value, float) else value


def _text(lines: Iterable[str]) -> bytes:
    return ("\n".join(visible(line, keep="\n\t") for line in lines) + "\n").encode("utf-8")


__all__ = ["FINDINGS", "MEASUREMENTS", "METHODS", "REQUIREMENTS", "STATEMENTS", "cell", "of"]
