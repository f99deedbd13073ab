"""Programs send and fetch dossiers and ask for decisions, each with a token for that and nothing else."""

import asyncio
import io
import json
import zipfile
from dataclasses import replace

import pytest
from starlette.testclient import TestClient
from tests.desk.support import NOW, ORIGIN

from cardwright.desk import accounts, api, database, registry, uploads, web
from cardwright.dossier import layout


@pytest.fixture
def client(desk):
    with TestClient(web.application(desk, api.routes), base_url=ORIGIN) as made:
        yield made


def bearer(desk, *scopes):
    return {"Authorization": f"Bearer {accounts.make_token(desk, 'ci', scopes, web.clock(), days=1)}"}


def test_a_dossier_is_sent_listed_and_fetched_as_it_was(desk, client, files):
    token = bearer(desk, "push", "read")
    first = client.post("/v1/dossiers", content=uploads.packed(files), headers=token)
    assert (first.status_code, first.json()["new"]) == (201, True)
    again = client.post("/v1/dossiers", content=uploads.packed(files), headers=token)
    assert (again.status_code, again.json()["new"]) == (200, False)
    manifest = first.json()["manifest"]
    assert [row["manifest"] for row in client.get("/v1/dossiers?q=ranking", headers=token).json()] == [manifest]
    assert client.get("/v1/dossiers?q=nowhere", headers=token).json() == []
    fetched = client.get(f"/v1/dossiers/{manifest[:12]}", headers=token)
    assert uploads.unpacked(fetched.content, desk.settings.limits) == files


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/v1/dossiers", "push"),
        ("GET", "/v1/dossiers", "read"),
        ("GET", f"/v1/dossiers/{'0' * 64}", "read"),
        ("GET", f"/v1/decisions/{'0' * 64}", "decisions"),
        ("GET", "/metrics", "metrics"),
    ],
)
def test_a_token_without_the_scope_gets_nothing(desk, client, method, path, scope):
    others = [one for one in accounts.SCOPES if one != scope]
    for headers in ({}, {"Authorization": "Bearer guess"}, {"Authorization": "Basic x"}, bearer(desk, *others)):
        answer = client.request(method, path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_what_is_not_what_it_says_is_kept_apart_and_told(desk, client, files):
    token = bearer(desk, "push")
    changed = uploads.packed({**files, layout.RECORD: files[layout.RECORD].replace(b"0", b"1", 1)})
    answer = client.post("/v1/dossiers", content=changed, headers=token)
    assert answer.status_code == 422
    (one,) = registry.quarantined(desk)
    assert one["upload"] == answer.json()["quarantined"]
    assert desk.contents.get(one["upload"]) == changed
    assert registry.counts(desk)["dossiers"] == 0


def test_a_bomb_a_path_that_leads_out_and_an_upload_without_end_leave_nothing(small, files):
    desk = registry.opened(small)
    token = bearer(desk, "push")
    with TestClient(web.application(desk, api.routes), base_url=ORIGIN) as client:
        bomb = uploads.packed({"bomb": bytes(1_000_000)})
        assert client.post("/v1/dossiers", content=bomb, headers=token).status_code == 400
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("../../etc/passwd", "x")
        assert client.post("/v1/dossiers", content=out.getvalue(), headers=token).status_code == 422
        assert client.post("/v1/dossiers", content=bytes(3000), headers=token).status_code == 413
    assert registry.counts(desk)["dossiers"] == 0
    desk.engine.dispose()


def test_a_decision_is_a_refusal_unless_it_says_allowed(arrived):
    (row,) = registry.inventory(arrived, registry.InventoryQuery(), today=NOW[:10]).rows
    token = bearer(arrived, "decisions")
    with TestClient(web.application(arrived, api.routes), base_url=ORIGIN) as client:
        known = client.get(f"/v1/decisions/{row['subject']}", headers=token)
        assert (known.status_code, known.json()["allowed"]) == (200, False)
        unknown = client.get(f"/v1/decisions/{'0' * 64}", headers=token)
        assert (unknown.status_code, unknown.json()["allowed"]) == (404, False)
        assert client.get("/v1/decisions/nonsense", headers=token).status_code == 400


def test_health_readiness_and_metrics(arrived):
    token = bearer(arrived, "metrics")
    with TestClient(web.application(arrived, api.routes), base_url=ORIGIN) as client:
        assert client.get("/health").text == "ok\n"
        assert client.get("/ready").json()["ready"] is True
        counted = client.get("/metrics", headers=token).text
        assert "cardwright_desk_dossiers 1\n" in counted
        assert 'cardwright_desk_dossiers_by_state{state="draft"} 1\n' in counted
        arrived.settings.trust.unlink()
        assert client.get("/ready").status_code == 503


def test_a_database_that_is_gone_is_not_ready_and_allows_nothing(desk, tmp_path):
    gone = replace(desk, engine=database.connect(f"sqlite:///{tmp_path / 'no' / 'd.sqlite'}"))
    with TestClient(web.application(gone, api.routes), base_url=ORIGIN) as client:
        assert client.get("/health").status_code == 200
        assert client.get("/ready").status_code == 503
        answer = client.get(f"/v1/decisions/{'0' * 64}", headers={"Authorization": "Bearer x"})
        assert answer.status_code == 409
        assert "allowed" not in answer.json()


def test_no_cookie_counts_where_a_token_is_asked_for(browser, arrived):
    ada = browser.join("ada")
    assert ada.client.get("/v1/dossiers").status_code == 401
    assert json.loads(ada.client.get("/openapi.json").text)["openapi"] == "3.1.0"


@pytest.mark.parametrize("scopes", [None, ("read", "decisions")])
def test_attack_of_an_upload_without_a_token_for_it_nothing_is_read(desk, scopes):
    secret = accounts.make_token(desk, "ci", scopes, web.clock(), days=1) if scopes else "nobody"
    read, said = [], []

    async def receive():
        read.append(1)
        return {"type": "http.request", "body": b"x" * 1000, "more_body": len(read) < 100}

    async def send(message):
        said.append(message)

    asked = {
        "type": "http", "method": "POST", "path": "/v1/dossiers", "raw_path": b"/v1/dossiers", "query_string": b"",
        "headers": [(b"host", desk.settings.host.encode()), (b"authorization", f"Bearer {secret}".encode())],
        "client": ("192.0.2.1", 1), "server": ("desk", 443), "scheme": "https", "http_version": "1.1",
    }  # fmt: skip
    app = web.application(desk, api.routes)
    asyncio.run(app(asked, receive, send))
    assert said[0]["status"] == 401
    assert read == []
    assert 'status="401"' in app.state.measuring.text()
