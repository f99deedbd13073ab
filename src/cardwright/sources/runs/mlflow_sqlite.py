"""MLflow's SQLite store: `mlflow.db`, as MLflow 2.4 to 3.17 write it.

Eight tables are read by name and no other: the same file can hold gateway secrets, traces and prompts. The file is opened so that
SQLite writes nothing beside it; one that was not closed (with `-wal` or `-journal` beside it) is copied first.
"""

from __future__ import annotations

import itertools
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from cardwright.record.run import Artefact, Run, RunStatus, Unread
from cardwright.sources.digests import sha256_of
from cardwright.sources.runs.building import StoredRun, run_of
from cardwright.sources.runs.interface import RunReader, Store, damaged, inside, refuse_version
from cardwright.sources.scratch import scratch

VERSIONS = "MLflow 2.4 to 3.17, by schema revision"
REVISIONS = frozenset([
    "7f2a7d5fae7d", "2d6e25af4d3e", "acf3f17fdcc7", "867495a8f9d4", "5b0e9adcef9c", "4465047574b1", "f5a4f2784254",
    "0584bdc529eb", "400f98739977", "6953534de441", "bda7b8c39065", "cbc13b556ace", "770bee3ae1dd", "a1b2c3d4e5f6",
    "de4033877273", "1a0cddfcaa16", "534353b11cbc", "71994744cf8e", "3da73c924c2f", "bf29a5ff90ea", "1bd49d398cd23",
    "b7c8d9e0f1a2", "5d2d30f0abce", "c9d4e5f6a7b8", "2c33131f4dae", "d3e4f5a6b7c8", "d0e1f2a3b4c5", "c8d9e0f1a2b3",
    "1b5f0d9ad7c1", "e1f2a3b4c5d6", "76601a5f987d", "c3d6457b6d8a", "a5b4c3d2e1f0", "ae8bbe7743c9", "7d34483879f0",
    "da6fb0208061", "89d3d66ed43f", "b7e4c1a90f23", "a8b9c0d1e2f3", "c1d2e3f4a5b6", "c3d9e7f1a2b4", "6f8d9c3b2a1e",
    "1971f2d9a75b", "17e22815139b", "b7e2c1a4d9f3", "75868b020152", "dc11669786a5",
])  # fmt: skip
"""Alembic revisions from the one that added data sets to runs (MLflow 2.4) to the last that a test has read (3.17.2)."""

COLUMNS = {
    "runs": (
        "run_uuid",
        "name",
        "status",
        "start_time",
        "end_time",
        "source_version",
        "lifecycle_stage",
        "experiment_id",
    ),
    "experiments": ("experiment_id", "name"),
    "params": ("run_uuid", "key", "value"),
    "tags": ("run_uuid", "key", "value"),
    "latest_metrics": ("run_uuid", "key", "value", "step", "is_nan"),
    "inputs": ("source_id", "source_type", "destination_id", "destination_type"),
    "datasets": ("dataset_uuid", "name", "digest"),
}
"""The tables and columns that are read; `logged_models` is read too where it is there (MLflow 3)."""

STATUS: dict[str, RunStatus] = {
    "FINISHED": "finished", "FAILED": "failed", "KILLED": "killed", "RUNNING": "running", "SCHEDULED": "running",
}  # fmt: skip
_ITS_TABLES = ("alembic_version", "runs", "latest_metrics")
_BEGINNING = 256 * 1024
"""So many bytes hold the statements that made the tables."""
ARTEFACTS = ("mlruns", "mlartifacts")
"""Where MLflow leaves files beside the database if nobody says otherwise."""


def recognises(path: Path) -> bool:
    """A SQLite file with MLflow's tables."""
    database = _database(path)
    if database is None:
        return False
    try:
        with _opened(database) as connection:
            return set(_ITS_TABLES) <= _tables(connection)
    except sqlite3.Error:
        # One that is cut off is still MLflow's, and says so when it is read.
        with database.open("rb") as file:
            beginning = file.read(_BEGINNING)
        return all(name.encode() in beginning for name in _ITS_TABLES)
    except OSError:
        return False


