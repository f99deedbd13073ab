"""Saved views: filters of the inventory under a name, for oneself or for everybody at the desk."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from cardwright.desk import database, registry, threads
from cardwright.desk.registry import Registry
from cardwright.errors import NothingToCheckError, UsageError

MOST = 50
"""Views that one person can have."""
_LONGEST_NAME, _LONGEST_QUERY = 80, 1000


@dataclass(frozen=True)
class SavedView:
    """A view."""

    id: int
    person: str
    name: str
    query: str
    """The filters, as they stand in the address of the inventory."""
    shared: bool


def save(desk: Registry, person: str, name: str, query: str, *, shared: bool, now: str) -> None:
    """Keep filters under a name; one's own view of that name is replaced.

    Raises
    ------
    UsageError
        If the name cannot be kept, or there are too many.
    """
    name = " ".join(threads.checked_text(name, what="name", longest=_LONGEST_NAME).split())
    if len(query) > _LONGEST_QUERY:
        raise UsageError("the filters are too long to be kept", do="Use fewer words.")
    table = database.VIEWS
    with database.writing(desk.engine) as connection:
        connection.execute(table.delete().where(table.c.person == person, table.c.name == name))
        count = connection.execute(sa.select(sa.func.count()).select_from(table).where(table.c.person == person))
        if count.scalar_one() >= MOST:
            raise UsageError(f"you have {MOST} saved views already", do="Delete one first.")
        connection.execute(table.insert().values(person=person, name=name, query=query, shared=shared, made_at=now))
        registry.tell(connection, now, person, "saved a view", name)


def delete(desk: Registry, person: str, number: int) -> None:
    """Delete a view of one's own.

    Raises
    ------
    NothingToCheckError
        If there is none.
    """
    table = database.VIEWS
    with database.writing(desk.engine) as connection:
        if connection.execute(table.delete().where(table.c.id == number, table.c.person == person)).rowcount != 1:
            raise NothingToCheckError("no such view of yours", do="Open the inventory again.")


def of_person(desk: Registry, person: str, *, inside: bool = True) -> tuple[SavedView, ...]:
    """The views that somebody sees: their own, then those that others share, by name.

    Parameters
    ----------
    inside:
        Whether they take part in the review: names and filters of views tell of dossiers that others may not know of.
    """
    table = database.VIEWS
    query = (
        sa.select(table)
        .where(sa.or_(table.c.person == person, sa.and_(sa.literal(inside), table.c.shared.is_(True))))
        .order_by(table.c.person != person, table.c.name, table.c.id)
        .limit(4 * MOST)
    )
    with database.reading(desk.engine) as connection:
        return tuple(
            SavedView(row.id, row.person, row.name, row.query, row.shared) for row in connection.execute(query)
        )
