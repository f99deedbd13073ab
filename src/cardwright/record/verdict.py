"""What the gate says: one outcome per requirement, all of them, and the decision that follows."""

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cardwright.record import canonical, display
from cardwright.record.base import (
    Count,
    Day,
    Flag,
    FreeText,
    Identifier,
    Label,
    Number,
    Sha256,
    Slice,
    Term,
    Timestamp,
    Value,
)
from cardwright.record.evaluation import Severity
from cardwright.record.measurement import Interval

Status = Literal["passed", "failed", "inconclusive", "missing", "error", "stale", "mismatched", "not_applicable"]
STATUSES: tuple[Status, ...] = (
    "failed",
    "error",
    "missing",
    "stale",
    "mismatched",
    "inconclusive",
    "passed",
    "not_applicable",
)
"""In the order in which a reader wants them: the worst first."""

Stage = Literal["review", "release"]
Origin = Literal["law", "guidance", "practice", "internal"]
"""Where a requirement or its limit comes from."""

Closer = Literal["command", "data", "words", "signature", "decision"]

SEMANTICS = "6"
"""Changes whenever the same case could be judged differently, or in other words: a verdict is replayed byte for byte."""


class Standing(Value):
    """Where the law, guidance or practice behind a requirement stands, as of a day. What has changed is dated, not deleted."""

    status: Literal["in_force", "proposed", "rescission_proposed", "superseded", "voluntary"]
    """In force; proposed; in force while its end is proposed; superseded by something else or ended; kept by choice."""
    as_of: Day
    """The day on which somebody looked."""
    effective: Day | None = None
    """The day from which it holds or held."""
    superseded: Day | None = None
    """The day from which it holds no more."""
    note: FreeText | None = None
    """By what it is superseded, or what is proposed, with its citation."""

    @model_validator(mode="after")
    def _dated(self) -> Self:
        if self.status == "superseded" and self.superseded is None:
            raise ValueError("what is superseded says from which day: `superseded`")
        if self.effective is not None and self.superseded is not None and self.superseded < self.effective:
            raise ValueError("it is superseded before it is effective")
        return self

    @property
    def words(self) -> str:
        """In words, e.g. `in force since 2023-07-05 (as of 2026-10-07)`."""
        since = f" since {self.effective}" if self.effective is not None else ""
        status = {
            "superseded": f"superseded on {self.superseded}" + (f", effective from {self.effective}" if since else ""),
            "proposed": "proposed" + (f", to be effective from {self.effective}" if since else ""),
            "rescission_proposed": f"in force{since}, its rescission proposed",
        }.get(self.status, self.status.replace("_", " ") + since)
        if self.superseded is not None and self.status != "superseded":
            status += f", until {self.superseded}"
        return f"{status} (as of {self.as_of})" + (f": {self.note}" if self.note is not None else "")


def _is_none(value: object) -> bool:
    return value is None


def _is_empty(value: object) -> bool:
    return not value


class Limit(Value):
    """What a requirement asks of a number."""

    operator: Literal["at_least", "at_most"]
    """Which side is inside."""
    value: Number
    """The limit."""
    on: Literal["value", "lower", "upper"]
    """What is compared with it: the number, or a bound of its interval."""


class Observation(Value):
    """One number, or its absence, that a requirement looked at."""

    evaluation: Identifier
    """The evaluation that holds it."""
    metric: Term
    """The metric."""
    slice: Slice = {}
    """Which rows."""
    across: tuple[Label, ...] = ()
    """Over which attributes a gap is taken."""
    value: Number | None = None
    """The number; `null` if there is none."""
    interval: Interval | None = None
    """Where the true value lies."""
    denominator: Number | None = None
    """Out of how many."""
    compared: Count | None = None
    """Groups that entered a gap."""
    expected: Count | None = None
    """Groups that were expected."""
    status: Status
    """What this one alone says."""
    distance: Number | None = None
    """How far inside the limit the number or bound lies; negative outside."""
    note: FreeText
    """In a sentence."""


class Waived(Value):
    """A waiver that is in force."""

    claim: Sha256
    """Digest of the signed waiver."""
    approved_by: Label
    """Who approved."""
    requested_by: Label
    """Who asked."""
    reason: FreeText
    """Why."""
    controls: FreeText
    """What is done instead."""
    expires: Day
    """The last day on which it holds."""


