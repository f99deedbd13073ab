"""Documents about incidents in folders of dossiers: what whoever judges looks into, whatever a plan names."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path

from cardwright.attest import under_review
from cardwright.attest.trust import Trust
from cardwright.dossier import contents, layout, store
from cardwright.policy import incidents
from cardwright.record.case import Case

Looked = MutableMapping[Path, tuple[store.Stamp, Mapping[str, bytes] | None]]
"""Of each dossier how it looked when it was read, and its files if it is about an incident."""


def in_folders(places: Sequence[Path], trust: Trust | None, now: str, looked: Looked | None = None) -> list[Case]:
    """The documents about incidents in these folders, open or not, with what is believed of those who signed them.

    Parameters
    ----------
    trust:
        Whom to believe; without it, nobody's signature closes anything.
    looked:
        What an earlier look has read: a dossier that looks as it did then is not read again. For showing, never for deciding.

    Raises
    ------
    CardwrightError
        If a folder is missing, or a dossier there cannot be read: what nobody can read may be an open incident.
    """
    found: list[Case] = []
    for place in store.find_dossiers(places):
        known = looked.get(place) if looked is not None else None
        stamp = store.stamp(place) if looked is not None else ()
        if known is not None and known[0] == stamp:
            if known[1] is None:
                continue
            files = known[1]
        else:
            files = store.read_dossier(place)
        one = contents.case_of(files, where=str(place))
        is_incident = one.record.kind in incidents.STATES
        if looked is not None:
            looked[place] = (stamp, files if is_incident else None)
        if not is_incident:
            continue
        if trust is not None and files.get(layout.CLAIMS):
            one = under_review.judged_case(under_review.read(files, where=str(place)), trust, None, now)[0]
        found.append(one)
    return found
