"""Records as small tables for a notebook: what `_repr_html_` shows. Numbers are rounded to be read; the values keep them whole.

Every text is escaped: groups, columns and explanations come from data and from people.

The values import this module to show themselves, so it imports none of them: what it is given is typed `Any`, and only read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

MOST_ROWS = 60
"""Rows of a table in a notebook."""


def number(value: float, unit: str = "") -> str:
    """A number to four digits, a count in full.

    >>> number(0.8965673282), number(1234567.0, "count"), number(-0.00001234)
    ('0.8966', '1,234,567', '-1.234e-05')
    """
    return f"{value:,.0f}" if unit == "count" and value == int(value) else f"{value:.4g}"


def group(slice_: dict[str, str | None]) -> str:
    """A slice in words; empty if it is all rows."""
    return ", ".join(f"{name} = {'unknown' if value is None else value}" for name, value in slice_.items())


def about(m: Any) -> str:
    """Which rows a measurement is about, in words."""
    parts = [
        group(m.slice),
        f"across {' × '.join(m.across)}" if m.across else "",
        f"given {', '.join(m.given)}" if m.given else "",
        f"class {m.of_class}" if m.of_class is not None else "",
        ", ".join(f"at {name} {number(value)}" for name, value in (m.at or {}).items()),
    ]
    return ", ".join(part for part in parts if part) or "all rows"


def of_measurement(m: Any) -> str:
    """One measurement: its number with interval, test and what was counted, or why there is none."""
    return _table(_caption(m.metric), (), [_row((name, value), head=True) for name, value in _said(m)])


def of_measurements(measurements: Sequence[Any], caption: str = "") -> str:
    """Several measurements, a row each."""
    heads = ("metric", "of", "value", "interval", "counted", "p")
    rows = []
    for m in measurements[:MOST_ROWS]:
        words = dict(_said(m))
        value = words.get("value", words.get("not measured", ""))
        rows.append(
            _row((m.metric, about(m), value, words.get("interval", ""), words.get("counted", ""), words.get("p", "")))
        )
    return _table(caption, heads, rows, more=len(measurements) - MOST_ROWS)


def of_evaluation(evaluation: Any) -> str:
    """An evaluation: its question, its measurements, how many findings of each severity, and what it does not show."""
    findings = ", ".join(f"{count} {severity}" for severity, count in evaluation.severities.items() if count)
    lines = [
        f"{evaluation.evaluator} {evaluation.evaluator_version}, {evaluation.completeness}",
        f"Findings: {findings or 'none'}",
        *(f"Limit: {limit}" for limit in evaluation.limits[:3]),
    ]
    shown = "".join(f"<p>{escape(line)}</p>" for line in (evaluation.question, *lines))
    return f"<div><h4>{escape(evaluation.id)}</h4>{shown}{of_measurements(evaluation.measurements)}</div>"


def of_record(record: Any) -> str:
    """A record: its subject, and what every planned evaluation gave."""
    rows = []
    for plan in record.planned:
        evaluation = record.evaluation(plan.id)
        gap = next((gap for gap in record.not_evaluated if gap.id == plan.id), None)
        if evaluation is None:
            rows.append(_row((plan.id, plan.evaluator, "no result", gap.reason if gap is not None else "", "")))
            continue
        measured = sum(m.status == "measured" for m in evaluation.measurements)
        worst = ", ".join(f"{count} {severity}" for severity, count in evaluation.severities.items() if count)
        numbers = f"{measured} measured, {len(evaluation.measurements) - measured} not"
        rows.append(_row((plan.id, plan.evaluator, evaluation.completeness, numbers, worst or "none")))
    subject = f"{record.subject.kind} {record.subject.name} {record.subject.version}"
    head = f"<h4>{escape(record.title)}</h4><p>{escape(subject)}, record {escape(record.sha256[:12])}</p>"
    return f"<div>{head}{_table('', ('evaluation', 'by', 'completeness', 'numbers', 'findings'), rows)}</div>"


def of_verdict(verdict: Any, notes: Sequence[str] = ()) -> str:
    """A verdict: the decision, then every requirement, those that block first."""
    first = {one.number for one in verdict.blocking}
    ordered = [*verdict.blocking, *(one for one in verdict.outcomes if one.number not in first)]
    rows = [
        _row((one.label, one.title, "waived" if one.waived else one.status.replace("_", " "), one.explanation))
        for one in ordered
    ]
    policy = f"Policy {verdict.policy.name} {verdict.policy.version}, at {verdict.evaluated_at}"
    said = "".join(f"<p>{escape(note)}</p>" for note in (policy, *notes))
    table = _table("", ("", "requirement", "outcome", "what was found"), rows)
    return f"<div><h4>{escape(verdict.headline)}</h4>{said}{table}</div>"


def _said(m: Any) -> Iterable[tuple[str, str]]:
    yield "of", about(m)
    if m.status == "unmeasured":
        yield "not measured", f"{m.code.replace('_', ' ')}: {m.reason}"
    else:
        yield "value", f"{number(m.value, m.unit)} {'' if m.unit == 'count' else m.unit.replace('_', ' ')}".strip()
        if m.interval is not None:
            i = m.interval
            yield (
                "interval",
                f"{number(i.lower)} to {number(i.upper)} ({i.level * 100:g} %, {i.method.replace('_', ' ')})",
            )
        if m.test is not None:
            adjusted = m.test.adjusted_p_value
            text = f"{number(m.test.p_value)} ({m.test.method.replace('_', ' ')})"
            yield "p", text if adjusted is None else f"{text}, adjusted {number(adjusted)}"
    counted = _counted(m)
    if counted:
        yield "counted", counted
    if m.groups is not None and m.groups.excluded:
        yield "left out", "; ".join(f"{group(e.slice)}: {e.reason}" for e in m.groups.excluded)
    if m.status == "measured" and m.reference is not None:
        yield "compared with", m.reference


def _counted(m: Any) -> str:
    if m.groups is not None:
        return f"{m.groups.compared} of {m.groups.expected} groups, {m.groups.unknown:,} rows of unknown membership"
    if m.denominator is None:
        return ""
    above = m.numerator if m.status == "measured" else None
    return (
        f"{number(above, 'count')} of {number(m.denominator, 'count')}"
        if above is not None
        else number(m.denominator, "count")
    )


def _caption(text: str) -> str:
    return text.replace("_", " ")


def _row(cells: Sequence[str], *, head: bool = False) -> str:
    first = f'<th scope="row">{escape(cells[0])}</th>' if head else f"<td>{escape(cells[0])}</td>"
    return f"<tr>{first}{''.join(f'<td>{escape(cell)}</td>' for cell in cells[1:])}</tr>"


def _table(caption: str, heads: Sequence[str], rows: Sequence[str], *, more: int = 0) -> str:
    titled = f"<caption>{escape(caption)}</caption>" if caption else ""
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    head = f"<thead><tr>{columns}</tr></thead>" if heads else ""
    rest = f"<p>… and {more:,} more</p>" if more > 0 else ""
    return f"<table>{titled}{head}<tbody>{''.join(rows)}</tbody></table>{rest}"
