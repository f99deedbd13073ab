"""The desk's database: SQLite in its folder (WAL), or PostgreSQL by its address; the same tables and migrations on both.

Nothing in it is evidence. Dossiers stand in the content store and prove themselves; what the database says of them can be
computed again from there. Comments, accounts and the record of who read what are its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from cardwright.errors import StoreError

METADATA = sa.MetaData()
DIGEST, WORD, TIME = sa.String(64), sa.String(400), sa.String(20)

DOSSIERS = sa.Table(
    "dossiers",
    METADATA,
    sa.Column("manifest", DIGEST, primary_key=True),
    sa.Column("record", DIGEST, nullable=False, index=True),
    sa.Column("subject", DIGEST, nullable=False, index=True),
    sa.Column("name", WORD, nullable=False, index=True),
    sa.Column("version", WORD, nullable=False),
    sa.Column("kind", WORD, nullable=False),
    sa.Column("owner", WORD),
    sa.Column("risk_tier", WORD),
    sa.Column("policy", WORD),
    sa.Column("decision", WORD, nullable=False),
    sa.Column("state", WORD, nullable=False),
    sa.Column("valid_until", sa.String(10), index=True),
    sa.Column("missing", sa.JSON, nullable=False),
    sa.Column("search", sa.Text, nullable=False),
    sa.Column("arrived_at", TIME, nullable=False),
    sa.Column("current", DIGEST, nullable=False),
    sa.Column("length", sa.Integer, nullable=False),
    sa.Column("release", DIGEST, index=True),
    # The key that signed the release, where the trust file let its holder release when that was looked at; else none.
    sa.Column("releaser", DIGEST),
    # The kind of document that a record is of; of a model, a dataset or a system none. Rows of older desks are filled in later.
    sa.Column("document", WORD),
    # The order of the inventory, and all that its counts by state look at: neither reads the rows themselves.
    sa.Index("ix_dossiers_latest", "arrived_at", "manifest"),
    sa.Index("ix_dossiers_standing", "state", "decision", "valid_until"),
)
"""One row for each dossier; what it says of the dossier is that of its current state."""

WITHDRAWALS = sa.Table(
    "withdrawals",
    METADATA,
    sa.Column("release", DIGEST, primary_key=True),
    sa.Column("subject", DIGEST, nullable=False, index=True),
    sa.Column("judged_at", TIME, nullable=False),
)
"""Withdrawals whose dossiers are not kept any longer: what was withdrawn stays so."""

STATES = sa.Table(
    "states",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("manifest", DIGEST, sa.ForeignKey("dossiers.manifest"), nullable=False, index=True),
    sa.Column("state", DIGEST, nullable=False, unique=True),
    sa.Column("files", sa.JSON, nullable=False),
    sa.Column("length", sa.Integer, nullable=False),
    sa.Column("arrived_at", TIME, nullable=False),
    sa.Column("arrived_by", WORD, nullable=False),
)
"""Every state in which a dossier has been here: its files by digest. States are added and never changed."""

QUARANTINE = sa.Table(
    "quarantine",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("upload", DIGEST, nullable=False, unique=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("arrived_at", TIME, nullable=False),
    sa.Column("arrived_by", WORD, nullable=False),
)
"""What arrived and is not what it says."""

THREADS = sa.Table(
    "threads",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("record", DIGEST, nullable=False, index=True),
    sa.Column("anchor", WORD, nullable=False),
    sa.Column("opened_at", TIME, nullable=False),
    sa.Column("opened_by", WORD, nullable=False),
    sa.Column("resolved_at", TIME),
    sa.Column("resolved_by", WORD),
)
"""Threads of comments, each about one place of one record."""

COMMENTS = sa.Table(
    "comments",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("thread", sa.Integer, sa.ForeignKey("threads.id"), nullable=False, index=True),
    sa.Column("at", TIME, nullable=False),
    sa.Column("by", WORD, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)

ACCOUNTS = sa.Table(
    "accounts",
    METADATA,
    sa.Column("person", WORD, primary_key=True),
    sa.Column("created_at", TIME, nullable=False),
    sa.Column("audience", WORD, nullable=False, server_default="internal"),
)
"""Who may log in: ids of people in the trust file, which says what they may sign."""

INVITATIONS = sa.Table(
    "invitations",
    METADATA,
    sa.Column("secret", DIGEST, primary_key=True),
    sa.Column("person", WORD, nullable=False),
    sa.Column("expires_at", TIME, nullable=False),
    sa.Column("audience", WORD, nullable=False, server_default="internal"),
)

CREDENTIALS = sa.Table(
    "credentials",
    METADATA,
    sa.Column("credential", sa.String(2000), primary_key=True),
    sa.Column("person", WORD, sa.ForeignKey("accounts.person"), nullable=False, index=True),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("counter", sa.Integer, nullable=False),
)
"""Credentials that people log in with. They sign nothing else: what counts for signatures stands in the trust file."""

SESSIONS = sa.Table(
    "sessions",
    METADATA,
    sa.Column("secret", DIGEST, primary_key=True),
    sa.Column("person", WORD, nullable=False),
    sa.Column("csrf", DIGEST, nullable=False),
    sa.Column("expires_at", TIME, nullable=False),
)

CEREMONIES = sa.Table(
    "ceremonies",
    METADATA,
    sa.Column("secret", DIGEST, primary_key=True),
    sa.Column("purpose", WORD, nullable=False),
    sa.Column("person", WORD, nullable=False),
    sa.Column("challenge", sa.LargeBinary, nullable=False),
    sa.Column("about", sa.JSON, nullable=False),
    sa.Column("expires_at", TIME, nullable=False),
)
"""Challenges that wait for their answer, each good for one."""

ENROLMENTS = sa.Table(
    "enrolments",
    METADATA,
    sa.Column("fingerprint", DIGEST, primary_key=True),
    sa.Column("person", WORD, nullable=False),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("made_at", TIME, nullable=False),
)
"""Requests to enrol a passkey for signing; an administrator takes them into the trust file, elsewhere."""

TOKENS = sa.Table(
    "tokens",
    METADATA,
    sa.Column("secret", DIGEST, primary_key=True),
    sa.Column("name", WORD, nullable=False, unique=True),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("expires_at", TIME, nullable=False),
)

EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", TIME, nullable=False, index=True),
    sa.Column("who", WORD, nullable=False),
    sa.Column("what", WORD, nullable=False),
    sa.Column("about", WORD, nullable=False, index=True),
)
"""Who did and read what: digests and ids, never contents."""

LOG_ENTRIES = sa.Table(
    "log_entries",
    METADATA,
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("leaf", DIGEST, nullable=False, index=True),
    sa.Column("kind", WORD, nullable=False),
    sa.Column("digest", DIGEST),
    sa.Column("release", DIGEST, index=True),
)
"""An index of the desk's log, whose files are the truth: which entry is where."""

