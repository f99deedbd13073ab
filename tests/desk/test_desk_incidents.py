"""An open incident holds a release at the desk, whether it was sent there or stands in a folder that the desk looks into."""

import json
import re
import shutil
from dataclasses import replace

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from tests.conftest import command
from tests.desk.conftest import application
from tests.desk.support import NOW, ORIGIN, Browser

from cardwright.attest import under_review
from cardwright.cli.console import clock
from cardwright.desk import accounts, database, decisions, desk_incidents, registry
from cardwright.dossier import layout, store
from cardwright.errors import CardwrightError, SourceError
from cardwright.files import kinds
from cardwright.policy import minimum


@pytest.fixture
def incident(refused_once, tmp_path):
    """An open incident about the model of the tests' dossiers, which nobody has signed, in a folder of dossiers."""
    shutil.copytree(kinds.find("incident_triage").path / "example", tmp_path / "incident")
    plan, details = (tmp_path / "incident" / name for name in ("assessment.yaml", "details.yaml"))
    name = json.loads((refused_once / "out" / "record.json").read_bytes())["subject"]["name"]
    plan.write_text(plan.read_text().replace("home-loan-model", name))
    details.write_text(re.sub(r"status:.*", "status: open", details.read_text()))
    assert command("run", plan, "-o", tmp_path / "elsewhere" / "incident").code == 1
    return tmp_path / "elsewhere"


def with_incidents(desk, **more):
    (row,) = [
        one
        for one in registry.inventory(desk, registry.InventoryQuery(), today=NOW[:10]).rows
        if one["kind"] == "model"
    ]
    reviewed = under_review.read(registry.dossier(desk, row["manifest"]).files, where="d")
    case, _ = under_review.judged_case(reviewed, desk.trust, None, clock())
    return [one.record.kind for one in desk_incidents.with_incidents(desk, case, desk.trust, clock(), **more).incidents]


def looking_into(desk, folder):
    return replace(desk, settings=replace(desk.settings, dossiers=(folder,)))


def test_it_is_found_among_the_desks_dossiers_and_in_the_folders_once(arrived, incident):
    assert with_incidents(arrived) == []
    outside = looking_into(arrived, incident)
    assert with_incidents(outside) == ["incident_triage"]
    registry.arrive(arrived, store.read_dossier(incident / "incident"), by="pipeline", now=NOW)
    assert with_incidents(arrived) == ["incident_triage"]
    assert with_incidents(outside) == ["incident_triage"]
    assert with_incidents(outside, until="2020-01-01T00:00:00Z") == []


def test_a_page_reads_a_folders_dossiers_once_and_again_when_one_has_changed_and_a_decision_always(
    arrived, incident, monkeypatch
):
    outside = looking_into(arrived, incident)
    read, opened = [], store.read_dossier
    monkeypatch.setattr(store, "read_dossier", lambda folder: read.append(folder) or opened(folder))
    for _ in range(2):
        assert with_incidents(outside, shown=True) == ["incident_triage"]
    assert len(read) == 1
    assert with_incidents(outside) == ["incident_triage"]
    assert len(read) == 2
    shutil.rmtree(incident / "incident")
    assert with_incidents(outside, shown=True) == []
    shutil.copytree(incident.parent / "incident", incident / "other")  # no dossier: a plan
    (incident / "other" / "manifest.json").write_text("{}")
    with pytest.raises(CardwrightError):
        with_incidents(outside, shown=True)


def test_a_folder_that_is_gone_may_hold_an_open_incident(arrived, tmp_path):
    with pytest.raises(SourceError, match="no such folder"):
        with_incidents(looking_into(arrived, tmp_path / "gone"))


def test_an_older_desks_row_is_looked_into_until_the_desk_has_caught_up(arrived, incident):
    registry.arrive(arrived, store.read_dossier(incident / "incident"), by="pipeline", now=NOW)
    table = database.DOSSIERS

    def documents():
        with database.reading(arrived.engine) as connection:
            return set(connection.execute(sa.select(table.c.document)).scalars())

    assert documents() == {"model", "incident_triage"}
    with database.writing(arrived.engine) as connection:
        connection.execute(table.update().values(document=None))
    assert with_incidents(arrived) == ["incident_triage"]
    assert registry.caught_up(arrived, NOW) == ()
    assert documents() == {None, "incident_triage"}


def test_the_page_of_a_dossier_names_it_before_anybody_signs(ben, arrived, manifest, incident, monkeypatch):
    # The tests' policy is of a pilot; what is asked for production is asked here, too.
    monkeypatch.setattr(minimum, "_for_production", lambda review, policy: True)
    assert "Every incident that is known is closed" not in ben.get(f"/dossiers/{manifest}").text
    registry.arrive(arrived, store.read_dossier(incident / "incident"), by="pipeline", now=NOW)
    page = ben.get(f"/dossiers/{manifest}").text
    assert "Every incident that is known is closed" in page
    assert "incident_triage incident-triage-example 1" in page


def test_a_release_made_where_nobody_looked_is_refused_to_programs_and_one_made_before_the_incident_is_not(
    desk, released, incident, monkeypatch
):
    monkeypatch.setattr(minimum, "_for_production", lambda review, policy: True)
    shutil.copy(released / "trust.yaml", desk.settings.trust)
    files = store.read_dossier(released / "out")
    assert overlooked(desk, files) is None
    outside = looking_into(desk, incident)
    assert overlooked(outside, files) is None  # it came up after the release
    verdict = json.loads(files[layout.VERDICT])
    later = {**files, layout.VERDICT: json.dumps({**verdict, "evaluated_at": "2999-01-01T00:00:00Z"}).encode()}
    assert "an incident about it was open when it was released" in overlooked(outside, later)
    looked = {**verdict, "evaluated_at": "2999-01-01T00:00:00Z"}
    looked["inputs"] = {**looked["inputs"], "incidents_sha256": "0" * 64}
    assert overlooked(outside, {**files, layout.VERDICT: json.dumps(looked).encode()}) is None


def overlooked(desk, files):
    # The dossier itself is read whole; of its verdict, only when it was made and what it knew counts here.
    before = {**files}
    return decisions._overlooked(desk, before, clock(), where="d")


def test_attack_whoever_reads_for_a_regulator_is_told_of_no_incident_that_is_a_draft(
    browser, arrived, manifest, incident, ben, monkeypatch
):
    monkeypatch.setattr(minimum, "_for_production", lambda review, policy: True)
    form = {
        "kind": "sign_off",
        "role": "risk_head",
        "decision": "request_changes",
        "meaning": "review",
        "comment": "Why?",
    }
    assert ben.say(manifest, form).status_code == 200  # what somebody has signed, a regulator may open
    registry.arrive(arrived, store.read_dossier(incident / "incident"), by="pipeline", now=NOW)
    assert "incident-triage-example" in ben.get(f"/dossiers/{manifest}").text
    secret = accounts.invite(arrived, "ada", clock(), audience="regulator")
    with TestClient(application(arrived), base_url=ORIGIN) as client:
        ada = Browser(arrived, client)
        assert ada.answered(f"/join/{secret}") == "/login"
        assert ada.answered("/login") == "/"
        shown = ada.get(f"/dossiers/{manifest}")
    assert (shown.status_code, "incident-triage-example" in shown.text) == (200, False)
