"""Records as small tables for a notebook: what `_repr_html_` shows. Numbers are rounded to be read; the values keep them whole.

Every text is escaped: groups, columns and explanations come from data and from people.

The values import this module to show themselves, so it imports none of them: what it is given is typed `Any`, and only read.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import PurePath
from typing import Any

MOST_ROWS = 60
"""Rows of a table in a notebook."""
MOST_PARTS, LONGEST_WORD = 8, 400
"""Parts of a list in a cell, and characters of a text in it; what is left out is counted."""
NARROW = "overflow-x: auto"
"""How a table stands in a narrow window: it scrolls by itself."""
LEFT = "text-align: left; vertical-align: top"
"""How a cell stands: a notebook would set sentences flush right."""
_DIGEST = re.compile(r"\b[0-9a-f]{40,64}\b")


class Shown:
    """What a notebook shows as a table of its fields: for dataclasses, as `Value` for values of a record."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return of_value(self)


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


def of_outcome(outcome: Any) -> str:
    """What the gate says of one requirement: what was found, what is asked, why, what closes it, and the numbers behind it."""
    status = outcome.status.replace("_", " ")
    asked = outcome.limit
    said = [
        ("outcome", f"waived: {status}" if outcome.waived is not None else status),
        ("what was found", outcome.explanation),
        ("asked", f"{asked.operator.replace('_', ' ')} {number(asked.value)}, by the {asked.on}" if asked else ""),
        ("level", "blocks the handoff" if outcome.level == "block" else "advises"),
        ("why", outcome.why),
        (
            "origin",
            ", ".join(filter(None, (outcome.origin, outcome.citation, f"{outcome.set_by} on {outcome.set_on}"))),
        ),
        ("what closes it", outcome.remedy or ""),
        ("waiver", _brief(outcome.waived) if outcome.waived is not None else ""),
    ]
    rows = [_row(pair, head=True) for pair in said if pair[1]]
    heads = ("number", "of", "value", "distance", "says", "note")
    seen = [
        _row(
            (
                f"{one.evaluation}: {one.metric}",
                ", ".join(filter(None, (group(one.slice), f"across {' × '.join(one.across)}" if one.across else "")))
                or "all rows",
                number(one.value) if one.value is not None else "none",
                number(one.distance) if one.distance is not None else "",
                one.status.replace("_", " "),
                one.note,
            )
        )
        for one in outcome.observations[:MOST_ROWS]
    ]
    below = _table("", heads, seen, more=len(outcome.observations) - MOST_ROWS) if seen else ""
    return f"<div><h4>{escape(f'{outcome.label} {outcome.title}')}</h4>{_table('', (), rows)}{below}</div>"


def of_details(details: Any) -> str:
    """What people said: a row for each answer, with who said it and when."""
    rows = [
        _row(
            (
                name.replace("_", " "),
                answer.text if answer.text is not None else _brief(answer.entries),
                answer.stated_by,
                answer.stated_on,
            )
        )
        for name, answer in details.answers.items()
    ]
    return _table("", ("field", "answer", "by", "on"), rows) if rows else "<p>Nobody has answered anything.</p>"


def of_policy(policy: Any) -> str:
    """A policy: a row for each requirement."""
    rows = [_row((one.id, one.title, one.kind.replace("_", " "), one.level, one.origin)) for one in policy.requirements]
    head = (
        f"<h4>{escape(policy.title)}</h4><p>{escape(f'{policy.name} {policy.version}, {len(rows)} requirements')}</p>"
    )
    return f"<div>{head}{_table('', ('requirement', 'asks', 'kind', 'level', 'origin'), rows)}</div>"


def of_comparison(compared: Any) -> str:
    """Two records compared: what is worse first, then requirements, findings, and what has to be done again."""
    head = f"<h4>{escape(f'{compared.old} and {compared.new}')}</h4>"
    count = f"{compared.regressions} regressions, {len(compared.changes)} numbers differ, {compared.same} are the same"
    notes = "".join(f"<p>{escape(note)}</p>" for note in (count, *compared.notes, *compared.confirm))

    def shown(value: float | None, unit: str) -> str:
        return "none" if value is None else number(value, unit)

    changes = [
        _row(
            (
                one.kind,
                f"{one.evaluation}: {one.metric}",
                one.rows,
                shown(one.old, one.unit),
                shown(one.new, one.unit),
                one.note,
            )
        )
        for one in compared.changes[:MOST_ROWS]
    ]
    tables = [
        _table("", ("", "number", "of", "before", "now", "note"), changes, more=len(compared.changes) - MOST_ROWS),
        of_rows("requirements", compared.rulings),
        of_rows("findings", compared.findings),
        of_rows("evaluations", compared.carried),
    ]
    return f"<div>{head}{notes}{''.join(tables)}</div>"


