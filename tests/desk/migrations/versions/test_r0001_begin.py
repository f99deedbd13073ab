"""The first migration can be taken back."""

import pytest

pytest.importorskip("alembic", reason="the desk needs the extra desk")

import sqlalchemy as sa

from cardwright.desk import database
from cardwright.desk.migrations.versions import r0001_begin


def test_what_it_makes_it_takes_away_children_before_parents(tmp_path):
    engine = database.connect(f"sqlite:///{tmp_path / 'd.sqlite'}")
    database.migrate(engine, "0001")
    assert {*r0001_begin.TABLES, "alembic_version"} == set(sa.inspect(engine).get_table_names())
    database.migrate(engine, "base")
    assert sa.inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()
