"""Stores: which reader knows one, and that no link leads out of it."""

import os

import pytest
from tests.sources.runs.support import STORES, unread

from cardwright.errors import SourceError
from cardwright.sources.runs import READERS, links_out, open_store
from cardwright.sources.runs.interface import inside, regular_files


@pytest.mark.parametrize(("store", "reader"), [
    ("mlflow", "mlflow"), ("mlflow/mlflow.db", "mlflow"), ("mlruns/mlruns", "mlflow-files"), ("wandb", "wandb"),
    ("tensorboard", "tensorboard"), ("dvc", "dvc"), ("dvc_experiments.json", "dvc"), ("sacred", "sacred"),
])  # fmt: skip
def test_a_store_is_known_by_what_is_in_it(store, reader):
    assert open_store(STORES / store, store).reader.name == reader


def test_the_digest_is_of_what_is_read(tmp_path):
    one, again = (open_store(STORES / "wandb", "wandb").sha256 for _ in range(2))
    assert one == again != open_store(STORES / "sacred", "sacred").sha256


def test_a_store_that_is_not_there_or_that_nobody_knows_is_refused(tmp_path):
    with pytest.raises(SourceError, match="there is no such file or folder"):
        open_store(tmp_path / "x", "x")
    with pytest.raises(SourceError, match=r"no reader knows this store.*MLflow, SQLite"):
        open_store(tmp_path, "x")
    with pytest.raises(SourceError, match='Did you mean "mlflow"'):
        open_store(STORES / "mlflow", "x", "mlfow")


def test_a_store_read_by_a_reader_it_is_not_for_is_refused_or_holds_nothing(tmp_path):
    for name, reader in READERS.items():
        (tmp_path / "file.txt").write_text("nothing")
        try:
            found = [one for one in open_store(tmp_path / "file.txt", "file.txt", name).read() if hasattr(one, "id")]
        except SourceError:
            continue
        assert found == [], reader


def test_a_link_out_of_the_store_is_named_a_link_inside_and_to_a_log_is_not(tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    (store / "a").write_text("x")
    (tmp_path / "b").write_text("x")
    (store / "in").symlink_to(store / "a")
    (store / "out").symlink_to(tmp_path / "b")
    (store / "debug.log").symlink_to(tmp_path / "b")
    (store / "round").symlink_to(store / "round")
    assert links_out(store) == ["out", "round"] or links_out(store) == ["out"]
    assert [path.name for path in regular_files(store)] == ["a", "in"]
    assert regular_files(store / "a") == [store / "a"]
    assert not inside(store, tmp_path / "b")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_store_without_permission_is_refused(tmp_path):
    (tmp_path / "runs.csv").write_text("id\na\n")
    (tmp_path / "runs.csv").chmod(0)
    with pytest.raises(SourceError, match="permissions"):
        open_store(tmp_path / "runs.csv", "runs.csv")


def test_only_stores_of_runs_are_in_the_fixture_folder():
    assert unread(STORES / "sacred") == []
