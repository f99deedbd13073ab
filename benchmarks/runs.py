"""How long it takes to import 100,000 runs, and how much memory: from MLflow's database, and from the file that was written.

    python benchmarks/runs.py [RUNS]

The database is the one of `tests/data/runs`, which MLflow itself made, with more rows of the same kind.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STORE = Path(__file__).parents[1] / "tests" / "data" / "runs" / "mlflow" / "mlflow.db"
MEASURED = """
import resource, sys
from cardwright.cli.main import main
try:
    main(["runs", "import", *sys.argv[1:]])
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(used.ru_maxrss, used.ru_utime + used.ru_stime, file=sys.stderr)
"""


def grown(folder: Path, count: int) -> Path:
    """MLflow's database with `count` runs of eight settings, four metrics and two tags each."""
    database = folder / "mlflow.db"
    shutil.copyfile(STORE, database)
    with sqlite3.connect(database) as connection:
        for table in ("params", "metrics", "latest_metrics", "tags", "inputs", "runs"):
            connection.execute(f"DELETE FROM {table}")
        ids = [f"{number:032x}" for number in range(count)]
        connection.executemany(
            "INSERT INTO runs (run_uuid, name, status, start_time, end_time, lifecycle_stage, experiment_id) "
            "VALUES (?, ?, 'FINISHED', ?, ?, 'active', 1)",
            (
                (one, f"run-{n}", 1_795_000_000_000 + n * 1000, 1_795_000_060_000 + n * 1000)
                for n, one in enumerate(ids)
            ),
        )
        connection.executemany(
            "INSERT INTO params (run_uuid, key, value) VALUES (?, ?, ?)",
            (
                (one, key, value)
                for n, one in enumerate(ids)
                for key, value in (
                    ("model", "mlp"), ("optimizer", "adam"), ("lr", str(10 ** -(1 + n % 50 / 10))), ("layers", str(n % 7)),
                    ("dropout", str(n % 11 / 20)), ("batch_size", str(2 ** (4 + n % 6))), ("weight_decay", str(n % 13 / 1000)),
                    ("seed", str(n % 5)),
                )
            ),
        )  # fmt: skip
        connection.executemany(
            "INSERT INTO latest_metrics (run_uuid, key, value, step, is_nan, timestamp) VALUES (?, ?, ?, 10, 0, 0)",
            (
                (one, key, 0.5 + (n * 7919 % 10_000) / 20_000)
                for n, one in enumerate(ids)
                for key in ("accuracy", "f1", "loss", "roc_auc")
            ),
        )
        connection.executemany(
            "INSERT INTO tags (run_uuid, key, value) VALUES (?, ?, ?)",
            (
                (one, key, value)
                for one in ids
                for key, value in (("purpose", "search"), ("mlflow.source.git.commit", "1f" * 20))
            ),
        )
    connection.close()
    return database


def imported(*words: str) -> str:
    """Seconds, seconds of the processor and megabytes of `cardwright runs import` as a process of its own, as cells."""
    begun = time.perf_counter()
    ran = subprocess.run([sys.executable, "-c", MEASURED, *words], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begun
    if ran.returncode:
        raise SystemExit(ran.stderr)
    kilobytes, of_processor = ran.stderr.split()[-2:]
    return f"{seconds:.1f} | {float(of_processor):.1f} | {int(kilobytes) / 1024:.0f}"


def main() -> None:
    """Print both measurements as a table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as place:
        database, written = grown(Path(place), count), Path(place) / "runs.jsonl"
        print(f"| import of {count:,} runs | seconds | of the processor | MB | target |")
        print("| --- | ---: | ---: | ---: | --- |")
        print("| from MLflow's database |", imported(str(database), "-o", str(written)), "| < 10 s, < 500 MB |")
        print("| from the file that was written |", imported(str(written)), "| < 10 s, < 500 MB |")


if __name__ == "__main__":
    main()
