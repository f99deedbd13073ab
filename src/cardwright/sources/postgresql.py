"""Rows of PostgreSQL, by its own protocol as Arrow batches (ADBC): one statement in one read-only transaction with one snapshot.

1. The server is one: its name, port and address are fixed here, so that no variable of the environment leads elsewhere, and
   checked against what the plan opens. libpq opens its socket in C, where the guard of Python's sockets does not see it.
2. A transaction of isolation `repeatable read`, read only, begins; that it is one is asked before anything else.
3. What was asked stands inside `SELECT * FROM (…)`, which the server refuses for anything but one statement that reads.
4. Batches come as the server sends them; numbers, texts and moments are mapped by PostgreSQL's types.

User and password are libpq's own business: `~/.pgpass`, `PGPASSWORD`, a service file, a certificate. What the server answers to
an error can repeat values of the data; only its code is read.
"""

from __future__ import annotations

import configparser
import os
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cardwright.errors import MissingExtraError, SourceError
from cardwright.privacy.showing import shown_column
from cardwright.sources.queries import DatabaseAnswer, DatabaseQuery, require_open, wrapped
from cardwright.sources.rows_copy import beyond, unreadable

if TYPE_CHECKING:
    import pyarrow

SECONDS = 60
"""How long a server may take to let us in."""
READING = "repeatable read, read only"
_BEGIN = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    # What a statement turns into text comes out alike wherever it runs.
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO, YMD'",
    "SET LOCAL IntervalStyle = 'iso_8601'",
    "SET LOCAL extra_float_digits = 1",
)
_STATE = (
    "SELECT current_setting('server_version') AS version, current_setting('transaction_isolation') AS isolation, "
    "current_setting('transaction_read_only') AS read_only"
)
_SERVICE_KEYS = ("host", "hostaddr", "port", "dbname")


@contextmanager
def answered(asked: DatabaseQuery) -> Iterator[DatabaseAnswer]:
    """The rows that a statement gives, to be read until the end of the context.

    Raises
    ------
    SourceError
        If the plan opens no way to the server, it refuses, goes away, or cannot answer; in our own words.
    MissingExtraError
        If the driver is not installed.
    """
    try:
        import adbc_driver_postgresql.dbapi as driver
    except ImportError as exc:
        raise MissingExtraError(
            "adbc-driver-postgresql", "postgresql", f"reading {asked.where} from PostgreSQL"
        ) from exc
    try:
        with _connected(driver, asked) as connection, connection.cursor() as cursor:
            for words in _BEGIN:
                cursor.execute(words)
            cursor.execute(_STATE)
            version, isolation, read_only = cursor.fetchone()
            if (isolation, read_only) != ("repeatable read", "on"):
                raise SourceError(
                    "the server, or what stands before it, gives no read-only transaction with one snapshot",
                    where=asked.where,
                    do="Ask the server itself, not a pooler of statements.",
                )
            cursor.execute(wrapped(asked.statement))
            reader = cursor.fetch_record_batch()
            yield DatabaseAnswer(
                f"PostgreSQL {version.partition(' ')[0]}", READING, _batches(reader, connection, asked.where)
            )
    except driver.Error as exc:
        raise _why(exc, asked.where) from None


def _batches(reader: Any, connection: Any, where: str) -> Iterator[Any]:
    """Step 4. What breaks off in the middle comes without its code: whether the server is still there is then asked anew."""
    import pyarrow as pa

    schema = reader.schema
    while True:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            return
        except (pa.ArrowException, OSError):
            there = connection.adbc_connection.get_option("adbc.postgresql.transaction_status") != "unknown"
            what, do = _BROKEN if there else _GONE
            raise SourceError(what, where=where, do=do) from None
        yield _as_read(batch, schema, where)


