"""From a plan to open sources: hash the subject, tie predictions to models, and fix what each evaluation must cover."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from cardwright.errors import CardwrightError, MissingExtraError, PersonalDataError, PlanError, SourceError
from cardwright.evaluators import registry
from cardwright.plan.assessment import Assessment, EvaluationStep, FileSpec, source_name
from cardwright.policy.policy import Policy
from cardwright.privacy.screening import mask, screen
from cardwright.privacy.showing import kinds
from cardwright.record.case import LinkedDossier
from cardwright.record.evaluation import Binding
from cardwright.record.kind import RecordLink, text_sha256
from cardwright.record.provenance import FetchedObject, QueriedRows
from cardwright.record.record import ExpectedGroups, PlanLock, Planned
from cardwright.record.subject import Component, Context, FileDigest, Subject
from cardwright.run.counting import of_roles
from cardwright.sources import databases, network, remote_files, scratch
from cardwright.sources.binding import bind
from cardwright.sources.commit import commit_of
from cardwright.sources.database_address import is_database
from cardwright.sources.digests import folder_files
from cardwright.sources.files import require_file, sha256_of, sha256_of_path
from cardwright.sources.interface import Model, Predictions, Source, Table
from cardwright.sources.load import Opening, load, opened_here
from cardwright.sources.refusals import refuse_data_as_names
from cardwright.sources.spec import KINDS, LinksSpec, ModelSpec, RowsOptions, SourceSpec

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how much of it, and out of how much (None if unknown)."""


def silent(what: str, done: int, total: int | None) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Prepared:
    """A plan whose sources are open and whose expectations are fixed, before anything is evaluated."""

    assessment: Assessment
    subject: Subject
    sources: Mapping[str, Source]
    bindings: Mapping[str, Binding]
    """By source: how its predictions are tied to a model."""
    lock: PlanLock
    commit: str | None
    dirty: bool | None
    unavailable: Mapping[str, CardwrightError]
    """Sources that could not be loaded, because a library is not installed, say."""
    fetched: tuple[FetchedObject, ...] = ()
    """Files that lay elsewhere."""
    queried: tuple[QueriedRows, ...] = ()
    """Rows that lay in databases."""


def prepare(
    assessment: Assessment,
    policy: Policy,
    *,
    baseline_sha256: str | None = None,
    links: tuple[RecordLink, ...] = (),
    linked: Mapping[str, Sequence[LinkedDossier]] | None = None,
    opening: Opening = opened_here,
    progress: Progress = silent,
) -> Prepared:
    """Open every source, hash the subject, tie predictions to models, and fix what each evaluation must cover.

    `baseline_sha256` is the digest of the baseline's record, if the plan names one, and `links` are the other dossiers that it
    refers to; `linked` is what is kept of them by role, for evaluations that count them. `opening` opens files of rows, as an
    engine does that counts them elsewhere.

    Raises
    ------
    EvidenceError
        If a file is missing, cut off, unsafe, or not what the plan says.
    """
    _refuse_personal_names(assessment)
    screen(assessment.details, what="what people say (details)")
    subject = _subject(assessment, links)
    ready = opened(assessment, leaving_out=MissingExtraError, linked=linked, opening=opening, progress=progress)
    sources = ready.sources
    lock = _lock(assessment, policy, subject, sources, baseline_sha256, links)
    screen(lock, what="the plan")
    for source in sources.values():
        screen(source.ref, what=f"the source {source.ref.name}")
    commit, dirty = commit_of(assessment.path.resolve())
    return Prepared(
        assessment=assessment,
        subject=subject,
        sources=sources,
        bindings=ready.bindings,
        lock=lock,
        commit=commit,
        dirty=dirty,
        unavailable=ready.unavailable,
        fetched=ready.fetched,
        queried=ready.queried,
    )


class OpenSources(NamedTuple):
    """The sources of a plan."""

    sources: Mapping[str, Source]
    """Those that are open, by name."""
    bindings: Mapping[str, Binding]
    """By source: how its predictions are tied to a model."""
    unavailable: Mapping[str, CardwrightError]
    """Those that were left out, and why."""
    fetched: tuple[FetchedObject, ...] = ()
    """Files that lay elsewhere."""
    queried: tuple[QueriedRows, ...] = ()
    """Rows that lay in databases."""


