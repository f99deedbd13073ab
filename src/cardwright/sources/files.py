"""Rows of files: CSV, Parquet, a folder of Parquet files, Arrow, Feather and JSON Lines, read again and again in constant memory.

`open_rows` takes digest, row count and schema when it opens a file. What it returns reads the same rows every time, or says
that the file has changed since.

The same rows come out of every format:

- Strings are `string`, whatever the writer used (large strings, string views, dictionaries and pandas categories).
- CSV has no types. A column is `int64`, `double` or `bool` only where every value of the *whole file* reads so; else it is
  `string`. Values that a number would not keep as they stand are not numbers: leading zeros (`007`), a plus sign (`+49…`), a
  stray dot (`1.`) or blank (` 1`), hexadecimal digits, and integers too long for a `double` beside decimal fractions. A column
  with one of these is a `string` column. Dates stay strings.
- An empty CSV field is missing; an empty field in quotes is an empty string. In columns of numbers, `NA`, `nan`, `null` and
  their kin are missing too; in columns of strings they are words, as in `Namibia, NA`.
- JSON Lines are typed in the same way over the whole file; objects and lists become JSON text.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import itertools
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from cardwright.errors import MissingExtraError, SourceError, did_you_mean
from cardwright.record.base import label as as_label
from cardwright.record.provenance import Column

if TYPE_CHECKING:
    import pyarrow

BATCH_ROWS = 131_072
"""The largest number of rows in a batch."""

BATCH_BYTES = 256 * 1024 * 1024
"""About the largest size of a batch, for rows that hold long texts."""

MAX_LINE = 64 * 1024 * 1024
"""The longest line of JSON that is read."""

_CSV_BLOCK = 8 * 1024 * 1024
_HASH_BLOCK = 4 * 1024 * 1024

MISSING_WORDS = (
    "", "#N/A", "#NA", "-NaN", "-nan", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
"""What stands for a missing number in a CSV file."""

_LONG = 10**15  # beside decimal fractions, integers of 16 digits and more would lose some of them
_TRUE = ("true", "True", "TRUE")
_FALSE = ("false", "False", "FALSE")


def arrow(purpose: str) -> Any:
    """The library pyarrow, or an error that says how to install it."""
    try:
        import pyarrow
    except ImportError as exc:
        raise MissingExtraError("pyarrow", "tabular", purpose) from exc
    return pyarrow


@dataclass(frozen=True)
class FileRows:
    """See `cardwright.sources.interface.Rows`. Made by `open_rows`."""

    path: Path
    """The file or folder."""
    where: str
    """How errors name it."""
    format: str
    """`csv`, `parquet`, `arrow` or `jsonl`."""
    sha256: str
    """Digest of the bytes; of a folder, of its sorted `digest  path` lines, as `sha256sum` prints them."""
    num_rows: int
    """How many rows."""
    schema: pyarrow.Schema
    """Names and types of all columns."""
    stamps: tuple[tuple[str, int, int, int], ...] = field(repr=False, default=())
    """Path, size, time and inode of each file as it was hashed."""
    reader: Callable[[tuple[str, ...]], Iterator[Any]] = field(repr=False, default=lambda columns: iter(()))
    """Reads the columns asked for, in any batches."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The schema as a record states it."""
        return columns_of(self.schema)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pyarrow.RecordBatch]:
        """See `cardwright.sources.interface.Rows.batches`.

        Raises
        ------
        SourceError
            Also where the file has changed since it was opened.
        """
        wanted = tuple(self.schema.names) if columns is None else tuple(columns)
        require_columns(self.schema.names, wanted, self.where)
        return self._read(wanted)

    def _read(self, wanted: tuple[str, ...]) -> Iterator[Any]:
        pa = arrow(f"reading {self.where}")
        self.refuse_change()
        unique = tuple(dict.fromkeys(wanted))
        schema = pa.schema([self.schema.field(name) for name in unique])
        seen = 0
        try:
            for batch in self.reader(unique):
                seen += batch.num_rows
                for part in bounded(as_plain(batch, schema)):
                    yield part if wanted == unique else part.select(list(wanted))
        except (pa.ArrowException, OSError, UnicodeDecodeError):
            self.refuse_change()
            # Arrow's message may hold a value of the data, so it is not carried on.
            raise SourceError(
                f"the {self.format} file is damaged after row {seen}",
                where=self.where,
                do="It was whole when it was opened; write it again from its source.",
            ) from None
        self.refuse_change()
        if seen != self.num_rows:
            raise SourceError(
                f"{seen} rows were read where {self.num_rows} were counted",
                where=self.where,
                do="Write the file again from its source.",
            )

    def refuse_change(self) -> None:
        """Refuse a file that is not the one whose digest was taken, by its size, time and inode.

        Raises
        ------
        SourceError
        """
        if _stamps([Path(path) for path, *_ in self.stamps]) != self.stamps:
            raise SourceError(
                "the file has changed since its digest was taken",
                where=self.where,
                do="Run again while nothing writes to it.",
            )