@contextmanager
def _connected(driver: Any, asked: DatabaseQuery) -> Iterator[Any]:
    """Step 1: the addresses of the server's name are tried in their order, as libpq does."""
    address = asked.address
    service = _service(
        address.options_by_name.get("service") or ("" if address.host else os.environ.get("PGSERVICE", ""))
    )
    host = address.host or service.get("host") or service.get("hostaddr") or os.environ.get("PGHOST", "")
    port = int(address.port or service.get("port") or os.environ.get("PGPORT") or 5432)
    said = {key: value for key, value in address.options if key != "host"}
    said |= {"host": host, "port": str(port), "connect_timeout": str(SECONDS), "client_encoding": "UTF8"}
    said |= {"application_name": "cardwright", "options": "", "target_session_attrs": "any"}
    said |= {"user": address.user} if address.user else {}
    said |= {"dbname": address.database} if address.database else {}
    if "," in host:
        raise SourceError(
            "the service names several servers", where=asked.where, do="Name the one that is asked, as host in `at`."
        )
    places = [""]  # a Unix socket
    if host and not host.startswith(("/", "@")):
        require_open(host, port, asked)
        places = _addresses(host, port, asked.where)
    for last, place in ((place is places[-1], place) for place in places):
        try:
            connection = driver.connect(_conninfo({**said, "hostaddr": place}))
        except driver.Error:
            if last:
                raise
            continue
        with connection:
            yield connection
        return


