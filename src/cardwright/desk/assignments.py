"""Assignments: whom people have asked to do what until when. They are requests, and nothing depends on them.

Somebody is asked by role, or by role and person. The desk shows what is due and what is overdue; it closes nothing by itself,
since only people can tell whether what they asked for was done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from cardwright.desk import database, registry, threads
from cardwright.desk.registry import Registry
from cardwright.errors import NothingToCheckError, UsageError
from cardwright.record.base import Day

_DAY: TypeAdapter[str] = TypeAdapter(Day)
MOST = 200
"""Rows of one's own work that are shown."""


@dataclass(frozen=True)
class Assignment:
    """One request."""

    id: int
    manifest: str
    subject: str
    """Name and version of what the dossier is about."""
    role: str
    person: str | None
    due: str
    task: str
    made_by: str
    closed_by: str | None

    def overdue(self, today: str) -> bool:
        """Whether its day has passed and nobody has closed it."""
        return self.closed_by is None and self.due < today


def assign(
    desk: Registry, manifest: str, *, role: str, person: str | None, due: str, task: str, roles: Sequence[str], by: str,
    now: str,
) -> int:  # fmt: skip
    """Ask a role, or one person in it, to do something until a day; gives the assignment's number.

    Parameters
    ----------
    roles:
        The roles that this person holds, or, where nobody is named, that anybody holds.

    Raises
    ------
    UsageError
        If nobody holds the role, the day is none or has passed, or the task cannot be kept.
    """
    if role not in roles:
        who = person if person is not None else "nobody in the trust file"
        raise UsageError(f"{who} holds no role {role[:80]}", do=f"Roles: {', '.join(sorted(set(roles))) or 'none'}.")
    try:
        due = _DAY.validate_python(due.strip())
    except ValidationError as exc:
        raise UsageError("the due date is not a day", do="Write it like 2026-12-31.") from exc
    if due < now[:10]:
        raise UsageError("the due date has passed", do="Name a day from today on.")
    text = threads.checked_text(task, what="task")
    with database.writing(desk.engine) as connection:
        made = connection.execute(
            database.ASSIGNMENTS.insert().values(
                manifest=manifest, role=role, person=person, due=due, task=text, made_at=now, made_by=by
            )
        )
        registry.tell(connection, now, by, f"assigned to {role}", manifest)
    key = made.inserted_primary_key
    assert key is not None
    return int(key[0])


def close(desk: Registry, manifest: str, number: int, *, by: str, now: str) -> None:
    """Say that an assignment is done, or not wanted any more.

    Raises
    ------
    NothingToCheckError
        If there is no such open assignment of this dossier.
    """
    table = database.ASSIGNMENTS
    with database.writing(desk.engine) as connection:
        changed = connection.execute(
            table.update()
            .where(table.c.id == number, table.c.manifest == manifest, table.c.closed_at.is_(None))
            .values(closed_at=now, closed_by=by)
        )
        if changed.rowcount != 1:
            raise NothingToCheckError("no such open assignment here", do="Open the dossier again.")
        registry.tell(connection, now, by, "closed an assignment", manifest)


def of_dossier(desk: Registry, manifest: str) -> tuple[Assignment, ...]:
    """The assignments of a dossier, open ones first, the earliest due first."""
    table = database.ASSIGNMENTS
    return _found(
        desk, _query().where(table.c.manifest == manifest).order_by(table.c.closed_at.is_not(None), table.c.due)
    )


def of_person(desk: Registry, person: str, roles: Sequence[str]) -> tuple[Assignment, ...]:
    """What somebody is asked to do, by name or in one of their roles, the earliest due first."""
    table = database.ASSIGNMENTS
    theirs = sa.or_(table.c.person == person, sa.and_(table.c.person.is_(None), table.c.role.in_(roles)))
    return _found(
        desk, _query().where(theirs, table.c.closed_at.is_(None)).order_by(table.c.due, table.c.id).limit(MOST)
    )


def _query() -> sa.Select[tuple[object, ...]]:
    table, dossiers = database.ASSIGNMENTS, database.DOSSIERS
    return sa.select(table, dossiers.c.name, dossiers.c.version).join(dossiers)


def _found(desk: Registry, query: sa.Select[tuple[object, ...]]) -> tuple[Assignment, ...]:
    with database.reading(desk.engine) as connection:
        rows = connection.execute(query).all()
    return tuple(
        Assignment(
            row.id, row.manifest, f"{row.name} {row.version}", row.role, row.person, row.due, row.task, row.made_by, row.closed_by
        )
        for row in rows
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------------- awaited


@dataclass(frozen=True)
class AwaitedSignature:
    """A dossier that waits for somebody's signature."""

    manifest: str
    subject: str
    role: str
    state: str


def awaited_of(desk: Registry, roles: Sequence[str]) -> tuple[AwaitedSignature, ...]:
    """The dossiers that wait for a signature in one of these roles, those that arrived first at the top."""
    table, dossiers = database.AWAITED, database.DOSSIERS
    query = (
        sa.select(table.c.role, dossiers.c.manifest, dossiers.c.name, dossiers.c.version, dossiers.c.state)
        .join(dossiers)
        .where(table.c.role.in_(roles), dossiers.c.state.not_in(("released", "withdrawn", "superseded")))
        .order_by(dossiers.c.arrived_at, dossiers.c.manifest, table.c.role)
        .limit(MOST)
    )
    with database.reading(desk.engine) as connection:
        rows = connection.execute(query).all()
    return tuple(AwaitedSignature(row.manifest, f"{row.name} {row.version}", row.role, row.state) for row in rows)
