"""Rows that executors count are read here by whatever takes them in their order, and stay here when work is sent."""

import pickle

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cardwright.engines.spark_rows import Elsewhere, SparkRows, offsets_of
from cardwright.errors import EngineError, SourceError
from cardwright.sources.files import open_rows


class Cluster:
    """A cluster that says how many rows it has counted."""

    def __init__(self, rows):
        self.rows = rows
        self.session = self
        self.read = self

    def option(self, name, value):
        return self

    def parquet(self, path):
        self.path = path
        return self

    def summed(self, frame, count, seen, where):
        self.columns = count.columns
        seen(0.5)
        return "sum", self.rows


@pytest.fixture
def path(tmp_path):
    pq.write_table(pa.table({"a": [1, 2, 3], "b": ["x", "y", None]}), tmp_path / "t.parquet")
    return tmp_path / "t.parquet"


def test_rows_in_their_order_are_read_here(path):
    local = open_rows(path)
    rows = SparkRows(local, Cluster(3), str(path), offsets_of(path))
    assert pa.Table.from_batches(rows.batches(["b"])) == pa.Table.from_batches(local.batches(["b"]))
    assert (rows.schema, rows.sha256, rows.num_rows, rows.format, rows.columns) == (
        local.schema, local.sha256, 3, "parquet", local.columns,
    )  # fmt: skip


def test_what_is_sent_to_an_executor_holds_no_session_and_no_rows(path):
    sent = pickle.loads(pickle.dumps(SparkRows(open_rows(path), Cluster(3), str(path), {})))
    assert sent == Elsewhere(open_rows(path).schema)
    with pytest.raises(EngineError, match="asked for all rows"):
        sent.batches()


def test_a_file_that_changed_since_its_digest_is_refused_before_anything_is_counted(path):
    rows = SparkRows(open_rows(path), Cluster(3), str(path), offsets_of(path))
    pq.write_table(pa.table({"a": [9], "b": ["z"]}), path)
    with pytest.raises(SourceError, match="has changed"):
        rows.carry(len, ["a"])


def test_places_begin_anew_after_the_rows_of_the_files_before(tmp_path):
    for name, size in {"b": 2, "a": 3, "c d": 1}.items():
        pq.write_table(pa.table({"x": [0] * size}), tmp_path / f"{name}.parquet")
    base = tmp_path.resolve().as_posix()
    assert offsets_of(tmp_path) == {f"{base}/a.parquet": 0, f"{base}/b.parquet": 3, f"{base}/c d.parquet": 5}
    assert offsets_of(tmp_path / "a.parquet") == {f"{base}/a.parquet": 0}
