"""Run the evaluations of a plan, one after another. One that fails becomes a gap in the record; the others' evidence stays."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from cardwright.errors import CardwrightError, MissingExtraError, UsageError, did_you_mean
from cardwright.evaluators import registry
from cardwright.evaluators.interface import Evaluator, Inputs
from cardwright.plan.assessment import EvaluationStep
from cardwright.privacy.screening import mask, screen
from cardwright.privacy.showing import masked
from cardwright.record.evaluation import Evaluation, Finding, count_severities
from cardwright.record.record import NotEvaluated
from cardwright.run.prepare import Prepared, Progress, silent

Finished = Callable[[EvaluationStep, Evaluation], None]
"""Called with each evaluation as it is finished, so that a run that is cut off need not start again."""


def no_keeping(step: EvaluationStep, evaluation: Evaluation) -> None:
    """Keep nothing."""


class Evaluated(NamedTuple):
    """What a plan's evaluations gave."""

    evaluations: tuple[Evaluation, ...]
    """Those with a result, in the plan's order."""
    gaps: tuple[NotEvaluated, ...]
    """Those without one, and why."""
    seconds: Mapping[str, float]
    """How long each that ran has taken."""


def evaluate(
    prepared: Prepared,
    *,
    only: Sequence[str] = (),
    standing: Mapping[str, Evaluation] | None = None,
    finished: Finished = no_keeping,
    workers: int = 2,
    debug: bool = False,
    progress: Progress = silent,
) -> Evaluated:
    """Run every evaluation of the plan that does not stand already.

    Parameters
    ----------
    only
        Ids of evaluations to run; the others are *missing* in the record, and block.
    standing
        Results of an earlier run that still hold, by id; these are not run again.
    debug
        Let an evaluator's error through, traceback and all, instead of recording it.

    Raises
    ------
    UsageError
        If `only` names an evaluation that the plan does not have.
    """
    require_known(only, prepared)
    evaluations: list[Evaluation] = []
    gaps: list[NotEvaluated] = []
    seconds: dict[str, float] = {}
    for step in prepared.assessment.steps:
        if only and step.id not in only:
            gaps.append(
                NotEvaluated(id=step.id, code="missing", reason="Left out of this run.", remedy="Run without --only.")
            )
            continue
        if standing is not None and step.id in standing:
            evaluations.append(standing[step.id])
            continue
        begun = time.perf_counter()
        outcome = evaluate_one(prepared, step, workers=workers, debug=debug, progress=progress)
        if isinstance(outcome, Evaluation):
            finished(step, outcome)
            evaluations.append(outcome)
        else:
            gaps.append(outcome)
        seconds[step.id] = round(time.perf_counter() - begun, 3)
    return Evaluated(tuple(evaluations), tuple(gaps), seconds)


def require_known(only: Sequence[str], prepared: Prepared) -> None:
    """Refuse ids that the plan does not have: a misspelt one would leave every evaluation out.

    Raises
    ------
    UsageError
        Names the nearest id.
    """
    known = [step.id for step in prepared.assessment.steps]
    for id_ in only:
        if id_ not in known:
            raise UsageError(f'the plan has no evaluation "{id_}"', where="--only", do=did_you_mean(id_, known))


def evaluate_one(
    prepared: Prepared, step: EvaluationStep, *, workers: int = 2, debug: bool = False, progress: Progress = silent
) -> Evaluation | NotEvaluated:
    """The result of one evaluation, or why it has none."""
    try:
        absent = next(
            (prepared.unavailable[name] for name in step.inputs.values() if name in prepared.unavailable), None
        )
        if absent is not None:
            raise absent
        evaluator, inputs = configured(prepared, step, workers=workers, progress=progress)
        evaluation = without_personal_data(evaluator.evaluate(inputs))
        return evaluation.model_copy(update={"target": step.target}) if step.target else evaluation
    except MissingExtraError as exc:
        return NotEvaluated(id=step.id, code="missing", reason=exc.what, remedy=exc.do or "Install it.")
    # An evaluator that stops leaves a gap, which blocks, and does not take the others' evidence with it.
    except CardwrightError as exc:
        return NotEvaluated(
            id=step.id,
            code="error",
            reason=masked(str(exc))[:2000],
            remedy=masked(exc.do or "Fix what stopped it and run again."),
        )
    except Exception as exc:
        if debug:
            raise
        # The message of a foreign error may hold a value from the data, so only its type is kept.
        return NotEvaluated(
            id=step.id,
            code="error",
            reason=f"{step.evaluator} raised {type(exc).__name__} in {_where(exc)}.",
            remedy="Run it alone with --debug to see where: cardwright run … --only " + step.id,
        )


def configured(
    prepared: Prepared, step: EvaluationStep, *, workers: int = 2, progress: Progress = silent
) -> tuple[Evaluator, Inputs]:
    """The evaluator of a step, set as the plan says, and what it reads.

    Raises
    ------
    CardwrightError
        If the plan asks of it what it does not do.
    """
    evaluator, parameters = registry.configured(registry.find(step.evaluator), step.options, where=step.where)
    return evaluator, Inputs(
        id=step.id,
        sources={need: prepared.sources[name] for need, name in step.inputs.items()},
        parameters=parameters,
        binding=next((prepared.bindings[name] for name in step.inputs.values() if name in prepared.bindings), None),
        seed=prepared.assessment.file.seed,
        workers=workers,
        small_cell=prepared.assessment.file.small_cell,
        progress=lambda count, total: progress(step.id, count, total),
    )


def without_personal_data(evaluation: Evaluation) -> Evaluation:
    """A result in which each text that holds personal data or a secret is masked, with a finding that says so."""
    kept, sightings = mask(evaluation)
    if not sightings:
        return evaluation
    places = sorted({f"{one.entity} in {one.field}" for one in sightings})
    more = f", and in {len(places) - 5} more places" if len(places) > 5 else ""
    finding = Finding(
        severity="medium",
        key="masked",
        explanation=f"Labels or texts of the data in this result held {', '.join(places[:5])}{more}; each is shown as "
        "its kind. The numbers are those of the data as they are.",
        count=len(sightings),
    )
    findings = (*kept.findings, finding)
    masked_one = kept.model_copy(update={"findings": findings, "severities": count_severities(findings)})
    # A name that was masked may collide with what the evaluator's own checks hold apart: read back, it is checked again.
    checked = Evaluation.model_validate(masked_one.model_dump())
    screen(checked, what="its result")
    return checked


def _where(exc: BaseException) -> str:
    trace = exc.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno}"
