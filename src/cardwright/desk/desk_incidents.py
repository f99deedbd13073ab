"""Open incidents at the desk: among its own dossiers, and in the folders that it was told to look into."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from cardwright.attest import incident_search, under_review
from cardwright.attest.trust import Trust
from cardwright.desk import database, registry
from cardwright.desk.registry import Registry
from cardwright.policy import incidents
from cardwright.record.case import Case


def with_incidents(
    desk: Registry, case: Case, known: Trust, now: str, *, until: str | None = None, shown: bool = False
) -> Case:
    """The case with the open incidents about its subject that are known here and that it does not name.

    Parameters
    ----------
    until:
        If given, only those whose documents were finished by then, or do not say when.
    shown:
        Whether it is for a page alone: then dossiers in folders that look as they did are not read again.

    Raises
    ------
    CardwrightError
        If a dossier cannot be read: what nobody can read may be an open incident.
    """
    table = database.DOSSIERS
    # What arrived at an older desk has no kind of document in its row until the desk has caught up; it is looked into.
    asked = sa.or_(table.c.document.is_(None), table.c.document.in_([*incidents.STATES]))
    with database.reading(desk.engine) as connection:
        works = connection.execute(sa.select(table.c.manifest).where(table.c.kind == "work", asked)).scalars().all()
    found: list[Case] = []
    for manifest in works:
        reviewed = under_review.read(registry.dossier(desk, manifest).files, where=manifest[:12])
        if reviewed.case.record.kind in incidents.STATES:
            found.append(under_review.judged_case(reviewed, known, None, now)[0])
    if desk.settings.dossiers:
        found += incident_search.in_folders(desk.settings.dossiers, known, now, desk.looked if shown else None)
    open_ = incidents.unsettled(found, case.record, case.linked)
    if until is not None:
        finished = {one.record.sha256: one.run.finished for one in found if one.run is not None}
        open_ = tuple(one for one in open_ if finished.get(one.record.sha256, "") <= until)
    # One document can be both here and in a folder.
    return replace(case, incidents=tuple({one.record.sha256: one for one in open_}.values()))
