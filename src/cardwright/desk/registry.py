"""Dossiers at the desk: how one arrives, in which states it has been here, and what the inventory says of it.

A dossier is known by its manifest. Signatures make it grow, so it passes through states, each a set of files by digest; a later
state continues the ledger of the one before it, or it does not get in. What is not what it says is kept apart and shown as such.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from cardwright.attest import trust, under_review, verify
from cardwright.attest.incident_search import Looked
from cardwright.attest.trust import Trust
from cardwright.attest.witness import receipts
from cardwright.desk import database, desk_log, objects
from cardwright.desk.desk_log import DeskLog
from cardwright.desk.objects import ContentStore
from cardwright.desk.settings import DeskSettings
from cardwright.dossier import contents, layout, store
from cardwright.errors import CardwrightError, IntegrityError, NothingToCheckError, StoreError, UsageError
from cardwright.files import disk
from cardwright.policy.policy import Policy
from cardwright.record import canonical
from cardwright.record.claim import SignOff, live
from cardwright.run import status

LOGGER = logging.getLogger("cardwright.desk")
CONTENTS = 1_002
"""The number of the lock under which contents are listed or removed."""
PAGE = 50
"""Rows of a page of the inventory."""
_AFTER_RELEASE = ("released", "withdrawn", "superseded", "expired")
STATES = ("draft", "in review", "changes requested", "approved", "released", "withdrawn", "superseded", "expired")


@dataclass(frozen=True)
class Registry:
    """What a desk works with: its settings, its database and its contents."""

    settings: DeskSettings
    engine: sa.Engine
    contents: ContentStore
    log: DeskLog | None = None
    """Its witness log; None where it keeps none."""
    looked: Looked = field(default_factory=dict, repr=False, compare=False)
    """What pages have read of the folders of other dossiers, so that each is not read for every page."""

    @property
    def trust(self) -> Trust:
        """The desk's trust file as it is now.

        Raises
        ------
        PolicyError
            If it is not valid.
        """
        path = self.settings.trust
        return trust.read(disk.read_file(path, what="trust file"), where=path.name)

    def policy(self, name: str) -> Policy:
        """A policy by name: one of the desk's own, or a packaged one."""
        own = self.settings.policies.get(name)
        return own if own is not None else contents.packaged_policy(name)


def opened(settings: DeskSettings, log: DeskLog | None = None) -> Registry:
    """A registry whose tables are there and of this version.

    Parameters
    ----------
    log:
        The witness log that it keeps, if it keeps one.

    Raises
    ------
    StoreError
        If the database cannot be reached, or is of a later version.
    """
    engine = database.connect(settings.url)
    database.migrate(engine)
    return Registry(settings, engine, ContentStore(settings.folder / "objects"), log)


@dataclass(frozen=True)
class Arrival:
    """What became of a dossier that arrived."""

    manifest: str
    state: str
    news: bool
    """Whether it was not here yet, in this state or a later one."""


@dataclass(frozen=True)
class StoredDossier:
    """A dossier in its current state."""

    manifest: str
    record: str
    state: str
    """The digest of its files."""
    files: Mapping[str, bytes]
    standing: str = "draft"
    """What it says of itself: draft, in review, released …"""
    released: bool = False
    """Whether somebody has released it, whatever became of it since."""
    valid_until: str | None = None
    releaser: str | None = None
    """The key that signed its release, where the trust file let its holder release."""

    def stands(self, today: str) -> str:
        """What it says of itself today: what was approved or released may have expired."""
        over = self.valid_until is not None and self.valid_until < today
        return "expired" if over and self.standing in ("approved", "released") else self.standing


# ---------------------------------------------------------------------------------------------------- arriving


