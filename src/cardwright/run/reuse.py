"""Evaluations that need not be run again: of the previous release, or of an interrupted run.

An evaluation stands only where all that could move its numbers is the same: evaluator and version, inputs by digest, how the plan
reads them, parameters, groups, seed, the model they are tied to, the libraries, and Cardwright itself. It says in the record from
which record it was taken, and `evidence/run.json` says when it was made, so that nothing gets younger by being used again. What
people said is never taken over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from cardwright import __version__
from cardwright.attest import claims
from cardwright.attest.trust import Trust
from cardwright.attest.verify import verify
from cardwright.dossier import layout
from cardwright.dossier.contents import case_of, documents_hold
from cardwright.errors import IntegrityError, PlanError
from cardwright.evaluators import registry
from cardwright.evaluators.interface import Inputs
from cardwright.plan.assessment import EvaluationStep
from cardwright.policy.policy import Policy
from cardwright.privacy.screening import screen
from cardwright.record import canonical
from cardwright.record.base import Sha256, Timestamp, Value
from cardwright.record.case import Case
from cardwright.record.claim import Claim
from cardwright.record.comparison import Comparison, Side, compare
from cardwright.record.evaluation import Evaluation
from cardwright.record.provenance import RunFacts
from cardwright.record.record import PlanLock, Record
from cardwright.record.verdict import Verdict
from cardwright.run import packages
from cardwright.run.prepare import Prepared
from cardwright.sources.interface import NerModels, Target, TextClassifier

Basis = Mapping[str, JsonValue]
"""What the numbers of an evaluation depend on, by name."""


@dataclass(frozen=True)
class Previous:
    """The release that the plan names, as its dossier holds it."""

    record: Record
    plan: PlanLock | None
    run: RunFacts | None
    review: Verdict | None = None
    """The verdict on its evidence."""
    claims: tuple[Claim, ...] = ()
    """What people said of it; none of it is taken over."""
    doubt: str | None = None
    """Why it is not believed, if it is not: whoever writes a folder writes its numbers. Nothing of it is reused then."""


@dataclass(frozen=True)
class Reused:
    """An evaluation that is still valid, and since when."""

    evaluation: Evaluation
    since: str
    """When the run that made it began."""


class Kept(Value):
    """An evaluation that a run has finished, kept beside the dossier until that is written."""

    schema_: Annotated[Literal["cardwright/kept/1"], Field(alias="schema")] = "cardwright/kept/1"
    """The format of this file."""
    basis: Sha256
    """Digest of what it rests on."""
    started: Timestamp
    """When the run began."""
    evaluation: Evaluation
    """The evaluation."""
    sha256: Sha256
    """Digest of the evaluation, so that a damaged one shows."""


def previous_of(files: Mapping[str, bytes], *, where: str, subject: str) -> Previous:
    """The previous release in a dossier that was read and checked against its manifest.

    Raises
    ------
    IntegrityError
        If a file is not what it says.
    PlanError
        If it is of another subject, or an edition that leaves things out.
    """
    case = case_of(files, where=where)
    if case.record.subject.name != subject:
        raise PlanError(
            f"the previous release is of {case.record.subject.name}, not of {subject}",
            where=where,
            do="Name the dossier of an earlier version under `previous:`.",
        )
    if case.record.redaction is not None:
        raise PlanError("this edition leaves things out", where=where, do="Name the full dossier under `previous:`.")
    review = None
    if layout.REVIEW in files:
        review = canonical.parse(Verdict, files[layout.REVIEW], where=f"{where}/{layout.REVIEW}")
    signed = claims.read(files.get(layout.CLAIMS, b""), where=f"{where}/{layout.CLAIMS}")
    return Previous(
        record=case.record, plan=case.plan, run=case.run, review=review, claims=tuple(one.claim for one in signed)
    )


def doubt_of(
    files: Mapping[str, bytes],
    trust: Trust,
    policy: Callable[[str], Policy],
    *,
    where: str,
    now: str,
    status: bytes | None,
) -> str | None:
    """Why a previous release does not verify under a trust file; None if it does.

    Its model need not be at hand: an evaluation stands only if every file that it rests on has the digest that it had.

    Parameters
    ----------
    policy
        Finds a policy by name.
    status
        The status statement beside it, if there is one.
    """
    report = verify(files, where=where, trust=trust, now=now, policy=policy, printed=documents_hold, status=status)
    # What is broken first: the other steps may fail because of it.
    failed = sorted((step for step in report.steps if step.outcome == "failed"), key=lambda step: not step.broken)
    lacking = [*failed, *(s for s in report.steps if s.outcome == "not judged" and s.name != "artefact")]
    return f"step {lacking[0].number}, {lacking[0].name}: {lacking[0].detail}" if lacking else None


def compared(previous: Previous, case: Case, review: Verdict) -> Comparison:
    """What differs between the previous release and this one, for its documents."""
    old = Side(record=previous.record, plan=previous.plan, verdict=previous.review, claims=previous.claims)
    return compare(old, Side(record=case.record, plan=case.plan, verdict=review))


def standing(
    prepared: Prepared, previous: Previous | None, kept: Mapping[str, bytes], *, only: Sequence[str] = ()
) -> dict[str, Reused]:
    """Evaluations that need not be run, by id: from an interrupted run, or else from the previous release."""
    still: dict[str, Reused] = {}
    for step in prepared.assessment.steps:
        if only and step.id not in only:
            continue
        one = from_kept(prepared, step, kept[step.id]) if step.id in kept else None
        if one is None and previous is not None:
            one, _ = from_previous(prepared, step, previous)
        if one is not None:
            screen(one.evaluation, what=f"{step.id}, as it was kept")
            still[step.id] = one
    return still


def from_previous(
    prepared: Prepared, step: EvaluationStep, previous: Previous
) -> tuple[Reused | None, tuple[str, ...]]:
    """The previous release's evaluation where it stands, or the names of what has changed."""
    # The first reason that applies is the one that people read, so doubt about the whole release comes before details of one
    # evaluation.
    earlier = previous.record.evaluation(step.id)
    plan, run = previous.plan, previous.run
    if previous.doubt is not None:
        return None, ("the previous release does not verify",)
    if earlier is None:
        return None, ("the previous release has none",)
    if plan is None or plan.sha256 != previous.record.provenance.plan_sha256:
        return None, ("the previous release's plan is not available",)
    if run is None or run.record_sha256 != previous.record.sha256:
        return None, ("when the previous release was evaluated is not known",)
    now = basis(prepared, step)
    if now is None:
        return None, ("a live assistant may answer otherwise today",)
    then = _basis_then(earlier, previous.record, plan, now)
    changed = tuple(name for name in now if now[name] != then.get(name))
    if changed:
        return None, tuple(f"{name} changed" for name in changed)
    # Reused twice, it is still as old as the run that made it: `age` counts from there.
    made_in = earlier.reused_from or previous.record.sha256
    since = run.earlier.get(step.id, run.started)
    return Reused(earlier.model_copy(update={"reused_from": made_in}), since), ()


