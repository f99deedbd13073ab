"""Group metrics at scale: a million rows in memory beside fairlearn, and fifty million in a Parquet file in constant memory.

    python benchmarks/scale.py [--rows 1000000] [--file-rows 50000000] [--workers 2] [--repeat 5] [--boots 3] [--seed 0]
    python benchmarks/scale.py --engines duckdb local 'local[2]' [--file-rows 50000000]

Twenty groups. Ours is the whole fairness evaluation from arrays to measurements: every rate with its interval, every gap with
its simultaneous interval and permutation p-value, of which fairlearn's five metrics are a part. fairlearn's bootstrap of a
thousand resamples is extrapolated from a few. The file is made in a temporary folder and deleted; each reading of it is a
process of its own, so that its peak of memory is its own. Processor time is printed beside the seconds that passed: on a
machine that does other work the seconds say more about that work. With `--engines` the same file is read on each of them, a
tenth of it first, and nothing else is measured: rows in a second, what the partitions sent back, memory, and that all of them
gave the same evaluation. `duckdb` is the bare count of decisions by group and outcome, without a digest, a check or an interval:
what reading alone costs. Spark needs its extra and Java. Prints Markdown rows for RESULTS.md; exits 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SECONDS, TIMES, TIMES_BOOTSTRAPPED = 0.25, 100.0, 10_000.0
FILE_SECONDS, FILE_BYTES, FLAT = 10.0, 1_000_000_000, 1.25
GROUPS = tuple(f"region {number:02d}" for number in range(1, 21))
PIECE = 1_000_000
METRICS = ("selection_rate", "true_positive_rate", "false_positive_rate", "false_negative_rate", "accuracy")


def columns(count: int, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """Group numbers, outcomes and decisions; groups of different sizes and rates."""
    share = np.linspace(1, 3, len(GROUPS))
    group = rng.choice(len(GROUPS), count, p=share / share.sum())
    truth = rng.random(count) < 0.3 + 0.004 * group
    decision = rng.random(count) < 0.2 + 0.4 * truth + 0.002 * group
    return group, truth.astype(np.int8), decision.astype(np.int8)


def in_memory(said: argparse.Namespace) -> list[str]:
    """A million rows as arrays, ours and fairlearn's."""
    import pandas as pd
    from fairlearn.metrics import (
        MetricFrame,
        false_negative_rate,
        false_positive_rate,
        selection_rate,
        true_positive_rate,
    )
    from sklearn.metrics import accuracy_score

    from cardwright.evaluators.fairness import Fairness
    from cardwright.evaluators.interface import Inputs
    from cardwright.sources.frames import predictions_from_arrays

    group, truth, decision = columns(said.rows, np.random.default_rng(said.seed))
    groups = pd.Series(np.array(GROUPS)[group], name="region")

    def ours() -> Any:
        source = predictions_from_arrays(truth, decision, sensitive_features=groups, name="arrays", favourable=1)
        return Fairness().evaluate(Inputs("fairness", {"source": source}, workers=said.workers))

    functions = (selection_rate, true_positive_rate, false_positive_rate, false_negative_rate, accuracy_score)

    def theirs(boots: int | None = None) -> Any:
        more = {} if boots is None else {"n_boot": boots, "ci_quantiles": [0.025, 0.975], "random_state": said.seed}
        return MetricFrame(
            metrics=dict(zip(METRICS, functions, strict=True)),
            y_true=truth,
            y_pred=decision,
            sensitive_features=groups,
            **more,
        )

    ours()
    seconds, busy, evaluation = best(ours, said.repeat)
    plain, _, frame = best(theirs, 2)
    some, _, _ = best(lambda: theirs(said.boots), 1)
    thousand = plain + (some - plain) / said.boots * 1000
    agree(evaluation, frame.by_group)
    print(f"| {said.rows:,} rows in memory, {len(GROUPS)} groups | seconds | processor | numbers | fairlearn / ours |")
    print("| --- | ---: | ---: | ---: | ---: |")
    print(
        f"| fairness: rates, simultaneous intervals, permutation p-values | {seconds:.3f} | {busy:.3f} | "
        f"{len(evaluation.measurements)} | |"
    )
    print(
        f"| fairlearn `MetricFrame`, 5 metrics, no intervals | {plain:.2f} | | {frame.by_group.size} | {plain / seconds:.0f} |"
    )
    print(
        f"| fairlearn `n_boot=1000`, extrapolated from {said.boots} ({some:.1f} s) | {thousand:,.0f} | | | "
        f"{thousand / seconds:,.0f} |"
    )
    return [
        *([f"{seconds:.3f} s in memory"] if seconds >= SECONDS else []),
        *([f"{plain / seconds:.0f} times fairlearn"] if plain / seconds < TIMES else []),
        *([f"{thousand / seconds:,.0f} times its bootstrap"] if thousand / seconds < TIMES_BOOTSTRAPPED else []),
    ]


