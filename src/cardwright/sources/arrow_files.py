"""Parquet files, one or a folder of them, and Arrow IPC files and streams (Feather)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from cardwright.errors import SourceError
from cardwright.privacy.showing import shown
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
        require_file(file, f"{where}/{inside.as_posix()}")
    return files


def rows_by_file(path: Path) -> list[tuple[Path, int]]:
    """The Parquet files of a folder, or the one file, in the order in which rows are read; and how many rows each has."""
    files = parquet_files(path, path.name) if path.is_dir() else [path]
    found = []
    for file in files:
        with _parquet(file, file.name) as parquet:
            found.append((file, int(parquet.metadata.num_rows)))
    return found


_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_WHOLE = re.compile(r"0|-?[1-9]\d{0,17}")


def partitions(folder: Path, places: Places) -> list[dict[str, str | None]]:
    """What the names of folders say of each file's rows: `column=value`, as Hive, Spark and Arrow write partitions.

    Raises
    ------
    SourceError
        If the files are not all below folders of the same columns.
    """
    found: list[dict[str, str | None]] = []
    for file, place in places:
        pairs = [part.partition("=") for part in file.relative_to(folder).parts[:-1] if "=" in part]
        values = {unquote(name): None if value == _NO_VALUE else unquote(value) for name, _, value in pairs}
        if len(values) < len(pairs) or (found and list(values) != list(found[0])):
            raise SourceError(
                "its folders name columns (`column=value`) other than those of the files before",
                where=place,
                do="Write all files below folders of the same columns, in the same order.",
            )
        found.append(values)
    return found


def open_parquet(places: Places, values: Sequence[Mapping[str, str | None]] = ()) -> Opened:
    """One or several Parquet files as one table; the footers say rows and types.

    `values` are columns that the names of folders give each file. Like cells of a CSV file they have no type: a column of whole
    numbers is `int64`, any other `string`.

    Raises
    ------
    SourceError
        If a file is cut off, or the files do not have the same columns and types.
    """
    import pyarrow as pa

    schema, counted = _schema_of(places)
    if not values or not values[0]:
        return schema, counted, partial(_read_parquet, [(str(file), place, {}) for file, place in places])
    typed: list[dict[str, Any]] = [{} for _ in places]
    for name in values[0]:
        said = [one[name] for one in values]
        if name in schema.names:
            raise SourceError(
                f"a column is both in the files and in the names of their folders: {shown(name, 'its name is not shown')}",
                where=places[0][1],
                do="Leave it out of one of them.",
            )
        whole = any(said) and all(value is None or _WHOLE.fullmatch(value) for value in said)
        kind = pa.int64() if whole else pa.string()
        schema = schema.append(pa.field(name, kind))
        for one, value in zip(typed, said, strict=True):
            one[name] = pa.scalar(None if value is None else int(value) if whole else value, kind)
    reader = partial(_read_parquet, [(str(file), place, one) for (file, place), one in zip(places, typed, strict=True)])
    return schema, counted, reader


def _schema_of(places: Places) -> tuple[Any, int]:
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
                f'its files do not have the same columns: "{as_label(other)}" is not in all of them',
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
    return schema, counted


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
    places: Sequence[tuple[str, str, Mapping[str, Any]]], columns: tuple[str, ...], coded: frozenset[str] = frozenset()
) -> Iterator[Any]:
    for file, place, values in places:
        inside = tuple(name for name in columns if name not in values)
        for batch in _read_file(Path(file), place, inside, coded - {*values}):
            yield batch if not values else _with_values(batch, columns, values)


def _with_values(batch: Any, columns: tuple[str, ...], values: Mapping[str, Any]) -> Any:
    """The rows of one file with what the names of its folders say of all of them."""
    import pyarrow as pa

    arrays = [pa.repeat(values[name], batch.num_rows) if name in values else batch.column(name) for name in columns]
    return pa.RecordBatch.from_arrays(arrays, names=list(columns)) if columns else batch


def _read_file(file: Path, place: str, columns: tuple[str, ...], coded: frozenset[str]) -> Iterator[Any]:
    import pyarrow as pa

    with _parquet(file, place, coded) as parquet:
        if columns:
            for groups in _together(parquet.metadata):
                yield from parquet.iter_batches(batch_size=BATCH_ROWS, row_groups=groups, columns=list(columns))
            return
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
        If it is cut off.
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
