"""`runs`: what a store holds is imported, listed, shown and compared, and what it lacks is said."""

import contextlib
import json
import sqlite3

import pytest
from tests.conftest import command
from tests.sources.runs.support import STORES, copied


def test_import_counts_runs_and_what_they_lack_and_writes_them(tmp_path):
    ran = command("runs", "import", STORES / "wandb", "-o", tmp_path / "runs.jsonl")
    assert ran.code == 0, ran
    assert "5 runs of W&B, offline folders" in ran.out
    assert "by status: failed 1, finished 4" in ran.out
    assert "by purpose: ablation 1, baseline 2, candidate 1, search 1" in ran.out
    again = command("runs", "import", tmp_path / "runs.jsonl")
    assert "5 runs of runs that were imported" in again.out


def test_a_file_that_is_no_import_is_not_written_over(tmp_path):
    (tmp_path / "notes.txt").write_text("notes")
    ran = command("runs", "import", STORES / "wandb", "-o", tmp_path / "notes.txt")
    assert ran.code == 2
    assert (tmp_path / "notes.txt").read_text() == "notes"


def test_what_could_not_be_read_is_named(tmp_path):
    folder = copied("sacred", tmp_path)
    (folder / "3" / "run.json").write_text("{")
    ran = command("runs", "import", folder)
    assert "4 runs of Sacred" in ran.out
    assert "not read: " in ran.out
    assert "not recorded: commit 4, data 4" in ran.out


def test_a_store_without_a_run_is_nothing_to_check(tmp_path):
    (tmp_path / "runs.csv").write_text("id,seed\n")
    ran = command("runs", "import", tmp_path / "runs.csv", "-o", tmp_path / "out.jsonl")
    assert ran.code == 5
    assert not (tmp_path / "out.jsonl").exists()


def test_list_shows_what_each_lacks_and_counts_what_it_leaves_out():
    ran = command("runs", "list", STORES / "tensorboard", "--metric", "accuracy", "--limit", "3")
    lines = ran.out.splitlines()
    assert lines[0].split() == ["id", "purpose", "status", "started", "commit", "seed", "accuracy", "missing"]
    assert "unmeasured" in next(line for line in lines if line.startswith("bad-1"))
    assert lines[-1] == "and 2 more; --limit shows them"
    chosen = command("runs", "list", STORES / "wandb", "--purpose", "baseline", "--format", "json")
    assert [run["id"] for run in json.loads(chosen.out)] == ["base-1", "base-2"]
    assert command("runs", "list", STORES / "wandb", "--purpose", "basline").code == 2


def test_show_says_what_is_not_recorded():
    ran = command("runs", "show", STORES / "tensorboard", "cand")
    assert "commit: not recorded" in ran.out
    assert "  model = " in ran.out
    assert "not traceable: it lacks commit, data" in ran.out
    assert json.loads(command("runs", "show", STORES / "wandb", "cand-1", "--format", "json").out)["seed"] == 1


@pytest.mark.parametrize(("word", "says"), [("base", "several runs have"), ("zzz", "no run has")])
def test_an_id_that_names_no_run_or_several_is_refused(word, says):
    ran = command("runs", "show", STORES / "wandb", word)
    assert ran.code == 2
    assert says in ran.err


def test_compare_says_what_a_difference_can_be_due_to():
    ran = command("runs", "compare", STORES / "wandb", "cand-1", "ablate-1")
    assert ran.out.splitlines()[:2] == ["cand-1 and ablate-1: 1 setting differs", "  layers: 2 -> 1"]
    assert "metric accuracy: 0.86 -> 0.84 (-0.02)" in ran.out
    found = json.loads(command("runs", "compare", STORES / "wandb", "cand-1", "ablate-1", "--format", "json").out)
    assert found["settings"][0]["key"] == "layers"


def test_personal_data_in_a_store_is_never_printed(tmp_path):
    (tmp_path / "runs.csv").write_text("id,name,config.contact\nr1,jo.public@example.org,jo.public@example.org\n")
    for words in (["import"], ["list"], ["show", "r1"], ["compare", "r1", "r1"]):
        ran = command("runs", words[0], tmp_path / "runs.csv", *words[1:])
        assert ran.code == 0, ran
        assert "example.org" not in ran.out + ran.err


def test_a_metric_that_no_run_has_is_refused_with_those_that_there_are():
    done = command("runs", "list", STORES / "wandb", "--metric", "accuracyy")
    assert done.code == 2, done
    assert 'no run has a metric "accuracyy"' in done.err
    assert "There are: " in done.err
    there = done.err.split("There are: ")[1].split(",")[0].split(".")[0].strip()
    assert command("runs", "list", STORES / "wandb", "--metric", there).code == 0


def test_a_version_that_no_test_has_read_is_named_and_the_tested_ones_are_not(tmp_path):
    assert "no test has read" not in str(command("runs", "import", STORES / "mlflow"))
    assert "no test has read" not in str(command("runs", "import", STORES / "wandb"))
    folder = copied("mlflow", tmp_path)
    with contextlib.closing(sqlite3.connect(folder / "mlflow.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '534353b11cbc'")
        database.commit()
    done = command("runs", "import", folder)
    assert done.code == 0, done
    assert "5 runs of mlflow schema 534353b11cbc: no test has read a store of it" in done.out + done.err
