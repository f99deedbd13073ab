"""Columns to whole-number codes, without a loop over rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from cardwright.errors import SourceError
from cardwright.evaluators.rows.exact_sums import FloatArray, HashArray, IntArray
from cardwright.record.base import label as as_label


@dataclass(frozen=True)
class Encoded:
    """A column as codes into its own different values."""

    codes: IntArray
    """One per row; a missing value has the last code."""
    labels: list[str | None]
    """The label of each code, `None` for missing; the last is missing."""

    def map(self, to: Callable[[str | None], int]) -> IntArray:
        """The same rows in other codes."""
        table = np.array([to(name) for name in self.labels], np.int64)
        return np.take(table, self.codes)

    @cached_property
    def counts(self) -> list[int]:
        """Rows by code."""
        return [int(count) for count in np.bincount(self.codes, minlength=len(self.labels))]

    def seen(self) -> dict[str, int]:
        """How many rows have each label."""
        found: dict[str, int] = {}
        for name, count in zip(self.labels, self.counts, strict=True):
            if name is not None and count:
                found[name] = found.get(name, 0) + count
        return found

    @property
    def missing(self) -> int:
        """How many rows have no value."""
        return sum(count for name, count in zip(self.labels, self.counts, strict=True) if name is None)


_SPAN = 64
"""Whole numbers this near to each other are codes already."""


def encode(column: Any, *, limit: int, blank: bool, where: str, what: str, beside: int = 0) -> Encoded:
    """A column in codes of its different values, as labels; `blank` strings are missing values.

    Up to `limit` different values are taken, and `beside` them those that mean unknown.

    Raises
    ------
    SourceError
        If a batch alone has more different values than `limit`.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    truths = pa.types.is_boolean(column.type)
    if (truths or pa.types.is_integer(column.type)) and len(column) and not column.null_count:
        whole = (column.cast(pa.uint8()) if truths else column).to_numpy(zero_copy_only=False)
        least, most = int(whole.min()), int(whole.max())
        if most - least < _SPAN:
            names = [as_label(bool(value) if truths else value) for value in range(least, most + 1)]
            return Encoded((whole - whole.min()).astype(np.int64), [*names, None])
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    values = encoded.dictionary
    if len(values) > limit + beside:
        raise SourceError(f"{what} has more than {limit} different values", where=where, do=TOO_MANY)
    indices = encoded.indices
    if indices.null_count:
        indices = pc.fill_null(indices.cast(pa.int32()), len(values))
    labels = [_label(value, blank) for value in values.to_pylist()]
    return Encoded(indices.to_numpy(zero_copy_only=False), [*labels, None])


TOO_MANY = "Put them into groups first (ages into bands, places into regions), or name another column."


def _label(value: object, blank: bool) -> str | None:
    if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124  NaN is missing
        return None
    name = as_label(value)
    return None if blank and not name.strip() else name


def numbers(column: Any, *, where: str, what: str) -> FloatArray:
    """A column as doubles, NaN where a value is missing."""
    import pyarrow as pa

    try:
        values = column.cast(pa.float64(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as exc:
        raise SourceError(
            f"{what} holds {column.type}, and numbers are needed", where=where, do="Name a column of numbers."
        ) from exc
    return np.asarray(values.to_numpy(zero_copy_only=False), np.float64)


def finite_numbers(column: Any, *, where: str, what: str, do: str = "Fill them in.") -> FloatArray:
    """A column of doubles, all of them finite.

    Raises
    ------
    SourceError
        If it holds no numbers, or a value is missing or infinite; says how many, and what to do.
    """
    values = numbers(column, where=where, what=what)
    wrong = int((~np.isfinite(values)).sum())
    if wrong:
        raise SourceError(f"{wrong} rows have no finite number as {what}", where=where, do=do)
    return values


def person_hashes(column: Any, key: bytes) -> HashArray:
    """A keyed 64-bit hash of each value of a column, without a loop over rows; 0 where it is missing.

    Among a million persons two share a hash with probability 3e-8, among a hundred million 3e-4; they then count as one.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from cardwright.statistics.sampling import keyed_hashes

    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    texts = encoded.dictionary
    if not pa.types.is_string(texts.type):
        texts = texts.cast(pa.string())
    texts = pc.fill_null(texts, "")
    data = np.frombuffer(_bytes(texts), np.uint8)
    lengths = np.asarray(pc.binary_length(texts).to_numpy(zero_copy_only=False), np.int64)
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1])) if len(lengths) else np.zeros(0, np.int64)
    state = keyed_hashes(lengths.astype(np.uint64), key)
    padded = np.concatenate((data, np.zeros(8, np.uint8)))
    offset = 0
    active = np.flatnonzero(lengths > 0)
    while len(active):
        window = padded[starts[active, None] + offset + np.arange(8)]
        window = np.where(np.arange(8) < (lengths[active] - offset)[:, None], window, 0).astype(np.uint8)
        words = np.ascontiguousarray(window).view("<u8")[:, 0]
        state[active] = keyed_hashes(state[active] ^ words, key)
        offset += 8
        active = active[lengths[active] > offset]
    state |= np.uint64(1)  # 0 stands for a missing person
    table = np.concatenate((state, np.zeros(1, np.uint64)))
    indices = encoded.indices
    if indices.null_count:
        indices = pc.fill_null(indices.cast(pa.int32()), len(texts))
    return np.asarray(table[indices.to_numpy(zero_copy_only=False)], np.uint64)


def _bytes(texts: Any) -> bytes:
    """The bytes of all strings, one after the other."""
    plain = texts.cast("string")
    first = np.frombuffer(plain.buffers()[1], np.int32)[plain.offset : plain.offset + len(plain) + 1]
    return bytes(memoryview(plain.buffers()[2] or b"")[int(first[0]) : int(first[-1])]) if len(plain) else b""
