"""What is judged: the record and everything that is held beside it."""

from cardwright.record.base import Flag, RelativePath, Sha256, Value
from cardwright.record.claim import Claim
from cardwright.record.provenance import RunFacts
from cardwright.record.record import PlanLock, Record


class Case(Value):
    """Everything that the gate looks at. Leaving out a part never turns a refusal into an allowance."""

    record: Record
    """The evidence."""
    plan: PlanLock | None = None
    """The plan as it was fixed."""
    run: RunFacts | None = None
    """When it ran."""
    claims: tuple[Claim, ...] = ()
    """What people said, signatures already verified."""
    trust_sha256: Sha256 | None = None
    """The trust file by which they were verified."""
    baseline: Record | None = None
    """The record it is compared with."""
    previous: Record | None = None
    """The record of the previous release."""
    manifest_sha256: Sha256 | None = None
    """The manifest that sign-offs have to be over; `null` where there is none yet."""
    artefacts: dict[RelativePath, Sha256] | None = None
    """Digests of the subject's files as they are now; `null` where nobody looked."""
    advisory: Flag = False
    """Whether only advice is asked for."""