def opened(
    assessment: Assessment,
    *,
    leaving_out: type[CardwrightError] = MissingExtraError,
    linked: Mapping[str, Sequence[LinkedDossier]] | None = None,
    opening: Opening = opened_here,
    progress: Progress = silent,
) -> OpenSources:
    """Open every source of a plan, and tie predictions to models.

    Parameters
    ----------
    leaving_out
        Errors of this kind leave a source out, with the reason; any other is raised.
    linked
        The dossiers that the plan refers to, by role.
    opening
        Opens files of rows.

    Raises
    ------
    EvidenceError
        If a file is missing, cut off, unsafe, or not what the plan says.
    """
    sources: dict[str, Source] = {}
    unavailable: dict[str, CardwrightError] = {}
    fetched: list[FetchedObject | QueriedRows] = []
    for name, spec in assessment.file.sources.items():
        if isinstance(spec, ModelSpec):
            continue  # loaded below, where the predictions say what it predicts
        progress(f"open {name}", 0, None)
        try:
            if isinstance(spec, LinksSpec):
                where = str(assessment.path)
                sources[name] = of_roles(spec.links, linked or {}, name, role=spec.role, where=where)
            else:
                sources[name], found = _opened(spec, name, assessment, opening, progress)
                fetched += found
        except leaving_out as exc:
            unavailable[name] = exc
    bindings: dict[str, Binding] = {}
    for step in assessment.steps:
        named = step.inputs.get("model")
        if named is None:
            continue
        source_name = _of_the_model(step, sources)
        predictions = sources.get(source_name)
        if named not in sources and named not in unavailable:
            progress(f"load {named}", 0, None)
            try:
                sources[named] = _load_model(named, predictions, assessment, step)
            except leaving_out as exc:
                unavailable[named] = exc
        model = sources.get(named)
        if isinstance(predictions, Predictions) and isinstance(model, Model) and source_name not in bindings:
            progress(f"recompute {source_name}", 0, None)
            try:
                bindings[source_name] = bind(predictions, model).binding()
            except leaving_out as exc:
                unavailable[source_name] = exc
    # A model that a step reads beside its sources, such as one of natural language inference, predicts nothing of theirs.
    for name in dict.fromkeys(name for step in assessment.steps for name in step.inputs.values()):
        beside = assessment.file.sources.get(name)
        if isinstance(beside, ModelSpec) and name not in sources and name not in unavailable:
            progress(f"load {name}", 0, None)
            try:
                sources[name] = load(beside, name, assessment.base)
            except leaving_out as exc:
                unavailable[name] = exc
    for name, source in sources.items():
        if isinstance(source, Predictions) and name not in bindings:
            bindings[name] = Binding(kind="supplied", note="No evaluation names the model beside these predictions.")
    return OpenSources(
        sources,
        bindings,
        unavailable,
        tuple(one for one in fetched if isinstance(one, FetchedObject)),
        tuple(one for one in fetched if isinstance(one, QueriedRows)),
    )


def _opened(
    spec: SourceSpec, name: str, assessment: Assessment, opening: Opening, progress: Progress
) -> tuple[Source, tuple[FetchedObject | QueriedRows, ...]]:
    """A source that is no model; one that lies elsewhere is fetched into a private folder, which goes when the source does."""
    at: str | None = getattr(spec, "at", None)
    if at is None:
        return _with_shown_columns(load(spec, name, assessment.base, opening=opening)), ()
    path: str = next(getattr(spec, key) for key in KINDS if hasattr(spec, key))
    allowed = [network.destination(word) for word in assessment.file.network.allow]
    progress(f"fetch {name}", 0, None)
    found: tuple[FetchedObject | QueriedRows, ...]
    with scratch.handed_on() as folder:
        # Either way the copy is on this machine alone, and no engine reads it.
        if is_database(at):
            sql: str | None = getattr(spec, "sql", None)
            read = databases.read(at, path, sql, folder, name=name, base=assessment.base, allowed=allowed)
            source, found = _with_shown_columns(load(spec, name, folder, opening=lambda *_: read.rows)), (read.queried,)
        else:
            found = remote_files.fetch(at, path, folder, name=name, allowed=allowed)
            source = _with_shown_columns(load(spec, name, folder))
    scratch.remove_with(getattr(source, "rows", None) or getattr(source, "read", source), folder)
    return source, found


