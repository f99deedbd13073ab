"""Tables of a data lake: Delta and Iceberg, read at one version by the libraries of those formats.

Both are folders of Parquet files of which only some are the table: the others are of earlier versions, or hold rows that were
deleted since. Which ones count, the table's own log says. Nothing outside the folder is read, whatever the log names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from cardwright.errors import CardwrightError, MissingExtraError, SourceError
from cardwright.record.base import label as as_label

LakeFormat = Literal["delta", "iceberg"]


@dataclass(frozen=True)
class LakeTable:
    """A table at one version."""

    version: str
    """Delta's version, or Iceberg's snapshot."""
    batches: Iterator[Any]
    """Its rows, in no order."""


def format_of(path: Path) -> LakeFormat | None:
    """Which kind of table a folder is, or an Iceberg table's own `….metadata.json`; None if it is none."""
    if (path / "_delta_log").is_dir():
        return "delta"
    if path.name.endswith(".metadata.json") and path.is_file():
        return "iceberg"
    return "iceberg" if (path / "metadata").is_dir() and any((path / "metadata").glob("*.metadata.json")) else None


@contextmanager
def reading(path: Path, kind: LakeFormat, where: str, version: str | None = None) -> Iterator[LakeTable]:
    """A table, open to be read once.

    Parameters
    ----------
    version
        Delta's version, or Iceberg's snapshot; if omitted, the current one.

    Raises
    ------
    SourceError
        If it cannot be read, has no such version, or names files outside its folder.
    MissingExtraError
        If the format's library is not installed.
    """
    if version is not None and not re.fullmatch(r"\d{1,19}", version):
        raise SourceError(
            "a version of a table is a whole number", where=where, do="Write Delta's version, or Iceberg's snapshot id."
        )
    opener = {"delta": _delta, "iceberg": _iceberg}[kind]
    try:
        yield opener(path.resolve(), where, None if version is None else int(version))
    except CardwrightError:
        raise
    except Exception as exc:
        if not _of_a_library(exc):
            raise
        # What the library says may name values of the data and places of the machine.
        raise SourceError(
            f"this {kind.capitalize()} table cannot be read ({type(exc).__name__})",
            where=where,
            do="Read it with its own tools: is it whole, and of a version that they know?",
        ) from None


def _of_a_library(exc: Exception) -> bool:
    module = type(exc).__module__.partition(".")[0]
    return module in ("deltalake", "pyiceberg", "pyarrow", "_internal", "arro3", "pydantic_core") or isinstance(
        exc, OSError | ValueError | KeyError | NotImplementedError
    )


# --- Delta ---------------------------------------------------------------------------------------------------------------


def _delta(path: Path, where: str, version: int | None) -> LakeTable:
    try:
        from deltalake import DeltaTable
    except ImportError as exc:
        raise MissingExtraError("deltalake", "lake", f"reading {where}, a Delta table") from exc
    import pyarrow as pa

    current = DeltaTable(str(path))
    if version is not None and not 0 <= version <= current.version():
        raise SourceError(
            f"the table has no version {version}: the current one is {current.version()}",
            where=where,
            do="Write one that is there.",
        )
    table = current if version is None else DeltaTable(str(path), version=version)
    # As they stand in the log: the library's own list of addresses puts the folder in front of each, also of those elsewhere.
    actions = pa.table(table.get_add_actions(flatten=True))
    for location in actions.column("path").to_pylist():
        _require_inside(location, path, where)
    for name in actions.column_names:
        if name.lower().endswith("storagetype") and "p" in actions.column(name).to_pylist():
            raise _elsewhere(where)  # a deletion vector with an absolute path
    reader = pa.RecordBatchReader.from_stream(table.scan())
    return LakeTable(str(table.version()), iter(reader))


def _require_inside(location: str, folder: Path, where: str) -> Path:
    """The path of a file that a log names, relative to the folder or absolute, if it lies inside."""
    parts = urlsplit(location)
    if parts.scheme not in ("", "file") or parts.netloc:
        raise _elsewhere(where)
    local = parts.path if parts.scheme else location
    # Delta writes paths as URLs do, Iceberg as they are; nobody may mean another file than the one that was looked at.
    found = [(folder / one).resolve() for one in (local, unquote(local))]
    if not all(one.is_relative_to(folder) for one in found):
        raise _elsewhere(where)
    return found[0]


def _elsewhere(where: str) -> SourceError:
    return SourceError(
        "its log names files outside its folder",
        where=where,
        do="Copy the table into one folder (of a shallow clone, a deep one), and name that.",
    )


# --- Iceberg -------------------------------------------------------------------------------------------------------------


def _iceberg(path: Path, where: str, snapshot: int | None) -> LakeTable:
    try:
        from pyiceberg.catalog.noop import NoopCatalog
        from pyiceberg.serializers import FromInputFile
        from pyiceberg.table import StaticTable
    except ImportError as exc:
        raise MissingExtraError("pyiceberg", "lake", f"reading {where}, an Iceberg table") from exc

    said = path if path.is_file() else _current_metadata(path / "metadata", where)
    folder = said.parent.parent
    # Read by hand first: the library would load a class that the metadata's properties name.
    location = str(json.loads(said.read_text(encoding="utf-8")).get("location", ""))
    files = _inside_io(folder, location, where)
    table = StaticTable(
        identifier=("static-table", said.name),
        metadata=FromInputFile.table_metadata(files.new_input(str(said))),
        metadata_location=str(said),
        io=files,
        catalog=NoopCatalog("static-table"),
    )
    held = table.current_snapshot() if snapshot is None else table.snapshot_by_id(snapshot)
    if held is None:
        raise SourceError(
            "the table holds no rows yet" if snapshot is None else f"the table has no snapshot {snapshot}",
            where=where,
            do="Name a snapshot that is there.",
        )
    reader = table.scan(snapshot_id=held.snapshot_id).to_arrow_batch_reader()
    return LakeTable(str(held.snapshot_id), iter(reader))


_NUMBER = re.compile(r"v?(\d+)")


def _current_metadata(folder: Path, where: str) -> Path:
    """The newest metadata. Which one is current, only a catalog knows for sure; two of one number are refused."""
    hint = folder / "version-hint.text"
    if hint.is_file():
        said = hint.read_text(encoding="utf-8").strip()
        named = folder / f"v{said}.metadata.json"
        if said.isdigit() and named.is_file():
            return named
    numbered: dict[int, list[Path]] = {}
    for file in folder.glob("*.metadata.json"):
        found = _NUMBER.match(file.name)
        numbered.setdefault(int(found[1]) if found else -1, []).append(file)
    newest = numbered[max(numbered)]
    if len(newest) > 1:
        raise SourceError(
            "it is not clear which metadata is the table's: two have the highest number",
            where=where,
            do=f"Ask its catalog, and name that file, e.g. {as_label(newest[0].name)}.",
        )
    return newest[0]


def _inside_io(folder: Path, location: str, where: str) -> Any:
    """Reads what lies below the table's folder, wherever the table was when it was written; nothing else, and no network."""
    from pyiceberg.io.pyarrow import PyArrowFileIO

    class InsideFileIO(PyArrowFileIO):  # type: ignore[misc]
        def new_input(self, location_: str) -> Any:
            inside = location_.removeprefix(f"{location.rstrip('/')}/") if location else location_
            moved = str(folder / inside) if inside != location_ else location_
            return super().new_input(str(_require_inside(moved, folder, where)))

    return InsideFileIO()


__all__ = ["LakeFormat", "LakeTable", "format_of", "reading"]
