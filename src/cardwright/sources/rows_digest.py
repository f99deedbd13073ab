"""The digest of rows whose order is not defined: those of a table in a database, or of a query.

Each row is written as canonical bytes and hashed by SHAKE128 to 1,024 numbers of 16 bits. Their sums over all rows,
modulo 2**16, depend neither on the order of the rows nor on how they are cut into batches, and add up across workers.
This is LtHash (Bellare and Micciancio 1997; Lewi et al., "Securing Update Propagation with Homomorphic Hashing", 2019):
other rows with the same sums cost 2**200 steps or more to find, while plain sums of SHA-256 fall to the generalised
birthday attack. The digest is the SHA-256 of the column names, the number of rows and the sums.

Equal means equal as it is read (`cardwright.sources.shape.plain_type`), whichever format the rows come from:

- Columns go by name, in any order.
- `1`, `1.0` and a decimal `1.00` are one value, as they are one label. Beyond 2**53 whole numbers stay exact, and
  decimals are the nearest double, which is what evaluators read.
- A moment in time with a zone is its instant, in any unit and any zone; one without a zone is another value. Dates and
  times of day are read likewise.
- Missing is missing in a column of any type; NaN is not missing; an empty string is not missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from cardwright.errors import SourceError
from cardwright.privacy.showing import quoted
from cardwright.sources.interface import Rows
from cardwright.sources.shape import plain_type, summed

if TYPE_CHECKING:
    import pyarrow

NAME = "rows-lthash16-shake128"
"""How this digest is called; part of what is hashed, so that another way of counting is another digest."""

_NUMBERS = 1024
_AT_A_TIME = 4096
"""Rows whose numbers are in memory at once: 8 MiB."""


@dataclass(frozen=True)
class RowsDigest:
    """What is known of rows so far; two of them add up, in any order."""

    rows: int
    """How many."""
    sums: bytes
    """1,024 unsigned numbers of 16 bits, little-endian."""

    @classmethod
    def of_none(cls) -> Self:
        """The digest of no rows."""
        return cls(0, bytes(2 * _NUMBERS))

    def __add__(self, other: RowsDigest) -> Self:
        """The digest of both."""
        import numpy as np

        both = np.frombuffer(self.sums, "<u2") + np.frombuffer(other.sums, "<u2")  # wraps at 2**16, as it should
        return type(self)(self.rows + other.rows, both.astype("<u2").tobytes())

    def sha256(self, columns: Iterable[str]) -> str:
        """The digest in the form of a file's: that of rows with these columns."""
        whole = hashlib.sha256(f"{NAME}\n{self.rows}\n".encode())
        for name in sorted(columns):
            data = name.encode("utf-8", "surrogatepass")
            whole.update(len(data).to_bytes(8, "big") + data)
        whole.update(self.sums)
        return whole.hexdigest()


def digest_of_batch(batch: pyarrow.RecordBatch) -> RowsDigest:
    """The rows of one batch.

    Raises
    ------
    SourceError
        If a column holds lists, structures or anything else whose values have no canonical bytes here.
    """
    return digest_of_rows(canonical_rows(batch))


def digest_of_rows(rows: Sequence[bytes]) -> RowsDigest:
    """The digest of rows whose canonical bytes are there; see `canonical_rows`."""
    import numpy as np

    total = np.zeros(_NUMBERS, "<u2")
    for start in range(0, len(rows), _AT_A_TIME):
        part = rows[start : start + _AT_A_TIME]
        numbers = b"".join([hashlib.shake_128(row).digest(2 * _NUMBERS) for row in part])
        total += np.frombuffer(numbers, "<u2").reshape(len(part), _NUMBERS).sum(axis=0, dtype=np.uint16)
    return RowsDigest(len(rows), total.tobytes())


def rows_sha256(rows: Rows) -> str:
    """The digest of all rows, read once; counted by an engine where it holds them.

    Raises
    ------
    SourceError
    """
    columns = rows.schema.names
    found: RowsDigest | None = summed(rows, digest_of_batch, columns)
    return (found or RowsDigest.of_none()).sha256(columns)