HOLDS = sa.Table(
    "holds",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("manifest", DIGEST, sa.ForeignKey("dossiers.manifest"), nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("placed_by", WORD, nullable=False),
    sa.Column("placed_at", TIME, nullable=False),
    sa.Column("lifted_by", WORD),
    sa.Column("lifted_at", TIME),
)
"""Legal holds: what stays although its time is over."""

NOTICES = sa.Table(
    "notices",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("event", sa.Integer, nullable=False),
    sa.Column("channel", WORD, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("due_at", TIME, nullable=False, index=True),
    sa.Column("sent_at", TIME),
    sa.Column("trouble", WORD),
    sa.UniqueConstraint("event", "channel", name="uq_notices_event_channel"),
)
"""What is to be sent to whom about which event: channels by name, never addresses."""

CURSORS = sa.Table(
    "cursors",
    METADATA,
    sa.Column("name", WORD, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
)
"""How far something that goes through the events is."""

AWAITED = sa.Table(
    "awaited",
    METADATA,
    sa.Column("manifest", DIGEST, sa.ForeignKey("dossiers.manifest"), primary_key=True),
    sa.Column("role", WORD, primary_key=True, index=True),
)
"""Roles whose signature a dossier still waits for, as its current state says."""

ASSIGNMENTS = sa.Table(
    "assignments",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("manifest", DIGEST, sa.ForeignKey("dossiers.manifest"), nullable=False, index=True),
    sa.Column("role", WORD, nullable=False, index=True),
    sa.Column("person", WORD, index=True),
    sa.Column("due", sa.String(10), nullable=False),
    sa.Column("task", sa.Text, nullable=False),
    sa.Column("made_at", TIME, nullable=False),
    sa.Column("made_by", WORD, nullable=False),
    sa.Column("closed_at", TIME),
    sa.Column("closed_by", WORD),
)
"""Who was asked to do what until when: people's requests to each other, on which nothing depends."""

VIEWS = sa.Table(
    "views",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person", WORD, nullable=False, index=True),
    sa.Column("name", WORD, nullable=False),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("made_at", TIME, nullable=False),
    sa.UniqueConstraint("person", "name", name="uq_views_name"),
)
"""Filters of the inventory that somebody has saved under a name."""

_SCRIPTS = Path(__file__).parent / "migrations"


def connect(url: str) -> sa.Engine:
    """An engine for a database; nothing is opened before it is used."""
    engine = sa.create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _on_connect)
        sa.event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, record: object) -> None:
    connection.isolation_level = None  # the driver would begin transactions by itself, and not where they have to begin
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=20000", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: sa.Connection) -> None:
    # A reader that turns into a writer would fail where another one has written meanwhile; so writers say so at once.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes: all of it or nothing.

    Raises
    ------
    StoreError
        If the database cannot be reached, or has no room.
    """
    try:
        with engine.connect() as opened:
            connection = opened.execution_options(writes=True)
            with connection.begin():
                yield connection
    except OperationalError as exc:
        raise StoreError("the desk's database cannot be written", do="Nothing was changed. Try again shortly.") from exc


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that reads.

    Raises
    ------
    StoreError
        If the database cannot be reached.
    """
    try:
        with engine.connect() as connection, connection.begin():
            yield connection
    except OperationalError as exc:
        raise StoreError("the desk's database cannot be read", do="Try again shortly.") from exc


@contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that reads, in which everything is of one moment.

    Raises
    ------
    StoreError
        If the database cannot be reached.
    """
    try:
        with engine.connect() as opened:
            level = "REPEATABLE READ" if engine.dialect.name == "postgresql" else None
            connection = opened.execution_options(isolation_level=level) if level else opened
            with connection.begin():
                yield connection
    except OperationalError as exc:
        raise StoreError("the desk's database cannot be read", do="Try again shortly.") from exc


def turn(connection: sa.Connection, number: int) -> None:
    """Wait until no other transaction holds this lock; it ends with the transaction. In SQLite writers take turns anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.cast(number, sa.BigInteger))))


