"""Rows that lie in a database, read once into a private folder and then like any others.

One statement, one answer, one copy: every pass of an evaluation reads the copy, so no two of them can see different rows, and
the server is not needed after it. The digest is that of the rows in no order (`cardwright.sources.rows_digest`), since a table
has none; the copy's rows stand in the order of their hashes (`cardwright.sources.rows_copy`).

PostgreSQL is read by its own protocol, a DuckDB or an SQLite file by its library, any other database by SQLAlchemy's dialect
for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from cardwright.errors import SourceError
from cardwright.record.base import label as as_label
from cardwright.record.provenance import QueriedRows
from cardwright.sources import network, scratch
from cardwright.sources.database_address import DatabaseAddress, parse_address
from cardwright.sources.files import FileRows, open_rows
from cardwright.sources.interface import FiledRows, RowsOrigin
from cardwright.sources.load import opened_here
from cardwright.sources.queries import DatabaseAnswer, DatabaseQuery, statement_of
from cardwright.sources.rows_copy import copy_rows

_BACKQUOTED = (
    "mysql",
    "mariadb",
    "bigquery",
    "databricks",
    "hive",
    "impala",
    "clickhouse",
    "clickhousedb",
    "singlestoredb",
)


@dataclass(frozen=True)
class ReadRows:
    """The rows of a source, read."""

    rows: FileRows
    """The copy; `sha256` is the digest of the rows in no order, and `origin` says what the database was asked."""
    queried: QueriedRows
    """For the facts of the run."""


def read(
    at: str,
    table: str,
    sql: str | None,
    folder: Path,
    *,
    name: str,
    base: Path,
    allowed: Sequence[tuple[str, int]] = (),
) -> ReadRows:
    """Read a table, or what a statement gives, into a private folder.

    Parameters
    ----------
    at
        The database's address.
    table
        The table, with its schema if need be; if there is `sql`, what its rows are called.
    sql
        One statement that reads.
    folder
        A private folder, which gets the copy.
    name
        The source, as run facts name it.
    base
        The folder of the plan, where the paths of database files start.
    allowed
        Hosts and ports beyond this machine that the plan opens.

    Raises
    ------
    SourceError
        If it is in a place that the plan does not open, may not be read, does not exist, would write, goes away meanwhile, or
        holds what cannot be read.
    MissingExtraError
        If the database's library is not installed.
    """
    address = parse_address(at)
    quote = "`" if address.dialect in _BACKQUOTED else '"'
    statement = statement_of(table, sql, quote)
    asked = DatabaseQuery(address, statement, table, name, base, allowed)
    with network.guard(allowed=allowed) as held:
        try:
            with _reader(address)(asked) as answer:
                copy = copy_rows(answer.batches, folder, table)
                server, reading = answer.server, answer.reading
        except SourceError:
            if not held.refused:
                raise
            raise SourceError(
                f"the plan opens no way to {', '.join(held.refused)}",
                where=table,
                do="Write `network: {allow: [host:port]}` in the plan if it is meant, with that host and its port.",
            ) from None
    queried = QueriedRows(
        source=name,
        place=as_label(address.place),
        server=as_label(server),
        reading=reading,
        rows=copy.num_rows,
        sha256=copy.sha256,
    )
    return ReadRows(replace(copy, origin=RowsOrigin(statement=statement)), queried)


_EXPORTS = (".parquet", ".csv", ".arrow", ".feather", ".jsonl")


def exported(table: Path) -> Path | None:
    """The file to which somebody has written a table's rows: its name with the ending of a format; None if there is none."""
    return next((file for end in _EXPORTS if (file := table.with_name(table.name + end)).is_file()), None)


def opened_or_export(path: Path, where: str, version: str | None = None, /) -> FiledRows:
    """See `cardwright.sources.load.opened_here`: a file, or the file to which somebody has written what a database gave."""
    export = None if path.exists() else exported(path)
    return opened_here(path, where, version) if export is None else rows_of_export(export, where)


def rows_of_export(file: Path, where: str) -> FileRows:
    """The rows of such a file as a database would give them: with their digest in no order, and in the order of a copy.

    Raises
    ------
    SourceError
    """
    with scratch.handed_on() as folder:
        rows = copy_rows(open_rows(file, where=where).batches(), folder, where)
    scratch.remove_with(rows, folder)
    return rows


def _reader(address: DatabaseAddress) -> Callable[[DatabaseQuery], AbstractContextManager[DatabaseAnswer]]:
    """Who reads this kind; each is imported when it is needed."""
    if address.is_file:
        from cardwright.sources import database_files

        return database_files.answered
    if address.is_postgresql:
        from cardwright.sources import postgresql

        return postgresql.answered
    from cardwright.sources import sqlalchemy_rows

    return sqlalchemy_rows.answered
