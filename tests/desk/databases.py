"""The two databases that the desk's tests run on: SQLite, and a PostgreSQL that they start themselves.

PostgreSQL is that of `tests.servers.packaged`.
"""

import itertools
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from tests.servers import packaged, postgresql

from cardwright.desk import database


@dataclass(frozen=True)
class Sqlite:
    """A file in the desk's folder; a copy of a file is a copy of the database."""

    template: Path

    def fresh(self, folder):
        shutil.copy(self.template, folder / "desk.sqlite")
        return ""

    def copy(self, before, folder):
        """The database of a folder that was copied with it."""
        return ""

    def drop(self, address):
        pass


@dataclass
class Postgres:
    """Databases of one server, each a copy of one that has its tables."""

    server: str
    number: itertools.count = field(default_factory=itertools.count)

    def __post_init__(self):
        self._sql("CREATE DATABASE migrated")
        engine = database.connect(self.address("migrated", "postgresql+psycopg"))
        database.migrate(engine)
        engine.dispose()

    def address(self, name, scheme="postgresql"):
        return f"{scheme}://desk@/{name}?host={self.server}"

    def fresh(self, folder):
        return self.copy(self.address("migrated"), folder)

    def copy(self, before, folder):
        name = f"desk_{next(self.number)}"
        self._sql(f"CREATE DATABASE {name} TEMPLATE {before.rpartition('/desk@/')[2].partition('?')[0]}")
        return self.address(name)

    def drop(self, address):
        self._sql(f"DROP DATABASE {address.partition('/desk@/')[2].partition('?')[0]} WITH (FORCE)")

    def cut(self, address):
        """End every connection to a database, as a network or a restarted server does."""
        name = address.partition("/desk@/")[2].partition("?")[0]
        self._sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def _sql(self, words):
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(words)


def server():
    """A PostgreSQL that listens on a socket in a folder of its own; gives the folder."""
    return postgresql(programs=packaged)
