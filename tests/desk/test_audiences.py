"""Who may open what: a draft is for insiders, a released dossier is shown to others in an edition made for them."""

from dataclasses import replace

import pytest
from tests.desk.support import NOW

from cardwright.attest import trust as trusting
from cardwright.attest import under_review
from cardwright.desk import accounts, audiences, registry, web
from cardwright.desk.registry import InventoryQuery, StoredDossier
from cardwright.dossier import store
from cardwright.errors import UsageError


@pytest.fixture
def with_release(arrived, released_once):
    """A desk with a released dossier beside the draft; gives its manifest."""
    return registry.arrive(arrived, store.read_dossier(released_once / "out"), by="pipeline", now=NOW).manifest


@pytest.fixture
def stranger(browser, arrived):
    """Somebody whose account is of an audience."""

    def joined(audience):
        secret = accounts.invite(arrived, "ada", web.clock(), audience=audience)
        assert browser.answered(f"/join/{secret}") == "/login"
        assert browser.answered("/login") == "/"
        return browser

    return joined


@pytest.mark.parametrize(
    ("audience", "draft", "signed", "released"),
    [
        ("internal", True, True, True),
        ("regulator", False, True, True),
        ("downstream", False, False, True),
        ("public", False, False, True),
    ],
)
def test_what_each_audience_may_open(audience, draft, signed, released):
    assert audiences.may_open(audience, StoredDossier("m", "r", "s", {}, "draft")) is draft
    assert audiences.may_open(audience, StoredDossier("m", "r", "s", {}, "approved")) is signed
    assert audiences.may_open(audience, StoredDossier("m", "r", "s", {}, "withdrawn", True)) is released
    assert audiences.may_open(audience, StoredDossier("m", "r", "s", {}, "withdrawn", False)) is signed


@pytest.mark.parametrize("audience", ["public", "downstream"])
def test_outsiders_see_released_dossiers_in_their_edition_and_nothing_else(
    stranger, arrived, manifest, with_release, audience
):
    # The draft and the release have one manifest here, so another draft stands for what they may not see.
    somebody = stranger(audience)
    page = f"/dossiers/{with_release}"
    shown = somebody.get(page)
    assert shown.status_code == 200
    assert f"Editions for {audience} readers" in shown.text
    for hidden in ("Comments", "Said and signed", "Look at what you sign", "Who has opened"):
        assert hidden not in shown.text
    card = somebody.get(f"{page}/files/model_card.html")
    assert card.status_code == 200
    assert card.content != registry.dossier(arrived, with_release).files["model_card.html"]
    assert card.headers["Content-Security-Policy"].startswith("sandbox;")
    for path in ("record.json", "claims.jsonl", "evidence/run.json", "final/audit_report.pdf", "model_card.pdf"):
        assert somebody.get(f"{page}/files/{path}").status_code == 404, path
    for path in (
        "/quarantine",
        "/work",
        "/indicators",
        "/indicators.csv",
        f"{page}/numbers",
        f"{page}/history",
        f"/compare?old={manifest}&new={manifest}",
    ):
        assert somebody.get(path).status_code == 404, path
    for path in ("comments", "assignments", "claims", "release"):
        assert (
            somebody.post(f"{page}/{path}", {"anchor": "ranking", "text": "x", "kind": "sign_off"}).status_code == 404
        )
    assert somebody.send("/signatures", {"secret": "x"}).status_code == 404
    assert somebody.send("/releases", {"secret": "x"}).status_code == 404


def test_a_draft_is_not_there_for_outsiders_and_no_search_betrays_it(stranger, arrived, manifest):
    somebody = stranger("public")
    refused, never = somebody.get(f"/dossiers/{manifest}"), somebody.get(f"/dossiers/{'0' * 64}")
    assert (refused.status_code, refused.text) == (404, never.text)
    for query in ("", "?q=ranking", "?state=draft", "?owner=a"):
        assert manifest not in somebody.get(f"/{query}").text
    assert manifest not in somebody.get("/inventory.csv").text
    assert "1 draft" not in somebody.get("/").text


def test_the_inventory_of_outsiders_names_no_owner_and_no_blockers(stranger, arrived, with_release):
    somebody = stranger("downstream")
    page = somebody.get("/").text
    assert with_release in page
    assert "In the way" not in page
    header = somebody.get("/inventory.csv").text.splitlines()[0]
    assert "owner" not in header
    assert "missing" not in header
    hidden = registry.inventory(
        arrived, audiences.limited(InventoryQuery(words="ranking"), "downstream"), today=NOW[:10]
    )
    assert hidden.total == 0  # a word of what it waits for


