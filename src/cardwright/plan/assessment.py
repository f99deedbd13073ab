"""The plan: `assessment.yaml`, what is to be judged, on which evidence, by which policy. Written by a person, kept short."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, JsonValue, ValidationError, model_validator

from cardwright.errors import PlanError, UsageError, did_you_mean
from cardwright.evaluators import registry
from cardwright.evaluators.interface import Need
from cardwright.files import disk, kinds, yamltext
from cardwright.files.kinds import KindFolder
from cardwright.record.base import Count, Day, Flag, FreeText, Identifier, Label, RelativePath, Value
from cardwright.record.details import Details, read_details
from cardwright.record.display import Shown
from cardwright.record.kind import DocumentKind, KindName, answers_flaw, fields_of
from cardwright.record.subject import Kind, Reference
from cardwright.sources import network
from cardwright.sources.spec import ModelSpec, NerModelSpec, SourceSpec


class ComponentSpec(Value):
    """A part of a system, as the plan names it."""

    role: Identifier
    """What it does, e.g. `prompt`."""
    path: RelativePath
    """Its file."""
    name: Label | None = None
    """Its name; the file's if omitted."""


class FileSpec(Value):
    """A file of the subject that no evaluation reads on its own."""

    path: RelativePath
    """Where it is."""
    role: Identifier
    """What it is, e.g. `tokenizer`, `code`."""


class SubjectSpec(Value):
    """What is judged, as the plan names it."""

    kind: Kind
    """model, dataset, system, or `work`: a document that is identified by its own text."""
    name: Identifier
    """Its name."""
    version: Label
    """Its version."""
    title: FreeText | None = None
    """What the documents call it; its name if omitted."""
    supplier: Label | None = None
    """Who supplies it."""
    licence: Label | None = None
    """Its licence."""
    released: Day | None = None
    """Its release date."""
    summary: FreeText | None = None
    """One sentence."""
    parents: tuple[Label, ...] = ()
    """What it was made from."""
    files: tuple[RelativePath | FileSpec, ...] = ()
    """Its files: a path for what is evaluated, `{path: tokenizer.json, role: tokenizer}` for what belongs to it."""
    reference: Reference | None = None
    """For a hosted model."""
    components: tuple[ComponentSpec, ...] = ()
    """For a system."""
    task: Identifier | None = None
    """e.g. `binary_classification`."""
    risk_tier: Identifier | None = None
    """The organisation's tier."""
    jurisdictions: tuple[Label, ...] | None = None
    """Where it will be used."""
    production_intended: Flag | None = None
    """Whether it is meant to serve people."""
    persons: Literal["none"] | None = None
    """`none` if no row and no decision is about a person; nothing about groups is asked if somebody independent attests it."""
    persons_reason: FreeText | None = None
    """Why no person is concerned; goes with `persons: none`."""
    about: Identifier | None = None
    """For a work: the name of the model, dataset or system that it is about."""

    @model_validator(mode="after")
    def _no_persons_for_a_reason(self) -> Self:
        if (self.persons is None) != (self.persons_reason is None or not self.persons_reason.strip()):
            raise ValueError("`persons: none` and `persons_reason` go together")
        return self


class NetworkSpec(Value):
    """What beyond this machine may be reached."""

    allow: tuple[Label, ...] = ()
    """Each a host and its port, e.g. `loans.s3.eu-central-1.amazonaws.com:443`. They are open while sources with `at` are
    fetched, and closed before anything is evaluated."""

    @model_validator(mode="after")
    def _named(self) -> Self:
        for word in self.allow:
            try:
                network.destination(word)
            except UsageError as exc:
                raise ValueError(f"`{word}` is not one host and its port; write each as host:port") from exc
        return self


