"""A kind of document as data: what it asks people, what it refers to, what it evaluates, and the least that it must show.

A kind is a folder (`card_templates/kinds/NAME/`). Its definition travels inside every record made with it, fields and digest,
so that whoever receives the record can read, judge and verify it without the folder.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cardwright.errors import did_you_mean
from cardwright.record import canonical
from cardwright.record.base import Flag, FreeText, Identifier, Label, Sha256, Value
from cardwright.record.detail_fields import FIELDS, FieldSpec
from cardwright.record.details import Details
from cardwright.record.filled import FilledFrom
from cardwright.record.subject import Kind

KindName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,59}$")]
"""Name of a kind of document, and of its folder: no dot, no slash, so that it can never be a path."""
FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
"""Name of a field."""
TemplateName = Annotated[str, Field(pattern=r"^(?:template\.(?:html|md)\.j2|words\.[a-z]{2}\.yaml)$")]
"""A file of a kind's folder that documents are made from."""


class KindField(Value):
    """One question that a kind asks people."""

    field: FieldName
    """Its name in `details.yaml` and in records."""
    section: FreeText
    """The section of the document that it stands in."""
    title: FreeText
    """Its heading there."""
    question: FreeText
    """What is asked."""
    good: FreeText
    """What a helpful answer looks like."""
    bad: FreeText
    """What does not help, and is common."""
    who: Identifier
    """Which role answers."""
    columns: tuple[FieldName, ...] = ()
    """For a field of several entries: the keys of each; empty for prose."""
    optional: tuple[FieldName, ...] = ()
    """Keys that an entry may leave out."""
    people: tuple[FieldName, ...] = ()
    """Keys that name somebody; a public edition withholds them."""
    choices: tuple[Label, ...] = ()
    """The answers that are accepted, for a field of prose that is a decision or a state; empty accepts any."""
    exactly: Annotated[int | None, Field(ge=1, le=1000)] = None
    """How many entries there must be, if the kind fixes it: a plan has exactly one primary metric."""
    required: Literal["always", "never"] = "never"
    """Whether a document without it is refused."""
    required_when: dict[FieldName, tuple[Label, ...]] = {}
    """Other fields with choices, and for which of their answers this one is required, too."""
    filled_from: Annotated[tuple[FilledFrom, ...], Field(exclude_if=lambda value: not value)] = ()
    """What of the dossiers that it refers to belongs to this field: it stands beside what people say, or instead of it."""

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        for name, listed in (("optional", self.optional), ("people", self.people)):
            other = sorted(set(listed) - set(self.columns))
            if other:
                raise ValueError(f'{self.field}: `{name}` names "{other[0]}", which is none of its columns')
        if self.columns and self.choices:
            raise ValueError(f"{self.field}: choices are for prose, columns for entries; it has both")
        if self.exactly is not None and not self.columns:
            raise ValueError(f"{self.field}: `exactly` counts entries, and it has no columns")
        return self

    @property
    def spec(self) -> FieldSpec:
        """The same question as the shared fields are described."""
        return FieldSpec(
            name=self.field, section=self.section, title=self.title, question=self.question, good=self.good, bad=self.bad,
            who=self.who, kinds=(), columns=self.columns, optional=self.optional, choices=self.choices,
        )  # fmt: skip


class LinkRule(Value):
    """Another dossier that a document of this kind refers to."""

    role: Identifier
    """What the other one is to it, e.g. `plan`."""
    kind: Identifier
    """Its kind: of document (`experiment_plan`), or of subject where it has none (`model`)."""
    required: Flag = False
    """Whether a document without it is refused."""
    why: FreeText
    """Why it refers to it."""


class KindMinimum(Value):
    """The responsible-AI minimum of a kind: what holds under every policy, so that a new kind is no way around the gate."""

    fields: Annotated[tuple[FieldName, ...], Field(min_length=1)]
    """Fields that have to be answered: the kind's own, or shared ones."""
    evaluators: tuple[Identifier, ...] = ()
    """Evaluators that have to have measured something."""
    why: FreeText
    """Why."""