def open_rows(path: Path, *, where: str | None = None) -> FileRows:
    """Open a file, or a folder of Parquet files: digest, row count and schema are taken, and every row is checked once.

    Parameters
    ----------
    path
        `.csv`, `.tsv`, `.parquet`, `.arrow`, `.feather`, `.ipc`, `.arrows`, `.jsonl`, `.ndjson`, or a folder.
    where
        How errors name it; the path itself where it is not given.

    Raises
    ------
    SourceError
        Where the file is missing, empty, without rows, cut off or malformed.
    MissingExtraError
        Where pyarrow is not installed.
    """
    where = where or str(path)
    arrow(f"reading {where}")
    if path.is_dir():
        files = _parquet_files(path, where)
        kind, opener = _FORMATS[".parquet"]
    else:
        require_file(path, where)
        files = [path]
        kind, opener = _format_of(path, where)
    stamps = _stamps(files)
    with ThreadPoolExecutor(max_workers=2) as pool:
        digests = [pool.submit(sha256_of, file) for file in files]
        schema, num_rows, reader = opener(files, where)
        digest = _folder_digest(path, files, [d.result() for d in digests]) if path.is_dir() else digests[0].result()
    if num_rows == 0:
        raise SourceError("there are no rows, only columns", where=where, do="Name a file that holds rows.")
    rows = FileRows(path, where, kind, digest, num_rows, schema, stamps, reader)
    rows.refuse_change()
    return rows


