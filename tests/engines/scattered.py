"""A stand-in for a cluster: what runs in an executor, on partitions of chance, in an order of chance, through pickles and all."""

import itertools
import pickle
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from cardwright.engines.executors import Count, add
from cardwright.engines.spark_rows import Elsewhere
from cardwright.record.provenance import EngineFacts
from cardwright.sources.copied_rows import open_any

FILE = "/data/one.parquet"


@dataclass(frozen=True)
class ScatteredRows:
    """See `Rows` and `Carrier`: the rows of a file, counted in partitions."""

    local: Any
    seed: int

    def __getattr__(self, name: str) -> Any:
        if name in ("schema", "num_rows", "sha256", "format", "columns", "batches", "coded", "origin"):
            return getattr(self.local, name)
        raise AttributeError(name)

    def __reduce__(self):
        return Elsewhere, (self.schema,)

    def carry(self, work, columns, *, places=False, seen=lambda rows: None):
        """See `Carrier.carry`."""
        chance = random.Random(self.seed)
        unique = list(dict.fromkeys(columns))
        table = pa.Table.from_batches(list(self.local.batches(unique)))
        if places:
            table = table.append_column("file", pa.array([f"file://{FILE}"] * table.num_rows))
            table = table.append_column("row", pa.array(range(table.num_rows), pa.int64()))
        count = Count(
            work, pa.schema([self.schema.field(name) for name in unique]), tuple(columns), {FILE: 0} if places else None
        )
        count = pickle.loads(pickle.dumps(count))
        # Skewed on purpose: some partitions hold nothing, one holds half of everything.
        cuts = sorted(
            [0, 0, table.num_rows // 2, table.num_rows, *(chance.randrange(table.num_rows + 1) for _ in range(7))]
        )
        parts = [table.slice(low, high - low) for low, high in itertools.pairwise(cuts)]
        chance.shuffle(parts)
        results = [
            one for part in parts for one in count(iter(part.to_batches(max_chunksize=chance.randrange(1, 997))))
        ]
        chance.shuffle(results)
        total = None
        for batch in (*add(iter(results[:3])), *results[3:]):
            for one in batch.to_pylist():
                found = pickle.loads(one["body"])
                if one["kind"] == "refused":
                    raise found[0](found[1], where=found[2], do=found[3])
                assert one["kind"] == "counted", found
                total = found if total is None else total + found
        seen(self.num_rows)
        return total


@dataclass(frozen=True)
class Scattered:
    """See `Engine`."""

    seed: int = 0
    asked: list[str] = field(default_factory=list)
    """The files that were opened."""

    @property
    def facts(self):
        """See `RunningEngine.facts`."""
        return EngineFacts(name="scattered", version="1", master="none", code="0" * 64, packages={})

    reaches = ("Nothing is reached.",)

    def open_rows(self, path: Path, where: str, version: str | None = None) -> ScatteredRows:
        """See `RunningEngine.open_rows`."""
        self.asked.append(where)
        return ScatteredRows(open_any(path, where=where, version=version), self.seed)

    @contextmanager
    def running(self) -> Iterator["Scattered"]:
        """See `Engine.running`."""
        yield self