class KindDefinition(Value):
    """What a kind of document is."""

    schema_: Annotated[Literal["cardwright/kind/1"], Field(alias="schema")] = "cardwright/kind/1"
    """The format of `kind.yaml`."""
    kind: KindName
    """Its name: that of its folder."""
    version: Label
    """Its version."""
    title: FreeText
    """What documents of this kind are called."""
    summary: FreeText
    """What it is for, in a sentence."""
    subject: Kind
    """What it is about: a model, a dataset, a system, or `work`, which is identified by its own text."""
    shared: tuple[FieldName, ...] = ()
    """Shared fields (`cardwright schema details`) that it asks as well."""
    fields: tuple[KindField, ...] = ()
    """What it asks people, in the order of the document."""
    links: tuple[LinkRule, ...] = ()
    """What it refers to."""
    evaluates: tuple[Identifier, ...] = ()
    """Evaluators that a plan of this kind names and that have to have a result; empty for what only people write."""
    minimum: KindMinimum
    """What holds under every policy."""
    documents: tuple[Identifier, ...] = ()
    """Standard documents that its dossiers hold beside its own: `audit_report`, `model_card`."""

    @model_validator(mode="after")
    def _names_what_there_is(self) -> Self:
        own = [field.field for field in self.fields]
        twice = sorted({name for name in own if own.count(name) > 1})
        if twice:
            raise ValueError(f'the field "{twice[0]}" is there twice')
        taken = next((name for name in own if name in FIELDS), None)
        if taken is not None:
            raise ValueError(f'"{taken}" is a shared field: list it under `shared`, or call yours something else')
        known = [*own, *FIELDS]
        for where, names in (("shared", self.shared), ("minimum", self.minimum.fields)):
            stranger = next((name for name in names if name not in (FIELDS if where == "shared" else known)), None)
            if stranger is not None:
                raise ValueError(f'{where}: no field is called "{stranger}". {did_you_mean(stranger, known)}')
        roles = [link.role for link in self.links]
        if len(set(roles)) != len(roles):
            raise ValueError("two links have the same role")
        for field in self.fields:
            named = [role for rule in field.filled_from for role in rule.roles]
            unknown = next((role for role in named if role not in roles), None)
            if unknown is not None or (field.filled_from and not roles):
                raise ValueError(
                    f"{field.field}: filled_from takes from the links, and none has the role "
                    f'"{unknown or "of any"}". {did_you_mean(unknown or "", roles)}'
                )
        fields = {field.field: field for field in self.fields}
        for field in self.fields:
            for other, answers in field.required_when.items():
                if other not in fields or not set(answers) <= set(fields[other].choices):
                    raise ValueError(f'{field.field}: required_when names answers that "{other}" does not offer')
        return self

    @property
    def sha256(self) -> str:
        """Digest of the canonical bytes."""
        return canonical.sha256(self)

    def field(self, name: str) -> KindField | None:
        """Its own field of this name."""
        return next((field for field in self.fields if field.field == name), None)


class DocumentKind(Value):
    """The kind that a record was made with, whole: a receiver needs nothing else to read and judge it."""

    sha256: Sha256
    """Digest of the definition."""
    definition: KindDefinition
    """The definition."""
    templates: dict[TemplateName, Sha256] = {}
    """Files that its documents are made from, by digest; their bytes are in the dossier, under `evidence/kind/`."""

    @model_validator(mode="after")
    def _is_that_definition(self) -> Self:
        if self.definition.sha256 != self.sha256:
            raise ValueError("the definition of its kind is not the one with this digest; it was changed")
        return self


class RecordLink(Value):
    """Another dossier that a record refers to."""

    role: Identifier
    """What it is to this one."""
    kind: Identifier
    """Its kind of document, or of subject where it has none."""
    name: Identifier
    """The name of its subject."""
    version: Label
    """The version of its subject."""
    record_sha256: Sha256
    """Its record."""


def text_sha256(document: DocumentKind, details: Details, links: tuple[RecordLink, ...]) -> str:
    """What a `work` is identified by: its own text, the kind that asked for it, and what it refers to."""
    return canonical.sha256(
        {
            "kind": document.sha256,
            "answers": {name: canonical.plain(answer) for name, answer in details.answers.items()},
            "links": [canonical.plain(link) for link in links],
        }
    )


def fields_of(document: DocumentKind | None) -> Mapping[str, FieldSpec]:
    """Every field that a record of this kind can answer: the shared ones, and the kind's own."""
    own = document.definition.fields if document is not None else ()
    return {**FIELDS, **{field.field: field.spec for field in own}}


def answers_flaw(definition: KindDefinition | None, details: Details) -> str | None:
    """The first answer that is none to what is asked, in words; None if all are."""
    for name, answer in details.answers.items():
        if name in FIELDS:
            continue  # looked at by `Details` itself
        field = definition.field(name) if definition is not None else None
        if field is None:
            known = [*(one.field for one in (definition.fields if definition is not None else ())), *FIELDS]
            return f'no details field is called "{name}". {did_you_mean(name, known)}'
        if field.columns and not answer.entries:
            return f"{name} is a list of entries with {', '.join(field.columns)}"
        if not field.columns and answer.text is None:
            return f"{name} is prose, not a list"
        for entry in answer.entries:
            for key in entry:
                if key not in field.columns:
                    return f'{name} has no "{key}". {did_you_mean(key, field.columns)}'
        if field.choices and answer.text not in field.choices:
            return f"{name} is one of {', '.join(field.choices)}"
    return None


def released_by(definition: KindDefinition, name: str, details: Details) -> Mapping[str, str]:
    """The answers by which a question that some answers ask for need not be answered; none if it is asked for, or may be.

    A document says so of the question instead of listing it as missing.
    """
    field = definition.field(name)
    if field is None or not field.required_when or name in required_fields(definition, details):
        return {}
    said = {
        other: answer.text for other in field.required_when if (answer := details.answers.get(other)) and answer.text
    }
    # As long as one of them is open, nobody knows whether the question is asked.
    return said if len(said) == len(field.required_when) else {}


def required_fields(definition: KindDefinition, details: Details) -> tuple[str, ...]:
    """The fields that a document with these answers may not leave out."""
    required: list[str] = []
    for field in definition.fields:
        answers = ((name, details.answers.get(name), values) for name, values in field.required_when.items())
        # What decides whether it is required may be missing itself: then that is what is asked for first.
        if field.required == "always" or any(a is not None and a.text in values for _, a, values in answers):
            required.append(field.field)
    return tuple(dict.fromkeys([*required, *definition.minimum.fields]))
