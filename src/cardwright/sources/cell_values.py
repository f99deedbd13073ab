"""Batches from rows of Python values, as most drivers of databases give them: the type of a column is that of its values."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cardwright.errors import SourceError
from cardwright.privacy.showing import shown_column
from cardwright.sources.rows_copy import MAX_CELL, beyond, unreadable

if TYPE_CHECKING:
    import pyarrow

AT_A_TIME = 8192
"""Rows that are turned into one batch."""


def batches_of(
    names: Sequence[str], more: Callable[[int], Sequence[Sequence[Any]]], where: str
) -> Iterator[pyarrow.RecordBatch]:
    """Batches of what `more(n)` gives, at most n rows a call, until it gives none.

    Raises
    ------
    SourceError
        If a column holds values that no type holds, or of several kinds.
    """
    import pyarrow as pa

    at_a_time = AT_A_TIME
    while rows := more(at_a_time):
        columns = [
            column_of([row[place] for row in rows], shown_column(name, names), where)
            for place, name in enumerate(names)
        ]
        batch = pa.RecordBatch.from_arrays(columns, names=list(names))
        yield batch
        # Rows of long texts are asked for a few at a time.
        at_a_time = max(1, min(AT_A_TIME, MAX_CELL * len(rows) // max(batch.nbytes, 1)))


def column_of(values: Sequence[Any], name: str, where: str) -> Any:
    """A column of the type that its values have.

    Whole numbers are `int64`, fractions `double`, decimals the nearest double (or whole, if all are), and a moment with a zone
    is its instant. A column without any value has no type yet.

    Raises
    ------
    SourceError
    """
    import pyarrow as pa

    seen = {_kind(value) for value in values if value is not None}
    if None in seen:
        raise unreadable(name, "arrays, structures or values of the driver's own", where)
    if seen == {"decimal"}:
        seen = {"int" if all(value is None or _is_whole(value) for value in values) else "float"}
    if seen <= {"int", "float", "decimal"} and len(seen) > 1:
        seen = {"float"}
    if len(seen) > 1:
        raise SourceError(
            f"{name} holds values of several kinds: {', '.join(sorted(_SAID[str(kind)] for kind in seen))}",
            where=where,
            do="Cast it to one in `sql`, e.g. CAST(x AS TEXT).",
        )
    if not seen:
        return pa.nulls(len(values))
    kind = str(seen.pop())
    convert, made = _MADE[kind], _arrow_type(kind)
    try:
        return pa.array([None if value is None else convert(value) for value in values], made)
    except (OverflowError, pa.ArrowInvalid):
        raise beyond(name, where) from None


def _is_whole(value: decimal.Decimal) -> bool:
    """NaN and infinity are no whole numbers."""
    return value.is_finite() and value == value.to_integral_value()


def _kind(value: Any) -> str | None:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, datetime.datetime):
        return "moment" if value.tzinfo is None else "instant"
    return next((kind for of, kind in _KINDS if isinstance(value, of)), None)


_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (int, "int"),
    (float, "float"),
    (decimal.Decimal, "decimal"),
    ((str, uuid.UUID), "text"),
    ((bytes, bytearray, memoryview), "bytes"),
    (datetime.date, "date"),
    (datetime.time, "time"),
)
_SAID = {
    "bool": "truth values", "int": "whole numbers", "float": "numbers with fractions", "decimal": "decimals", "text": "text",
    "bytes": "bytes", "date": "dates", "time": "times of day", "moment": "moments without a zone",
    "instant": "moments with a zone",
}  # fmt: skip
_MADE: dict[str, Callable[[Any], Any]] = {
    "bool": bool, "int": int, "float": float, "decimal": float, "text": str, "bytes": bytes, "date": lambda value: value,
    "time": lambda value: value, "moment": lambda value: value, "instant": lambda value: value.astimezone(datetime.UTC),
}  # fmt: skip


def _arrow_type(kind: str) -> Any:
    import pyarrow as pa

    return {
        "bool": pa.bool_(), "int": pa.int64(), "float": pa.float64(), "decimal": pa.float64(), "text": pa.string(),
        "bytes": pa.binary(), "date": pa.date32(), "time": pa.time64("us"), "moment": pa.timestamp("us"),
        "instant": pa.timestamp("us", "UTC"),
    }[kind]  # fmt: skip
