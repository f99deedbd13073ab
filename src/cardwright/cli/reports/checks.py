"""One list of checks, of a verdict or of a verification: what every format is made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from cardwright.errors import CardwrightError
from cardwright.record.base import visible
from cardwright.record.verdict import Outcome, Verdict, Waived

if TYPE_CHECKING:  # signatures are not needed to say what a verdict says
    from cardwright.attest.verify import Report

State = Literal["passed", "refused", "error", "waived", "advice", "not_applicable"]
"""What a check means for the build. Missing, inconclusive, stale and mismatched are *refused*, as failed is; `error` is a check
that broke. `advice` is not met and does not block."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One requirement of a policy, or one step of a verification."""

    id: str
    """Its name, the same from run to run."""
    label: str
    """Its short name: `R-07`, `step 8`."""
    title: str
    """What it asks, in a line."""
    status: str
    """What was found: passed, failed, missing, stale …"""
    state: State
    """What that means for the build."""
    explanation: str
    """What was found, in a sentence."""
    remedy: str | None = None
    """What closes it."""
    why: str | None = None
    """Why it is asked, with its source."""
    looked_at: tuple[str, ...] = ()
    """The numbers it looked at, by evaluation, metric and slice."""
    waiver: Waived | None = None
    """The waiver in force."""

    @property
    def name(self) -> str:
        """Label and title in a line."""
        return f"{self.label} {self.title}"


@dataclass(frozen=True, kw_only=True)
class Checks:
    """All checks of one command over one dossier."""

    command: Literal["gate", "verify"]
    """Which command made them."""
    subject: str
    """Whose they are: name and version, or the folder where those could not be read."""
    headline: str
    """The result in a line."""
    allowed: bool
    """Whether the exit code is 0."""
    at: str
    """The moment it speaks of."""
    file: str
    """The record's path, as a reader of the repository finds it."""
    properties: tuple[tuple[str, str], ...]
    """Digests and versions of what it was made from."""
    checks: tuple[Check, ...]
    """Every check, passed ones too."""

    def of(self, *states: State) -> tuple[Check, ...]:
        """The checks in these states, in order."""
        return tuple(check for check in self.checks if check.state in states)

    @property
    def uri(self) -> str:
        """The record's path as a relative URI."""
        return quote(visible(self.file), safe="/-._~")


def _file(where: str) -> str:
    """The record's path, relative: what is outside the checkout has no place in a report about it."""
    path = PurePath(where)
    if path.is_absolute() or ".." in path.parts:
        path = PurePath(path.name)
    return (path / "record.json").as_posix()


def _state(outcome: Outcome) -> State:
    if outcome.waived is not None:
        return "waived"
    if outcome.status in ("passed", "not_applicable"):
        return "passed" if outcome.status == "passed" else "not_applicable"
    if outcome.level == "advise":
        return "advice"
    return "error" if outcome.status == "error" else "refused"


def of_verdict(verdict: Verdict, *, subject: str, where: str) -> Checks:
    """The requirements of a verdict.

    Parameters
    ----------
    subject:
        Name and version of what was judged.
    where:
        The dossier's folder, as the command line named it.
    """
    made_from = verdict.inputs
    return Checks(
        command="gate",
        subject=subject,
        headline=verdict.headline,
        allowed=verdict.allowed,
        at=verdict.evaluated_at,
        file=_file(where),
        properties=(
            ("policy", f"{verdict.policy.name} {verdict.policy.version}"),
            ("policy_sha256", verdict.policy.sha256),
            ("record_sha256", made_from.record_sha256),
            ("verdict_sha256", verdict.sha256),
            ("valid_until", verdict.valid_until or "no day is set"),
            *((("advisory", "a receiver refuses this verdict"),) if verdict.advisory else ()),
            *((f"outstanding.{item.role}", item.meaning) for item in verdict.outstanding),
        ),
        checks=tuple(
            Check(
                id=outcome.requirement,
                label=outcome.label,
                title=outcome.title,
                status=outcome.status,
                state=_state(outcome),
                explanation=outcome.explanation + (f" ({outcome.clause})" if outcome.clause else ""),
                remedy=outcome.remedy,
                why=outcome.why + (f" [{outcome.citation}]" if outcome.citation else ""),
                looked_at=tuple(
                    "/".join((o.evaluation, o.metric, *(f"{key}={value}" for key, value in o.slice.items()), *o.across))
                    for o in outcome.observations
                    if o.status != "passed"
                ),
                waiver=outcome.waived,
            )
            for outcome in verdict.outcomes
        ),
    )


_MEANING: dict[str, State] = {"passed": "passed", "failed": "refused", "not judged": "refused"}


def of_verification(report: Report, *, subject: str, where: str, at: str) -> Checks:
    """The steps of a verification; one that was not judged is a failure, as its exit code says."""
    return Checks(
        command="verify",
        subject=subject,
        headline=report.headline,
        allowed=report.exit_code == 0,
        at=at,
        file=_file(where),
        properties=(("trusted", "with the receiver's trust file" if report.trusted else "no trust file was given"),),
        checks=tuple(
            Check(
                id=step.name,
                label=f"step {step.number}",
                title=step.name,
                status=step.outcome,
                state="error" if step.broken else _MEANING[step.outcome],
                explanation=step.detail,
            )
            for step in report.steps
        ),
    )


def of_error(error: CardwrightError, *, command: Literal["gate", "verify"], where: str, at: str) -> Checks:
    """What is left where the dossier could not be judged at all: one check, and it is an error.

    Without it a build server would find no report, or the one of the build before, and show nothing wrong.
    """
    text = visible(str(error), keep="\n\t")
    return Checks(
        command=command,
        subject=visible(where),
        headline=f"REFUSED: {text}",
        allowed=False,
        at=at,
        file=_file(where),
        properties=(("exit_code", str(error.exit_code)),),
        checks=(
            Check(
                id="judged",
                label="R-00",
                title="The dossier can be judged",
                status="error",
                state="error",
                explanation=text,
            ),
        ),
    )
