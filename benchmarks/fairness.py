"""Group fairness over a Parquet file, beside fairlearn's `MetricFrame` on the same rows in memory.

    python benchmarks/fairness.py [--rows 1000000] [--workers 2] [--repeat 3] [--seed 0]

Cardwright reads the file, counts two attributes and their intersection, and gives every rate with its interval, every gap with
its simultaneous interval and permutation p-value. fairlearn computes five metrics by the same two attributes, without
intervals, from frames that are already in memory. Prints Markdown rows for RESULTS.md; exits 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cardwright.evaluators.fairness import Fairness
from cardwright.evaluators.interface import Inputs
from cardwright.sources.load import load
from cardwright.sources.spec import PredictionsSpec

TARGET_SECONDS, TARGET_RATIO = 0.5, 50.0
RACES = ("asian", "black", "hispanic", "native", "other", "pacific", "two_or_more", "white")


def rows(count: int, seed: int) -> pa.Table:
    """Predictions with two attributes: eight groups of one, two of the other."""
    rng = np.random.default_rng(seed)
    race = rng.choice(len(RACES), count, p=(0.1, 0.13, 0.15, 0.02, 0.03, 0.02, 0.05, 0.5))
    sex = rng.integers(0, 2, count)
    truth = rng.random(count) < 0.3 + 0.02 * race
    score = np.clip(0.5 * rng.random(count) + 0.35 * truth + 0.02 * race, 0, 1)
    return pa.table(
        {
            "outcome": truth.astype(np.int8),
            "decision": (score >= 0.5).astype(np.int8),
            "score": score,
            "race": pa.array(np.array(RACES)[race]),
            "sex": pa.array(np.array(("female", "male"))[sex]),
        }
    )


def best(work: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    """The least seconds of several runs, and the last result."""
    seconds, result = [], None
    for _ in range(repeat):
        begun = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - begun)
    return min(seconds), result


def ours(path: Path, workers: int, **options: Any) -> tuple[Any, Callable[[], Any]]:
    """The source, opened, and the evaluation of it."""
    spec = PredictionsSpec(
        predictions=path.name, label="outcome", favourable="1", sensitive=["race", "sex"], unit="application", **options
    )
    source = load(spec, "test", path.parent)
    inputs = Inputs("fairness", {"source": source}, workers=workers)
    return source, lambda: Fairness().evaluate(inputs)


def fairlearn_frame(table: pa.Table) -> Any:
    """Five metrics by the same two attributes."""
    from fairlearn.metrics import (
        MetricFrame,
        false_negative_rate,
        false_positive_rate,
        selection_rate,
        true_positive_rate,
    )
    from sklearn.metrics import accuracy_score

    frame = table.to_pandas()
    metrics = {
        "selection_rate": selection_rate,
        "true_positive_rate": true_positive_rate,
        "false_positive_rate": false_positive_rate,
        "false_negative_rate": false_negative_rate,
        "accuracy": accuracy_score,
    }
    truth, decision = frame["outcome"].to_numpy(), frame["decision"].to_numpy()
    return lambda: (
        MetricFrame(metrics=metrics, y_true=truth, y_pred=decision, sensitive_features=frame[["race", "sex"]]).by_group
    )


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    said = parser.parse_args()
    table = rows(said.rows, said.seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.parquet"
        pq.write_table(table, path)
        opened, _ = best(lambda: ours(path, said.workers, prediction="decision"), 1)
        _, decisions = ours(path, said.workers, prediction="decision")
        seconds, evaluation = best(decisions, said.repeat)
        _, scores = ours(path, said.workers, score="score", threshold=0.5)
        seconds_scores, evaluation_scores = best(scores, said.repeat)
    theirs, by_group = best(fairlearn_frame(table), 1)
    agree(evaluation, by_group)
    ratio = theirs / seconds
    print(f"| {said.rows:,} rows, 2 attributes, 10 groups | seconds | numbers | fairlearn / ours |")
    print("| --- | ---: | ---: | ---: |")
    print(f"| fairness of decisions, from Parquet | {seconds:.3f} | {len(evaluation.measurements)} | {ratio:.0f} |")
    print(
        f"| fairness of scores and decisions, from Parquet | {seconds_scores:.3f} | "
        f"{len(evaluation_scores.measurements)} | {theirs / seconds_scores:.0f} |"
    )
    print(f"| opening the file once (digest, groups, checks) | {opened:.3f} | | |")
    print(f"| fairlearn `MetricFrame`, 5 metrics, no intervals, in memory | {theirs:.3f} | {by_group.size} | 1 |")
    missed = [name for name, bad in (("seconds", seconds >= TARGET_SECONDS), ("ratio", ratio < TARGET_RATIO)) if bad]
    if missed:
        print(f"missed: {', '.join(missed)} (targets: {TARGET_SECONDS} s, {TARGET_RATIO:.0f} times)", file=sys.stderr)
    return 1 if missed else 0


def agree(evaluation: Any, by_group: Any) -> None:
    """Refuse to compare the speed of two different answers."""
    for (race, sex), row in by_group.iterrows():
        for metric, value in row.items():
            (found,) = evaluation.find(metric, slice={"race": race, "sex": sex}, across=())
            if abs(found.value - value) > 1e-12:
                raise SystemExit(f"{metric} differs from fairlearn's: {found.value} and {value}")


if __name__ == "__main__":
    sys.exit(main())
