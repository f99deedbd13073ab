"""Other dossiers that a dossier refers to, kept inside it: what they say and who signed it, so that a receiver can judge by them.

Each is kept under `evidence/links/<digest of its record>/`, byte for byte: its record, plan, run, manifest and verdicts, what
people said over it, and its release statement. Its documents and its own evidence are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cardwright.dossier import layout
from cardwright.errors import IntegrityError, NothingToCheckError, PlanError
from cardwright.record import canonical
from cardwright.record.case import LinkedDossier
from cardwright.record.kind import RecordLink
from cardwright.record.record import Record

KEPT = (
    layout.RECORD, layout.PLAN, layout.RUN, layout.MANIFEST, layout.REVIEW, layout.VERDICT, layout.CLAIMS, layout.LEDGER,
    layout.TIMESTAMPS, layout.RELEASE,
)  # fmt: skip
"""What is kept of a linked dossier: everything that a signature over it names, and the signatures."""


def taken(files: Mapping[str, bytes], *, where: str) -> LinkedDossier:
    """What is kept of a dossier that another one refers to.

    Raises
    ------
    NothingToCheckError
        If it holds no record.
    PlanError
        If it is an edition that leaves things out.
    IntegrityError
        If a file is not what its manifest says.
    """
    if layout.RECORD not in files:
        raise NothingToCheckError("the linked dossier holds no record", where=where, do="Name a dossier's folder.")
    kept = {name: files[name] for name in KEPT if name in files}
    found = _read(kept, where)
    if found.record.redaction is not None:
        raise PlanError("this edition leaves things out", where=where, do="RecordLink to the full dossier.")
    return found


def links_of(linked: Mapping[str, Sequence[LinkedDossier]]) -> tuple[RecordLink, ...]:
    """How a record names the dossiers that it refers to, by role.

    Raises
    ------
    PlanError
        If one is named twice in a role.
    """
    links: list[RecordLink] = []
    for role, dossiers in linked.items():
        for one in dossiers:
            subject, record = one.record.subject, one.record
            link = RecordLink(
                role=role, kind=record.kind, name=subject.name, version=subject.version, record_sha256=record.sha256
            )
            if link in links:
                raise PlanError(f"{subject.name} {subject.version} is linked twice as {role}", do="Name it once.")
            links.append(link)
    return tuple(links)


def read(record: Record, files: Mapping[str, bytes], *, where: str) -> dict[str, LinkedDossier]:
    """The linked dossiers that a dossier holds, by the digest of their record. One that is not there is left out, and missed.

    Raises
    ------
    IntegrityError
        If one is not what the record's link says, or a file of it is not what its manifest says.
    """
    found: dict[str, dict[str, bytes]] = {}
    for path, data in files.items():
        if path.startswith(layout.LINKS):
            digest, _, name = path.removeprefix(layout.LINKS).partition("/")
            found.setdefault(digest, {})[name] = data
    linked: dict[str, LinkedDossier] = {}
    for digest, kept in found.items():
        place = f"{where}/{layout.LINKS}{digest}"
        said = [link for link in record.links if link.record_sha256 == digest]
        if not said or layout.RECORD not in kept or not kept.keys() <= set(KEPT):
            raise IntegrityError(
                "it is not a dossier that the record refers to", where=place, do="It was put there later."
            )
        one = _read(kept, place)
        subject = one.record.subject
        named = (one.record.sha256, one.record.kind, subject.name, subject.version)
        if any((link.record_sha256, link.kind, link.name, link.version) != named for link in said):
            raise IntegrityError("it is another dossier than the one that the record refers to", where=place)
        linked[digest] = one
    return linked


def _read(kept: Mapping[str, bytes], where: str) -> LinkedDossier:
    record = canonical.validated(
        Record,
        canonical.read(kept[layout.RECORD], where=f"{where}/{layout.RECORD}"),
        kept[layout.RECORD],
        where=f"{where}/{layout.RECORD}",
    )
    manifest = None
    if layout.MANIFEST in kept:
        listed = canonical.parse(layout.Manifest, kept[layout.MANIFEST], where=f"{where}/{layout.MANIFEST}")
        digests = {entry.path: entry.sha256 for entry in listed.files}
        for name, data in kept.items():
            # Who signed the manifest signed these bytes, or nothing of what stands here.
            if not layout.outside(name) and digests.get(name) != canonical.digest(data):
                raise IntegrityError("not the one that its manifest lists", where=f"{where}/{name}")
        manifest = canonical.digest(kept[layout.MANIFEST])
    return LinkedDossier(record=record, files=dict(kept), manifest_sha256=manifest)
