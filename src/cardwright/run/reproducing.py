"""`cardwright reproduce`: the receiver runs the evaluations of a dossier again, on their own copy of the data and the model.

No signature shows that a number was made from the data that it names: whoever controls the machine before anybody signs can write
any number. Whoever has the same data and the same model can find out. The plan is the dossier's own, locked before it was run;
the files are the receiver's, and must have the digests that the record names. Equal numbers then prove that these numbers
come out of this data and this model, and nothing about whether the data is the right one.

A dossier is written by somebody else, so nothing that it names is imported or asked. An evaluation that needs a live assistant is
not run again, and says so; nor is one that needs the plan's own code, until whoever has read that code allows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from cardwright.dossier import layout
from cardwright.dossier.contents import case_of
from cardwright.errors import CardwrightError, IntegrityError, NothingToCheckError, PlanError, UsageError, did_you_mean
from cardwright.evaluators import registry
from cardwright.plan.assessment import Assessment, AssessmentFile, EvaluationStep, SubjectSpec
from cardwright.privacy.showing import masked
from cardwright.record import canonical
from cardwright.record.base import label
from cardwright.record.case import LinkedDossier
from cardwright.record.comparison import rows_of
from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.record.provenance import DatasetRef
from cardwright.record.record import PlanLock, Planned, Record
from cardwright.run import packages
from cardwright.run.counting import by_role
from cardwright.run.evaluating import evaluate_one
from cardwright.run.prepare import OpenSources, Prepared, Progress, opened, planned, silent
from cardwright.sources import databases, network
from cardwright.sources.digests import sha256_at
from cardwright.sources.spec import ModelSpec, TargetSpec, parse_source

Outcome = Literal["reproduced", "differs", "not run"]
_WORDS = frozenset({"question", "method", "limits", "evaluator_version", "reused_from"})
"""What an evaluation says of itself: another version may say it in other words, and no number depends on it."""


@dataclass(frozen=True)
class Difference:
    """Something that came out differently."""

    what: str
    """Which number, or which part of the result."""
    told: float | None
    """As the dossier has it; None if it is not a number."""
    found: float | None
    """As it came out here; None if it is not a number."""
    why: str = ""
    """What differs, if it is not a number."""

    @property
    def by(self) -> float | None:
        """The value found here minus the one in the dossier."""
        return self.found - self.told if self.found is not None and self.told is not None else None

    def __str__(self) -> str:
        if self.told is None or self.found is None:
            return f"{self.what}: {self.why}"
        return f"{self.what}: {self.found!r} here, {self.told!r} in the dossier ({self.found - self.told:+.6g})"


@dataclass(frozen=True)
class Rerun:
    """The result of running one evaluation again."""

    id: str
    outcome: Outcome
    numbers: int = 0
    """How many measured numbers the dossier has of it."""
    exact: bool = False
    """Whether the whole result has the same bytes."""
    differences: tuple[Difference, ...] = ()
    why: str = ""
    """Why it was not run again."""
    broken: bool = False
    """Whether a file at hand is not the one that the record names."""

    @property
    def detail(self) -> str:
        """The outcome in words."""
        if self.outcome == "not run":
            return self.why
        if self.outcome == "differs":
            return f"{len(self.differences)} differences"
        return f"{self.numbers} numbers, " + (
            "byte for byte" if self.exact else "all the same; told in other words or another order"
        )


@dataclass(frozen=True)
class Rerunning:
    """The results for all evaluations of a dossier."""

    subject: str
    record_sha256: str
    reruns: tuple[Rerun, ...]
    notes: tuple[str, ...] = ()
    """What is not the same here as where the dossier was made: libraries, evaluators."""
    tolerance: float = 0.0

    def of(self, outcome: Outcome) -> tuple[Rerun, ...]:
        """Those with this outcome."""
        return tuple(one for one in self.reruns if one.outcome == outcome)

    @property
    def exit_code(self) -> int:
        """0 only if everything was reproduced; 3 if a file is not the one that was evaluated; else 1."""
        if any(one.broken for one in self.reruns):
            return 3
        return 0 if len(self.of("reproduced")) == len(self.reruns) else 1

    @property
    def headline(self) -> str:
        """The result in a line."""
        total, same = len(self.reruns), len(self.of("reproduced"))
        within = f", within {self.tolerance:g}" if self.tolerance else ""
        if same == total:
            return f"REPRODUCED: {same} of {total} evaluations{within}"
        parts = [f"{len(self.of('differs'))} differ"] if self.of("differs") else []
        parts += [f"{len(self.of('not run'))} were not run again"] if self.of("not run") else []
        return f"NOT REPRODUCED: {same} of {total} evaluations are{within}; {', '.join(parts)}"


def as_text(done: Rerunning, *, most: int = 5) -> str:
    """A line for each evaluation, what differs below it, and the result at the end."""
    width = max(len(one.id) for one in done.reruns)
    lines: list[str] = []
    for one in done.reruns:
        lines.append(f"{one.id:<{width}}  {one.outcome:<10}  {one.detail}")
        lines += [f"{'':<{width}}  {'':<10}    {difference}" for difference in one.differences[:most]]
        if len(one.differences) > most:
            lines.append(f"{'':<{width}}  {'':<10}    and {len(one.differences) - most} more: --format json")
    return "\n".join([*lines, *done.notes, done.headline])


def as_json(done: Rerunning) -> str:
    """Everything as canonical JSON, in one line."""
    said = {
        "subject": done.subject,
        "record_sha256": done.record_sha256,
        "reproduced": done.exit_code == 0,
        "exit_code": done.exit_code,
        "headline": done.headline,
        "tolerance": done.tolerance,
        "notes": list(done.notes),
        "evaluations": [
            {
                "id": one.id,
                "outcome": one.outcome,
                "exact": one.exact,
                "numbers": one.numbers,
                "detail": one.detail,
                "differences": [
                    {"what": d.what, "told": d.told, "found": d.found, "by": d.by, "why": d.why}
                    for d in one.differences
                ],
            }
            for one in done.reruns
        ],
    }
    return canonical.dumps(said).decode("utf-8")


CHECKLIST, ITEM = "reproduction", "same-numbers"
"""What whoever has run a dossier again attests."""


def attested(done: Rerunning) -> tuple[Literal["met", "not_met"], str]:
    """The answer that a result gives to the item of the checklist, and the words that are signed: the result and its digest.

    Raises
    ------
    UsageError
        If a file at hand is not the one that was evaluated: then nothing was found out about the dossier.
    """
    if done.exit_code == 3:
        raise UsageError(
            "a file here is not the one that was evaluated, so there is nothing to sign about the dossier",
            do="Take the files that the record names, and run it again.",
        )
    whole = f"{done.headline}. Tolerance {done.tolerance:g}; result sha256 {canonical.digest(as_json(done).encode('utf-8'))}."
    return ("met" if done.exit_code == 0 else "not_met"), whole


# ---------------------------------------------------------------------------------------------------- running again


def reproduce(
    files: Mapping[str, bytes],
    *,
    where: str,
    data: Path,
    only: Sequence[str] = (),
    tolerance: float = 0.0,
    allow_code: bool = False,
    workers: int = 2,
    progress: Progress = silent,
) -> Rerunning:
    """Run the evaluations of a dossier again, and compare what comes out.

    Parameters
    ----------
    files
        The dossier, read and compared with its manifest.
    data
        The receiver's folder, in which each file has the path that the plan gives it.
    only
        Ids of evaluations; all if none are named.
    tolerance
        Numbers that differ by no more than this part of the larger one are the same; 0 compares them exactly.
    allow_code
        Load models whose types or code the plan names and asks to trust.

    Raises
    ------
    IntegrityError
        If the plan is not the one that the record was made from.
    NothingToCheckError
        If the dossier holds no record, or no evaluation.
    PlanError
        If it is an edition that leaves things out.
    UsageError
        If `only` names an evaluation that the plan does not have.
    """
    record, plan, linked = _held(files, where)
    known = [one.id for one in record.planned]
    for id_ in only:
        if id_ not in known:
            raise UsageError(f'the plan has no evaluation "{label(id_)}"', where="--only", do=did_you_mean(id_, known))
    asked = [one for one in record.planned if not only or one.id in only]
    unfit = {
        one.id: obstacle
        for one in asked
        if (obstacle := _unfit(one, record, plan, allow_code) or _without_its_files(one, record, data)) is not None
    }
    fit = [one for one in asked if one.id not in unfit]
    steps = tuple(_step(one, record) for one in fit)
    results: dict[str, Rerun] = {}
    if steps:
        # In the plan's order: the first evaluation that names a model beside predictions is the one that ties them to it.
        tying = [one for one in record.planned if one in fit or any(one is _tied_by(other, record) for other in fit)]
        assessment = _assessment(record, plan, tuple(_step(one, record) for one in tying), data)
        with network.guard():
            ready = opened(
                assessment,
                leaving_out=CardwrightError,
                linked=linked,
                opening=databases.opened_or_export,
                progress=progress,
            )
            prepared = _prepared(assessment, record, plan, ready)
            for step in steps:
                results[step.id] = _again(prepared, step, record, tolerance, workers, progress)
    reruns = tuple(results.get(one.id) or unfit[one.id] for one in asked)
    subject = f"{record.subject.name} {record.subject.version}"
    return Rerunning(subject, record.sha256, reruns, tuple(_elsewhere(record, results)), tolerance)


def _held(files: Mapping[str, bytes], where: str) -> tuple[Record, PlanLock, Mapping[str, Sequence[LinkedDossier]]]:
    if layout.RECORD not in files:
        raise NothingToCheckError("the dossier holds no record", where=where, do="Name a dossier's folder.")
    case = case_of(files, where=where)
    record, plan = case.record, case.plan
    if record.redaction is not None:
        raise PlanError("this edition leaves things out", where=where, do="Ask for the full dossier.")
    if plan is None or plan.sha256 != record.provenance.plan_sha256:
        raise IntegrityError(
            "the plan is not the one that the record was made from",
            where=f"{where}/{layout.PLAN}",
            do="Ask for the whole dossier.",
        )
    if not record.planned:
        raise NothingToCheckError("the dossier has no evaluation", where=where, do="Name another.")
    return record, plan, by_role(record.links, case.linked)


def _tied_by(asked: Planned, record: Record) -> Planned | None:
    """The evaluation of the plan that names the model beside these predictions, if the model gave them again in the dossier."""
    told = record.evaluation(asked.id)
    if told is None or told.binding is None or told.binding.kind != "recomputed":
        return None
    models = {ref.name for ref in record.provenance.datasets if ref.sha256 == told.binding.model_sha256}
    read = {*asked.inputs.values()}
    return next(
        (one for one in record.planned if one.inputs.get("model") in models and read & {*one.inputs.values()}), None
    )


def _reads(asked: Planned, record: Record) -> tuple[str, ...]:
    """The sources that an evaluation needs: its own, and the model that its predictions are tied to."""
    tied = _tied_by(asked, record)
    return tuple(dict.fromkeys([*asked.inputs.values(), *([tied.inputs["model"]] if tied is not None else ())]))


def _unfit(asked: Planned, record: Record, plan: PlanLock, allow_code: bool) -> Rerun | None:
    """Why an evaluation cannot be run again whatever data is at hand; None if it can."""

    def because(why: str) -> Rerun:
        return Rerun(asked.id, "not run", why=why)

    gap = next((gap for gap in record.not_evaluated if gap.id == asked.id), None)
    if gap is not None:
        return because(f"the dossier has no result of it either ({gap.code})")
    try:
        registry.configured(registry.find(asked.evaluator), asked.parameters, where=asked.id)
    except CardwrightError as exc:
        return because(masked(str(exc)))
    refs = {ref.name: ref for ref in record.provenance.datasets}
    for name in _reads(asked, record):
        ref, said = refs.get(name), plan.sources.get(name)
        if ref is None:
            return because(f"the record does not name the source {name}")
        if ref.path is None and said is None:
            return because(f"{name} was handed over in memory")
        try:
            spec = parse_source(said) if said is not None else None
        except ValidationError:
            return because(f"what the plan says of {name} is of another version of Cardwright, or was changed")
        if isinstance(spec, TargetSpec):
            return because(f"{name} is a live assistant, which may answer otherwise today")
        if isinstance(spec, ModelSpec) and (spec.module is not None or spec.trusted) and not allow_code:
            named = ", ".join([*([spec.module] if spec.module is not None else ()), *spec.trusted])
            return because(f"loading {name} runs what the plan names ({named}): look at it, then --allow-code")
    return None


def _without_its_files(asked: Planned, record: Record, data: Path) -> Rerun | None:
    """Why an evaluation cannot be run on the receiver's folder; None if the files there are those that were evaluated."""
    refs = {ref.name: ref for ref in record.provenance.datasets}
    for ref in (refs[name] for name in _reads(asked, record)):
        if ref.path is None:
            continue
        if ref.digest_of == "rows":
            if databases.exported(data / ref.path) is None:
                why = f"{ref.path} lay in a database: write its rows to {ref.path}.parquet (docs/data.md)"
                return Rerun(asked.id, "not run", why=masked(why))
            continue  # its digest is taken as it is opened
        try:
            found = sha256_at(data / ref.path, ref.path)
        except CardwrightError as exc:
            return Rerun(asked.id, "not run", why=masked(str(exc)))
        if found is not None and found != ref.sha256:
            return Rerun(asked.id, "not run", why=_other(ref.path, found, ref), broken=True)
    return None