def arrive(
    registry: Registry,
    files: Mapping[str, bytes],
    *,
    by: str,
    now: str,
    after: str | None = None,
    unless: Callable[[sa.Connection], None] = lambda connection: None,
) -> Arrival:
    """Take a dossier in, whole or not at all.

    Parameters
    ----------
    by:
        Who sends it: the name of a token, or a person's id.
    after:
        The state that this one was made from, if it was made here: another one by now is not written over.
    unless:
        Raises where it is not to be taken after all. It is asked last, in the transaction that takes it: checking a dossier
        takes seconds.

    Raises
    ------
    IntegrityError
        If it is not what it says, or its ledger does not continue the one here.
    StoreError
        If the dossier here has changed since `after`.
    """
    reviewed = _checked(registry, files, now)
    manifest, length = reviewed.manifest_sha256, len(reviewed.chain.entries)
    values = {**values_of(files, reviewed, now[:10]), "releaser": releaser_of(registry, reviewed)}
    # Contents first, and whole: the transaction waits for none of them but the receipts.
    kept = {path: registry.contents.put(data) for path, data in files.items() if path != layout.RECEIPTS}
    with database.writing(registry.engine) as connection:
        # There is no row yet that two senders of one new dossier could wait for, so they wait for its number.
        database.turn(connection, int(manifest[:15], 16))
        _must_not_be_withdrawn(connection, values)
        unless(connection)
        known = connection.execute(sa.select(database.DOSSIERS).where(database.DOSSIERS.c.manifest == manifest)).first()
        here: Mapping[str, bytes] = {}
        if known is not None:
            if after is not None and known.current != after:
                raise StoreError("somebody else has signed meanwhile", do="Look at it again, and sign again.")
            here = _files(registry, connection, known.current)
            before = under_review.read(here, where=manifest[:12])
            if before.chain.holds(reviewed.chain.head) and length < known.length:
                return Arrival(manifest, known.current, news=False)
            if not reviewed.chain.holds(before.chain.head):
                raise IntegrityError(
                    "its ledger does not continue the one that is here: one of the two was rewritten",
                    where=manifest[:12],
                    do="Fetch the dossier with `desk pull`, and sign that one.",
                )
        _trust_is_told(registry, connection)
        whole = desk_log.with_receipts(connection, registry.log, reviewed, files, here)
        told = {layout.RECEIPTS: registry.contents.put(whole[layout.RECEIPTS])} if layout.RECEIPTS in whole else {}
        listed = {**kept, **told}
        # The list of a state is kept under its own digest, beside its files: from these alone a lost database is made again.
        database.turn(connection, CONTENTS)
        for path, digest in listed.items():  # what nobody listed yet may have been removed as loose meanwhile
            if not registry.contents.holds(digest):
                registry.contents.put(whole[path])
        state = registry.contents.put(objects.listing(listed))
        if known is not None and state == known.current:
            return Arrival(manifest, state, news=False)
        if known is not None:
            connection.execute(
                database.DOSSIERS.update()
                .where(database.DOSSIERS.c.manifest == manifest)
                .values(**values, current=state, length=length)
            )
        else:
            connection.execute(
                database.DOSSIERS.insert().values(
                    **values, manifest=manifest, arrived_at=now, current=state, length=length
                )
            )
        connection.execute(database.AWAITED.delete().where(database.AWAITED.c.manifest == manifest))
        roles = awaited(files, reviewed)
        if roles:
            connection.execute(database.AWAITED.insert(), [{"manifest": manifest, "role": role} for role in roles])
        seen = connection.execute(sa.select(database.STATES.c.id).where(database.STATES.c.state == state)).first()
        if seen is None:
            connection.execute(
                database.STATES.insert().values(
                    manifest=manifest, state=state, files=listed, length=length, arrived_at=now, arrived_by=by
                )
            )
        tell(connection, now, by, "arrived", state)
    return Arrival(manifest, state, news=True)


def _must_not_be_withdrawn(connection: sa.Connection, values: Mapping[str, object]) -> None:
    gone = sa.select(database.WITHDRAWALS.c.release).where(database.WITHDRAWALS.c.release == values["release"])
    if values["state"] != "withdrawn" and connection.execute(gone).first() is not None:
        raise IntegrityError(
            "this release was withdrawn, and its dossier is not kept any longer: the end of its ledger was cut off",
            where=layout.LEDGER,
            do="Take the copy that was signed last.",
        )


def releaser_of(registry: Registry, reviewed: under_review.DossierUnderReview) -> str | None:
    """The key that signed a dossier's release, where the desk's trust file lets its holder release; else None."""
    if reviewed.release is None:
        return None
    said = reviewed.release.release
    try:
        holder = registry.trust.holder(said.key)
    except CardwrightError:  # without a trust file nobody is known to be somebody
        return None
    if holder is None or holder.disowns(reviewed.release.sealed) or holder.barred(trust.RELEASE, said.issued_at[:10]):
        return None
    return said.key