def sha256_of(path: Path) -> str:
    """SHA-256 of the bytes of a file, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def sha256_of_path(path: Path) -> str:
    """SHA-256 of a file, or of the sorted (path, digest) pairs of all files of a folder."""
    if not path.is_dir():
        return sha256_of(path)
    files = sorted(
        (file for file in path.rglob("*") if file.is_file()), key=lambda file: file.relative_to(path).as_posix()
    )
    return _folder_digest(path, files, [sha256_of(file) for file in files])


def _folder_digest(folder: Path, files: Sequence[Path], digests: Sequence[str]) -> str:
    lines = [f"{digest}  {file.relative_to(folder).as_posix()}\n" for file, digest in zip(files, digests, strict=True)]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def require_file(path: Path, where: str) -> None:
    """Refuse what is not a regular, non-empty file that can be read.

    Raises
    ------
    SourceError
        With the nearest name in the same folder where the file is missing.
    """
    try:
        stat = path.stat()
    except OSError:
        siblings: list[str] = []
        if path.parent.is_dir():
            siblings = [p.name for p in path.parent.iterdir() if not p.name.startswith(".")]
            hint = did_you_mean(path.name, siblings)
        else:
            hint = f'There is no folder "{path.parent.name}".'
        raise SourceError("there is no such file", where=where, do=hint or None) from None
    if not path.is_file():
        raise SourceError("this is not a regular file", where=where, do="Name a file.")
    if stat.st_size == 0:
        raise SourceError("the file is empty (0 bytes)", where=where, do="Write it again from its source.")
    try:
        with path.open("rb"):
            pass
    except OSError as exc:
        raise SourceError(
            f"the file cannot be opened ({exc.strerror})", where=where, do="Check its permissions."
        ) from exc


def require_columns(present: Sequence[str], wanted: Sequence[str], where: str) -> None:
    """Refuse a column that is not there, naming the nearest.

    Raises
    ------
    SourceError
    """
    for name in wanted:
        if name not in present:
            raise SourceError(
                f'there is no column "{as_label(name)}"', where=where, do=did_you_mean(name, present) or None
            )


def columns_of(schema: pyarrow.Schema) -> tuple[Column, ...]:
    """A schema as a record states it."""
    return tuple(Column(name=as_label(f.name), type=as_label(str(f.type))) for f in schema)


def _stamps(files: Sequence[Path]) -> tuple[tuple[str, int, int, int], ...]:
    def stamp(path: Path) -> tuple[str, int, int, int]:
        try:
            stat = path.stat()
        except OSError:
            return (str(path), -1, -1, -1)  # gone, which differs from what it was
        return (str(path), stat.st_size, stat.st_mtime_ns, stat.st_ino)

    return tuple(stamp(path) for path in files)


# --- one shape for all formats -------------------------------------------------------------------------------------------


def plain_type(kind: Any) -> Any:
    """The type that rows of this Arrow type are handed out as: one string type, no dictionaries,
    no extension types, no decimals."""
    import pyarrow as pa

    types = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return plain_type(kind.storage_type)
    if types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if types.is_large_string(kind) or types.is_string_view(kind) or types.is_null(kind):
        return pa.string()
    if types.is_large_binary(kind) or types.is_binary_view(kind):
        return pa.binary()
    if types.is_decimal(kind):
        return pa.float64()
    if types.is_float16(kind):
        return pa.float32()
    return kind


def plain_schema(schema: Any, where: str) -> Any:
    """A schema in plain types, without metadata.

    Raises
    ------
    SourceError
        Where two columns have the same name, or there is none.
    """
    import pyarrow as pa

    names = schema.names
    if not names:
        raise SourceError("there are no columns", where=where, do="Name a file that holds a table.")
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise SourceError(f'two columns are called "{as_label(twice[0])}"', where=where, do="Rename one of them.")
    return pa.schema([pa.field(f.name, plain_type(f.type)) for f in schema])


def as_plain(batch: Any, schema: Any) -> Any:
    """A batch with the columns and types of `schema`, which `plain_schema` made."""
    import pyarrow as pa

    arrays = []
    for target in schema:
        array = batch.column(target.name)
        if isinstance(array.type, pa.BaseExtensionType):
            array = array.storage
        arrays.append(array if array.type.equals(target.type) else array.cast(target.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema) if arrays else batch.select([])


def bounded(batch: Any) -> Iterator[Any]:
    """The same rows in batches of at most `BATCH_ROWS` rows and about `BATCH_BYTES` bytes."""
    if batch.num_rows == 0:
        return
    pieces = max(-(-batch.num_rows // BATCH_ROWS), -(-batch.nbytes // BATCH_BYTES), 1)
    size = max(-(-batch.num_rows // pieces), 1)
    for start in range(0, batch.num_rows, size):
        yield batch.slice(start, size) if pieces > 1 else batch


Opened = tuple[Any, int, Callable[[tuple[str, ...]], Iterator[Any]]]
"""Schema, number of rows, reader."""


# --- Parquet -------------------------------------------------------------------------------------------------------------


def _parquet_files(folder: Path, where: str) -> list[Path]:
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


def _open_parquet(files: Sequence[Path], where: str) -> Opened:
    import pyarrow as pa

    schema: Any = None
    counted = 0
    for file in files:
        place = where if len(files) == 1 and not _inside(file, where) else f"{where}/{file.name}"
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
    return schema, counted, partial(_read_parquet, [str(file) for file in files], where)


def _inside(file: Path, where: str) -> bool:
    return Path(where).name != file.name


def _parquet(file: Path, where: str) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(file, buffer_size=1 << 20)
    except (pa.ArrowException, OSError) as exc:
        raise SourceError(
            "this is not a whole Parquet file: its end is missing or damaged",
            where=where,
            do="It may have been cut off; write it again from its source.",
        ) from exc


def _read_parquet(files: Sequence[str], where: str, columns: tuple[str, ...]) -> Iterator[Any]:
    import pyarrow as pa

    for file in files:
        with _parquet(Path(file), where) as parquet:
            if columns:
                yield from parquet.iter_batches(batch_size=BATCH_ROWS, columns=list(columns))
                continue
            # Rows without columns still count.
            for start in range(0, parquet.metadata.num_rows, BATCH_ROWS):
                yield pa.RecordBatch.from_struct_array(
                    pa.array([{}] * min(BATCH_ROWS, parquet.metadata.num_rows - start), pa.struct([]))
                )


# --- Arrow IPC -----------------------------------------------------------------------------------------------------------

_END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"


def _open_arrow(files: Sequence[Path], where: str) -> Opened:
    import pyarrow as pa

    path = files[0]
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

    with pa.OSFile(path) as source:
        opener = pa.ipc.open_stream if stream else pa.ipc.open_file
        included = sorted(opener(source).schema.get_field_index(name) for name in columns)
        source.seek(0)
        reader = opener(source, options=pa.ipc.IpcReadOptions(included_fields=included or None))
        if stream:
            yield from reader
        else:
            for index in range(reader.num_record_batches):
                yield reader.get_batch(index)


# --- CSV -----------------------------------------------------------------------------------------------------------------


class _CsvType:
    """What the values of one column have read as so far; the order in which they are seen does not matter."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.long = False
        self.words = False

    def see(self, array: Any) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if "text" in self.kinds:
            return
        values = array.drop_null()
        integers = None if "float" in self.kinds else _cast(values, pa.int64())
        if integers is None:
            missing = pc.is_in(values, value_set=pa.array(MISSING_WORDS))
            if pc.any(missing).as_py():
                self.words = True
                values = values.filter(pc.invert(missing))
                integers = None if "float" in self.kinds else _cast(values, pa.int64())
        if len(values) == 0:
            return
        if integers is not None:
            ends = pc.min_max(integers).as_py()
            self.long = self.long or ends["max"] >= _LONG or ends["min"] <= -_LONG
            self.kinds.add("text" if _unlike_numbers(values) else "int")
        elif _cast(values, pa.float64()) is not None:
            self.long = self.long or _long_integers(values)
            self.kinds.add("text" if _unlike_numbers(values) else "float")
        elif pc.all(pc.is_in(values, value_set=pa.array(_TRUE + _FALSE))).as_py():
            self.kinds.add("bool")
        else:
            self.kinds.add("text")

    def type(self) -> Any:
        import pyarrow as pa

        if self.kinds == {"int"}:
            return pa.int64()
        if self.kinds == {"bool"}:
            return pa.bool_()
        if self.kinds and self.kinds <= {"int", "float"} and not self.long:
            return pa.float64()
        return pa.string()


