"""Aim's repository: recognised and refused. It is a RocksDB database with keys of Aim's own encoding, which only Aim opens.

Aim's binding to RocksDB is compiled for some Pythons alone, and opening a repository with it takes a lock and writes. Aim exports
its runs as CSV, which is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cardwright.errors import SourceError
from cardwright.record.run import Run, Unread
from cardwright.sources.runs.interface import RunReader, Store


def recognises(path: Path) -> bool:
    """A folder with `.aim/meta`, or that folder."""
    return any((folder / "meta").is_dir() and folder.name == ".aim" for folder in (path / ".aim", path))


def files(path: Path) -> list[Path]:
    """None is read."""
    del path
    return []


def read(store: Store) -> Iterator[Run | Unread]:
    """See `RunReader.read`.

    Raises
    ------
    SourceError
        Always.
    """
    raise SourceError(
        "this is a repository of Aim, a RocksDB database that cannot be opened without Aim and without writing to it",
        where=store.where,
        do="Export the runs from Aim's runs explorer as CSV, call its columns `id`, `config.NAME` and `metrics.NAME`, and import "
        "that file.",
    )


AIM = RunReader("aim", "Aim, by its CSV export", "none; see `csv`", recognises, files, read)