def of_verification(report: Any) -> str:
    """Every step of a verification."""
    rows = [_row((str(step.number), step.name, step.outcome, step.detail)) for step in report.steps]
    said = "".join(f"<p>{escape(note)}</p>" for note in (*report.notes, *report.answers))
    return f"<div><h4>{escape(report.headline)}</h4>{_table('', ('', 'step', 'outcome', ''), rows)}{said}</div>"


def of_rows(caption: str, values: Sequence[Any]) -> str:
    """Values of one kind, a row each and a column for each field that one of them fills; nothing if there are none."""
    if not values:
        return ""
    told = [dict(_fields(value)) for value in values[:MOST_ROWS]]
    heads = tuple(name for name in told[0] if any(_brief(one.get(name)) for one in told))
    rows = [_row([_brief(one.get(name)) for name in heads]) for one in told]
    return _table(caption, tuple(name.replace("_", " ") for name in heads), rows, more=len(values) - MOST_ROWS)


def of_value(value: Any) -> str:
    """Any other value: a row for each field that it fills, and the names of those that it does not."""
    told = [(name, _brief(said)) for name, said in _fields(value)]
    rows = [_row((name.replace("_", " "), said), head=True) for name, said in told if said]
    empty = [name.replace("_", " ") for name, said in told if not said]
    rest = f"<p>Empty: {escape(', '.join(empty))}</p>" if empty else ""
    return f"<div>{_table(_kind(value), (), rows)}{rest}</div>"


def _kind(value: Any) -> str:
    """A class's name in words: `NotEvaluated` is `not evaluated`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(value).__name__.strip("_")).lower()


def _fields(value: Any) -> list[tuple[str, Any]]:
    named = getattr(type(value), "model_fields", None)
    names = list(named) if named is not None else [one.name for one in dataclasses.fields(value)]
    return [(name.rstrip("_"), getattr(value, name)) for name in names]


def _is_value(value: Any) -> bool:
    # Nothing else is opened: a source is a dataclass, too, and holds rows, which may be of people.
    return not isinstance(value, type) and hasattr(value, "_repr_html_")


def _brief(value: Any, depth: int = 0) -> str:
    """A value in a cell; nothing if it says nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return number(value, "count" if isinstance(value, int) else "")
    if isinstance(value, (str, PurePath)):
        text = str(value)
        return (
            text
            if len(text) <= LONGEST_WORD
            else f"{text[:LONGEST_WORD]} … and {len(text) - LONGEST_WORD:,} more characters"
        )
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    if isinstance(value, Mapping):
        return _listed((f"{key}: {_brief(said, depth + 1)}" for key, said in value.items()), len(value))
    if isinstance(value, (Sequence, frozenset, set)):
        return _listed((_brief(one, depth + 1) for one in value), len(value))
    if _is_value(value):  # in a cell its words and numbers alone: what it holds in turn is shown where it stands itself
        said = [(name, _brief(one, depth + 1)) for name, one in _fields(value) if isinstance(one, (str, int, float))]
        told = [f"{name.replace('_', ' ')} {text}" for name, text in said if text and name != "schema"]
        return _listed(
            (_DIGEST.sub(lambda found: f"{found[0][:12]}…", one) for one in told), len(told), separator=", "
        ) or _kind(value)
    return value.__name__ if isinstance(value, type) else type(value).__name__


def _listed(parts: Iterable[str], count: int, separator: str = "; ") -> str:
    shown = [part for _, part in zip(range(MOST_PARTS), parts, strict=False)]
    rest = count - MOST_PARTS
    return separator.join([*shown, *([f"… and {rest:,} more"] if rest > 0 and len(shown) == MOST_PARTS else [])])


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
    first = f'<th scope="row" style="{LEFT}">{_text(cells[0])}</th>' if head else _cell(cells[0])
    return f"<tr>{first}{''.join(map(_cell, cells[1:]))}</tr>"


def _cell(text: str) -> str:
    return f'<td style="{LEFT}">{_text(text)}</td>'


def _text(text: str) -> str:
    """A text escaped; a digest may break in its middle, and is copied whole."""
    return _DIGEST.sub(lambda found: f"{found[0][:32]}<wbr>{found[0][32:]}", escape(text))


def _table(caption: str, heads: Sequence[str], rows: Sequence[str], *, more: int = 0) -> str:
    titled = f"<caption>{escape(caption)}</caption>" if caption else ""
    columns = "".join(f'<th scope="col" style="{LEFT}">{escape(name)}</th>' for name in heads)
    head = f"<thead><tr>{columns}</tr></thead>" if heads else ""
    rest = f"<p>… and {more:,} more</p>" if more > 0 else ""
    table = f"<table>{titled}{head}<tbody>{''.join(rows)}</tbody></table>"
    return f'<div style="{NARROW}">{table}</div>{rest}'