def _cast(values: Any, kind: Any) -> Any:
    import pyarrow as pa

    try:
        values.slice(0, 64).cast(kind)  # Arrow writes a message for every value that fails, so a few go first
        return values.cast(kind)
    except pa.ArrowInvalid:
        return None  # not all of them read so; that is the answer


def _unlike_numbers(values: Any) -> bool:
    """Whether a value that Arrow reads as a number says more than the number: `007`, `0x1F`, `+49`, `1.`."""
    import pyarrow.compute as pc

    if pc.any(pc.starts_with(values, "+")).as_py() or pc.any(pc.ends_with(values, ".")).as_py():
        return True
    for zero in ("0", "-0"):
        begins = pc.starts_with(values, zero)
        usual = pc.or_(pc.starts_with(values, f"{zero}."), pc.equal(values, zero))  # 0.5 and 0, which are fast to tell
        suspects = values.filter(pc.and_not(begins, usual))
        if len(suspects) and pc.any(pc.match_substring_regex(suspects, "^-?0[0-9xX]")).as_py():
            return True
    return False


def _long_integers(values: Any) -> bool:
    import pyarrow.compute as pc

    suspects = values.filter(pc.and_not(pc.greater(pc.binary_length(values), 15), pc.match_substring(values, ".")))
    return len(suspects) > 0 and bool(pc.any(pc.match_substring_regex(suspects, "^-?[0-9]{16,}$")).as_py())


def _open_csv(files: Sequence[Path], where: str) -> Opened:
    import pyarrow as pa

    path = files[0]
    delimiter, names = _csv_header(path, where)
    plain_schema(pa.schema([pa.field(name, pa.string()) for name in names]), where)
    types = {name: _CsvType() for name in names}
    counted = 0
    strings = {name: pa.string() for name in names}
    try:
        for batch in _csv_batches(str(path), delimiter, strings, tuple(names), quoted=True):
            counted += batch.num_rows
            for name in names:
                types[name].see(batch.column(name))
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        _explain_csv(path, delimiter, len(names), where)
    if _odd_quotes(path):
        _refuse_open_quote(path, delimiter, where)
    schema = pa.schema([pa.field(name, types[name].type()) for name in names])
    words = frozenset(name for name in names if types[name].words and not pa.types.is_string(types[name].type()))
    return schema, counted, partial(_read_csv, str(path), delimiter, schema, words)


