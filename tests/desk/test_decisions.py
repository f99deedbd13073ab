"""A subject is allowed if its latest dossier is released and everything holds under the desk's trust file; else it is refused."""

import json
import shutil
from dataclasses import replace

import pytest
from tests.attest.support import by, release, signed_by_all, waive
from tests.desk.support import NOW, own_policy

from cardwright.cli.console import clock
from cardwright.desk import decisions, registry
from cardwright.dossier import layout, store


@pytest.fixture
def subject(desk, released):
    """A desk with a released dossier; the digest of its subject."""
    shutil.copy(released / "trust.yaml", desk.settings.trust)
    files = store.read_dossier(released / "out")
    registry.arrive(desk, files, by="pipeline", now=clock())
    return json.loads(files[layout.RELEASE] and _release(files))["subject"]["identity_sha256"]


def _release(files):
    import base64

    envelope = json.loads(files[layout.RELEASE])["dsseEnvelope"]
    return json.dumps(json.loads(base64.b64decode(envelope["payload"]))["predicate"]["release"])


def test_a_release_that_holds_is_allowed_with_the_signed_statement(desk, released, subject):
    said = decisions.decide(desk, subject, clock())
    assert said.allowed, said.reason
    assert said.release.encode() == (released / "out" / layout.RELEASE).read_bytes()
    assert {step["name"] for step in said.steps if step["outcome"] != "passed"} == {"artefact"}
    assert json.loads(said.to_json())["allowed"] is True


def test_a_withdrawn_release_is_refused_as_soon_as_the_desk_knows(cli, desk, released, subject):
    assert cli("withdraw", released / "out", "--reason", "It was wrong.", *by(released, "Cy", "release")).code == 0
    registry.arrive(desk, store.read_dossier(released / "out"), by="pipeline", now=clock())
    said = decisions.decide(desk, subject, clock())
    assert not said.allowed
    assert "withdrawn by Cy" in said.reason


def test_attack_an_older_release_that_is_sent_later_brings_back_no_withdrawn_subject(cli, desk, released, office_again):
    """Whoever may send dossiers chooses which arrives last."""
    shutil.copy(released / "trust.yaml", desk.settings.trust)
    later = store.read_dossier(office_again / "out")
    subject = json.loads(_release(later))["subject"]["identity_sha256"]
    registry.arrive(desk, later, by="pipeline", now=clock())
    assert decisions.decide(desk, subject, clock()).allowed
    assert cli("withdraw", office_again / "out", "--reason", "Wrong.", *by(office_again, "Cy", "release")).code == 0
    registry.arrive(desk, store.read_dossier(office_again / "out"), by="pipeline", now="2026-01-01T00:00:00Z")
    registry.arrive(desk, store.read_dossier(released / "out"), by="pipeline", now="2099-01-01T00:00:00Z")
    said = decisions.decide(desk, subject, clock())
    assert (said.allowed, "has been withdrawn" in said.reason) == (False, True), said


@pytest.fixture
def office_again(cli, released):
    """The same people, who have judged the same subject once more and released it."""
    again = released.parent / "again"
    shutil.copytree(released, again)
    shutil.rmtree(again / "out")
    assert cli("run", again / "files", "-o", again / "out").code == 1
    assert waive(cli, again).code == 0
    signed_by_all(cli, again)
    done = release(cli, again)
    assert done.code == 0, done
    return again


def test_a_subject_that_nobody_has_sent_is_refused(desk):
    said = decisions.decide(desk, "0" * 64, NOW)
    assert (said.allowed, said.known) == (False, False)


def test_what_nobody_has_released_is_refused(arrived, manifest):
    (row,) = registry.inventory(arrived, registry.InventoryQuery(), today=NOW[:10]).rows
    assert not decisions.decide(arrived, row["subject"], NOW).allowed


@pytest.mark.parametrize("broken", ["trust gone", "trust of nobody", "content changed", "policy unknown"])
def test_in_doubt_it_is_refused(desk, subject, broken):
    if broken == "trust gone":
        desk.settings.trust.unlink()
    elif broken == "trust of nobody":
        desk.settings.trust.write_text("schema: cardwright/trust/2\n")
    elif broken == "content changed":
        listed = registry.states(desk, registry.latest_of(desk, subject))[0]["files"]
        digest = listed[layout.RELEASE]
        (desk.contents.folder / digest[:2] / digest).write_bytes(b"{}")
    else:
        desk = replace(desk, settings=replace(desk.settings, policies={}))
    assert not decisions.decide(desk, subject, clock()).allowed


def test_a_trust_file_that_asks_for_a_fresh_status_refuses_without_one(desk, released, subject):
    path = desk.settings.trust
    path.write_text(path.read_text().replace("people:", "status: {max_age_hours: 1, issuers: status}\npeople:", 1))
    assert not decisions.decide(desk, subject, clock()).allowed
    assert own_policy(released)