def best(work: Callable[[], Any], repeat: int) -> tuple[float, float, Any]:
    """The least seconds of several runs, the processor time of that run, and the last result."""
    runs, result = [], None
    for _ in range(repeat):
        begun, busy = time.perf_counter(), time.process_time()
        result = work()
        runs.append((time.perf_counter() - begun, time.process_time() - busy))
    return *min(runs), result


def agree(evaluation: Any, by_group: Any) -> None:
    """Refuse to compare the speed of two different answers."""
    for group, row in by_group.iterrows():
        for metric, value in row.items():
            (found,) = evaluation.find(metric, slice={"region": group}, across=())
            if abs(found.value - value) > 1e-12:
                raise SystemExit(f"{metric} differs from fairlearn's: {found.value} and {value}")


# --- a file larger than memory ------------------------------------------------------------------------------------------


def write(path: Path, rows: int, seed: int) -> None:
    """A Parquet file, piece by piece, in the writer's own default encoding and compression."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(seed)
    names = pa.array(GROUPS)
    schema = pa.schema(
        [("region", pa.string()), ("outcome", pa.int8()), ("decision", pa.int8()), ("amount", pa.float64())]
    )
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, PIECE):
            count = min(PIECE, rows - start)
            group, truth, decision = columns(count, rng)
            writer.write_table(
                pa.table([names.take(pa.array(group)), truth, decision, rng.random(count).round(2)], schema=schema)
            )


def read(path: Path, workers: int, engine: str) -> dict[str, Any]:
    """Open and assess a file in this process: seconds, processor seconds, peak memory, and what came back from an engine."""
    if engine == "duckdb":
        return count_in_duckdb(path)
    from cardwright import engines
    from cardwright.evaluators.fairness import Fairness
    from cardwright.evaluators.interface import Inputs
    from cardwright.record import canonical
    from cardwright.sources.load import load
    from cardwright.sources.spec import PredictionsSpec

    spec = PredictionsSpec(
        predictions=path.name, label="outcome", prediction="decision", favourable="1", sensitive=["region"], unit="case"
    )
    started = time.perf_counter()
    with engines.named(engine).running() as running:
        begun = time.perf_counter()
        source = load(spec, "test", path.parent, opening=running.open_rows)
        opened = time.perf_counter()
        evaluation = Fairness().evaluate(Inputs("fairness", {"source": source}, workers=workers))
        ended = time.perf_counter()
        received = running.cluster.received if engine != "local" else 0
        others = beside()
    return {
        "start": begun - started,
        "received": float(received),
        "sha256": canonical.sha256(evaluation.model_dump(mode="json")),
        "open": opened - begun,
        "evaluate": ended - opened,
        "busy": time.process_time(),
        "bytes": peak(),
        "beside": others,
        "counts": counts_of(evaluation),
        "rows": float(source.ref.rows or 0),
        "numbers": float(len(evaluation.measurements)),
    }


def count_in_duckdb(path: Path) -> dict[str, Any]:
    """Decisions by group, as DuckDB counts them."""
    import duckdb

    begun = time.perf_counter()
    with duckdb.connect(":memory:") as store:
        query = "SELECT region, count(*), sum(decision)::BIGINT FROM read_parquet(?) GROUP BY region"
        found = store.execute(query, [str(path)]).fetchall()
    return {
        "start": 0.0,
        "received": 0.0,
        "open": 0.0,
        "evaluate": time.perf_counter() - begun,
        "bytes": peak(),
        "beside": 0.0,
        "rows": float(sum(rows for _, rows, _ in found)),
        "counts": {region: [favourable, rows] for region, rows, favourable in found},
    }


def counts_of(evaluation: Any) -> dict[str, list[int]]:
    """Favourable decisions and rows by group, of an evaluation."""
    rates = (one for region in GROUPS for one in evaluation.find("selection_rate", slice={"region": region}, across=()))
    return {one.slice["region"]: [int(one.numerator), int(one.denominator)] for one in rates}


def beside() -> float:
    """The most memory that the processes held which this one has started and which still run: Java, and its Python workers."""
    total, parents = 0.0, {os.getpid()}
    status = {int(place.parent.name): place for place in Path("/proc").glob("[0-9]*/status")}
    for process in sorted(status):  # a child has a later number than its parent, but for the rare turn of the counter
        try:
            said = dict(line.split(":", 1) for line in status[process].read_text(encoding="utf-8").splitlines())
        except OSError:
            continue
        if int(said["PPid"]) in parents:
            parents.add(process)
            total += float(said["VmHWM"].split()[0]) * 1024 if "VmHWM" in said else 0.0
    return total


def peak() -> float:
    """The most memory this process held, in bytes. `getrusage` would count that of the process it was started from."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM")]
        return float(line.split()[1]) * 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024


