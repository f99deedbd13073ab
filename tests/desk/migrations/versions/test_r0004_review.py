"""A desk that was there before keeps its people; going back takes away only what came."""

import sqlalchemy as sa

from cardwright.desk import database


def tables(engine):
    return {
        name: {one["name"] for one in sa.inspect(engine).get_columns(name)}
        for name in sa.inspect(engine).get_table_names()
    }


def test_people_who_were_there_are_internal(tmp_path):
    engine = database.connect(f"sqlite:///{tmp_path / 'd.sqlite'}")
    database.migrate(engine, "0003")
    before = tables(engine)
    with database.writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO accounts (person, created_at) VALUES ('ada', '2026-11-01T00:00:00Z')")
    database.migrate(engine, "0004")
    with database.reading(engine) as connection:
        assert connection.execute(sa.select(database.ACCOUNTS.c.audience)).scalar() == "internal"
    assert {"assignments", "awaited", "views"} <= set(tables(engine))
    database.migrate(engine, "base")
    database.migrate(engine, "0003")
    assert tables(engine) == before
    engine.dispose()
