"""Makes the stores that the tests of `sources/runs` read, with the tools that write them. Run it where they are installed:

    pip install mlflow==3.17.2 wandb==0.31.0 dvc==3.67.1 sacred==0.8.7 tensorboard==2.21.0
    python tests/data/runs/make_runs.py tests/data/runs

and, for the oldest versions that are read, each in an environment of its own:

    pip install -r requirements/stores/oldest-mlflow.txt; python tests/data/runs/make_runs.py tests/data/runs/oldest mlflow
    pip install -r requirements/stores/oldest-wandb.txt; python tests/data/runs/make_runs.py tests/data/runs/oldest wandb

`.ci/run stores` makes them anew and compares what is read of both.

Every store holds the same study: a baseline of two seeds, a candidate, an ablation that differs from it in one setting, and a run that
failed. Paths, hosts and user names of the machine are replaced, and the databases are written with small pages, so that they stay small.
"""

import contextlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from getpass import getuser
from pathlib import Path

STUDY = [
    # name, purpose, settings, seed, accuracy
    ("base-1", "baseline", {"model": "logistic", "lr": 0.1, "layers": 0}, 1, 0.80),
    ("base-2", "baseline", {"model": "logistic", "lr": 0.1, "layers": 0}, 2, 0.81),
    ("cand-1", "candidate", {"model": "mlp", "lr": 0.01, "layers": 2}, 1, 0.86),
    ("ablate-1", "ablation", {"model": "mlp", "lr": 0.01, "layers": 1}, 1, 0.84),
    ("bad-1", "search", {"model": "mlp", "lr": 10.0, "layers": 2}, 1, float("nan")),
]
WORK = Path(tempfile.mkdtemp())


def mlflow_stores(out):
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    import mlflow
    import numpy as np

    for name, uri in (
        ("mlflow", f"sqlite:///{WORK}/mlflow/mlflow.db"),
        ("mlruns", (WORK / "files" / "mlruns").as_uri()),
    ):
        folder = WORK / ("mlflow" if name == "mlflow" else "files")
        folder.mkdir()
        os.chdir(folder)
        mlflow.set_tracking_uri(uri)
        mlflow.set_experiment("churn")
        for run_name, purpose, settings, seed, accuracy in STUDY:
            with mlflow.start_run(run_name=run_name) as run:
                mlflow.log_params({**settings, "seed": seed})
                mlflow.set_tags({"purpose": purpose, "mlflow.source.git.commit": "1f" * 20})
                data = mlflow.data.from_numpy(np.arange(6.0).reshape(3, 2), name="train")
                mlflow.log_input(data, context="training")
                for step in (1, 2):
                    mlflow.log_metric("accuracy", accuracy - 0.1 * (2 - step), step=step)
                mlflow.log_metric("accuracy_n", 400)
                mlflow.log_metric("gpu_hours", 0.25)
                (folder / "model.txt").write_text(f"{run_name}\n")
                mlflow.log_artifact(str(folder / "model.txt"))
            if run_name == "bad-1":
                mlflow.tracking.MlflowClient().set_terminated(run.info.run_id, "FAILED")
            (folder / "model.txt").unlink()
        shutil.copytree(folder, out / name, dirs_exist_ok=True)
    database = out / "mlflow" / "mlflow.db"
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE runs SET user_id = 'somebody'")
        connection.execute("UPDATE tags SET value = 'somebody' WHERE key = 'mlflow.user'")
        connection.execute("UPDATE tags SET value = 'train.py' WHERE key = 'mlflow.source.name'")
        for table, column in (("runs", "artifact_uri"), ("experiments", "artifact_location")):
            connection.execute(f"UPDATE {table} SET {column} = replace({column}, ?, '/store')", (f"{WORK}/mlflow",))
        connection.execute("UPDATE datasets SET dataset_source = '{}', dataset_schema = '{}', dataset_profile = '{}'")
    connection.close()
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA page_size = 512")
    connection.execute("VACUUM")
    connection.close()


