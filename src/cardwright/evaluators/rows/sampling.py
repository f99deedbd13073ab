"""Which rows are explained: chosen by a keyed hash of their position, so that the same seed takes the same rows of any file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from cardwright.sources.shape import PLACE, carried, carrier

if TYPE_CHECKING:
    import pyarrow


def keyed_hash(positions: Any, key: int) -> Any:
    """SplitMix64 of (position, key), as unsigned 64-bit integers: uniform, and the same on every machine."""
    import numpy as np

    with np.errstate(over="ignore"):
        z = positions.astype(np.uint64) + np.uint64((key * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) % 2**64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


@dataclass(frozen=True)
class LowestRows:
    """The rows of the lowest keyed hashes among some rows, with their places in the source; of equal hashes, the first places."""

    most: int
    """How many are kept."""
    kept: pyarrow.Table
    hashes: Any
    places: Any
    total: int
    """Rows that were looked at."""

    def __add__(self, other: LowestRows) -> LowestRows:
        import numpy as np
        import pyarrow as pa

        whole = LowestRows(
            self.most,
            pa.concat_tables([self.kept, other.kept]),
            np.concatenate([self.hashes, other.hashes]),
            np.concatenate([self.places, other.places]),
            self.total + other.total,
        )
        return whole.cut()

    def cut(self) -> LowestRows:
        """No more than `most` of them."""
        import numpy as np
        import pyarrow as pa

        if len(self.places) <= self.most:
            return self
        best = np.lexsort((self.places, self.hashes))[: self.most]
        return replace(self, kept=self.kept.take(pa.array(best)), hashes=self.hashes[best], places=self.places[best])


def _lowest(most: int, key: int, batch: pyarrow.RecordBatch) -> LowestRows:
    import pyarrow as pa

    at = batch.schema.get_field_index(PLACE)
    places = batch.column(at).to_numpy(zero_copy_only=False)
    table = pa.Table.from_batches([batch]).remove_column(at)
    return LowestRows(most, table, keyed_hash(places, key), places, batch.num_rows).cut()


def choose(rows: Any, columns: Sequence[str], count: int, key: int) -> tuple[pyarrow.RecordBatch, int]:
    """At most `count` rows in their order, and how many there are in all; holds no more than a few batches."""
    import numpy as np
    import pyarrow as pa

    if carrier(rows) is not None:
        wanted = list(dict.fromkeys(columns))
        lowest: LowestRows | None = carried(rows, partial(_lowest, count, key), wanted, places=True)
        if lowest is None:
            raise ValueError("there are no rows")
        ordered = lowest.kept.take(pa.array(np.argsort(lowest.places)))
        return ordered.combine_chunks().to_batches()[0], lowest.total
    kept: pa.Table | None = None
    hashes = np.empty(0, dtype=np.uint64)
    places = np.empty(0, dtype=np.int64)
    total = 0
    for batch in rows.batches(list(dict.fromkeys(columns))):
        here = np.arange(total, total + batch.num_rows, dtype=np.int64)
        total += batch.num_rows
        piece = pa.Table.from_batches([batch])
        kept = piece if kept is None else pa.concat_tables([kept, piece])
        hashes = np.concatenate([hashes, keyed_hash(here, key)])
        places = np.concatenate([places, here])
        if len(places) > count:
            best = np.sort(np.argsort(hashes, kind="stable")[:count])
            kept, hashes, places = kept.take(pa.array(best)), hashes[best], places[best]
    if kept is None:
        raise ValueError("there are no rows")  # sources refuse an empty file when they open it
    whole = kept.combine_chunks()
    return whole.to_batches()[0], total
