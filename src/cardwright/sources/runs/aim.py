"""Aim's repository: `.aim/`, as Aim 3.29 writes it. Its runs are a SQLite database beside a RocksDB database for each run.

What a run was set to and the last value of each metric are in `meta/chunks/HASH`; sequences (`seqs/`), images and texts are not
opened. RocksDB takes a lock and writes a log even to read, so a copy of that folder is opened, read-only, and thrown away. System
parameters (environment variables, arguments, people) are not read, but for the commit.

Keys and values are Aim's own (`aim/storage/encoding`): a key is words and numbers behind each other, each ended by 0xFE, a value
is a byte for its type and its content.
"""

from __future__ import annotations

import shutil
import sqlite3
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cardwright.errors import MissingExtraError
from cardwright.record.base import label
from cardwright.record.run import Run, RunStatus, Unread
from cardwright.sources.runs.building import StoredRun, run_of
from cardwright.sources.runs.interface import RunReader, Store, damaged, inside, mapping, refuse_version
from cardwright.sources.scratch import scratch

VERSIONS = "Aim 3.29, by the revision of its database"
REVISION = "46b89d830ad8"
"""Alembic's revision of `run_metadata.sqlite` in the version whose repositories a test reads (3.29.1)."""
DATABASE = "run_metadata.sqlite"
_RUNS = (
    "SELECT run.hash, run.name, run.created_at, experiment.name FROM run "
    "LEFT JOIN experiment ON experiment.id = run.experiment_id ORDER BY run.id"
)
_END = 0xFE
_BRANCHES = (6, 7, 15)
"""Types of a value that only says that a list, a mapping or an object of Aim's own begins here."""
_LEFT_OUT = ("LOG", "LOCK")
_SYSTEM = "__system_params"

Row = tuple[tuple[str | int, ...], Any]
"""A key's parts, and the value."""


class NotAimsError(ValueError):
    """Bytes that are not Aim's encoding."""


def recognises(path: Path) -> bool:
    """A folder with `.aim/meta`, or that folder."""
    return _root(path) is not None


def files(path: Path) -> list[Path]:
    """The database of runs, and of each run what holds its settings and last values."""
    root = _root(path)
    if root is None:
        return []
    chunks = sorted(file for file in (root / "meta" / "chunks").rglob("*") if file.is_file() and inside(root, file))
    database = root / DATABASE
    return [*([database] if database.is_file() else []), *(one for one in chunks if not _left_out(one.name))]


def read(store: Store) -> Iterator[Run | Unread]:
    """See `RunReader.read`.

    Raises
    ------
    MissingExtraError
        If the library that opens RocksDB is not installed.
    """
    root = _root(store.path)
    if root is None or not (root / DATABASE).is_file():
        raise damaged("this is no repository of Aim, or it lacks its database of runs", store.where)
    try:
        import rocksdict  # noqa: F401
    except ImportError as exc:
        raise MissingExtraError(exc.name or "rocksdict", "aim", "reading a repository of Aim") from exc
    for id_, name, created, experiment in listed_runs(root / DATABASE, store.where):
        where = f"{store.where}/{id_}"
        chunk = root / "meta" / "chunks" / id_
        if not chunk.is_dir() or not inside(root, chunk):
            yield Unread(unread=label(where), why="its folder is not here")
            continue
        try:
            kept = kept_run(
                id_, entries(_rows(chunk)), name=name, created=created, experiment=experiment,
                running=(root / "meta" / "progress" / id_).exists(),
            )  # fmt: skip
        except NotAimsError as exc:
            yield Unread(unread=label(where), why=label(f"its database cannot be read: {exc}"))
            continue
        yield run_of(kept, tool="aim", store_sha256=store.sha256, where=where)


def listed_runs(database: Path, where: str) -> list[tuple[str, str | None, str | None, str | None]]:
    """Id, name, beginning and experiment of every run, archived ones too: they were tried.

    Raises
    ------
    SourceError
        If the database is of another revision, damaged or locked.
    """
    with scratch() as folder:
        for file in (database, *(database.with_name(f"{DATABASE}-{ending}") for ending in ("wal", "journal"))):
            if file.is_file():
                shutil.copyfile(file, folder / file.name)
        try:
            with closing(sqlite3.connect(folder / DATABASE)) as connection:
                connection.execute("PRAGMA trusted_schema=0")
                found = [version for (version,) in connection.execute("SELECT version_num FROM alembic_version")]
                if found != [REVISION]:
                    raise refuse_version("Aim", found[0] if len(found) == 1 else None, VERSIONS, where)
                runs = connection.execute(_RUNS).fetchall()
        except sqlite3.Error:
            raise damaged("the database of runs is damaged, cut off or locked", where) from None
    return [tuple(None if value is None else str(value) for value in row) for row in runs if _is_hash(row[0])]  # type: ignore[misc]


def entries(rows: Iterable[tuple[bytes, bytes]]) -> dict[str, Any]:
    """Keys and values of a run, as nested mappings; lists are mappings by position.

    Raises
    ------
    NotAimsError
        If a key or a value is not Aim's.

    >>> entries([(bytes.fromhex("6d657461fe61fe"), b"\\x04x")])
    {'meta': {'a': 'x'}}
    """
    tree: dict[str, Any] = {}
    for key, value in rows:
        parts = key_of(key)
        here = tree
        for part in parts[:-1]:
            below = here.setdefault(str(part), {})
            if not isinstance(below, dict):
                raise NotAimsError("a value stands where others lie below it")
            here = below
        if not parts:
            raise NotAimsError("a key is empty")
        branch = value[:1] in map(_byte, _BRANCHES)
        if not branch and isinstance(here.get(str(parts[-1])), dict):
            raise NotAimsError("a value stands where others lie below it")
        if branch:
            here.setdefault(str(parts[-1]), {})
        else:
            here[str(parts[-1])] = value_of(value)
    return tree