def migrate(engine: sa.Engine, target: str = "head") -> None:
    """Bring the tables to a version, forward or back: `head` is this program's, `base` none at all.

    Raises
    ------
    StoreError
        If it cannot be done, or the database is of a later version than this program.
    """
    scripts = ScriptDirectory(str(_SCRIPTS), version_locations=[str(_SCRIPTS / "versions")])

    def steps(revision: Any, context: MigrationContext) -> Any:
        now = revision[0] if isinstance(revision, tuple) and revision else revision or None
        before = {one.revision for one in scripts.iterate_revisions(now, "base")} if now else set()
        back = target == "base" or (target in before and target != now)
        return scripts._downgrade_revs(target, revision) if back else scripts._upgrade_revs(target, revision)

    try:
        with writing(engine) as connection:
            context = MigrationContext.configure(connection, opts={"fn": steps})
            with Operations.context(context):
                context.run_migrations()
    except (SQLAlchemyError, KeyError) as exc:
        raise StoreError("the desk's database cannot be brought to this version", do="Restore a backup of it.") from exc
    except Exception as exc:
        if type(exc).__module__.startswith("alembic"):
            raise StoreError(
                "the desk's database is of another version than this program", do="Start the version that wrote it."
            ) from exc
        raise


def version(engine: sa.Engine) -> str | None:
    """The version that the tables have; None where there are none."""
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()