class AssessmentFile(Value):
    """`assessment.yaml`."""

    schema_: Annotated[Literal["cardwright/assessment/1"], Field(alias="schema")]
    """The format of this file."""
    subject: SubjectSpec
    """What is judged."""
    author: Label | None = None
    """Who plans and runs it."""
    details: RelativePath | None = None
    """The file of what only people can say."""
    document: KindName | None = None
    """The kind of document that it makes (`cardwright kinds`); if omitted, the cards and the report of its subject."""
    kinds: Label | None = None
    """The folder of a house's own kinds of documents, starting beside the plan."""
    links: dict[Identifier, Label | tuple[Label, ...]] = {}  # noqa: RUF012  pydantic copies defaults
    """Other dossiers that it refers to: role to folder, or to several, each starting beside the plan."""
    sources: dict[Identifier, SourceSpec] = {}  # noqa: RUF012  pydantic copies defaults
    """The evidence, by name; a work may have none."""
    network: NetworkSpec = NetworkSpec()
    """Where its sources may be fetched from; if omitted, from this machine alone."""
    evaluate: tuple[dict[Identifier, dict[Identifier, JsonValue] | None], ...] = ()
    """What to evaluate: `- fairness: {source: test}`, each an evaluator with its sources and options; a work may have nothing."""
    policy: Label = "production"
    """The policy: a name, or a path."""
    previous: Label | None = None
    """The dossier of the previous release, a folder, starting beside the plan; evaluations that stand are taken from it."""
    baseline: Label | None = None
    """The dossier of the baseline, a folder, starting beside the plan; `relative_to_baseline` compares with its record, which is
    kept in the dossier."""
    seed: Count = 0
    """Every random choice derives from it."""
    small_cell: Annotated[Count, Field(ge=1)] = 5
    """Counts below this are suppressed in public tables."""
    engine: Annotated[Label | None, Field(exclude_if=lambda value: value is None)] = None
    """Where rows are counted: `local` (if omitted), `local[2]`, `spark://HOST:PORT` … It is no part of the plan's digest, because
    the record is the same on each."""

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.subject.kind == "work":
            if self.document is None:
                raise ValueError("a work is of some kind: name it under `document:` (cardwright kinds)")
            return self
        for name, source in self.sources.items():
            if getattr(source, "sql", None) is not None and getattr(source, "at", None) is None:
                raise ValueError(f"`sql` of {name} asks a database: name it under `at:`")
        if not self.sources:
            raise ValueError("`sources` is missing: name the evidence")
        if not self.evaluate:
            raise ValueError("`evaluate` is missing: name at least one evaluation")
        return self


@dataclass(frozen=True)
class EvaluationStep(Shown):
    """One entry of `evaluate`, understood."""

    id: str
    evaluator: str
    target: str | None
    inputs: Mapping[str, str]
    """Need to source name, or to the path of a model file."""
    options: Mapping[str, Any]
    where: str


@dataclass(frozen=True)
class Assessment(Shown):
    """A plan, read."""

    path: Path
    file: AssessmentFile
    steps: tuple[EvaluationStep, ...]
    details: Details = field(default_factory=Details)
    kind: KindFolder | None = None
    """The kind of document that it makes, if it names one."""

    @property
    def base(self) -> Path:
        """The folder that all its paths start from."""
        return self.path.parent

    @property
    def title(self) -> str:
        """What the documents call the subject."""
        return self.file.subject.title or f"{self.file.subject.name} {self.file.subject.version}"


def load(path: Path, own_kinds: Path | None = None) -> Assessment:
    """The plan at a path, with its details.

    Parameters
    ----------
    own_kinds
        A house's own kinds of documents, in place of the folder that the plan names.

    Raises
    ------
    PlanError
        With file and line: an unknown key (and the nearest), an unanswered `?`, an evaluator or source that does not exist.
    SourceError
        If the file cannot be read.
    """
    if path.is_dir():
        path = path / "assessment.yaml"
    document = yamltext.parse(disk.read_file(path, what="plan"), where=str(path))
    _refuse_open_questions(document)
    file = yamltext.to_model(AssessmentFile, document)
    file, steps = _steps(file, document)
    kind = _kind(file, document, path.parent, own_kinds)
    details = Details()
    if file.details is not None:
        details = load_details(path.parent / file.details, kind.document if kind is not None else None)
    return Assessment(path=path, file=file, steps=steps, details=details, kind=kind)


