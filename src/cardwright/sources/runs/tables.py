"""Runs in a table: CSV with a run in each row, or JSON Lines with an object for each.

Columns are `id`, `name`, `group`, `purpose`, `status`, `started`, `finished`, `commit`, `dirty`, `seed`, `parent`, and those with
a first part: `config.NAME` (also `params.`, `hparams.`), `metrics.NAME`, `data.NAME`, `environment.NAME`, `tags.NAME`, and
`artefacts.PATH` with the SHA-256 of a file that the run left. So
MLflow's `search_runs().to_csv()` is read as it is. In JSON Lines `config`, `metrics` and the others may be objects. Nobody can
tell a metric from a setting by its name, so a column without a first part is refused by name.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.errors import SourceError
from cardwright.privacy.showing import shown_column
from cardwright.record.base import label
from cardwright.record.run import Artefact, Run, RunStatus, Unread
from cardwright.sources.json_text import decode
from cardwright.sources.runs.building import StoredRun, numbers_of, run_of
from cardwright.sources.runs.interface import RunReader, Store

FIELDS: Mapping[str, str] = {
    "id": "id", "run_id": "id", "run_uuid": "id", "name": "name", "run_name": "name", "group": "group", "experiment": "group",
    "experiment_id": "group", "purpose": "purpose", "status": "status", "started": "started", "start_time": "started",
    "finished": "finished", "end_time": "finished", "commit": "commit", "dirty": "dirty", "seed": "seed", "parent": "parent",
}  # fmt: skip
"""Columns that stand alone, and what each is."""
PARTS: Mapping[str, str] = {
    "config": "config", "params": "config", "hparams": "config", "metrics": "metrics", "data": "data",
    "environment": "environment", "tags": "tags", "artefacts": "artefacts",
}  # fmt: skip
"""First parts of a column's name."""
NOT_READ = frozenset({"artifact_uri", "user_id", "lifecycle_stage"})
"""Columns that MLflow exports and that are not read: a path of another machine, and a person."""
STATUS: Mapping[str, RunStatus] = {
    "finished": "finished", "completed": "finished", "success": "finished", "failed": "failed", "crashed": "failed",
    "killed": "killed", "interrupted": "killed", "stopped": "killed", "running": "running", "scheduled": "running",
}  # fmt: skip
_MAX_CELL = 1_000_000


def is_csv(path: Path) -> bool:
    """A `.csv` or `.tsv` file."""
    return path.is_file() and path.suffix.lower() in (".csv", ".tsv")


def is_json_lines(path: Path) -> bool:
    """A `.jsonl` or `.ndjson` file."""
    return path.is_file() and path.suffix.lower() in (".jsonl", ".ndjson")


def files(path: Path) -> list[Path]:
    """The file."""
    return [path]


def read_csv(store: Store) -> Iterator[Run | Unread]:
    """See `RunReader.read`.

    Raises
    ------
    SourceError
        Where it has no column `id`, or one whose meaning nobody said.
    """
    try:
        with store.path.open(encoding="utf-8-sig", newline="") as file:
            csv.field_size_limit(_MAX_CELL)
            rows = csv.reader(file, delimiter="\t" if store.path.suffix.lower() == ".tsv" else ",")
            names = next(rows, [])
            if len(set(names)) != len(names):
                raise SourceError("two columns have the same name", where=store.where, do="Rename one of them.")
            _require_known(names, store.where)
            for cells in rows:
                if not cells:
                    continue
                where = f"{store.where}, line {rows.line_num}"
                if len(cells) != len(names):
                    yield Unread(
                        unread=label(where), why=f"it has {len(cells)} cells, and there are {len(names)} columns"
                    )
                    continue
                row = {name: cell for name, cell in zip(names, cells, strict=True) if cell != ""}
                yield _run(row, "csv", store, where, text=True)
    except (UnicodeDecodeError, csv.Error):
        raise SourceError(
            "the table is not CSV in UTF-8", where=store.where, do="Save it as CSV in UTF-8, with a row for each run."
        ) from None


def read_json_lines(store: Store) -> Iterator[Run | Unread]:
    """See `RunReader.read`."""
    with store.path.open("rb") as file:
        for number, line in enumerate(file, 1):
            where = f"{store.where}:{number}"
            if not line.strip():
                continue
            try:
                row = decode(line)
            except ValueError:
                yield Unread(unread=label(where), why="it is not a whole JSON object")
                continue
            if not isinstance(row, Mapping):
                yield Unread(unread=label(where), why="it is not a whole JSON object")
                continue
            _require_known([str(key) for key in row], store.where)
            yield _run(row, "jsonl", store, where, text=False)


