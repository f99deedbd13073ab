"""Trains the study that `README.md` tells of, and tracks it twice: in MLflow's SQLite store and in W&B's offline folders.

The tracking tools are no dependency of Cardwright. Run this where they are installed, once; what it writes is committed:

    pip install mlflow==3.17.2 wandb==0.31.0 scikit-learn skops pyarrow
    python examples/research/study.py

Data: the 1,797 handwritten digits that scikit-learn ships (`load_digits`, after the UCI collection of handwritten digits). No
person is told apart in them.
"""

import hashlib
import os
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import skops.io
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

HERE = Path(__file__).parent
COMMIT = (
    "6c1f" * 10
)  # the study's own code is this file; the commit is a stand-in, since the file was not yet committed
SEEDS = range(5)
SVM = {"model": "svm", "kernel": "rbf", "C": 10.0, "scale": "none", "gamma": "scale"}
STUDY = {
    "baseline": ("baseline", {"model": "logistic", "C": 1.0, "scale": "standard"}),
    "forest": ("search", {"model": "forest", "trees": 100, "scale": "none"}),
    "network": ("search", {"model": "mlp", "hidden": 32, "scale": "standard"}),
    "svm": ("candidate", SVM),
    "svm-linear": ("ablation", {**SVM, "kernel": "linear"}),
    "svm-standardised": ("ablation", {**SVM, "scale": "standard"}),
}


def made(settings, seed):
    """The estimator of some settings."""
    if settings["model"] == "logistic":
        model = LogisticRegression(C=settings["C"], max_iter=2000, random_state=seed)
    elif settings["model"] == "forest":
        model = RandomForestClassifier(settings["trees"], random_state=seed)
    elif settings["model"] == "mlp":
        model = MLPClassifier((settings["hidden"],), max_iter=300, random_state=seed)
    else:
        model = SVC(kernel=settings["kernel"], C=settings["C"], gamma=settings["gamma"], random_state=seed)
    return make_pipeline(StandardScaler(), model) if settings["scale"] == "standard" else make_pipeline(model)


def trained(settings, seed, rows, truth):
    """The estimator, fitted. What chance there is in training: which 900 of the 1,000 rows it sees, and its own seed."""
    chosen = np.random.default_rng(seed).permutation(len(rows))[:900]
    return made(settings, seed).fit(rows[chosen], truth[chosen])


def measured(answers, found):
    """What each run is judged by, on the held-out rows."""
    return {
        "accuracy": float((found == answers).mean()),
        "worst_recall": float(recall_score(answers, found, average=None).min()),
    }


def main():
    """Train, track, and write what the assessment reads."""
    import mlflow
    import wandb

    work = Path(tempfile.mkdtemp())
    os.environ |= {
        "WANDB_MODE": "offline",
        "WANDB_SILENT": "true",
        "WANDB_DISABLE_CODE": "true",
        "WANDB_DISABLE_GIT": "true",
    }
    digits = load_digits()
    names = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
    rows, held, truth, answers = train_test_split(
        digits.data, digits.target, test_size=797, random_state=0, stratify=digits.target
    )
    version = hashlib.sha256(np.ascontiguousarray(rows).tobytes() + truth.tobytes()).hexdigest()[:16]
    (work / "mlflow").mkdir()
    os.chdir(work / "mlflow")
    mlflow.set_tracking_uri(f"sqlite:///{work}/mlflow/mlflow.db")
    mlflow.set_experiment("digits")
    said = {}
    for name, (purpose, settings) in STUDY.items():
        for seed in SEEDS:
            model = trained(settings, seed, rows, truth)
            found = model.predict(held)
            numbers = measured(answers, found)
            said[name, seed] = found
            keep = name in ("svm", "baseline") and seed == 0
            if keep:
                skops.io.dump(model, work / "model.skops")
            with mlflow.start_run(run_name=f"{name}-{seed}"):
                mlflow.log_params({**settings, "seed": seed})
                mlflow.set_tags({"purpose": purpose, "mlflow.source.git.commit": COMMIT, "data_version": version})
                for metric, value in numbers.items():
                    mlflow.log_metric(metric, value)
                mlflow.log_metric("accuracy_n", len(held))
                if keep and name == "svm":
                    mlflow.log_artifact(str(work / "model.skops"))
                    shutil.copyfile(work / "model.skops", HERE / "model.skops")
            run = wandb.init(
                project="digits", name=f"{name}-{seed}", id=f"{name}-{seed}", job_type=purpose, dir=work,
                config={**settings, "seed": seed, "commit": COMMIT, "data_version": version},
                settings=wandb.Settings(x_disable_stats=True, x_disable_meta=True, host="host", console="off"),
            )  # fmt: skip
            run.log({**numbers, "accuracy_n": len(held)})
            run.finish()
    failed = {**SVM, "C": -1.0}
    with mlflow.start_run(run_name="svm-negative") as one:
        mlflow.log_params({**failed, "seed": 0})
        mlflow.set_tags({"purpose": "search", "mlflow.source.git.commit": COMMIT, "data_version": version})
    mlflow.tracking.MlflowClient().set_terminated(one.info.run_id, "FAILED")
    columns = {name: held[:, place] for place, name in enumerate(names)}
    table = {**columns, "digit": answers, "svm": said["svm", 0], "baseline": said["baseline", 0]}
    table |= {f"svm_{seed}": said["svm", seed] for seed in SEEDS if seed}
    pq.write_table(pa.table(table), HERE / "test.parquet", compression="zstd")
    training = {name: rows[:, place] for place, name in enumerate(names)}
    pq.write_table(pa.table({**training, "digit": truth}), HERE / "training.parquet", compression="zstd")
    keep_stores(work)


def keep_stores(work):
    """Copy both stores without anything of the machine; the database with small pages."""
    for folder in ("mlflow", "wandb"):
        shutil.rmtree(HERE / folder, ignore_errors=True)
    shutil.copytree(work / "mlflow", HERE / "mlflow")
    with sqlite3.connect(HERE / "mlflow" / "mlflow.db") as connection:
        connection.execute("UPDATE runs SET user_id = 'somebody'")
        connection.execute("UPDATE tags SET value = 'somebody' WHERE key = 'mlflow.user'")
        connection.execute("UPDATE tags SET value = 'study.py' WHERE key = 'mlflow.source.name'")
        for table, column in (("runs", "artifact_uri"), ("experiments", "artifact_location")):
            connection.execute(f"UPDATE {table} SET {column} = replace({column}, ?, '/store')", (f"{work}/mlflow",))
    connection.close()
    connection = sqlite3.connect(HERE / "mlflow" / "mlflow.db", isolation_level=None)
    connection.execute("PRAGMA page_size = 512")
    connection.execute("VACUUM")
    connection.close()
    for file in sorted((work / "wandb").rglob("*.wandb")):
        target = HERE / "wandb" / f"offline-run-{file.stem.removeprefix('run-')}" / file.name
        target.parent.mkdir(parents=True)
        shutil.copyfile(file, target)
    for file in [path for folder in ("mlflow", "wandb") for path in (HERE / folder).rglob("*") if path.is_file()]:
        if str(work).encode() in file.read_bytes():
            sys.exit(f"{file} names the folder it was made in")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