def _csv_header(path: Path, where: str) -> tuple[str, list[str]]:
    """The delimiter (the commonest of comma, semicolon, tab and bar in the first line) and the names of the columns."""
    try:
        with path.open("r", encoding="utf-8-sig", newline="") as file:
            first = next((line for line in file if line.strip("\r\n")), "")
            delimiter = max(",;\t|", key=first.count)
            file.seek(0)
            names = next((row for row in csv.reader(file, delimiter=delimiter) if row), [])
    except UnicodeDecodeError:
        _explain_csv(path, ",", None, where)
    except csv.Error:
        raise SourceError("the first line does not read as names of columns", where=f"{where}:1") from None
    if not names:
        raise SourceError("the file holds only blank lines", where=where, do="Write it again from its source.")
    return delimiter, names


def _csv_batches(
    path: str, delimiter: str, types: dict[str, Any], columns: tuple[str, ...], *, quoted: bool
) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.csv as pc

    with pa.OSFile(path) as file:
        yield from pc.open_csv(
            file,
            read_options=pc.ReadOptions(block_size=_CSV_BLOCK),
            parse_options=pc.ParseOptions(delimiter=delimiter, newlines_in_values=quoted),
            convert_options=pc.ConvertOptions(
                column_types=types,
                include_columns=list(columns),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                true_values=list(_TRUE),
                false_values=list(_FALSE),
            ),
        )


def _read_csv(path: str, delimiter: str, schema: Any, words: frozenset[str], columns: tuple[str, ...]) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    asked = columns or (schema.names[0],)  # Arrow takes no columns for all columns
    types = {name: pa.string() if name in words else schema.field(name).type for name in asked}
    missing = pa.array(MISSING_WORDS)
    for batch in _csv_batches(path, delimiter, types, asked, quoted=True):
        arrays = [
            pc.if_else(pc.is_in(batch.column(name), value_set=missing), None, batch.column(name)).cast(
                schema.field(name).type
            )
            if name in words
            else batch.column(name)
            for name in asked
        ]
        yield pa.RecordBatch.from_arrays(arrays, names=list(asked)).select(list(columns))


def _odd_quotes(path: Path) -> bool:
    count = 0
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK):
            count += block.count(b'"')
    return count % 2 == 1