def _trust_is_told(registry: Registry, connection: sa.Connection) -> None:
    """A log in which a release stands before the trust file that allows it would tell the wrong story."""
    if registry.log is not None:
        try:
            current = registry.trust
        except CardwrightError as exc:  # readiness tells of it; what a dossier is does not hang on whom to believe
            LOGGER.warning("trust file not told to the log", extra={"kind": type(exc).__name__})
        else:
            desk_log.told_of_trust(connection, registry.log, current)


def _checked(registry: Registry, files: Mapping[str, bytes], now: str) -> under_review.DossierUnderReview:
    """A dossier whose manifest, documents, ledger and verdict hold; whom to believe is asked later, and often."""
    store.hold(dict(files), where="dossier")
    for name in (layout.RECORD, layout.REVIEW, layout.VERDICT):
        if name not in files:
            raise IntegrityError("missing", where=name, do="Send the whole dossier, as `run` has written it.")
    report = verify.verify(
        files, where="dossier", trust=None, now=now, policy=registry.policy, printed=contents.documents_hold
    )
    broken = next((step for step in report.steps if step.broken), None)
    if broken is not None:
        raise IntegrityError(broken.detail, where=broken.name)
    return under_review.read(files, where="dossier")


def values_of(files: Mapping[str, bytes], reviewed: under_review.DossierUnderReview, today: str) -> dict[str, object]:
    """What the inventory says of a dossier."""
    row = status.row(files, "dossier", today)
    record = reviewed.case.record
    owner = next((one.name for one in getattr(record.details, "owners", None) or ()), None)
    words = [row.name, row.version, owner or "", row.policy or "", row.state, *row.missing]
    return {
        "record": record.sha256,
        "subject": record.subject.identity,
        "name": row.name,
        "version": row.version,
        "kind": record.subject.kind,
        "document": record.kind,
        "owner": owner,
        "risk_tier": record.context.risk_tier,
        "policy": row.policy,
        "decision": row.decision,
        "state": row.state,
        "valid_until": row.valid_until,
        "missing": [*row.missing],
        "release": reviewed.release.sha256 if reviewed.release is not None else None,
        "search": " ".join(words).casefold(),
    }


def awaited(files: Mapping[str, bytes], reviewed: under_review.DossierUnderReview) -> list[str]:
    """Roles whose signature the verdict on the evidence waits for, and that nobody has given over this manifest yet.

    It fills people's lists of work and nothing else, so it does not ask whether a signature is believed.
    """
    given = {
        (claim.role, claim.meaning)
        for claim in live(one.claim for one in reviewed.signed)
        if isinstance(claim, SignOff)
        and claim.decision == "approve"
        and claim.manifest_sha256 == reviewed.manifest_sha256
    }
    open_ = [one.role for one in reviewed.review.outstanding if (one.role, one.meaning) not in given]
    return [] if layout.RELEASE in files else list(dict.fromkeys(open_))


def quarantine(registry: Registry, upload: bytes, error: CardwrightError, *, by: str, now: str) -> str:
    """Keep apart what arrived and is not what it says; gives its digest."""
    digest = registry.contents.put(upload)
    with database.writing(registry.engine) as connection:
        table = database.QUARANTINE
        if connection.execute(sa.select(table.c.id).where(table.c.upload == digest)).first() is None:
            connection.execute(table.insert().values(upload=digest, reason=str(error), arrived_at=now, arrived_by=by))
        tell(connection, now, by, "quarantined", digest)
    return digest


@dataclass(frozen=True)
class Receipted:
    """A dossier that has arrived, and the receipts that its sender puts beside it."""

    manifest: str
    state: str
    receipts: str
    """Lines of `receipts.jsonl`, all that are here; empty where the desk keeps no log."""


