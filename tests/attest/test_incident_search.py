"""Documents about incidents are found in folders of dossiers, open or not; what cannot be read stops whoever judges."""

import shutil

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.conftest import command

from cardwright.attest import incident_search
from cardwright.errors import CardwrightError
from cardwright.files import kinds

NOW = "2026-11-29T12:00:00Z"


@pytest.fixture
def folder(tmp_path):
    """A folder with an incident and with a document of another kind."""
    for kind in ("incident_triage", "negative_result"):
        example = tmp_path / "plans" / kind
        shutil.copytree(kinds.find(kind).path / "example", example)
        assert command("run", example, "-o", tmp_path / "dossiers" / kind).code in (0, 1)
    return tmp_path / "dossiers"


def test_incidents_are_found_and_nothing_else(folder):
    assert [one.record.kind for one in incident_search.in_folders([folder], None, NOW)] == ["incident_triage"]
    shutil.rmtree(folder / "incident_triage")
    assert incident_search.in_folders([folder], None, NOW) == []


def test_what_cannot_be_read_may_be_an_open_incident(folder):
    record = folder / "negative_result" / "record.json"
    record.write_bytes(record.read_bytes()[:-20])
    with pytest.raises(CardwrightError):
        incident_search.in_folders([folder], None, NOW)
