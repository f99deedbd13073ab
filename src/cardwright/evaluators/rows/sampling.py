"""Which rows are explained: chosen by a keyed hash of their position, so that the same seed takes the same rows of any file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

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


def choose(rows: Any, columns: Sequence[str], count: int, key: int) -> tuple[pyarrow.RecordBatch, int]:
    """At most `count` rows in their order, and how many there are in all; holds no more than a few batches."""
    import numpy as np
    import pyarrow as pa

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