def _of_the_model(step: EvaluationStep, sources: Mapping[str, Source]) -> str:
    """Which source of a step holds what the model predicted: its main one, else the first predictions that it reads."""
    named = [step.inputs.get("source", ""), *step.inputs.values()]
    return next((name for name in named if isinstance(sources.get(name), Predictions)), named[0])


def _refuse_personal_names(assessment: Assessment) -> None:
    """Refuse personal data where names are looked at as names alone: of files, sources and evaluations."""
    subject = assessment.file.subject
    names = {
        "subject.files": [_named(file)[0] for file in subject.files],
        "subject.components": [c.path for c in subject.components],
        "subject.name": [subject.name],
        "sources": [*assessment.file.sources],
        "the ids of evaluations": [step.id for step in assessment.steps],
        "details": [assessment.file.details or ""],
    }
    for where, found in names.items():
        seen = sorted(set().union(*(kinds(name) for name in found)))
        if seen:
            raise PersonalDataError(
                f"a name under {where} is personal data or a secret: {', '.join(seen)}",
                where=str(assessment.path.name),
                do="Rename it; its name would appear in every document.",
            )


def _with_shown_columns(source: Source) -> Source:
    """A source whose columns have in the record names that may be shown: a heading that holds personal data is masked.

    Raises
    ------
    SourceError
        If the first line of a file looks like a person's record and not like headings.
    """
    refuse_data_as_names([column.name for column in source.ref.columns], f"the source {source.ref.name}")
    return replace(source, ref=mask(source.ref)[0])


def _load_model(named: str, predictions: Source | None, assessment: Assessment, step: EvaluationStep) -> Source:
    like = predictions if isinstance(predictions, Predictions) else None
    spec = assessment.file.sources.get(named)
    if isinstance(spec, ModelSpec):
        return load(spec, named, assessment.base, predictions=like)
    if not (assessment.base / named).exists():
        known = ", ".join(assessment.file.sources)
        raise SourceError(
            f'"{named}" is neither a source nor a file',
            where=step.where,
            do=f"Name a model file, or a source: {known}.",
        )
    return load(ModelSpec(model=named), source_name(named), assessment.base, predictions=like)


def _subject(assessment: Assessment, links: tuple[RecordLink, ...]) -> Subject:
    stated = assessment.file.subject
    if stated.kind == "work":
        return _work(assessment, links)
    # The parts of a system are files of the subject, too: what is compared at the handoff is what was evaluated.
    roles = {**{c.path: None for c in stated.components}, **dict(_named(one) for one in stated.files)}
    paths = dict.fromkeys([*(_named(one)[0] for one in stated.files), *roles])
    found = {path: _digests(assessment.base, path, roles[path]) for path in paths}
    files = tuple(digest for path in paths for digest in found[path])
    components = tuple(
        Component(role=c.role, name=c.name or Path(c.path).name, sha256=sha256_of_path(assessment.base / c.path))
        for c in stated.components
    )
    if not (files or components or stated.reference):
        raise SourceError(
            "the subject has no files, so nobody could tell later what was judged",
            where=str(assessment.path),
            do="Add `files: [model.skops]` under `subject:`, or `reference:` for a hosted model.",
        )
    return Subject(
        kind=stated.kind,
        name=stated.name,
        version=stated.version,
        supplier=stated.supplier,
        licence=stated.licence,
        released=stated.released,
        summary=stated.summary,
        parents=stated.parents,
        files=files,
        reference=stated.reference,
        components=components,
    )


