"""A release is decided at the desk, shown whole, signed by a passkey of whoever may release, and verified offline."""

import html
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256

import pytest
from starlette.testclient import TestClient
from tests.attest.authenticator import PRESENT, Authenticator
from tests.attest.support import in_days
from tests.conftest import command
from tests.desk.conftest import application
from tests.desk.support import ORIGIN, Browser

from cardwright.attest import release_statement, releasing, under_review
from cardwright.attest import trust as trusting
from cardwright.desk import decisions, registry, releases, threads, web
from cardwright.dossier import layout, store
from cardwright.errors import UsageError
from cardwright.record.case import LinkedDossier


@pytest.fixture
def people(arrived, ben):
    """Ada, Ben and Cy, each before a browser of their own and with a passkey that the trust file knows."""
    with (
        TestClient(application(arrived), base_url=ORIGIN) as one,
        TestClient(application(arrived), base_url=ORIGIN) as two,
    ):
        ada, cy = (Browser(arrived, client) for client in (one, two))
        yield ada.join("ada").enrol("ada"), ben, cy.join("cy").enrol("cy")


@pytest.fixture
def ready(people, manifest):
    """Everything is said that a release of the pilot policy needs."""
    ada, ben, _ = people
    asked = {
        "kind": "waive_request", "role": "owner", "requirement": "ranking", "reason": "A pilot.", "controls": "Read twice.",
        "expires": in_days(30),
    }  # fmt: skip
    assert ada.say(manifest, asked).status_code == 200
    page = ben.get(f"/dossiers/{manifest}").text
    request = re.search(r'name="request" value="([0-9a-f]{64})"', page)[1]
    own = ada.post(f"/dossiers/{manifest}/claims", {"kind": "waive", "role": "owner", "request": request})
    assert own.status_code == 400
    assert "does not approve it" in own.text
    assert ben.say(manifest, {"kind": "waive", "role": "risk_head", "request": request}).status_code == 200
    for who, role, meaning in (
        (ada, "owner", "authorship"), (ada, "owner", "responsibility"), (ben, "risk_head", "approval"),
    ):  # fmt: skip
        form = {"kind": "sign_off", "role": role, "decision": "approve", "meaning": meaning}
        assert who.say(manifest, form).status_code == 200
    assert ada.say(manifest, {"kind": "countersign", "role": "owner"}).status_code == 200
    return people


@pytest.fixture
def at_hand(refused_once, arrived, manifest):
    """The subject's files as `sha256sum` lists them, and another beside them."""
    subject = under_review.read(registry.dossier(arrived, manifest).files, where="d").case.record.subject
    lines = [
        f"{sha256((refused_once / 'files' / one.path).read_bytes()).hexdigest()}  ./files/{one.path}"
        for one in subject.files
    ]
    return "\n".join([*lines, f"{'0' * 64} *notes.txt"])


def shown(page):
    assert page.status_code == 200, page.text
    secret = re.search(r'data-secret="([^"]+)"', page.text)[1]
    return secret, json.loads(html.unescape(re.search(r'data-options="([^"]+)"', page.text)[1]))


def asked(who, manifest, files):
    return who.post(f"/dossiers/{manifest}/release", {"files": files})


