"""A desk comes back from its backup as it was, and its inventory from contents and log alone."""

import io
import shutil
import tarfile
from dataclasses import replace

import pytest
import sqlalchemy as sa
from tests.attest.support import by
from tests.desk.support import LOG_KEY, LOG_NAME, NOW

from cardwright.attest.witness import log
from cardwright.cli.console import clock
from cardwright.desk import accounts, backups, database, desk_log, registry, threads
from cardwright.dossier import layout, store
from cardwright.errors import IntegrityError, SourceError, UsageError


def rows(desk):
    with database.reading(desk.engine) as connection:
        return {
            table.name: [
                dict(row._mapping) for row in connection.execute(sa.select(table).order_by(*table.primary_key))
            ]
            for table in database.METADATA.sorted_tables
            if table.name not in backups.LEFT_OUT
        }


def contents(desk):
    return {digest: desk.contents.get(digest) for digest in desk.contents.all()}


@pytest.fixture
def filled(logged, released):
    """A desk with a release, a thread, an account, a token and a session."""
    arrival = registry.arrive(logged, store.read_dossier(released / "out"), by="pipeline", now=clock())
    record = registry.dossier(logged, arrival.manifest).record
    number = threads.open_thread(logged, record, "dossier", "Why?", by="ada", now=NOW)
    threads.reply(logged, record, number, "Because.", by="ben", now=NOW)
    accounts.join(logged, accounts.invite(logged, "ada", NOW), "cred", b"\x00\xff", 3, NOW)
    accounts.log_in(logged, "cred", "ada", 4, NOW)
    accounts.make_token(logged, "ci", ("push",), NOW, days=1)
    return logged


