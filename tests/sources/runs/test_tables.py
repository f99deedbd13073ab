"""Runs in CSV and JSON Lines."""

import json

import pytest
from tests.sources.runs.support import read, runs, unread

from cardwright.errors import SourceError

CSV = """id,name,purpose,status,started,finished,commit,seed,config.lr,metrics.accuracy,metrics.accuracy_n,data.train
r1,one,baseline,finished,2026-11-01T10:00:00Z,2026-11-01T10:01:00+00:00,abcdef1,1,0.10,0.8,400,v3
r2,two,best,FINISHED,2026-11-01 10:00:00,2026-11-01 09:00:00,,x,0.1,nan,,
"""


def test_a_row_is_a_run_and_what_it_says_badly_is_a_gap(tmp_path):
    (tmp_path / "runs.csv").write_text(CSV)
    found = runs(tmp_path / "runs.csv")
    one, two = found["one"], found["two"]
    assert (one.purpose, one.commit, one.seed, one.config, one.data) == (
        "baseline",
        "abcdef1",
        1,
        {"lr": "0.10"},
        {"train": "v3"},
    )
    assert (one.metrics["accuracy"].value, one.metrics["accuracy"].n, one.cost["seconds"]) == (0.8, 400, 60.0)
    assert (two.purpose, two.commit, two.seed, two.finished, two.metrics["accuracy"].value) == (
        None,
        None,
        None,
        None,
        None,
    )
    assert {*two.gaps} == {"purpose", "seed", "finished"}
    assert two.missing == ("commit", "data", "seed")


def test_what_mlflow_exports_as_csv_is_read_as_it_is(tmp_path):
    (tmp_path / "runs.csv").write_text(
        "run_id,experiment_id,status,artifact_uri,start_time,end_time,metrics.f1,params.lr,tags.mlflow.user,tags.purpose\n"
        "a1,0,FINISHED,/home/jo/mlruns/0/a1,2026-11-01 10:00:00.123000+00:00,2026-11-01 10:00:09+00:00,0.7,0.1,jo,candidate\n"
    )
    (run,) = read(tmp_path / "runs.csv")
    assert (run.purpose, run.status, run.metrics["f1"].value, run.config) == (
        "candidate",
        "finished",
        0.7,
        {"lr": "0.1"},
    )
    assert "jo" not in run.model_dump_json()


def test_a_column_whose_meaning_nobody_said_is_refused_by_name(tmp_path):
    (tmp_path / "runs.csv").write_text("id,accuracy\nr1,0.8\n")
    with pytest.raises(SourceError, match=r'nobody says what these columns are: "accuracy".*metrics.NAME'):
        read(tmp_path / "runs.csv")
    (tmp_path / "runs.csv").write_text("metrics.accuracy\n0.8\n")
    with pytest.raises(SourceError, match="there is no column `id`"):
        read(tmp_path / "runs.csv")


def test_a_row_of_another_length_is_named_by_its_line(tmp_path):
    (tmp_path / "runs.csv").write_text("id,seed\nr1,1\nr2\n")
    assert unread(tmp_path / "runs.csv") == [("store, line 3", "it has 1 cells, and there are 2 columns")]


def test_json_lines_keep_their_types_and_half_a_line_is_named(tmp_path):
    rows = [
        {"id": "a", "artefacts": {"model.bin": "ab" * 32}, "config": {"lr": 0.1, "deep": {"on": True}, "seed": 4}, "metrics": {"f1": {"value": 0.5, "n": 10, "step": 3}, "slow": {"p": 1}}},
        {"id": "b", "config.lr": "0.1", "metrics.f1": float("inf"), "seed": 4},
    ]  # fmt: skip
    text = "\n".join(json.dumps(row) for row in rows) + '\n{"id": "c", "conf'
    (tmp_path / "runs.jsonl").write_text(text)
    found = runs(tmp_path / "runs.jsonl")
    assert (found["a"].config, found["a"].seed) == ({"deep.on": True, "lr": 0.1}, 4)
    assert (found["a"].metrics["f1"].value, found["a"].metrics["f1"].n, found["a"].metrics["f1"].step) == (0.5, 10, 3)
    assert found["a"].metrics["slow.p"].value == 1
    assert (found["b"].seed, found["b"].metrics["f1"].why) == (4, "the last value is infinite")
    assert [(one.path, one.sha256) for one in found["a"].artefacts] == [("model.bin", "ab" * 32)]
    assert unread(tmp_path / "runs.jsonl") == [("store:3", "it is not a whole JSON object")]


def test_two_rows_of_one_id_are_refused(tmp_path):
    (tmp_path / "runs.csv").write_text("id\nr1\nr1\n")
    with pytest.raises(SourceError, match='two runs have the id "r1"'):
        read(tmp_path / "runs.csv")


@pytest.mark.parametrize("moment", [1762000000, 1762000000000, "1762000000", "1762000000000", 1762000000000.5])
def test_a_moment_is_seconds_or_milliseconds_since_1970_too(tmp_path, moment):
    (tmp_path / "runs.jsonl").write_text(
        json.dumps({"id": "a", "start_time": moment, "end_time": "2025-11-01T12:30:00Z"})
    )
    (run,) = read(tmp_path / "runs.jsonl")
    assert (run.started, run.finished, run.gaps) == ("2025-11-01T12:26:40Z", "2025-11-01T12:30:00Z", {})


@pytest.mark.parametrize("moment", [10**400, 10**30, -5, True, "9" * 13])
def test_a_number_that_is_no_moment_is_a_gap(tmp_path, moment):
    (tmp_path / "runs.jsonl").write_text(json.dumps({"id": "a", "started": moment}))
    (run,) = read(tmp_path / "runs.jsonl")
    assert (run.started, "started" in run.gaps) == (None, True)
