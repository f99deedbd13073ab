"""People read, comment and sign at the desk; what they sign is verified offline; and nobody else can act in their name."""

import csv
import io
import re

import pytest
from tests.attest.authenticator import PRESENT, Authenticator
from tests.desk.support import NOW, ORIGIN

from cardwright.attest import claims, under_review
from cardwright.attest import trust as trusting
from cardwright.desk import database, registry

APPROVE = {
    "kind": "sign_off",
    "role": "risk_head",
    "decision": "approve",
    "meaning": "approval",
    "comment": "Read it all.",
}
REJECT = {**APPROVE, "decision": "reject", "comment": "Who reads the files?"}


def reviewed(desk, manifest):
    return under_review.read(registry.dossier(desk, manifest).files, where="dossier")


def test_somebody_joins_logs_in_enrols_reads_and_signs_and_it_is_believed_offline(ben, arrived, manifest):
    page = ben.get(f"/dossiers/{manifest}").text
    assert "Look at what you sign" in page
    done = ben.say(manifest, REJECT)
    assert done.status_code == 200, done.text
    dossier = reviewed(arrived, manifest)
    known = trusting.read(arrived.settings.trust.read_bytes(), where="trust.yaml")
    (one,) = claims.believe(dossier.signed, known, dossier.chain, dossier.signed[0].claim.at)
    assert one.believed
    assert one.signed.claim.comment == "Who reads the files?"
    assert "Who reads the files?" in ben.get(f"/dossiers/{manifest}").text
    assert len(registry.states(arrived, manifest)) == 2


def test_an_approval_is_over_documents_that_are_made_again(ben, arrived, manifest):
    done = ben.say(manifest, APPROVE)
    assert done.status_code == 200, done.text
    assert [one.claim.decision for one in reviewed(arrived, manifest).signed] == ["approve"]


@pytest.mark.parametrize(
    "form",
    [
        {"kind": "countersign", "role": "risk_head"},
        {"kind": "sign_off", "role": "risk_head", "decision": "request_changes", "meaning": "review"},
    ],
)
def test_other_things_are_said_in_the_same_way(ben, arrived, manifest, form):
    assert ben.say(manifest, form).status_code == 200
    assert len(reviewed(arrived, manifest).signed) == 1


@pytest.mark.parametrize(
    ("otherwise", "said"),
    [
        ({"origin": "https://desk.example.net"}, "another origin"),
        ({"flags": PRESENT}, "did not verify"),
        ({"crossOrigin": True}, "inside a page"),
        ({"type": "webauthn.create"}, "not given as a signature"),
    ],
)
def test_an_assertion_that_is_none_signs_nothing(ben, arrived, manifest, otherwise, said):
    done = ben.say(manifest, REJECT, **otherwise)
    assert done.status_code == 422
    assert said in done.json()["error"]
    assert reviewed(arrived, manifest).signed == ()


def test_a_challenge_is_answered_once_and_by_nobody_else(ben, arrived, manifest):
    secret, options, _ = ben.prepared(manifest, REJECT)
    stranger = Authenticator(credential=ben.signing.credential)
    forged = ben.send("/signatures", {"secret": secret, "credential": stranger.sign(options)})
    assert forged.status_code == 422
    again = ben.send("/signatures", {"secret": secret, "credential": ben.signing.sign(options)})
    assert again.status_code == 400
    assert "answered already" in again.json()["error"]
    assert reviewed(arrived, manifest).signed == ()


def test_the_same_assertion_signs_nothing_twice(ben, arrived, manifest):
    secret, options, _ = ben.prepared(manifest, REJECT)
    given = ben.signing.sign(options)
    assert ben.send("/signatures", {"secret": secret, "credential": given}).status_code == 200
    other, _, _ = ben.prepared(manifest, REJECT)
    replayed = ben.send("/signatures", {"secret": other, "credential": given})
    assert replayed.status_code == 422
    assert "for something else" in replayed.json()["error"]
    assert len(reviewed(arrived, manifest).signed) == 1


def test_what_others_have_signed_meanwhile_is_looked_at_first(ben, arrived, manifest):
    first, options, _ = ben.prepared(manifest, REJECT)
    assert ben.say(manifest, {"kind": "countersign", "role": "risk_head"}).status_code == 200
    late = ben.send("/signatures", {"secret": first, "credential": ben.signing.sign(options)})
    assert late.status_code == 409
    assert "signed meanwhile" in late.json()["error"]


