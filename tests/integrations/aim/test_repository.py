"""A repository that Aim itself has made is read as it is, and nothing of it is changed."""

import hashlib
import sqlite3
import sys

import pytest
from tests.conftest import ROOT
from tests.sources.runs.support import is_the_study, read, runs, unread
from tests.sources.runs.test_aim import as_the_others

from cardwright.errors import SourceError
from cardwright.record.run import Run

aim = pytest.importorskip("aim", reason="Aim has an environment of its own: .ci/run integrations")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.setenv("AIM_ANALYTICS", "0")
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "data" / "runs"))
    import make_aim

    (tmp_path / "repository").mkdir()
    make_aim.make(tmp_path / "repository")
    sys.modules.pop("make_aim")
    return tmp_path / "repository"


def bytes_of(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_study_is_read_and_the_repository_is_as_it_was(repository):
    before = bytes_of(repository)
    found = runs(repository)
    is_the_study({name: as_the_others(one) for name, one in found.items()})
    assert found["cand-1"].metrics["subset=val/accuracy"].value == pytest.approx(0.86)
    assert {one.group for one in found.values()} == {"churn"}
    assert unread(repository) == []
    assert bytes_of(repository) == before


def test_a_run_that_aim_has_not_ended_is_running(repository):
    run = aim.Run(
        repo=str(repository), system_tracking_interval=None, log_system_params=False, capture_terminal_logs=False
    )
    run["lr"] = 0.5
    run.track(0.5, name="accuracy", step=1)
    found = {one.id: one for one in read(repository) if isinstance(one, Run)}
    assert {one.status for id_, one in found.items() if id_ != run.hash} == {"not_stated"}
    assert found[run.hash].status == "running"
    run.close()


def test_a_run_whose_database_is_cut_off_is_named_and_the_others_are_read(repository):
    chunk = sorted((repository / ".aim" / "meta" / "chunks").iterdir())[0]
    for file in chunk.glob("*.sst"):
        file.write_bytes(file.read_bytes()[:100])
    assert len(runs(repository)) == 4
    ((where, why),) = unread(repository)
    assert (where, "cut off" in why) == (f"store/{chunk.name}", True)


def test_another_revision_of_the_database_is_refused(repository):
    with sqlite3.connect(repository / ".aim" / "run_metadata.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0123456789ab'")
    connection.close()
    with pytest.raises(SourceError, match=r"0123456789ab, and Aim 3\.29"):
        read(repository)
