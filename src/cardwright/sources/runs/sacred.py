"""Sacred's file storage (`FileStorageObserver`): a folder for each run with `run.json`, `config.json` and `metrics.json`.

The store names no version; Sacred 0.8 writes these keys. The host's name and the captured output are not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.record.base import label
from cardwright.record.run import Artefact, Run, RunStatus, Unread
from cardwright.sources.digests import sha256_of
from cardwright.sources.json_text import decode
from cardwright.sources.runs.building import StoredRun, numbers_of, run_of
from cardwright.sources.runs.interface import RunReader, Store, inside, mapping, text_of

STATUS: dict[object, RunStatus] = {
    "COMPLETED": "finished", "FAILED": "failed", "INTERRUPTED": "killed", "TIMEOUT": "killed", "RUNNING": "running",
    "QUEUED": "running",
}  # fmt: skip
KEYS = {"status", "experiment", "start_time"}


def recognises(path: Path) -> bool:
    """A folder with a folder whose `run.json` has Sacred's keys."""
    for folder in _folders(path)[:5]:
        try:
            found = decode(text_of(folder / "run.json", "run.json"))
        except (ValueError, OSError):
            continue
        if isinstance(found, Mapping) and found.keys() >= KEYS:
            return True
    return False


def files(path: Path) -> list[Path]:
    """The three files of each run."""
    return [
        file
        for folder in _folders(path)
        for name in ("config.json", "metrics.json", "run.json")
        if (file := folder / name).is_file() and inside(path, file)
    ]


def read(store: Store) -> Iterator[Run | Unread]:
    """See `RunReader.read`."""
    for folder in _folders(store.path):
        where = f"{store.where}/{folder.name}"
        try:
            kept = _kept(folder, store.path, where)
        except (ValueError, OSError):
            yield Unread(unread=label(where), why="one of its files is not whole JSON of Sacred's")
            continue
        yield run_of(kept, tool="sacred", store_sha256=store.sha256, where=where)


def _folders(path: Path) -> list[Path]:
    found = [path, *path.iterdir()] if path.is_dir() else []
    return sorted(
        folder for folder in found if folder.is_dir() and inside(path, folder) and (folder / "run.json").is_file()
    )


def _kept(folder: Path, root: Path, where: str) -> StoredRun:
    run = decode(text_of(folder / "run.json", where))
    if not isinstance(run, Mapping) or not run.keys() >= KEYS:
        raise ValueError("not Sacred's keys")
    experiment = mapping(run["experiment"])
    config_file, metrics_file = folder / "config.json", folder / "metrics.json"
    config = decode(text_of(config_file, where)) if config_file.is_file() and inside(root, config_file) else None
    logged = decode(text_of(metrics_file, where)) if metrics_file.is_file() and inside(root, metrics_file) else {}
    host = mapping(run.get("host"))
    repositories = [one for one in experiment.get("repositories") or [] if isinstance(one, Mapping)]
    commits = {one.get("commit") for one in repositories if one.get("commit")}
    gaps: dict[str, str] = {}
    if len(commits) > 1:
        gaps["commit"] = "its sources are from more than one repository"
    metrics: dict[str, object] = {str(name): _last(values) for name, values in logged.items()}
    result = run.get("result")
    if isinstance(result, Mapping):
        metrics = {**numbers_of((f"result.{key}", value) for key, value in result.items()), **metrics}
    elif isinstance(result, int | float) and not isinstance(result, bool):
        metrics.setdefault("result", result)
    environment = {
        key: str(host[name])
        for key, name in (("python", "python_version"), ("cpu", "cpu"))
        if isinstance(host.get(name), str)
    }
    for package in experiment.get("dependencies") or []:
        name, _, version = str(package).partition("==")
        if version:
            environment[name] = version
    return StoredRun(
        id=folder.name,
        status=STATUS.get(run["status"], "not_stated"),
        group=experiment.get("name") if isinstance(experiment.get("name"), str) else None,
        started=run.get("start_time") if isinstance(run.get("start_time"), str) else None,
        finished=run.get("stop_time") if isinstance(run.get("stop_time"), str) else None,
        commit=str(next(iter(commits))) if len(commits) == 1 else None,
        dirty=any(bool(one.get("dirty")) for one in repositories) if repositories else None,
        config=config if isinstance(config, Mapping) else None,
        environment=environment,
        metrics=metrics,
        artefacts=tuple(_artefacts(run.get("artifacts"), folder, root)),
        gaps=gaps,
    )


def _last(values: Any) -> tuple[object, object]:
    """The value of the last step of `{"steps": […], "values": […]}`."""
    if not isinstance(values, Mapping):
        return (None, None)
    numbers, steps = values.get("values") or [], values.get("steps") or []
    if not isinstance(numbers, list) or not numbers:
        return (None, None)
    last = numbers[-1]
    if isinstance(last, Mapping):  # jsonpickle's form of a NumPy number
        last = last.get("value")
    return (last, steps[-1] if isinstance(steps, list) and steps else None)


def _artefacts(listed: Any, folder: Path, root: Path) -> Iterator[Artefact]:
    for entry in listed if isinstance(listed, list) else []:
        name = entry.get("name") if isinstance(entry, Mapping) else entry
        if not isinstance(name, str):
            continue
        file = folder / name
        there = inside(root, file) and file.is_file()
        yield Artefact(
            path=label(name), sha256=sha256_of(file) if there else None, size=file.stat().st_size if there else None
        )


SACRED = RunReader("sacred", "Sacred, file storage", "Sacred 0.8, by the keys of run.json", recognises, files, read)
