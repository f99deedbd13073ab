"""People come in by their organisation's provider, as whom the desk's table names, and by nothing that was forged or replayed."""

import re
from dataclasses import replace
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient
from tests.desk import provider as providers
from tests.desk.support import ORIGIN

from cardwright.desk import api, oidc, pages, registry, web
from cardwright.desk.settings import OidcSettings
from cardwright.errors import SourceError


class Stay(HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


@pytest.fixture
def provider():
    with providers.provider(f"{ORIGIN}/oidc/callback") as one:
        yield one


@pytest.fixture
def client(settings, provider):
    said = OidcSettings(
        name="Our directory", issuer=provider.issuer, client_id=providers.CLIENT, people={"ada-42": "ada"}
    )
    desk = registry.opened(replace(settings, provider=said.name))
    app = web.application(desk, pages.routes, api.routes, oidc.routes_of(oidc.OidcClient(said, providers.SECRET)))
    with TestClient(app, base_url=ORIGIN, follow_redirects=False) as made:
        yield made
    desk.engine.dispose()


def asked(client):
    """Where the provider sends the browser back to."""
    started = client.get("/oidc/start")
    assert started.status_code == 303, started.text
    try:
        build_opener(Stay).open(started.headers["Location"])
    except HTTPError as exc:
        return exc.headers["Location"]
    raise AssertionError


def test_somebody_of_the_table_comes_in(client):
    assert "Log in by Our directory" in client.get("/login").text
    back = asked(client)
    entered = client.get(back)
    assert entered.status_code == 200, entered.text
    assert 'content="0; url=/"' in entered.text
    assert client.get("/").status_code == 200
    assert "ada" in client.get("/").text
    session = next(one for one in entered.headers.get_list("set-cookie") if one.startswith("__Host-desk="))
    assert "SameSite=strict" in session
    assert "HttpOnly" in session


def test_logging_out_ends_the_session_of_somebody_whom_a_provider_let_in(client):
    client.get(asked(client))
    cookie = client.cookies.get("__Host-desk")
    csrf = re.search(r'<meta name="csrf" content="([^"]+)">', client.get("/").text)[1]
    assert client.post("/logout", data={"csrf": csrf}).headers["Location"] == "/login"
    client.cookies.set("__Host-desk", cookie)  # a copy that somebody kept
    assert client.get("/").headers["Location"] == "/login"


def test_state_nonce_and_pkce_are_new_each_time_and_the_way_back_is_one(client):
    first, second = (parse_qs(urlsplit(client.get("/oidc/start").headers["Location"]).query) for _ in range(2))
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
    assert first["redirect_uri"] == second["redirect_uri"] == [f"{ORIGIN}/oidc/callback"]


@pytest.mark.parametrize(
    "twist",
    [
        {"iss": "https://evil.example.org"}, {"aud": "another"}, {"aud": ["another", "desk"], "azp": "another"},
        {"exp": 1}, {"exp": None}, {"nonce": "another"}, {"nonce": None}, {"iat": None}, {"sub": None}, {"iat": 2**33},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_that_is_not_for_this_log_in_lets_nobody_in(client, provider, twist):
    provider.twist = twist
    assert client.get(asked(client)).status_code == 422
    assert client.get("/").status_code == 303


@pytest.mark.parametrize(
    "signed", [providers.by_client_secret, providers.by_nobody, providers.by_stranger, lambda _: "x"]
)
def test_a_token_that_the_provider_has_not_signed_lets_nobody_in(client, provider, signed):
    provider.signed = signed
    assert client.get(asked(client)).status_code == 422
    assert client.get("/").status_code == 303


def test_an_answer_counts_once_for_the_browser_that_asked_and_for_its_state(client, settings):
    back = asked(client)
    other = back.replace("state=", "state=x")
    assert client.get(other).status_code == 400  # and it is used up
    assert client.get(back).status_code == 400
    back = asked(client)
    kept = dict(client.cookies)
    client.cookies.clear()
    assert client.get(back).status_code == 400  # somebody else's browser
    client.cookies.update(kept)
    assert client.get(back).status_code == 200
    client.cookies.update(kept)
    assert client.get(back).status_code == 400


def test_an_answer_of_another_provider_or_a_refusal_lets_nobody_in(client):
    assert client.get(asked(client).replace("iss=http", "iss=https")).status_code == 400
    assert client.get("/oidc/callback?error=access_denied&error_description=%3Cscript%3E").status_code == 400
    assert "script>" not in client.get("/oidc/callback?error=access_denied&error_description=%3Cscript%3E").text


def test_nobody_is_led_anywhere_else(client):
    back = asked(client)
    entered = client.get(f"{back}&next=https://evil.example.org&redirect_uri=https://evil.example.org")
    assert entered.status_code == 200
    assert "evil" not in entered.text
    assert "Location" not in entered.headers


def test_a_stranger_to_the_table_or_the_trust_file_is_told(client, provider):
    provider.subject = {"sub": "eve-1"}
    assert client.get(asked(client)).status_code == 400
    assert client.get("/").status_code == 303


def test_an_address_counts_only_where_it_was_verified(client, provider, settings):
    said = OidcSettings(
        name="x", issuer=provider.issuer, client_id="desk", claim="email", people={"a@example.org": "ada"}
    )
    for verified, code in ((None, 400), (False, 400), ("true", 400), (True, 200)):
        provider.subject = {"sub": "1", "email": "a@example.org", "email_verified": verified}
        desk = registry.opened(settings)
        app = web.application(desk, pages.routes, oidc.routes_of(oidc.OidcClient(said, providers.SECRET)))
        with TestClient(app, base_url=ORIGIN, follow_redirects=False) as browser:
            assert browser.get(asked(browser)).status_code == code
        desk.engine.dispose()


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://another.example.org"},
        {"token_endpoint": "http://169.254.169.254/latest"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": 3},
    ],
    ids=str,
)
def test_a_provider_that_points_elsewhere_is_not_followed(client, provider, described):
    provider.described = described
    assert client.get("/oidc/start").status_code == 422


def test_a_provider_that_is_away_is_told(desk):
    said = OidcSettings(name="x", issuer="http://127.0.0.1:9", client_id="desk", people={"a": "ada"})
    with pytest.raises(SourceError, match="does not answer"):
        oidc.begin(desk, oidc.OidcClient(said, "x"), web.clock())


@pytest.mark.parametrize(
    "issuer", ["http://idp.example.org", "idp.example.org", "https://idp.example.org?x", "file:///x"]
)
def test_a_provider_without_tls_is_refused(issuer):
    with pytest.raises(ValidationError):
        OidcSettings(name="x", issuer=issuer, client_id="desk", people={"a": "ada"})