def _other(path: str, found: str, ref: DatasetRef) -> str:
    return f"{path} is not the file that was evaluated: {found[:12]} here, {ref.sha256[:12]} in the record"


def _step(asked: Planned, record: Record) -> EvaluationStep:
    """What was planned as a step of a plan. A model that the plan names by its path alone is found by the record's path."""
    evaluation = record.evaluation(asked.id)
    needs = [need.name for need in registry.find(asked.evaluator).needs]  # a lock is in alphabetical order
    return EvaluationStep(
        id=asked.id,
        evaluator=asked.evaluator,
        target=evaluation.target if evaluation is not None else None,
        inputs={need: asked.inputs[need] for need in needs if need in asked.inputs},
        options=dict(asked.parameters),
        where=asked.id,
    )


def _assessment(record: Record, plan: PlanLock, steps: Sequence[EvaluationStep], data: Path) -> Assessment:
    """The locked plan as one that can be run: the sources that these steps read, in the receiver's folder."""
    named = {name for step in steps for name in step.inputs.values()}
    paths = {ref.name: ref.path for ref in record.provenance.datasets}
    sources = {name: parse_source(plan.sources.get(name) or {"model": paths[name]}) for name in sorted(named)}
    subject = plan.subject
    file = AssessmentFile.model_construct(
        schema_="cardwright/assessment/1",
        subject=SubjectSpec(kind=subject.kind, name=subject.name, version=subject.version),
        sources=sources,
        evaluate=(),
        seed=plan.seed,
        small_cell=record.small_cell,
    )
    return Assessment(path=data / "assessment.yaml", file=file, steps=tuple(steps), details=record.details)