@pytest.fixture
def elsewhere(filled, backend, tmp_path):
    """Another folder and another database."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    address = backend.fresh(folder)
    yield replace(filled.settings, folder=folder, database=address)
    backend.drop(address)


def test_a_desk_is_restored_as_it_was_without_its_sessions(filled, elsewhere, tmp_path):
    about = backups.backup(filled, tmp_path / "b.tar.gz", NOW)
    assert (tmp_path / "b.tar.gz").stat().st_mode & 0o077 == 0
    assert about.log == 2
    done = backups.restore(elsewhere, tmp_path / "b.tar.gz")
    assert not done.log_kept
    again = registry.opened(elsewhere, desk_log.opened(elsewhere.folder, LOG_KEY, LOG_NAME))
    try:
        assert rows(again) == rows(filled)
        assert contents(again) == contents(filled)
        assert again.log.head.note == filled.log.head.note
        with database.reading(again.engine) as connection:
            assert connection.execute(sa.select(database.SESSIONS)).all() == []
        assert threads.open_thread(again, "a" * 64, "dossier", "x", by="ada", now=NOW) == 2  # new rows are numbered on
        registry.trust_is_told(again)
        assert again.log.head.checkpoint.size == 2
    finally:
        again.engine.dispose()


def test_a_desk_with_dossiers_is_not_written_over(filled, tmp_path):
    backups.backup(filled, tmp_path / "b.tar.gz", NOW)
    with pytest.raises(UsageError, match="dossiers here already"):
        backups.restore(filled.settings, tmp_path / "b.tar.gz")


def test_a_log_that_goes_further_than_the_backup_is_kept_and_another_one_refused(filled, elsewhere, tmp_path):
    backups.backup(filled, tmp_path / "b.tar.gz", NOW)
    log.append(filled.log.files, LOG_KEY, LOG_NAME, [b"later"])
    shutil.copytree(filled.settings.folder / "log", elsewhere.folder / "log")
    assert backups.restore(elsewhere, tmp_path / "b.tar.gz").log_kept
    here = desk_log.opened(elsewhere.folder, LOG_KEY, LOG_NAME)
    assert here.head.checkpoint.size == 3
    shutil.rmtree(elsewhere.folder / "log")
    other = desk_log.opened(elsewhere.folder, LOG_KEY, LOG_NAME)
    log.append(other.files, LOG_KEY, LOG_NAME, [b"a", b"b", b"c"])
    engine = database.connect(elsewhere.url)
    database.migrate(engine, "base")
    engine.dispose()
    with pytest.raises(IntegrityError, match="does not continue the one in the backup"):
        backups.restore(elsewhere, tmp_path / "b.tar.gz")


def _changed(path, change):
    """The backup with one member changed, added or left out."""
    out = path.with_name("changed.tar.gz")
    with tarfile.open(path) as before, tarfile.open(out, "w:gz") as after:
        for member in before:
            for name, data in change(member.name, before.extractfile(member).read()):
                about = tarfile.TarInfo(name)
                about.size = len(data)
                after.addfile(about, io.BytesIO(data))
    return out


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda name, data: [(name, data.replace(b"Why?", b"Yes!"))], "not those that it was made with"),
        (
            lambda name, data: [(name, data + b"x" if name.startswith("objects/") else data)],
            "not those of their digest",
        ),
        (lambda name, data: [] if name.startswith("objects/") else [(name, data)], "cut off"),
        (lambda name, data: [(name, data), *([("../evil", b"x")] if name == "backup.json" else [])], "no backup holds"),
        (
            lambda name, data: [(name, data), *([("log/../../evil", b"x")] if name == "backup.json" else [])],
            "no backup holds",
        ),
        (lambda name, data: [("readme", b""), (name, data)], "not a backup of a desk"),
    ],
)
def test_a_backup_that_was_changed_is_refused(filled, elsewhere, tmp_path, change, why):
    backups.backup(filled, tmp_path / "b.tar.gz", NOW)
    with pytest.raises(IntegrityError, match=why):
        backups.restore(elsewhere, _changed(tmp_path / "b.tar.gz", change))
    assert not (tmp_path / "evil").exists()


def test_what_is_no_backup_is_told(elsewhere, tmp_path):
    (tmp_path / "x").write_bytes(b"hello")
    with pytest.raises(IntegrityError, match="cannot be read"):
        backups.restore(elsewhere, tmp_path / "x")
    with pytest.raises(SourceError, match="no such backup"):
        backups.restore(elsewhere, tmp_path / "y")


def test_a_lost_database_is_made_again_from_contents_and_log(cli, filled, released):
    assert cli("withdraw", released / "out", "--reason", "Wrong.", *by(released, "Cy", "release")).code == 0
    registry.arrive(filled, store.read_dossier(released / "out"), by="pipeline", now=clock())
    before = rows(filled)
    database.migrate(filled.engine, "base")
    database.migrate(filled.engine)
    done = backups.rebuild(filled, NOW)
    assert (done.dossiers, done.states, done.troubles) == (1, 2, ())
    after = rows(filled)
    left_out = {"arrived_at"}
    (was,), (now,) = before["dossiers"], after["dossiers"]
    assert {k: v for k, v in was.items() if k not in left_out} == {k: v for k, v in now.items() if k not in left_out}
    assert after["awaited"] == before["awaited"]
    assert [one["state"] for one in after["states"]] == [one["state"] for one in before["states"]]
    assert (now["state"], filled.log.head.checkpoint.size) == ("withdrawn", 3)
    with pytest.raises(UsageError, match="has dossiers"):
        backups.rebuild(filled, NOW)


def test_what_is_gone_from_the_contents_is_named(filled, released):
    receipts = next(d for d, data in contents(filled).items() if data.startswith(b'{"entry":'))
    filled.contents.remove(receipts)
    database.migrate(filled.engine, "base")
    database.migrate(filled.engine)
    done = backups.rebuild(filled, NOW)
    assert done.dossiers == 0
    assert any("state" in one for one in done.troubles)
    assert any("entry 1 of the log" in one for one in done.troubles)


def test_a_backup_of_damaged_contents_is_not_made(filled, tmp_path):
    digest = next(iter(filled.contents.all()))
    (filled.settings.folder / "objects" / digest[:2] / digest).write_bytes(b"rotten")
    with pytest.raises(IntegrityError, match="not that of its digest"):
        backups.backup(filled, tmp_path / "b.tar.gz", NOW)
    assert not [*tmp_path.glob("*b.tar.gz*")]


def test_receipts_are_among_what_is_kept(filled):
    (row,) = registry.inventory(filled, registry.InventoryQuery(), today=NOW[:10]).rows
    assert layout.RECEIPTS in registry.dossier(filled, row["manifest"]).files


def test_whom_a_dossier_waits_for_is_known_again_without_a_database(desk, files):
    registry.arrive(desk, files, by="pipeline", now=NOW)
    before = rows(desk)["awaited"]
    assert before
    database.migrate(desk.engine, "base")
    database.migrate(desk.engine)
    backups.rebuild(desk, NOW)
    assert rows(desk)["awaited"] == before