def files(path: Path) -> list[Path]:
    """The database, and what was not yet written into it."""
    database = _database(path)
    return [] if database is None else [database, *_beside(database)]


def read(store: Store) -> Iterator[Run | Unread]:
    """See `RunReader.read`."""
    database = _database(store.path)
    if database is None:
        raise damaged("this is no SQLite database", store.where)
    try:
        with _opened(database) as connection:
            _require_version(connection, store.where)
            yield from _runs(connection, database.parent, store)
    except sqlite3.Error:
        raise damaged("the database is damaged, cut off or locked", store.where) from None


def _database(path: Path) -> Path | None:
    candidates = [path] if path.is_file() else sorted(path.glob("*.db")) if path.is_dir() else []
    for candidate in candidates:
        if candidate.is_file() and inside(candidate.parent, candidate):
            with candidate.open("rb") as file:
                if file.read(16) == b"SQLite format 3\0":
                    return candidate
    return None


def _beside(database: Path) -> list[Path]:
    found = [database.with_name(f"{database.name}-{ending}") for ending in ("wal", "journal")]
    return [path for path in found if path.is_file() and path.stat().st_size]


@contextmanager
def _opened(database: Path) -> Iterator[sqlite3.Connection]:
    unfinished = _beside(database)
    if not unfinished:
        with closing(_connected(database, "immutable=1")) as connection:
            yield connection
        return
    with scratch() as folder:
        for file in (database, *unfinished):
            shutil.copyfile(file, folder / file.name)
        with closing(_connected(folder / database.name, "mode=rw")) as connection:
            yield connection


