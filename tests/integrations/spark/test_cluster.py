"""A cluster of a master and two workers: what happens to clusters changes no byte, or is refused and allows nothing."""

import os
import signal
import threading
import time

import pytest
from tests.engines.plans import gathered

pytest.importorskip("pyspark", reason="Spark has an environment of its own: .ci/run integrations")

from cardwright.dossier import layout
from cardwright.engines.spark import Spark


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
