"""The whole story on one page: plan → load → evaluate → assemble → decide → render → write.

A newcomer reads this first. A value travels, the code stands still: an `Assessment` (what people planned) becomes a `Prepared`
(sources opened, plan fixed), then a `Record` (frozen), then a `Verdict`, then documents, then a dossier on disk.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cardwright import documents
from cardwright.attest import preregistration
from cardwright.dossier import layout
from cardwright.errors import CardwrightError, MissingExtraError
from cardwright.evaluators import registry
from cardwright.evaluators.interface import Inputs
from cardwright.plan.assessment import Assessment, Step
from cardwright.policy.gate import decide
from cardwright.policy.policy import Policy
from cardwright.privacy.screening import screen
from cardwright.record import comparison
from cardwright.record.case import Case
from cardwright.record.evaluation import Evaluation
from cardwright.record.provenance import RunFacts
from cardwright.record.record import NotEvaluated, Record
from cardwright.record.verdict import Verdict
from cardwright.run import assemble, editions, reuse
from cardwright.run.assemble import Prepared
from cardwright.sources import network

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how much of it, and out of how much (None where unknown)."""


def _silent(what: str, done: int, total: int | None) -> None:
    """Show nothing."""


Keep = Callable[[str, bytes], None]
"""Called with the id and the bytes of each finished evaluation."""


def _forget(id_: str, data: bytes) -> None:
    """Keep nothing."""


@dataclass(frozen=True)
class Result:
    """What a run leaves."""

    record: Record
    run: RunFacts
    verdict: Verdict
    files: Mapping[str, bytes]
    """The dossier's files by path."""
    problems: tuple[str, ...] = field(default=())
    """Documents that could not be made, and why; never silent."""


def run(
    assessment: Assessment,
    policy: Policy,
    *,
    now: str | None = None,
    only: tuple[str, ...] = (),
    workers: int = 2,
    former: bytes = b"",
    preregistered: bytes = b"",
    previous: reuse.Previous | None = None,
    kept: Mapping[str, bytes] | None = None,
    keep: Keep = _forget,
    debug: bool = False,
    progress: Progress = _silent,
) -> Result:
    """The main job: from a plan to the files of a dossier. Nothing is written here; `store.write_dossier` does that.

    Parameters
    ----------
    now:
        The moment the verdict speaks of; the clock's, where it is not said.
    only:
        Ids of evaluations to run; the others are *missing* in the record, and block.
    debug:
        Let an evaluator's error through, traceback and all, in place of recording it.
    former:
        The ledger of the dossier that this one takes the place of; it is carried on, so that every run is counted.
    preregistered:
        Signatures of the plan from before the run, one a line; those of another plan are left out.
    previous:
        The previous release; its evaluations are taken where nothing that they rest on has changed.
    kept:
        What a run that was cut off has kept, by evaluation; taken on the same terms.
    keep:
        Called with each finished evaluation, so that a run that is cut off need not begin anew.
    """
    case = gather(
        assessment,
        policy,
        now=now,
        only=only,
        workers=workers,
        previous=previous,
        kept=kept,
        keep=keep,
        debug=debug,
        progress=progress,
    )
    moment = now or (case.run.finished if case.run is not None else _clock())
    return finish(
        case, policy, now=moment, former=former, preregistered=preregistered, previous=previous, progress=progress
    )


def gather(
    assessment: Assessment,
    policy: Policy,
    *,
    now: str | None = None,
    only: tuple[str, ...] = (),
    workers: int = 2,
    previous: reuse.Previous | None = None,
    kept: Mapping[str, bytes] | None = None,
    keep: Keep = _forget,
    debug: bool = False,
    progress: Progress = _silent,
) -> Case:
    """The evidence alone: from a plan to what is judged. See `run` for the parameters."""
    prepared = prepare(assessment, policy, progress=progress)
    started = _clock()
    standing = stands(prepared, previous, kept or {}, only=only)
    with network.guard() as guard:
        evaluations, gaps, seconds = evaluate(
            prepared,
            only=only,
            standing={id_: one.evaluation for id_, one in standing.items()},
            finished=lambda step, done: _keep(prepared, step, done, now or started, keep),
            workers=workers,
            debug=debug,
            progress=progress,
        )
    earlier = {id_: one.since for id_, one in standing.items()}
    record = reuse.named(assemble.record(prepared, evaluations, gaps), previous)
    made = RunFacts(
        run_id=record.provenance.run_id,
        record_sha256=record.sha256,
        started=now or started,
        finished=now or _clock(),
        seconds={} if now else seconds,
        platform="" if now else platform.platform(),
        python=platform.python_version(),
        refused_connections=guard.refused,
    )
    facts = reuse.dated(made, earlier)
    artefacts = {file.path: file.sha256 for file in prepared.subject.files}
    return Case(record=record, plan=prepared.lock, run=facts, artefacts=artefacts)


def stands(
    prepared: Prepared, previous: reuse.Previous | None, kept: Mapping[str, bytes], *, only: tuple[str, ...] = ()
) -> dict[str, reuse.Reused]:
    """Evaluations that need not be run: of a run that was cut off, or of the previous release."""
    found: dict[str, reuse.Reused] = {}
    for step in prepared.assessment.steps:
        if only and step.id not in only:
            continue
        one = reuse.from_kept(prepared, step, kept[step.id]) if step.id in kept else None
        if one is None and previous is not None:
            one, _ = reuse.from_previous(prepared, step, previous)
        if one is not None:
            screen(one.evaluation, what=f"{step.id}, as it was kept")
            found[step.id] = one
    return found


def _keep(prepared: Prepared, step: Step, done: Evaluation, started: str, keep: Keep) -> None:
    data = reuse.keep(prepared, step, done, started)
    if data is not None:
        keep(step.id, data)


