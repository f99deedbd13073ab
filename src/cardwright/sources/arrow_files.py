"""Parquet files, one or a folder of them, and Arrow IPC files and streams (Feather)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from cardwright.errors import SourceError
from cardwright.record.base import label as as_label
from cardwright.sources.digests import require_file
from cardwright.sources.shape import BATCH_ROWS, Opened, Places, plain_schema

# --- Parquet -------------------------------------------------------------------------------------------------------------


def parquet_files(folder: Path, where: str) -> list[Path]:
    """The Parquet files of a folder by their names; what Spark and others leave beside them (`_SUCCESS`, `.crc`) is not data."""
    visible = [
        file
        for file in folder.rglob("*")
        if file.is_file() and not any(part.startswith((".", "_")) for part in file.relative_to(folder).parts)
    ]
    files = sorted(visible, key=lambda file: file.relative_to(folder).as_posix())
    if not files:
        raise SourceError("the folder holds no files", where=where, do="Name a folder of Parquet files.")
    for file in files:
        inside = file.relative_to(folder)
        if file.suffix.lower() not in (".parquet", ".pq"):
            raise SourceError(
                f'the folder holds "{as_label(inside.as_posix())}", which is not a Parquet file',
                where=where,
                do="Move it elsewhere, or name one file.",
            )
        if any("=" in part for part in inside.parts[:-1]):
            raise SourceError(
                "the names of its folders hold values of a column (`column=value`), which are not read",
                where=where,
                do="Write that column into the files.",
            )
        require_file(file, f"{where}/{inside.as_posix()}")
    return files


def open_parquet(places: Places) -> Opened:
    """One or several Parquet files as one table; the footers say rows and types.

    Raises
    ------
    SourceError
        Where a file is cut off, or the files have not the same columns and types.
    """
    import pyarrow as pa

    schema: Any = None
    counted = 0
    for file, place in places:
        with _parquet(file, place) as parquet:
            found = plain_schema(parquet.schema_arrow, place)
            untyped = {f.name for f in parquet.schema_arrow if pa.types.is_null(f.type)}
            counted += parquet.metadata.num_rows
        if schema is None:
            schema, open_types = found, untyped
            continue
        if set(found.names) != set(schema.names):
            other = sorted(set(found.names) ^ set(schema.names))[0]
            raise SourceError(
                f'its files have not the same columns: "{as_label(other)}" is not in all of them',
                where=place,
                do="Write all files with the same columns.",
            )
        for name in schema.names:
            if schema.field(name).type.equals(found.field(name).type) or name in untyped:
                continue
            if name not in open_types:
                raise SourceError(
                    f'column "{as_label(name)}" is {found.field(name).type} here and {schema.field(name).type} in files before',
                    where=place,
                    do="Write all files with the same types.",
                )
            # A file in which the column is missing throughout has no type for it; the first that has one decides.
            schema = schema.set(schema.get_field_index(name), found.field(name))
            open_types = open_types - {name}
    return schema, counted, partial(_read_parquet, [(str(file), place) for file, place in places])


def _parquet(file: Path, where: str, coded: frozenset[str] = frozenset()) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(file, buffer_size=1 << 20, read_dictionary=sorted(coded) or None)
    except (pa.ArrowException, OSError) as exc:
        raise SourceError(
            "this is not a whole Parquet file: its end is missing or damaged",
            where=where,
            do="It may have been cut off; write it again from its source.",
        ) from exc


def _read_parquet(
    places: Sequence[tuple[str, str]], columns: tuple[str, ...], coded: frozenset[str] = frozenset()
) -> Iterator[Any]:
    import pyarrow as pa

    for file, place in places:
        with _parquet(Path(file), place, coded) as parquet:
            if columns:
                for groups in _together(parquet.metadata):
                    yield from parquet.iter_batches(batch_size=BATCH_ROWS, row_groups=groups, columns=list(columns))
                continue
            # Rows without columns still count.
            for start in range(0, parquet.metadata.num_rows, BATCH_ROWS):
                yield pa.RecordBatch.from_struct_array(
                    pa.array([{}] * min(BATCH_ROWS, parquet.metadata.num_rows - start), pa.struct([]))
                )


def _together(metadata: Any) -> Iterator[list[int]]:
    """Row groups that are read by one reader: a few, because a reader holds a buffer for each until it has read them all."""
    groups: list[int] = []
    rows = 0
    for index in range(metadata.num_row_groups):
        groups.append(index)
        rows += metadata.row_group(index).num_rows
        if rows >= 8 * BATCH_ROWS or len(groups) >= _MOST_GROUPS:
            yield groups
            groups, rows = [], 0
    if groups:
        yield groups


_MOST_GROUPS = 64
"""Row groups of a reader, however small they are."""

# --- Arrow IPC -----------------------------------------------------------------------------------------------------------

_END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"


def open_arrow(places: Places) -> Opened:
    """An Arrow IPC file or stream, told apart by its first bytes, and read once to count its rows.

    Raises
    ------
    SourceError
        Where it is cut off.
    """
    import pyarrow as pa

    path, where = places[0]
    with path.open("rb") as file:
        magic = file.read(8)
        file.seek(max(path.stat().st_size - 8, 0))
        end = file.read(8)
    if magic[:4] == b"FEA1":
        raise SourceError("this is Feather version 1", where=where, do="Write it as Feather version 2, or as Parquet.")
    stream = magic[:6] != b"ARROW1"
    try:
        with pa.OSFile(str(path)) as source:
            reader = pa.ipc.open_stream(source) if stream else pa.ipc.open_file(source)
            schema = plain_schema(reader.schema, where)
            # A stream that stops without its end mark cannot be told from one that was cut off between two batches.
            if stream and end != _END_OF_STREAM:
                raise pa.ArrowInvalid("no end of stream")
        counted = sum(batch.num_rows for batch in _read_arrow(str(path), stream, (schema.names[0],)))
    except (pa.ArrowException, OSError) as exc:
        raise SourceError(
            "this is not a whole Arrow file or stream: its end is missing or damaged",
            where=where,
            do="It may have been cut off; write it again from its source.",
        ) from exc
    return schema, counted, partial(_read_arrow, str(path), stream)


def _read_arrow(path: str, stream: bool, columns: tuple[str, ...]) -> Iterator[Any]:
    import pyarrow as pa

    opener = pa.ipc.open_stream if stream else pa.ipc.open_file
    with pa.OSFile(path) as source:
        schema = opener(source).schema
    included = sorted(schema.get_field_index(name) for name in columns)
    with pa.OSFile(path) as source:
        reader = opener(source, options=pa.ipc.IpcReadOptions(included_fields=included or None))
        if stream:
            yield from reader
        else:
            for index in range(reader.num_record_batches):
                yield reader.get_batch(index)
