"""Which evaluations an engine counts and which this machine does, said before the first of them starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cardwright.errors import CardwrightError
from cardwright.evaluators.interface import reads_here
from cardwright.run.evaluating import configured
from cardwright.run.prepare import Prepared
from cardwright.sources.interface import Predictions, Table, Texts
from cardwright.sources.shape import carrier


def on_this_machine(prepared: Prepared, *, only: Sequence[str] = ()) -> Mapping[str, tuple[str, ...]]:
    """By evaluation that this machine does, or reads rows for, although an engine counts: why, a reason each.

    One that cannot be set as the plan says is left out: it says so itself when its turn comes.
    """
    found: dict[str, tuple[str, ...]] = {}
    for step in prepared.assessment.steps:
        if only and step.id not in only:
            continue
        sources = [prepared.sources[name] for name in step.inputs.values() if name in prepared.sources]
        if any(name in prepared.unavailable for name in step.inputs.values()):
            continue
        if not any(isinstance(one, Predictions | Table | Texts) and carrier(one.rows) is not None for one in sources):
            found[step.id] = ("executors hold nothing of what it reads: no rows of predictions, a table or texts",)
            continue
        try:
            reasons = reads_here(*configured(prepared, step))
        except CardwrightError:
            continue
        if reasons:
            found[step.id] = reasons
    return found


def sentences(found: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What is printed of it, a line for each evaluation."""
    if not found:
        return ("Every evaluation is counted by executors.",)
    return (
        "These read rows on this machine, as they do without an engine; every other is counted by executors:",
        *(f"  {id_}: {'; '.join(reasons)}." for id_, reasons in found.items()),
    )


__all__ = ["on_this_machine", "sentences"]
