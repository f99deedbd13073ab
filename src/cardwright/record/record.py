"""The record: everything that was found about one subject, frozen. The waist of the hour-glass."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from cardwright.record import canonical, display
from cardwright.record.base import Count, Flag, FreeText, Identifier, Label, Sha256, Term, Value
from cardwright.record.detail_fields import FieldSpec
from cardwright.record.details import Details
from cardwright.record.evaluation import Evaluation
from cardwright.record.filled import FilledField
from cardwright.record.kind import DocumentKind, RecordLink, answers_flaw, fields_of, text_sha256
from cardwright.record.provenance import Provenance
from cardwright.record.subject import Context, Subject

SCHEMA = "cardwright/record/1"


class ExpectedGroups(Value):
    """The groups of one attribute that an evaluation must cover, said before it ran."""

    attribute: Label
    """The column."""
    groups: tuple[Label, ...]
    """Its groups; unknown membership is not one."""
    declared: Flag
    """True if the plan lists them, False if they were found in the data."""


class Planned(Value):
    """One evaluation of the plan, and what is expected of it."""

    id: Identifier
    """Unique in the plan."""
    evaluator: Identifier
    """Which evaluator."""
    inputs: dict[Identifier, Identifier]
    """Which source stands for which need."""
    roles: dict[Identifier, Identifier]
    """Which role each of them has."""
    parameters: dict[Identifier, JsonValue] = {}
    """How it is set, as the plan says."""
    groups: tuple[ExpectedGroups, ...] = ()
    """Groups it must cover."""
    depth: Annotated[Count, Field(ge=1)] = 1
    """How many attributes are crossed."""


class NotEvaluated(Value):
    """A planned evaluation that gave no result. It is never a pass."""

    id: Identifier
    """The evaluation's id in the plan."""
    code: Literal["error", "missing"]
    """`error`: it raised. `missing`: it could not start, e.g. an extra is not installed."""
    reason: FreeText
    """What happened, without values from the data."""
    remedy: FreeText
    """What to do."""


class Redaction(Value):
    """What an edition of a record for other readers leaves out."""

    audience: Identifier
    """For whom it is: `downstream`, `public`."""
    of_sha256: Sha256
    """The full record that it was made from."""
    withheld: tuple[Label, ...]
    """Paths that were left out or replaced."""