def wandb_folders(out):
    os.environ |= {
        "WANDB_MODE": "offline",
        "WANDB_SILENT": "true",
        "WANDB_DISABLE_CODE": "true",
        "WANDB_DISABLE_GIT": "true",
        # Where an artefact is put together is named in the log: not in somebody's home folder.
        "WANDB_DATA_DIR": tempfile.mkdtemp(),
    }
    import wandb

    (WORK / "wandb").mkdir()
    os.chdir(WORK / "wandb")
    for run_name, purpose, settings, seed, accuracy in STUDY:
        run = wandb.init(
            project="churn", name=run_name, job_type=purpose, id=run_name, dir=str(WORK / "wandb"),
            config={**settings, "seed": seed, "commit": "1f" * 20, "data_version": "v3"},
            settings=wandb.Settings(x_disable_stats=True, x_disable_meta=True, host="host", console="off"),
        )  # fmt: skip
        for step in (1, 2):
            run.log({"accuracy": accuracy - 0.1 * (2 - step), "accuracy_n": 400, "gpu_hours": 0.25})
        if run_name == "cand-1":
            artifact = wandb.Artifact("model", "model")
            with artifact.new_file("model.txt") as file:
                file.write("cand-1\n")
            run.log_artifact(artifact)
        run.finish(exit_code=1 if run_name == "bad-1" else 0)
    for file in sorted((WORK / "wandb").rglob("*.wandb")):
        # The folder's name holds the moment; the file alone is read.
        target = out / "wandb" / f"offline-run-{file.stem.removeprefix('run-')}" / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def tensorboard_folders(out):
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2, summary_v2
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    for run_name, _, settings, seed, accuracy in STUDY:
        folder = WORK / "tensorboard" / run_name
        writer = EventFileWriter(str(folder))
        started = summary_v2.hparams_pb({**settings, "seed": seed}, trial_id=run_name, start_time_secs=1_795_000_000.0)
        writer.add_event(Event(wall_time=1_795_000_000.0, summary=started))
        for step in (1, 2):
            value = Summary.Value(tag="accuracy", simple_value=accuracy - 0.1 * (2 - step))
            writer.add_event(Event(wall_time=1_795_000_000.0 + step, step=step, summary=Summary(value=[value])))
        status = api_pb2.STATUS_FAILURE if run_name == "bad-1" else api_pb2.STATUS_SUCCESS
        end = plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=1_795_000_060.0)
        described = metadata.create_summary_metadata(plugin_data_pb2.HParamsPluginData(session_end_info=end))
        ended = Summary(value=[Summary.Value(tag=metadata.SESSION_END_INFO_TAG, metadata=described)])
        writer.add_event(Event(wall_time=1_795_000_060.0, summary=ended))
        writer.close()
        (out / "tensorboard" / run_name).mkdir(parents=True)
        (written,) = folder.iterdir()
        shutil.copyfile(written, out / "tensorboard" / run_name / "events.out.tfevents.1795000000.host.1.0")


