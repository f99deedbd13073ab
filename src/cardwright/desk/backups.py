"""A desk is kept safe and made again: a backup of database, log and contents in one file, and a database that is lost.

A backup holds rows, so that one of SQLite is restored into PostgreSQL and the other way round. It has no sessions, no challenges
and no invitations: whoever steals it logs in nowhere. The database is read first and in one transaction, then the log, then the
contents, which only grow: so everything that a row names is there.
"""

from __future__ import annotations

import base64
import io
import json
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated, Any, Literal

import sqlalchemy as sa
from pydantic import Field

from cardwright.attest import under_review
from cardwright.attest.witness import log, merkle, notes
from cardwright.attest.witness.notes import Checkpoint
from cardwright.desk import database, objects, registry
from cardwright.desk.objects import ContentStore
from cardwright.desk.registry import Registry
from cardwright.desk.settings import DeskSettings
from cardwright.dossier import layout
from cardwright.dossier.log_folder import LogFolder
from cardwright.errors import CardwrightError, IntegrityError, SourceError, StoreError, UsageError
from cardwright.files import disk
from cardwright.record import canonical
from cardwright.record.base import Count, Sha256, Timestamp, Value

LEFT_OUT = frozenset({"sessions", "ceremonies", "invitations", "log_entries", "alembic_version"})
"""Tables that no backup holds: what lets somebody in, and the log's index, which is made again from the log."""
_ABOUT = "backup.json"
_NAME = re.compile(r"objects/[0-9a-f]{2}/[0-9a-f]{64}|cosigned/[0-9a-f]{64}|log/(checkpoint|tile/[0-9a-z/.]{3,60})")
_MOST_ROWS = 2**31


class BackedUp(Value):
    """What a backup says of itself, and what it is compared with when it is restored."""

    schema_: Annotated[Literal["cardwright/desk-backup/1"], Field(alias="schema")] = "cardwright/desk-backup/1"
    """The format."""
    made_at: Timestamp
    """When it was made."""
    version: str
    """The version of the tables."""
    tables: Mapping[str, Sha256]
    """Every table, and the digest of its rows as they stand in the backup."""
    contents: Count
    """How many contents it holds."""
    log: Count | None
    """How many entries the log has; `null` where the desk keeps none."""


@dataclass(frozen=True)
class Restored:
    """What became of a backup."""

    about: BackedUp
    rows: int
    log_kept: bool
    """Whether the log that was here goes further than the backup's, and was kept."""


# ---------------------------------------------------------------------------------------------------- making one


def backup(desk: Registry, path: Path, now: str) -> BackedUp:
    """Write a backup; it is there as a whole, or not at all.

    Raises
    ------
    StoreError
        If it cannot be written.
    IntegrityError
        If contents are damaged: a backup of a damaged desk would look like a good one.
    """
    with database.snapshot(desk.engine) as connection:
        tables = {
            table.name: _dumped(connection, table)
            for table in database.METADATA.sorted_tables
            if table.name not in LEFT_OUT
        }
        version = database.version(desk.engine)
    folder = desk.settings.folder
    tell = LogFolder(folder / "log")
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            part.chmod(0o600)  # before anything is in it
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
                logged = _log_files(tell)
                digests = [*desk.contents.all()]
                about = BackedUp(
                    made_at=now,
                    version=version or "",
                    tables={name: canonical.digest(data) for name, data in tables.items()},
                    contents=len(digests),
                    log=_size(logged),
                )
                _put(archive, _ABOUT, canonical.dumps(about))
                for name, data in tables.items():
                    _put(archive, f"tables/{name}.jsonl", data)
                for name, data in logged.items():
                    _put(archive, f"log/{name}", data)
                for one in sorted((folder / "cosigned").glob("*")) if (folder / "cosigned").is_dir() else ():
                    _put(archive, f"cosigned/{one.name}", one.read_bytes())
                for digest in digests:
                    _put(archive, f"objects/{digest[:2]}/{digest}", desk.contents.get(digest))
        part.replace(path)
    except OSError as exc:
        raise StoreError(f"the backup cannot be written ({exc.strerror})", where=str(path), do="Make room.") from exc
    finally:
        part.unlink(missing_ok=True)
    return about


