"""Audiences: what of a dossier somebody may open. Whom an account belongs to is said when its person is invited.

| audience | dossiers | of each |
| --- | --- | --- |
| internal | all | everything |
| regulator | all that somebody has signed | everything but what people say to each other |
| downstream, public | released ones, and what became of them | its state, and the documents made for that audience |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cardwright import documents
from cardwright.attest.trust import RELEASE, Trust
from cardwright.desk import registry
from cardwright.desk.registry import InventoryQuery, Registry, StoredDossier
from cardwright.documents.interface import AUDIENCES, Audience
from cardwright.errors import NothingToCheckError, UsageError, did_you_mean
from cardwright.run import editions

_MARKUP = ("html", "markdown")


def checked(word: str) -> Audience:
    """An audience by its name.

    Raises
    ------
    UsageError
        If it is none.
    """
    if word not in AUDIENCES:
        raise UsageError(f'no audience is called "{word}"', do=did_you_mean(word, AUDIENCES))
    return word


def inside(audience: Audience) -> bool:
    """Whether somebody takes part in the review: comments, assigns, signs, and sees what others say."""
    return audience == "internal"


def whole(audience: Audience) -> bool:
    """Whether somebody sees dossiers as they are, and not an edition with parts left out."""
    return audience in ("internal", "regulator")


def may_open(audience: Audience, stored: StoredDossier) -> bool:
    """Whether an audience may open a dossier as it stands."""
    if audience == "internal":
        return True
    return stored.standing != "draft" if audience == "regulator" else stored.released


def releasers(desk: Registry) -> tuple[str, ...]:
    """The keys whose releases are shown outside: anybody's signature makes a dossier look released, and only theirs makes it so.

    Raises
    ------
    PolicyError
        If the trust file is not valid.
    """
    return tuple(key for key, holder in desk.trust.holders().items() if RELEASE in holder.person.roles)


def limited(asked: InventoryQuery, audience: Audience, keys: tuple[str, ...] = ()) -> InventoryQuery:
    """What is asked of the inventory, with what the audience may open alone.

    Parameters
    ----------
    keys:
        The keys whose releases are shown outside, see `releasers`.
    """
    return replace(
        asked,
        signed_only=audience == "regulator",
        released_only=not whole(audience),
        released_by=keys,
        names_only=not whole(audience),
        # What a column does not show to somebody, a filter does not betray either.
        owner=asked.owner if whole(audience) else "",
        risk_tier=asked.risk_tier if whole(audience) else "",
    )


def opened(desk: Registry, audience: Audience, manifest: str) -> StoredDossier:
    """A dossier that an audience may open.

    Raises
    ------
    NothingToCheckError
        If it is not here, or is not theirs to open: nobody learns which of the two.
    """
    stored = registry.dossier(desk, manifest)
    if not may_open(audience, stored) or not (whole(audience) or stored.releaser in releasers(desk)):
        raise NothingToCheckError("no such dossier here", where=manifest[:12], do="Look in the inventory.")
    return stored


def editions_for(
    audience: Audience, stored: StoredDossier, *, now: str, trust: Trust
) -> Mapping[str, tuple[documents.Edition, str, documents.Format]]:
    """The documents that an audience may read of a dossier, by file name: an edition, a document and a format for each.

    PDFs are left out: what is made on request has to be made at once.

    Raises
    ------
    IntegrityError
        If the dossier is not what it says.
    """
    edition, _ = editions.as_it_stands(stored.files, where=stored.manifest[:12], now=now, trust=trust)
    edition = replace(edition, audience=audience)
    return {
        name: (edition, document, format_)
        for name, document, format_ in documents.standard(edition.record)
        if format_ in _MARKUP
    }
