"""Addresses of databases, as a plan writes them under `at`: what they may hold, and what of them may be shown.

`postgresql://analyst@db.example.org:5432/credit`, `postgresql:///credit?host=/run/postgresql` (a Unix socket),
`postgresql:///?service=credit` (a section of `pg_service.conf`), `duckdb:///data/loans.duckdb` and
`sqlite:///data/loans.sqlite` beside the plan (four slashes: from the root), and any other address of SQLAlchemy's,
`mysql+pymysql://analyst@db.example.org:3306/credit`. None holds a password. Nothing is opened here, and no library is imported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

FILES = ("duckdb", "sqlite")
"""Databases that are one file."""
POSTGRESQL = ("postgresql", "postgres")
"""What is read by PostgreSQL's own protocol; `postgresql+psycopg` and its kin are SQLAlchemy's."""
_DIALECTS = (
    "access", "athena", "awsathena", "bigquery", "clickhouse", "clickhousedb", "cockroachdb", "cratedb", "databricks", "db2",
    "exa", "firebird", "hana", "hive", "ibm_db_sa", "impala", "iris", "kylin", "mariadb", "monetdb", "mssql", "mysql", "netezza",
    "oracle", "presto", "redshift", "singlestoredb", "snowflake", "sybase", "teradata", "teradatasql", "trino", "vertica", "ydb",
)  # fmt: skip
"""Dialects that a plan may name alone; any other goes with its driver, as in `other+driver://`."""
PORTS = {
    "postgresql": 5432, "postgres": 5432, "mysql": 3306, "mariadb": 3306, "mssql": 1433, "oracle": 1521, "cockroachdb": 26257,
    "redshift": 5439, "clickhouse": 8123, "clickhousedb": 8123, "trino": 8080, "presto": 8080, "snowflake": 443,
    "databricks": 443, "hive": 10000, "impala": 21050, "vertica": 5433, "bigquery": 443, "athena": 443, "awsathena": 443,
}  # fmt: skip
"""Where a server listens if an address does not say it."""
_MAY_SAY = frozenset({
    "application_name", "authenticator", "catalog", "charset", "connect_timeout", "database", "driver", "encrypt", "host",
    "http_path", "location", "protocol", "role", "schema", "service", "service_name", "sid", "ssl_ca", "sslmode", "sslrootcert",
    "timeout", "trustservercertificate", "warehouse",
})  # fmt: skip
"""What may follow `?`; whatever else is there could be a credential, or a way around what the plan opens."""
_WORD = re.compile(r"[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)?")


@dataclass(frozen=True)
class DatabaseAddress:
    """One address, in its parts."""

    scheme: str
    """Dialect, and driver where one is named: `postgresql`, `mysql+pymysql`."""
    user: str
    host: str
    """A server's name or address, or the folder of a Unix socket; empty where none is named."""
    port: int | None
    database: str
    """The database's name; of `duckdb` and `sqlite`, the path of its file."""
    options: tuple[tuple[str, str], ...] = ()

    @property
    def dialect(self) -> str:
        """The dialect alone."""
        return self.scheme.partition("+")[0]

    @property
    def is_file(self) -> bool:
        """Whether it is a file, which this machine reads."""
        return self.scheme in FILES

    @property
    def is_postgresql(self) -> bool:
        """Whether it is read by PostgreSQL's own protocol."""
        return self.scheme in POSTGRESQL

    @property
    def is_socket(self) -> bool:
        """Whether it is reached by a Unix socket."""
        return self.host.startswith(("/", "@"))

    @property
    def options_by_name(self) -> dict[str, str]:
        """What follows `?`."""
        return dict(self.options)

    @property
    def place(self) -> str:
        """The address as run facts show it: without the user."""
        if self.is_file:
            return f"{self.scheme}:///{self.database}"
        host = f"[{self.host}]" if ":" in self.host else "" if self.is_socket else self.host
        port = f":{self.port}" if self.port is not None else ""
        said = self.options_by_name
        shown = [(key, said[key]) for key in ("service", "host") if key in said]
        return f"{self.scheme}://{host}{port}/{self.database}" + (
            "?" + "&".join(f"{key}={value}" for key, value in shown) if shown else ""
        )


def is_database(at: str) -> bool:
    """Whether an address is that of a database, and not of a folder of files.

    >>> is_database("postgresql://db.example.org/credit"), is_database("s3://loans/2026/"), is_database("other+driver://h/d")
    (True, False, True)
    """
    scheme = at.partition("://")[0]
    return "://" in at and (scheme in (*POSTGRESQL, *FILES, *_DIALECTS) or _driven(scheme))


def _driven(scheme: str) -> bool:
    return "+" in scheme and _WORD.fullmatch(scheme) is not None


def parse_address(at: str) -> DatabaseAddress:
    """The parts of an address.

    Raises
    ------
    ValueError
        If it holds a credential, or what cannot be the address of a database: what is wrong and what to do, in words that repeat
        nothing of it.

    Examples
    --------
    >>> parse_address("postgresql://analyst@db.example.org/credit").place
    'postgresql://db.example.org/credit'
    """
    try:
        parts = urlsplit(at)
        host, port = parts.hostname or "", parts.port
        options = tuple(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise ValueError("`at` is no address of a database: write dialect://user@host:port/database") from None
    _refuse_credentials(parts, [key for key, _ in options])
    if parts.scheme.partition("+")[0] in FILES:
        return _of_a_file(parts)
    said = dict(options)
    if len(said) != len(options):
        raise ValueError("`at` says something twice after the `?`")
    if "," in parts.netloc or "," in said.get("host", ""):
        raise ValueError("`at` names several servers; name the one that is asked")
    named = unquote(host) or said.get("host", "")
    if host and "host" in said:
        raise ValueError("`at` names a host twice, before the path and after the `?`; name it once")
    return DatabaseAddress(
        parts.scheme, unquote(parts.username or ""), named, port, unquote(parts.path.strip("/")), options
    )


def _refuse_credentials(parts: SplitResult, keys: list[str]) -> None:
    if parts.password is not None:
        raise ValueError(
            "`at` holds a password; leave it out, and give it by the environment: of PostgreSQL by ~/.pgpass, a service file or "
            "PGPASSWORD, else by CARDWRIGHT_DATABASE_PASSWORD (docs/data.md)"
        )
    strange = [key for key in keys if key.lower() not in _MAY_SAY]
    if strange or parts.fragment:
        raise ValueError(
            "`at` says after the `?` what can be a credential or lead elsewhere; it may say: "
            + ", ".join(sorted(_MAY_SAY))
        )


def _of_a_file(parts: SplitResult) -> DatabaseAddress:
    if "+" in parts.scheme:
        dialect = parts.scheme.partition("+")[0]
        raise ValueError(
            f"`at` names a driver, and a file of {dialect} needs none: write {dialect}:///data/loans.{dialect}"
        )
    path = unquote(parts.path.removeprefix("/"))
    if parts.netloc or not path.strip("/") or path == ":memory:":
        raise ValueError(
            f"`at` names no file: write {parts.scheme}:///data/loans.{parts.scheme} for one beside the plan, and four slashes "
            "for one that begins at the root"
        )
    if parts.query:
        raise ValueError("`at` says something after the `?`, and a file needs nothing there")
    if ".." in path.split("/"):
        raise ValueError("`at` leads out of itself")
    return DatabaseAddress(parts.scheme, "", "", None, path)
