"""A dossier written by W&B itself into an offline folder is read back by our own reader of runs, and nothing of it is sent."""

import hashlib
import socket
import subprocess
import sys
from pathlib import Path

import pytest

wandb = pytest.importorskip("wandb", reason="W&B has an environment of its own: .ci/run integrations")

from cardwright.dossier import store
from cardwright.integrations import dossier_log, wandb_log
from cardwright.record.run import Run
from cardwright.sources.runs import open_store


@pytest.fixture
def home(tmp_path, monkeypatch):
    """W&B's caches and settings are those of nobody."""
    for name in ("HOME", "WANDB_CONFIG_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    wandb.teardown()  # its settings are made once for each process
    return tmp_path


def all_of(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_the_dossier_is_an_artefact_and_every_outcome_stands_in_the_summary(cli, refused_once, home):
    ran = cli("log", "wandb", refused_once / "out", "--project", "loans", "--dir", home / "kept", "--run", "3f8a1c2d")
    assert ran.code == 0, ran.err
    assert "Nothing was sent. To send it: wandb sync --id 3f8a1c2d" in ran.out
    (run,) = open_store(home / "kept" / "wandb", "wandb").read()
    assert isinstance(run, Run) and run.gaps == {}
    # A run that exists keeps its name.
    assert (run.id, run.name, run.group, run.status) == ("3f8a1c2d", None, "loans", "finished")

    files = store.read_dossier(refused_once / "out")
    log = dossier_log.log_of(files, where="out")
    assert {name: metric.value for name, metric in run.metrics.items()} == {
        wandb_log.key_of(key): value for key, value in log.numbers.items()
    }
    assert {one.path: (one.md5, one.size) for one in run.artefacts} == {
        f"loans-1.0.0-dossier/{name}": (hashlib.md5(data).hexdigest(), len(data)) for name, data in files.items()
    }


def test_words_are_in_the_log_and_this_machine_is_not(cli, released_once, home, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "machine-of-somebody")
    with wandb.init(mode="offline", dir=home, project="loans", settings=wandb.Settings(silent=True)):
        pass
    assert b"machine-of-somebody" in all_of(home / "wandb"), "which W&B keeps by itself"
    wandb.teardown()
    ran = cli("log", "wandb", released_once / "out", "--project", "loans", "--dir", home / "kept")
    assert ran.code == 0, ran.err
    (place,) = (home / "kept" / "wandb").glob("offline-run-*")
    (kept,) = place.glob("*.wandb")
    written = kept.read_bytes()
    for word in (b"waived: failed", b"cardwright/decision", b"cardwright-dossier"):
        assert word in written
    assert b"machine-of-somebody" not in b"".join(path.read_bytes() for path in place.rglob("*") if path.is_file())


def test_wandb_itself_finds_the_run_ready_to_be_sent(cli, refused_once, home):
    ran = cli("log", "wandb", refused_once / "out", "--project", "loans", "--dir", home / "kept", "--run", "3f8a1c2d")
    said = ran.out.splitlines()[-1].partition("To send it: ")[2].split()
    assert said[:4] == ["wandb", "sync", "--id", "3f8a1c2d"]
    program = Path(sys.executable).with_name("wandb")
    listed = subprocess.run([program, *said[1:], "--dry-run"], capture_output=True, text=True, check=False)
    assert listed.returncode == 0
    assert "Would sync 1 run(s)" in listed.stdout + listed.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [(["--project", "a/b"], "not a name that W&B takes"), (["--project", "p", "--run", "../x"], "not a name")],
)
def test_what_is_wrong_is_said_before_anything_is_written(cli, refused_once, home, words, why):
    ran = cli("log", "wandb", refused_once / "out", "--dir", home / "kept", *words)
    assert (ran.code, (home / "kept").exists()) == (2, False)
    assert why in ran.err
