"""Old file formats, read as the current ones: a table of steps, each from one version of one format to the next.

A format names itself and its version in its key `schema`, e.g. `cardwright/record/1`. A file of a newer version than this program
knows is refused, with both versions named: what it holds beyond ours could be what makes it a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cardwright import __version__
from cardwright.dossier import contents
from cardwright.errors import EvidenceError, IntegrityError, did_you_mean
from cardwright.files import packaged
from cardwright.policy.former_digest import digest_before_0_2
from cardwright.policy.policy import Policy
from cardwright.record import canonical
from cardwright.record.base import visible

Migration = Callable[[dict[str, Any]], dict[str, Any]]
"""A document of one version as the next one has it; the key `schema` is set for it."""

CURRENT: Mapping[str, int] = {"manifest": 1, "plan-lock": 1, "record": 1, "run": 1, "verdict": 1}
"""The version of each JSON format that this program writes. Version 1 is the first."""

STEPS: Mapping[tuple[str, int], Migration] = {}
"""By format and the version it starts from: `("record", 1)` makes version 2 of a version 1. There is none yet."""


@dataclass(frozen=True)
class Migrated:
    """A file in the current version, and what it was."""

    format: str
    before: int
    after: int
    document: dict[str, Any]
    original_sha256: str
    """Digest of the bytes as they were; signatures are over those."""

    @property
    def already_current(self) -> bool:
        """Whether nothing had to be done."""
        return self.before == self.after


def migrate(
    data: bytes, *, where: str, steps: Mapping[tuple[str, int], Migration] = STEPS, current: Mapping[str, int] = CURRENT
) -> Migrated:
    """A file of any version up to the current one, in the current one.

    Parameters
    ----------
    steps, current:
        The table of steps, and the version that each format ends at.

    Raises
    ------
    IntegrityError
        If the bytes are not strict JSON, or do not name a Cardwright format.
    EvidenceError
        If the version is newer than this program, or a step on the way is missing.
    """
    document = canonical.loads(data, where=where)
    format_, before = _named(document, where, current)
    after = current[format_]
    if before > after:
        raise EvidenceError(
            f"it is cardwright/{format_}/{before}; cardwright {__version__} reads up to cardwright/{format_}/{after}",
            where=where,
            do="Install a newer release of Cardwright (README, Install it).",
        )
    for version in range(before, after):
        step = steps.get((format_, version))
        if step is None:
            raise EvidenceError(f"nothing leads from cardwright/{format_}/{version} to {version + 1}", where=where)
        document = {**step(document), "schema": f"cardwright/{format_}/{version + 1}"}
    return Migrated(format_, before, after, document, canonical.digest(data))


def _named(document: Any, where: str, current: Mapping[str, int]) -> tuple[str, int]:
    schema = document.get("schema") if isinstance(document, dict) else None
    parts = re.fullmatch(r"cardwright/([a-z-]{1,40})/([1-9][0-9]{0,5})", schema) if isinstance(schema, str) else None
    if parts is None:
        raise IntegrityError(
            "it does not say which format it has", where=where, do="A Cardwright file begins with its `schema`."
        )
    if parts[1] not in current:
        raise IntegrityError(
            f'no file format is called "{visible(parts[1])}"', where=where, do=did_you_mean(parts[1], current)
        )
    return parts[1], int(parts[2])


@dataclass(frozen=True)
class PolicyDigests:
    """The digests by which a policy is accepted: the present one, and that of Cardwright 0.1.0."""

    name: str
    before: str | None
    """None if the policy asks for something that 0.1.0 did not know."""
    now: str


def policy_digests(policy: Policy) -> PolicyDigests:
    """Both digests of a policy, for a receiver who accepted it by the old one (docs/decisions/0013)."""
    return PolicyDigests(policy.name, digest_before_0_2(policy), policy.sha256)


def packaged_digests() -> tuple[PolicyDigests, ...]:
    """Both digests of every packaged policy, by name."""
    return tuple(policy_digests(contents.policy_of(name)) for name in sorted(packaged.names("policies")))
