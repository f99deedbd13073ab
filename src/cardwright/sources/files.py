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
- Folders called `column=value` below a folder of Parquet files (Hive partitions) are a column of their own, typed as in CSV.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cardwright.errors import SourceError
from cardwright.privacy.showing import masked
from cardwright.record.base import label as as_label
from cardwright.record.provenance import Column
from cardwright.sources import lake_tables
from cardwright.sources.arrow_files import open_arrow, open_parquet, parquet_files, partitions
from cardwright.sources.csv_files import open_csv
from cardwright.sources.digests import Stamp, folder_digest, require_file, sha256_of, sha256_of_path, stamps
from cardwright.sources.interface import RowsOrigin
from cardwright.sources.json_lines import json_lines, open_json_lines
from cardwright.sources.shape import Opened, Places, arrow, as_plain, bounded, columns_of, require_columns

if TYPE_CHECKING:
    import pyarrow

__all__ = ["FileRows", "json_lines", "open_rows", "require_file", "sha256_of", "sha256_of_path"]


@dataclass(frozen=True)
class FileRows:
    """See `cardwright.sources.interface.Rows`. Made by `open_rows`."""

    path: Path
    """The file or folder."""
    where: str
    """How errors name it."""
    format: str
    """See `cardwright.sources.interface.FiledRows.format`."""
    sha256: str
    """Digest of the bytes; of a folder, of its sorted `digest  path` lines, as `sha256sum` prints them."""
    num_rows: int
    """How many rows."""
    schema: pyarrow.Schema
    """Names and types of all columns."""
    stamps: tuple[Stamp, ...] = field(repr=False, default=())
    """Path, size, time and inode of each file as it was hashed."""
    reader: Callable[..., Iterator[Any]] = field(repr=False, default=lambda columns: iter(()))
    """Reads the columns asked for, in any batches; of a Parquet file also with `coded`, columns whose strings stay codes."""
    origin: RowsOrigin | None = None
    """Of rows that were copied: from a database, from a table of a lake or from what a query gives."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The schema as a record states it."""
        return columns_of(self.schema)

    @property
    def is_parquet(self) -> bool:
        """Whether `path` is a Parquet file or a folder of them."""
        return self.format == "parquet" or self.origin is not None

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pyarrow.RecordBatch]:
        """See `cardwright.sources.interface.Rows.batches`.

        Raises
        ------
        SourceError
            Also where the file has changed since it was opened.
        """
        wanted = tuple(self.schema.names) if columns is None else tuple(columns)
        require_columns(self.schema.names, wanted, self.where)
        return self._read(wanted, frozenset())

    def coded(self, columns: Sequence[str], categories: Sequence[str]) -> Iterator[pyarrow.RecordBatch]:
        """See `cardwright.sources.shape.coded_batches`: Parquet keeps repeated strings as codes, and so they are handed on."""
        wanted = tuple(columns)
        require_columns(self.schema.names, wanted, self.where)
        return self._read(wanted, frozenset(categories) if self.is_parquet else frozenset())

    def _read(self, wanted: tuple[str, ...], coded: frozenset[str]) -> Iterator[Any]:
        pa = arrow(f"reading {self.where}")
        self.refuse_change()
        unique = tuple(dict.fromkeys(wanted))
        schema = pa.schema([self.schema.field(name) for name in unique])
        seen = 0
        try:
            for batch in self.reader(unique, coded=coded) if coded else self.reader(unique):
                seen += batch.num_rows
                for part in bounded(as_plain(batch, schema, coded)):
                    yield part if wanted == unique else part.select(list(wanted))
        except (pa.ArrowException, OSError, UnicodeDecodeError):
            self.refuse_change()
            # Arrow's message may hold a value of the data, so it is not carried on.
            raise SourceError(
                f"the {self.format} file is damaged after row {seen}",
                where=self.where,
                do="Write it again from its source.",
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
        if stamps([Path(path) for path, *_ in self.stamps]) != self.stamps:
            raise SourceError(
                "the file has changed since its digest was taken",
                where=self.where,
                do="Run again while nothing writes to it.",
            )


def digests_here(files: Sequence[Path]) -> Sequence[str]:
    """The digests of files, taken on this machine, two at a time."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(sha256_of, files))


def open_rows(
    path: Path, *, where: str | None = None, digests: Callable[[Sequence[Path]], Sequence[str]] = digests_here
) -> FileRows:
    """Open a file, or a folder of Parquet files: digest, row count and schema are taken, and every row is checked once.

    Parameters
    ----------
    path
        `.csv`, `.tsv`, `.parquet`, `.arrow`, `.feather`, `.ipc`, `.arrows`, `.jsonl`, `.ndjson`, or a folder.
    where
        How errors name it; if omitted, by the path itself.
    digests
        Who takes the digests of its files; an engine has them taken by those who will read them.

    Raises
    ------
    SourceError
        If the file is missing, empty, without rows, cut off or malformed.
    MissingExtraError
        If pyarrow is not installed.
    """
    where = masked(where or str(path))
    arrow(f"reading {where}")
    if path.suffix.lower() == ".sql":
        raise SourceError(
            "this is a query, and only Spark runs it",
            where=where,
            do="Run with an engine, e.g. --engine 'local[2]', or write what it gives to Parquet and name that.",
        )
    if lake_tables.format_of(path) is not None:
        raise SourceError(
            "this is a table of a lake, whose files are not all part of it",
            where=where,
            do="Name it as `predictions`, `table` or `texts` of a plan, where one version of it is read.",
        )
    opener: Callable[[Places], Opened]
    if path.is_dir():
        files = parquet_files(path, where)
        places = [(file, masked(f"{where}/{file.relative_to(path).as_posix()}")) for file in files]
        kind, opener = "parquet", partial(open_parquet, values=partitions(path, places))
    else:
        require_file(path, where)
        files = [path]
        kind, opener = _format_of(path, where)
        places = [(path, where)]
    before = stamps(files)
    with ThreadPoolExecutor(max_workers=1) as pool:
        hashed = pool.submit(digests, files)
        schema, num_rows, reader = opener(places)
        taken = hashed.result()
    digest = folder_digest(path, files, taken) if path.is_dir() else taken[0]
    if num_rows == 0:
        raise SourceError("there are no rows, only columns", where=where, do="Name a file that holds rows.")
    rows = FileRows(path, where, kind, digest, num_rows, schema, before, reader)
    rows.refuse_change()
    return rows


_FORMATS: dict[str, tuple[str, Callable[[Places], Opened]]] = {
    ".csv": ("csv", open_csv),
    ".tsv": ("csv", open_csv),
    ".parquet": ("parquet", open_parquet),
    ".pq": ("parquet", open_parquet),
    ".arrow": ("arrow", open_arrow),
    ".arrows": ("arrow", open_arrow),
    ".feather": ("arrow", open_arrow),
    ".ipc": ("arrow", open_arrow),
    ".jsonl": ("jsonl", open_json_lines),
    ".ndjson": ("jsonl", open_json_lines),
}


def _format_of(path: Path, where: str) -> tuple[str, Callable[[Places], Opened]]:
    known = _FORMATS.get(path.suffix.lower())
    if known is None:
        raise SourceError(
            f'no format that is read has the ending "{as_label(path.suffix)}"',
            where=where,
            do=f"Save it as one of: {', '.join(_FORMATS)}.",
        )
    return known