def _require_known(names: list[str], where: str) -> None:
    if not {"id", "run_id", "run_uuid"} & {*names}:
        raise SourceError(
            "there is no column `id`, so nobody can say which run a row is", where=where, do="Call a column `id`."
        )
    strangers = [
        name for name in names if name not in FIELDS and name not in NOT_READ and name.partition(".")[0] not in PARTS
    ]
    if strangers:
        shown = ", ".join(shown_column(name, names) for name in strangers[:5])
        more = f" and {len(strangers) - 5} more" if len(strangers) > 5 else ""
        raise SourceError(
            f"nobody says what these columns are: {shown}{more}",
            where=where,
            do="Call settings `config.NAME`, numbers `metrics.NAME`, and data versions `data.NAME`.",
        )


def _run(row: Mapping[str, Any], tool: str, store: Store, where: str, *, text: bool) -> Run | Unread:
    said: dict[str, Any] = {}
    parts: dict[str, dict[str, Any]] = {part: {} for part in PARTS.values()}
    for key, value in row.items():
        first, dot, rest = key.partition(".")
        if first in PARTS and dot:
            parts[PARTS[first]][rest] = value
        elif first in PARTS and isinstance(value, Mapping):
            parts[PARTS[first]] |= value
        elif key in FIELDS and value is not None:
            said[FIELDS[key]] = value
    if "id" not in said or not str(said["id"]).strip():
        return Unread(unread=label(where), why="it has no id")
    gaps: dict[str, str] = {}
    if "seed" in said:
        parts["config"].setdefault("seed", said["seed"])
    metrics = (
        {key: _number(value) for key, value in parts["metrics"].items()} if text else dict(_numbers(parts["metrics"]))
    )
    status = STATUS.get(str(said.get("status", "")).casefold(), "not_stated")
    if "status" in said and status == "not_stated":
        gaps["status"] = "its word for how it ended is not known"
    kept = StoredRun(
        id=str(said["id"]),
        status=status,
        name=_text(said.get("name")),
        group=_text(said.get("group")),
        purpose=_text(said.get("purpose")),
        started=_moment(said.get("started")),
        finished=_moment(said.get("finished")),
        commit=_text(said.get("commit")),
        dirty=_truth(said.get("dirty")),
        config=parts["config"] or None,
        tags={key: str(value) for key, value in parts["tags"].items()},
        data={key: str(value) for key, value in parts["data"].items() if value is not None},
        environment={key: str(value) for key, value in parts["environment"].items() if value is not None},
        metrics=metrics,
        artefacts=tuple(_artefacts(parts["artefacts"])),
        parent=_text(said.get("parent") or parts["tags"].get("mlflow.parentRunId")),
        gaps=gaps,
    )
    if kept.commit is None and "mlflow.source.git.commit" in kept.tags:
        kept = StoredRun(**{**kept.__dict__, "commit": kept.tags["mlflow.source.git.commit"]})
    return run_of(kept, tool=tool, store_sha256=store.sha256, where=where)


def _artefacts(values: Mapping[str, Any]) -> Iterator[Artefact]:
    """Files by path, each with its SHA-256; another text is no digest."""
    for path, digest in sorted(values.items()):
        known = re.fullmatch(r"[0-9a-f]{64}", str(digest).casefold())
        yield Artefact(path=label(path), sha256=known[0] if known else None)


def _number(cell: str) -> object:
    try:
        return float(cell)
    except ValueError:
        return None


def _numbers(values: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Numbers of JSON, `{"value": …, "step": …, "n": …}` among them."""
    for key, value in values.items():
        if isinstance(value, Mapping) and "value" in value:
            yield str(key), (value["value"], value.get("step"))
            if value.get("n") is not None:
                yield f"{key}_n", value["n"]
        elif isinstance(value, Mapping):
            yield from numbers_of((f"{key}.{inner}", one) for inner, one in value.items()).items()
        else:
            yield str(key), value


def _text(value: object) -> str | None:
    return None if value is None or str(value).strip() == "" else str(value)


_MILLISECONDS = 10_000_000_000
"""As seconds this is the year 2286, as milliseconds April 1970: no run that a store tells of began so late, or so early."""


def _moment(value: object) -> float | str | None:
    """Seconds since 1970, from those or from milliseconds (MLflow, JavaScript), as a number or its digits; else as it is said."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{9,13}(\.[0-9]+)?", value.strip()):
        value = float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value) / 1000 if float(value) >= _MILLISECONDS else float(value)
        except OverflowError:
            return str(value)
    return _text(value)


def _truth(value: object) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).casefold())


CSV = RunReader("csv", "a table, CSV", "columns as `docs/runs.md` says", is_csv, files, read_csv)
JSON_LINES = RunReader(
    "jsonl", "a table, JSON Lines", "keys as `docs/runs.md` says", is_json_lines, files, read_json_lines
)