def cosigned(registry: Registry, arrival: Arrival, *, by: str, now: str) -> Receipted:
    """Have the log's witnesses cosign what an arrival has told it, and keep the receipts that bear their signatures.

    A witness that cannot be reached costs its signature and not the arrival: it is asked again later.

    Raises
    ------
    StoreError
        If the log is damaged.
    """
    stored = dossier(registry, arrival.manifest)
    here = registry.log
    if here is not None and here.witnesses and layout.RECEIPTS in stored.files:
        for trouble in desk_log.ask_witnesses(here):
            LOGGER.warning("not cosigned", extra={"why": trouble})
        with database.writing(registry.engine) as connection:
            fresh = desk_log.fresh_receipts(connection, here, stored.files)
        most: dict[receipts.LogEntry, int] = {}
        for one in receipts.read(stored.files[layout.RECEIPTS]):
            if one.log == here.name:
                most[one.entry] = max(most.get(one.entry, 0), receipts.cosignatures(one))
        more = [one for one in fresh if receipts.cosignatures(one) > most.get(one.entry, 0)]
        if more:
            files = {**stored.files, layout.RECEIPTS: stored.files[layout.RECEIPTS] + receipts.to_bytes(more)}
            arrive(registry, files, by=by, now=now)
            stored = dossier(registry, arrival.manifest)
    return Receipted(stored.manifest, stored.state, stored.files.get(layout.RECEIPTS, b"").decode("utf-8"))


# ---------------------------------------------------------------------------------------------------- reading


def dossier(registry: Registry, manifest: str) -> StoredDossier:
    """A dossier in its current state, given its manifest's digest or the beginning of it.

    Raises
    ------
    NothingToCheckError
        If it is not here, or the beginning is that of several.
    """
    table = database.DOSSIERS
    with database.reading(registry.engine) as connection:
        found = connection.execute(
            sa.select(table).where(table.c.manifest.startswith(manifest, autoescape=True)).limit(2)
        ).all()
        if len(found) != 1 or len(manifest) < 8:
            raise NothingToCheckError("no such dossier here", where=manifest[:12], do="Look in the inventory.")
        row = found[0]
        files = _files(registry, connection, row.current)
        return StoredDossier(
            row.manifest,
            row.record,
            row.current,
            files,
            row.state,
            row.release is not None,
            row.valid_until,
            row.releaser,
        )


def latest_of(registry: Registry, subject: str) -> str | None:
    """The manifest of the dossier that arrived last for a subject; None if there is none."""
    table = database.DOSSIERS
    with database.reading(registry.engine) as connection:
        query = sa.select(table.c.manifest).where(table.c.subject == subject)
        found = connection.execute(query.order_by(table.c.arrived_at.desc(), table.c.manifest.desc()).limit(1)).first()
    return found.manifest if found is not None else None


def released_as(registry: Registry, release: str) -> StoredDossier:
    """The dossier of a release, by the digest of its statement.

    Raises
    ------
    NothingToCheckError
        If it is not here.
    """
    table = database.DOSSIERS
    with database.reading(registry.engine) as connection:
        found = connection.execute(sa.select(table.c.manifest).where(table.c.release == release)).first()
    if found is None:
        raise NothingToCheckError("no such release here", where=release[:12], do="Send the dossier: desk push.")
    return dossier(registry, found.manifest)


def withdrawn_of(registry: Registry, subject: str) -> tuple[str, ...]:
    """The manifests of the withdrawn dossiers of a subject."""
    table = database.DOSSIERS
    with database.reading(registry.engine) as connection:
        query = sa.select(table.c.manifest).where(table.c.subject == subject, table.c.state == "withdrawn")
        return tuple(connection.execute(query.order_by(table.c.manifest)).scalars())


def withdrawals_of(registry: Registry, subject: str) -> tuple[tuple[str, str], ...]:
    """Withdrawn releases of a subject whose dossiers are not kept any longer, each with the moment at which it was judged."""
    table = database.WITHDRAWALS
    with database.reading(registry.engine) as connection:
        query = sa.select(table.c.release, table.c.judged_at).where(table.c.subject == subject)
        return tuple((row.release, row.judged_at) for row in connection.execute(query.order_by(table.c.release)))


def _files(registry: Registry, connection: sa.Connection, state: str) -> dict[str, bytes]:
    listed = connection.execute(sa.select(database.STATES.c.files).where(database.STATES.c.state == state)).scalar_one()
    if objects.state_of(listed) != state:
        raise IntegrityError("the database lists other files for this state", where=state[:12], do="Restore a backup.")
    return registry.contents.files(listed)