def test_a_release_by_passkey_verifies_offline_and_what_is_not_its_signature_releases_nothing(
    ready, arrived, manifest, at_hand, refused_once, tmp_path
):
    ada, ben, cy = ready
    refused = asked(cy, manifest, "")
    assert refused.status_code == 409
    assert "identity" in refused.text
    before = registry.dossier(arrived, manifest)
    # Every answer that is none, each to a challenge of its own.
    for otherwise in ({"origin": "https://desk.example.net"}, {"flags": PRESENT}, {"crossOrigin": True}):
        secret, options = shown(asked(cy, manifest, at_hand))
        forged = cy.send("/releases", {"secret": secret, "credential": cy.signing.sign(options, **otherwise)})
        assert forged.status_code == 422, forged.text
    secret, options = shown(asked(cy, manifest, at_hand))
    stranger = Authenticator(credential=cy.signing.credential)
    assert cy.send("/releases", {"secret": secret, "credential": stranger.sign(options)}).status_code == 422
    again = cy.send("/releases", {"secret": secret, "credential": cy.signing.sign(options)})
    assert again.status_code == 400  # the challenge was used
    secret, options = shown(asked(cy, manifest, at_hand))
    given = cy.signing.sign(options)
    assert ben.send("/releases", {"secret": secret, "credential": given}).status_code == 400  # another's session
    assert registry.dossier(arrived, manifest).state == before.state

    # A question that is asked while the page is open is read before anything is released.
    secret, options = shown(asked(cy, manifest, at_hand))
    assert ada.post(f"/dossiers/{manifest}/comments", {"anchor": "M-001", "text": "Wait."}).status_code == 303
    late = cy.send("/releases", {"secret": secret, "credential": cy.signing.sign(options)})
    assert late.status_code == 409
    assert "commented meanwhile" in late.json()["error"]
    assert "Questions are open" in asked(cy, manifest, at_hand).text
    assert ada.post(f"/dossiers/{manifest}/comments", {"thread": "1", "resolve": "1"}).status_code == 303

    secret, options = shown(asked(cy, manifest, at_hand))
    done = cy.send("/releases", {"secret": secret, "credential": cy.signing.sign(options)})
    assert done.status_code == 200, done.text
    stored = registry.dossier(arrived, manifest)
    assert (stored.standing, stored.released) == ("released", True)
    statement = release_statement.read(stored.files[layout.RELEASE])
    assert statement.sealed.assertion is not None
    assert statement.release.person == "Cy"

    store.write_dossier(tmp_path / "elsewhere", stored.files)
    words = [
        "verify", tmp_path / "elsewhere", "--trust", arrived.settings.trust, "--artifact", refused_once / "files",
        "--policy", refused_once / "files" / "pilot.yaml",
    ]  # fmt: skip
    done = command(*words, "--rerender")
    assert done.code == 0, done
    known = trusting.read(arrived.settings.trust.read_bytes(), where="trust.yaml")
    identity = statement.release.subject.identity_sha256
    assert decisions.decide(arrived, identity, web.clock()).allowed

    # The same statement under another origin in the trust file, or without Cy's passkey, is nobody's release.
    text = arrived.settings.trust.read_text()
    for other in (re.sub(r"(origin: .*)desk\.example\.org", r"\1www.desk.example.org", text),
                  trusting.to_yaml(trusting.revoke(known, cy.signing.fingerprint, "2020-01-01", "lost", where="t")).decode()):  # fmt: skip
        path = tmp_path / "other.yaml"
        path.write_text(other)
        assert command(*[path if word == arrived.settings.trust else word for word in words]).code == 1
    # One byte of the assertion, and it is not intact.
    line = stored.files[layout.RELEASE]
    signature = json.loads(line)["dsseEnvelope"]["signatures"][0]["sig"]
    other = ("B" if signature[10] != "B" else "C").join((signature[:10], signature[11:]))
    with_other = {**stored.files, layout.RELEASE: line.replace(signature.encode(), other.encode())}
    store.write_dossier(tmp_path / "forged", with_other)
    assert command(*[tmp_path / "forged" if word == tmp_path / "elsewhere" else word for word in words]).code in (1, 3)

    assert ben.say(manifest, {"kind": "withdraw", "role": "risk_head", "reason": "Wrong."}).status_code == 200
    assert registry.dossier(arrived, manifest).standing == "withdrawn"
    assert not decisions.decide(arrived, identity, web.clock()).allowed


