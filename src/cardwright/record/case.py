"""What is judged: the record and everything that is held beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cardwright.record.claim import Claim
from cardwright.record.display import Shown
from cardwright.record.drawn_sample import SampleStatement
from cardwright.record.provenance import RunFacts
from cardwright.record.record import PlanLock, Record


@dataclass(frozen=True, kw_only=True)
class LinkedDossier(Shown):
    """Another dossier that a case refers to: what it says, and what people are believed to have said over it."""

    record: Record
    """Its record."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """What is kept of it, by path in that dossier."""
    manifest_sha256: str | None = None
    """Its manifest, which sign-offs have to be over."""
    claims: tuple[Claim, ...] = ()
    """What people said over it, signatures verified by the reader's trust file; empty if nobody has looked."""
    released: bool = False
    """Whether a release statement over it is believed, and nobody has withdrawn it as far as this copy tells."""


@dataclass(frozen=True, kw_only=True)
class Case(Shown):
    """Everything that the gate looks at. Leaving out a part never turns a refusal into an allowance.

    Its parts are values that were checked when they were read; a case is never a file, so it has no schema of its own.
    """

    record: Record
    """The evidence."""
    plan: PlanLock | None = None
    """The plan as it was fixed."""
    run: RunFacts | None = None
    """When it ran."""
    claims: tuple[Claim, ...] = ()
    """What people said, signatures already verified."""
    trust_sha256: str | None = None
    """The trust file by which they were verified."""
    baseline: Record | None = None
    """The record it is compared with."""
    previous: Record | None = None
    """The record of the previous release."""
    manifest_sha256: str | None = None
    """The manifest that sign-offs have to be over; `null` if there is none yet."""
    artefacts: Mapping[str, str] | None = None
    """Digests of the subject's files as they are now; `null` if nobody looked."""
    samples: Mapping[str, SampleStatement] = field(default_factory=dict)
    """Signed statements by which samples were drawn and labelled, by digest: those verified, of people whom the reader knows."""
    linked: Mapping[str, LinkedDossier] = field(default_factory=dict)
    """The dossiers that the record refers to, by the digest of their record; one that is not at hand is not in it."""
    incidents: tuple[LinkedDossier, ...] = ()
    """Documents about incidents that hold its release and that it does not name, found where whoever judges looked. They only
    ever refuse: a verdict that allows was made with none, and a receiver, who has no such place, makes the same one."""
    kind_files: Mapping[str, bytes] = field(default_factory=dict)
    """Templates and words of its kind by name, those that the record names by digest."""
    advisory: bool = False
    """Whether only advice is asked for."""
