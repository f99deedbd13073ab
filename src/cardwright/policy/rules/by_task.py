"""What a requirement asks of another task than a binary decision: one policy, one requirement, a variant for each task.

Which task it is, the outcomes and the model show; what the plan calls it decides nothing. Where they leave a doubt, every variant
is asked, so that nobody gains by leaving it open.
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import model_validator

from cardwright.policy.canonical_form import PolicyValue
from cardwright.policy.judging.answer import Wording
from cardwright.record.base import FreeText, Identifier, Number, Term
from cardwright.record.provenance import Task
from cardwright.record.record import Record
from cardwright.record.verdict import Origin


class TaskVariant(PolicyValue):
    """What is asked of a task in place of what the requirement itself says, or why nothing is."""

    evaluator: Identifier | None = None
    """Another evaluator."""
    metric: Term | None = None
    """Another metric; with it goes its own limit."""
    metrics: tuple[Term, ...] = ()
    """Other metrics, of `evaluated`."""
    at_least: Number | None = None
    """Its lower limit."""
    at_most: Number | None = None
    """Its upper limit."""
    on: Literal["value", "lower", "upper", "bound"] | None = None
    """What is compared with the limit, if not what the requirement says."""
    title: FreeText | None = None
    """What it asks, in a line."""
    why: FreeText | None = None
    """Why it is asked."""
    origin: Origin | None = None
    """Where it or its limit comes from."""
    citation: FreeText | None = None
    """Its source."""
    not_asked: FreeText | None = None
    """Why it is not asked of this task: a fact about the task, which is printed."""

    @model_validator(mode="after")
    def _asks_or_says_why_not(self) -> Self:
        asks = bool(
            self.evaluator or self.metric or self.metrics or self.at_least is not None or self.at_most is not None
        )
        if asks == (self.not_asked is not None):
            raise ValueError("a variant asks for something else, or says `not_asked` and why")
        if self.metric is not None and (self.at_least is None) == (self.at_most is None):
            raise ValueError("another metric goes with its own at_least or at_most, one of them")
        if asks and not (self.title and self.why and self.origin):
            raise ValueError("a variant that asks for something else has a title, a why and an origin of its own")
        return self

    @property
    def wording(self) -> Wording:
        """What is printed of it."""
        assert self.title is not None and self.why is not None and self.origin is not None
        return Wording(self.title, self.why, self.origin, self.citation)

    def changes(self) -> dict[str, Any]:
        """What it changes of a rule's fields."""
        written: dict[str, Any] = {
            "evaluator": self.evaluator,
            "metric": self.metric,
            "metrics": self.metrics,
            "on": self.on,
        }
        changed = {name: value for name, value in written.items() if value}
        if self.at_least is not None or self.at_most is not None:
            changed |= {"at_least": self.at_least, "at_most": self.at_most}
        return changed


def tasks_of(record: Record, role: str | None) -> tuple[Task | None, ...]:
    """The tasks of the predictions of a role, or of all; None among them if one of them leaves a doubt, or there are none.

    A table says nothing of the task: what a model was trained on, if it is there, is about the task of its predictions.
    """
    datasets = record.provenance.datasets
    kinds = {dataset.kind for dataset in datasets if role in (None, dataset.role)}
    found = [
        dataset.task
        for dataset in datasets
        if dataset.kind == "predictions" and (role in (None, dataset.role) or kinds <= {"table"})
    ]
    return tuple(dict.fromkeys(found)) or (None,)
