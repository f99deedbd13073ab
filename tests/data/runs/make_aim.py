"""Makes a repository of Aim with Aim itself, and writes what RocksDB holds of it into `aim_rows.json`, so that the tests without RocksDB
read what Aim wrote. Run it where they are installed:

    pip install aim==3.29.1 rocksdict==0.3.29
    python tests/data/runs/make_aim.py tests/data/runs/aim_rows.json
"""

import json
import os
import sys
import tempfile
from pathlib import Path

STUDY = [
    ("base-1", "baseline", {"model": "logistic", "lr": 0.1, "layers": 0}, 1, 0.80),
    ("base-2", "baseline", {"model": "logistic", "lr": 0.1, "layers": 0}, 2, 0.81),
    ("cand-1", "candidate", {"model": "mlp", "lr": 0.01, "layers": 2}, 1, 0.86),
    ("ablate-1", "ablation", {"model": "mlp", "lr": 0.01, "layers": 1}, 1, 0.84),
    ("bad-1", "search", {"model": "mlp", "lr": 10.0, "layers": 2}, 1, float("nan")),
]


def make(folder):
    """The study of `make_runs.py`, tracked by Aim."""
    os.environ["AIM_ANALYTICS"] = "0"
    from aim import Run

    for name, purpose, settings, seed, accuracy in STUDY:
        run = Run(
            repo=str(folder), experiment="churn", system_tracking_interval=None, log_system_params=False,
            capture_terminal_logs=False,
        )  # fmt: skip
        run.name = name
        for key, value in {
            **settings,
            "seed": seed,
            "commit": "1f" * 20,
            "data_version": "v3",
            "purpose": purpose,
        }.items():
            run[key] = value
        run["optimizer"] = {"betas": [0.9, 0.999], "nesterov": True, "schedule": None}
        for step in (1, 2):
            run.track(accuracy - 0.1 * (2 - step), name="accuracy", step=step)
        run.track(400, name="accuracy_n", step=1)
        run.track(accuracy, name="accuracy", step=2, context={"subset": "val"})
        run.close()


def rows(folder):
    """Every key and value of each run, in hexadecimal."""
    from rocksdict import AccessType, Options, Rdict

    found = {}
    for chunk in sorted((folder / ".aim" / "meta" / "chunks").iterdir()):
        opened = Rdict(str(chunk), options=Options(raw_mode=True), access_type=AccessType.read_only())
        found[chunk.name] = [[bytes(key).hex(), bytes(value).hex()] for key, value in opened.items()]
        opened.close()
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        make(Path(place))
        Path(sys.argv[1]).write_text(json.dumps(rows(Path(place)), indent=0) + "\n")
