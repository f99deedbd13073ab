"""Protocol buffers without their library: fields of a message by number. W&B and TensorBoard write nothing else.

Source: protobuf.dev, Encoding.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

Field = tuple[int, int | float | bytes]
"""A field's number and value: an integer, a float (of four bytes), eight bytes as an integer, or bytes."""


class WireError(ValueError):
    """Bytes that are no message."""


def fields(data: bytes) -> Iterator[Field]:
    """Every field of a message in its order.

    >>> list(fields(b"\\x08\\x96\\x01\\x12\\x02hi"))
    [(1, 150), (2, b'hi')]

    Raises
    ------
    WireError
        If the bytes are no message.
    """
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
        elif kind == 2:
            size, at = _varint(data, at)
            if at + size > len(data):
                raise WireError("a field is longer than the message")
            yield number, data[at : at + size]
            at += size
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            if at + size > len(data):
                raise WireError("a field is longer than the message")
            piece = data[at : at + size]
            yield number, struct.unpack("<f", piece)[0] if kind == 5 else int.from_bytes(piece, "little")
            at += size
        else:
            raise WireError("a field has a kind that is not written any more")


def double(value: int | float | bytes) -> float:
    """A field of eight bytes as a floating-point number."""
    return float(struct.unpack("<d", int(value).to_bytes(8, "little"))[0]) if isinstance(value, int) else float("nan")


def first(data: bytes, *path: int) -> int | float | bytes | None:
    """The last value of a field, by the numbers that lead to it; None if it is not there."""
    value: int | float | bytes | None = data
    for number in path:
        if not isinstance(value, bytes):
            return None
        value = next((found for field, found in reversed(list(fields(value))) if field == number), None)
    return value


def text(value: int | float | bytes | None) -> str | None:
    """A field as text; None if it is none, or empty."""
    if not isinstance(value, bytes) or not value:
        return None
    return value.decode("utf-8", "replace")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise WireError("a number is cut off")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