def _prepared(assessment: Assessment, record: Record, plan: PlanLock, ready: OpenSources) -> Prepared:
    """What is open here; a source that is not the one that was evaluated is left out."""
    refs = {ref.name: ref for ref in record.provenance.datasets}
    other: dict[str, CardwrightError] = {
        name: IntegrityError(_other(source.ref.path or name, source.ref.sha256, refs[name]))
        for name, source in ready.sources.items()
        if name in refs and source.ref.sha256 != refs[name].sha256
    }
    return Prepared(
        assessment=assessment,
        subject=plan.subject,
        sources=ready.sources,
        bindings=ready.bindings,
        lock=plan,
        commit=None,
        dirty=None,
        unavailable={**ready.unavailable, **other},
    )


def _again(
    prepared: Prepared, step: EvaluationStep, record: Record, tolerance: float, workers: int, progress: Progress
) -> Rerun:
    absent = next((prepared.unavailable[name] for name in step.inputs.values() if name in prepared.unavailable), None)
    if absent is not None:
        return Rerun(step.id, "not run", why=masked(str(absent)), broken=isinstance(absent, IntegrityError))
    told = record.evaluation(step.id)
    assert told is not None
    found = evaluate_one(prepared, step, workers=workers, progress=progress)
    if not isinstance(found, Evaluation):
        return Rerun(step.id, "not run", why=f"{found.reason} {found.remedy}")
    differences = [
        *_expected(record.plan(step.id), planned(step, prepared.assessment, prepared.sources)),
        *compare(told, found, tolerance=tolerance),
    ]
    numbers = sum(isinstance(one, Measured) for one in told.measurements)
    if differences:
        return Rerun(step.id, "differs", numbers, differences=tuple(differences))
    return Rerun(step.id, "reproduced", numbers, exact=told.content_sha256 == found.content_sha256)


