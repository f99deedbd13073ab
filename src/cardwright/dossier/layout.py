"""Which files a dossier holds, what each is called, and the manifest that lists them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from cardwright.record import canonical
from cardwright.record.base import Count, RelativePath, Sha256, Value
from cardwright.record.case import Case
from cardwright.record.verdict import Verdict

MANIFEST = "manifest.json"
PLAN = "plan.lock.json"
RECORD = "record.json"
RUN = "evidence/run.json"
BASELINE = "evidence/baseline.json"
"""The record of the baseline that the plan names, so that whoever receives the dossier can compare with it, too."""
LINKS = "evidence/links/"
"""The folder of what is kept of other dossiers that the record refers to."""
KIND = "evidence/kind/"
"""The folder of the templates and words of its kind of document, so that a receiver can make the documents again."""
REVIEW = "review.json"
COMPARISON = "evidence/comparison.json"
"""What differs from the previous release, kept so that the documents can be made again without that release."""
VERDICT = "verdict.json"
CLAIMS = "claims.jsonl"
LEDGER = "ledger.jsonl"
TIMESTAMPS = "timestamps.jsonl"
"""Where the ledger stood at which time, by timestamp authorities."""
RECEIPTS = "receipts.jsonl"
"""A witness log's proofs that it holds the release, and what came after it."""
RELEASE = "release.json"
FINAL = "final/"
"""The folder of the final editions: every standard document once more, with the decision and the signatures in it."""
_OUTSIDE = frozenset({MANIFEST, VERDICT, CLAIMS, LEDGER, TIMESTAMPS, RECEIPTS, RELEASE})


def outside(path: str) -> bool:
    """Whether a file is one that the manifest does not list: itself, and what is said over it."""
    return path in _OUTSIDE or path.startswith(FINAL)


class ManifestEntry(Value):
    """One file of a dossier."""

    path: RelativePath
    """Its path in the dossier."""
    sha256: Sha256
    """Digest of its bytes."""
    size: Count
    """Its size in bytes."""


class Manifest(Value):
    """`manifest.json`: everything that is signed, by digest."""

    schema_: Annotated[Literal["cardwright/manifest/1"], Field(alias="schema")] = "cardwright/manifest/1"
    """The format of this file."""
    files: tuple[ManifestEntry, ...]
    """Every file but those that speak of the manifest."""

    @property
    def sha256(self) -> str:
        """Digest of the canonical bytes."""
        return canonical.sha256(self)


def manifest_of(files: Mapping[str, bytes]) -> Manifest:
    """The manifest of a dossier's files."""
    return Manifest(
        files=tuple(
            ManifestEntry(path=path, sha256=canonical.digest(data), size=len(data))
            for path, data in sorted(files.items())
            if not outside(path)
        )
    )


def evidence_of(case: Case, review: Verdict) -> dict[str, bytes]:
    """The files that documents are made from: record, plan, run and baseline of a case, and the verdict on its evidence."""
    parts = {RECORD: case.record, PLAN: case.plan, RUN: case.run, BASELINE: case.baseline, REVIEW: review}
    linked = {
        f"{LINKS}{digest}/{name}": data for digest, one in case.linked.items() for name, data in one.files.items()
    }
    of_kind = {f"{KIND}{name}": data for name, data in case.kind_files.items()}
    return {name: to_json(value) for name, value in parts.items() if value is not None} | linked | of_kind


def to_json(value: Value) -> bytes:
    """A value as it is written: canonical JSON and nothing else, so that the digest of the file is the value's."""
    return canonical.dumps(value)


def status_beside(folder: Path) -> Path:
    """Where the status statement of a dossier is kept: beside it, since it is replaced while the dossier stays."""
    whole = folder.absolute()
    return whole.with_name(f"{whole.name}.status.json")
