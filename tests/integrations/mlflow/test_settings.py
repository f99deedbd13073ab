"""The settings of a guarded registry are checked before a server starts, and show no password."""

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from cardwright.errors import UsageError
from cardwright.integrations.mlflow.settings import read_settings
from cardwright.integrations.released_artefacts import ReleaseFolder, ReleasesOfDesk

WHOLE = """\
schema: cardwright/model-registry/1
store: sqlite:///mlflow.db
trust: trust.yaml
releases: {folder: governance}
"""
DESK = WHOLE.replace("releases: {folder: governance}", "desk: {origin: 'http://localhost:8765'}")


def read(tmp_path, text, **variables):
    (tmp_path / "registry.yaml").write_text(text)
    return read_settings(str(tmp_path / "registry.yaml"), variables)


def test_releases_come_from_a_folder_beside_the_settings_or_from_a_desk(tmp_path):
    folder = read(tmp_path, WHOLE).releases
    assert isinstance(folder, ReleaseFolder)
    assert (folder.folder, folder.trust) == (tmp_path / "governance", tmp_path / "trust.yaml")
    desk = read(tmp_path, DESK, CARDWRIGHT_DESK_TOKEN="t0ken").releases
    assert isinstance(desk, ReleasesOfDesk)
    assert desk.client.origin == "http://localhost:8765"


def test_a_database_with_a_password_comes_from_a_variable_and_is_not_shown(tmp_path):
    text = WHOLE.replace("store: sqlite:///mlflow.db", "store_variable: DB")
    found = read(tmp_path, text, DB="postgresql://mlflow:s3cret@db/mlflow")
    assert found.database == "postgresql://mlflow:s3cret@db/mlflow"
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("sqlite:///mlflow.db", "postgresql://mlflow:s3cret@db/mlflow", "holds a password"),
        ("store: sqlite:///mlflow.db", "store_variable: DB", "variable DB is not set"),
        ("store: sqlite:///mlflow.db\n", "", "name the database"),
        ("releases: {folder: governance}", "", "name where releases are found"),
        ("trust: trust.yaml\n", "", "trust"),
        ("sqlite:///mlflow.db", "cardwright:other.yaml", "not kept in another one"),
        ("trust: trust.yaml", "trust: trust.yaml\nartefacts: [s3://bucket]", "ends in `/`"),
        ("trust: trust.yaml", "trust: trust.yaml\nstages: [Archived]", "stages"),
        ("trust: trust.yaml", "trust: trust.yaml\nalias: champion", "alias"),
        ("releases: {folder: governance}", "desk: {origin: 'http://desk.example.org'}", ""),
        (
            "releases: {folder: governance}",
            "desk: {origin: 'https://desk.example.org'}",
            "CARDWRIGHT_DESK_TOKEN is not set",
        ),
    ],
)
def test_settings_that_would_guard_nothing_or_show_a_password_are_refused(tmp_path, old, new, why):
    with pytest.raises(UsageError) as refused:
        read(tmp_path, WHOLE.replace(old, new))
    assert why in str(refused.value)
    assert "s3cret" not in str(refused.value)
