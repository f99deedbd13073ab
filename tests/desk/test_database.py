"""The same tables on SQLite and PostgreSQL, made and taken away by migrations, and written all or nothing."""

import threading

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from tests.desk.support import NOW

from cardwright.desk import database, registry, threads
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


def test_postgresql_has_the_same_tables_by_the_same_migrations(postgres, tmp_path):
    address = postgres.fresh(tmp_path)
    engine = database.connect(address.replace("postgresql", "postgresql+psycopg", 1))
    try:
        assert columns(engine) == declared()
        database.migrate(engine, "base")
        assert columns(engine) == {}
        database.migrate(engine)
        assert columns(engine) == declared()
    finally:
        engine.dispose()
        postgres.drop(address)


def test_a_connection_that_is_lost_costs_one_answer_and_no_data(postgres, tmp_path):
    address = postgres.fresh(tmp_path)
    engine = database.connect(address.replace("postgresql", "postgresql+psycopg", 1))
    try:
        with pytest.raises(StoreError, match="Nothing was changed"), database.writing(engine) as connection:
            registry.tell(connection, NOW, "ada", "read", "x")
            postgres.cut(address)
            registry.tell(connection, NOW, "ada", "read", "y")
        with database.reading(engine) as connection:  # the next one takes a new connection
            assert connection.execute(sa.select(sa.func.count()).select_from(database.EVENTS)).scalar() == 0
        postgres.cut(address)
        with database.writing(engine) as connection:
            registry.tell(connection, NOW, "ada", "read", "z")
    finally:
        engine.dispose()
        postgres.drop(address)
