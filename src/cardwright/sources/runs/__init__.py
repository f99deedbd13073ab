"""Runs as the tools that track them keep them: one reader for each store. `docs/runs.md` says what each reads and leaves out.

A reader changes nothing, reaches no network and starts no tool. What cannot be read is named and counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cardwright.errors import SourceError, did_you_mean
from cardwright.privacy.showing import masked, shown
from cardwright.record.base import label
from cardwright.record.run import Run, Unread
from cardwright.sources.digests import folder_digest, sha256_of
from cardwright.sources.runs.aim import AIM
from cardwright.sources.runs.dvc import DVC
from cardwright.sources.runs.hydra import HYDRA
from cardwright.sources.runs.interface import RunReader, Store, inside
from cardwright.sources.runs.kept_runs import KEPT
from cardwright.sources.runs.lightning import LIGHTNING
from cardwright.sources.runs.mlflow_files import MLFLOW_FILES
from cardwright.sources.runs.mlflow_sqlite import MLFLOW_SQLITE
from cardwright.sources.runs.sacred import SACRED
from cardwright.sources.runs.tables import CSV, JSON_LINES
from cardwright.sources.runs.tensorboard import TENSORBOARD
from cardwright.sources.runs.wandb_offline import WANDB

READERS: dict[str, RunReader] = {
    reader.name: reader
    for reader in (
        KEPT, MLFLOW_SQLITE, MLFLOW_FILES, WANDB, DVC, SACRED, AIM, HYDRA, LIGHTNING, TENSORBOARD, CSV, JSON_LINES,
    )
}  # fmt: skip
"""By the name that a plan writes after `format:`. A folder in which several tools left something is read by the first of them."""


@dataclass(frozen=True)
class OpenStore:
    """A store whose reader and digest are known."""

    reader: RunReader
    sha256: str
    read: Callable[[], Iterator[Run | Unread]]
    """Every run, each id once, and every part that could not be read."""


def open_store(path: Path, where: str, format: str | None = None) -> OpenStore:
    """Open a store of runs.

    Parameters
    ----------
    path
        A file or a folder.
    where
        How errors name it.
    format
        The reader; if omitted, the first that knows the store as its own.

    Raises
    ------
    SourceError
        If there is no such store, or no reader knows it. `read` raises it for a version that is not read, for damage, and
        where two runs have one id.
    """
    where = masked(where)
    if not path.exists():
        raise SourceError(
            "there is no such file or folder", where=where, do="Name the store of the tool that tracked the runs."
        )
    if format is not None and format not in READERS:
        raise SourceError(f"no reader is called {shown(format, 'that')}", where=where, do=did_you_mean(format, READERS))
    try:
        reader = READERS[format] if format else next((one for one in READERS.values() if one.recognises(path)), None)
    except OSError as exc:
        raise SourceError(f"it cannot be opened ({exc.strerror})", where=where, do="Check its permissions.") from exc
    if reader is None:
        known = ", ".join(one.title for one in READERS.values())
        raise SourceError("no reader knows this store", where=where, do=f"These are read: {known}.")
    store = Store(path, where, _digest(path, reader, where))
    return OpenStore(reader, store.sha256, lambda: _once(reader, store))


def _digest(path: Path, reader: RunReader, where: str) -> str:
    try:
        found = reader.files(path)
        if found == [path]:
            return sha256_of(path)
        root = path if path.is_dir() else path.parent
        return (
            folder_digest(root, found, [sha256_of(file) for file in found]) if found else hashlib.sha256().hexdigest()
        )
    except OSError as exc:
        raise SourceError(
            f"a file of it cannot be read ({exc.strerror})", where=where, do="Check its permissions."
        ) from exc


def _once(reader: RunReader, store: Store) -> Iterator[Run | Unread]:
    seen: set[str] = set()
    for outside in links_out(store.path):
        yield Unread(
            unread=label(f"{store.where}/{outside}"),
            why="it is a link that leads out of the store, and is not followed",
        )
    try:
        for one in reader.read(store):
            if isinstance(one, Run):
                if one.id in seen:
                    raise SourceError(
                        f"two runs have the id {shown(one.id, 'that stands there twice')}",
                        where=store.where,
                        do="Leave one out, or import each store by itself: which of the two a number is from cannot be told.",
                    )
                seen.add(one.id)
            yield one
    except OSError as exc:
        raise SourceError(
            f"a file of it cannot be read ({exc.strerror})", where=store.where, do="Check its permissions."
        ) from exc


def links_out(path: Path) -> list[str]:
    """Symbolic links below a folder that lead out of it, as paths inside it; those to logs, which W&B makes, are left out."""
    if not path.is_dir():
        return []
    return sorted(
        link.relative_to(path).as_posix()
        for link in path.rglob("*")
        if link.is_symlink() and link.suffix != ".log" and not inside(path, link)
    )


__all__ = ["READERS", "OpenStore", "RunReader", "links_out", "open_store"]
