"""Editions for other readers: what each may see, as a record of its own that names the full one and what it leaves out.

*internal* and *regulator* see everything. *downstream* does not see excerpts of data. *public* sees in addition no person's
name, no path, no column list, and no number about so few people that they could be told: a cell below the plan's `small_cell` is
suppressed, and so are as many others as are needed so that it cannot be worked out from a total (complementary suppression).
A group of fewer rows that the plan does not declare has no name either: it may be one person's.

Source: Hundepool et al. (2012), Statistical Disclosure Control, chapter 4 (cell suppression, here per whole group: all numbers
of a group go together, since a rate and its complement tell each other).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from cardwright.documents.interface import Edition
from cardwright.record.details import Answer, Details
from cardwright.record.evaluation import Evaluation, Finding, Table
from cardwright.record.filled import FilledEntry, FilledField
from cardwright.record.measurement import Measured, Measurement, Unmeasured
from cardwright.record.open_risks import names_nobody
from cardwright.record.record import ExpectedGroups, Record, Redaction
from cardwright.record.verdict import Outcome

GroupCell = frozenset[tuple[str, str | None]]
"""A group, or an intersection of groups: (attribute, value)."""

NOBODY = "(name withheld)"
TOO_FEW = "Withheld: it rests on too few cases, or would reveal a group that does."
WITHHELD = ("The numbers are withheld in this edition.", "Who signed is withheld in this edition.")
"""What stands in the place of an explanation, after the status."""
_OPERATIONS = ("integration", "dependencies", "rollback", "rollout")
"""What people say about the running of a service; not for the public."""
_PEOPLE = ("name", "accepted_by")
"""Columns of answers that name somebody."""


def edition_for(edition: Edition) -> Edition:
    """The edition that its audience may see. The record in it is redacted; its digest is its own."""
    if edition.audience in ("internal", "regulator"):
        return edition
    public = edition.audience == "public"
    withheld: set[str] = set()
    record = edition.record
    hidden = suppressed(record) if public else frozenset()
    evaluations = tuple(_evaluation(e, hidden, record.small_cell, public, withheld) for e in record.evaluations)
    changed: dict[str, Any] = {"evaluations": evaluations}
    if public:
        changed["details"] = _details(record, withheld)
        changed["filled"] = _filled(record, withheld)
        changed["provenance"] = record.provenance.model_copy(
            update={
                "author": None,
                "datasets": tuple(
                    d.model_copy(update={"path": None, "columns": (), "statement": None, "statement_sha256": None})
                    for d in record.provenance.datasets
                ),
            }
        )
        withheld |= {"provenance.author", "provenance.datasets.path", "provenance.datasets.columns"}
        if any(d.statement is not None for d in record.provenance.datasets):
            withheld.add("provenance.datasets.statement")
    changed["redaction"] = Redaction(
        audience=edition.audience, of_sha256=record.sha256, withheld=tuple(sorted(withheld))
    )
    redacted = Record.model_validate({**{name: getattr(record, name) for name in Record.model_fields}, **changed})
    gone = {
        (e.id, m.key)
        for e, full in zip(evaluations, record.evaluations, strict=True)
        for m, before in zip(e.measurements, full.measurements, strict=True)
        if m is not before
    }
    verdict = edition.verdict
    if verdict is not None and public:
        verdict = verdict.model_copy(update={"outcomes": tuple(_outcome(o, gone, hidden) for o in verdict.outcomes)})
    claims = tuple(c.model_copy(update={"person": NOBODY}) for c in edition.claims) if public else edition.claims
    if public and (names := nameless(record)):
        redacted = Record.model_validate(_without_names(redacted, names).model_dump())
        verdict = _without_names(verdict, names) if verdict is not None else None
    releaser = edition.released_by
    if public and releaser is not None:
        releaser = releaser.model_copy(update={"person": NOBODY})
    return replace(edition, record=redacted, verdict=verdict, claims=claims, released_by=releaser)


def suppressed(record: Record) -> frozenset[GroupCell]:
    """Groups whose numbers a public edition leaves out.

    A group is small where it, the cases that a rate is about, or those with or without the outcome, are fewer than the record's
    `small_cell` (none at all is no cell). Then, until nothing changes: a part of a suppressed group is suppressed; and where a
    published total would give a suppressed group away, the next smallest group of that total goes too.
    """
    size: dict[GroupCell, float] = {}
    small: set[GroupCell] = set()
    for evaluation in record.evaluations:
        for m in evaluation.measurements:
            if not m.slice:
                continue
            cell: GroupCell = frozenset(m.slice.items())
            units = m.sampling.units if m.sampling is not None else 0
            size[cell] = max(size.get(cell, 0), m.denominator or 0, units)
            if any(0 < count < record.small_cell for count in _counts(m)):
                small.add(cell)
    while True:
        more = {cell for cell in size if cell not in small and any(part < cell for part in small)}
        more = more or _complements(size, small, record.small_cell)
        if not more:
            return frozenset(small)
        small |= more


_SLICES = ("slice", "highest", "lowest")
_SAID = ("parameters", "details", "policy")
"""What people wrote, which names what they chose to name."""


def nameless(record: Record) -> dict[tuple[str, str], str]:
    """Groups whose names a public edition leaves out, by attribute and value, and what each is called instead.

    They are those that the plan does not declare and that nowhere have `small_cell` rows.
    """
    expected = [groups for planned in record.planned for groups in planned.groups]
    declared = {(one.attribute, group) for one in expected if one.declared for group in one.groups}
    size = {(one.attribute, group): 0.0 for one in expected for group in one.groups}
    for evaluation in record.evaluations:
        for m in evaluation.measurements:
            rows = max(m.denominator or 0, m.sampling.units if m.sampling is not None else 0)
            for attribute, value in m.slice.items():
                if value is not None:
                    size[attribute, value] = max(size.get((attribute, value), 0), rows)
    few = sorted(cell for cell, rows in size.items() if rows < record.small_cell and cell not in declared)
    return {cell: f"(small group {number})" for number, cell in enumerate(few, 1)}


def _without_names(value: Any, names: Mapping[tuple[str, str], str], field: str = "") -> Any:
    """A value with other words for these groups: in slices and lists of groups, in tables, and inside texts."""
    if field in _SAID:
        return value
    if isinstance(value, BaseModel):
        new = {name: _without_names(getattr(value, name), names, name) for name in type(value).model_fields}
        if isinstance(value, ExpectedGroups):
            new["groups"] = tuple(names.get((value.attribute, group), group) for group in value.groups)
        return value.model_copy(update={k: v for k, v in new.items() if v is not getattr(value, k)})
    if isinstance(value, Mapping):
        if field in _SLICES:
            return {attribute: names.get((attribute, group), group) for attribute, group in value.items()}
        return {key: _without_names(inner, names, field) for key, inner in value.items()}
    if isinstance(value, tuple):
        return tuple(_without_names(inner, names, field) for inner in value)
    return _text_without_names(value, names, field) if isinstance(value, str) else value


def _text_without_names(text: str, names: Mapping[tuple[str, str], str], field: str) -> str:
    if field == "rows":  # cells of a table
        text = next((other for (_, name), other in names.items() if name == text), text)
    elif " " not in text and field != "where":
        return text  # an identifier, or a word of ours that a group may be called by too
    for (_, name), other in names.items():
        if len(name) >= 3 and not name.isdigit() and name in text:
            text = other.join(re.split(rf"(?<!\w){re.escape(name)}(?!\w)", text))
    return text


def _counts(m: Measurement) -> Iterable[float]:
    if m.denominator is not None:
        yield m.denominator
        if isinstance(m, Measured) and m.numerator is not None and m.unit == "proportion":
            yield m.numerator
            yield m.denominator - m.numerator
    if m.sampling is not None:
        yield m.sampling.units


def _complements(size: Mapping[GroupCell, float], small: set[GroupCell], least: int) -> set[GroupCell]:
    """One more group for the first published total that gives a suppressed one away."""
    lines: dict[tuple[str, GroupCell], list[GroupCell]] = {}
    for cell in size:
        for attribute, value in cell:
            lines.setdefault((attribute, cell - {(attribute, value)}), []).append(cell)
    for (_, total), cells in sorted(lines.items(), key=lambda line: (line[0][0], _order(line[0][1]))):
        out = [cell for cell in cells if cell in small]
        if not out or total in small:
            continue
        if len(out) > 1 and sum(size[cell] for cell in out) >= least:
            continue
        left = sorted((cell for cell in cells if cell not in small), key=lambda cell: (size[cell], _order(cell)))
        if left:
            return {left[0]}
        if total in size:
            return {total}
    return set()


def _order(cell: GroupCell) -> list[tuple[str, str]]:
    return sorted((attribute, value or "") for attribute, value in cell)


def _evaluation(
    e: Evaluation, hidden: frozenset[GroupCell], least: int, public: bool, withheld: set[str]
) -> Evaluation:
    path = f"evaluations.{e.id}"
    names = _names(hidden) if public and any(frozenset(m.slice.items()) in hidden for m in e.measurements) else None
    findings = tuple(_finding(f, names, least, public, f"{path}.findings", withheld) for f in e.findings)
    if not public:
        return e.model_copy(update={"findings": findings})
    tables = tuple(t for t in e.tables if names is None and not _has_small(t, least))
    withheld.update(f"{path}.tables.{t.id}" for t in e.tables if t not in tables)
    series = tuple(s for s in e.series if frozenset(s.slice.items()) not in hidden)
    withheld.update(f"{path}.series.{s.id}" for s in e.series if s not in series)
    measurements = tuple(_measurement(m, hidden, least) for m in e.measurements)
    if any(m is not before for m, before in zip(measurements, e.measurements, strict=True)):
        withheld.add(f"{path}.measurements")
    limits = tuple(TOO_FEW if names is not None and names.search(limit) else limit for limit in e.limits)
    return e.model_copy(
        update={
            "findings": findings,
            "tables": tables,
            "series": series,
            "measurements": measurements,
            "limits": limits,
        }
    )


def _names(hidden: frozenset[GroupCell]) -> re.Pattern[str]:
    values = sorted({"unknown" if value is None else value for cell in hidden for _, value in cell})
    return re.compile("|".join(rf"(?<!\w){re.escape(value)}(?!\w)" for value in values))


def _has_small(table: Table, least: int) -> bool:
    counts = [index for index, column in enumerate(table.columns) if column.unit == "count"]
    return any(
        isinstance(row[index], int | float) and 0 < float(row[index] or 0) < least
        for row in table.rows
        for index in counts
    )


def _measurement(m: Measurement, hidden: frozenset[GroupCell], least: int) -> Measurement:
    ends = (m.groups.highest, m.groups.lowest) if m.groups is not None else ()
    cells = [frozenset(end.items()) for end in ends if end]
    if frozenset(m.slice.items()) in hidden or any(cell in hidden for cell in cells):
        return Unmeasured(
            metric=m.metric, slice=m.slice, across=m.across, given=m.given, of_class=m.of_class, at=m.at,
            code="suppressed", reason=TOO_FEW,
        )  # fmt: skip
    if m.groups is not None and (m.groups.excluded or 0 < m.groups.unknown < least):
        return m.model_copy(update={"groups": None})  # it says how few the small ones are
    return m


def _finding(
    f: Finding, names: re.Pattern[str] | None, least: int, public: bool, path: str, withheld: set[str]
) -> Finding:
    update: dict[str, Any] = {}
    if f.examples:
        update["examples"] = ()
        withheld.add(f"{path}.examples")
    few = public and f.count is not None and 0 < f.count < least
    if few or (names is not None and (names.search(f.explanation) or names.search(f.where or ""))):
        update |= {"explanation": TOO_FEW, "where": None, "count": None}
        withheld.add(f"{path}.explanation")
    return f.model_copy(update=update) if update else f


def _details(record: Record, withheld: set[str]) -> Details:
    answers: dict[str, Answer] = {}
    fields = record.document.definition.fields if record.document is not None else ()
    people = {field.field: (*_PEOPLE, *field.people) for field in fields}
    for name, answer in record.details.answers.items():
        if name in _OPERATIONS:
            withheld.add(f"details.answers.{name}")
            continue
        answers[name] = _of_nobody(answer, people.get(name, _PEOPLE))
    withheld.add("details.answers.stated_by")
    withheld.update(
        f"details.answers.{n}.{k}"
        for n, a in answers.items()
        for k in people.get(n, _PEOPLE)
        if any(k in e for e in a.entries)
    )
    return Details(answers=answers)


def _of_nobody(answer: Answer, named: tuple[str, ...]) -> Answer:
    entries = tuple(
        # "Nobody" is no name, and a risk that nobody accepted must not read as one that somebody did.
        {k: NOBODY if k in named and not (k == "accepted_by" and names_nobody(v)) else v for k, v in entry.items()}
        for entry in answer.entries
    )
    return answer.model_copy(update={"entries": entries, "stated_by": NOBODY})


_OF_GROUPS = ("findings",)
"""Facts whose words may name a group and its numbers."""


def _filled(record: Record, withheld: set[str]) -> tuple[FilledField, ...]:
    """What other records say about the fields, as the public may read it: no number of a group, and nobody's name.

    Whether a group of another record is small, or could be worked out from a total, cannot be told from the few numbers that are
    here; so none is shown.
    """
    shown: list[FilledField] = []
    for one in record.filled:
        entries = tuple(
            entry.model_copy(update={"answer": _of_nobody(entry.answer, _PEOPLE)})
            if entry.answer is not None
            else entry
            for entry in one.entries
            if not _tells_of_groups(entry) and not (entry.answer is not None and entry.name in _OPERATIONS)
        )
        if len(entries) < len(one.entries):
            withheld.add(f"filled.{one.field}")
        if entries:
            shown.append(
                one.model_copy(update={"entries": entries, "more": one.more + len(one.entries) - len(entries)})
            )
    return tuple(shown)


def _tells_of_groups(entry: FilledEntry) -> bool:
    m = entry.measurement
    return entry.name in _OF_GROUPS or (m is not None and (bool(m.slice) or bool(m.across) or m.groups is not None))


def withheld(status: str, ending: str) -> str:
    """The explanation of an outcome whose own is withheld."""
    return f"{status.replace('_', ' ').capitalize()}. {ending}"


def _outcome(outcome: Outcome, gone: set[tuple[str, tuple[object, ...]]], hidden: frozenset[GroupCell]) -> Outcome:
    keys = {(evaluation, key[0], key[1], key[2]) for evaluation, key in gone}
    seen = tuple(
        o.model_copy(update={"value": None, "interval": None, "denominator": None, "distance": None, "note": TOO_FEW})
        if (o.evaluation, o.metric, tuple(o.slice.items()), o.across) in keys
        else o
        for o in outcome.observations
    )
    update: dict[str, Any] = {"observations": seen}
    named = hidden and _names(hidden).search(outcome.explanation)
    if named or any(after is not before for after, before in zip(seen, outcome.observations, strict=True)):
        update["explanation"] = withheld(outcome.status, WITHHELD[0])
    if outcome.waived is not None:
        update["waived"] = outcome.waived.model_copy(update={"approved_by": NOBODY, "requested_by": NOBODY})
    if outcome.kind in ("sign_off", "preregistered", "checklist"):
        update["explanation"] = withheld(outcome.status, WITHHELD[1])
    return outcome.model_copy(update=update)