def canonical_rows(batch: pyarrow.RecordBatch) -> list[bytes]:
    """Each row's canonical bytes: its cells by the names of their columns, each of which says where it ends.

    Raises
    ------
    SourceError
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    names = sorted(batch.schema.names)
    if not names:
        return [b""] * batch.num_rows
    found: list[bytes] = []
    for start in range(0, batch.num_rows, _AT_A_TIME):
        part = batch.slice(start, _AT_A_TIME)
        cells = [_cells(part.column(name), name) for name in names]
        found += pc.binary_join_element_wise(*cells, pa.scalar(b"", pa.binary())).to_pylist()
    return found


def _cells(column: Any, name: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column.type, pa.BaseExtensionType):
        column = column.storage
    if pa.types.is_null(column.type):
        return pa.repeat(pa.scalar(b"n", pa.binary()), len(column))
    column = column.cast(plain_type(column.type))
    written = _written(column, name)
    return pc.if_else(pc.is_valid(column), written, pa.scalar(b"n", pa.binary()))


def _written(column: Any, name: str) -> Any:
    """The bytes of each value; what stands where one is missing does not matter."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kind, types = column.type, pa.types
    if types.is_boolean(kind):
        return pc.if_else(column, pa.scalar(b"t", pa.binary()), pa.scalar(b"f", pa.binary()))
    if types.is_string(kind) or types.is_binary(kind) or types.is_fixed_size_binary(kind):
        data = column.cast(pa.binary())
        sizes = pc.fill_null(pc.binary_length(data), 0).to_numpy(zero_copy_only=False)
        head = np.full(len(column), ord("s" if types.is_string(kind) else "b"), np.uint8)
        return pc.binary_join_element_wise(_fixed(head, sizes.astype(">u4")), data, pa.scalar(b"", pa.binary()))
    if types.is_integer(kind) or types.is_floating(kind):
        return _number(pc.fill_null(column, 0).to_numpy(zero_copy_only=False))
    if types.is_date(kind):
        days = column.cast(pa.date32()).cast(pa.int32())
        return _tagged("D", pc.fill_null(days, 0).to_numpy(zero_copy_only=False).astype(">i8"))
    if types.is_temporal(kind) and not types.is_interval(kind):
        per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
        ticks = pc.fill_null(column.cast(pa.int32() if types.is_time32(kind) else pa.int64()), 0)
        seconds, rest = np.divmod(ticks.to_numpy(zero_copy_only=False).astype(np.int64), per_second)
        of = "C" if types.is_time(kind) else "U" if types.is_duration(kind) else "Z" if kind.tz is not None else "T"
        return _tagged(of, seconds.astype(">i8"), (rest * (10**9 // per_second)).astype(">u4"))
    raise SourceError(
        f"a column holds {kind}, of which no digest is taken",
        where=quoted(name, "a column"),
        do="Write its parts as columns of their own, or as text.",
    )


def _number(values: Any) -> Any:
    """Whole numbers as such, whichever type they come in; others by the bits of their double."""
    import numpy as np

    if values.dtype.kind == "f":
        values = values.astype(np.float64)
        whole = (np.abs(values) <= 2.0**53) & (values == np.floor(values))
        bits = np.where(np.isnan(values), np.nan, values).astype(">f8").view(">i8")  # one NaN of the many
        return _tagged(
            np.where(whole, ord("i"), ord("d")).astype(np.uint8),
            np.where(whole, np.where(whole, values, 0).astype(np.int64), bits).astype(">i8"),
        )
    beyond = values > np.iinfo(np.int64).max if values.dtype == np.uint64 else np.zeros(len(values), bool)
    return _tagged(np.where(beyond, ord("u"), ord("i")).astype(np.uint8), values.astype(np.int64).astype(">i8"))


def _tagged(tag: Any, *parts: Any) -> Any:
    import numpy as np

    head = np.full(len(parts[0]), ord(tag), np.uint8) if isinstance(tag, str) else tag
    return _fixed(head, *parts)


def _fixed(*parts: Any) -> Any:
    """Cells of one size, from columns of numbers as their bytes, one beside the other."""
    import numpy as np
    import pyarrow as pa

    count = len(parts[0])
    table = np.concatenate([np.ascontiguousarray(p).view(np.uint8).reshape(count, p.dtype.itemsize) for p in parts], 1)
    width = table.shape[1]
    data = pa.py_buffer(np.ascontiguousarray(table).tobytes())
    offsets = pa.py_buffer((np.arange(count + 1, dtype=np.int32) * width).tobytes())
    return pa.Array.from_buffers(pa.binary(), count, [None, offsets, data])
