"""The dossiers that a plan names are read from where it says, what is none is refused, and an incident that it does not name is found."""

import json
import re
import shutil

import pytest
from tests.attest.support import by
from tests.dossier.test_links import dossier, note

from cardwright.cli.other_dossiers import baseline_of, linked_dossiers
from cardwright.errors import CardwrightError
from cardwright.files import disk, kinds
from cardwright.plan.assessment import load

__all__ = ["note"]

PLAN = """\
schema: cardwright/assessment/1
subject: {kind: work, name: w, version: "1"}
document: experiment_plan
"""


def plan(place, more=""):
    (place / "assessment.yaml").write_text(PLAN + more)
    return load(place)


def test_a_plan_that_names_none_has_none(tmp_path):
    assert linked_dossiers(plan(tmp_path)) == {}
    assert baseline_of(plan(tmp_path)) is None


def test_one_folder_or_several_stand_in_a_role_in_their_order(tmp_path, note):
    for name, said in (("a", "Nobody, as far as we know."), ("b", "Applicants of the pilot.")):
        for path, data in dossier(note, people_concerned=said).items():
            disk.write_file(tmp_path / name / path, data)
    linked = linked_dossiers(plan(tmp_path, "links: {plan: a, notes: [b, a]}\n"))
    names = {
        role: [one.record.details.answers["people_concerned"].text for one in found] for role, found in linked.items()
    }
    assert names == {
        "plan": ["Nobody, as far as we know."],
        "notes": ["Applicants of the pilot.", "Nobody, as far as we know."],
    }
    assert baseline_of(plan(tmp_path, "baseline: b\n")).sha256 == linked["notes"][0].record.sha256


def test_a_folder_that_is_no_dossier_is_refused(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(CardwrightError):
        linked_dossiers(plan(tmp_path, "links: {plan: a}\n"))


# ------------------------------------------------------------------------------------------------ incidents that nobody named


@pytest.fixture
def registry(cli, desk, tmp_path):
    """A folder of dossiers with the released model's open incident, which nobody has signed."""
    place = tmp_path / "registry"
    example = kinds.find("incident_triage").path / "example"
    shutil.copytree(example, tmp_path / "incident")
    plan = tmp_path / "incident" / "assessment.yaml"
    name = json.loads((desk / "out" / "record.json").read_bytes())["subject"]["name"]
    plan.write_text(plan.read_text().replace("home-loan-model", name))
    details = tmp_path / "incident" / "details.yaml"
    details.write_text(re.sub(r"status:.*", "status: open", details.read_text()))
    assert cli("run", plan, "-o", place / "incident" / "1").code == 1
    return place


def incidents(ran):
    return [o for o in json.loads(ran.out)["outcomes"] if o["requirement"] == "cardwright.incidents"]


def test_the_gate_refuses_an_open_incident_in_the_folders_that_it_is_pointed_at(cli, desk, registry, monkeypatch):
    words = ("gate", desk / "out", "--policy", "startup", "--format", "json")
    assert incidents(cli(*words)) == []
    (found,) = incidents(cli(*words, "--dossiers", registry))
    assert found["status"] == "failed"
    assert "incident_triage incident-triage-example 1" in found["explanation"]
    monkeypatch.setenv("CARDWRIGHT_DOSSIERS", str(registry))
    assert len(incidents(cli(*words))) == 1


def test_an_incident_that_its_author_closes_alone_still_holds_and_one_that_somebody_else_approves_does_not(
    cli, desk, registry, tmp_path
):
    words = ("gate", desk / "out", "--policy", "startup", "--format", "json", "--dossiers", registry)
    details = tmp_path / "incident" / "details.yaml"
    details.write_text(re.sub(r"status:.*", "status: closed", details.read_text()))
    plan = tmp_path / "incident" / "assessment.yaml"
    plan.write_text(plan.read_text().replace('version: "1"', 'version: "2"'))
    later = registry / "incident" / "2"
    assert cli("run", plan, "-o", later).code == 1
    assert incidents(cli(*words))[0]["status"] == "failed"
    over = ("sign-off", later, "--decision", "approve")
    assert cli(*over, "--meaning", "authorship", *by(desk, "Ada", "owner")).code == 0
    assert incidents(cli(*words))[0]["status"] == "failed"
    assert cli(*over, "--meaning", "approval", *by(desk, "Ben", "risk_head")).code == 0
    assert incidents(cli(*words)) == []


def test_a_dossier_that_cannot_be_read_may_be_an_open_incident_and_stops_the_gate(cli, desk, registry):
    record = registry / "incident" / "1" / "record.json"
    record.write_bytes(record.read_bytes().replace(b"open", b"shut"))
    ran = cli("gate", desk / "out", "--policy", "startup", "--dossiers", registry)
    assert (ran.code, "record.json" in ran.err) == (3, True)
    assert cli("gate", desk / "out", "--policy", "startup", "--dossiers", registry / "none").code == 3


def test_a_release_looks_there_too(cli, desk, registry):
    key = ("--key", desk / "Cy.key", "--as", "Cy", "--artifact", desk / "files", "--policy", "startup")
    ran = cli("release", desk / "out", *key, "--dossiers", registry)
    assert ran.code == 1, ran
    verdict = json.loads((desk / "out" / "verdict.json").read_bytes())
    assert "cardwright.incidents" in [o["requirement"] for o in verdict["outcomes"]]
    assert verdict["inputs"]["incidents_sha256"]
