"""The third migration adds holds and notices, and takes them away."""

import pytest

pytest.importorskip("alembic", reason="the desk needs the extra desk")

import sqlalchemy as sa

from cardwright.desk import database
from cardwright.desk.migrations.versions import r0003_operations


def test_it_goes_forward_and_back(tmp_path):
    engine = database.connect(f"sqlite:///{tmp_path / 'd.sqlite'}")
    before, own = r0003_operations.down_revision, {"holds", "notices", "cursors"}
    database.migrate(engine, r0003_operations.revision)
    assert own <= set(sa.inspect(engine).get_table_names())
    database.migrate(engine, before)
    assert not own & set(sa.inspect(engine).get_table_names())
    assert database.version(engine) == before
    engine.dispose()