def test_a_regulator_reads_everything_but_what_people_say_to_each_other(ben, stranger, arrived, manifest):
    ben.post(f"/dossiers/{manifest}/comments", {"anchor": "ranking", "text": "Between us."})
    form = {
        "kind": "sign_off",
        "role": "risk_head",
        "decision": "request_changes",
        "meaning": "review",
        "comment": "Explain.",
    }
    assert ben.say(manifest, form).status_code == 200
    ben.client.cookies.clear()
    somebody = stranger("regulator")
    page = somebody.get(f"/dossiers/{manifest}").text
    assert "Explain." in page
    assert "Between us." not in page
    assert "Look at what you sign" not in page
    assert somebody.get(f"/dossiers/{manifest}/files/record.json").status_code == 200


def test_every_read_is_written_down_and_insiders_see_it(ben, arrived, manifest):
    ben.get(f"/dossiers/{manifest}/files/model_card.html")
    ben.get(f"/dossiers/{manifest}/numbers")
    history = ben.get(f"/dossiers/{manifest}/history").text
    for what in ("read model_card.html", "read numbers", "read history"):
        assert what in history
    assert [one.who for one in registry.told_of(arrived, manifest)] == ["ben", "ben", "ben"]


@pytest.mark.parametrize("word", ["everybody", "", "Public"])
def test_an_audience_that_is_none_is_refused(word):
    with pytest.raises(UsageError, match="no audience"):
        audiences.checked(word)


def test_a_later_invitation_moves_somebody_to_another_audience(browser, arrived, manifest):
    browser.join("ada")
    assert browser.get(f"/dossiers/{manifest}").status_code == 200
    secret = accounts.invite(arrived, "ada", web.clock(), audience="public")
    from tests.attest.authenticator import Authenticator

    browser.login = Authenticator(credential=b"second")
    assert browser.answered(f"/join/{secret}") == "/login"
    assert browser.get(f"/dossiers/{manifest}").status_code == 404  # the session that was open, too


def test_attack_no_filter_betrays_the_risk_tier_that_no_column_shows(stranger, arrived, with_release):
    (tier,) = {row["risk_tier"] for row in registry.inventory(arrived, InventoryQuery(), today=NOW[:10]).rows}
    somebody = stranger("public")
    assert "Risk tier" not in somebody.get("/").text
    for asked in (tier or "low", "none of them"):
        assert with_release in somebody.get(f"/inventory.csv?tier={asked}").text


@pytest.mark.parametrize("why", ["role taken", "key revoked"])
def test_attack_a_release_by_somebody_who_may_not_release_is_not_shown_outside(stranger, arrived, released_once, why):
    """Whoever may send dossiers can add a release of their own to anybody's draft."""
    path = arrived.settings.trust
    known = arrived.trust
    (cy,) = [one for one in known.people if one.id == "cy"]
    files = store.read_dossier(released_once / "out")
    if why == "role taken":
        other = cy.model_copy(update={"roles": ("owner",)})
    else:
        keys = tuple(key.model_copy(update={"valid_until": "2026-01-02"}) for key in cy.keys)
        other = cy.model_copy(update={"keys": keys})
    people = tuple(other if one.id == "cy" else one for one in known.people)
    path.write_bytes(trusting.to_yaml(trusting.changed(known, where="t", people=people)))
    manifest = registry.arrive(arrived, files, by="mallory", now=NOW).manifest
    assert registry.dossier(arrived, manifest).standing == "released"
    somebody = stranger("public")
    assert somebody.get(f"/dossiers/{manifest}").status_code == 404
    assert somebody.get(f"/dossiers/{manifest}/files/model_card.html").status_code == 404
    assert manifest not in somebody.get("/").text
    assert manifest not in somebody.get("/inventory.csv").text
    # A desk that starts with a trust file that lets them release shows it.
    path.write_bytes(trusting.to_yaml(known))
    assert registry.caught_up(arrived, NOW) == ()
    assert somebody.get(f"/dossiers/{manifest}").status_code == 200


def test_attack_a_release_that_names_a_releasers_key_and_is_signed_by_another_is_nobodys(arrived, released_once):
    reviewed = under_review.read(store.read_dossier(released_once / "out"), where="d")
    assert registry.releaser_of(arrived, reviewed) == reviewed.release.release.key
    other = replace(reviewed.release.sealed, signature=bytes(len(reviewed.release.sealed.signature)))
    forged = replace(reviewed, release=replace(reviewed.release, sealed=other))
    assert registry.releaser_of(arrived, forged) is None
