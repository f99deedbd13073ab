"""The same tables on SQLite and PostgreSQL, made and taken away by migrations, and written all or nothing."""

import threading

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from tests.desk.support import NOW
from tests.servers import postgresql

from cardwright.desk import accounts, database, registry, threads
from cardwright.desk.settings import DeskSettings
from cardwright.errors import StoreError


def columns(engine):
    inspector = sa.inspect(engine)
    return {
        table: {column["name"] for column in inspector.get_columns(table)}
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def indexes(engine):
    inspector = sa.inspect(engine)
    return {index["name"] for table in inspector.get_table_names() for index in inspector.get_indexes(table)}


def declared():
    return {name: {column.name for column in table.columns} for name, table in database.METADATA.tables.items()}


@pytest.fixture
def engine(tmp_path):
    made = database.connect(f"sqlite:///{tmp_path / 'd.sqlite'}")
    yield made
    made.dispose()


def test_migrations_make_the_tables_that_the_program_uses_and_take_them_away(engine):
    database.migrate(engine)
    assert columns(engine) == declared()
    assert indexes(engine) == {index.name for table in database.METADATA.tables.values() for index in table.indexes}
    assert (
        database.version(engine)
        == ScriptDirectory(
            str(database._SCRIPTS), version_locations=[str(database._SCRIPTS / "versions")]
        ).get_current_head()
    )
    database.migrate(engine)  # nothing to do
    database.migrate(engine, "base")
    assert columns(engine) == {}
    database.migrate(engine)
    assert columns(engine) == declared()


def test_a_database_of_a_later_version_is_left_alone(engine):
    database.migrate(engine)
    with database.writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="another version"):
        database.migrate(engine)
    assert columns(engine) == declared()


def test_sqlite_writes_ahead_and_keeps_its_word(engine):
    with database.reading(engine) as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_transaction_that_fails_leaves_nothing(desk):
    with pytest.raises(RuntimeError), database.writing(desk.engine) as connection:
        registry.tell(connection, NOW, "ada", "read", "x")
        raise RuntimeError
    assert registry.counts(desk)["events"] == 0


def test_a_database_that_is_not_there_is_told(tmp_path):
    engine = database.connect(f"sqlite:///{tmp_path / 'no' / 'd.sqlite'}")
    with pytest.raises(StoreError, match="cannot be read"), database.reading(engine):
        pass
    with pytest.raises(StoreError):
        database.migrate(engine)


def test_writers_at_once_take_turns(desk):
    def write():
        for _ in range(5):
            threads.open_thread(desk, "a" * 64, "dossier", "x", by="ada", now=NOW)

    workers = [threading.Thread(target=write) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(threads.of_record(desk, "a" * 64)) == 20


@pytest.fixture(scope="module")
def postgres():
    """A PostgreSQL that this test starts itself, as somebody who is not root."""
    pytest.importorskip("psycopg", reason="PostgreSQL needs psycopg")
    with postgresql() as socket:
        yield f"postgresql://desk@/postgres?host={socket}"


def test_postgresql_has_the_same_tables_and_does_the_same(postgres, tmp_path, refused_once, files):
    from tests.desk.support import own_policy

    settings = DeskSettings(
        folder=tmp_path, origin="https://desk.example.org", trust=refused_once / "trust.yaml", database=postgres,
        policies=own_policy(refused_once),
    )  # fmt: skip
    desk = registry.opened(settings)
    try:
        assert columns(desk.engine) == declared()
        arrival = registry.arrive(desk, files, by="pipeline", now=NOW)
        assert not registry.arrive(desk, files, by="pipeline", now=NOW).news
        assert registry.dossier(desk, arrival.manifest).files == files
        found = registry.inventory(desk, registry.InventoryQuery(words="RANKING"), today=NOW[:10])
        assert (found.total, found.by_state) == (1, {"draft": 1})
        number = threads.open_thread(desk, "a" * 64, "dossier", "x", by="ada", now=NOW)
        threads.resolve(desk, "a" * 64, number, by="ada", now=NOW)
        secret = accounts.begin(desk, "sign", "ada", b"c", {"a": 1}, NOW)
        assert accounts.take(desk, secret, "sign", "ada", NOW).challenge == b"c"
        database.migrate(desk.engine, "base")
        assert columns(desk.engine) == {}
    finally:
        desk.engine.dispose()
