"""The other dossiers that a plan names, its baseline and those that it refers to; and the incidents that it may not name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cardwright.attest.trust import Trust
    from cardwright.plan.assessment import Assessment
    from cardwright.record.case import Case, LinkedDossier
    from cardwright.record.record import Record

DossiersOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--dossiers",
        envvar="CARDWRIGHT_DOSSIERS",
        help="Folders that hold your dossiers: an open incident about the subject that is found there refuses.",
    ),
]


def baseline_of(plan: Assessment) -> Record | None:
    """The record of the baseline that a plan names; None if it names none.

    Raises
    ------
    CardwrightError
        If its dossier cannot be read, holds no record, or is an edition that leaves things out.
    """
    if plan.file.baseline is None:
        return None
    from cardwright.dossier import contents, store

    place = plan.base / plan.file.baseline
    return contents.baseline_of(store.read_dossier(place), where=str(place))


def linked_dossiers(plan: Assessment) -> dict[str, tuple[LinkedDossier, ...]]:
    """The dossiers that a plan refers to, by role, in its order.

    Raises
    ------
    CardwrightError
        If one cannot be read, holds no record, or is an edition that leaves things out.
    """
    from cardwright.dossier import links, store

    linked: dict[str, tuple[LinkedDossier, ...]] = {}
    for role, named in plan.file.links.items():
        places = [plan.base / one for one in ((named,) if isinstance(named, str) else named)]
        linked[role] = tuple(links.taken(store.read_dossier(place), where=str(place)) for place in places)
    return linked


def with_incidents(case: Case, places: Sequence[Path], trust: Trust | None, now: str) -> Case:
    """The case with the open incidents about its subject that stand in these folders and that it does not name.

    Raises
    ------
    CardwrightError
        If a dossier there cannot be read: what nobody can read may be an open incident.
    """
    if not places:
        return case
    from cardwright.attest import incident_search
    from cardwright.policy import incidents

    found = incident_search.in_folders(places, trust, now)
    return replace(case, incidents=incidents.unsettled(found, case.record, case.linked))
