"""Trains the study of `study.py` a second time, with seeds that nobody has seen, and tracks the runs in JSON Lines.

`chain.py` calls it after the experiment plan is signed. It needs no tracking tool. Training rows and held-out rows are those of
the first study, as `training.parquet` and `test.parquet` hold them; nothing is drawn again.

    python repeat.py FOLDER COMMIT

FOLDER gets `runs.jsonl`, `model.skops` (the claimed configuration, first seed) and `test.parquet` (the held-out rows with
what the repetition predicts).
"""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import skops.io

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from study import STUDY, measured, trained  # noqa: E402

SEEDS = range(5, 10)
"""The first study used 0 to 4."""


def table(name: str) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Pixels by column, the same as rows, and the digits."""
    read = pq.read_table(HERE / name)
    pixels = {column: read[column].to_numpy() for column in read.column_names if column.startswith("pixel_")}
    return pixels, np.column_stack(list(pixels.values())), read["digit"].to_numpy()


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def main(folder: Path, commit: str) -> None:
    """Train every configuration with every seed, and write what the documents and the release rest on."""
    version = hashlib.sha256((HERE / "training.parquet").read_bytes()).hexdigest()
    _, rows, truth = table("training.parquet")
    pixels, held, answers = table("test.parquet")
    predictions: dict[str, np.ndarray] = {}
    runs: list[dict[str, object]] = []
    for name, (purpose, settings) in STUDY.items():
        for seed in SEEDS:
            started = now()
            model = trained(settings, seed, rows, truth)
            found = model.predict(held)
            run = {
                "id": f"{name}-{seed}", "name": f"{name}-{seed}", "purpose": purpose, "status": "finished", "started": started,
                "finished": now(), "commit": commit, "seed": seed, "config": settings, "data": {"training.parquet": version},
                "metrics": {**measured(answers, found), "accuracy_n": len(held)},
            }  # fmt: skip
            if name == "svm" and seed == SEEDS[0]:
                skops.io.dump(model, folder / "model.skops")
                digest = hashlib.sha256((folder / "model.skops").read_bytes()).hexdigest()
                run["artefacts"] = {"model.skops": digest}
            if name == "svm" or (name == "baseline" and seed == SEEDS[0]):
                predictions[f"svm_{seed}" if name == "svm" else name] = found
            runs.append(run)
    (folder / "runs.jsonl").write_text("".join(f"{json.dumps(run)}\n" for run in runs), encoding="utf-8")
    pq.write_table(pa.table({**pixels, "digit": answers, **predictions}), folder / "test.parquet", compression="zstd")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