def _expected(told: Planned | None, found: Planned) -> Iterator[Difference]:
    """What the plan says that the evaluation must cover, if the data says otherwise."""
    if told is not None and (told.groups, told.depth) != (found.groups, found.depth):
        yield Difference(
            "the groups that it must cover", None, None, "the data at hand has groups other than those of the plan"
        )


def _elsewhere(record: Record, results: Mapping[str, Rerun]) -> Iterator[str]:
    """What is installed here in versions other than where the record was made, as far as it was used."""
    used = {asked.evaluator for asked in record.planned if asked.id in results}
    here = {name: version for evaluator in sorted(used) for name, version in packages.packages_of(evaluator).items()}
    made = record.provenance
    other = [f"{name} {made.packages[name]} there, {here[name]} here" for name in sorted(here) if name in made.packages
             and made.packages[name] != here[name]]  # fmt: skip
    if other:
        yield f"Other libraries: {', '.join(other)}"
    digests = {one.name: one.sha256 for one in packages.code()}
    code = [one.name for one in made.code if digests.get(one.name, one.sha256) != one.sha256]
    if code and results:
        yield f"Other evaluators' code: {', '.join(code)}"


# ---------------------------------------------------------------------------------------------------- comparing


def compare(told: Evaluation, found: Evaluation, *, tolerance: float = 0.0) -> tuple[Difference, ...]:
    """What differs between a result and the same one made again, but for the words in which it describes itself.

    Parameters
    ----------
    tolerance
        Numbers that differ by no more than this part of the larger one are the same.
    """
    rest_told, rest_found = _plain(told), _plain(found)
    before = {one.key: one for one in told.measurements}
    after = {one.key: one for one in found.measurements}
    differences: list[Difference] = []
    for key in dict.fromkeys([*before, *after]):
        differences += _measured(before.get(key), after.get(key), tolerance)
    differences += _walk("", rest_told, rest_found, tolerance)
    return tuple(differences)


