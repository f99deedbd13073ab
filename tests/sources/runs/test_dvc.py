"""DVC: the lock of a working folder, and the list of experiments that it exports."""

import json

import pytest
from tests.sources.runs.support import STORES, copied, read, runs, unread

from cardwright.errors import SourceError


def test_a_lock_is_a_run_with_its_settings_data_numbers_and_model():
    (run,) = read(STORES / "dvc")
    assert (run.seed, run.config["train.lr"], run.metrics["slice.f1"].value) == (1, 0.01, 0.7)
    assert run.data == {"data.csv": "md5:6882d119e6fd5bd2d1474e01431f8d82"}
    (model,) = run.artefacts
    assert (model.path, model.md5, model.size) == ("model.txt", "0711b11171ab2c15c7106fb10e71cbeb", 7)
    assert model.sha256 is not None
    assert run.missing == ("commit",)


def test_a_word_that_yaml_1_1_takes_for_false_is_the_word_that_dvc_takes_it_for():
    assert read(STORES / "dvc")[0].config["answer"] == "no"


def test_a_model_that_is_not_the_locks_has_no_digest(tmp_path):
    folder = copied("dvc", tmp_path)
    (folder / "model.txt").write_text("another")
    (run,) = read(folder)
    assert run.artefacts[0].sha256 is None
    assert run.gaps["artefacts"] == "a file is not the one that the lock names"


def test_metrics_that_are_not_here_are_a_gap(tmp_path):
    folder = copied("dvc", tmp_path)
    (folder / "metrics.json").unlink()
    (run,) = read(folder)
    assert (run.metrics, run.gaps["metrics"]) == ({}, "a file of metrics is not here")


def test_another_schema_is_refused_and_half_a_lock_is_named(tmp_path):
    folder = copied("dvc", tmp_path)
    lock = folder / "dvc.lock"
    whole = lock.read_text()
    lock.write_text(whole.replace("'2.0'", "'3.0'"))
    with pytest.raises(SourceError, match=r"the version of this DVC store is 3\.0"):
        read(folder)
    lock.write_text(whole[: whole.index("schema") + 9])
    assert unread(folder) == [("store", "dvc.lock, or a file of metrics, is not whole")]


def test_exported_experiments_are_runs_with_their_revisions():
    found = runs(STORES / "dvc_experiments.json")
    assert {*found} == {"workspace", "master"}
    assert found["master"].commit == found["master"].id
    assert "commit" in found["workspace"].gaps


def test_an_experiment_below_a_commit_names_it_and_one_that_dvc_could_not_read_is_named(tmp_path):
    listed = json.loads((STORES / "dvc_experiments.json").read_text())
    inner = {**listed[1], "rev": "ab" * 20, "name": "quick-eel"}
    listed[1]["experiments"] = [{"revs": [inner, {"rev": "cd" * 20, "data": None, "error": {"msg": "gone"}}]}]
    (tmp_path / "exp.json").write_text(json.dumps(listed))
    assert runs(tmp_path / "exp.json")["quick-eel"].parent == listed[1]["rev"]
    assert [why for _, why in unread(tmp_path / "exp.json")] == ["DVC could not read it itself"]
