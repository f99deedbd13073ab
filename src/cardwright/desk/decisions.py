"""The veto: whether a subject may be used, as `verify` says under the desk's own trust file. In doubt, it may not.

The caller names the subject by its identity, which covers every file of it. So the one step that the desk cannot take, comparing
the files at hand, is the caller's: whoever asks about another digest is told about another subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cardwright.attest import release_statement, under_review, verify
from cardwright.desk import desk_incidents, desk_log, registry, reviewing
from cardwright.desk.registry import Registry
from cardwright.dossier import contents, layout
from cardwright.errors import CardwrightError
from cardwright.policy import minimum
from cardwright.policy.gate import decide as decide_case
from cardwright.record import canonical
from cardwright.record.verdict import Verdict

_CALLERS = "artefact"
"""The step of `verify` that whoever asks takes."""


@dataclass(frozen=True)
class DeskDecision:
    """An answer."""

    allowed: bool
    reason: str
    subject: str
    known: bool = True
    """Whether a dossier of this subject is here."""
    manifest: str | None = None
    release: str | None = None
    """The signed release statement, which the caller can verify by itself."""
    steps: tuple[Mapping[str, Any], ...] = field(default_factory=tuple)

    def to_json(self) -> bytes:
        """As it is sent."""
        said = {
            "allowed": self.allowed,
            "reason": self.reason,
            "subject": self.subject,
            "manifest": self.manifest,
            "release": self.release,
            "steps": [dict(step) for step in self.steps],
        }
        return canonical.dumps(said)


def decide(desk: Registry, subject: str, now: str, *, status: bytes | None = None) -> DeskDecision:
    """Whether a subject may be used now: its latest dossier is released, everything that it rests on holds, and no later
    release of it was withdrawn.

    Parameters
    ----------
    subject:
        Digest of the subject's identity, as a release statement has it.
    status:
        A status statement, where the desk's trust file asks for one.
    """
    manifest = registry.latest_of(desk, subject)
    if manifest is None:
        return DeskDecision(False, "no dossier of this subject is here", subject, known=False)
    try:
        stored = registry.dossier(desk, manifest)
        report = verify.verify(
            stored.files,
            where=manifest[:12],
            trust=reviewing.trust_of(desk),
            now=now,
            policy=desk.policy,
            printed=contents.documents_hold,
            status=status,
        )
    except CardwrightError as exc:  # what cannot be read allows nothing
        return DeskDecision(False, f"it could not be judged: {exc}", subject, manifest=manifest)
    steps = tuple({"name": s.name, "outcome": s.outcome, "detail": s.detail} for s in report.steps)
    in_the_way = next((s for s in report.steps if s.outcome != "passed" and s.name != _CALLERS), None)
    released = stored.files.get(layout.RELEASE)
    if in_the_way is not None or released is None:
        reason = f"{in_the_way.name}: {in_the_way.detail}" if in_the_way is not None else "nobody has released it"
        return DeskDecision(False, reason, subject, manifest=manifest, steps=steps)
    if release_statement.read(released).release.subject.identity_sha256 != subject:
        return DeskDecision(False, "its release is of another subject", subject, manifest=manifest, steps=steps)
    try:
        if desk.log is not None:
            desk_log.require_whole(desk.engine, desk.log, under_review.read(stored.files, where=manifest[:12]))
        ended = _withdrawn_since(desk, subject, stored.files)
        overlooked = _overlooked(desk, stored.files, now, where=manifest[:12])
    except CardwrightError as exc:
        return DeskDecision(False, f"it could not be judged: {exc}", subject, manifest=manifest, steps=steps)
    if ended is not None:
        reason = f"a release of the same subject that was judged no earlier has been withdrawn ({ended[:12]})"
        return DeskDecision(False, reason, subject, manifest=manifest, steps=steps)
    if overlooked is not None:
        return DeskDecision(False, overlooked, subject, manifest=manifest, steps=steps)
    return DeskDecision(
        True, "released, still allowed, and everything it rests on holds", subject,
        manifest=manifest, release=released.decode("utf-8"), steps=steps,
    )  # fmt: skip


def _withdrawn_since(desk: Registry, subject: str, files: Mapping[str, bytes]) -> str | None:
    """A withdrawn dossier, or release, of the same subject that was judged no earlier than this one; None if there is none.

    Whoever sends dossiers chooses which of them arrives last: an older release, sent again, brings back nothing.
    """
    judged = _judged_at(files)
    for manifest in registry.withdrawn_of(desk, subject):
        if _judged_at(registry.dossier(desk, manifest).files) >= judged:
            return manifest
    gone = registry.withdrawals_of(desk, subject)
    return next((release for release, then in gone if then >= judged), None)


def _overlooked(desk: Registry, files: Mapping[str, bytes], now: str, *, where: str) -> str | None:
    """Why incidents that were open when it was released, and are, refuse a release whose verdict knows of none; None if none do.

    A release can be made elsewhere, where nobody looked into the folders that this desk does. What came up after a release holds
    the next one and not this.
    """
    verdict = canonical.parse(Verdict, files[layout.VERDICT], where=layout.VERDICT)
    reviewed = under_review.read(files, where=where)
    policy = desk.policy(verdict.policy.name)
    if verdict.inputs.incidents_sha256 is not None or policy.sha256 != verdict.policy.sha256:
        return None  # whoever released it had them before them; under another policy `verify` has refused already
    known = reviewing.trust_of(desk)
    listed = {file.path: file.sha256 for file in reviewed.case.record.subject.files}
    case, _ = under_review.judged_case(reviewed, known, listed, now)
    case = desk_incidents.with_incidents(desk, case, known, now, until=verdict.evaluated_at)
    if not case.incidents:
        return None
    again = decide_case(case, policy, now, "release", chosen_by=verdict.policy.chosen_by)
    held = next((one for one in again.outcomes if one.requirement == minimum.INCIDENTS.id and not one.releases), None)
    # Not which: whoever may ask about a subject need not know what is drafted about it.
    return "an incident about it was open when it was released, and is open still" if held is not None else None


def _judged_at(files: Mapping[str, bytes]) -> str:
    return canonical.parse(Verdict, files[layout.VERDICT], where=layout.VERDICT).evaluated_at
