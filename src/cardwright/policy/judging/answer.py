"""What a rule says of a case, before the gate numbers it and looks for a waiver."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cardwright.record import canonical
from cardwright.record.display import Shown
from cardwright.record.evaluation import Evaluation, Severity
from cardwright.record.verdict import Closer, Limit, NextAction, Observation, Origin, Status


@dataclass(frozen=True, slots=True)
class Wording(Shown):
    """What is printed of a requirement that is asked in another form than its own."""

    title: str
    why: str
    origin: Origin
    citation: str | None = None


@dataclass(frozen=True)
class RuleAnswer:
    """A status, why, and what would close it."""

    status: Status
    explanation: str
    """What was found, in a sentence with its numbers."""
    remedy: str | None = None
    """What closes it, in a sentence."""
    closed_by: Closer | None = None
    """Who closes it."""
    next: tuple[NextAction, ...] = ()
    """What to do, in order."""
    limit: Limit | None = None
    """What is asked of a number."""
    observations: tuple[Observation, ...] = ()
    """The numbers that were looked at, the worst first."""
    evaluations: tuple[Evaluation, ...] = ()
    """The evaluations that it rests on."""
    severity: Severity | None = None
    """Of findings above the limit: the worst severity."""
    count: int | None = None
    """Of findings above the limit: how many there are."""
    said_sha256: str | None = None
    """Digest of what people said, for a rule that rests on that and on no evaluation. A waiver has to name it."""
    clause: str | None = None
    """For `not_applicable`: what in the policy says so."""
    asked_as: Wording | None = None
    """What is printed in place of the requirement's own words, if it was asked in another form."""

    @property
    def is_open(self) -> bool:
        """Whether something stands in the way, unless a waiver accepts it."""
        return self.status not in ("passed", "not_applicable")

    @cached_property
    def evidence_sha256(self) -> str | None:
        """Digest of the content of the evaluations that it rests on, by id, or else of what people said; None if on neither."""
        contents = {evaluation.id: evaluation.content_sha256 for evaluation in self.evaluations}
        return canonical.sha256(contents) if contents else self.said_sha256


def missing(explanation: str, remedy: str, *next_: NextAction) -> RuleAnswer:
    """Evidence that a command brings."""
    return RuleAnswer("missing", explanation, remedy, "command", next_)
