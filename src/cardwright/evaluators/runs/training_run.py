"""Which run made the model: the run that left a file with the model's digest, with its commit, settings, data and seed."""

from __future__ import annotations

from dataclasses import dataclass

from cardwright.evaluators.runs.collecting import Collected, Configuration
from cardwright.record.measurement import Measured, Measurement, Unmeasured
from cardwright.record.run import Run
from cardwright.sources.interface import LanguageModel, Model, Source


@dataclass(frozen=True)
class Traced:
    """What is known of the model's training run."""

    measurements: tuple[Measurement, ...]
    model: str | None
    """The model's name in the plan; None if no model is named."""
    runs: tuple[Run, ...]
    """Runs that left its file; one, if it is traced."""
    why: str | None
    """Why a number of this model does not resolve to a training run; None if it does."""


def training_run(seen: Collected, model: Source | None, claim: Configuration | None) -> Traced:
    """Look for the run that left the model's file."""
    if not isinstance(model, Model | LanguageModel):
        return Traced((), None, (), None)
    runs = tuple(seen.found[id_] for id_ in seen.artefacts.get(model.ref.sha256, ()))
    why = _why(runs, claim)
    measured: Measurement
    if not runs:
        measured = Unmeasured(metric="training_run_resolved", code="undefined", reason=why or "")
    else:
        measured = Measured(
            metric="training_run_resolved",
            value=float(why is None),
            unit="truth",
            direction="higher_is_better",
            denominator=1.0,
        )
    return Traced((measured,), model.ref.name, runs, why)


def _why(runs: tuple[Run, ...], claim: Configuration | None) -> str | None:
    if not runs:
        return "No tracked run left a file with the model's digest."
    if len(runs) > 1:
        return f"{len(runs)} runs left a file with the model's digest, so that its training run cannot be told."
    (run,) = runs
    if run.missing:
        return f"Its training run is known and lacks {', '.join(run.missing)}."
    if claim is not None and run.id not in {trial.id for trial in claim.trials}:
        return "Its training run is none of the claimed configuration."
    return None
