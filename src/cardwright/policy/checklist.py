"""Checklists: what a framework asks for, clause by clause in our own words, and what in a record supports each item.

Coverage says what has evidence, what a person attests, and what is missing. It never says that an item is satisfied, and it never
gives a share without its parts.
"""

from __future__ import annotations

import textwrap
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cardwright.errors import PolicyError, did_you_mean
from cardwright.files import yamltext
from cardwright.record import canonical
from cardwright.record.base import Day, Flag, FreeText, Identifier, Label, Term, Value
from cardwright.record.claim import Attest, Claim, Withdraw
from cardwright.record.coverage import Answered, ChecklistCoverage, ItemCoverage
from cardwright.record.details import FIELDS
from cardwright.record.filling import evidenced
from cardwright.record.measurement import Measured
from cardwright.record.record import Record
from cardwright.record.subject import Kind


class Evidence(Value):
    """What supports an item: an evaluation, fields that people filled, provenance, or a person's attestation."""

    evaluator: Identifier | None = None
    """An evaluation by this evaluator that measured something, or that shows from its input that the question does not arise."""
    metrics: tuple[Term, ...] = ()
    """Metrics that have to be measured in it."""
    slice: dict[Label, Label] = Field(default_factory=dict, exclude_if=lambda value: not value)
    """The rows they have to be measured on, e.g. `category: prompt_injection`; if omitted, any."""
    crossed: Annotated[Flag, Field(exclude_if=lambda value: not value)] = False
    """Whether they have to be measured where two attributes cross."""
    binding: Literal["recomputed"] | None = None
    """Whether its numbers have to be tied to the model at hand."""
    fields: tuple[Identifier, ...] = ()
    """Details fields that have to be filled."""
    document: Annotated[Identifier | None, Field(exclude_if=lambda value: value is None)] = None
    """The kind of document whose fields they are; if omitted, they are shared fields."""
    provenance: Flag = False
    """Whether every number has to resolve to run, commit, configuration and dataset version."""
    attestation: Flag = False
    """Whether only a person can say so."""

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        asked = [self.evaluator is not None, bool(self.fields), self.provenance, self.attestation]
        if sum(asked) != 1:
            raise ValueError("evidence is one of evaluator, fields, provenance, attestation")
        if (self.metrics or self.binding is not None) and self.evaluator is None:
            raise ValueError("metrics and binding are those of an evaluator")
        if (self.slice or self.crossed) and not self.metrics:
            raise ValueError("slice and crossed say where metrics are measured; name the metrics")
        if self.slice and self.crossed:
            raise ValueError("say slice or crossed, not both")
        if self.document is not None and not self.fields:
            raise ValueError("`document` says whose fields they are; name the fields")
        for name in self.fields if self.document is None else ():
            if name not in FIELDS:
                raise ValueError(f'no details field is called "{name}". {did_you_mean(name, FIELDS)}')
        return self


class Item(Value):
    """One item."""

    id: Identifier
    """Its id."""
    clause: Label
    """The clause it comes from."""
    requirement: FreeText
    """What it asks, in our own words."""
    evidence: Evidence
    """What supports it."""
    kinds: tuple[Kind, ...] = ("model", "dataset", "system")
    """Kinds of subject it is about."""


class Checklist(Value):
    """A checklist as dated data."""

    schema_: Annotated[Literal["cardwright/checklist/1"], Field(alias="schema")]
    """The format of this file."""
    checklist: Identifier
    """Its name."""
    title: FreeText
    """Its title."""
    version: Label
    """Its version."""
    status: Literal["in_force", "proposed", "superseded", "voluntary"]
    """Its status in law or practice."""
    as_of: Day
    """The day on which its clauses were read."""
    applies_from: Day
    """The day from which it applies."""
    superseded: Annotated[Day | None, Field(exclude_if=lambda value: value is None)] = None
    """The day from which it applies no more, where there is one."""
    source: FreeText
    """Where its clauses can be read."""
    source_mark: Literal["V", "M"]
    """V: verified in a copy of the source. M: from memory, to be checked again."""
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    """Its items."""

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [item.id for item in self.items]
        if len(set(ids)) != len(ids):
            raise ValueError("two items have the same id")
        if (self.status == "superseded") != (self.superseded is not None):
            raise ValueError("what is superseded, and only that, says from which day: `superseded`")
        return self

    @property
    def sha256(self) -> str:
        """Digest of the canonical bytes."""
        return canonical.sha256(self)


def read(data: bytes, *, where: str) -> Checklist:
    """A checklist file.

    Raises
    ------
    PolicyError
        With file and line.
    """
    return yamltext.to_model(Checklist, yamltext.parse(data, where=where, error=PolicyError), error=PolicyError)


def coverage(checklist: Checklist, record: Record, claims: tuple[Claim, ...] = ()) -> ChecklistCoverage:
    """What a record and people's attestations support of a checklist, item by item."""
    return ChecklistCoverage(
        checklist=checklist.checklist,
        title=checklist.title,
        sha256=checklist.sha256,
        as_of=checklist.as_of,
        items=tuple(_item(checklist, item, record, claims) for item in checklist.items),
    )