class Record(Value):
    """What was found about one subject: planned, evaluated, and said by people."""

    schema_: Annotated[Literal["cardwright/record/1"], Field(alias="schema")] = "cardwright/record/1"
    """The format of this file."""
    title: FreeText
    """What the documents call it."""
    subject: Subject
    """What it is about."""
    context: Annotated[Context, Field(default_factory=Context)]
    """What decides which requirements apply."""
    provenance: Provenance
    """Where the numbers come from."""
    planned: tuple[Planned, ...]
    """Every evaluation of the plan."""
    evaluations: tuple[Evaluation, ...]
    """Those that gave a result."""
    not_evaluated: tuple[NotEvaluated, ...] = ()
    """Those that gave none, and why."""
    details: Annotated[Details, Field(default_factory=Details)]
    """What people said."""
    small_cell: Annotated[Count, Field(ge=1)] = 5
    """Counts below this are suppressed in public tables."""
    document: Annotated[DocumentKind | None, Field(exclude_if=lambda value: value is None)] = None
    """The kind of document that it was made for, with its definition; absent for the assessment of a model, dataset or system
    that is no more than that."""
    links: Annotated[tuple[RecordLink, ...], Field(exclude_if=lambda value: not value)] = ()
    """Other dossiers that it refers to."""
    filled: Annotated[tuple[FilledField, ...], Field(exclude_if=lambda value: not value)] = ()
    """What these say about its fields, as its kind asks; whoever has them takes it from them again and compares."""
    redaction: Redaction | None = None
    """Set in an edition for other readers; nothing is handed over on one."""

    @model_validator(mode="after")
    def _everything_planned_is_accounted_for(self) -> Self:
        planned = [plan.id for plan in self.planned]
        done = [evaluation.id for evaluation in self.evaluations]
        failed = [gap.id for gap in self.not_evaluated]
        for name, ids in (("planned", planned), ("evaluations", done), ("not_evaluated", failed)):
            if len(set(ids)) != len(ids):
                raise ValueError(f"an id appears twice in {name}; a re-run is a new record")
        if set(done) & set(failed):
            raise ValueError("an evaluation is both done and not done")
        if set(planned) != set(done) | set(failed):
            raise ValueError("planned evaluations are not all accounted for: each has a result, or a reason why not")
        return self

    @model_validator(mode="after")
    def _is_of_its_kind(self) -> Self:
        definition = self.document.definition if self.document is not None else None
        flaw = answers_flaw(definition, self.details)
        if flaw is not None:
            raise ValueError(flaw)
        if definition is not None and definition.subject != self.subject.kind:
            raise ValueError(
                f"a {definition.kind} is about a {definition.subject}; the subject is a {self.subject.kind}"
            )
        known = {(link.role, link.record_sha256) for link in self.links}
        for one in self.filled:
            if definition is None or definition.field(one.field) is None or (one.role, one.record_sha256) not in known:
                raise ValueError(f"{one.field} is filled from a record that it does not refer to, or is no field of it")
        if self.subject.kind != "work":
            return self
        if self.document is None:
            raise ValueError("a work is of some kind of document; it names none")
        # An edition for other readers says less than what it was made from, and names that.
        if self.redaction is None and self.subject.text_sha256 != text_sha256(self.document, self.details, self.links):
            raise ValueError("its text is not the one that it is identified by")
        return self

    @cached_property
    def fields(self) -> Mapping[str, FieldSpec]:
        """Every field that it can answer, by name: the shared ones, and those of its kind of document."""
        return fields_of(self.document)

    def provided(self, name: str) -> bool:
        """Whether people have answered a field; see `Details.provided`."""
        return self.details.provided(name, self.fields)

    def missing(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the named fields that nobody has answered."""
        return self.details.missing(names, self.fields)

    @property
    def kind(self) -> str:
        """Its kind of document, or of subject where it has none: what links and policies call it."""
        return self.document.definition.kind if self.document is not None else self.subject.kind

    @cached_property
    def sha256(self) -> str:
        """Digest of the canonical bytes: the record's name in every other file."""
        return canonical.sha256(self)

    def evaluation(self, id: str) -> Evaluation | None:
        """The evaluation with this id."""
        return next((evaluation for evaluation in self.evaluations if evaluation.id == id), None)

    def plan(self, id: str) -> Planned | None:
        """What was planned under this id."""
        return next((planned for planned in self.planned if planned.id == id), None)

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        return display.of_record(self)


class PlanLock(Value):
    """`plan.lock.json`: the plan as it was resolved before anything was evaluated, with the policy it will be judged by."""

    schema_: Annotated[Literal["cardwright/plan-lock/1"], Field(alias="schema")] = "cardwright/plan-lock/1"
    """The format of this file."""
    title: FreeText
    """What the documents call the subject."""
    subject: Subject
    """What will be judged."""
    context: Context
    """What decides which requirements apply."""
    planned: tuple[Planned, ...]
    """Every evaluation, with groups and parameters."""
    sources: dict[Identifier, dict[str, JsonValue]]
    """Every source as declared."""
    seed: Count
    """The seed."""
    policy: Label
    """The policy it asks for."""
    policy_sha256: Term | None = None
    """Digest of that policy, flattened."""
    author: Label | None = None
    """Who planned it."""
    baseline_sha256: Annotated[Sha256 | None, Field(exclude_if=lambda value: value is None)] = None
    """The record of the baseline, if the plan names one."""
    document: Annotated[DocumentKind | None, Field(exclude_if=lambda value: value is None)] = None
    """The kind of document that it is for."""
    links: Annotated[tuple[RecordLink, ...], Field(exclude_if=lambda value: not value)] = ()
    """Other dossiers that it refers to."""

    @cached_property
    def sha256(self) -> str:
        """Digest of the canonical bytes."""
        return canonical.sha256(self)
