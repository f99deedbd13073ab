"""MLflow's file store: a folder `mlruns/` with a folder for each experiment and one in it for each run.

The store names no version. A run is read if its `meta.yaml` has the keys that MLflow 2 and 3 write; another is named and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.record.base import label
from cardwright.record.run import Run, RunStatus, Unread
from cardwright.sources.runs.building import StoredRun, run_of
from cardwright.sources.runs.interface import RunReader, Store, inside, text_of
from cardwright.sources.runs.mlflow_sqlite import artefacts_in, gaps_of
from cardwright.sources.runs.yaml_files import yaml_value

# mlflow.entities.RunStatus and mlflow.protos.service_pb2.RunStatus
STATUS: dict[object, RunStatus] = {1: "running", 2: "running", 3: "finished", 4: "failed", 5: "killed"}
PARTS = ("params", "metrics", "tags", "inputs")


def recognises(path: Path) -> bool:
    """A folder with an experiment: a folder whose `meta.yaml` names an `experiment_id`."""
    return path.is_dir() and any(_is_experiment(meta) for meta in _metas(path))


def files(path: Path) -> list[Path]:
    """Everything but artefacts, which have digests of their own."""
    found = [*path.glob("*/meta.yaml"), *path.glob(".trash/*/meta.yaml")]
    for folder in _run_folders(path):
        found += [file for file in folder.glob("meta.yaml") if file.is_file()]
        for part in PARTS:
            found += [file for file in (folder / part).rglob("*") if file.is_file()]
    found += [file for file in path.glob("*/datasets/*/meta.yaml") if file.is_file()]
    return sorted({file for file in found if inside(path, file)})


def read(store: Store) -> Iterator[Run | Unread]:
    """See `RunReader.read`."""
    for folder in _run_folders(store.path):
        where = f"{store.where}/{folder.relative_to(store.path).as_posix()}"
        try:
            kept = _kept(folder, store.path, where)
        except (ValueError, OSError) as exc:
            why = (
                str(exc)
                if isinstance(exc, ValueError) and str(exc).startswith(where)
                else "a file of it cannot be read"
            )
            yield Unread(unread=label(where), why=label(why.removeprefix(f"{where}/")))
            continue
        yield run_of(kept, tool="mlflow", store_sha256=store.sha256, where=where)


def _metas(path: Path) -> list[Path]:
    return [meta for meta in sorted(path.glob("*/meta.yaml")) if inside(path, meta)]


def _is_experiment(meta: Path) -> bool:
    try:
        found = yaml_value(meta, meta.name)
    except (ValueError, OSError):
        return False
    return isinstance(found, Mapping) and "experiment_id" in found and "run_id" not in found


def _run_folders(path: Path) -> list[Path]:
    """Folders of runs; those of experiments in `.trash` too, because they were tried."""
    return [
        folder
        for experiment in sorted([*path.glob("*"), *path.glob(".trash/*")])
        if experiment.is_dir() and inside(path, experiment) and (experiment / "meta.yaml").is_file()
        for folder in sorted(experiment.iterdir())
        if folder.is_dir() and inside(path, folder) and folder.name not in ("datasets", "tags", "models", "traces")
    ]


def _kept(folder: Path, root: Path, where: str) -> StoredRun:
    meta = yaml_value(folder / "meta.yaml", f"{where}/meta.yaml")
    if not isinstance(meta, Mapping) or not {"run_id", "status", "lifecycle_stage"} <= meta.keys():
        raise ValueError(f"{where}/meta.yaml is not what MLflow 2 and 3 write")
    tags = dict(_texts(folder / "tags", where))
    gaps = gaps_of(str(meta["lifecycle_stage"]))
    metrics: dict[str, object] = {}
    for name, text in _texts(folder / "metrics", where):
        last = _last_metric(text)
        if last is None:
            gaps["metrics"] = "the last line of a metric is not whole; it was cut off"
        metrics[name] = last or (None, None)
    experiment = _experiment(folder.parent)
    return StoredRun(
        id=str(meta["run_id"]),
        status=STATUS.get(meta["status"], "not_stated"),
        name=_said(meta.get("run_name")) or tags.get("mlflow.runName"),
        group=experiment,
        started=_seconds(meta.get("start_time")),
        finished=_seconds(meta.get("end_time")),
        commit=tags.get("mlflow.source.git.commit") or _said(meta.get("source_version")),
        config=dict(_texts(folder / "params", where)),
        tags=tags,
        data=_data(folder, where),
        environment={"image": tags["mlflow.docker.image.uri"]} if "mlflow.docker.image.uri" in tags else {},
        metrics=metrics,
        parent=tags.get("mlflow.parentRunId"),
        artefacts=artefacts_in([folder / "artifacts"], root),
        gaps=gaps,
    )


def _said(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(folder: Path, where: str) -> Iterator[tuple[str, str]]:
    """Each file below a folder by its path there: keys may hold slashes."""
    for file in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if file.is_file() and inside(folder, file):
            key = file.relative_to(folder).as_posix()
            yield key, text_of(file, f"{where}/{folder.name}/{label(key)}")


def _last_metric(text: str) -> tuple[float, int] | None:
    """The value of the last step: a line is `time value step`, and lines stand in the order of writing."""
    found: list[tuple[int, int, float]] = []
    for line in text.splitlines():
        words = line.split(" ")
        try:
            found.append((int(words[2]) if len(words) > 2 else 0, int(words[0]), float(words[1])))
        except (ValueError, IndexError):
            return None
    if not found or not text.endswith("\n"):
        return None
    step, _, value = max(found, key=lambda entry: entry[:2])
    return value, step


def _experiment(folder: Path) -> str | None:
    try:
        meta = yaml_value(folder / "meta.yaml", folder.name)
    except (ValueError, OSError):
        return None
    return _said(meta.get("name")) if isinstance(meta, Mapping) else None


def _seconds(milliseconds: Any) -> float | None:
    return milliseconds / 1000 if isinstance(milliseconds, int) and not isinstance(milliseconds, bool) else None


def _data(folder: Path, where: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for meta in sorted((folder / "inputs").glob("*/meta.yaml")):
        if not inside(folder, meta):
            continue
        entry = yaml_value(meta, f"{where}/inputs/meta.yaml")
        source = entry.get("source_id") if isinstance(entry, Mapping) else None
        described = folder.parent / "datasets" / str(source) / "meta.yaml"
        if source is None or not described.is_file() or not inside(folder.parent, described):
            continue
        dataset = yaml_value(described, f"{where}/datasets/meta.yaml")
        if isinstance(dataset, Mapping) and dataset.get("digest"):
            found[str(dataset.get("name") or "data")] = str(dataset["digest"])
    return found


MLFLOW_FILES = RunReader(
    "mlflow-files", "MLflow, folder of files", "MLflow 2 and 3, by the keys of meta.yaml", recognises, files, read
)