def prepare(assessment: Assessment, policy: Policy, *, progress: Progress = _silent) -> Prepared:
    """Open every source, hash the subject, and fix what each evaluation must cover, before anything is evaluated.

    Raises
    ------
    EvidenceError
        Where a file is not there, cut off, unsafe, or not what the plan says.
    """
    return assemble.prepare(assessment, policy, progress)


def evaluate(
    prepared: Prepared,
    *,
    only: tuple[str, ...] = (),
    standing: Mapping[str, Evaluation] | None = None,
    finished: Callable[[Step, Evaluation], None] = lambda step, done: None,
    workers: int = 2,
    debug: bool = False,
    progress: Progress = _silent,
) -> tuple[list[Evaluation], list[NotEvaluated], dict[str, float]]:
    """Run every evaluation of the plan. One that raises becomes an error in the record; the others' evidence is not lost."""
    done: list[Evaluation] = []
    gaps: list[NotEvaluated] = []
    seconds: dict[str, float] = {}
    for step in prepared.assessment.steps:
        begun = time.perf_counter()
        if only and step.id not in only:
            gaps.append(
                NotEvaluated(id=step.id, code="missing", reason="Left out of this run.", remedy="Run without --only.")
            )
            continue
        if standing is not None and step.id in standing:
            done.append(standing[step.id])
            continue
        outcome = _evaluate_one(prepared, step, workers, debug, progress)
        if isinstance(outcome, Evaluation):
            finished(step, outcome)
        (done if isinstance(outcome, Evaluation) else gaps).append(outcome)  # type: ignore[arg-type]
        seconds[step.id] = round(time.perf_counter() - begun, 3)
    return done, gaps, seconds


def _evaluate_one(
    prepared: Prepared, step: Step, workers: int, debug: bool, progress: Progress
) -> Evaluation | NotEvaluated:
    try:
        absent = next(
            (prepared.unavailable[name] for name in step.inputs.values() if name in prepared.unavailable), None
        )
        if absent is not None:
            raise absent
        evaluator, parameters = registry.configured(registry.find(step.evaluator), step.options, where=step.where)
        sources = {need: prepared.sources[name] for need, name in step.inputs.items()}
        inputs = Inputs(
            id=step.id,
            sources=sources,
            parameters=parameters,
            binding=next((prepared.bindings[name] for name in step.inputs.values() if name in prepared.bindings), None),
            seed=prepared.assessment.file.seed,
            workers=workers,
            progress=lambda count, total: progress(step.id, count, total),
        )
        evaluation = evaluator.evaluate(inputs)
        screen(evaluation, what="its result")
        return evaluation.model_copy(update={"target": step.target}) if step.target else evaluation
    except MissingExtraError as exc:
        return NotEvaluated(id=step.id, code="missing", reason=exc.what, remedy=exc.do or "Install it.")
    except CardwrightError as exc:
        return NotEvaluated(
            id=step.id, code="error", reason=str(exc)[:2000], remedy=exc.do or "Mend what stopped it and run again."
        )
    except Exception as exc:
        if debug:
            raise
        # The message of a foreign error may hold a value from the data, so only its type is kept.
        return NotEvaluated(
            id=step.id,
            code="error",
            reason=f"{step.evaluator} raised {type(exc).__name__} in {_where(exc)}.",
            remedy="Run it alone with --debug to see the whole error: cardwright run … --only " + step.id,
        )


def _where(exc: BaseException) -> str:
    trace = exc.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return (
        f"{Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno}"
        if trace is not None
        else "an unknown place"
    )


def finish(
    case: Case,
    policy: Policy,
    *,
    now: str,
    chosen_by: str = "the plan",
    former: bytes = b"",
    preregistered: bytes = b"",
    previous: reuse.Previous | None = None,
    debug: bool = False,
    progress: Progress = _silent,
) -> Result:
    """Judge a case and make its documents: everything after evaluation. Which file names which digest: design, 3a."""
    progress("decide", 0, None)
    review = decide(case, policy, now, "review", chosen_by=chosen_by)
    verdict = decide(case, policy, now, "release", chosen_by=chosen_by)
    files: dict[str, bytes] = {layout.RECORD: layout.to_json(case.record)}
    if case.plan is not None:
        files[layout.PLAN] = layout.to_json(case.plan)
    if case.run is not None:
        files[layout.RUN] = layout.to_json(case.run)
    files[layout.REVIEW] = layout.to_json(review)
    problems: list[str] = []
    compared = reuse.compared(previous, case, review) if previous is not None else None
    if compared is not None:
        files[editions.COMPARISON] = comparison.as_json(compared).encode("utf-8")
    # Documents are made from what the files say, keys in the order they are written in: so a receiver can make them again.
    edition = editions.of_files(files, where=case.record.subject.name)
    for name, document, format_ in documents.standard(case.record):
        progress(name, 0, None)
        try:
            files[name] = documents.render(edition, document=document, format=format_)
        except documents.MissingPangoError as exc:
            # Without Pango everything but the PDF is written, and the PDF is missing.
            problems.append(f"{name}: {exc}")
    signed = preregistration.taken(preregistered, former, case.record.subject.name, case.record.provenance.plan_sha256)
    files[layout.LEDGER] = signed.chain.append("run", "record", case.record.sha256, now).to_bytes()
    files[layout.MANIFEST] = layout.to_json(layout.manifest_of(files))
    if signed.lines:
        files[layout.CLAIMS] = signed.lines
    files[layout.VERDICT] = layout.to_json(verdict)
    return Result(record=case.record, run=case.run, verdict=verdict, files=files, problems=tuple(problems))  # type: ignore[arg-type]


def _clock() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


__all__ = ["Prepared", "Progress", "Result", "evaluate", "finish", "prepare", "run"]