def test_attack_no_release_is_written_under_a_trust_file_or_incidents_that_nobody_looked_at(
    ready, arrived, manifest, at_hand, monkeypatch
):
    _, _, cy = ready
    before = registry.dossier(arrived, manifest).state
    path = arrived.settings.trust
    known, kept = arrived.trust, path.read_bytes()
    secret, options = shown(asked(cy, manifest, at_hand))
    (ben,) = [one for one in known.people if one.id == "ben"]
    path.write_bytes(
        trusting.to_yaml(trusting.revoke(known, ben.keys[-1].fingerprint, "2020-01-01", "stolen", where="t"))
    )
    late = cy.send("/releases", {"secret": secret, "credential": cy.signing.sign(options)})
    assert (late.status_code, "trust file has changed" in late.text) == (409, True), late.text
    path.write_bytes(kept)
    secret, options = shown(asked(cy, manifest, at_hand))
    one = LinkedDossier(record=under_review.read(registry.dossier(arrived, manifest).files, where="d").case.record)
    monkeypatch.setattr(releases, "with_incidents", lambda desk, case, known, now: replace(case, incidents=(one,)))
    late = cy.send("/releases", {"secret": secret, "credential": cy.signing.sign(options)})
    assert (late.status_code, "an incident has arrived" in late.text) == (409, True), late.text
    assert registry.dossier(arrived, manifest).state == before


def test_attack_a_question_asked_while_the_release_is_being_written_is_read_first(
    ready, arrived, manifest, at_hand, monkeypatch
):
    """The signature is given; enclosing it in the final editions takes seconds, in which somebody asks something."""
    _, _, cy = ready
    stored = registry.dossier(arrived, manifest)
    completed = releasing.completed

    def slow(*args, **kwargs):
        threads.open_thread(arrived, stored.record, "dossier", "Wait.", by="ada", now=web.clock())
        return completed(*args, **kwargs)

    secret, options = shown(asked(cy, manifest, at_hand))
    monkeypatch.setattr(releasing, "completed", slow)
    late = cy.send("/releases", {"secret": secret, "credential": cy.signing.sign(options)})
    assert (late.status_code, "commented meanwhile" in late.text) == (409, True), late.text
    assert registry.dossier(arrived, manifest).state == stored.state


@pytest.mark.parametrize("who", [0, 1])
def test_whoever_may_not_release_is_told_so(people, manifest, at_hand, who):
    answer = asked(people[who], manifest, at_hand)
    assert answer.status_code == 400
    assert "may not sign as release" in answer.text


def test_what_lacks_approvals_is_not_released_and_nothing_is_written(people, arrived, manifest, at_hand):
    before = registry.dossier(arrived, manifest).state
    answer = asked(people[2], manifest, at_hand)
    assert answer.status_code == 409
    assert "ranking" in answer.text
    assert "Nothing was written" in answer.text
    assert registry.dossier(arrived, manifest).state == before


def test_twenty_people_who_sign_at_once_lose_nothing_and_fork_nothing(ready, arrived, manifest):
    ada, _, _ = ready
    prepared = [ada.prepared(manifest, {"kind": "countersign", "role": "owner"})[:2] for _ in range(20)]
    csrf = ada.csrf

    def send(one):
        secret, options = one
        with TestClient(application(arrived), base_url=ORIGIN, cookies=ada.client.cookies) as client:
            return client.post(
                "/signatures",
                json={"secret": secret, "credential": ada.signing.sign(options)},
                headers={"X-CSRF": csrf},
            )

    length = len(under_review.read(registry.dossier(arrived, manifest).files, where="d").signed)
    with ThreadPoolExecutor(20) as pool:
        answers = [*pool.map(send, prepared)]
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200, *[409] * 19], [answer.text for answer in answers if answer.status_code not in (200, 409)]
    assert all("meanwhile" in answer.json()["error"] for answer in answers if answer.status_code == 409)
    after = under_review.read(registry.dossier(arrived, manifest).files, where="d")
    assert len(after.signed) == length + 1


def test_digests_are_taken_as_sha256sum_prints_them():
    a, b = "a" * 64, "b" * 64
    text = f"{a}  ./x/model.onnx\n\n{b.upper()} *x/sub/model.onnx\n{os.urandom(32).hex()}  other.txt"
    assert releases.digests(text, ("model.onnx", "sub/model.onnx")) == {"model.onnx": a, "sub/model.onnx": b}
    assert releases.digests("", ("model.onnx",)) == {}
    with pytest.raises(UsageError, match="line 1"):
        releases.digests("model.onnx", ("model.onnx",))
    with pytest.raises(UsageError, match="two digests"):
        releases.digests(f"{a}  x/model.onnx\n{b}  y/model.onnx", ("model.onnx",))