def test_the_page_before_a_signature_shows_statement_digests_and_open_comments(ben, arrived, manifest):
    ben.post(f"/dossiers/{manifest}/comments", {"anchor": "ranking", "text": "Why so low?"})
    _, _, page = ben.prepared(manifest, REJECT)
    assert manifest in page
    assert "reject (approval)" in page
    assert "urn:cardwright:claim:sign_off:1" in page
    assert "1 comment is open: ranking" in page


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({**REJECT, "role": "owner"}, "may not sign as owner"),
        ({**REJECT, "decision": "perhaps"}, "--decision"),
        ({"kind": "nonsense", "role": "risk_head"}, "nothing that can be said"),
        ({"kind": "withdraw", "role": "risk_head", "claim": "abcdef12", "reason": "r"}, "names no claim"),
    ],
)
def test_what_would_count_for_nothing_is_not_signed(ben, manifest, form, said):
    answer = ben.post(f"/dossiers/{manifest}/claims", form)
    assert answer.status_code == 400
    assert said in answer.text.replace("&#34;", '"')


def test_without_a_passkey_in_the_trust_file_nothing_is_signed(browser, manifest):
    ada = browser.join("ada")
    assert "enrol one" in ada.get(f"/dossiers/{manifest}").text
    answer = ada.post(f"/dossiers/{manifest}/claims", {**REJECT, "role": "owner"})
    assert answer.status_code == 400
    assert "knows no passkey of yours" in answer.text


def test_a_comment_is_bound_to_its_record_answered_resolved_and_opened_again(browser, arrived, manifest):
    ada = browser.join("ada")
    page = f"/dossiers/{manifest}"
    hostile = "<script>alert(1)</script> [x](javascript:alert(1)) **bold**"
    assert ada.post(f"{page}/comments", {"anchor": "ranking", "text": hostile}).status_code == 303
    shown = ada.get(page).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; [x](javascript:alert(1)) **bold**" in shown
    assert "<script>alert" not in shown
    assert 'href="javascript' not in shown
    number = re.search(r'name="thread" value="(\d+)"', shown)[1]
    ada.post(f"{page}/comments", {"thread": number, "resolve": "1"})
    assert "resolved by ada" in ada.get(page).text
    ada.post(f"{page}/comments", {"thread": number, "text": "One more thing."})
    assert "· open" in ada.get(page).text
    assert ada.post(f"{page}/comments", {"thread": "999", "text": "x"}).status_code == 404
    assert ada.post(f"{page}/comments", {"anchor": "ranking", "text": " "}).status_code == 400
    assert ada.post(f"{page}/comments", {"anchor": "two words", "text": "x"}).status_code == 400


def test_the_inventory_is_searched_filtered_and_taken_along(browser, manifest):
    ada = browser.join("ada")
    for query, there in (("", True), ("?q=ranking", True), ("?q=nowhere", False), ("?state=draft", True), ("?state=released", False),
                         ("?expiring=1", False), ("?tier=high", False), ("?page=7", False), ("?page=x", True)):  # fmt: skip
        assert (f"/dossiers/{manifest}" in ada.get(f"/{query}").text) is there, query
    assert ada.get("/?state=nonsense").status_code == 400
    rows = [*csv.DictReader(io.StringIO(ada.get("/inventory.csv").text))]
    assert [row["manifest"] for row in rows] == [manifest]


def test_no_cell_of_the_table_is_a_formula():
    from cardwright.desk.pages import _plain

    assert _plain("=HYPERLINK()") == "'=HYPERLINK()"
    assert (_plain(None), _plain("a")) == ("", "a")


def test_a_dossiers_documents_are_inert(browser, manifest):
    ada = browser.join("ada")
    card = ada.get(f"/dossiers/{manifest}/files/model_card.html")
    assert card.status_code == 200
    policy = card.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox;")
    assert "allow-" not in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert ada.get(f"/dossiers/{manifest}/files/audit_report.pdf").headers["Content-Disposition"] == "attachment"
    for path in ("nothing.html", "../trust.yaml", "%2e%2e/trust.yaml"):
        assert ada.get(f"/dossiers/{manifest}/files/{path}").status_code == 404


def test_every_page_has_a_strict_policy_and_says_nothing_inline(ben, manifest):
    secret_free = ["/", "/quarantine", "/passkey", f"/dossiers/{manifest}", "/login", "/nowhere"]
    for path in secret_free:
        answer = ben.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert not re.search(r"<script(?! src=)|\son\w+=|\sstyle=|<style", answer.text), path


def test_nobody_reads_without_a_session_and_a_stolen_cookie_ends_with_it(browser, manifest):
    paths = (
        "/",
        "/quarantine",
        "/inventory.csv",
        "/passkey",
        f"/dossiers/{manifest}",
        f"/dossiers/{manifest}/files/model_card.html",
    )
    for path in paths:
        assert browser.get(path).headers["location"] == "/login"
    ada = browser.join("ada")
    cookie = ada.client.cookies.get("__Host-desk")
    assert ada.post("/logout").status_code == 303
    ada.client.cookies.set("__Host-desk", cookie)
    assert ada.get("/").headers["location"] == "/login"


