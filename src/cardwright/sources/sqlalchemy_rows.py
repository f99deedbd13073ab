"""Rows of any other database, by the dialect and driver that SQLAlchemy finds for its address.

One statement is sent, in one transaction that is rolled back; where the dialect knows them, the transaction is read only and of
isolation `repeatable read`. All passes of an evaluation read the copy of its one answer. What a driver writes to which address
is the driver's: the plan has to open the address itself, and what goes through Python's sockets elsewhere is refused by their
guard.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cardwright.errors import MissingExtraError, SourceError
from cardwright.sources.cell_values import AT_A_TIME, batches_of
from cardwright.sources.database_address import PORTS
from cardwright.sources.queries import DatabaseAnswer, DatabaseQuery, require_open

PASSWORD = "CARDWRIGHT_DATABASE_PASSWORD"  # noqa: S105  the name of a variable
"""Where a password is found; with `_` and the source's name in capitals after it, that of one source alone."""
_READ_ONLY: dict[str, tuple[str, tuple[str, ...]]] = {
    "postgresql": (
        "repeatable read, read only",
        ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", "SET LOCAL TimeZone = 'UTC'"),
    ),
    "mysql": (
        "repeatable read, read only",
        ("ROLLBACK", "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", "SET time_zone = '+00:00'",
         "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"),
    ),
    "oracle": ("read only", ("SET TRANSACTION READ ONLY",)),
}  # fmt: skip
_READ_ONLY["mariadb"] = _READ_ONLY["mysql"]
_COMMENTS_AND_TEXTS = re.compile(r"""--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]""", re.DOTALL)
_WRITES = re.compile(
    r"\b(alter|call|copy|create|delete|drop|exec|execute|grant|insert|into|load|lock|merge|put|replace\s+into|revoke|set|truncate|"
    r"unload|update)\b",
    re.IGNORECASE,
)


@contextmanager
def answered(asked: DatabaseQuery) -> Iterator[DatabaseAnswer]:
    """The rows that a statement gives, to be read until the end of the context.

    Raises
    ------
    SourceError
        If the plan opens no way to the server, the statement could write, or the database cannot answer; in our own words.
    MissingExtraError
        If SQLAlchemy is not installed.
    """
    try:
        import sqlalchemy as sa
        from sqlalchemy import exc as errors
    except ImportError as exc:
        raise MissingExtraError("sqlalchemy", "sql", f"reading {asked.where} from {asked.address.scheme}") from exc
    require_reading(asked.statement, asked.where)
    _require_open(asked)
    try:
        engine = sa.create_engine(_url(sa, asked), poolclass=sa.NullPool, hide_parameters=True)
    except errors.NoSuchModuleError:
        raise SourceError(
            "no dialect of SQLAlchemy has the name that `at` begins with",
            where=asked.where,
            do="Check it, and install the package that brings the dialect.",
        ) from None
    except (ImportError, errors.ArgumentError):
        raise SourceError(
            "the driver of this database is not installed, or its dialect is for asynchronous code",
            where=asked.where,
            do="Install it, e.g. `pip install pymysql` for mysql+pymysql.",
        ) from None
    dialect = engine.dialect.name
    reading, begin = _READ_ONLY.get(dialect, ("one statement, rolled back", ()))
    try:
        with engine.connect() as connection:
            for words in begin:
                connection.exec_driver_sql(words)
            options = {"stream_results": True, "max_row_buffer": AT_A_TIME}
            result = connection.execution_options(**options).exec_driver_sql(_escaped(asked.statement, engine.dialect))
            version = ".".join(map(str, getattr(engine.dialect, "server_version_info", None) or ()))
            try:
                batches = batches_of(list(result.keys()), result.fetchmany, asked.where)
                yield DatabaseAnswer(f"{dialect} {version}".strip(), reading, batches)
            finally:
                result.close()
                connection.rollback()
    except errors.NoSuchModuleError:  # a dialect that finds its driver late
        raise SourceError("the driver of this database is not installed", where=asked.where, do="Install it.") from None
    except (errors.SQLAlchemyError, OSError, ImportError) as exc:
        raise _why(exc, asked) from None
    finally:
        engine.dispose()


def _escaped(statement: str, dialect: Any) -> str:
    """Drivers that fill in parameters by `%s` read a percent sign twice."""
    return statement.replace("%", "%%") if dialect.paramstyle in ("format", "pyformat") else statement


def _url(sa: Any, asked: DatabaseQuery) -> Any:
    address = asked.address
    query = {key: value for key, value in address.options if key != "host" or address.is_socket}
    return sa.URL.create(
        address.scheme,
        username=address.user or None,
        password=_password(asked.source) or None,
        host=None if address.is_socket else address.host or None,
        port=address.port,
        database=address.database or None,
        query=query,
    )


def _password(source: str) -> str:
    own = f"{PASSWORD}_{re.sub(r'[^A-Z0-9]', '_', source.upper())}"
    return os.environ.get(own) or os.environ.get(PASSWORD, "")


def _require_open(asked: DatabaseQuery) -> None:
    address = asked.address
    if not address.host:
        raise SourceError(
            "`at` names no host", where=asked.where, do="Write it, and its port: dialect://user@host:port/database."
        )
    if address.dialect == "postgresql" and (os.environ.get("PGHOSTADDR") or os.environ.get("PGSERVICE")):
        raise SourceError(
            "PGHOSTADDR and PGSERVICE lead its driver elsewhere than `at` says",
            where=asked.where,
            do="Unset them, or write postgresql:// without a driver, which is read by its own protocol.",
        )
    if address.is_socket:
        return
    port = address.port or PORTS.get(address.dialect)
    if port is None:
        raise SourceError(
            "`at` names no port", where=asked.where, do="Write it after the host: dialect://host:port/database."
        )
    require_open(address.host, port, asked)


def require_reading(statement: str, where: str) -> None:
    """Refuse what is not one statement that reads, as far as its words tell; the account's rights are the other wall.

    Raises
    ------
    SourceError
    """
    bare = _COMMENTS_AND_TEXTS.sub(" ", statement).strip()
    reads = re.match(r"\(*\s*(select|with|table|values)\b", bare, re.IGNORECASE)
    if not reads or ";" in bare or _WRITES.search(bare):
        raise SourceError(
            "`sql` is not one statement that reads",
            where=where,
            do="Write one SELECT, without a semicolon inside; a column whose name is a word of SQL stands in quotes.",
        )


def _why(exc: Exception, asked: DatabaseQuery) -> SourceError:
    from sqlalchemy import exc as errors

    where = asked.where
    original = getattr(exc, "orig", None)
    state = str(getattr(original, "sqlstate", "") or "")
    if state:
        from cardwright.sources.postgresql import said_of_state

        if (said := said_of_state(state)) is not None:
            return SourceError(said[0], where=where, do=said[1])
    if getattr(exc, "connection_invalidated", False):
        return SourceError(
            "the server went away while its rows were read", where=where, do="Check that it runs, and run again."
        )
    if isinstance(exc, errors.OperationalError):
        return SourceError(
            "the database does not answer, or does not let this account in",
            where=where,
            do=f"Check host, port and database in `at`, and give the password by {PASSWORD}.",
        )
    if isinstance(exc, errors.ProgrammingError):
        return SourceError(
            "the database does not understand what it is asked, or has no such table or column",
            where=where,
            do="Try the statement in the database's own client.",
        )
    return SourceError(
        f"the database cannot answer ({type(original or exc).__name__})",
        where=where,
        do="Try the statement in the database's own client.",
    )
