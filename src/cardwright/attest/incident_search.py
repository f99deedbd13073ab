"""Documents about incidents in folders of dossiers: what whoever judges looks into, whatever a plan names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cardwright.attest import under_review
from cardwright.attest.trust import Trust
from cardwright.dossier import contents, layout, store
from cardwright.policy import incidents
from cardwright.record.case import Case


def in_folders(places: Sequence[Path], trust: Trust | None, now: str) -> list[Case]:
    """The documents about incidents in these folders, open or not, with what is believed of those who signed them.

    Parameters
    ----------
    trust:
        Whom to believe; without it, nobody's signature closes anything.

    Raises
    ------
    CardwrightError
        If a folder is missing, or a dossier there cannot be read: what nobody can read may be an open incident.
    """
    found: list[Case] = []
    for place in store.find_dossiers(places):
        files = store.read_dossier(place)
        one = contents.case_of(files, where=str(place))
        if one.record.kind not in incidents.STATES:
            continue
        if trust is not None and files.get(layout.CLAIMS):
            one = under_review.judged_case(under_review.read(files, where=str(place)), trust, None, now)[0]
        found.append(one)
    return found
