"""Opens a file of rows as it is, and a table of a lake by a copy of one version, which every pass reads.

A Delta or Iceberg table has no order of rows, so its digest and the order in which it is read are those of rows that a database
gave (`cardwright.sources.rows_copy`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cardwright.errors import SourceError
from cardwright.record.base import label as as_label
from cardwright.sources import lake_tables, scratch
from cardwright.sources.files import FileRows, digests_here, open_rows
from cardwright.sources.interface import RowsOrigin
from cardwright.sources.json_text import nested_as_text
from cardwright.sources.rows_copy import copy_rows


def open_any(
    path: Path,
    *,
    where: str,
    version: str | None = None,
    digests: Callable[[Sequence[Path]], Sequence[str]] = digests_here,
) -> FileRows:
    """See `cardwright.sources.files.open_rows`; also a table of a lake.

    Parameters
    ----------
    version
        Of a table of a lake: which version is read; if omitted, the current one.

    Raises
    ------
    SourceError
        If it cannot be read, or has no such version.
    MissingExtraError
        If a library is not installed.
    """
    lake = lake_tables.format_of(path)
    if lake is not None:
        return _copied(path, lake, where, version)
    if version is not None:
        raise SourceError(
            "this has no versions: it is neither a Delta nor an Iceberg table", where=where, do="Leave `version` out."
        )
    return open_rows(path, where=where, digests=digests)


def _copied(path: Path, lake: lake_tables.LakeFormat, where: str, version: str | None) -> FileRows:
    with scratch.handed_on() as folder:
        with lake_tables.reading(path, lake, where, version) as table:
            copy = copy_rows(_readable(table.batches), folder, where)
        rows = replace(copy, format=lake, origin=RowsOrigin(version=as_label(table.version)))
    scratch.remove_with(rows, folder)
    return rows


def _readable(batches: Iterator[Any]) -> Iterator[Any]:
    for batch in batches:
        yield nested_as_text(batch)


__all__ = ["open_any"]
