"""What is counted of a dossier when many are looked at together."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cardwright.record.claim import Claim
from cardwright.record.coverage import ChecklistCoverage
from cardwright.record.display import Shown
from cardwright.record.provenance import RunFacts
from cardwright.record.record import Record
from cardwright.record.verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class CountedDossier(Shown):
    """One dossier as `cardwright kpis` and the evaluator of that name count it; its files were read and checked before."""

    record: Record
    """Its record."""
    verdict: Verdict | None = None
    """The last decision on it; None if nothing was decided."""
    run: RunFacts | None = None
    """When it was run, and how long its evaluations took."""
    claims: tuple[Claim, ...] = ()
    """What people said over it, as far as a trust file believes it; all that is signed if none was named."""
    manifest_sha256: str | None = None
    """Its manifest."""
    runs: int = 1
    """How many runs its ledger counts, this one included."""
    released_at: str | None = None
    """When it was released; None if it was not, or if the release was withdrawn."""
    checklists: Mapping[str, ChecklistCoverage] = field(default_factory=dict)
    """Checklists compared with it, by name."""

    @property
    def id(self) -> str:
        """How tables name it: subject, version and the beginning of its record's digest."""
        subject = self.record.subject
        return f"{subject.name} {subject.version} ({self.record.sha256[:12]})"

    @property
    def decided_at(self) -> str | None:
        """The moment by which it falls into a period: its last decision, or else the end of its run."""
        if self.verdict is not None:
            return self.verdict.evaluated_at
        return self.run.finished if self.run is not None else None

    @property
    def about(self) -> str | None:
        """What it is about, by name: a work says so, anything else is about itself."""
        subject = self.record.subject
        return subject.about if subject.kind == "work" else subject.name
