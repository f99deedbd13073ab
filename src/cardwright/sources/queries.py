"""What a database is asked, and what it answers; what all readers of databases share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cardwright.errors import SourceError
from cardwright.sources import network
from cardwright.sources.database_address import DatabaseAddress

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True)
class DatabaseQuery:
    """One statement for one database."""

    address: DatabaseAddress
    statement: str
    """One SELECT, without a semicolon at its end."""
    where: str
    """How errors name the rows."""
    source: str
    """The source, in whose name a password may stand in the environment."""
    base: Path
    """The folder of the plan, from which a database's file is found."""
    allowed: Sequence[tuple[str, int]] = ()
    """Hosts and ports beyond this machine that the plan opens."""


@dataclass(frozen=True)
class DatabaseAnswer:
    """What a database gives while its connection is open."""

    server: str
    """What answered, with its version."""
    reading: str
    """How it holds still."""
    batches: Iterator[pyarrow.RecordBatch]


def require_open(host: str, port: int, asked: DatabaseQuery) -> None:
    """Ask for the allowance by the address itself: drivers in C open their sockets where Python's guard does not see them.

    Raises
    ------
    SourceError
        With what to write in the plan.
    """
    if network.is_loopback(host) or (host.lower().rstrip("."), port) in set(asked.allowed):
        return
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    raise SourceError(
        f"the plan opens no way to {place}",
        where=asked.where,
        do=f'If it is meant, write `network: {{allow: ["{place}"]}}` in the plan.',
    )


def statement_of(table: str, sql: str | None, quote: str = '"') -> str:
    """The statement that is asked: `sql`, or all columns of a table.

    Parameters
    ----------
    table
        `loans`, or `credit.loans` with its schema; any other name goes into `sql`.
    quote
        What a name of this database stands in.

    Examples
    --------
    >>> statement_of("credit.loans", None)
    'SELECT * FROM "credit"."loans"'
    >>> statement_of("loans", "SELECT id FROM loans;")
    'SELECT id FROM loans'
    """
    if sql is not None:
        return re.sub(r"[\s;]+\Z", "", sql).lstrip()
    return "SELECT * FROM " + ".".join(f"{quote}{part.replace(quote, 2 * quote)}{quote}" for part in table.split("."))  # noqa: S608  names in quotes


def wrapped(statement: str) -> str:
    """A statement where only one that gives rows can stand."""
    return f"SELECT * FROM (\n{statement}\n) AS asked"  # noqa: S608  the plan's own statement, which only reads