def _item(checklist: Checklist, item: Item, record: Record, claims: tuple[Claim, ...]) -> ItemCoverage:
    answered, where, note = _answer(checklist, item, record, claims)
    return ItemCoverage(
        item=item.id, clause=item.clause, requirement=item.requirement, answered=answered, evidence=where, note=note
    )


def _answer(
    checklist: Checklist, item: Item, record: Record, claims: tuple[Claim, ...]
) -> tuple[Answered, tuple[str, ...], str | None]:
    if record.subject.kind not in item.kinds:
        return "not_applicable", (), f"asked of a {' or a '.join(item.kinds)}; this is a {record.subject.kind}"
    # The last word of each person, by key, counts. One who says that it is not met is not outvoted.
    withdrawn = {claim.claim for claim in claims if isinstance(claim, Withdraw)}
    said = {
        claim.key: claim
        for claim in claims
        if isinstance(claim, Attest)
        and claim.id not in withdrawn
        and claim.checklist == checklist.checklist
        and claim.item == item.id
        and claim.record_sha256 in (None, record.sha256)
    }.values()
    words = {
        answer: tuple(f"{claim.person} ({claim.role}): {claim.statement}" for claim in said if claim.answer == answer)
        for answer in ("met", "not_met", "not_applicable")
    }
    if words["not_met"]:
        return "missing", (), f"not met, says {words['not_met'][0]}"
    if words["met"]:
        return "attested", words["met"], None
    if words["not_applicable"]:
        return "not_applicable", (), f"does not apply, says {words['not_applicable'][0]}"
    asked = item.evidence
    if asked.attestation:
        return "missing", (), "only a person can answer: cardwright attest"
    if asked.provenance:
        provenance = record.provenance
        if provenance.commit is None or provenance.dirty is not False:
            return "missing", (), "no commit, or uncommitted changes"
        return "evidence", (f"run {provenance.run_id}, commit {provenance.commit[:12]}",), None
    if asked.fields:
        if asked.document is not None and record.kind != asked.document:
            return "not_applicable", (), f"asked of a {asked.document}; this is a {record.kind}"
        filled = evidenced(record.filled) if asked.document is not None else frozenset()
        absent = [name for name in record.missing(asked.fields) if name not in filled]
        if absent:
            return "missing", (), f"not provided: {', '.join(absent)}"
        return (
            "evidence",
            tuple(f"{'details' if record.provided(name) else 'filled'}: {name}" for name in asked.fields),
            None,
        )
    return _by_evaluator(asked, record)


def _by_evaluator(asked: Evidence, record: Record) -> tuple[Answered, tuple[str, ...], str | None]:
    found = [evaluation for evaluation in record.evaluations if evaluation.evaluator == asked.evaluator]
    failed = [
        gap.id for gap in record.not_evaluated if (plan := record.plan(gap.id)) and plan.evaluator == asked.evaluator
    ]
    if failed:
        return "missing", (), f"{', '.join(failed)} has no result"
    if not found:
        return "missing", (), f"no evaluation by {asked.evaluator}"
    if all(evaluation.not_applicable is not None for evaluation in found):
        return "not_applicable", (), found[0].not_applicable
    if asked.binding is not None and not any(e.binding is not None and e.binding.kind == asked.binding for e in found):
        return "missing", (), "its numbers are not recomputed by the model at hand"
    measured = [e for e in found if any(isinstance(m, Measured) and _bears(asked, m) for m in e.measurements)]
    names = {m.metric for e in measured for m in e.measurements if isinstance(m, Measured) and _bears(asked, m)}
    absent = [metric for metric in asked.metrics if metric not in names]
    if not measured or absent:
        where = " and ".join(f"{key} {value}" for key, value in asked.slice.items())
        if asked.crossed:
            where = "where two attributes cross"
        return "missing", (), f"not measured: {', '.join(absent) or 'anything'}{f' ({where})' if where else ''}"
    return "evidence", tuple(f"evaluation {e.id}" for e in measured), None


def _bears(asked: Evidence, measured: Measured) -> bool:
    """Whether a measurement is on the rows that an item is about."""
    if asked.metrics and measured.metric not in asked.metrics:
        return False
    if asked.crossed:
        return len(measured.slice) > 1 or len(measured.across) > 1
    return not asked.slice or dict(measured.slice) == asked.slice


def as_text(found: ChecklistCoverage, *, width: int = 80) -> str:
    """Coverage for the terminal: counts with their parts, then every item."""
    counts = found.counts
    lines = [
        f"{found.title} (as of {found.as_of})",
        f"{len(found.items)} items: {counts['evidence']} with evidence, {counts['attested']} attested, "
        f"{counts['missing']} missing, {counts['not_applicable']} not applicable",
    ]
    for item in found.items:
        text = f"{item.clause}  {item.item}: {item.answered.replace('_', ' ')}. {item.requirement}"
        lines += textwrap.wrap(text, width, subsequent_indent="    ")
        for where in (*item.evidence, *((item.note,) if item.note else ())):
            lines += textwrap.wrap(f"- {where}", width, initial_indent="    ", subsequent_indent="      ")
    return "\n".join(lines)