def key_of(key: bytes) -> tuple[str | int, ...]:
    """The parts of a key.

    >>> key_of(b"meta\\xfe\\xfe" + (3).to_bytes(8, "big") + b"\\xfe")
    ('meta', 3)
    """
    parts: list[str | int] = []
    at = 0
    while at < len(key):
        if key[at] == _END:
            number = key[at + 1 : at + 9]
            if len(number) < 8 or key[at + 9 : at + 10] != _byte(_END):
                raise NotAimsError("a key is cut off")
            parts.append(int.from_bytes(number, "big", signed=True))
            at += 10
            continue
        end = key.find(_END, at)
        if end < 0:
            raise NotAimsError("a key is cut off")
        parts.append(_text(key[at:end]))
        at = end + 1
    return tuple(parts)


def value_of(value: bytes) -> Any:
    """A value: null, a truth, a whole number, a number or a text; None for bytes, which no setting of a run is.

    >>> value_of(b"\\x02" + (7).to_bytes(8, "little")), value_of(b"\\x04x"), value_of(b"\\x00")
    (7, 'x', None)
    """
    kind, content = value[:1], value[1:]
    if kind in (b"\x00", b"\x05"):
        return None
    if kind == b"\x01" and len(content) == 1:
        return content != b"\x00"
    if kind == b"\x02" and len(content) == 8:
        return int.from_bytes(content, "little", signed=True)
    if kind == b"\x03" and len(content) == 8:
        return struct.unpack("<d", content)[0]
    if kind == b"\x04":
        return _text(content)
    raise NotAimsError("a value is of a type that no test has read")


def kept_run(
    id_: str, tree: Mapping[str, Any], *, name: str | None, created: str | None, experiment: str | None, running: bool
) -> StoredRun:
    """What the repository keeps of one run."""
    mine = mapping(mapping(mapping(tree.get("meta")).get("chunks")).get(id_))
    attrs = {str(key): value for key, value in mapping(mine.get("attrs")).items()}
    system = mapping(attrs.pop(_SYSTEM, None))
    commit = mapping(mapping(system.get("git_info")).get("commit")).get("hash")
    purpose = attrs.get("purpose")
    end = mine.get("end_time")
    # Aim says that a run has ended and not how: one that raised has an end, too.
    status: RunStatus = "running" if running or end is None else "not_stated"
    return StoredRun(
        id=id_,
        status=status,
        name=name,
        group=experiment,
        purpose=purpose if isinstance(purpose, str) else None,
        started=_utc(created),
        finished=float(end) if isinstance(end, int | float) and not isinstance(end, bool) else None,
        commit=commit if isinstance(commit, str) else None,
        config={key: value for key, value in attrs.items() if key != "purpose"},
        metrics=_last_values(mine, mapping(mapping(tree.get("meta")).get("contexts"))),
    )


def _last_values(mine: Mapping[str, Any], contexts: Mapping[str, Any]) -> dict[str, object]:
    """The last value of each metric with its step; a context stands before the name (`subset=val/accuracy`)."""
    found: dict[str, object] = {}
    for context, traces in mapping(mine.get("traces")).items():
        said = mapping(contexts.get(context))
        before = ",".join(f"{key}={said[key]}" for key in sorted(said))
        for name, trace in mapping(traces).items():
            kept = mapping(trace)
            if kept.get("dtype") in ("float", "int", "number"):
                found[f"{before}/{name}" if before else str(name)] = (kept.get("last"), kept.get("last_step"))
    return found


def _rows(chunk: Path) -> Iterator[tuple[bytes, bytes]]:
    from rocksdict import AccessType, Options, Rdict

    with scratch() as folder:
        copy = folder / "chunk"
        shutil.copytree(chunk, copy, ignore=lambda _, names: [name for name in names if _left_out(name)])
        try:
            opened = Rdict(str(copy), options=Options(raw_mode=True), access_type=AccessType.read_only())
            rows = [(bytes(key), bytes(value)) for key, value in opened.items()]
            opened.close()
        except Exception:  # noqa: BLE001  the binding raises plain exceptions, which name folders of this machine
            raise NotAimsError("it is damaged, cut off or still written") from None
    yield from rows


def _root(path: Path) -> Path | None:
    return next((one for one in (path / ".aim", path) if one.name == ".aim" and (one / "meta").is_dir()), None)


def _left_out(name: str) -> bool:
    return name in _LEFT_OUT or name.startswith("LOG.old")


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and value.isalnum()


def _byte(value: int) -> bytes:
    return value.to_bytes(1, "big")


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise NotAimsError("a text is not UTF-8") from None


def _utc(said: str | None) -> float | None:
    """The beginning, which Aim keeps in UTC without saying so."""
    try:
        return None if said is None else datetime.fromisoformat(said).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


AIM = RunReader("aim", "Aim", VERSIONS, recognises, files, read)
