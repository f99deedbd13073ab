"""The first migration makes every table that it takes away again."""

import pytest

pytest.importorskip("alembic", reason="the desk needs the extra desk")

from cardwright.desk import database
from cardwright.desk.migrations.versions import r0001_begin


def test_what_it_makes_it_takes_away_children_before_parents(tmp_path):
    engine = database.connect(f"sqlite:///{tmp_path / 'd.sqlite'}")
    database.migrate(engine)
    assert sorted(r0001_begin.TABLES) == sorted(database.METADATA.tables)
    database.migrate(engine, "base")
    with database.reading(engine) as connection:
        left = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}
    engine.dispose()
    assert left <= {"alembic_version"}
    order = [*r0001_begin.TABLES]
    assert order.index("comments") < order.index("threads")
    assert order.index("states") < order.index("dossiers")
    assert order.index("credentials") < order.index("accounts")
