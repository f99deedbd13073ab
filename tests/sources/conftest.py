"""A PostgreSQL for the tests of sources, started once: `desk` may do all, `reader` nothing, `guarded` reads with a password."""

import itertools
from dataclasses import dataclass

import pytest
from tests.servers import free_port, packaged, postgresql

PASSWORD = "s3cr3t of nobody"


@dataclass(frozen=True)
class Server:
    """Where it listens: a port of loopback, and a socket in a folder."""

    port: int
    folder: str

    def at(self, database, user="desk", scheme="postgresql"):
        """Its address, as a plan writes it."""
        return f"{scheme}://{user}@127.0.0.1:{self.port}/{database}"

    def by_socket(self, database, user="desk"):
        """Its address by the socket."""
        return f"postgresql://{user}@:{self.port}/{database}?host={self.folder}"

    def run(self, database, *statements):
        """Run statements as its owner."""
        import psycopg

        where = f"host={self.folder} port={self.port} user=desk dbname={database}"
        with psycopg.connect(where, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


@pytest.fixture(scope="session")
def server():
    """The server."""
    pytest.importorskip("psycopg", reason="a test's database is filled by the desk's driver")
    pytest.importorskip("adbc_driver_postgresql", reason="PostgreSQL needs the extra postgresql")
    port = free_port()
    with postgresql(port=port, programs=packaged) as folder:
        started = Server(port, str(folder))
        rules = folder / "data" / "pg_hba.conf"
        rules.write_text(f"host all guarded 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        started.run(
            "postgres",
            "CREATE ROLE reader LOGIN",
            f"CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'",
            "GRANT pg_read_all_data TO guarded",
            "SELECT pg_reload_conf()",
        )
        yield started


_NUMBERS = itertools.count()


@pytest.fixture
def database(server):
    """The name of a new database."""
    name = f"rows_{next(_NUMBERS)}"
    server.run("postgres", f"CREATE DATABASE {name}")
    yield name
    server.run("postgres", f"DROP DATABASE {name} WITH (FORCE)")