class Blank(Value):
    """A word of a next action that the gate cannot know: the command line fills it in, or the person who acts."""

    blank: Literal["plan", "dossier", "details", "artifact", "key", "name", "role", "statement"]
    """What belongs there: the path of the plan, the dossier, the details or the subject's files; a key; a name; a role; words."""


class NextAction(Value):
    """One step towards closing a requirement, as a value: whoever prints it fills in the blanks and quotes it for the shell."""

    kind: Literal["command", "edit"]
    """A command to run, or a file to edit."""
    argv: Annotated[tuple[Label | Blank, ...], Field(exclude_if=_is_empty)] = ()
    """For a command: its words, unquoted."""
    file: Annotated[Label | Blank | None, Field(exclude_if=_is_none)] = None
    """For an edit: the file."""
    fields: Annotated[tuple[Label, ...], Field(exclude_if=_is_empty)] = ()
    """For an edit: the keys to fill in or change."""
    role: Annotated[Identifier | None, Field(exclude_if=_is_none)] = None
    """The role whose signature is asked for; left out where anybody can act."""

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        if self.kind == "command" and (not self.argv or self.file is not None or self.fields):
            raise ValueError("a command has words, and neither a file nor fields")
        if self.kind == "edit" and (self.argv or self.file is None or not self.fields):
            raise ValueError("an edit names a file and its fields, and no words of a command")
        return self


class Outcome(Value):
    """What the gate says of one requirement."""

    requirement: Identifier
    """Its id in the policy."""
    number: Annotated[Count, Field(ge=1)]
    """Its number in this verdict: R-07."""
    title: FreeText
    """What it asks, in a line."""
    kind: Identifier
    """Which kind of requirement."""
    level: Literal["block", "advise"]
    """Whether it can stop the handoff."""
    status: Status
    """passed | failed | inconclusive | missing | error | stale | mismatched | not_applicable."""
    explanation: FreeText
    """What was found, in a sentence with numbers."""
    remedy: FreeText | None = None
    """What closes it."""
    closed_by: Closer | None = None
    """Who closes it: a command, data, a person's words, a signature, a decision."""
    next: Annotated[tuple[NextAction, ...], Field(exclude_if=_is_empty)] = ()
    """What to do next, in order; left out if only a person can tell."""
    command: Annotated[FreeText | None, Field(exclude_if=_is_none)] = None
    """What Cardwright 0.1.0 wrote in place of `next`: words for a person, never run. Read, and no longer written."""
    limit: Limit | None = None
    """What is asked of the number."""
    observations: tuple[Observation, ...] = ()
    """The numbers it looked at, the worst first."""
    evidence_sha256: Annotated[Sha256 | None, Field(exclude_if=_is_none)] = None
    """If it is open: digest of the content of the evaluations, or of the open risks, that it rests on. A waiver names it."""
    severity: Annotated[Severity | None, Field(exclude_if=_is_none)] = None
    """Of findings above the limit: the worst severity."""
    count: Annotated[Count | None, Field(exclude_if=_is_none)] = None
    """Of findings above the limit: how many there are."""
    clause: FreeText | None = None
    """For not_applicable: what in the policy says so."""
    waived: Waived | None = None
    """A waiver in force; `status` keeps what it waives."""
    why: FreeText
    """Why the policy asks."""
    origin: Origin
    """Where the requirement or its threshold comes from."""
    citation: FreeText | None = None
    """The source."""
    waivable: Annotated[Flag, Field(exclude_if=bool)] = True
    """Whether it can be waived at all; left out if it can."""
    standing: Annotated[Standing | None, Field(exclude_if=_is_none)] = None
    """Where the source stands, and since when; left out of the bytes if nobody said."""
    set_by: Label
    """Who set it."""
    set_on: Day
    """When."""

    @property
    def label(self) -> str:
        """Its short name in the documents, e.g. `R-07`."""
        return f"R-{self.number:02d}"

    @property
    def releases(self) -> bool:
        """Whether it no longer blocks."""
        return self.level == "advise" or self.status in ("passed", "not_applicable") or self.waived is not None

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        return display.of_outcome(self)