def dvc_folder(out):
    folder = WORK / "dvc"
    folder.mkdir()
    os.chdir(folder)
    dvc = [str(Path(sys.executable).parent / "dvc")]
    git = ["git", "-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    (folder / "params.yaml").write_text("train:\n  lr: 0.01\n  layers: 2\n  seed: 1\nanswer: no\n")
    (folder / "data.csv").write_text("x,y\n1,0\n2,1\n")
    (folder / "train.py").write_text(
        "import json\njson.dump({'accuracy': 0.86, 'slice': {'f1': 0.7}}, open('metrics.json', 'w'))\n"
        "open('model.txt', 'w').write('cand-1\\n')\n"
    )
    (folder / "dvc.yaml").write_text(
        "stages:\n  train:\n    cmd: python train.py\n    deps: [data.csv, train.py]\n"
        "    params: [train.lr, train.layers, train.seed, answer]\n    outs: [model.txt]\n"
        "    metrics:\n    - metrics.json:\n        cache: false\n"
    )
    for command in (
        ["git", "init", "-q"], [*dvc, "init", "-q"], [*dvc, "config", "core.analytics", "false"], [*dvc, "repro", "-q"],
        ["git", "add", "-A"], [*git, "commit", "-q", "-m", "A pipeline"],
    ):  # fmt: skip
        subprocess.run(
            command, check=True, env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        )
    shown = subprocess.run([*dvc, "exp", "show", "--json"], check=True, capture_output=True, text=True).stdout
    (out / "dvc").mkdir()
    for name in ("dvc.yaml", "dvc.lock", "params.yaml", "metrics.json", "model.txt"):
        shutil.copyfile(folder / name, out / "dvc" / name)
    (out / "dvc_experiments.json").write_text(json.dumps(json.loads(shown), indent=1) + "\n")


def sacred_folder(out):
    from sacred import SETTINGS, Experiment
    from sacred.observers import FileStorageObserver

    SETTINGS.CAPTURE_MODE = "no"
    SETTINGS.HOST_INFO.CAPTURED_ENV = []
    folder = WORK / "sacred"
    for run_name, purpose, settings, seed, accuracy in STUDY:
        experiment = Experiment("churn", interactive=True, save_git_info=False)
        experiment.observers.append(FileStorageObserver(folder))
        experiment.add_config({**settings, "purpose": purpose})

        @experiment.main
        def main(_run, accuracy=accuracy, run_name=run_name):
            for step in (1, 2):
                _run.log_scalar("accuracy", accuracy - 0.1 * (2 - step), step)
            (WORK / "model.txt").write_text(f"{run_name}\n")
            _run.add_artifact(WORK / "model.txt")
            if run_name == "bad-1":
                raise ArithmeticError("it diverged")
            return accuracy

        with contextlib.suppress(ArithmeticError):
            experiment.run(config_updates={"seed": seed})
    for name in ("run.json", "config.json", "metrics.json", "model.txt"):
        for file in sorted(folder.glob(f"[0-9]*/{name}")):
            target = out / "sacred" / file.parent.name / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if name == "run.json":
                kept = json.loads(file.read_text())
                kept["host"] |= {"hostname": "host", "ENV": {}, "cpu": "a processor"}
                kept["experiment"] |= {"base_dir": "/store", "sources": []}
                kept["fail_trace"] = kept.get("fail_trace") and ["ArithmeticError: it diverged"]
                target.write_text(json.dumps(kept, indent=1) + "\n")
            else:
                shutil.copyfile(file, target)


def redacted(out):
    """Nothing of the machine is left: its folder, its name, its user."""
    for file in sorted(
        path for path in out.rglob("*") if path.is_file() and path.suffix in (".yaml", ".json", ".name", "")
    ):
        text = file.read_text(encoding="utf-8")
        words = (
            (str(Path(__file__).resolve()), "make_runs.py"),
            (str(WORK / "files"), "/store"),
            (str(WORK), "/store"),
        )
        for word, other in (*words, (__file__, "make_runs.py"), (socket.gethostname(), "host")):
            text = text.replace(word, other)
        if text != file.read_text(encoding="utf-8"):
            file.write_text(text, encoding="utf-8")
    for file in sorted(out.glob("mlruns/mlruns/*/*/tags/mlflow.user")):
        file.write_text("somebody", encoding="utf-8")
    for file in sorted(out.glob("mlruns/mlruns/*/*/meta.yaml")):
        file.write_text(file.read_text().replace(f"user_id: {getuser()}\n", "user_id: somebody\n"), encoding="utf-8")
    for file in (path for path in out.rglob("*") if path.is_file() and path.suffix != ".py"):
        for folder in (WORK, Path(__file__).resolve().parent, Path.home()):
            assert str(folder).encode() not in file.read_bytes(), f"{file} names the folder {folder}"


MAKERS = {
    "mlflow": (mlflow_stores, ("mlflow", "mlruns")),
    "wandb": (wandb_folders, ("wandb",)),
    "tensorboard": (tensorboard_folders, ("tensorboard",)),
    "dvc": (dvc_folder, ("dvc", "dvc_experiments.json")),
    "sacred": (sacred_folder, ("sacred",)),
}
"""By tool: what makes its stores, and what they are called."""


def main():
    out = Path(sys.argv[1]).resolve()
    out.mkdir(parents=True, exist_ok=True)
    makers = [MAKERS[name] for name in sys.argv[2:] or MAKERS]
    for made in (out / name for _, names in makers for name in names):
        if made.exists():
            shutil.rmtree(made) if made.is_dir() else made.unlink()
    for make, _ in makers:
        make(out)
    redacted(out)
    shutil.rmtree(WORK)


if __name__ == "__main__":
    main()
