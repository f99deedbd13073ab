"""JSON that somebody else wrote: one reader, in which every fault of the text is a `ValueError`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

MAX_DEPTH = 200
"""Deeper, what reads the value may run out of stack."""


class UnreadableJsonError(ValueError):
    """JSON that no reader of data can keep: what is wrong in words, never a value."""


def decode(text: str | bytes, *, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """The value of a JSON text.

    Parameters
    ----------
    text
        Text, or its bytes in UTF-8.
    pairs
        What an object is made of, as of `json.loads`.

    Raises
    ------
    ValueError
        If it is not JSON in UTF-8.
    UnreadableJsonError
        If it is nested more than 200 deep, has an integer of more than 4,300 digits, or holds half a character (a lone
        surrogate), which no file in UTF-8 and no Arrow column can hold.

    Examples
    --------
    >>> decode('{"a": [1, 2]}')
    {'a': [1, 2]}
    >>> decode('"\\\\ud800"')
    Traceback (most recent call last):
    ...
    cardwright.sources.json_text.UnreadableJsonError: it holds half a character (a lone surrogate)
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    try:
        value = json.loads(text, object_pairs_hook=pairs)
    except RecursionError:
        raise UnreadableJsonError("it is nested too deeply") from None
    except ValueError as exc:
        if "integer string conversion" in str(exc):
            raise UnreadableJsonError("an integer has more than 4,300 digits") from None
        raise
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise UnreadableJsonError(f"it is nested more than {MAX_DEPTH} deep")
    if "\\u" in text and _has_half_a_character(value):
        raise UnreadableJsonError("it holds half a character (a lone surrogate)")
    return value


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list) and item]:
        depth += 1
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return depth


def _has_half_a_character(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def nested_as_text(batch: Any) -> Any:
    """An Arrow batch whose lists, maps and structures are JSON text, as those of JSON Lines are; what JSON lacks is written as
    Python writes it."""
    import pyarrow as pa

    def text(value: Any) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True, default=repr)

    columns = [
        pa.array([text(value) for value in column.to_pylist()], pa.string())
        if pa.types.is_nested(column.type)
        else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
