"""The other dossiers that a plan names: its baseline, and those that it refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cardwright.plan.assessment import Assessment
    from cardwright.record.case import LinkedDossier
    from cardwright.record.record import Record


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
