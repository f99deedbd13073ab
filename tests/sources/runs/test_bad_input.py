"""What bad input gets, each kind by its name: a clear error or a named gap, and nothing is dropped in silence (`docs/runs.md`)."""

import json
import shutil
import sqlite3

import pytest
from tests.sources.runs.support import STORES

pytest.importorskip("pyarrow", reason="the command line needs the tabular extra")

WHOLE = {
    "id": "a", "status": "finished", "seed": 1, "commit": "abcdef1", "config": {"lr": 0.1}, "data": {"train": "v3"},
    "metrics": {"accuracy": 0.8}, "started": "2026-11-01T00:00:00Z", "finished": "2026-11-01T01:00:00Z",
}  # fmt: skip


def imported(cli, place, *rows):
    """What the command says of these runs, and the runs as it wrote them."""
    source, target = place / "runs.jsonl", place / "kept.jsonl"
    source.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    ran = cli("runs", "import", source, "-o", target)
    lines = [json.loads(line) for line in target.read_text().splitlines()] if target.exists() else []
    return ran, {line["id"]: line for line in lines if "id" in line}


def test_a_half_written_store_says_what_of_it_is_not_read(cli, tmp_path):
    whole, half = json.dumps(WHOLE), json.dumps({**WHOLE, "id": "b"})[:40]
    ran, found = imported(cli, tmp_path, whole, half)
    assert [*found] == ["a"]
    assert "not read" in ran.out
    assert "2" in ran.out  # the line


def test_a_database_that_is_half_written_is_refused(cli, tmp_path):
    shutil.copytree(STORES / "mlflow", tmp_path / "mlflow")
    database = tmp_path / "mlflow" / "mlflow.db"
    database.write_bytes(database.read_bytes()[: database.stat().st_size // 2])
    ran = cli("runs", "import", tmp_path / "mlflow", "-o", tmp_path / "kept.jsonl")
    assert ran.code == 3, ran
    assert "Copy the store again while nothing writes to it" in ran.err
    assert not (tmp_path / "kept.jsonl").exists()


@pytest.mark.parametrize("lacks", ["seed", "data", "commit"])
def test_a_run_without_seed_or_data_version_is_kept_and_says_what_it_lacks(cli, tmp_path, lacks):
    row = {name: value for name, value in WHOLE.items() if name != lacks}
    _, found = imported(cli, tmp_path, row)
    assert found["a"].get(lacks) in (None, {})
    listed = cli("runs", "list", tmp_path / "kept.jsonl")
    assert lacks in listed.out.splitlines()[-1]


def test_two_runs_of_one_id_are_refused_even_if_they_say_the_same(cli, tmp_path):
    ran, _ = imported(cli, tmp_path, WHOLE, WHOLE)
    assert ran.code == 3, ran
    assert "two runs have the id" in ran.err
    assert not (tmp_path / "kept.jsonl").exists()


def test_clocks_that_disagree_leave_no_end_and_no_duration_and_say_so(cli, tmp_path):
    _, found = imported(cli, tmp_path, {**WHOLE, "finished": "2026-10-31T00:00:00Z"})
    assert found["a"].get("finished") is None
    assert "seconds" not in found["a"]["cost"]
    assert "finished" in found["a"]["gaps"]


def test_a_store_of_an_unknown_version_is_refused_with_that_version(cli, tmp_path):
    shutil.copytree(STORES / "mlflow", tmp_path / "mlflow")
    with sqlite3.connect(tmp_path / "mlflow" / "mlflow.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    connection.close()
    ran = cli("runs", "import", tmp_path / "mlflow", "-o", tmp_path / "kept.jsonl")
    assert ran.code == 3, ran
    assert "ffffffffffff" in ran.err
    assert "export the runs as CSV or JSON Lines" in " ".join(ran.err.split())


@pytest.mark.parametrize("said", ["NaN", "Infinity", "-Infinity", '"0.8"', "null", "true"])
def test_a_metric_that_is_no_number_has_none_and_says_why(cli, tmp_path, said):
    _, found = imported(cli, tmp_path, json.dumps(WHOLE).replace('"accuracy": 0.8', f'"accuracy": {said}'))
    metric = found["a"]["metrics"]["accuracy"]
    assert metric["value"] is None
    assert metric["why"]


def test_settings_that_differ_in_type_alone_are_the_same_in_a_comparison_and_are_listed_beside_it(cli, tmp_path):
    _, found = imported(cli, tmp_path, WHOLE, {**WHOLE, "id": "b", "config": {"lr": "0.1"}})
    assert found["a"]["config_sha256"] != found["b"]["config_sha256"]
    compared = cli("runs", "compare", tmp_path / "kept.jsonl", "a", "b")
    assert compared.code == 0, compared
    assert "type" in compared.out
    assert "lr" in compared.out
