"""A cluster of a master and two workers: what happens to clusters changes no byte, or is refused and allows nothing."""

import os
import signal
import threading
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.engines.plans import gathered, table

pytest.importorskip("pyspark", reason="Spark has an environment of its own: .ci/run integrations")

from cardwright.dossier import layout
from cardwright.engines.spark import Spark
from cardwright.errors import CardwrightError, EngineError
from cardwright.sources.rows_copy import copy_rows


def test_an_executor_that_is_killed_and_tasks_that_run_twice_change_no_byte(shorter, standalone):
    """Executors stand in another time zone; files are cut into many small partitions of unequal size."""
    killed = []

    def kill():
        until = time.monotonic() + 300
        while not killed and time.monotonic() < until:
            if len(found := standalone.executors()) == 2:
                time.sleep(8)  # past the first jobs
                killed.append(found[0])
                os.kill(found[0], signal.SIGKILL)
            time.sleep(0.2)

    threading.Thread(target=kill, daemon=True).start()
    said = []
    there = gathered(shorter, Spark(standalone.master), say=said.append)
    assert killed
    assert layout.to_json(there.record) == layout.to_json(gathered(shorter).record)
    assert there.run.engine.master == standalone.master
    assert standalone.master in said[0]


def test_a_cluster_that_goes_away_leaves_what_was_finished_and_refuses_the_rest(shorter, standalone):
    kept = {}

    def keep(id_, data):
        kept[id_] = data
        for worker in standalone.workers:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGKILL)

    there = gathered(shorter, Spark(standalone.master, patience=30.0), keep=keep)
    assert [*kept] == [there.record.evaluations[0].id]
    gaps = there.record.not_evaluated
    assert len(gaps) == 6
    assert {gap.code for gap in gaps} == {"error"}
    assert all("executor" in gap.reason or "cluster" in gap.reason for gap in gaps), [gap.reason for gap in gaps]


def test_a_query_gives_the_same_rows_on_a_cluster_and_what_its_workers_may_not_read_is_refused(tmp_path, unprivileged):
    """Tasks run twice, executors stand in another time zone, one partition holds nothing, and half of all rows are alike."""
    some = table(size=600)
    rows = pa.concat_tables([some, *[some.slice(0, 1)] * 600])
    (tmp_path / "data").mkdir()
    for name, low, high in (("a", 0, 0), ("b", 0, 1100), ("c", 1100, 1200)):
        pq.write_table(rows.slice(low, high - low), tmp_path / "data" / f"{name}.parquet", row_group_size=100)
    (tmp_path / "q.sql").write_text(f"SELECT *, timestamp_micros(y) AS t FROM parquet.`{tmp_path}/data`")
    moments = pa.array(rows["y"].to_pylist(), pa.timestamp("us", "UTC"))
    (tmp_path / "here").mkdir()
    here = copy_rows(rows.append_column("t", moments).to_batches(), tmp_path / "here", "here")
    with Spark(unprivileged.master).running() as spark:
        there = spark.open_rows(tmp_path / "q.sql", "q.sql")
        assert (there.sha256, there.num_rows) == (here.sha256, 1200)
        assert pa.Table.from_batches(there.batches()) == pa.Table.from_batches(here.batches()).cast(there.schema)
        (tmp_path / "data" / "b.parquet").chmod(0)
        with pytest.raises(EngineError, match=r"b\.parquet: an executor cannot read this file, which this process can"):
            spark.open_rows(tmp_path / "data" / "b.parquet", "b.parquet")
        with pytest.raises(CardwrightError, match=r"q\.sql: .*(?:permission was refused|may not read)"):
            spark.open_rows(tmp_path / "q.sql", "q.sql")
