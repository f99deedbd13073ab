"""Spark as an engine: a session that is there, or one that is started and stopped; jobs are watched, and refused in words."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cardwright.engines import java, spark_queries
from cardwright.engines.executors import add, differences, digest_of, identity
from cardwright.engines.spark_queries import arrow_alone
from cardwright.engines.spark_rows import SparkRows, offsets_of
from cardwright.errors import CardwrightError, EngineError, MissingExtraError, SourceError
from cardwright.record.base import label as as_label
from cardwright.record.provenance import EngineFacts
from cardwright.sources.copied_rows import open_any
from cardwright.sources.network import is_loopback
from cardwright.sources.scratch import scratch
from cardwright.sources.shape import BATCH_ROWS
from cardwright.sources.sorted_files import room_in
from cardwright.sources.spool import spool

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

PATIENCE = 60.0
"""Seconds that a job waits while the cluster gives it no executor."""

MOST_RESULTS = 128
"""Results of so many partitions are added up by the driver; of more, executors add up first."""

_SQL = {
    # Moments are the same wherever an executor stands, and columns are told apart as everywhere else here.
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": str(BATCH_ROWS),
    # The names of folders say what columns they are; `cardwright.sources.arrow_files` says of which type.
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    "spark.sql.legacy.parquet.nanosAsLong": "true",
    "spark.sql.parquet.mergeSchema": "false",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
}
_STARTED = {
    "spark.app.name": "cardwright",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",
}


@dataclass(frozen=True)
class Spark:
    """See `Engine`."""

    master: str
    """`spark` for the session that is there; else as Spark takes it."""
    patience: float = PATIENCE
    """Seconds that a job waits for an executor."""

    @contextmanager
    def running(self) -> Iterator[RunningSpark]:
        """See `Engine.running`: a session that is there is used and left as it is; one that is not is started and stopped."""
        try:
            from pyspark.sql import SparkSession
        except ImportError as exc:
            raise MissingExtraError("pyspark", "spark", "counting on Spark") from exc
        there = SparkSession.getActiveSession()
        started = there is None
        session = _start(self.master) if there is None else there.newSession()
        try:
            for name, value in _SQL.items():
                session.conf.set(name, value)
            with scratch() as folder, _no_logs_of_data():
                cluster = Cluster(session, self.patience)
                cluster.require_like_code()
                yield RunningSpark(self.master, cluster, folder)
        finally:
            if started:
                with suppress(Exception):  # a cluster that has gone away has nothing left to stop
                    session.stop()


@contextmanager
def _no_logs_of_data() -> Iterator[None]:
    """Without PySpark's own log of failed queries, which repeats their text and values of the data."""
    from pyspark.logger import PySparkLogger

    def nothing(record: object) -> bool:  # a filter of its own for each session: one may end inside another
        return False

    loggers = [PySparkLogger.getLogger(name) for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger")]
    for logger in loggers:
        logger.addFilter(nothing)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(nothing)


def _start(master: str) -> SparkSession:
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    found = java.find()
    if found is None or 0 < found.version < java.LEAST:
        raise EngineError(
            "Spark needs Java, and there is none"
            if found is None
            else f"Spark 4 needs Java {java.LEAST}, and this is {found.version}",
            where="--engine",
            do=java.REMEDY,
        )
    conf = SparkConf(loadDefaults=False).setAll(list(_STARTED.items()))
    if master != "spark":
        conf.setMaster(master)
        if _on_this_machine(master):
            conf.set("spark.driver.host", "127.0.0.1").set("spark.driver.bindAddress", "127.0.0.1")
    try:
        if SparkContext._gateway is None:
            # What Java prints as it starts says nothing about the evidence; what goes wrong comes back as an error.
            gateway = launch_gateway(conf, {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL})
            SparkContext._ensure_initialized(gateway=gateway)
        with arrow_alone():
            context = SparkContext(conf=_with_defaults(conf))
    except (PySparkException, OSError, _py4j_error()) as exc:
        raise EngineError(
            f"Spark did not start ({_kind(exc)})",
            where="--engine",
            do=f"Is its master there, and of the same version? `pyspark --master '{master}'` prints what is wrong.",
        ) from None
    if _on_this_machine(master):
        context.pythonExec = sys.executable
    with arrow_alone():
        return SparkSession(context)


def _with_defaults(conf: Any) -> Any:
    """The settings with those of `spark-defaults.conf` below them."""
    from pyspark import SparkConf

    return SparkConf().setAll(conf.getAll())


def _py4j_error() -> type[Exception]:
    from py4j.protocol import Py4JError

    found: type[Exception] = Py4JError
    return found


def _on_this_machine(master: str) -> bool:
    """Whether a master and its executors are this machine's."""
    host = re.fullmatch(r"spark://([^:/,]+|\[[^\]]+\])(:\d+)?", master)
    return master.startswith(("local[", "local-cluster[")) or (host is not None and is_loopback(host[1]))


@dataclass
class Cluster:
    """A session, its jobs watched."""

    session: SparkSession = field(repr=False)
    patience: float
    refused: set[str] = field(default_factory=set)
    """What executors tried to reach, all refused."""
    received: int = 0
    """Bytes that partitions have sent back."""
    lost: bool = False
    """Whether it once gave no executor for too long: a later job does not wait for it again."""

    @property
    def context(self) -> Any:
        """The session's context."""
        return self.session.sparkContext

    def require_like_code(self) -> None:
        """Refuse executors that have other code, or none, before anything is read.

        Raises
        ------
        EngineError
        """
        slots = max(2, self.context.defaultParallelism)
        for _, theirs in self.watched(lambda: self.context.parallelize(range(slots), slots).map(_probe).collect()):
            self.require_identity(theirs)

    def require_identity(self, theirs: str) -> None:
        """Refuse what an executor with other packages has counted.

        Raises
        ------
        EngineError
        """
        if theirs == identity():
            return
        raise EngineError(
            f"an executor counts with other packages than this process: {', '.join(differences(identity(), theirs))}",
            where="the Spark cluster",
            do="Install the same lock on each machine, or ship the environment (docs/scale.md, Executors).",
        )

    def digests(self, files: Sequence[Path]) -> list[str]:
        """The digests of files, taken by executors: they see the same files under the same paths, or it is said.

        Raises
        ------
        EngineError
            If an executor cannot read one.
        """
        paths = [str(file.resolve()) for file in files]
        slices = min(len(paths), 4 * max(1, self.context.defaultParallelism))
        found = self.watched(lambda: self.context.parallelize(paths, slices).map(digest_of).collect())
        for path, (digest, who) in zip(paths, found, strict=True):
            self.require_identity(who)
            if not digest:
                raise EngineError(
                    "an executor cannot read this file, which this process can",
                    where=as_label(Path(path).name),
                    do="Put it where every machine of the cluster sees it under the same path, and may read it.",
                )
        return [digest for digest, _ in found]

    def summed(self, frame: DataFrame, count: Any, seen: Callable[[float], None], where: str) -> tuple[Any, int]:
        """The sum over the partitions of a frame, and how many rows it is of.

        Raises
        ------
        EngineError
            If the cluster goes away, or the work fails there.
        CardwrightError
            What the work itself refused.
        """
        from cardwright.engines.executors import RESULT

        @arrow_alone()
        def job() -> Any:
            results = frame.mapInArrow(count, RESULT)
            parts = frame.rdd.getNumPartitions()
            if parts > MOST_RESULTS:
                results = results.repartition(max(2, self.context.defaultParallelism)).mapInArrow(add, RESULT)
            return results.collect()

        total: Any = None
        rows = 0
        for one in sorted(self.watched(job, seen, where), key=lambda result: int(result.part)):
            self.require_identity(one.identity)
            self.received += len(one.body)
            self.refused |= {*filter(None, one.refused.split("\n"))}
            found = pickle.loads(bytes(one.body))  # noqa: S301  executors run what this process sends them
            if one.kind == "refused":
                kind, what, place, do = found
                raise kind(what, where=place, do=do)
            if one.kind == "failed":
                raise EngineError(f"the work raised {found[0]} in {found[1]}, in an executor", where=where)
            total = found if total is None else total + found
            rows += int(one.rows)
        return total, rows

    def watched(
        self,
        job: Callable[[], Any],
        seen: Callable[[float], None] = lambda share: None,
        where: str = "the Spark cluster",
    ) -> Any:
        """What a job returns; it is stopped if the cluster has no executor for it for too long.

        Raises
        ------
        EngineError
        """
        from pyspark import InheritableThread

        group = f"cardwright-{time.monotonic_ns()}"
        outcome: list[Any] = []

        def run() -> None:
            try:
                self.context.setJobGroup(group, "cardwright", interruptOnCancel=True)
                outcome.append((True, job()))
            except BaseException as exc:  # noqa: BLE001  a thread hands on whatever it ends with
                outcome.append((False, exc))

        thread = InheritableThread(target=run, daemon=True)
        thread.start()
        waiting = time.monotonic()
        try:
            while thread.is_alive():
                thread.join(0.2)
                with suppress(Exception):  # a cluster that goes away makes the job itself fail
                    if self._executors():
                        waiting = time.monotonic()
                    seen(self._share(group))
                if time.monotonic() - waiting > (1.0 if self.lost else self.patience):
                    self.lost = True
                    raise EngineError(
                        f"the cluster has given no executor for {self.patience:g} seconds",
                        where=where,
                        do="Look at its master: are workers there, with free cores and memory? Then run again.",
                    )
        except BaseException:
            with suppress(Exception):
                self.context.cancelJobGroup(group)
            raise
        well, found = outcome[0]
        if well:
            return found
        if isinstance(found, CardwrightError):
            raise found
        raise refusal(found, where) from None

    def _executors(self) -> int:
        """How many executors there are; one if the driver itself executes, or it cannot be told."""
        if self.context.master.startswith("local[") or self.context.master == "local":
            return 1
        return int(self.context._jsc.sc().getExecutorMemoryStatus().size()) - 1

    def _share(self, group: str) -> float:
        """The share of a job's tasks that are done."""
        tracker = self.context.statusTracker()
        stages = [
            stage
            for job in tracker.getJobIdsForGroup(group)
            for id_ in (tracker.getJobInfo(job).stageIds if tracker.getJobInfo(job) is not None else ())
            if (stage := tracker.getStageInfo(id_)) is not None
        ]
        tasks = sum(stage.numTasks for stage in stages)
        return sum(stage.numCompletedTasks for stage in stages) / tasks if tasks else 0.0


def _probe(number: int) -> tuple[int, str]:
    return number, identity()


def _kind(exc: BaseException) -> str:
    condition = getattr(exc, "getCondition", None)
    found = condition() if condition is not None else None
    return as_label(str(found or type(exc).__name__))[:100]


_SAYS: tuple[tuple[str, str, str], ...] = (
    (
        r"ModuleNotFoundError: No module named '([\w.]+)'|ImportError: .*?'(\w+)'",
        "an executor has no Python package {0}",
        "Install the same lock on each machine, or ship the environment (docs/scale.md, Executors).",
    ),
    (
        r"PYTHON_VERSION_MISMATCH|Python in worker has different version",
        "an executor has another Python than this process",
        "Install the same Python on each machine, or ship the environment (docs/scale.md, Executors).",
    ),
    (
        r"Permission denied|AccessControlException|PERMISSION_DENIED|INSUFFICIENT_PERMISSIONS",
        "an executor may not read it: permission was refused",
        "Ask whoever owns the data to let the cluster's user read it.",
    ),
    (
        r"FileNotFoundException|PATH_NOT_FOUND|FILE_NOT_EXIST|does not exist",
        "a file is gone that was there when its digest was taken, or an executor does not see it",
        "Put it where every machine of the cluster sees it under the same path, and run again while nothing writes to it.",
    ),
    (
        r"CAST_INVALID_INPUT|CAST_OVERFLOW|DIVIDE_BY_ZERO|ARITHMETIC_OVERFLOW|CANNOT_PARSE_TIMESTAMP",
        "a value is not of the type, or not in the range, that the query makes of it",
        "Cast what may fail with `try_cast`, and say what becomes of the rows in which it does.",
    ),
    (
        r"CANNOT_MERGE_SCHEMAS|PARQUET_COLUMN_DATA_TYPE_MISMATCH|SchemaColumnConvertNotSupported|ArrowInvalid",
        "its files do not all have the same columns and types",
        "Write all files with the same columns and types.",
    ),
    (
        r"Cannot (?:run|find) program|java\.io\.IOException: Cannot run",
        "an executor has no Python to run",
        "Say which: PYSPARK_PYTHON, or spark.pyspark.python in spark-defaults.conf.",
    ),
    (
        r"maxResultSize",
        "what the partitions have counted is larger than the driver takes",
        "Raise spark.driver.maxResultSize and spark.driver.memory in spark-defaults.conf.",
    ),
    (
        r"SparkContext was shut down|has been shutdown|stopped SparkContext|Connection refused|Answer from Java side is empty"
        r"|All masters are unresponsive|Master removed our application|cancelled because SparkContext",
        "the cluster went away in the middle of it",
        "Start it again and run again with --resume; what was finished is kept, and nothing of this was.",
    ),
)
"""What Spark says of what has gone wrong, and what is said of it here: its own text may hold values of the data."""


def refusal(exc: BaseException, where: str) -> EngineError:
    """An error of Spark in our words: what, where, what to do.

    >>> str(refusal(RuntimeError("java.io.FileNotFoundException: /data/x.parquet"), "test.parquet"))[:41]
    'test.parquet: a file is gone that was the'
    """
    said = f"{type(exc).__name__}: {exc}"
    for pattern, what, do in _SAYS:
        found = re.search(pattern, said)
        if found is not None:
            named = next((group for group in found.groups() if group), "")
            return EngineError(what.format(named), where=where, do=do)
    if type(exc).__name__ in ("Py4JNetworkError", "ConnectionRefusedError", "ConnectionResetError", "EOFError"):
        *_, last = _SAYS
        return EngineError(last[1], where=where, do=last[2])
    return EngineError(
        f"a job of Spark has failed ({_kind(exc)})",
        where=where,
        do="See the log of the executors; what was finished is kept (--resume).",
    )


@dataclass(frozen=True)
class RunningSpark:
    """See `RunningEngine`."""

    master: str
    cluster: Cluster
    folder: Path
    """Where files of other formats are written as Parquet, until the end."""

    @property
    def facts(self) -> EngineFacts:
        """See `RunningEngine.facts`."""
        code, *versions = identity().split()
        return EngineFacts(
            name="spark",
            version=as_label(self.cluster.session.version),
            master=as_label(self.cluster.context.master),
            code=code,
            packages=dict(word.split("=", 1) for word in versions),
            refused_connections=tuple(sorted(as_label(one) for one in self.cluster.refused)),
        )

    @property
    def reaches(self) -> tuple[str, ...]:
        """See `RunningEngine.reaches`."""
        master = self.cluster.context.master
        own = "This process reaches Spark's driver, a Java process of its own, on 127.0.0.1 and nothing else."
        if _on_this_machine(master):
            return (f"Spark {self.cluster.session.version} on {master}: {own} All of it runs on this machine.",)
        return (
            f"Spark {self.cluster.session.version} on {master}: {own}",
            "Spark's driver and executors reach each other and where the data lie; the guard of this process does not see that.",
        )

    def open_rows(self, path: Path, where: str, version: str | None = None) -> SparkRows:
        """See `RunningEngine.open_rows`: digests are taken by executors, types and rows from the files, as without an engine."""
        if path.suffix.lower() == ".sql":
            return self._queried(path, where, version)
        rows = open_any(path, where=where, version=version, digests=self.cluster.digests)
        read = rows.path
        if rows.origin is not None:
            self._require_seen([read], "the rows of a table are written", where)
        elif not rows.is_parquet:
            # CSV and the like are typed over the whole file, which no partition sees: written once as they are read here.
            read = spool(rows, self.folder, where)
            self._require_seen([read], "a file that is not Parquet is written", where)
        return SparkRows(rows, self.cluster, str(read.resolve()), offsets_of(read))

    def _queried(self, path: Path, where: str, version: str | None) -> SparkRows:
        if version is not None:
            raise SourceError(
                "a query has no `version`",
                where=where,
                do="Write `VERSION AS OF` in the query, and leave `version` out.",
            )
        rows = spark_queries.rows_of(self.cluster, path, room_in(self.folder), where)
        return SparkRows(rows, self.cluster, str(rows.path.resolve()), offsets_of(rows.path))

    def _require_seen(self, files: Sequence[Path], what: str, where: str) -> None:
        try:
            self.cluster.digests(files)
        except EngineError as exc:
            raise SourceError(
                f"no executor sees this process's own folder, into which {what} ({exc.what})",
                where=where,
                do="Write it as Parquet where every machine sees it, or set TMPDIR to such a folder.",
            ) from None


__all__ = ["Cluster", "RunningSpark", "Spark", "refusal"]