def _plain(evaluation: Evaluation) -> dict[str, Any]:
    said = canonical.plain(evaluation)
    kept = {name: value for name, value in said.items() if name not in _WORDS and name != "measurements"}
    # A lock keeps options in alphabetical order, and some evaluators list them in the order of the plan.
    return {**kept, "tables": [{**table, "rows": sorted(table["rows"], key=_words_first)} for table in kept["tables"]]}


def _words_first(row: list[Any]) -> tuple[str, ...]:
    """A key of a table's row by its words: numbers may differ by a little."""
    return tuple("" if _is_number(cell) else canonical.dumps(cell).decode("utf-8") for cell in row)


def _measured(
    told: Measured | Unmeasured | None, found: Measured | Unmeasured | None, tolerance: float
) -> Iterator[Difference]:
    one = told or found
    assert one is not None
    name = f"{one.metric} ({rows_of(one)})"
    if told is None or found is None:
        yield Difference(name, None, None, "it is missing here" if found is None else "it is missing in the dossier")
    elif told.status != found.status:
        word = "a number" if isinstance(told, Measured) else "no number"
        yield Difference(name, None, None, f"the dossier has {word}, and here it differs")
    else:
        for difference in _walk("", canonical.plain(told), canonical.plain(found), tolerance):
            what = difference.what.removesuffix("value").strip()
            yield replace(difference, what=f"{name} {what}".strip())


def _walk(path: str, told: Any, found: Any, tolerance: float) -> Iterator[Difference]:
    """Every place at which two JSON values differ. Words are not repeated: they may be labels of the data."""
    if _is_number(told) and _is_number(found):
        if abs(told - found) > tolerance * max(abs(told), abs(found)):
            yield Difference(path, float(told), float(found))
    elif isinstance(told, dict) and isinstance(found, dict):
        for key in dict.fromkeys([*told, *found]):
            place = f"{path}.{key}" if path else key
            if key not in told or key not in found:
                yield Difference(place, None, None, "it is in one of the two only")
            else:
                yield from _walk(place, told[key], found[key], tolerance)
    elif isinstance(told, list) and isinstance(found, list):
        if len(told) != len(found):
            yield Difference(path, None, None, f"{len(found)} entries here, {len(told)} in the dossier")
        else:
            for number, (before, after) in enumerate(zip(told, found, strict=True)):
                yield from _walk(f"{path}[{number}]", before, after, tolerance)
    elif told != found:
        yield Difference(path, None, None, "it says something else")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
