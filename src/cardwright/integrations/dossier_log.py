"""What a dossier says, as tools that track runs keep it: numbers that were measured, and words for everything.

What was not measured has a word that says so and no number: 0 would be one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cardwright.dossier import layout
from cardwright.record import canonical
from cardwright.record.record import Record
from cardwright.record.verdict import Verdict

PREFIX = "cardwright"
"""What every key begins with."""


@dataclass(frozen=True)
class DossierLog:
    """Numbers and words by key."""

    subject: str
    """Name and version of what was judged."""
    numbers: Mapping[str, float]
    words: Mapping[str, str]


def log_of(files: Mapping[str, bytes], *, where: str) -> DossierLog:
    """Decision, digests and the outcome of every requirement.

    Parameters
    ----------
    files
        The dossier's files.
    where
        How errors name the dossier.

    Raises
    ------
    IntegrityError
        If record or verdict are not what they say.
    """
    record = canonical.parse(Record, files[layout.RECORD], where=f"{where}/{layout.RECORD}")
    verdict = canonical.parse(Verdict, files[layout.VERDICT], where=f"{where}/{layout.VERDICT}")
    released = layout.RELEASE in files
    counts = {f"{PREFIX}.requirements.{status}": float(n) for status, n in sorted(verdict.counts.items())}
    numbers: dict[str, float] = {**counts, f"{PREFIX}.allowed": float(verdict.allowed)}
    words = {
        f"{PREFIX}.decision": verdict.decision,
        f"{PREFIX}.headline": verdict.headline,
        f"{PREFIX}.released": "a release statement is there; `cardwright verify` says whether it holds"
        if released
        else "no",
        f"{PREFIX}.subject": record.subject.identity,
        f"{PREFIX}.record_sha256": record.sha256,
        f"{PREFIX}.policy": f"{verdict.policy.name} {verdict.policy.version}",
        f"{PREFIX}.evaluated_at": verdict.evaluated_at,
        **({f"{PREFIX}.valid_until": verdict.valid_until} if verdict.valid_until is not None else {}),
    }
    for outcome in verdict.outcomes:
        key = f"{PREFIX}.requirement.{outcome.requirement}"
        words[key] = f"waived: {outcome.status}" if outcome.waived is not None else outcome.status
        measured = [one for one in outcome.observations if one.value is not None]
        # One number for a requirement that looks at one; of several, the one that is nearest to its limit, or furthest beyond it.
        nearest = min(measured, key=lambda one: one.distance if one.distance is not None else 0.0, default=None)
        if nearest is not None and nearest.value is not None:
            numbers[f"{key}.value"] = nearest.value
        if nearest is not None and outcome.limit is not None:
            numbers[f"{key}.limit"] = outcome.limit.value
            if nearest.distance is not None:
                numbers[f"{key}.distance"] = nearest.distance
    return DossierLog(f"{record.subject.name} {record.subject.version}", numbers, words)