def _rows_of_text(path: Path, delimiter: str, end: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """The rows with the line each begins on, as Python's reader sees them; with `end`, one more line at the end."""
    former = csv.field_size_limit(sys.maxsize)
    try:
        with path.open("r", encoding="utf-8-sig", errors="replace", newline="") as file:
            reader = csv.reader(itertools.chain(file, [end] if end else []), delimiter=delimiter)
            begins = 1
            for row in reader:
                yield begins, row
                begins = reader.line_num + 1
    finally:
        csv.field_size_limit(former)


def _refuse_open_quote(path: Path, delimiter: str, where: str) -> None:
    """An odd number of quotes is well where one stands inside a field (`5" pipe`), and a cut where one was never closed."""
    end = "the line after the last"
    line, last = 1, [end]
    for line, last in _rows_of_text(path, delimiter, end):  # noqa: B007  the last row decides
        pass
    if last != [end]:
        raise SourceError(
            "a quoted field is never closed",
            where=f"{where}:{line}",
            do="The file may have been cut off; write it again from its source.",
        )


def _explain_csv(path: Path, delimiter: str, width: int | None, where: str) -> NoReturn:
    """Find the line at which a CSV file stops being one; Arrow says so without a line, and with the values on it."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                raise SourceError(
                    "the text is not UTF-8", where=f"{where}:{number}", do="Save the file as UTF-8."
                ) from None
    if width is not None:
        for number, row in _rows_of_text(path, delimiter):
            if row and len(row) != width:
                raise SourceError(
                    f"the row has {len(row)} of the {width} fields that the header names",
                    where=f"{where}:{number}",
                    do="The file may have been cut off, or a field with a comma is not in quotes.",
                ) from None
    raise SourceError(
        f"the CSV file cannot be read: a row is longer than {_CSV_BLOCK // 2**20} MiB, or a quote is out of place",
        where=where,
        do="Write it again from its source, or as Parquet.",
    ) from None


# --- JSON Lines ----------------------------------------------------------------------------------------------------------


def json_lines(path: Path, where: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON Lines file with their line numbers; blank lines are passed over.

    Raises
    ------
    SourceError
        With file and line, where a line is not one JSON object in UTF-8 or names a key twice.
    """
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            place = f"{where}:{number}"
            if len(line) > MAX_LINE:
                raise SourceError(f"the line is longer than {MAX_LINE // 2**20} MiB", where=place, do="Split it.")
            if number == 1 and line.startswith(codecs.BOM_UTF8):
                line = line[len(codecs.BOM_UTF8) :]
            if not line.strip():
                continue
            try:
                value = json.loads(line.decode("utf-8"), object_pairs_hook=_no_key_twice)
            except UnicodeDecodeError:
                raise SourceError("the text is not UTF-8", where=place, do="Save the file as UTF-8.") from None
            except _KeyTwiceError as exc:
                raise SourceError(f'the key "{exc}" stands twice in one object', where=place, do="Keep one.") from None
            except (json.JSONDecodeError, RecursionError):
                cut = "" if line.endswith(b"\n") else " The file may have been cut off here."
                raise SourceError(
                    "the line is not a whole JSON object", where=place, do=f"Write one JSON object per line.{cut}"
                ) from None
            if not isinstance(value, dict):
                raise SourceError(
                    "the line is not a JSON object", where=place, do='Write objects: {"column": value, …}.'
                )
            yield number, value


class _KeyTwiceError(ValueError):
    pass


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _KeyTwiceError(as_label(key))
            seen.add(key)
    return found


def _json_kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if -(2**63) <= value < 2**63 else "text"
    return "float" if isinstance(value, float) else "text"


def _open_jsonl(files: Sequence[Path], where: str) -> Opened:
    import pyarrow as pa

    kinds: dict[str, _CsvType] = {}
    counted = 0
    for _, row in json_lines(files[0], where):
        counted += 1
        for name, value in row.items():
            state = kinds.setdefault(name, _CsvType())
            if value is not None and not (isinstance(value, float) and value != value):  # noqa: PLR0124  NaN is missing
                state.kinds.add(_json_kind(value))
                state.long = state.long or (isinstance(value, int) and abs(value) >= _LONG)
    if counted == 0:
        raise SourceError("the file holds only blank lines", where=where, do="Write it again from its source.")
    schema = plain_schema(pa.schema([pa.field(name, state.type()) for name, state in kinds.items()]), where)
    return schema, counted, partial(_read_jsonl, str(files[0]), where, schema)


def _read_jsonl(path: str, where: str, schema: Any, columns: tuple[str, ...]) -> Iterator[Any]:
    import pyarrow as pa

    lines = json_lines(Path(path), where)
    makers = {name: _json_cell(schema.field(name).type) for name in columns}
    chosen = pa.schema([schema.field(name) for name in columns])
    while block := list(itertools.islice(lines, BATCH_ROWS // 4)):
        arrays = [
            pa.array([makers[name](row.get(name)) for _, row in block], schema.field(name).type) for name in columns
        ]
        if columns:
            yield pa.RecordBatch.from_arrays(arrays, schema=chosen)
        else:
            yield pa.RecordBatch.from_struct_array(pa.array([{}] * len(block), pa.struct([])))


def _json_cell(kind: Any) -> Callable[[Any], Any]:
    import pyarrow as pa

    def text(value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, ensure_ascii=False, sort_keys=True)

    def number(value: Any) -> float | None:
        return None if value is None or value != value else float(value)  # noqa: PLR0124  NaN is missing

    if pa.types.is_string(kind):
        return text
    return number if pa.types.is_floating(kind) else lambda value: None if value != value else value  # noqa: PLR0124


# --- which format --------------------------------------------------------------------------------------------------------

_FORMATS: dict[str, tuple[str, Callable[[Sequence[Path], str], Opened]]] = {
    ".csv": ("csv", _open_csv),
    ".tsv": ("csv", _open_csv),
    ".parquet": ("parquet", _open_parquet),
    ".pq": ("parquet", _open_parquet),
    ".arrow": ("arrow", _open_arrow),
    ".arrows": ("arrow", _open_arrow),
    ".feather": ("arrow", _open_arrow),
    ".ipc": ("arrow", _open_arrow),
    ".jsonl": ("jsonl", _open_jsonl),
    ".ndjson": ("jsonl", _open_jsonl),
}


def _format_of(path: Path, where: str) -> tuple[str, Callable[[Sequence[Path], str], Opened]]:
    known = _FORMATS.get(path.suffix.lower())
    if known is None:
        raise SourceError(
            f'the ending "{as_label(path.suffix)}" is none of a format that is read',
            where=where,
            do=f"Save it as one of: {', '.join(_FORMATS)}.",
        )
    return known
