"""Spark as people run it: in this process, and as a cluster of a master and two workers on loopback."""

import os
import shutil
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.engines.plans import FEWER, gathered, write
from tests.servers import free_port, running

pyspark = pytest.importorskip("pyspark", reason="Spark has an environment of its own: .ci/run integrations")


@pytest.fixture(scope="session")
def plan(tmp_path_factory):
    return write(tmp_path_factory.mktemp("plan"))


@pytest.fixture(scope="session")
def here(plan):
    """What a run without an engine gathers."""
    return gathered(plan)


@pytest.fixture(scope="session")
def shorter(tmp_path_factory):
    """A plan of one evaluation of each kind."""
    return write(tmp_path_factory.mktemp("shorter"), FEWER)


class Standalone:
    """A master and two workers, each a process of its own."""

    def __init__(self, master, workers):
        self.master = master
        self.workers = workers

    def executors(self):
        """The processes that execute, by their ids."""
        found = []
        for place in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                executes = b"CoarseGrainedExecutorBackend" in place.read_bytes()
                # A worker and what it starts are a session of their own.
                if executes and os.getsid(int(place.parent.name)) in {worker.pid for worker in self.workers}:
                    found.append(int(place.parent.name))
            except OSError:
                continue
        return found


@pytest.fixture
def standalone(tmp_path_factory, monkeypatch):
    """A cluster of its own, which a test may harm. Tasks are run twice wherever one is slow."""
    with cluster(tmp_path_factory, monkeypatch) as running_cluster:
        yield running_cluster


@pytest.fixture
def unprivileged(tmp_path_factory, monkeypatch):
    """The same, but its workers may read what permissions let them read, also where this process is root."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("who is not root cannot start workers with other rights than its own")
    without = "-dac_override,-dac_read_search"
    prefix = ("setpriv", "--bounding-set", without, "--inh-caps", without)
    with cluster(tmp_path_factory, monkeypatch, prefix) as running_cluster:
        yield running_cluster


@contextmanager
def cluster(tmp_path_factory, monkeypatch, prefix=()):
    """A master and two workers, which are started by the words of `prefix`."""
    folder = tmp_path_factory.mktemp("cluster")
    home = Path(pyspark.__file__).parent
    conf = folder / "conf"
    conf.mkdir()
    (conf / "spark-defaults.conf").write_text(
        "spark.speculation true\nspark.speculation.interval 20ms\nspark.speculation.multiplier 1.01\n"
        "spark.speculation.quantile 0.1\nspark.speculation.minTaskRuntime 1ms\n"
        "spark.executor.memory 700m\nspark.sql.files.maxPartitionBytes 20000\nspark.sql.files.openCostInBytes 0\n"
    )
    (conf / "log4j2.properties").write_text("rootLogger.level = warn\n")
    monkeypatch.setenv("SPARK_CONF_DIR", str(conf))
    source = os.pathsep.join(part for part in sys.path if part)
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "PYTHONPATH": source,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "TZ": "Asia/Kathmandu",
    }
    port, page, *pages = (free_port() for _ in range(4))
    start = [str(home / "bin" / "spark-class")]
    master = f"spark://127.0.0.1:{port}"
    with ExitStack() as stack:
        stack.enter_context(
            running(
                [
                    *start,
                    "org.apache.spark.deploy.master.Master",
                    "--host",
                    "127.0.0.1",
                    "--port",
                    str(port),
                    "--webui-port",
                    str(page),
                ],
                ready=f"http://127.0.0.1:{page}",
                log=folder / "master.log",
                env=environment,
            )
        )
        workers = [
            stack.enter_context(
                running(
                    [
                        *prefix,
                        *start,
                        "org.apache.spark.deploy.worker.Worker",
                        master,
                        "--host",
                        "127.0.0.1",
                        "--cores",
                        "1",
                        "--memory",
                        "1g",
                        "--webui-port",
                        str(one),
                        "--work-dir",
                        str(folder / f"work{one}"),
                    ],
                    ready=f"http://127.0.0.1:{one}",
                    log=folder / f"worker{one}.log",
                    env=environment,
                )
            )
            for one in pages
        ]
        yield Standalone(master, workers)