def _log_files(folder: LogFolder) -> dict[str, bytes]:
    """The log's files at one moment, the checkpoint last."""
    if folder.read(log.CHECKPOINT) is None:
        return {}
    with folder.locked():
        found = {
            path.relative_to(folder.folder).as_posix(): path.read_bytes()
            for path in sorted((folder.folder / "tile").rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }
        return {**found, log.CHECKPOINT: folder.read(log.CHECKPOINT) or b""}


def _size(logged: Mapping[str, bytes]) -> int | None:
    return _checkpoint(logged[log.CHECKPOINT]).size if logged else None


def _checkpoint(data: bytes) -> Checkpoint:
    return notes.checkpoint_of(notes.read(data, where="log"), where="log")


def _dumped(connection: sa.Connection, table: sa.Table) -> bytes:
    query = sa.select(table).order_by(*table.primary_key.columns)
    return b"".join(canonical.dumps(_out(dict(row._mapping))) + b"\n" for row in connection.execute(query))


def _out(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {"$bytes": base64.b64encode(value).decode("ascii")} if isinstance(value, bytes) else value
        for name, value in row.items()
    }


def _put(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    about = tarfile.TarInfo(name)
    about.size = len(data)
    archive.addfile(about, io.BytesIO(data))


# ---------------------------------------------------------------------------------------------------- putting one back


def restore(settings: DeskSettings, path: Path) -> Restored:
    """Make a desk again from a backup, in a folder and a database that hold no dossiers.

    A log that is here already and goes further than the backup's is kept: one that is put back has a past that others know
    better, and cosigners refuse it.

    Raises
    ------
    UsageError
        If there are dossiers here already.
    IntegrityError
        If the backup is damaged, or the log here is another one.
    """
    engine = database.connect(settings.url)
    try:
        if database.version(engine) is not None:
            database.migrate(engine)
            with database.reading(engine) as connection:
                if connection.execute(sa.select(database.DOSSIERS.c.manifest).limit(1)).first() is not None:
                    raise UsageError("there are dossiers here already", do="Name another folder, or another database.")
            database.migrate(engine, "base")
        about, tables, kept = _unpacked(path, settings)
        database.migrate(engine, about.version)
        with database.writing(engine) as connection:
            rows = _filled(connection, tables)
        database.migrate(engine)
    finally:
        engine.dispose()
    return Restored(about, rows, kept)


def _unpacked(path: Path, settings: DeskSettings) -> tuple[BackedUp, dict[str, bytes], bool]:
    store = ContentStore(settings.folder / "objects")
    tables: dict[str, bytes] = {}
    logged: dict[str, bytes] = {}
    cosigned: dict[str, bytes] = {}
    about: BackedUp | None = None
    count = 0
    for name, data in _members(path):
        if about is None:
            if name != _ABOUT:
                raise IntegrityError("not a backup of a desk", where=str(path), do="Name a file of `desk backup`.")
            about = canonical.parse(BackedUp, data, where=name)
        elif name.startswith("tables/"):
            tables[name.removeprefix("tables/").removesuffix(".jsonl")] = data
        elif not _NAME.fullmatch(name) or ".." in name:
            raise IntegrityError("a path that no backup holds", where=str(path))
        elif name.startswith("log/"):
            logged[name.removeprefix("log/")] = data
        elif name.startswith("cosigned/"):
            cosigned[name] = data
        else:
            if store.put(data) != name.rpartition("/")[2]:
                raise IntegrityError("contents are not those of their digest", where=name)
            count += 1
    if about is None or count != about.contents or _size(logged) != about.log:
        raise IntegrityError("the backup is cut off", where=str(path), do="Take a whole one.")
    if {name: canonical.digest(data) for name, data in tables.items()} != dict(about.tables):
        raise IntegrityError("its rows are not those that it was made with", where=str(path), do="Take another backup.")
    kept = _log_put_back(settings.folder, logged)
    for name, data in cosigned.items():
        if not (settings.folder / name).exists():  # a later one is what the desk has signed since
            disk.write_file(settings.folder / name, data)
    return about, tables, kept


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(path, mode="r:gz") as archive:
            for member in archive:
                file: IO[bytes] | None = archive.extractfile(member) if member.isreg() else None
                if file is None:
                    raise IntegrityError("something that is no file", where=str(path))
                yield member.name, file.read()
    except (tarfile.TarError, EOFError, OSError) as exc:
        if isinstance(exc, FileNotFoundError):
            raise SourceError("no such backup", where=str(path), do="Check the path.") from exc
        raise IntegrityError("the backup cannot be read", where=str(path), do="Take another copy of it.") from exc


def _log_put_back(folder: Path, logged: Mapping[str, bytes]) -> bool:
    """Put the log's files where they were; gives whether a log that goes further was there and stays."""
    here = LogFolder(folder / "log")
    data = here.read(log.CHECKPOINT)
    if data is None:
        for name in sorted(logged, key=lambda name: name == log.CHECKPOINT):
            here.write(name, logged[name])
        if (
            logged
            and log.Tree(here, _checkpoint(logged[log.CHECKPOINT]).size).root
            != _checkpoint(logged[log.CHECKPOINT]).root
        ):
            raise IntegrityError("the log in the backup is damaged", do="Take another backup.")
        return False
    if not logged:
        return True
    then, now = _checkpoint(logged[log.CHECKPOINT]), _checkpoint(data)
    tree = log.Tree(here, now.size)
    continues = then.origin == now.origin and then.size <= now.size and merkle.root(tree.node, then.size) == then.root
    if not continues or tree.root != now.root:
        raise IntegrityError(
            "the log that is here does not continue the one in the backup",
            where=str(folder / "log"),
            do="Restore into another folder, and compare the two.",
        )
    return True


def _filled(connection: sa.Connection, tables: Mapping[str, bytes]) -> int:
    metadata = sa.MetaData()
    metadata.reflect(connection)
    count = 0
    for table in metadata.sorted_tables:
        columns = {column.name: column.type for column in table.columns}
        rows = [_in(json.loads(line), columns) for line in tables.get(table.name, b"").splitlines()]
        if rows:
            connection.execute(table.insert(), rows)
        count += len(rows)
        _number_on(connection, table)
    return count


def _in(row: dict[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    def value(given: Any) -> Any:
        return base64.b64decode(given["$bytes"]) if isinstance(given, dict) and set(given) == {"$bytes"} else given

    return {name: value(row[name]) for name in columns if name in row}


def _number_on(connection: sa.Connection, table: sa.Table) -> None:
    """Have PostgreSQL number new rows from where those end that were put back with their numbers."""
    if connection.dialect.name != "postgresql" or "id" not in table.columns:
        return
    last = connection.execute(sa.select(sa.func.max(table.c.id))).scalar()
    sequence = connection.execute(sa.select(sa.func.pg_get_serial_sequence(table.name, "id"))).scalar()
    if last is not None and sequence is not None and last < _MOST_ROWS:
        connection.execute(sa.select(sa.func.setval(sequence, last)))


# ---------------------------------------------------------------------------------------------------- a lost database


@dataclass(frozen=True)
class Rebuilt:
    """What was made again without a database, and what was not."""

    dossiers: int
    states: int
    troubles: tuple[str, ...]
    """States that cannot be read, and entries of the log whose dossier is not among the contents."""


def rebuild(desk: Registry, now: str) -> Rebuilt:
    """Make the inventory again from contents and log, when the database is lost and no backup of it is left.

    Comments, accounts and the record of who read what were in the database alone.

    Raises
    ------
    UsageError
        If there are dossiers in the database.
    """
    with database.reading(desk.engine) as connection:
        if connection.execute(sa.select(database.DOSSIERS.c.manifest).limit(1)).first() is not None:
            raise UsageError("the database has dossiers", do="Rebuild into an empty one.")
    troubles: list[str] = []
    found: dict[str, list[_State]] = {}
    for state, listed in _listings(desk.contents):
        try:
            files = desk.contents.files(listed)
            reviewed = under_review.read(files, where=state[:12])
            row = {
                **registry.values_of(files, reviewed, now[:10]), "releaser": registry.releaser_of(desk, reviewed),
            }  # fmt: skip
            roles = tuple(registry.awaited(files, reviewed))
        except CardwrightError as exc:
            troubles.append(f"state {state[:12]}: {exc}")
            continue
        at = datetime.fromtimestamp(desk.contents.moment(state), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        one = _State(state, listed, len(reviewed.chain.entries), at, row, roles)
        found.setdefault(reviewed.manifest_sha256, []).append(one)
    with database.writing(desk.engine) as connection:
        for manifest, here in found.items():
            in_order = sorted(here, key=lambda one: (one.length, one.at))
            last = in_order[-1]
            arrived = {"manifest": manifest, "arrived_at": in_order[0].at, "current": last.state, "length": last.length}
            connection.execute(database.DOSSIERS.insert().values(**last.values, **arrived))
            for one in in_order:
                connection.execute(
                    database.STATES.insert().values(
                        manifest=manifest, state=one.state, files=one.listed, length=one.length, arrived_at=one.at,
                        arrived_by="rebuilt",
                    )
                )  # fmt: skip
            if last.roles:
                rows = [{"manifest": manifest, "role": role} for role in last.roles]
                connection.execute(database.AWAITED.insert(), rows)
        registry.tell(connection, now, "operator", "rebuilt", f"{len(found)} dossiers")
    troubles += _unknown_to_contents(desk)
    return Rebuilt(len(found), sum(map(len, found.values())), tuple(troubles))


@dataclass(frozen=True)
class _State:
    state: str
    listed: Mapping[str, str]
    length: int
    at: str
    values: Mapping[str, object]
    roles: tuple[str, ...]
    """Roles that its next signatures are awaited of."""


def _listings(contents: ContentStore) -> Iterator[tuple[str, dict[str, str]]]:
    """The lists of states among the contents: canonical, of digests by path, with a manifest."""
    for digest in contents.all():
        if contents.size(digest) > 2**21:
            continue
        try:
            data = contents.get(digest)
            listed = canonical.loads(data, where=digest) if data[:2] == b'{"' else None
        except IntegrityError:
            continue
        if (
            isinstance(listed, dict)
            and layout.MANIFEST in listed
            and all(isinstance(one, str) and re.fullmatch(r"[0-9a-f]{64}", one) for one in listed.values())
            and objects.state_of(listed) == digest
        ):
            yield digest, listed


def _unknown_to_contents(desk: Registry) -> Sequence[str]:
    """Releases that the log was told of, and that are not among the contents."""
    if desk.log is None:
        return ()
    registry.trust_is_told(desk)  # which makes the index of the log again
    entries, dossiers = database.LOG_ENTRIES, database.DOSSIERS
    with database.reading(desk.engine) as connection:
        here = sa.select(dossiers.c.release).where(dossiers.c.release.is_not(None))
        query = sa.select(entries.c.position, entries.c.digest).where(
            entries.c.kind == "release", entries.c.digest.not_in(here)
        )
        return [
            f"entry {row.position} of the log: the release {row.digest[:12]} is not among the contents"
            for row in connection.execute(query.order_by(entries.c.position))
        ]
