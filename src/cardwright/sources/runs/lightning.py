"""Lightning's folders: `version_N/` with `hparams.yaml` and `metrics.csv`, as its `CSVLogger` writes them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from cardwright.record.base import label
from cardwright.record.run import Artefact, Run, Unread
from cardwright.sources.digests import sha256_of
from cardwright.sources.runs.building import StoredRun, run_of
from cardwright.sources.runs.interface import RunReader, Store, inside, text_of
from cardwright.sources.runs.yaml_files import yaml_value


def recognises(path: Path) -> bool:
    """A folder with `hparams.yaml` in it or below; TensorBoard's events may stand beside it."""
    return bool(_folders(path))


def files(path: Path) -> list[Path]:
    """The settings and the numbers of each run."""
    found = [folder / name for folder in _folders(path) for name in ("hparams.yaml", "metrics.csv")]
    return [file for file in found if file.is_file() and inside(path, file)]


def read(store: Store) -> Iterator[Run | Unread]:
    """See `RunReader.read`."""
    for folder in _folders(store.path):
        name = folder.relative_to(store.path).as_posix()
        where = f"{store.where}/{name}"
        try:
            kept = _kept(folder, store.path, name, where)
        except (ValueError, OSError, csv.Error):
            yield Unread(unread=label(where), why="its settings or its numbers cannot be read")
            continue
        yield run_of(kept, tool="lightning", store_sha256=store.sha256, where=where)


def _folders(path: Path) -> list[Path]:
    if not path.is_dir():
        return []
    return [file.parent for file in sorted(path.rglob("hparams.yaml")) if inside(path, file)]


def _kept(folder: Path, root: Path, name: str, where: str) -> StoredRun:
    config = yaml_value(folder / "hparams.yaml", where)
    numbers = folder / "metrics.csv"
    checkpoints = [file for file in sorted(folder.glob("checkpoints/*.ckpt")) if inside(root, file)]
    return StoredRun(
        id=name if name != "." else "run",
        status="not_stated",
        group=folder.parent.name if folder != root else None,
        config={} if config is None else config if isinstance(config, Mapping) else None,
        metrics=last_numbers(text_of(numbers, where)) if numbers.is_file() and inside(root, numbers) else {},
        artefacts=tuple(
            Artefact(path=label(file.relative_to(folder).as_posix()), sha256=sha256_of(file), size=file.stat().st_size)
            for file in checkpoints
        ),
    )


def last_numbers(text: str) -> dict[str, object]:
    """The last number of each column of a table of metrics, with its step; epoch and step themselves are none.

    >>> last_numbers("epoch,loss,step\\n0,0.9,10\\n1,,20\\n")
    {'loss': (0.9, 10)}
    """
    found: dict[str, object] = {}
    for row in csv.DictReader(io.StringIO(text)):
        step = row.get("step") or ""
        for name, said in row.items():
            if not name or name in ("step", "epoch") or not isinstance(said, str) or said == "":
                continue
            try:
                found[name] = (float(said), int(step) if step.isdigit() else None)
            except ValueError:
                found[name] = (None, None)
    return found


LIGHTNING = RunReader("lightning", "Lightning, CSV logger", "Lightning 2", recognises, files, read)
