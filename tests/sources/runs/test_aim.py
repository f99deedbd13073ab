"""What Aim's databases hold is decoded as Aim wrote it; `tests/integrations/aim` reads a repository that Aim makes on the spot."""

import contextlib
import json
import sqlite3
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.runs.support import STORES, is_the_study, read

from cardwright.errors import MissingExtraError, SourceError
from cardwright.record.run import Run
from cardwright.sources.runs.aim import REVISION, NotAimsError, entries, kept_run, key_of, listed_runs, value_of
from cardwright.sources.runs.building import run_of

ROWS = {
    id_: [(bytes.fromhex(key), bytes.fromhex(value)) for key, value in rows]
    for id_, rows in json.loads((STORES / "aim_rows.json").read_text(encoding="utf-8")).items()
}
"""Of each run of a repository that Aim 3.29.1 made: what RocksDB holds (`make_aim.py`)."""
NAMES = {("logistic", 1): "base-1", ("logistic", 2): "base-2"}


def built(id_, running=False, **said):
    said = {"name": None, "created": "2026-11-29 06:04:51.828945", "experiment": "churn", **said}
    found = run_of(
        kept_run(id_, entries(ROWS[id_]), running=running, **said), tool="aim", store_sha256="0" * 64, where="store"
    )
    assert isinstance(found, Run)
    return found


def named(run):
    """Its name, which is in the other database, by what it was set to."""
    by_lr = {0.01: "cand-1" if run.config["layers"] == 2 else "ablate-1", 10.0: "bad-1"}
    return NAMES.get((run.config["model"], run.seed)) or by_lr[run.config["lr"]]


def as_the_others(run):
    """The run as other tools keep it: with how it ended, which Aim does not say, and without the nested settings."""
    config = {name: value for name, value in run.config.items() if not name.startswith("optimizer")}
    status = "failed" if run.metrics["accuracy"].value is None else "finished"
    return run.model_copy(update={"status": status, "config": config})


def test_the_study_is_decoded_as_aim_wrote_it():
    found = [built(id_) for id_ in ROWS]
    is_the_study({named(one): as_the_others(one) for one in found})
    one = next(one for one in found if named(one) == "cand-1")
    assert (one.started, one.commit, one.data) == ("2026-11-29T06:04:51Z", "1f" * 20, {"data_version": "v3"})
    assert one.config["optimizer.betas.1"] == 0.999
    assert (one.config["optimizer.nesterov"], one.config["optimizer.schedule"]) == (True, None)
    assert one.metrics["accuracy"].n == 400
    assert one.metrics["accuracy"].step == 2
    assert one.metrics["subset=val/accuracy"].value == 0.86


def test_a_run_that_has_ended_does_not_say_how_and_one_without_an_end_is_running():
    id_ = next(iter(ROWS))
    assert built(id_).status == "not_stated"
    assert built(id_, running=True).status == "running"
    rows = [(key, value) for key, value in ROWS[id_] if "end_time" not in key_of(key)]
    kept = kept_run(id_, entries(rows), name=None, created=None, experiment=None, running=False)
    assert (kept.status, kept.finished, kept.started) == ("running", None, None)


def test_people_and_environment_of_the_machine_are_not_read():
    id_ = next(iter(ROWS))
    more = {
        "env_variables": "AWS_SECRET_ACCESS_KEY", "arguments": "--user jane@example.com",
    }  # fmt: skip
    system = [
        (b"\xfe".join([b"meta", b"chunks", id_.encode(), b"attrs", b"__system_params", name.encode(), b""]), b"\x04" + said.encode())
        for name, said in more.items()
    ]  # fmt: skip
    kept = kept_run(id_, entries([*ROWS[id_], *system]), name=None, created=None, experiment=None, running=False)
    assert "jane" not in repr(kept)
    assert "AWS" not in repr(kept)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"meta", b"\x00"),  # no end
        (b"\xfe\x00\x00", b"\x00"),  # half a number
        (b"\xff\xfe", b"\x00"),  # no text
        (b"a\xfe", b"\x09"),  # an unknown type
        (b"a\xfe", b""),
        (b"a\xfe", b"\x02\x00"),  # half a number
        (b"a\xfe", b"\x04\xff"),
        (b"", b"\x00"),  # no key
    ],
)
def test_bytes_that_are_not_aims_are_refused(key, value):
    with pytest.raises(NotAimsError):
        entries([(key, value)])


@given(st.lists(st.tuples(st.binary(max_size=40), st.binary(max_size=20)), max_size=10))
def test_any_bytes_are_read_or_refused_and_nothing_else(rows):
    with contextlib.suppress(NotAimsError):
        assert isinstance(entries(rows), dict)


@given(st.lists(st.one_of(st.text(min_size=1), st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=6))
def test_a_key_that_is_written_by_aims_rules_is_read(parts):
    written = b"".join(
        part.encode("utf-8") + b"\xfe"
        if isinstance(part, str)
        else b"\xfe" + part.to_bytes(8, "big", signed=True) + b"\xfe"
        for part in parts
    )
    assert key_of(written) == tuple(parts)


def test_a_value_is_of_its_type():
    assert value_of(b"\x01\x01") is True
    assert value_of(b"\x01\x00") is False
    assert value_of(b"\x03" + b"\x9a\x99\x99\x99\x99\x99\xe9?") == 0.8


# ------------------------------------------------------------------------------------------------ the database of runs


def repository(place, version=REVISION):
    (place / ".aim" / "meta" / "chunks").mkdir(parents=True)
    connection = sqlite3.connect(place / ".aim" / "run_metadata.sqlite")
    connection.executescript(
        f"""
        CREATE TABLE alembic_version (version_num TEXT);
        CREATE TABLE experiment (id INTEGER, name TEXT);
        CREATE TABLE run (id INTEGER, hash TEXT, name TEXT, created_at TEXT, experiment_id INTEGER);
        INSERT INTO alembic_version VALUES ('{version}');
        INSERT INTO experiment VALUES (1, 'churn');
        INSERT INTO run VALUES (1, 'abc123', 'base', '2026-11-29 06:04:51.8', 1), (2, '../../etc', 'out', NULL, NULL);
        """
    )
    connection.close()
    return place / ".aim" / "run_metadata.sqlite"


def test_runs_are_listed_with_their_experiment_and_an_id_that_is_a_path_is_none(tmp_path):
    assert listed_runs(repository(tmp_path), "store") == [("abc123", "base", "2026-11-29 06:04:51.8", "churn")]


def test_another_revision_and_a_database_that_is_cut_off_are_refused(tmp_path):
    with pytest.raises(SourceError, match=r"0123456789ab, and Aim 3\.29"):
        listed_runs(repository(tmp_path / "a", "0123456789ab"), "store")
    database = repository(tmp_path / "b")
    database.write_bytes(database.read_bytes()[:5000])
    with pytest.raises(SourceError, match="damaged, cut off"):
        listed_runs(database, "store")


def test_without_the_library_for_rocksdb_its_extra_is_named(tmp_path, monkeypatch):
    repository(tmp_path)
    monkeypatch.setitem(sys.modules, "rocksdict", None)
    with pytest.raises(MissingExtraError, match="rocksdict"):
        read(tmp_path)
