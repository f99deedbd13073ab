"""The kind of document comes and goes as the tables go forward and back."""

import sqlalchemy as sa

from cardwright.desk import database
from cardwright.desk.migrations.versions import r0006_documents


def columns(engine):
    return {one["name"] for one in sa.inspect(engine).get_columns("dossiers")}


def test_it_goes_forward_and_back(tmp_path):
    engine = database.connect(f"sqlite:///{tmp_path / 'd.sqlite'}")
    database.migrate(engine, r0006_documents.down_revision)
    before = columns(engine)
    database.migrate(engine, r0006_documents.revision)
    assert columns(engine) == {*before, "document"}
    database.migrate(engine, r0006_documents.down_revision)
    assert columns(engine) == before
    engine.dispose()
