"""Rows that executors write as Parquet files, in the order of their keys, as `cardwright.sources.rows_copy` does on one machine.

The key of a row is that by which a copy of database rows is sorted, so that the same rows stand in the same order whoever wrote
them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cardwright.errors import SourceError
from cardwright.sources.json_text import nested_as_text
from cardwright.sources.rows_copy import as_read, keys_of
from cardwright.sources.rows_digest import RowsDigest, canonical_rows, digest_of_batch
from cardwright.sources.shape import BATCH_ROWS


class SortedFile(NamedTuple):
    """A file of rows, sorted by their keys."""

    name: str
    """Sorted by name, files stand in the order of their rows."""
    part: int
    """Which of the equal parts of all keys it holds, whole."""
    digest: RowsDigest
    """Of its rows."""


def readable(batch: Any, where: str) -> Any:
    """A batch in the types that are read.

    Raises
    ------
    SourceError
        If a column holds what cannot be kept.
    """
    import pyarrow as pa

    read = as_read(nested_as_text(batch), where)
    columns = [column.cast(pa.string()) if pa.types.is_null(column.type) else column for column in read.columns]
    return pa.RecordBatch.from_arrays(columns, names=read.schema.names)


def row_keys(batch: Any) -> Any:
    """The key of each row of a batch in the types that are read."""
    return keys_of(canonical_rows(batch))


class SortedFiles:
    """Writes rows that come sorted by their keys, a file for each of `parts` equal parts of all keys.

    Another executor may have written the parts between two of this one's.
    """

    def __init__(self, folder: Path, schema: Any, parts: int) -> None:
        self._folder, self._schema, self._parts = folder, schema, parts
        self._part, self._digest = -1, RowsDigest.of_none()
        self._path: Path | None = None
        self._writer: Any = None

    def write(self, batch: Any, keys: Any) -> Iterator[SortedFile]:
        """Write rows; the files that have ended before them."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.parquet as pq

        parts = np.array([key[0] * self._parts // 256 for key in keys.to_pylist()])
        starts = [0, *(np.flatnonzero(np.diff(parts)) + 1).tolist()] if len(parts) else []
        for start, end in zip(starts, [*starts[1:], len(parts)], strict=True):
            rows = batch.slice(start, end - start)
            if int(parts[start]) != self._part:
                yield from self.close()
                self._part = int(parts[start])
                # Two attempts of one task write two files; which of them counts, whoever started them says.
                self._path = self._folder / f"{self._part:02x}-{uuid.uuid4().hex}.parquet"
                self._writer = pq.ParquetWriter(self._path, self._schema)
            self._writer.write_table(pa.Table.from_batches([rows], self._schema), row_group_size=BATCH_ROWS)
            self._digest += digest_of_batch(rows)

    def close(self) -> Iterator[SortedFile]:
        """The last file, if there is one."""
        if self._writer is None:
            return
        self._writer.close()
        assert self._path is not None
        yield SortedFile(self._path.name, self._part, self._digest)
        self._writer, self._digest = None, RowsDigest.of_none()


def chosen_files(folder: Path, files: Sequence[SortedFile], where: str) -> Path:
    """The files that executors wrote and that count, in a folder of their own.

    An attempt that was given up may have left others beside them, or be writing them still.

    Raises
    ------
    SourceError
        If one is not there, or two executors wrote one part of the rows.
    """
    if len({file.part for file in files}) < len(files):
        raise SourceError("two executors wrote one part of the rows", where=where, do="Run again.")
    chosen = folder / "rows"
    chosen.mkdir()
    for file in files:
        written = folder / file.name
        if not written.is_file():
            raise SourceError(
                "executors write its rows where this process does not see them",
                where=where,
                do="Set TMPDIR to a folder that every machine of the cluster sees.",
            )
        written.rename(chosen / written.name)
    return chosen


def room_in(folder: Path) -> Path:
    """A new folder in one, for the files of a query."""
    room = folder / f"rows-{sum(1 for _ in folder.iterdir())}"
    room.mkdir()
    return room


__all__ = ["SortedFile", "SortedFiles", "chosen_files", "readable", "room_in", "row_keys"]