def _kind(
    file: AssessmentFile, document: yamltext.YamlDocument, base: Path, own_kinds: Path | None
) -> KindFolder | None:
    if file.document is None:
        return None
    own = own_kinds if own_kinds is not None else base / file.kinds if file.kinds is not None else None
    try:
        found = kinds.find(file.document, own)
    except PlanError:
        raise
    except UsageError as exc:
        raise PlanError(exc.what, where=document.place(("document",)), do=exc.do) from exc
    asked = found.definition.subject
    if asked != file.subject.kind:
        raise PlanError(
            f"a {file.document} is about a {asked}, and the subject is a {file.subject.kind}",
            where=document.place(("subject", "kind")),
            do=f"Write `kind: {asked}`, or name another kind of document.",
        )
    return found


def load_details(path: Path, kind: DocumentKind | None = None) -> Details:
    """The details at a path; a kind of document asks its own fields beside the shared ones.

    Raises
    ------
    PlanError
        With file and line.
    """
    document = yamltext.parse(disk.read_file(path, what="details file"), where=str(path))
    if document.data is None:
        return Details()
    if not isinstance(document.data, dict):
        raise PlanError("not a mapping of field names to answers", where=str(path))
    schema = document.data.get("schema")
    if schema != "cardwright/details/1":
        raise PlanError(
            "it does not say `schema: cardwright/details/1`",
            where=document.place(("schema",)),
            do="Put that on its first line.",
        )
    try:
        details = read_details(document.data, fields_of(kind))
        flaw = answers_flaw(kind.definition if kind is not None else None, details)
        if flaw is not None:
            raise ValueError(flaw)
        return details
    except ValueError as exc:
        text = str(exc)
        key = next((k for k in document.data if isinstance(k, str) and (text.startswith(k) or f'"{k}"' in text)), None)
        raise PlanError(text, where=document.place((key,) if key else ())) from exc


_MAY_GO = ("person", "weight", "strata", "features", "sensitive", "filter", "split")
"""Keys of a source to which "there is none" can be the right answer."""


def _refuse_open_questions(document: yamltext.YamlDocument) -> None:
    open_ones = [path for path, text in document.written.items() if text.strip() == "?"]
    if open_ones:
        names = ", ".join(".".join(str(part) for part in path) for path in open_ones[:5])
        more = f" and {len(open_ones) - 5} more" if len(open_ones) > 5 else ""
        raise PlanError(
            f"not answered yet: {names}{more}",
            where=document.place(open_ones[0]),
            do="Put the answer in place of each `?`"
            + (", or delete the line if there is none." if any(path[-1] in _MAY_GO for path in open_ones) else "."),
        )


def _steps(file: AssessmentFile, document: yamltext.YamlDocument) -> tuple[AssessmentFile, tuple[EvaluationStep, ...]]:
    """The steps, and the file with a source for every model that a step describes in place."""
    steps: list[EvaluationStep] = []
    for index, entry in enumerate(file.evaluate):
        where = document.place(("evaluate", index))
        if len(entry) != 1:
            raise PlanError("an entry names one evaluator", where=where, do="Write `- fairness: {source: test}`.")
        name, given = next(iter(entry.items()))
        try:
            evaluator = registry.find(name)
        except UsageError as exc:
            raise PlanError(exc.what, where=where, do=exc.do) from exc
        options = dict(given or {})
        id_, target = options.pop("id", None), options.pop("target", None)
        inputs: dict[str, str] = {}
        for need in evaluator.needs:
            described = options.get("model")
            if need.name == "model" and isinstance(described, dict):
                file, options["model"] = _described(described, file, where)
            if need.name == "ner_model" and "ner_model" in options:
                file, options["ner_model"] = _named_models(options["ner_model"], file, where)
            if need.name in options:
                inputs[need.name] = _source_name(options.pop(need.name), need, file, where)
            elif not need.optional:
                candidates = ", ".join(file.sources)
                raise PlanError(
                    f"{name} needs `{need.name}`: {need.help}", where=where, do=f"Name a source: {candidates}."
                )
        registry.configured(evaluator, options, where=where)
        if id_ is None:
            alone = sum(next(iter(other), None) == name for other in file.evaluate) == 1
            id_ = name if alone else f"{name}-{inputs.get('source', index)}"
        id_ = str(id_)
        if any(step.id == id_ for step in steps):
            raise PlanError(f'two evaluations have the id "{id_}"', where=where, do="Give one of them another `id:`.")
        steps.append(
            EvaluationStep(
                id=id_,
                evaluator=name,
                target=str(target) if target is not None else None,
                inputs=inputs,
                options=options,
                where=where,
            )
        )
    return file, tuple(steps)