@dataclass(frozen=True)
class InventoryQuery:
    """What is asked of the inventory."""

    words: str = ""
    state: str = ""
    risk_tier: str = ""
    expires_before: str = ""
    owner: str = ""
    decision: str = ""
    kind: str = ""
    signed_only: bool = False
    """Whether drafts are left out."""
    released_only: bool = False
    """Whether dossiers are left out that nobody has released."""
    released_by: tuple[str, ...] = ()
    """With `released_only`: the keys whose releases count."""
    names_only: bool = False
    """Whether words are looked for in names and versions alone, and not in what else is known."""
    page: int = 1


@dataclass(frozen=True)
class InventoryPage:
    """A page of it."""

    rows: tuple[Mapping[str, object], ...]
    total: int
    by_state: Mapping[str, int]
    """How many dossiers there are in each state, whatever was asked for."""


def inventory(registry: Registry, asked: InventoryQuery, *, today: str, everything: bool = False) -> InventoryPage:
    """The dossiers here, those that arrived last first.

    Parameters
    ----------
    everything:
        Whether all rows are wanted and not one page of them.
    """
    table = database.DOSSIERS
    over = sa.and_(
        table.c.decision == "allowed", table.c.valid_until < today, table.c.state.in_(("approved", "released"))
    )
    state = sa.case((over, "expired"), else_=table.c.state).label("now")
    searched = sa.func.lower(table.c.name + " " + table.c.version) if asked.names_only else table.c.search
    where = [searched.contains(word, autoescape=True) for word in asked.words.casefold().split()[:10]]
    shown = [table.c.state != "draft"] if asked.signed_only else []
    shown += [table.c.releaser.in_(asked.released_by)] if asked.released_only else []
    where += shown
    if asked.state:
        where.append(state == asked.state)
    equal = {"risk_tier": asked.risk_tier, "decision": asked.decision, "kind": asked.kind}
    where += [table.c[name] == value for name, value in equal.items() if value]
    if asked.owner:
        where.append(sa.func.lower(table.c.owner).contains(asked.owner.lower(), autoescape=True))
    if asked.expires_before:
        where += [table.c.valid_until < asked.expires_before, table.c.decision == "allowed"]
    query = sa.select(table, state).where(*where).order_by(table.c.arrived_at.desc(), table.c.manifest.desc())
    if not everything:
        query = query.limit(PAGE).offset(PAGE * (max(1, asked.page) - 1))
    with database.reading(registry.engine) as connection:
        rows = tuple({**row._mapping, "state": row.now} for row in connection.execute(query))
        total = connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one()
        counted = connection.execute(sa.select(state, sa.func.count()).where(*shown).group_by(state)).all()
    return InventoryPage(rows, total, {row[0]: row[1] for row in counted})


def quarantined(registry: Registry) -> tuple[Mapping[str, object], ...]:
    """What was kept apart, the latest first."""
    table = database.QUARANTINE
    with database.reading(registry.engine) as connection:
        query = sa.select(table).order_by(table.c.id.desc()).limit(200)
        return tuple(dict(row._mapping) for row in connection.execute(query))


@dataclass(frozen=True)
class Told:
    """One line of who did what."""

    at: str
    who: str
    what: str


def told_of(registry: Registry, about: str, *, most: int = 100) -> tuple[Told, ...]:
    """Who has read, signed or sent something, the latest first."""
    table = database.EVENTS
    query = sa.select(table).where(table.c.about == about).order_by(table.c.id.desc()).limit(most)
    with database.reading(registry.engine) as connection:
        return tuple(Told(row.at, row.who, row.what) for row in connection.execute(query))


def states(registry: Registry, manifest: str) -> tuple[Mapping[str, object], ...]:
    """The states in which a dossier has been here, the first one first."""
    table = database.STATES
    with database.reading(registry.engine) as connection:
        query = sa.select(table).where(table.c.manifest == manifest).order_by(table.c.id)
        return tuple(dict(row._mapping) for row in connection.execute(query))


# ---------------------------------------------------------------------------------------------------- events


def tell(connection: sa.Connection, now: str, who: str, what: str, about: str) -> None:
    """Write down who did something: ids and digests, never contents."""
    connection.execute(database.EVENTS.insert().values(at=now, who=who, what=what, about=about))


