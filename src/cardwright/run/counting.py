"""From dossiers as they lie on the disk, or inside a record that refers to them, to what is counted of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cardwright.attest import under_review
from cardwright.attest.trust import Trust
from cardwright.dossier import contents, layout
from cardwright.errors import IntegrityError, PlanError
from cardwright.record import canonical
from cardwright.record.case import Case, LinkedDossier
from cardwright.record.counted_dossier import CountedDossier
from cardwright.record.kind import RecordLink
from cardwright.record.provenance import DatasetRef, RunFacts
from cardwright.record.run import Run, Unread
from cardwright.record.verdict import Verdict
from cardwright.sources.interface import Dossiers, TrackedRuns
from cardwright.sources.runs import OpenStore

CHECKLISTS = ("handoff_readiness", "responsible_ai_minimum")
"""Checklists that indicators rest on."""


def dossiers(
    linked: Sequence[LinkedDossier],
    name: str,
    *,
    role: str | None = None,
    where: str,
    trust: Trust | None = None,
    now: str = "",
    refused: Sequence[tuple[str, str]] = (),
) -> Dossiers:
    """Dossiers as one source of evidence.

    Parameters
    ----------
    linked
        What is kept of each.
    name
        What the source is called.
    where
        How errors name the place.
    trust
        Whose signatures count; if omitted, all that are there do, since their keys are not in a dossier.
    now
        The moment at which the trust file is asked.
    refused
        Dossiers that do not verify: their place, and why.

    Raises
    ------
    IntegrityError
        If a file of one is not what it says, or a claim was left out of it.
    """
    counted = tuple(counted_dossier(one, where=where, trust=trust, now=now) for one in linked)
    # Everything that a number could rest on: another claim or verdict over the same record is another source.
    kept = [{path: canonical.digest(data) for path, data in sorted(one.files.items())} for one in linked]
    digest = canonical.sha256({"dossiers": sorted(kept, key=canonical.sha256)})
    ref = DatasetRef(name=name, role=role or name, kind="dossiers", format="dossier", sha256=digest, rows=len(counted))
    return Dossiers(ref, counted, tuple(refused), believed=trust is not None)


def counted_dossier(one: LinkedDossier, *, where: str, trust: Trust | None = None, now: str = "") -> CountedDossier:
    """What is counted of a dossier. For the parameters see `dossiers`.

    Raises
    ------
    IntegrityError
        If a file of it is not what it says, a claim was left out, or the verdict is of another record.
    """
    place, digest = f"{where}/{one.record.subject.name}", one.record.sha256
    case = Case(record=one.record, linked={digest: one})
    read = under_review.linked_dossiers(case, where=where)
    if trust is None:
        signed = under_review.linked_as_signed(case, read)[digest]
    else:
        signed = under_review.linked_as_believed(case, read, trust, now)[digest]
    held = read.get(digest)
    # Without a ledger nobody could have signed it, whatever whoever handed it over believes.
    claims = signed.claims if held is not None else ()
    release = held.release.release if held is not None and held.release is not None and signed.released else None
    return CountedDossier(
        record=one.record,
        verdict=_verdict(one, place),
        run=_run(one, place),
        claims=claims,
        manifest_sha256=one.manifest_sha256,
        runs=max(1, held.chain.runs) if held is not None else 1,
        released_at=release.issued_at if release is not None else None,
        checklists={found.checklist: found for found in contents.coverage_of(one.record, CHECKLISTS, claims=claims)},
    )


def by_role(links: Sequence[RecordLink], linked: Mapping[str, LinkedDossier]) -> dict[str, list[LinkedDossier]]:
    """The dossiers that a record refers to, by role, of those that are at hand."""
    found: dict[str, list[LinkedDossier]] = {}
    for link in links:
        one = linked.get(link.record_sha256)
        if one is not None:
            found.setdefault(link.role, []).append(one)
    return found


def of_roles(
    roles: Sequence[str], linked: Mapping[str, Sequence[LinkedDossier]], name: str, *, role: str | None, where: str
) -> Dossiers:
    """The dossiers that a plan refers to in these roles, as a source; one that stands in two roles is there once.

    Raises
    ------
    PlanError
        If the plan refers to none in such a role.
    IntegrityError
        If a file of one is not what it says.
    """
    for one in roles:
        if not linked.get(one):
            raise PlanError(
                f'the source {name} counts what is linked as "{one}", and nothing is',
                where=where,
                do=f"Name the dossiers in the plan: `links: {{{one}: [FOLDER, FOLDER]}}`.",
            )
    chosen = {one.record.sha256: one for role_ in roles for one in linked[role_]}
    return dossiers(tuple(chosen.values()), name, role=role, where=where)


def tracked(stores: Sequence[tuple[str | None, OpenStore]], name: str = "runs") -> TrackedRuns:
    """Several stores of runs as one source, each with the workstream that its runs are of; None leaves each run its group."""

    def read() -> Iterator[Run | Unread]:
        for workstream, store in stores:
            for one in store.read():
                grouped = workstream is not None and isinstance(one, Run)
                yield one.model_copy(update={"group": workstream}) if grouped else one

    digests = [store.sha256 for _, store in stores]
    digest = digests[0] if len(digests) == 1 else canonical.sha256({"stores": sorted(digests)})
    format = stores[0][1].reader.name if len(stores) == 1 else "several"
    return TrackedRuns(DatasetRef(name=name, role=name, kind="runs", format=format, sha256=digest), read)


def _verdict(one: LinkedDossier, where: str) -> Verdict | None:
    for path in (layout.VERDICT, layout.REVIEW):
        if path in one.files:
            verdict = canonical.parse(Verdict, one.files[path], where=f"{where}/{path}")
            if verdict.inputs.record_sha256 != one.record.sha256:
                raise IntegrityError("it is the verdict of another record", where=f"{where}/{path}", do="Run again.")
            return verdict
    return None


def _run(one: LinkedDossier, where: str) -> RunFacts | None:
    if layout.RUN not in one.files:
        return None
    facts = canonical.parse(RunFacts, one.files[layout.RUN], where=f"{where}/{layout.RUN}")
    if facts.record_sha256 != one.record.sha256:
        raise IntegrityError("it is the run of another record", where=f"{where}/{layout.RUN}", do="Run again.")
    return facts
