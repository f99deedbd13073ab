"""`release.json`: one person's signed word that this dossier is released. Nobody's signature is nobody's release.

It stands outside the manifest and names everything before it by digest: subject, record, plan, policy, manifest, verdict, every
final document, every claim so far in its order, and where the ledger stood. So nothing of that can be left out, replaced or
moved afterwards. What happens later it cannot know; that takes a status statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from cardwright.attest import envelope
from cardwright.attest.keys import PrivateKey
from cardwright.attest.ledger import Head
from cardwright.dossier.layout import ManifestEntry
from cardwright.errors import IntegrityError
from cardwright.record import canonical
from cardwright.record.base import Day, Identifier, Label, Sha256, Timestamp, Value
from cardwright.record.subject import Kind, Subject

TYPE = "urn:cardwright:release:1"


def _none(value: object) -> bool:
    return value is None


class ReleasedFile(Value):
    """A file of the subject."""

    path: Label
    """Its path in the subject's folder."""
    sha256: Sha256
    """Digest of its bytes."""


class ReleasedSubject(Value):
    """What is released."""

    kind: Kind
    """model, dataset or system."""
    name: Identifier
    """Its name."""
    version: Label
    """Its version."""
    identity_sha256: Sha256
    """Digest of the whole subject as the record has it: a renamed file is another subject."""
    files: tuple[ReleasedFile, ...]
    """Its files."""


class Release(Value):
    """What a release statement says."""

    schema_: Annotated[Literal["cardwright/release/1"], Field(alias="schema")] = "cardwright/release/1"
    """The format of this statement."""
    subject: ReleasedSubject
    """What is released."""
    record_sha256: Sha256
    """The record."""
    plan_sha256: Annotated[Sha256 | None, Field(exclude_if=_none)] = None
    """The plan as it was fixed."""
    policy: Identifier
    """The policy, by name."""
    policy_sha256: Sha256
    """Its digest, flattened."""
    manifest_sha256: Sha256
    """The manifest: everything that was signed."""
    verdict_sha256: Sha256
    """The decision."""
    documents: tuple[ManifestEntry, ...]
    """Every final document."""
    claims: tuple[Sha256, ...]
    """Every claim so far, in the order of the ledger."""
    ledger: Head
    """Where the ledger stood."""
    trust_sha256: Sha256
    """The trust file of whoever releases. A receiver uses their own."""
    issued_at: Timestamp
    """When."""
    valid_until: Annotated[Day | None, Field(exclude_if=_none)] = None
    """The day on which the first thing that it rests on expires."""
    person: Label
    """Who releases."""
    key: Sha256
    """Fingerprint of their key."""
    role: Literal["release"] = "release"
    """In which role."""
    toolchain: Annotated[dict[Label, Label], Field(default_factory=dict, exclude_if=lambda value: not value)]
    """The libraries and fonts that the final documents were made with, by name."""


@dataclass(frozen=True)
class SignedRelease:
    """A release statement that was read. Nothing is believed yet."""

    release: Release
    sealed: envelope.Sealed

    @property
    def sha256(self) -> Sha256:
        """The digest by which a status statement, the ledger and a receipt name it: that of the signed statement."""
        return self.sealed.id


def subject_of(subject: Subject) -> ReleasedSubject:
    """A record's subject as a release statement has it."""
    return ReleasedSubject(
        kind=subject.kind,
        name=subject.name,
        version=subject.version,
        identity_sha256=subject.identity,
        files=tuple(ReleasedFile(path=file.path, sha256=file.sha256) for file in subject.files),
    )


def documents_of(files: Mapping[str, bytes]) -> tuple[ManifestEntry, ...]:
    """Final documents as a release statement has them."""
    return tuple(
        ManifestEntry(path=path, sha256=canonical.digest(data), size=len(data)) for path, data in sorted(files.items())
    )


def _subjects(release: Release) -> dict[str, str]:
    named = {
        "record.json": release.record_sha256,
        "plan.lock.json": release.plan_sha256,
        "policy": release.policy_sha256,
        "manifest.json": release.manifest_sha256,
        "verdict.json": release.verdict_sha256,
        **{entry.path: entry.sha256 for entry in release.documents},
        **{f"subject/{file.path}": file.sha256 for file in release.subject.files},
    }
    return {name: digest for name, digest in named.items() if digest is not None}


def make(release: Release, key: PrivateKey) -> bytes:
    """The statement signed: the bytes of `release.json`."""
    return envelope.seal(_statement(release), key)


def payload(release: Release) -> bytes:
    """The canonical bytes of the statement, for whoever signs in two steps."""
    return canonical.dumps(_statement(release))


def _statement(release: Release) -> dict[str, Any]:
    return envelope.statement(TYPE, _subjects(release), {"release": canonical.plain(release)})


def read(data: bytes, *, where: str = "release.json") -> SignedRelease:
    """A release statement; nothing is believed yet.

    Raises
    ------
    IntegrityError
        If it is damaged, not canonical, or says one thing in its subjects and another in itself.
    """
    sealed = envelope.read(data, where=where)
    try:
        release = Release.model_validate(sealed.body["predicate"]["release"])
    except (KeyError, TypeError, ValidationError) as exc:
        raise IntegrityError("not a release statement", where=where, do="It is damaged, or not one of ours.") from exc
    if payload(release) != sealed.payload:
        raise IntegrityError("it names subjects other than those it releases", where=where)
    return SignedRelease(release, sealed)