def told(registry: Registry, now: str, who: str, what: str, about: str) -> None:
    """The same in a transaction of its own."""
    with database.writing(registry.engine) as connection:
        tell(connection, now, who, what, about)


def counts(registry: Registry) -> Mapping[str, int]:
    """How many there are of everything, for metrics."""
    tables = {
        "dossiers": database.DOSSIERS, "states": database.STATES, "quarantined": database.QUARANTINE,
        "comments": database.COMMENTS, "events": database.EVENTS,
    }  # fmt: skip
    with database.reading(registry.engine) as connection:
        return {
            name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in tables.items()
        }


def as_json(rows: tuple[Mapping[str, object], ...]) -> bytes:
    """Rows as canonical JSON."""
    keep = ("manifest", "record", "subject", "name", "version", "kind", "owner", "risk_tier", "policy", "decision", "state",
            "valid_until", "missing", "arrived_at")  # fmt: skip
    return canonical.dumps([{name: json.loads(json.dumps(row[name])) for name in keep} for row in rows])


def checked_state(text: str) -> str:
    """A state by its name, or nothing.

    Raises
    ------
    UsageError
        If it is none.
    """
    if text and text not in STATES:
        raise UsageError(f'no state is called "{text}"', do=f"States: {', '.join(STATES)}.")
    return text


# ---------------------------------------------------------------------------------------------------- catching up


def caught_up(registry: Registry, now: str) -> tuple[str, ...]:
    """Do what an older version, or a desk that kept no log, has left undone; gives what came in the way, a line each.

    1. The list of every state is kept beside its files, so that a lost database can be made again.
    2. Which release a dossier holds, whose it is, and of which kind of document it is, is written down.
    3. The log is told of the trust file and of releases that it has never heard of.
    """
    table, states_ = database.DOSSIERS, database.STATES
    with database.reading(registry.engine) as connection:
        listed = connection.execute(sa.select(states_.c.state, states_.c.files)).all()
        unsaid = sa.and_(table.c.release.is_(None), table.c.state.in_(_AFTER_RELEASE))
        unknown = sa.and_(table.c.release.is_not(None), table.c.releaser.is_(None))
        undocumented = sa.and_(table.c.kind == "work", table.c.document.is_(None))
        silent = sa.select(table.c.manifest).where(sa.or_(unsaid, unknown, undocumented))
        unread = list(connection.execute(silent).scalars())
    for row in listed:
        if not registry.contents.holds(row.state):
            registry.contents.put(objects.listing(row.files))
    troubles: list[str] = []
    for manifest in unread:
        try:
            reviewed = under_review.read(dossier(registry, manifest).files, where=manifest[:12])
        except CardwrightError as exc:
            troubles.append(f"{manifest[:12]}: {exc}")
            continue
        found: dict[str, object] = {"document": reviewed.case.record.kind}
        if reviewed.release is not None:
            found |= {"release": reviewed.release.sha256, "releaser": releaser_of(registry, reviewed)}
        with database.writing(registry.engine) as connection:
            connection.execute(table.update().where(table.c.manifest == manifest).values(**found))
    return (*troubles, *_log_caught_up(registry, now))


def trust_is_told(registry: Registry) -> None:
    """Have the log know of the trust file that the desk goes by now.

    Raises
    ------
    StoreError
        If the log is damaged.
    """
    with database.writing(registry.engine) as connection:
        _trust_is_told(registry, connection)


def _log_caught_up(registry: Registry, now: str) -> tuple[str, ...]:
    here = registry.log
    if here is None:
        return ()
    trust_is_told(registry)
    table, told_ = database.DOSSIERS, database.LOG_ENTRIES
    known = sa.select(told_.c.digest).where(told_.c.kind == "release")
    with database.reading(registry.engine) as connection:
        query = sa.select(table.c.manifest).where(table.c.release.is_not(None), table.c.release.not_in(known))
        silent = list(connection.execute(query.order_by(table.c.arrived_at)).scalars())
    troubles: list[str] = []
    for manifest in silent:
        try:
            arrive(registry, dossier(registry, manifest).files, by="desk", now=now)
        except CardwrightError as exc:
            troubles.append(f"{manifest[:12]}: {exc}")
    return tuple(troubles)