def _addresses(host: str, port: int, where: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise SourceError("no server has this name", where=where, do="Check the host in `at`.") from None
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def _conninfo(said: Mapping[str, str]) -> str:
    def quoted(value: str) -> str:
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    return " ".join(f"{key}={quoted(value)}" for key, value in said.items())


def _service(name: str) -> dict[str, str]:
    """Where a section of `pg_service.conf` leads; the rest of it, password included, is read by libpq alone."""
    if not name:
        return {}
    named = os.environ.get("PGSERVICEFILE")
    beside = os.environ.get("PGSYSCONFDIR")
    files = [Path(named) if named else Path.home() / ".pg_service.conf"]
    files += [Path(beside) / "pg_service.conf"] if beside else []
    for file in files:
        sections = configparser.RawConfigParser(strict=False, comment_prefixes=("#",), inline_comment_prefixes=None)
        try:
            sections.read_string(file.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, configparser.Error):
            continue
        if sections.has_section(name):
            return {key: value.strip() for key, value in sections.items(name) if key in _SERVICE_KEYS}
    raise SourceError(
        "there is no service of that name in a service file",
        where="at",
        do="Write its section in ~/.pg_service.conf, or name the file with PGSERVICEFILE.",
    )


# --- types ---------------------------------------------------------------------------------------------------------------

_NEVER = {
    "money": "amounts with a currency",
    "oid": "internal numbers",
    "interval": "intervals",
    "timetz": "times of day with a zone",
}


def _as_read(batch: pyarrow.RecordBatch, schema: Any, where: str) -> Any:
    import pyarrow as pa

    names = schema.names
    columns = [
        _column(column, field, shown_column(field.name, names), where)
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, names=names)


def _column(column: Any, field: Any, name: str, where: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    told = field.metadata or {}
    kind = told.get(b"POSTGRESQL:type", told.get(b"ADBC:postgresql:typname", b"")).decode("utf-8", "replace")
    if kind in _NEVER:
        raise unreadable(name, _NEVER[kind], where)
    own = isinstance(column.type, pa.BaseExtensionType)
    stored = column.storage if own else column
    if kind == "numeric":
        return _numeric(stored, int(told.get(b"POSTGRESQL:typmod", b"-1")), name, where)
    if kind == "uuid":
        return pa.array([None if cell is None else _uuid(cell) for cell in stored.to_pylist()], pa.string())
    if kind in ("json", "jsonb"):
        return stored.cast(pa.string())
    if kind == "bpchar":
        return pc.utf8_rtrim(column, " ")  # blanks at its end are padding, and no part of its value
    if own:
        raise unreadable(
            name, f"values of PostgreSQL's type {kind}" if re.fullmatch(r"\w+", kind) else "such values", where
        )
    return column


def _uuid(raw: bytes) -> str:
    digits = raw.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _numeric(text: Any, typmod: int, name: str, where: str) -> Any:
    """`numeric`: whole numbers where its declaration says so, else the nearest double, as decimals of files are read.

    A declaration is written as `((precision << 16) | scale) + 4`, the scale in 11 bits with a sign.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    scale = None if typmod < 4 else (((typmod - 4) & 0x7FF) ^ 0x400) - 0x400
    if scale is not None and scale <= 0:
        if pc.any(pc.equal(text, "nan")).as_py():
            raise SourceError(
                f"{name} holds NaN among whole numbers", where=where, do="Turn it into NULL in `sql`: NULLIF(x, 'NaN')."
            )
        try:
            return text.cast(pa.int64())
        except pa.ArrowInvalid:
            raise beyond(name, where) from None
    values = text.cast(pa.float64())
    # Whole numbers beyond 2**53 without a declared scale are names of rows more often than amounts; doubles would merge them.
    whole = pc.match_substring_regex(text, r"^-?[0-9]+(\.0*)?$")
    if scale is None and pc.any(pc.and_(whole, pc.greater(pc.abs(values), 2.0**53))).as_py():
        raise beyond(name, where)
    return values


# --- errors --------------------------------------------------------------------------------------------------------------

_STATES: dict[str, tuple[str, str]] = {
    "42501": ("the database refuses to let it be read", "Grant SELECT on it to the account that reads."),
    "42P01": ("there is no such table", "Check its name and schema, as in public.loans, and the database in `at`."),
    "3F000": ("there is no such schema", "Check its name, and the database in `at`."),
    "42703": ("`sql` names a column that does not exist", "Check the columns of the table."),
    "42883": ("`sql` calls a function that does not exist for these types", "Check its name, or cast what it is given."),
    "42601": ("`sql` is not one statement that reads", "Write one SELECT, without a semicolon inside."),
    "42702": ("`sql` names a column that several tables have", "Write the table's name before it."),
    "42803": ("`sql` groups by some columns and reads others", "Group by all that are read, or aggregate them."),
    "0A000": ("`sql` asks for what cannot stand in a SELECT", "Write one SELECT that only reads."),
    "25006": ("`sql` would write, and the transaction is read only", "Ask for rows alone."),
    "3D000": ("there is no such database", "Check its name in `at`."),
    "53300": ("the server has no connection to spare", "Run again later."),
    "57014": ("the server broke the query off: it took too long, or somebody stopped it", "Ask for less, or raise its limit."),
    "40001": ("the server broke the reading off in favour of its recovery", "Run again, or ask the primary server."),
}  # fmt: skip
_GONE = ("the server went away while its rows were read", "Check that it runs, and run again; nothing was kept.")
_BROKEN = ("`sql` fails while its rows are read", "Try it with psql; guard the calculation or the cast that fails.")
_LOGIN = (
    "the database does not let this account in",
    "Give its password by ~/.pgpass, PGPASSWORD or a service file; none belongs in the plan.",
)
_UNREACHED = (
    "no database answers there",
    "Check host and port in `at`, that the server runs, and its encryption (sslmode).",
)


def said_of_state(state: str) -> tuple[str, str] | None:
    """What a code of the standard (SQLSTATE) means here, and what to do; None if it is not known.

    >>> said_of_state("42P01")[0]
    'there is no such table'
    """
    if state.startswith("28"):
        return _LOGIN
    if state.startswith("57P"):
        return _GONE
    return _STATES.get(state)


def _why(exc: Any, where: str) -> SourceError:
    state = exc.sqlstate or ""
    told = str(exc).lower()  # read for what it is about, and never shown: it can repeat values of the data
    said = said_of_state(state)
    if said is not None:
        what, do = said
    elif "password" in told or "no pg_hba.conf entry" in told:
        what, do = _LOGIN
    elif "server closed the connection" in told or "terminating connection" in told:
        what, do = _GONE
    elif state.startswith("08") or "connection" in told:
        # libpq speaks of a connection that was never made, of an account and of a database before there is a code.
        lost = "does not exist" in told and "database" in told
        what, do = _STATES["3D000"] if lost else _LOGIN if "role" in told and "does not exist" in told else _UNREACHED
    elif state.startswith("22"):
        what, do = (
            f"`sql` fails on a value of the data (SQLSTATE {state})",
            "Guard the calculation or the cast it makes.",
        )
    else:
        what, do = (
            f"the database cannot answer{f' (SQLSTATE {state})' if state else ''}",
            "Try the statement with psql.",
        )
    return SourceError(what, where=where, do=do)
