"""Whoever runs a desk backs it up, restores it, rebuilds it, holds dossiers and removes what its rules keep no longer."""

import shutil

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")
for library in ("starlette", "sqlalchemy", "alembic", "webauthn", "uvicorn"):
    pytest.importorskip(library, reason="the desk needs the extra desk")

from tests.desk.support import NOW, own_policy

from cardwright.desk import registry
from cardwright.desk.settings import DeskSettings
from cardwright.dossier import store


@pytest.fixture
def manifest(desk):
    """A desk in a folder with one dossier: its manifest."""
    (desk / "registry").mkdir()
    settings = DeskSettings(
        folder=desk / "registry", origin="http://localhost:8765", trust=desk / "trust.yaml", policies=own_policy(desk)
    )
    opened = registry.opened(settings)
    arrival = registry.arrive(opened, store.read_dossier(desk / "out"), by="pipeline", now=NOW)
    opened.engine.dispose()
    return arrival.manifest


def test_a_desk_is_backed_up_restored_elsewhere_and_rebuilt(cli, desk, manifest):
    words = ["--trust", desk / "trust.yaml", "--folder", desk / "registry"]
    made = cli("desk", "backup", desk / "b.tar.gz", *words)
    assert made.code == 0, made
    assert "no log" in made.out
    there = ["--trust", desk / "trust.yaml", "--folder", desk / "again"]
    done = cli("desk", "restore", desk / "b.tar.gz", *there)
    assert done.code == 0, done
    assert cli("desk", "restore", desk / "b.tar.gz", *there).code == 2
    (desk / "again" / "desk.sqlite").unlink()
    for more in (desk / "again").glob("desk.sqlite-*"):
        more.unlink()
    rebuilt = cli("desk", "rebuild", *there)
    assert rebuilt.code == 0, rebuilt
    assert "1 dossiers in 1 states" in rebuilt.out
    shutil.rmtree(desk / "again")


def test_tables_go_forward_and_back(cli, desk, manifest):
    words = ["--trust", desk / "trust.yaml", "--folder", desk / "registry"]
    back = cli("desk", "migrate", "--to", "0001", *words)
    assert back.code == 0, back
    assert "→ 0001" in back.out
    assert cli("desk", "migrate", *words).code == 0
    assert cli("desk", "migrate", "--to", "base", *words).code == 2
    assert cli("desk", "migrate", "--to", "9999", *words).code == 4


def test_a_dossier_is_held_shown_and_let_go(cli, desk, manifest):
    words = ["--trust", desk / "trust.yaml", "--folder", desk / "registry"]
    held = cli("desk", "hold", manifest[:12], "--as", "ada", "--reason", "A claim is pending.", *words)
    assert held.code == 0, held
    assert "A claim is pending." in cli("desk", "hold", "--list", *words).out
    assert cli("desk", "hold", manifest[:12], "--as", "eve", "--reason", "x", *words).code == 2
    assert cli("desk", "hold", *words).code == 2
    assert cli("desk", "hold", manifest[:12], "--as", "ada", "--lift", *words).code == 0
    assert cli("desk", "hold", "--list", *words).out == ""


def test_old_records_are_counted_and_then_removed(cli, desk, manifest):
    words = ["--trust", desk / "trust.yaml", "--folder", desk / "registry", "--rules", desk / "rules.yaml"]
    (desk / "rules.yaml").write_text("schema: cardwright/retention/1\nevents: 36500\ndossiers: 36500\n")
    dry = cli("desk", "prune", "--dry-run", *words)
    assert dry.code == 0, dry
    assert "events: 0 would be removed" in dry.out
    assert "dossiers: 0 removed" in cli("desk", "prune", *words).out
    (desk / "rules.yaml").write_text("events: never\n")
    assert cli("desk", "prune", *words).code == 2
