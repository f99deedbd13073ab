"""CSV files: types that hold for the whole file, and errors that name the line.

Arrow reads the rows. It tells types from the first block, takes `007` and `0x1F` for numbers, quotes cells in its errors and does
not mind a quote that is never closed, so all of that is done here.
"""

from __future__ import annotations

import csv
import itertools
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from cardwright.errors import SourceError
from cardwright.sources.digests import HASH_BLOCK
from cardwright.sources.shape import Opened, Places, plain_schema

_BLOCK = 8 * 1024 * 1024

MISSING_WORDS = (
    "", "#N/A", "#NA", "-NaN", "-nan", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
"""What marks a missing number in a CSV file."""

LONG = 10**15  # beside decimal fractions, integers of 16 digits and more would lose some of them
_TRUE = ("true", "True", "TRUE")
_FALSE = ("false", "False", "FALSE")


class ColumnType:
    """What the values of one column have read as so far; the order in which they are seen does not matter."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.long = False
        self.words = False

    def see(self, array: Any) -> None:
        """Take in some of the values, as strings."""
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
            self.long = self.long or ends["max"] >= LONG or ends["min"] <= -LONG
            self.kinds.add("text" if _unlike_numbers(values) else "int")
        elif _cast(values, pa.float64()) is not None:
            self.long = self.long or _long_integers(values)
            self.kinds.add("text" if _unlike_numbers(values) else "float")
        elif pc.all(pc.is_in(values, value_set=pa.array(_TRUE + _FALSE))).as_py():
            self.kinds.add("bool")
        else:
            self.kinds.add("text")

    def type(self) -> Any:
        """The Arrow type that keeps every value as it stands."""
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


def open_csv(places: Places) -> Opened:
    """A CSV file; every cell is read once, so that types hold for all of them and no row is malformed.

    Raises
    ------
    SourceError
        With the line at which the file stops being a CSV file in UTF-8.
    """
    import pyarrow as pa

    path, where = places[0]
    delimiter, names = _csv_header(path, where)
    plain_schema(pa.schema([pa.field(name, pa.string()) for name in names]), where)
    types = {name: ColumnType() for name in names}
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
            read_options=pc.ReadOptions(block_size=_BLOCK),
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
        while block := file.read(HASH_BLOCK):
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
    """An odd number of quotes is fine if one is inside a field (`5" pipe`), and a cut if one was never closed."""
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
        f"the CSV file cannot be read: a row is longer than {_BLOCK // 2**20} MiB, or a quote is out of place",
        where=where,
        do="Write it again from its source, or as Parquet.",
    ) from None
