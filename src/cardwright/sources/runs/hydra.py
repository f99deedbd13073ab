"""Hydra's output folders: `.hydra/config.yaml`, `overrides.yaml` and `hydra.yaml` beside whatever the job wrote.

Hydra keeps no numbers. Those of `metrics.json`, `metrics.yaml` or Lightning's `metrics.csv` in the same folder are taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.record.base import label
from cardwright.record.run import Run, RunStatus, Unread
from cardwright.sources.json_text import decode
from cardwright.sources.runs.building import StoredRun, numbers_of, run_of
from cardwright.sources.runs.interface import RunReader, Store, inside, text_of
from cardwright.sources.runs.lightning import last_numbers
from cardwright.sources.runs.yaml_files import yaml_value

NUMBERS = ("metrics.json", "metrics.yaml", "metrics.csv")


def recognises(path: Path) -> bool:
    """A folder with `.hydra/config.yaml` in it or below."""
    return bool(_folders(path))


def files(path: Path) -> list[Path]:
    """The settings and the numbers of each job."""
    found: list[Path] = []
    for folder in _folders(path):
        found += [folder / ".hydra" / name for name in ("config.yaml", "hydra.yaml")]
        found += [folder / name for name in NUMBERS]
    return [file for file in found if file.is_file() and inside(path, file)]


def read(store: Store) -> Iterator[Run | Unread]:
    """See `RunReader.read`."""
    for folder in _folders(store.path):
        name = folder.relative_to(store.path).as_posix()
        where = f"{store.where}/{name}"
        try:
            kept = _kept(folder, store.path, name, where)
        except (ValueError, OSError):
            yield Unread(unread=label(where), why="its settings or its numbers cannot be read")
            continue
        yield run_of(kept, tool="hydra", store_sha256=store.sha256, where=where)


def _folders(path: Path) -> list[Path]:
    if not path.is_dir():
        return []
    return [config.parent.parent for config in sorted(path.rglob(".hydra/config.yaml")) if inside(path, config)]


def _kept(folder: Path, root: Path, name: str, where: str) -> StoredRun:
    config = yaml_value(folder / ".hydra" / "config.yaml", where)
    own = folder / ".hydra" / "hydra.yaml"
    hydra = yaml_value(own, where) if own.is_file() and inside(root, own) else {}
    job = _inner(hydra, "hydra", "job")
    metrics: dict[str, object] = {}
    for file in (folder / one for one in NUMBERS):
        if file.is_file() and inside(root, file):
            metrics |= _numbers(file, where)
    status: RunStatus = "not_stated"
    number = job.get("num")
    return StoredRun(
        id=name if name != "." else "run",
        status=status,
        tool_version=str(_inner(hydra, "hydra", "runtime").get("version") or "") or None,
        name=job.get("name") if isinstance(job.get("name"), str) else None,
        group=None if number is None else str(folder.parent.name),
        config=config if isinstance(config, Mapping) else None,
        metrics=metrics,
    )


def _inner(value: Any, *path: str) -> Mapping[str, Any]:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _numbers(file: Path, where: str) -> dict[str, object]:
    if file.suffix == ".csv":
        return last_numbers(text_of(file, where))
    found = decode(text_of(file, where)) if file.suffix == ".json" else yaml_value(file, where)
    return numbers_of((str(key), value) for key, value in found.items()) if isinstance(found, Mapping) else {}


HYDRA = RunReader("hydra", "Hydra, output folders", "Hydra 1", recognises, files, read)