def from_file(said: argparse.Namespace) -> list[str]:
    """A tenth of the rows, then all of them."""
    found: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        need, free = said.file_rows * 8, shutil.disk_usage(folder).free
        if free < 2 * need:
            raise SystemExit(f"{folder} has {free / 1e9:.1f} GB free, and {2 * need / 1e9:.1f} GB are needed")
        for rows in (said.file_rows // 10, said.file_rows):
            path = Path(folder) / f"{rows}.parquet"
            write(path, rows, said.seed)
            size = path.stat().st_size
            words = [sys.executable, __file__, "--read", str(path), "--workers", str(said.workers)]
            runs = [
                json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout) for _ in range(3)
            ]
            found.append(min(runs, key=lambda run: run["open"] + run["evaluate"]) | {"size": float(size)})
            path.unlink()
    print("\n| Parquet file | size | open | evaluate | seconds | processor | cores | peak memory |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for run in found:
        total = run["open"] + run["evaluate"]
        print(
            f"| {int(run['rows']):,} rows | {run['size'] / 1e6:.0f} MB | {run['open']:.2f} | {run['evaluate']:.2f} | "
            f"{total:.2f} | {run['busy']:.2f} | {run['busy'] / total:.2f} of {os.cpu_count()} | {run['bytes'] / 1e6:.0f} MB |"
        )
    small, large = found
    seconds = large["open"] + large["evaluate"]
    return [
        *([f"{seconds:.1f} s for the file"] if seconds >= FILE_SECONDS else []),
        *([f"{large['bytes'] / 1e6:.0f} MB of memory"] if large["bytes"] >= FILE_BYTES else []),
        *(["memory grows with the file"] if large["bytes"] > FLAT * small["bytes"] else []),
    ]


def on_engines(said: argparse.Namespace) -> list[str]:
    """The same file on each engine, each in a process of its own."""
    print(
        "\n| engine | rows | start | open | evaluate | rows/s | sent back per million | peak, Python | peak, Java and workers |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    differ = False
    with tempfile.TemporaryDirectory() as folder:
        for rows in (said.file_rows // 10, said.file_rows):
            path = Path(folder) / f"{rows}.parquet"
            write(path, rows, said.seed)
            digests, counts = set(), []
            for engine in said.engines:
                words = [
                    sys.executable,
                    __file__,
                    "--read",
                    str(path),
                    "--workers",
                    str(said.workers),
                    "--engines",
                    engine,
                ]
                run = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
                digests |= {run["sha256"]} if "sha256" in run else set()
                counts.append(run["counts"])
                each = run["rows"] / (run["open"] + run["evaluate"])
                back = f"{run['received'] / run['rows'] * 1e6 / 1e3:.1f} kB" if run["received"] else "–"
                others = f"{run['beside'] / 1e6:.0f} MB" if run["beside"] else "–"
                print(
                    f"| `{engine}` | {int(run['rows']):,} | {run['start']:.1f} s | {run['open']:.1f} s | "
                    f"{run['evaluate']:.1f} s | {each:,.0f} | {back} | {run['bytes'] / 1e6:.0f} MB | {others} |",
                    flush=True,
                )
            differ |= len(digests) > 1 or any(one != counts[0] for one in counts)
            path.unlink()
    return ["the engines differ in a number"] if differ else []


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--file-rows", type=int, default=50_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--boots", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engines", nargs="+", default=[], help="compare these engines, and measure nothing else")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.read is not None:
        print(json.dumps(read(said.read, said.workers, *(said.engines or ["local"]))))
        return 0
    missed = on_engines(said) if said.engines else [*in_memory(said), *from_file(said)]
    print(
        f"\nLoad of the machine at the end (other work included): {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores."
    )
    if missed:
        print(f"missed: {'; '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
