"""Comments: threads about one place of one record. They are people's words to each other, and decide nothing.

A thread is bound to the record's digest: another run is another record, and what was asked of this one is not asked of that.
Text is kept as it was written and shown as text; nothing in it is taken for markup.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from cardwright.desk import database, registry
from cardwright.desk.registry import Registry
from cardwright.errors import NothingToCheckError, UsageError
from cardwright.record.base import FreeText

LONGEST = 10_000
_TEXT: TypeAdapter[str] = TypeAdapter(FreeText)


@dataclass(frozen=True)
class Thread:
    """A thread, and what was said in it."""

    id: int
    record: str
    anchor: str
    """Which place: a requirement's or evaluation's id, or `dossier`."""
    opened_by: str
    opened_at: str
    resolved_by: str | None
    comments: tuple[Mapping[str, object], ...]


def checked_text(text: str, *, what: str = "comment", longest: int = LONGEST) -> str:
    """A comment that can be kept.

    Parameters
    ----------
    what:
        What it is, if it is no comment.

    Raises
    ------
    UsageError
        If there is none, it is too long, or holds characters that nobody can see.
    """
    text = text.replace("\r\n", "\n").strip()
    if not 0 < len(text) <= longest:
        raise UsageError(f"a {what} has between 1 and {longest} characters")
    try:
        return _TEXT.validate_python(text)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]["msg"].removeprefix("Value error, ")
        raise UsageError(f"the {what} {first}", do="Write it without them.") from exc


def open_thread(desk: Registry, record: str, anchor: str, text: str, *, by: str, now: str) -> int:
    """Begin a thread; gives its number.

    Raises
    ------
    UsageError
        If the text cannot be kept, or the place is none.
    """
    text = checked_text(text)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,199}", anchor):
        raise UsageError("the comment names no place", do="Name a requirement or an evaluation.")
    with database.writing(desk.engine) as connection:
        made = connection.execute(
            database.THREADS.insert().values(record=record, anchor=anchor, opened_at=now, opened_by=by)
        )
        key = made.inserted_primary_key
        assert key is not None
        number = int(key[0])
        connection.execute(database.COMMENTS.insert().values(thread=number, at=now, by=by, text=text))
        registry.tell(connection, now, by, "commented", record)
    return number


def reply(desk: Registry, record: str, thread: int, text: str, *, by: str, now: str) -> None:
    """Say something in a thread; one that was resolved is open again.

    Raises
    ------
    UsageError
        If the text cannot be kept.
    NothingToCheckError
        If there is no such thread of this record.
    """
    text = checked_text(text)
    with database.writing(desk.engine) as connection:
        _update(connection, record, thread, resolved_at=None, resolved_by=None)
        connection.execute(database.COMMENTS.insert().values(thread=thread, at=now, by=by, text=text))
        registry.tell(connection, now, by, "commented", record)


def resolve(desk: Registry, record: str, thread: int, *, by: str, now: str) -> None:
    """Say that a thread has its answer.

    Raises
    ------
    NothingToCheckError
        If there is no such thread of this record.
    """
    with database.writing(desk.engine) as connection:
        _update(connection, record, thread, resolved_at=now, resolved_by=by)
        registry.tell(connection, now, by, "resolved", record)


def _update(connection: sa.Connection, record: str, thread: int, **values: str | None) -> None:
    table = database.THREADS
    changed = connection.execute(table.update().where(table.c.id == thread, table.c.record == record).values(**values))
    if changed.rowcount != 1:
        raise NothingToCheckError("no such thread here", do="Open the dossier again.")


def of_record(desk: Registry, record: str) -> tuple[Thread, ...]:
    """The threads of a record, the first one first."""
    with database.reading(desk.engine) as connection:
        return read(connection, record)


def read(connection: sa.Connection, record: str) -> tuple[Thread, ...]:
    """The same, inside a transaction."""
    threads, comments = database.THREADS, database.COMMENTS
    found = connection.execute(sa.select(threads).where(threads.c.record == record).order_by(threads.c.id)).all()
    said = connection.execute(
        sa.select(comments).join(threads).where(threads.c.record == record).order_by(comments.c.id)
    ).all()
    by_thread: dict[int, list[Mapping[str, object]]] = {}
    for one in said:
        by_thread.setdefault(one.thread, []).append({"at": one.at, "by": one.by, "text": one.text})
    return tuple(
        Thread(t.id, t.record, t.anchor, t.opened_by, t.opened_at, t.resolved_by, tuple(by_thread.get(t.id, ())))
        for t in found
    )


@dataclass(frozen=True)
class OpenQuestion:
    """An open thread that somebody has begun, and where."""

    thread: int
    manifest: str
    subject: str
    anchor: str
    last_by: str
    """Who has said the last word so far."""


def open_of(desk: Registry, person: str, *, most: int = 100) -> tuple[OpenQuestion, ...]:
    """The open threads that somebody has begun or taken part in, the latest first."""
    table, comments, dossiers = database.THREADS, database.COMMENTS, database.DOSSIERS
    part = sa.select(comments.c.thread).where(comments.c.by == person)
    last = (
        sa.select(comments.c.by).where(comments.c.thread == table.c.id).order_by(comments.c.id.desc()).limit(1)
    ).scalar_subquery()
    # A record can be in several dossiers, one for each policy that it was judged by: one of them is enough to get there.
    same = dossiers.alias()
    manifest = (
        sa.select(sa.func.min(same.c.manifest))
        .where(same.c.record == table.c.record)
        .correlate(table)
        .scalar_subquery()
    )
    query = (
        sa.select(
            table.c.id, table.c.anchor, last.label("last_by"), dossiers.c.manifest, dossiers.c.name, dossiers.c.version
        )
        .select_from(sa.join(table, dossiers, dossiers.c.manifest == manifest))
        .where(table.c.resolved_at.is_(None), table.c.id.in_(part))
        .order_by(table.c.id.desc())
        .limit(most)
    )
    with database.reading(desk.engine) as connection:
        rows = connection.execute(query).all()
    return tuple(
        OpenQuestion(row.id, row.manifest, f"{row.name} {row.version}", row.anchor, row.last_by) for row in rows
    )