class PolicyRef(Value):
    """The policy, by name and digest."""

    name: Identifier
    """Its name."""
    version: Label
    """Its version."""
    title: FreeText
    """What it is for."""
    sha256: Sha256
    """Digest of the policy, flattened."""
    chosen_by: Label
    """Who chose it: the plan, or the command line."""
    chain: tuple[Label, ...] = ()
    """The policies it extends, nearest first."""
    for_production: Flag = True
    """Whether what it allows may go into production."""
    waiver_roles: tuple[Identifier, ...] = ()
    """Roles that may approve a waiver; if empty, nothing can be waived."""
    checklists: Annotated[tuple[Identifier, ...], Field(exclude_if=_is_empty)] = ()
    """Checklists that it asks items of."""
    waiver_days: Count | None = None
    """The longest a waiver may hold."""


class Outstanding(Value):
    """A sign-off that is still to come."""

    role: Identifier
    """Whose."""
    meaning: Label
    """What it will mean."""
    requirement: Identifier
    """The requirement that asks."""


class VerdictInputs(Value):
    """Digests of everything the decision was made from."""

    record_sha256: Sha256
    """The record."""
    plan_sha256: Sha256 | None = None
    """The plan lock."""
    policy_sha256: Sha256
    """The policy, flattened."""
    trust_sha256: Sha256 | None = None
    """The trust file."""
    claims_sha256: Sha256 | None = None
    """All claims, in order."""
    baseline_sha256: Sha256 | None = None
    """The baseline's record."""
    previous_sha256: Sha256 | None = None
    """The previous release's record."""
    run_sha256: Sha256 | None = None
    """The facts of the run."""
    manifest_sha256: Sha256 | None = None
    """The manifest that sign-offs are over."""
    artefacts_sha256: Sha256 | None = None
    """The artefact at hand."""
    links_sha256: Annotated[Sha256 | None, Field(exclude_if=lambda value: value is None)] = None
    """The dossiers that it refers to, with what was believed of those who signed them."""
    incidents_sha256: Annotated[Sha256 | None, Field(exclude_if=lambda value: value is None)] = None
    """The open incidents that were found beside it; left out if there were none."""


class Verdict(Value):
    """The decision, and every reason for it."""

    schema_: Annotated[Literal["cardwright/verdict/1"], Field(alias="schema")] = "cardwright/verdict/1"
    """The format of this file."""
    semantics: Label = SEMANTICS
    """Version of the rules by which it was decided."""
    stage: Stage
    """`review`: the evidence, sign-offs outstanding. `release`: everything."""
    decision: Literal["allowed", "refused"]
    """Whether the handoff may happen."""
    headline: FreeText
    """The decision in a line."""
    advisory: Flag = False
    """True if it was asked for advice only; a receiver refuses it."""
    evaluated_at: Timestamp
    """The moment it speaks of."""
    policy: PolicyRef
    """Judged by."""
    inputs: VerdictInputs
    """Made from."""
    outcomes: tuple[Outcome, ...]
    """One per requirement, all of them, in the policy's order."""
    outstanding: tuple[Outstanding, ...] = ()
    """Sign-offs still to come."""
    valid_until: Day | None = None
    """The earliest day on which something it rests on expires."""

    @model_validator(mode="after")
    def _follows(self) -> Self:
        if not self.outcomes:
            raise ValueError("a verdict without outcomes decides nothing")
        if (self.decision == "allowed") != all(outcome.releases for outcome in self.outcomes):
            raise ValueError("the decision does not follow from the outcomes")
        return self

    @cached_property
    def sha256(self) -> str:
        """Digest of the canonical bytes."""
        return canonical.sha256(self)

    @property
    def allowed(self) -> bool:
        """Whether the handoff may happen."""
        return self.decision == "allowed"

    @property
    def blocking(self) -> tuple[Outcome, ...]:
        """What blocks, the worst first."""
        return tuple(
            sorted((o for o in self.outcomes if not o.releases), key=lambda o: (STATUSES.index(o.status), o.number))
        )

    @property
    def counts(self) -> dict[str, int]:
        """How many outcomes of each status, waived ones apart; the parts add up to the number of requirements."""
        result: dict[str, int] = {}
        for outcome in self.outcomes:
            name = "waived" if outcome.waived else outcome.status
            result[name] = result.get(name, 0) + 1
        order = [*STATUSES, "waived"]
        return {name: result[name] for name in order if name in result}

    def __repr__(self) -> str:
        """One line; all outcomes have tens of thousands of characters."""
        counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in self.counts.items())
        return f"<Verdict {self.decision} by {self.policy.name} {self.policy.version}: {counts}>"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        return display.of_verdict(self)
