"""How long a desk keeps what, by type of record, and what a legal hold keeps longer.

Nothing is removed unless a rule names its type. Entries of the log stay for good: they are digests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from cardwright.desk import database, registry
from cardwright.desk.registry import Registry
from cardwright.desk.settings import RetentionRules
from cardwright.dossier import layout
from cardwright.errors import CardwrightError, NothingToCheckError, UsageError
from cardwright.files import yamltext
from cardwright.record import canonical
from cardwright.record.verdict import Verdict

ENDED = ("withdrawn", "superseded", "expired")
"""States after which a dossier may be removed, if a rule says when."""


@dataclass(frozen=True)
class Pruned:
    """How many records of each type were removed, or would be."""

    removed: Mapping[str, int]
    held: int
    """Dossiers that only a legal hold keeps."""


def read(data: bytes, *, where: str) -> RetentionRules:
    """The rules of a file (YAML).

    Raises
    ------
    UsageError
        If it is not valid.
    """
    document = yamltext.parse(data, where=where, error=UsageError)
    return yamltext.to_model(RetentionRules, document, error=UsageError)


# ---------------------------------------------------------------------------------------------------- legal holds


def hold(desk: Registry, manifest: str, reason: str, *, by: str, now: str) -> str:
    """Keep a dossier, with everything said and read of it, until the hold is lifted; gives its manifest.

    Raises
    ------
    NothingToCheckError
        If the dossier is not here.
    UsageError
        If nobody says why.
    """
    if not reason.strip():
        raise UsageError("a legal hold has a reason", do="Give it: --reason.")
    found = registry.dossier(desk, manifest).manifest
    with database.writing(desk.engine) as connection:
        connection.execute(
            database.HOLDS.insert().values(manifest=found, reason=reason.strip()[:2000], placed_by=by, placed_at=now)
        )
        registry.tell(connection, now, by, "placed a legal hold", found)
    return found


def lift(desk: Registry, manifest: str, *, by: str, now: str) -> str:
    """End the holds of a dossier; gives its manifest.

    Raises
    ------
    NothingToCheckError
        If there is none.
    """
    found = registry.dossier(desk, manifest).manifest
    table = database.HOLDS
    with database.writing(desk.engine) as connection:
        lifted = connection.execute(
            table.update()
            .where(table.c.manifest == found, table.c.lifted_at.is_(None))
            .values(lifted_at=now, lifted_by=by)
        )
        if lifted.rowcount == 0:
            raise NothingToCheckError("no hold of this dossier", do="Look at what is held: desk hold --list.")
        registry.tell(connection, now, by, "lifted a legal hold", found)
    return found


def holds(desk: Registry) -> tuple[Mapping[str, object], ...]:
    """The holds that stand, the oldest first."""
    table = database.HOLDS
    with database.reading(desk.engine) as connection:
        query = sa.select(table).where(table.c.lifted_at.is_(None)).order_by(table.c.id)
        return tuple(dict(row._mapping) for row in connection.execute(query))


# ---------------------------------------------------------------------------------------------------- removing


def prune(desk: Registry, rules: RetentionRules, now: str, *, dry: bool = False) -> Pruned:
    """Remove what the rules no longer keep; with `dry`, count it and remove nothing.

    Raises
    ------
    StoreError
        If the database cannot be written; then nothing was removed.
    """
    removed: dict[str, int] = {}
    with database.writing(desk.engine) as connection:
        # Nobody lists contents that are being removed.
        database.turn(connection, registry.CONTENTS)
        held = set(
            connection.execute(
                sa.select(database.HOLDS.c.manifest).where(database.HOLDS.c.lifted_at.is_(None))
            ).scalars()
        )
        gone, kept = _ended(connection, rules, held, now)
        loose: set[str] = set()
        for manifest in gone:
            _withdrawal_stays(desk, connection, manifest)
            loose |= _without_dossier(connection, manifest)
        if rules.dossiers is not None:
            removed["dossiers"] = len(gone)
        removed |= _without_rows(connection, rules, held, loose, now)
        if dry:
            connection.rollback()
            return Pruned(removed, len(kept))
        for digest in loose - _listed(connection):
            desk.contents.remove(digest)
        about = ", ".join(f"{count} {name}" for name, count in sorted(removed.items())) or "nothing"
        registry.tell(connection, now, "operator", "pruned", about)
    return Pruned(removed, len(kept))


def _before(now: str, days: int) -> str:
    return (datetime.fromisoformat(now) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ended(connection: sa.Connection, rules: RetentionRules, held: set[str], now: str) -> tuple[list[str], list[str]]:
    """Dossiers whose time is over: those that go, and those that only a hold keeps."""
    if rules.dossiers is None:
        return [], []
    table, states = database.DOSSIERS, database.STATES
    last = sa.select(sa.func.max(states.c.arrived_at)).where(states.c.manifest == table.c.manifest).scalar_subquery()
    over = sa.or_(table.c.state.in_(ENDED), sa.and_(table.c.decision == "allowed", table.c.valid_until < now[:10]))
    query = sa.select(table.c.manifest).where(over, last < _before(now, rules.dossiers)).order_by(table.c.manifest)
    found = [*connection.execute(query).scalars()]
    return [one for one in found if one not in held], [one for one in found if one in held]


def _withdrawal_stays(desk: Registry, connection: sa.Connection, manifest: str) -> None:
    """Write down that a release was withdrawn: otherwise an older copy, sent again, would bring it back."""
    dossiers, states, table = database.DOSSIERS, database.STATES, database.WITHDRAWALS
    row = connection.execute(
        sa.select(dossiers, states.c.files, states.c.arrived_at.label("last"))
        .join(states, states.c.state == dossiers.c.current)
        .where(dossiers.c.manifest == manifest)
    ).one()
    if row.state != "withdrawn" or row.release is None:
        return
    try:
        data = desk.contents.get(row.files[layout.VERDICT])
        judged = canonical.parse(Verdict, data, where=layout.VERDICT).evaluated_at
    except (CardwrightError, KeyError):  # judged before it arrived, so this refuses no less
        judged = row.last
    connection.execute(table.delete().where(table.c.release == row.release))
    connection.execute(table.insert().values(release=row.release, subject=row.subject, judged_at=judged))


def _without_dossier(connection: sa.Connection, manifest: str) -> set[str]:
    """Remove a dossier and what was said of it here; gives the contents that it had listed."""
    dossiers, states, threads = database.DOSSIERS, database.STATES, database.THREADS
    record = connection.execute(sa.select(dossiers.c.record).where(dossiers.c.manifest == manifest)).scalar_one()
    rows = connection.execute(sa.select(states.c.state, states.c.files).where(states.c.manifest == manifest)).all()
    others = sa.select(dossiers.c.manifest).where(dossiers.c.record == record, dossiers.c.manifest != manifest)
    if connection.execute(others).first() is None:
        of_record = sa.select(threads.c.id).where(threads.c.record == record)
        connection.execute(database.COMMENTS.delete().where(database.COMMENTS.c.thread.in_(of_record)))
        connection.execute(threads.delete().where(threads.c.record == record))
    for table in reversed(database.METADATA.sorted_tables):  # children before parents
        if "manifest" in table.columns:
            connection.execute(table.delete().where(table.c.manifest == manifest))
    return {row.state for row in rows} | {digest for row in rows for digest in row.files.values()}


def _without_rows(
    connection: sa.Connection, rules: RetentionRules, held: set[str], loose: set[str], now: str
) -> dict[str, int]:
    """Remove single records; contents that they had kept are added to those that are loose."""
    removed: dict[str, int] = {}
    events, quarantine = database.EVENTS, database.QUARANTINE
    states, dossiers, threads = database.STATES, database.DOSSIERS, database.THREADS
    records = sa.select(dossiers.c.record).where(dossiers.c.manifest.in_(held))
    if rules.events is not None:
        of_held = sa.or_(
            events.c.about.in_(held),
            events.c.about.in_(sa.select(states.c.state).where(states.c.manifest.in_(held))),
            events.c.about.in_(records),
            # Programs ask about a release or a subject, and not about a dossier.
            events.c.about.in_(
                sa.select(dossiers.c.release).where(dossiers.c.manifest.in_(held), dossiers.c.release.is_not(None))
            ),
            events.c.about.in_(sa.select(dossiers.c.subject).where(dossiers.c.manifest.in_(held))),
        )
        old = sa.and_(events.c.at < _before(now, rules.events), sa.not_(of_held))
        removed["events"] = connection.execute(events.delete().where(old)).rowcount
    if rules.quarantine is not None:
        past = quarantine.c.arrived_at < _before(now, rules.quarantine)
        loose |= {*connection.execute(sa.select(quarantine.c.upload).where(past)).scalars()}
        removed["quarantine"] = connection.execute(quarantine.delete().where(past)).rowcount
    if rules.comments is not None:
        done = sa.and_(threads.c.resolved_at < _before(now, rules.comments), threads.c.record.not_in(records))
        ids = [*connection.execute(sa.select(threads.c.id).where(done)).scalars()]
        connection.execute(database.COMMENTS.delete().where(database.COMMENTS.c.thread.in_(ids)))
        removed["comments"] = connection.execute(threads.delete().where(threads.c.id.in_(ids))).rowcount
    return removed


def _listed(connection: sa.Connection) -> set[str]:
    """Every content that a state or the quarantine still needs."""
    states = connection.execute(sa.select(database.STATES.c.state, database.STATES.c.files)).all()
    needed = {row.state for row in states} | {digest for row in states for digest in row.files.values()}
    return needed | {*connection.execute(sa.select(database.QUARANTINE.c.upload)).scalars()}
