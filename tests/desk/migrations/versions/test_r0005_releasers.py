"""What a desk has of releases stays when its tables go forward and back."""

import sqlalchemy as sa

from cardwright.desk import database
from cardwright.desk.migrations.versions import r0005_releasers


def columns(engine):
    return {one["name"] for one in sa.inspect(engine).get_columns("dossiers")}


def test_it_goes_forward_and_back(tmp_path):
    engine = database.connect(f"sqlite:///{tmp_path / 'd.sqlite'}")
    database.migrate(engine, r0005_releasers.down_revision)
    before = columns(engine)
    database.migrate(engine, r0005_releasers.revision)
    assert columns(engine) == {*before, "releaser"}
    assert "withdrawals" in sa.inspect(engine).get_table_names()
    database.migrate(engine, r0005_releasers.down_revision)
    assert columns(engine) == before
    assert "withdrawals" not in sa.inspect(engine).get_table_names()
    engine.dispose()
