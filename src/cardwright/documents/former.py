"""What compares with a former release although the plan names no earlier record: with which, of what date, and what moved.

Such a comparison is one evaluation's own: it was handed what the former release answered, and asks the same of both. Whoever
reads that nothing was compared would be told the opposite of what a requirement beside it judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cardwright.record.evaluation import Evaluation, Input
from cardwright.record.measurement import Measured
from cardwright.record.provenance import DatasetRef
from cardwright.record.record import Record

NEED = "former"
"""What an evaluator calls the former release's answers among its inputs."""
RELEASE = "the former release"
"""What its changes are against, as records say it."""
_COUNTS = ("newly_broken", "newly_fixed", "not_compared")


@dataclass(frozen=True)
class MovedNumber:
    """A rate of the same cases then and now, and how many of them came out otherwise."""

    place: int
    """Of the change among the evaluation's measurements."""
    change: Measured
    counts: tuple[Measured, ...]
    """Newly broken, newly fixed, not compared: those that there are."""


@dataclass(frozen=True)
class FormerRelease:
    """A former release that an evaluation compares with."""

    evaluation: str
    """E-1 …"""
    id: str
    """The evaluation's id in the plan."""
    source: Input
    dataset: DatasetRef | None
    """What the plan says of it: version, day of release, path."""
    moved: tuple[MovedNumber, ...]

    @property
    def version(self) -> str | None:
        """Which version it was; None if the plan does not say."""
        return self.dataset.subject_version if self.dataset is not None else None

    @property
    def released(self) -> str | None:
        """The day of its release; None if the plan does not say."""
        return self.dataset.released if self.dataset is not None else None


def of(record: Record, names: Mapping[str, str]) -> tuple[FormerRelease, ...]:
    """Every former release that an evaluation of a document compares with.

    Parameters
    ----------
    names
        Ids of the evaluations in this document (E-1 …) by their ids in the plan.
    """
    datasets = {dataset.name: dataset for dataset in record.provenance.datasets}
    return tuple(
        FormerRelease(names[evaluation.id], evaluation.id, source, datasets.get(source.name), _moved(evaluation))
        for evaluation in record.evaluations
        if evaluation.id in names
        for source in evaluation.inputs
        if source.need == NEED
    )


def _moved(evaluation: Evaluation) -> tuple[MovedNumber, ...]:
    found = []
    for place, m in enumerate(evaluation.measurements):
        # Over all attacks, or all harmless questions; by category it is one of the attached numbers.
        if isinstance(m, Measured) and m.reference == RELEASE and {*m.slice} <= {"intent"}:
            beside = (
                other
                for name in _COUNTS
                for other in evaluation.measurements
                if isinstance(other, Measured) and other.metric == name and other.slice == m.slice
            )
            found.append(MovedNumber(place, m, tuple(beside)))
    return tuple(found)


__all__ = ["NEED", "RELEASE", "FormerRelease", "MovedNumber", "of"]
