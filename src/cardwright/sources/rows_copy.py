"""A copy of rows that a database gave, in an order that does not depend on the order it gave them in.

1. Each batch is written down as it comes, its types mapped to those that are read, with a hash beside each row; the digest of
   the rows is counted on the way.
2. When all are there, columns get the one type that fits all batches.
3. The copy is one Parquet file, its rows in the order of their hashes: the same rows give the same copy, and so the same record,
   whatever plan the database's optimiser chose that day.

What cannot be kept exactly is refused by the name of its column: arrays and structures, amounts with a currency, intervals,
moments outside the calendar, whole numbers beyond 64 bits.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cardwright.errors import MissingExtraError, SourceError
from cardwright.privacy.showing import shown_column
from cardwright.sources.files import FileRows, open_rows
from cardwright.sources.interface import RowsOrigin
from cardwright.sources.rows_digest import RowsDigest, canonical_rows, digest_of_rows
from cardwright.sources.shape import arrow, bounded, plain_schema

if TYPE_CHECKING:
    import pyarrow

FORMAT = "sql"
"""The format of such rows, as a record calls it."""
MAX_CELL = 64 * 1024 * 1024
"""The largest value, in bytes; what is longer is a file of its own, and not a value of a row."""
_KEY = "cardwright row key"
_DAYS = (-719_162, 2_932_896)
"""The years 1 to 9999, in days from 1970-01-01; what databases write as infinity lies outside."""


def copy_rows(batches: Iterable[pyarrow.RecordBatch], folder: Path, where: str) -> FileRows:
    """Write rows down, and open the copy.

    Parameters
    ----------
    batches
        All rows, in any order; types may differ from batch to batch where they are read from values.
    folder
        A private folder, which gets the copy.
    where
        How errors name the rows.

    Returns
    -------
    FileRows
        Of format `sql`; `sha256` is the digest of the rows in no order (`cardwright.sources.rows_digest`). Whoever asked for them
        says what of in `origin`.

    Raises
    ------
    SourceError
        If there are no rows, a value cannot be kept, a column holds values of several kinds, or the disk is full.
    """
    parts = folder / "parts.arrows"
    try:
        digest, schemas = _written(batches, parts, folder, where)
        if digest.rows == 0:
            raise SourceError("there are no rows, only columns", where=where, do="Ask for what holds rows.")
        schema = _one_schema(schemas, where)
        copy = folder / "rows.parquet"
        _sorted(parts, schema, copy, folder, where)
    except OSError as exc:
        if exc.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise  # a socket's, which the reader explains
        raise SourceError(
            f"the copy of its rows cannot be written ({exc.strerror})",
            where=where,
            do="Name a folder with more room with TMPDIR.",
        ) from None
    finally:
        parts.unlink(missing_ok=True)
    opened = open_rows(copy, where=where)
    return replace(opened, format=FORMAT, sha256=digest.sha256(schema.names), origin=RowsOrigin())


def _written(batches: Iterable[Any], parts: Path, folder: Path, where: str) -> tuple[RowsDigest, list[Any]]:
    """Step 1: every batch as a stream of its own, one after the other, since each may have a schema of its own."""
    pa = arrow(f"reading {where}")
    digest, schemas = RowsDigest.of_none(), list[Any]()
    with parts.open("wb") as sink:
        for given in batches:
            plain_schema(given.schema, where)  # two columns of one name
            batch = as_read(given, where)
            if not any(batch.schema.equals(known) for known in schemas):
                schemas.append(batch.schema)
            for part in bounded(batch):
                if 3 * part.nbytes > shutil.disk_usage(folder).free:
                    raise SourceError(
                        f"after {digest.rows:,} rows the folder for temporary files has no room for more",
                        where=where,
                        do="Name a larger one with TMPDIR, or ask for fewer rows or columns.",
                    )
                canonical = canonical_rows(part)
                digest += digest_of_rows(canonical)
                keys = keys_of(canonical)
                with pa.ipc.new_stream(sink, part.schema.append(pa.field(_KEY, pa.binary()))) as out:
                    out.write_batch(pa.RecordBatch.from_arrays([*part.columns, keys], names=[*part.schema.names, _KEY]))
    return digest, schemas


def keys_of(canonical: Sequence[bytes]) -> Any:
    """By what rows are sorted, whoever writes them: a hash of the canonical bytes of each."""
    import pyarrow as pa

    return pa.array([hashlib.sha256(row).digest()[:16] for row in canonical], pa.binary())


def _one_schema(schemas: Sequence[Any], where: str) -> Any:
    """Step 2: the type of each column that fits all batches.

    Raises
    ------
    SourceError
        If names change on the way, or a column holds values of several kinds.
    """
    import pyarrow as pa

    names = schemas[0].names
    if any(schema.names != names for schema in schemas):
        raise SourceError("its columns change on the way", where=where, do="Run again while nobody alters the table.")
    fields = []
    for name in names:
        kinds = list(dict.fromkeys(schema.field(name).type for schema in schemas))
        known = [kind for kind in kinds if not pa.types.is_null(kind)]
        if len(known) > 1 and all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in known):
            known = [pa.float64() if any(map(pa.types.is_floating, known)) else pa.int64()]
        if len(known) > 1:
            raise SourceError(
                f"{shown_column(name, names)} holds values of several kinds: {', '.join(sorted(map(str, known)))}",
                where=where,
                do="Cast it to one in `sql`, e.g. CAST(x AS TEXT).",
            )
        fields.append(pa.field(name, known[0] if known else pa.string()))
    return pa.schema(fields)


def _sorted(parts: Path, schema: Any, copy: Path, folder: Path, where: str) -> None:
    """Step 3: DuckDB sorts on disk where memory does not suffice."""
    import pyarrow as pa

    try:
        import duckdb
    except ImportError as exc:
        raise MissingExtraError("duckdb", "tabular", f"reading {where}") from exc
    whole = schema.append(pa.field(_KEY, pa.binary()))
    config: dict[str, Any] = {
        "temp_directory": str(folder / "sorting"),
        "threads": 2,
        "autoload_known_extensions": "false",
    }
    try:
        with duckdb.connect(":memory:", config=config) as store:
            reader = pa.RecordBatchReader.from_batches(whole, _read_parts(parts, whole))
            store.register("given", reader)
            target = str(copy).replace("'", "''")
            ordered = f'SELECT * EXCLUDE ("{_KEY}") FROM given ORDER BY "{_KEY}"'  # noqa: S608  a name of our own
            store.execute(f"COPY ({ordered}) TO '{target}' (FORMAT parquet)")
    except duckdb.Error as exc:
        raise SourceError(
            f"the copy of its rows cannot be written ({type(exc).__name__})",
            where=where,
            do="Name a folder with more room with TMPDIR.",
        ) from None


def _read_parts(parts: Path, schema: Any) -> Iterator[Any]:
    import pyarrow as pa

    with pa.OSFile(str(parts)) as source:
        end = source.size()
        while source.tell() < end:
            with pa.ipc.open_stream(source) as stream:
                for batch in stream:
                    yield batch.cast(schema)


def as_read(batch: pyarrow.RecordBatch, where: str) -> pyarrow.RecordBatch:
    """A batch in the types that are read: strings, whole numbers, doubles, truth values, bytes, dates, times and moments.

    Raises
    ------
    SourceError
        If a column holds anything else, or a value that cannot be kept.
    """
    import pyarrow as pa

    names = batch.schema.names
    columns = [
        _kept(column, shown_column(name, names), where) for name, column in zip(names, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, names=names)


def _kept(column: Any, name: str, where: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    types = pa.types
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if (
        types.is_nested(kind)
        or isinstance(kind, pa.BaseExtensionType)
        or types.is_interval(kind)
        or types.is_duration(kind)
    ):
        what = (
            "arrays or structures" if types.is_nested(kind) else "intervals" if types.is_temporal(kind) else str(kind)
        )
        raise unreadable(name, what, where)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_large_binary(kind):
        longest = pc.max(pc.binary_length(column)).as_py() or 0
        if longest > MAX_CELL:
            raise SourceError(
                f"{name} holds a value of {longest:,} bytes, and at most {MAX_CELL:,} are read",
                where=where,
                do="Leave the column out in `sql`, or cut its values.",
            )
        return column.cast(pa.string() if types.is_string(kind) or types.is_large_string(kind) else pa.binary())
    if types.is_decimal(kind):
        return _decimal(column, name, where)
    if types.is_date(kind) or types.is_timestamp(kind):
        _require_calendar(column, name, where)
    return column


def _decimal(column: Any, name: str, where: str) -> Any:
    """Whole numbers stay exact; fractions become the nearest double, as decimals of files do."""
    import pyarrow as pa

    if column.type.scale > 0:
        return column.cast(pa.float64())
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        raise beyond(name, where) from None


def _require_calendar(column: Any, name: str, where: str) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_timestamp(kind):
        per_day = 86_400 * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
        ends = pc.min_max(column.cast(pa.int64())).as_py()
    else:
        per_day = 1
        ends = pc.min_max(column.cast(pa.date32()).cast(pa.int32())).as_py()
    if ends["min"] is not None and (ends["min"] < _DAYS[0] * per_day or ends["max"] >= (_DAYS[1] + 1) * per_day):
        raise SourceError(
            f"{name} holds a date outside the years 1 to 9999, such as infinity",
            where=where,
            do="Turn it into NULL in `sql`, e.g. NULLIF(x, 'infinity').",
        )


def unreadable(name: str, what: str, where: str) -> SourceError:
    """The error for a column of a type that is not read."""
    return SourceError(
        f"{name} holds {what}, which are not read from databases",
        where=where,
        do="Leave it out in `sql`, write its parts as columns of their own, or cast it, e.g. CAST(x AS TEXT).",
    )


def beyond(name: str, where: str) -> SourceError:
    """The error for whole numbers that no type of 64 bits holds."""
    return SourceError(
        f"{name} holds whole numbers of more than 64 bits",
        where=where,
        do="If they are names of rows, cast them to text in `sql`; if amounts, to DOUBLE PRECISION.",
    )
