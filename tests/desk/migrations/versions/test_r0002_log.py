"""The second migration adds the log's index, and takes it away with nothing else."""

import pytest

pytest.importorskip("alembic", reason="the desk needs the extra desk")

import sqlalchemy as sa
from tests.desk.support import NOW

from cardwright.desk import database
from cardwright.desk.migrations.versions import r0002_log


def names(engine):
    return set(sa.inspect(engine).get_table_names())


def test_it_goes_forward_and_back_and_leaves_rows_alone(tmp_path):
    assert (r0002_log.revision, r0002_log.down_revision) == ("0002", "0001")
    engine = database.connect(f"sqlite:///{tmp_path / 'd.sqlite'}")
    database.migrate(engine, "0001")
    assert "log_entries" not in names(engine)
    with database.writing(engine) as connection:
        connection.execute(database.EVENTS.insert().values(at=NOW, who="ada", what="read", about="x"))
    database.migrate(engine, "0002")
    assert "release" in {column["name"] for column in sa.inspect(engine).get_columns("dossiers")}
    database.migrate(engine, "0001")
    assert "log_entries" not in names(engine)
    assert "release" not in {column["name"] for column in sa.inspect(engine).get_columns("dossiers")}
    with database.reading(engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(database.EVENTS)).scalar() == 1
    engine.dispose()
