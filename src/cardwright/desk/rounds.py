"""What changed since the last round: since somebody's last signature, and since the dossier of the same subject before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from cardwright.attest import under_review
from cardwright.attest.claims import Signed
from cardwright.desk import database
from cardwright.desk.registry import Registry
from cardwright.desk.threads import Thread
from cardwright.dossier import contents, layout
from cardwright.record import canonical, comparison
from cardwright.record.claim import Claim, SignOff
from cardwright.record.comparison import Comparison, Side
from cardwright.record.verdict import Verdict


@dataclass(frozen=True)
class SinceLastSignature:
    """What others have said since somebody signed for the last time."""

    at: str
    """When they signed."""
    claims: tuple[Claim, ...]
    comments: int


def since(
    signed: Sequence[Signed], threads: Sequence[Thread], keys: Sequence[str], person: str
) -> SinceLastSignature | None:
    """What others have said since somebody's last sign-off; None where they have given none.

    Parameters
    ----------
    keys:
        Fingerprints of their keys.
    person:
        Their id, by which comments name them.
    """
    mine = [n for n, one in enumerate(signed) if isinstance(one.claim, SignOff) and one.claim.key in keys]
    if not mine:
        return None
    at = signed[mine[-1]].claim.at
    later = tuple(one.claim for one in signed[mine[-1] + 1 :] if one.claim.key not in keys)
    said = [one for thread in threads for one in thread.comments if str(one["at"]) > at and one["by"] != person]
    return SinceLastSignature(at, later, len(said))


def side_of(files: Mapping[str, bytes], *, where: str) -> Side:
    """A dossier as one side of a comparison.

    Raises
    ------
    IntegrityError
        If a file is not what it says.
    """
    case = contents.case_of(files, where=where)
    reviewed = under_review.read(files, where=where)
    verdict = canonical.parse(Verdict, files[layout.VERDICT], where=f"{where}/{layout.VERDICT}")
    return Side(record=case.record, plan=case.plan, verdict=verdict, claims=tuple(one.claim for one in reviewed.signed))


def compared(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Comparison:
    """How two dossiers differ.

    Raises
    ------
    IntegrityError
        If a file of one is not what it says.
    """
    return comparison.compare(side_of(old, where="old"), side_of(new, where="new"))


def before(desk: Registry, manifest: str) -> tuple[str, ...]:
    """The manifests of the dossiers of subjects of the same name that arrived before this one, the latest first."""
    table = database.DOSSIERS
    with database.reading(desk.engine) as connection:
        here = connection.execute(sa.select(table.c.name, table.c.arrived_at).where(table.c.manifest == manifest)).one()
        query = (
            sa.select(table.c.manifest)
            .where(table.c.name == here.name, table.c.manifest != manifest, table.c.arrived_at <= here.arrived_at)
            .order_by(table.c.arrived_at.desc(), table.c.manifest.desc())
            .limit(20)
        )
        return tuple(connection.execute(query).scalars())
