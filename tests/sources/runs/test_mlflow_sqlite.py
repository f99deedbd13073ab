"""MLflow's database: what it keeps is read by name, and nothing is written beside it."""

import sqlite3

import pytest
from tests.sources.runs.support import STORES, copied, is_the_study, read, runs

from cardwright.errors import SourceError
from cardwright.sources.runs.mlflow_sqlite import files, recognises


def changed(database, *statements):
    with sqlite3.connect(database) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_runs_of_mlflow_are_read_with_settings_data_commit_and_model():
    found = runs(STORES / "mlflow")
    is_the_study(found)
    run = found["cand-1"]
    assert (run.commit, run.group, run.config["lr"]) == ("1f" * 20, "churn", "0.01")
    assert (run.metrics["accuracy"].n, run.metrics["accuracy"].step) == (400, 2)
    assert run.cost["gpu_hours"] == 0.25
    assert [*run.data] == ["train"]
    assert [(one.path, one.size) for one in run.artefacts] == [("model.txt", 7)]
    assert run.missing == ()


def test_the_oldest_version_that_is_accepted_is_read_alike():
    found, newest = runs(STORES / "oldest" / "mlflow"), runs(STORES / "mlflow")
    is_the_study(found)
    for name, run in found.items():
        other = newest[name]
        assert (run.config_sha256, run.seed, run.data, run.commit, run.metrics, run.purpose) == (
            other.config_sha256, other.seed, other.data, other.commit, other.metrics, other.purpose,
        )  # fmt: skip
        assert [file.sha256 for file in run.artefacts] == [file.sha256 for file in other.artefacts]


def test_neither_people_nor_paths_of_the_store_are_read():
    assert not [
        run
        for run in read(STORES / "mlflow")
        if "somebody" in run.model_dump_json() or "/store" in run.model_dump_json()
    ]


def test_the_store_is_as_it_was_after_reading(tmp_path):
    folder = copied("mlflow", tmp_path)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    read(folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_secrets_and_traces_in_the_same_file_are_never_asked_for(tmp_path, monkeypatch):
    asked = []
    connect = sqlite3.connect

    def watched(*args, **kwargs):
        connection = connect(*args, **kwargs)
        connection.set_trace_callback(asked.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", watched)
    read(STORES / "mlflow")
    assert any("latest_metrics" in statement for statement in asked)
    assert not [
        statement for statement in asked if any(word in statement for word in ("secrets", "trace_info", "spans"))
    ]


def test_a_schema_that_no_test_has_read_is_refused_with_its_version(tmp_path):
    folder = copied("mlflow", tmp_path)
    changed(folder / "mlflow.db", "UPDATE alembic_version SET version_num = 'ffffffffffff'")
    with pytest.raises(SourceError, match=r"the version of this MLflow store is ffffffffffff"):
        read(folder)


def test_a_table_that_lacks_a_column_is_refused_by_name(tmp_path):
    folder = copied("mlflow", tmp_path)
    changed(folder / "mlflow.db", "ALTER TABLE params RENAME COLUMN value TO amount")
    with pytest.raises(SourceError, match="the table params lacks value"):
        read(folder)


def test_a_database_that_is_cut_off_is_refused(tmp_path):
    folder = copied("mlflow", tmp_path)
    database = folder / "mlflow.db"
    database.write_bytes(database.read_bytes()[: database.stat().st_size // 2])
    with pytest.raises(SourceError, match=r"damaged|no reader knows"):
        read(folder)


def test_what_was_not_yet_written_into_the_database_is_read_too(tmp_path):
    folder = copied("mlflow", tmp_path)
    database = folder / "mlflow.db"
    open_connection = sqlite3.connect(database)
    open_connection.execute("PRAGMA journal_mode = WAL")
    open_connection.execute("UPDATE runs SET name = 'renamed' WHERE name = 'cand-1'")
    open_connection.commit()
    assert len(files(folder)) == 2
    assert "renamed" in runs(folder)
    open_connection.close()


def test_a_run_that_was_deleted_was_tried_all_the_same(tmp_path):
    folder = copied("mlflow", tmp_path)
    changed(folder / "mlflow.db", "UPDATE runs SET lifecycle_stage = 'deleted' WHERE name = 'cand-1'")
    assert "deleted" in runs(folder)["cand-1"].gaps


def test_an_infinite_metric_is_no_number(tmp_path):
    folder = copied("mlflow", tmp_path)
    changed(folder / "mlflow.db", "UPDATE latest_metrics SET value = 1.7976931348623157e308 WHERE key = 'accuracy'")
    assert runs(folder)["cand-1"].metrics["accuracy"].why == "the last value is infinite"


def test_clocks_that_disagree_leave_no_end(tmp_path):
    folder = copied("mlflow", tmp_path)
    changed(folder / "mlflow.db", "UPDATE runs SET end_time = start_time - 5000")
    run = runs(folder)["cand-1"]
    assert run.finished is None
    assert "clocks" in run.gaps["finished"]
    assert "seconds" not in run.cost


def test_personal_data_and_secrets_in_settings_are_masked(tmp_path):
    folder = copied("mlflow", tmp_path)
    changed(folder / "mlflow.db", "UPDATE params SET value = 'jo.public@example.org' WHERE key = 'model'")
    run = runs(folder)["cand-1"]
    assert run.config["model"] == "<EMAIL_ADDRESS>"
    assert "EMAIL_ADDRESS" in run.gaps["masked"]


def test_another_database_is_not_taken_for_mlflows(tmp_path):
    changed(tmp_path / "other.db", "CREATE TABLE runs (id)")
    assert not recognises(tmp_path)
    assert recognises(STORES / "mlflow")
