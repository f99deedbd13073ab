"""The whole story on one page: plan → load → evaluate → assemble → decide → render → write.

Read this first. A value travels, the code stands still: an `Assessment` (what people planned) becomes a `Prepared` (sources open,
plan fixed), then a `Record` (frozen), a `Verdict`, documents, and a dossier on disk. Each step has a module of its own in `run/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cardwright.attest import preregistration
from cardwright.dossier import layout
from cardwright.plan.assessment import Assessment
from cardwright.policy.gate import decide
from cardwright.policy.policy import Policy
from cardwright.record import comparison
from cardwright.record.case import Case
from cardwright.record.provenance import RunFacts
from cardwright.record.record import Record
from cardwright.record.verdict import Verdict
from cardwright.run import assemble, editions, reuse
from cardwright.run.evaluating import evaluate
from cardwright.run.prepare import Prepared, Progress, prepare, silent
from cardwright.sources import network


@dataclass(frozen=True)
class Result:
    """What a run results in."""

    record: Record
    run: RunFacts
    verdict: Verdict
    files: Mapping[str, bytes]
    """The dossier's files, by path."""
    problems: tuple[str, ...] = ()
    """Each document that could not be made, with the reason; a caller has to show them."""


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
    baseline: Record | None = None,
    kept: Mapping[str, bytes] | None = None,
    keep: Callable[[str, bytes], None] = lambda id_, data: None,
    debug: bool = False,
    progress: Progress = silent,
) -> Result:
    """The main job: from a plan to the files of a dossier. Nothing is written here; `store.write_dossier` does that.

    Parameters
    ----------
    now
        The moment of the verdict, e.g. `2026-11-23T12:00:00Z`; if omitted, the clock's.
    only
        Ids of evaluations to run; the others are *missing* in the record, and block.
    workers
        How many threads count rows.
    former
        The ledger of the dossier that this one replaces; it is continued, so that every run is counted.
    preregistered
        Signatures of the plan made before the run, one per line; those of another plan are left out.
    previous
        The previous release; its evaluations are taken over if nothing that they rest on has changed.
    baseline
        The record that `relative_to_baseline` compares with; it is kept in the dossier.
    kept
        What an interrupted run has kept, by evaluation id; taken over on the same condition.
    keep
        Called with the id and the bytes of each finished evaluation, so that an interrupted run can be resumed.
    debug
        Raise an evaluator's error with its traceback instead of recording it.

    Raises
    ------
    EvidenceError
        If a file is missing, truncated, unsafe, or not what the plan says.
    UsageError
        If `only` names an evaluation that the plan does not have.
    """
    case = gather(
        assessment, policy, now=now, only=only, workers=workers, previous=previous, baseline=baseline, kept=kept, keep=keep,
        debug=debug, progress=progress,
    )  # fmt: skip
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
    baseline: Record | None = None,
    kept: Mapping[str, bytes] | None = None,
    keep: Callable[[str, bytes], None] = lambda id_, data: None,
    debug: bool = False,
    progress: Progress = silent,
) -> Case:
    """The evidence alone: from a plan to the case that is judged. For the parameters see `run`."""
    prepared = prepare(
        assessment, policy, baseline_sha256=baseline.sha256 if baseline is not None else None, progress=progress
    )
    started = now or _clock()
    standing = reuse.standing(prepared, previous, kept or {}, only=only)
    with network.guard() as guard:
        evaluated = evaluate(
            prepared,
            only=only,
            standing={id_: one.evaluation for id_, one in standing.items()},
            finished=reuse.keeper(prepared, started, keep),
            workers=workers,
            debug=debug,
            progress=progress,
        )
    before = previous.record.sha256 if previous is not None else None
    record = assemble.record(prepared, evaluated.evaluations, evaluated.gaps, previous_sha256=before)
    facts = assemble.facts(
        record,
        started=started,
        finished=now or _clock(),
        seconds=evaluated.seconds,
        earlier={id_: one.since for id_, one in standing.items()},
        refused=guard.refused,
        repeatable=now is not None,
        plan=assessment.path,
    )
    artefacts = {file.path: file.sha256 for file in prepared.subject.files}
    return Case(record=record, plan=prepared.lock, run=facts, baseline=baseline, artefacts=artefacts)


def finish(
    case: Case,
    policy: Policy,
    *,
    now: str,
    chosen_by: str = "the plan",
    former: bytes = b"",
    preregistered: bytes = b"",
    previous: reuse.Previous | None = None,
    progress: Progress = silent,
) -> Result:
    """Judge a case and make its documents: everything after evaluation. Each file names only earlier ones (design, 3a)."""
    progress("decide", 0, None)
    review = decide(case, policy, now, "review", chosen_by=chosen_by)
    verdict = decide(case, policy, now, "release", chosen_by=chosen_by)
    files = layout.evidence_of(case, review)
    if previous is not None:
        files[editions.COMPARISON] = comparison.as_json(reuse.compared(previous, case, review)).encode("utf-8")
    # Documents are made from the files as written, in their order of keys, so that a receiver can make them again.
    made, problems = editions.documents_of(editions.of_files(files, where=case.record.subject.name), progress=progress)
    files |= made
    signed = preregistration.taken(preregistered, former, case.record.subject.name, case.record.provenance.plan_sha256)
    files[layout.LEDGER] = signed.chain.append("run", "record", case.record.sha256, now).to_bytes()
    files[layout.MANIFEST] = layout.to_json(layout.manifest_of(files))
    if signed.lines:
        files[layout.CLAIMS] = signed.lines
    files[layout.VERDICT] = layout.to_json(verdict)
    return Result(record=case.record, run=case.run, verdict=verdict, files=files, problems=problems)  # type: ignore[arg-type]


def _clock() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


__all__ = ["Prepared", "Progress", "Result", "evaluate", "finish", "gather", "prepare", "run"]