def from_kept(prepared: Prepared, step: EvaluationStep, kept: bytes) -> Reused | None:
    """An evaluation of an interrupted run, if it still stands.

    One that cannot be read is run again: a power cut may have left half of it, and nothing is lost but time.
    """
    now = basis(prepared, step)
    try:
        finished = canonical.parse(Kept, kept, where=step.id)
    except IntegrityError:
        return None
    if now is None or finished.basis != canonical.sha256(now) or finished.evaluation.id != step.id:
        return None
    if finished.sha256 != canonical.sha256(finished.evaluation):
        return None
    return Reused(finished.evaluation, finished.started)


def keep(prepared: Prepared, step: EvaluationStep, evaluation: Evaluation, started: str) -> bytes | None:
    """What is kept of a finished evaluation until the dossier is written; None if it must not be used again."""
    now = basis(prepared, step)
    if now is None:
        return None
    digest = canonical.sha256(evaluation)
    return layout.to_json(Kept(basis=canonical.sha256(now), started=started, evaluation=evaluation, sha256=digest))


def keeper(
    prepared: Prepared, started: str, store: Callable[[str, bytes], None]
) -> Callable[[EvaluationStep, Evaluation], None]:
    """What to call with each finished evaluation: it stores it under its id, if it may be used again."""

    def finished(step: EvaluationStep, evaluation: Evaluation) -> None:
        data = keep(prepared, step, evaluation, started)
        if data is not None:
            store(step.id, data)

    return finished


def basis(prepared: Prepared, step: EvaluationStep) -> Basis | None:
    """What the numbers of a step rest on, before it has run; None if that cannot be known: it asks a live assistant."""
    sources = {need: prepared.sources[name] for need, name in step.inputs.items() if name in prepared.sources}
    if len(sources) < len(step.inputs) or any(isinstance(source, Target) for source in sources.values()):
        return None
    evaluator, parameters = registry.configured(registry.find(step.evaluator), step.options, where=step.where)
    lock = prepared.lock
    planned = next(one for one in lock.planned if one.id == step.id)
    bound = next((prepared.bindings[name] for name in step.inputs.values() if name in prepared.bindings), None)
    return {
        "the evaluator": [step.evaluator, evaluator.version],
        "its target": step.target,
        "its inputs": [canonical.plain(one) for one in Inputs(id=step.id, sources=sources).recorded()],
        "its parameters": dict(parameters),
        "the model that its numbers are tied to": canonical.plain(bound),
        "what the plan asks of it": canonical.plain(planned),
        # The same bytes read in another way, with another threshold say, give other numbers.
        "how its sources are read": {name: lock.sources.get(name) for name in sorted(planned.inputs.values())},
        "the seed": lock.seed,
        "a library": {
            **packages.packages_of(step.evaluator),
            **packages.packages_of_models(
                s.ref.format for s in sources.values() if isinstance(s, (NerModels, TextClassifier))
            ),
        },
        "the code of an evaluator": [canonical.plain(one) for one in packages.code()],
        "Cardwright": f"cardwright {__version__}",
    }


def _basis_then(earlier: Evaluation, record: Record, plan: PlanLock, now: Basis) -> Basis:
    """The same of an evaluation in a record."""
    planned = record.plan(earlier.id)
    made = record.provenance
    libraries = now["a library"]
    assert isinstance(libraries, dict)
    return {
        "the evaluator": [earlier.evaluator, earlier.evaluator_version],
        "its target": earlier.target,
        "its inputs": [canonical.plain(one) for one in earlier.inputs],
        "its parameters": dict(earlier.parameters),
        # An evaluation without a binding rests on no model, whatever its source is tied to.
        "the model that its numbers are tied to": canonical.plain(earlier.binding)
        if earlier.binding is not None
        else now["the model that its numbers are tied to"],
        "what the plan asks of it": canonical.plain(planned),
        "how its sources are read": {
            name: plan.sources.get(name) for name in sorted(planned.inputs.values() if planned is not None else ())
        },
        "the seed": made.seed,
        "a library": {name: made.packages.get(name) for name in libraries},
        "the code of an evaluator": [canonical.plain(one) for one in made.code],
        "Cardwright": made.tool,
    }
