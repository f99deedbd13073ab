"""DVC: the pipeline in a working folder (`dvc.lock`, schema 2.0, with its parameters and metrics), and `dvc exp show --json`.

A working folder is one run, as the lock fixes it: its id is taken from the lock's digest, because DVC gives none. Experiments are
references in Git, which is not read; `dvc exp show --json > exp.json` lists them with their revisions, and so does DVC Studio.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.record.base import label
from cardwright.record.run import Artefact, Run, Unread
from cardwright.sources.digests import sha256_of
from cardwright.sources.json_text import decode
from cardwright.sources.runs.building import StoredRun, numbers_of, run_of
from cardwright.sources.runs.interface import RunReader, Store, inside, mapping, refuse_version, text_of
from cardwright.sources.runs.yaml_files import yaml_value

VERSIONS = "dvc.lock of schema 2.0, and `dvc exp show --json` of DVC 3"


def recognises(path: Path) -> bool:
    """A folder with `dvc.lock`, or the JSON that `dvc exp show` writes."""
    if path.is_dir():
        return (path / "dvc.lock").is_file()
    if path.name == "dvc.lock":
        return True
    return path.suffix == ".json" and path.is_file() and _exported(path) is not None


def files(path: Path) -> list[Path]:
    """The lock, and the files of parameters and metrics that it or `dvc.yaml` names."""
    if not path.is_dir() and path.name != "dvc.lock":
        return [path]
    root = path if path.is_dir() else path.parent
    found = [root / "dvc.lock", root / "dvc.yaml", *_metric_files(root)]
    return [file for file in dict.fromkeys(found) if file.is_file() and inside(root, file)]


def read(store: Store) -> Iterator[Run | Unread]:
    """See `RunReader.read`."""
    if not store.path.is_dir() and store.path.name != "dvc.lock":
        yield from _experiments(store)
        return
    root = store.path if store.path.is_dir() else store.path.parent
    try:
        kept = _workspace(root, store.where)
    except (ValueError, OSError):
        yield Unread(unread=label(store.where), why="dvc.lock, or a file of metrics, is not whole")
        return
    yield run_of(kept, tool="dvc", store_sha256=store.sha256, where=store.where)


def _workspace(root: Path, where: str) -> StoredRun:
    lock = yaml_value(root / "dvc.lock", f"{where}/dvc.lock", version="1.2")
    if not isinstance(lock, Mapping) or lock.get("schema") != "2.0":
        raise refuse_version("DVC", lock.get("schema") if isinstance(lock, Mapping) else None, VERSIONS, where)
    config: dict[str, Any] = {}
    data: dict[str, str] = {}
    gaps: dict[str, str] = {}
    artefacts: list[Artefact] = []
    stages = mapping(lock.get("stages"))
    made = {str(out.get("path")) for stage in stages.values() for out in _listed(stage, "outs")}
    metric_files = _metric_files(root)
    for stage in stages.values():
        for named in (stage.get("params") or {}).values() if isinstance(stage, Mapping) else ():
            for key, value in named.items() if isinstance(named, Mapping) else ():
                if key in config and config[key] != value:
                    gaps["config"] = "two stages have been run with other values of a parameter"
                config[key] = value
        for dep in _listed(stage, "deps"):
            path = str(dep.get("path"))
            if path not in made and not path.endswith((".py", ".ipynb", ".sh", ".r", ".R", ".jl")) and dep.get("md5"):
                data[path] = f"md5:{dep['md5']}"
        for out in _listed(stage, "outs"):
            if (root / str(out.get("path"))) not in metric_files:
                artefacts.append(_artefact(out, root, gaps))
    metrics: dict[str, object] = {}
    for file in metric_files:
        if not file.is_file() or not inside(root, file):
            gaps["metrics"] = "a file of metrics is not here"
            continue
        found = _values(file, where)
        metrics |= numbers_of((str(key), value) for key, value in found.items())
    digest = hashlib.sha256((root / "dvc.lock").read_bytes()).hexdigest()
    return StoredRun(
        id=f"lock-{digest[:16]}", status="not_stated", config=config, data=data, metrics=metrics, artefacts=tuple(artefacts),
        gaps=gaps,
    )  # fmt: skip


def _listed(stage: Any, key: str) -> list[Mapping[str, Any]]:
    entries = stage.get(key) if isinstance(stage, Mapping) else None
    return [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []


def _values(file: Path, where: str) -> Mapping[str, Any]:
    found = decode(text_of(file, where)) if file.suffix == ".json" else yaml_value(file, where, version="1.2")
    return found if isinstance(found, Mapping) else {}


def _metric_files(root: Path) -> list[Path]:
    """Files that `dvc.yaml` calls metrics, at the top or of a stage."""
    described = root / "dvc.yaml"
    if not described.is_file() or not inside(root, described):
        return []
    try:
        found = yaml_value(described, "dvc.yaml", version="1.2")
    except (ValueError, OSError):
        return []
    if not isinstance(found, Mapping):
        return []
    stages = mapping(found.get("stages"))
    said = [*_names(found.get("metrics")), *(name for stage in stages.values() for name in _names(_of(stage)))]
    return [root / name for name in dict.fromkeys(said) if not name.startswith("/") and ".." not in name.split("/")]


def _of(stage: Any) -> Any:
    return stage.get("metrics") if isinstance(stage, Mapping) else None


def _names(entries: Any) -> list[str]:
    return [
        str(next(iter(entry))) if isinstance(entry, Mapping) and entry else str(entry)
        for entry in (entries if isinstance(entries, list) else [])
    ]


def _artefact(out: Mapping[str, Any], root: Path, gaps: dict[str, str]) -> Artefact:
    path, said = str(out.get("path")), str(out.get("md5") or "")
    md5 = said if re.fullmatch(r"[0-9a-f]{32}", said) else None
    file = root / path
    sha256 = None
    if md5 is not None and inside(root, file) and file.is_file():
        if hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest() == md5:
            sha256 = sha256_of(file)
        else:
            gaps["artefacts"] = "a file is not the one that the lock names"
    size = out.get("size")
    return Artefact(
        path=label(path), sha256=sha256, md5=md5, size=size if isinstance(size, int) and size >= 0 else None
    )


def _exported(path: Path) -> list[Any] | None:
    try:
        with path.open("rb") as file:
            if not file.read(1).startswith(b"["):
                return None
        found = decode(text_of(path, path.name))
    except (ValueError, OSError):
        return None
    known = isinstance(found, list) and bool(found)
    return found if known and all(isinstance(one, Mapping) and {"rev", "data"} <= one.keys() for one in found) else None


def _experiments(store: Store) -> Iterator[Run | Unread]:
    for entry in _exported(store.path) or []:
        yield from _revision(entry, store, None)


def _revision(entry: Mapping[str, Any], store: Store, parent: str | None) -> Iterator[Run | Unread]:
    rev = str(entry.get("rev"))
    where = f"{store.where}, {label(rev)}"
    data = entry.get("data")
    if not isinstance(data, Mapping):
        yield Unread(
            unread=label(where), why="DVC could not read it itself" if entry.get("error") else "it holds no data"
        )
    else:
        yield run_of(_shown(entry, data, rev, parent), tool="dvc", store_sha256=store.sha256, where=where)
    for group in entry.get("experiments") or []:
        for one in group.get("revs") or [] if isinstance(group, Mapping) else []:
            if isinstance(one, Mapping):
                yield from _revision(one, store, rev)


def _shown(entry: Mapping[str, Any], data: Mapping[str, Any], rev: str, parent: str | None) -> StoredRun:
    def merged(part: str) -> Iterator[tuple[str, Any]]:
        for file in (data.get(part) or {}).values():
            held = file.get("data") if isinstance(file, Mapping) else None
            yield from (held.items() if isinstance(held, Mapping) else ())

    commit = rev if re.fullmatch(r"[0-9a-f]{40}", rev) else None
    deps = {
        str(path): f"md5:{one['hash']}"
        for path, one in (data.get("deps") or {}).items()
        if isinstance(one, Mapping)
        and one.get("hash")
        and not str(path).endswith((".py", ".ipynb", ".sh", ".r", ".R", ".jl"))
    }
    outs = tuple(
        Artefact(
            path=label(path),
            md5=one.get("hash") if re.fullmatch(r"[0-9a-f]{32}", str(one.get("hash"))) else None,
            size=one.get("size") if isinstance(one.get("size"), int) else None,
        )
        for path, one in (data.get("outs") or {}).items()
        if isinstance(one, Mapping) and not one.get("is_data_source")
    )
    executor = mapping(data.get("executor"))
    return StoredRun(
        id=rev,
        status="running" if executor.get("state") in ("running", "queued") else "not_stated",
        name=entry.get("name") if isinstance(entry.get("name"), str) else None,
        started=None,
        commit=commit,
        dirty=False if commit else None,
        config=dict(merged("params")),
        data=deps,
        metrics=numbers_of((str(key), value) for key, value in merged("metrics")),
        parent=parent,
        artefacts=outs,
        gaps={} if commit else {"commit": "it is a working folder, which no commit fixes"},
    )


DVC = RunReader("dvc", "DVC, lock or `exp show --json`", VERSIONS, recognises, files, read)
