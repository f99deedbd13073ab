"""JSON Lines: one object a line, typed over the whole file as a CSV file is."""

from __future__ import annotations

import codecs
import itertools
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from cardwright.errors import SourceError
from cardwright.privacy.showing import shown
from cardwright.sources.csv_files import LONG, ColumnType
from cardwright.sources.json_text import UnreadableJsonError, decode
from cardwright.sources.shape import BATCH_ROWS, Opened, Places, plain_schema

MAX_LINE = 64 * 1024 * 1024
"""The longest line of JSON that is read."""


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
                value = decode(line, pairs=_no_key_twice)
            except UnicodeDecodeError:
                raise SourceError("the text is not UTF-8", where=place, do="Save the file as UTF-8.") from None
            except _KeyTwiceError as exc:
                raise SourceError(
                    f"the key {shown(str(exc), '(it is not shown)')} stands twice in one object",
                    where=place,
                    do="Keep one.",
                ) from None
            except UnreadableJsonError as exc:
                raise SourceError(
                    f"the line cannot be read: {exc}", where=place, do="Write the value in another form, e.g. as text."
                ) from None
            except ValueError:
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
                raise _KeyTwiceError(key)
            seen.add(key)
    return found


def _json_kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if -(2**63) <= value < 2**63 else "text"
    return "float" if isinstance(value, float) else "text"


def open_json_lines(places: Places) -> Opened:
    """A JSON Lines file; every line is read once, so that types hold for all of them.

    Raises
    ------
    SourceError
        With the line that is malformed.
    """
    import pyarrow as pa

    path, where = places[0]
    kinds: dict[str, ColumnType] = {}
    counted = 0
    for _, row in json_lines(path, where):
        counted += 1
        for name, value in row.items():
            state = kinds.setdefault(name, ColumnType())
            if value is not None and not (isinstance(value, float) and value != value):  # noqa: PLR0124  NaN is missing
                state.kinds.add(_json_kind(value))
                state.long = state.long or (isinstance(value, int) and abs(value) >= LONG)
    if counted == 0:
        raise SourceError("the file holds only blank lines", where=where, do="Write it again from its source.")
    schema = plain_schema(pa.schema([pa.field(name, state.type()) for name, state in kinds.items()]), where)
    return schema, counted, partial(_read_jsonl, str(path), where, schema)


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