def _connected(database: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?{how}", uri=True, isolation_level=None)
    connection.text_factory = partial(str, encoding="utf-8", errors="replace")
    connection.execute("PRAGMA query_only=1")
    connection.execute("PRAGMA trusted_schema=0")  # no function or virtual table that the file itself brings is called
    return connection


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _require_version(connection: sqlite3.Connection, where: str) -> None:
    found = [version for (version,) in connection.execute("SELECT version_num FROM alembic_version")]
    if len(found) != 1 or found[0] not in REVISIONS:
        raise refuse_version(
            "MLflow", found[0] if found else None, f"a schema of {VERSIONS.split(',', maxsplit=1)[0]}", where
        )
    tables = _tables(connection)
    for table, columns in COLUMNS.items():
        if table not in tables:
            raise damaged(f"the table {table} is missing", where)
        there = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        if not there >= {*columns}:
            raise damaged(f"the table {table} lacks {', '.join(sorted({*columns} - there))}", where)


def _runs(connection: sqlite3.Connection, folder: Path, store: Store) -> Iterator[Run | Unread]:
    experiments: dict[Any, Any] = dict(connection.execute("SELECT experiment_id, name FROM experiments").fetchall())
    params = _Grouped(connection.execute("SELECT run_uuid, key, value FROM params ORDER BY run_uuid"))
    tags = _Grouped(connection.execute("SELECT run_uuid, key, value FROM tags ORDER BY run_uuid"))
    metrics = _Grouped(
        connection.execute("SELECT run_uuid, key, value, step, is_nan FROM latest_metrics ORDER BY run_uuid")
    )
    data = _Grouped(
        connection.execute(
            "SELECT i.destination_id, d.name, d.digest FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id "
            "WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' ORDER BY i.destination_id"
        )
    )
    ((revision,),) = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    models = _models(connection, folder)
    roots = [folder / name for name in ARTEFACTS if (folder / name).is_dir()]
    rows = connection.execute(
        "SELECT run_uuid, name, status, start_time, end_time, source_version, lifecycle_stage, experiment_id "
        "FROM runs ORDER BY run_uuid"
    )
    for id_, name, status, started, finished, version, stage, experiment in rows:
        tagged = {str(key): str(value or "") for _, key, value in tags.of(id_)}
        places = [root / str(experiment) / str(id_) / "artifacts" for root in roots] + models.get(id_, [])
        kept = StoredRun(
            id=str(id_),
            tool_version=f"schema {revision}",
            status=STATUS.get(str(status), "not_stated"),
            name=name or tagged.get("mlflow.runName"),
            group=experiments.get(experiment),
            started=_seconds(started),
            finished=_seconds(finished),
            commit=tagged.get("mlflow.source.git.commit") or version or None,
            dirty=_truth(tagged.get("mlflow.source.git.dirty")),
            config={str(key): value for _, key, value in params.of(id_)},
            tags=tagged,
            data={str(name): str(digest) for _, name, digest in data.of(id_)},
            environment={"image": tagged["mlflow.docker.image.uri"]} if "mlflow.docker.image.uri" in tagged else {},
            metrics={str(key): _number(value, step, nan) for _, key, value, step, nan in metrics.of(id_)},
            parent=tagged.get("mlflow.parentRunId"),
            artefacts=artefacts_in(places, folder),
            gaps=gaps_of(str(stage)),
        )
        yield run_of(kept, tool="mlflow", store_sha256=store.sha256, where=f"{store.where}, run {id_}")


def gaps_of(stage: str) -> dict[str, str]:
    """What is said of a run that was deleted in MLflow, which keeps it: it was tried all the same."""
    return {"deleted": "it was deleted in the store, which still keeps it"} if stage == "deleted" else {}


def _models(connection: sqlite3.Connection, folder: Path) -> dict[str, list[Path]]:
    """Where MLflow 3 keeps the models that a run logged, by run."""
    if "logged_models" not in _tables(connection):
        return {}
    found: dict[str, list[Path]] = {}
    for id_, experiment, run in connection.execute("SELECT model_id, experiment_id, source_run_id FROM logged_models"):
        for root in ARTEFACTS:
            place = folder / root / str(experiment) / "models" / str(id_) / "artifacts"
            if run is not None and place.is_dir():
                found.setdefault(run, []).append(place)
    return found


class _Grouped:
    """Rows that come sorted by their first column, handed out run by run without being held."""

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self._groups = itertools.groupby(rows, key=lambda row: row[0])
        self._next = next(self._groups, None)

    def of(self, key: object) -> list[tuple[Any, ...]]:
        """The rows of a key; keys are asked for in their order."""
        while self._next is not None and self._next[0] < key:
            self._next = next(self._groups, None)  # of a run that is gone
        if self._next is None or self._next[0] != key:
            return []
        rows = list(self._next[1])
        self._next = next(self._groups, None)
        return rows


def _seconds(milliseconds: object) -> float | None:
    return milliseconds / 1000 if isinstance(milliseconds, int) else None


def _truth(word: str | None) -> bool | None:
    return {"true": True, "false": False}.get((word or "").casefold())


def _number(value: object, step: object, nan: object) -> tuple[object, object]:
    if nan:
        return float("nan"), step
    # MLflow keeps an infinite metric as the largest float.
    return (float("inf") if isinstance(value, float) and abs(value) >= 1.7976931348623157e308 else value), step


def artefacts_in(places: list[Path], root: Path) -> tuple[Artefact, ...]:
    """Files below some folders by their paths there, with digests; a link that leads out of the store has none."""
    found: dict[str, Artefact] = {}
    for place in places:
        if not place.is_dir() or not inside(root, place):
            continue
        for file in sorted(place.rglob("*")):
            if not file.is_file():
                continue
            path = file.relative_to(place).as_posix()[:200]
            inner = inside(root, file)
            found.setdefault(
                path,
                Artefact(
                    path=path, sha256=sha256_of(file) if inner else None, size=file.stat().st_size if inner else None
                ),
            )
    return tuple(found.values())


MLFLOW_SQLITE = RunReader("mlflow", "MLflow, SQLite", VERSIONS, recognises, files, read)
