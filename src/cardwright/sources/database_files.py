"""Rows of a DuckDB or an SQLite file, opened to read alone; both are libraries of this process, and no server is asked.

A statement is one that gives rows: DuckDB's own parser says so, and SQLite asks before each thing that a statement would do.
DuckDB may read nothing but its file: no other file, no extension, no address.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from cardwright.errors import MissingExtraError, SourceError
from cardwright.privacy.showing import hint
from cardwright.sources.cell_values import AT_A_TIME, batches_of
from cardwright.sources.digests import require_file
from cardwright.sources.queries import DatabaseAnswer, DatabaseQuery, wrapped


@contextmanager
def answered(asked: DatabaseQuery) -> Iterator[DatabaseAnswer]:
    """The rows that a statement gives, to be read until the end of the context.

    Raises
    ------
    SourceError
        If there is no such file, it is no such database, somebody else writes to it, or it cannot answer.
    """
    path = asked.base / asked.address.database
    require_file(path, asked.address.database)
    of = {"duckdb": _duckdb, "sqlite": _sqlite}[asked.address.scheme]
    with of(path, asked) as answer:
        yield answer


def _not_one_that_reads(where: str) -> SourceError:
    return SourceError(
        "`sql` is not one statement that reads", where=where, do="Write one SELECT, without a semicolon inside."
    )


# --- DuckDB --------------------------------------------------------------------------------------------------------------

_ALONE = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
}


@contextmanager
def _duckdb(path: Path, asked: DatabaseQuery) -> Iterator[DatabaseAnswer]:
    try:
        import duckdb
    except ImportError as exc:
        raise MissingExtraError("duckdb", "tabular", f"reading {asked.where}") from exc
    where = asked.where
    try:
        with duckdb.connect(str(path), read_only=True, config=dict(_ALONE)) as store:
            if [one.type for one in store.extract_statements(asked.statement)] != [duckdb.StatementType.SELECT]:
                raise _not_one_that_reads(where)
            relation: Any = store.sql(asked.statement)
            if relation is None:
                raise _not_one_that_reads(where)
            read = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader
            yield DatabaseAnswer(f"DuckDB {duckdb.__version__}", "read only, one statement", iter(read(AT_A_TIME)))
    except (duckdb.CatalogException, duckdb.BinderException) as exc:
        raise SourceError(
            "there is no such table or function"
            if isinstance(exc, duckdb.CatalogException)
            else "`sql` names a column that does not exist, or puts together what does not fit",
            where=where,
            do="Check its names: SHOW ALL TABLES and DESCRIBE in DuckDB say them.",
        ) from None
    except duckdb.ParserException:
        raise _not_one_that_reads(where) from None
    except duckdb.PermissionException:
        raise SourceError(
            "`sql` would read something beside the database's own file", where=where, do="Ask for its tables alone."
        ) from None
    except (duckdb.IOException, duckdb.ConnectionException):
        raise SourceError(
            "it is no DuckDB file of a version that is read, or somebody else holds it open to write",
            where=asked.address.database,
            do="Close what writes to it, and check that this version of DuckDB opens it.",
        ) from None
    except duckdb.Error as exc:
        raise SourceError(
            f"the database cannot answer ({type(exc).__name__})", where=where, do="Try the statement in DuckDB."
        ) from None


# --- SQLite --------------------------------------------------------------------------------------------------------------

_MAY = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})


@contextmanager
def _sqlite(path: Path, asked: DatabaseQuery) -> Iterator[DatabaseAnswer]:
    """One statement is one snapshot: what others write meanwhile is not seen, or waits."""
    where = asked.where
    refused: list[int] = []

    def may(action: int, *about: Any) -> int:
        if action in _MAY:
            return sqlite3.SQLITE_OK
        refused.append(action)
        return sqlite3.SQLITE_DENY

    tables: list[str] = []
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=20)) as store:
            tables = [row[0] for row in store.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
            store.set_authorizer(may)
            cursor = store.execute(wrapped(asked.statement))
            names = [one[0] for one in cursor.description]
            yield DatabaseAnswer(
                f"SQLite {sqlite3.sqlite_version}",
                "read only, one statement",
                batches_of(names, cursor.fetchmany, where),
            )
    except sqlite3.Warning:
        raise _not_one_that_reads(where) from None
    except sqlite3.Error as exc:
        raise _why(exc, refused, tables, asked) from None


def _why(exc: sqlite3.Error, refused: list[int], tables: list[str], asked: DatabaseQuery) -> SourceError:
    told = str(exc)  # read for what it is about, and never shown
    if refused:
        return SourceError("`sql` would do something other than read", where=asked.where, do="Ask for rows alone.")
    if told.startswith("no such table"):
        table = asked.where.rpartition(".")[2]
        return SourceError(
            "there is no such table", where=asked.where, do=hint(table, tables) or "The file holds no table."
        )
    if told.startswith("no such column"):
        return SourceError(
            "`sql` names a column that does not exist", where=asked.where, do="Check the table's columns."
        )
    if "not a database" in told or "malformed" in told:
        return SourceError(
            "it is no SQLite database, or it is damaged",
            where=asked.address.database,
            do="Write it again from its source.",
        )
    if "locked" in told or "busy" in told:
        return SourceError(
            "somebody else writes to it", where=asked.address.database, do="Run again when that has ended."
        )
    if "one statement" in told or "syntax error" in told or "incomplete" in told:
        return _not_one_that_reads(asked.where)
    if "UTF-8" in told:
        return SourceError(
            "a text in it is not UTF-8", where=asked.where, do="Cast the column to BLOB in `sql`, or repair it."
        )
    return SourceError(
        f"the database cannot answer ({type(exc).__name__})", where=asked.where, do="Try the statement with sqlite3."
    )