def _described(said: dict[str, Any], file: AssessmentFile, where: str) -> tuple[AssessmentFile, str]:
    """`model: {model: model.skops, trusted: […]}` as a source of its own, by the name of its file."""
    try:
        spec = ModelSpec.model_validate(said)
    except ValidationError as exc:
        first = exc.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise PlanError(
            f"`model` describes no model: {key}: {first['msg']}"
            if key
            else f"`model` describes no model: {first['msg']}",
            where=where,
            do="Write `model: {model: path, trusted: […]}`, or the name of a source.",
        ) from exc
    name = source_name(spec.model)
    if file.sources.get(name, spec) != spec:
        raise PlanError(
            f"two descriptions of the model {name} differ",
            where=where,
            do="Describe it once under `sources:`, and name it there.",
        )
    return file.model_copy(update={"sources": {**file.sources, name: spec}}), name


def _named_models(said: Any, file: AssessmentFile, where: str) -> tuple[AssessmentFile, str]:
    """`ner_model: models/names`, a list of such, or `{ner_model: models/names, entities: {…}}`, as a source of its own."""
    if isinstance(said, str) and said in file.sources:
        return file, said
    try:
        spec = NerModelSpec.model_validate(said if isinstance(said, dict) else {"ner_model": said})
    except ValidationError as exc:
        first = exc.errors()[0]
        raise PlanError(
            f"`ner_model` names no models: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}",
            where=where,
            do="Write a folder beside the plan or an installed package, a list of these, or the name of a source.",
        ) from exc
    name = source_name("-and-".join(spec.ner_model))[:60]
    if file.sources.get(name, spec) != spec:
        raise PlanError(
            f"two descriptions of the models {name} differ",
            where=where,
            do="Describe them once under `sources:`, and name that.",
        )
    return file.model_copy(update={"sources": {**file.sources, name: spec}}), name


def source_name(path: str) -> str:
    """The name of a source to which the plan gives none: that of its path, as an identifier.

    >>> source_name("models/Model A.skops")
    'models-model-a.skops'
    """
    return re.sub(r"[^a-z0-9_.-]", "-", path.lower()).lstrip("-._") or "source"


def trusting(assessment: Assessment, types: Sequence[str]) -> Assessment:
    """The plan with these types trusted in every skops file that it names, as if they were listed under `trusted:`."""
    if not types:
        return assessment
    sources = dict(assessment.file.sources)
    steps: list[EvaluationStep] = []
    for step in assessment.steps:
        named = step.inputs.get("model")
        if named is not None and named not in sources:
            sources[source_name(named)] = ModelSpec(model=named)
            step = replace(step, inputs={**step.inputs, "model": source_name(named)})  # noqa: PLW2901
        steps.append(step)
    for name, spec in sources.items():
        if isinstance(spec, ModelSpec) and spec.model.lower().endswith(".skops"):
            sources[name] = spec.model_copy(update={"trusted": tuple(dict.fromkeys([*spec.trusted, *types]))})
    return replace(assessment, file=assessment.file.model_copy(update={"sources": sources}), steps=tuple(steps))


def _source_name(value: Any, need: Need, file: AssessmentFile, where: str) -> str:
    if not isinstance(value, str):
        raise PlanError(f"`{need.name}` is the name of a source", where=where, do=f"One of: {', '.join(file.sources)}.")
    if value in file.sources:
        return value
    if need.name == "model":
        return value  # a path to a model file
    raise PlanError(f'no source is called "{value}"', where=where, do=did_you_mean(value, file.sources))