def test_the_session_is_in_a_cookie_that_no_script_and_no_other_site_has(browser):
    browser.join("ada")
    browser.client.cookies.clear()
    begun = browser.client.post("/login", json={}).json()
    answer = browser.client.post(
        "/login", json={"secret": begun["secret"], "credential": browser.login.sign(begun["get"])}
    )
    said = answer.headers["set-cookie"]
    assert said.startswith("__Host-desk=")
    for word in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert word.lower() in said.lower()


def test_what_another_site_sends_changes_nothing(ben, arrived, manifest):
    form = {"anchor": "ranking", "text": "forged"}
    path = f"/dossiers/{manifest}/comments"
    assert ben.post(path, form, csrf="").status_code == 403
    assert ben.post(path, form, csrf="0" * 64).status_code == 403
    assert ben.post(path, form, headers={"Origin": "https://evil.example"}).status_code == 403
    assert ben.post(path, form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert "forged" not in ben.get(f"/dossiers/{manifest}").text
    assert ben.post(path, form, headers={"Origin": ORIGIN}).status_code == 303


def test_another_host_is_not_this_desk(browser):
    assert browser.client.get("/login", headers={"Host": "evil.example"}).status_code == 400


def test_a_login_is_not_a_signature_and_an_invitation_is_used_once(browser, arrived, manifest):
    from cardwright.desk import accounts, web

    secret = accounts.invite(arrived, "ada", web.clock())
    assert browser.answered(f"/join/{secret}") == "/login"
    assert browser.get(f"/join/{secret}").status_code == 404
    begun = browser.send("/login", {}).json()
    wrong = Authenticator(credential=browser.login.credential)
    refused = browser.send("/login", {"secret": begun["secret"], "credential": wrong.sign(begun["get"])})
    assert refused.status_code == 422
    begun = browser.send("/login", {}).json()
    elsewhere = browser.login.sign(begun["get"], origin="https://desk.example.net")
    assert browser.send("/login", {"secret": begun["secret"], "credential": elsewhere}).status_code == 422
    replayed = browser.send("/login", {"secret": begun["secret"], "credential": browser.login.sign(begun["get"])})
    assert replayed.status_code == 400


def test_a_passkey_that_logs_somebody_in_is_nobody_elses(ben, arrived):
    from cardwright.desk import accounts, web

    secret = accounts.invite(arrived, "ada", web.clock())
    begun = ben.send(f"/join/{secret}", {}).json()
    again = ben.send(f"/join/{secret}", {"secret": begun["secret"], "credential": ben.login.register(begun["create"])})
    assert again.status_code == 400
    assert "already" in again.json()["error"]
    begun = ben.send("/passkey/begin", {}).json()
    begun = ben.send(
        "/passkey/ask", {"secret": begun["secret"], "credential": ben.signing.register(begun["create"])}
    ).json()
    assert (
        ben.send(
            "/passkey/prove", {"secret": begun["secret"], "credential": ben.signing.sign(begun["get"])}
        ).status_code
        == 400
    )


def test_a_registration_without_a_verified_holder_makes_no_account(browser, arrived):
    from cardwright.desk import accounts, web

    secret = accounts.invite(arrived, "ada", web.clock())
    begun = browser.send(f"/join/{secret}", {}).json()
    given = browser.login.register(begun["create"], flags=PRESENT)
    assert browser.send(f"/join/{secret}", {"secret": begun["secret"], "credential": given}).status_code == 422
    begun = browser.send(f"/join/{secret}", {}).json()
    given = browser.login.register(begun["create"], origin="https://desk.example.net")
    assert browser.send(f"/join/{secret}", {"secret": begun["secret"], "credential": given}).status_code == 422


def test_a_request_of_somebody_else_is_not_shown(ben, arrived):
    with database.writing(arrived.engine) as connection:
        connection.execute(
            database.ENROLMENTS.insert().values(fingerprint="a" * 64, person="ada", request="{}", made_at=NOW)
        )
    assert ben.get(f"/enrolments/{'a' * 64}").status_code == 404


def test_who_has_read_a_dossier_is_written_down(ben, arrived, manifest):
    ben.get(f"/dossiers/{manifest}")
    ben.get(f"/dossiers/{manifest}/files/model_card.html")
    with database.reading(arrived.engine) as connection:
        told = [(row.who, row.what) for row in connection.execute(database.EVENTS.select()) if row.about == manifest]
    assert ("ben", "read") in told
    assert ("ben", "read model_card.html") in told


def test_a_form_or_body_that_is_too_long_or_no_json_is_refused(ben, manifest):
    long = {"anchor": "ranking", "text": "x" * (2**20)}
    assert ben.post(f"/dossiers/{manifest}/comments", long).status_code == 413
    token = {"X-CSRF": ben.csrf, "Content-Type": "application/json"}
    for body in (b"[]", b"{", b"\xff", b"[" * 100_000):
        assert ben.client.post("/signatures", content=body, headers=token).status_code == 400