def _work(assessment: Assessment, links: tuple[RecordLink, ...]) -> Subject:
    """What people write is identified by its own text: another word is another subject."""
    stated = assessment.file.subject
    assert assessment.kind is not None  # a plan of a work names its kind
    if stated.files or stated.reference or stated.components:
        raise PlanError(
            "a work has no files, reference or components: it is identified by its own text",
            where=str(assessment.path),
            do="Assess what runs or holds data as a model, dataset or system, and link to it: `links:`.",
        )
    return Subject(
        kind="work",
        name=stated.name,
        version=stated.version,
        supplier=stated.supplier,
        licence=stated.licence,
        released=stated.released,
        summary=stated.summary,
        parents=stated.parents,
        about=stated.about,
        text_sha256=text_sha256(assessment.kind.document, assessment.details, links),
    )


def _named(file: str | FileSpec) -> tuple[str, str | None]:
    return (file.path, file.role) if isinstance(file, FileSpec) else (file, None)


def _digests(base: Path, path: str, role: str | None, *, inside: bool = False) -> list[FileDigest]:
    """The digest of a file, or those of all files in a folder: a model of Hugging Face's is one."""
    full = base / path
    names = folder_files(full)
    if names is None:
        if inside and full.stat().st_size == 0:
            return [
                FileDigest(path=path, sha256=sha256_of(full), size=0, role=role)
            ]  # a mark, such as Spark's `_SUCCESS`
        require_file(full, f"{path} (a file of the subject)")
        return [FileDigest(path=path, sha256=sha256_of(full), size=full.stat().st_size, role=role)]
    if not names:
        raise SourceError("the folder is empty", where=f"{path} (a file of the subject)", do="Name one with files.")
    return [one for name in names for one in _digests(base, f"{path.rstrip('/')}/{name}", role, inside=True)]


def _lock(
    assessment: Assessment,
    policy: Policy,
    subject: Subject,
    sources: Mapping[str, Source],
    baseline_sha256: str | None,
    links: tuple[RecordLink, ...],
) -> PlanLock:
    stated = assessment.file.subject
    return PlanLock(
        title=assessment.title,
        subject=subject,
        context=Context(
            task=stated.task,
            risk_tier=stated.risk_tier,
            jurisdictions=stated.jurisdictions,
            production_intended=stated.production_intended,
            persons=stated.persons,
            persons_reason=stated.persons_reason,
        ),
        planned=tuple(planned(step, assessment, sources) for step in assessment.steps),
        sources={
            name: spec.model_dump(mode="json", exclude_none=True)
            for name, spec in sorted(assessment.file.sources.items())
        },
        seed=assessment.file.seed,
        policy=policy.name,
        policy_sha256=policy.sha256,
        author=assessment.file.author,
        baseline_sha256=baseline_sha256,
        document=assessment.kind.document if assessment.kind is not None else None,
        links=links,
    )


def planned(step: EvaluationStep, assessment: Assessment, sources: Mapping[str, Source]) -> Planned:
    """What is expected of an evaluation, now that its sources are open: groups, parameters, how many attributes are crossed."""
    name = step.inputs.get("source", "")
    main, spec = sources.get(name), assessment.file.sources.get(name)
    attributes = main.sensitive if isinstance(main, Predictions | Table) else ()
    depth = step.options.get("depth")
    default = registry.parameters(registry.find(step.evaluator)).get("depth")
    if depth is None and default is not None:
        depth = default.default
    return Planned(
        id=step.id,
        evaluator=step.evaluator,
        inputs={need: source_name(name) for need, name in step.inputs.items()},
        roles={
            need: sources[name].ref.role if name in sources else "unavailable" for need, name in step.inputs.items()
        },
        parameters=dict(step.options),
        groups=tuple(
            ExpectedGroups(
                attribute=attribute.name,
                groups=attribute.groups,
                declared=isinstance(spec, RowsOptions) and spec.sensitive[attribute.name].expected is not None,
            )
            for attribute in attributes
        ),
        depth=min(depth, max(len(attributes), 1)) if isinstance(depth, int) else 1,
    )
