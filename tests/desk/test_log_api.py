"""Anybody reads the desk's log over HTTP, proofs hold, a monitor watches it, and a receiver asks for a release's status."""

import base64
import contextlib
import shutil
import threading
import time
from dataclasses import replace

import pytest
import uvicorn
from starlette.testclient import TestClient
from tests.desk.support import LOG_KEY, LOG_NAME, ORIGIN, OTHER_KEY

from cardwright.attest import revocation_list, status_statement, under_review
from cardwright.attest import trust as trusting
from cardwright.attest.witness import cosigning, log, merkle, notes
from cardwright.cli.console import clock
from cardwright.desk import accounts, api, desk_log, log_api, registry, uploads, web
from cardwright.dossier import layout, store


@pytest.fixture
def client(logged):
    with TestClient(web.application(logged, api.routes, log_api.routes), base_url=ORIGIN) as made:
        yield made


@pytest.fixture
def release(logged, released):
    """A release that has arrived: the digest of its statement."""
    arrival = registry.arrive(logged, store.read_dossier(released / "out"), by="pipeline", now=clock())
    return under_review.read(registry.dossier(logged, arrival.manifest).files, where="x").release.sha256


def bearer(desk, *scopes):
    return {"Authorization": f"Bearer {accounts.make_token(desk, 'ci', scopes, clock(), days=1)}"}


def test_checkpoint_and_tiles_are_those_of_the_log(logged, client, release):
    answer = client.get("/log/checkpoint")
    head = log.believed(answer.content, logged.log.public, where="answer")
    assert (answer.status_code, head.checkpoint.size) == (200, 2)
    tile = client.get("/log/tile/0/000.p/2")
    assert tile.content == logged.log.files.read("tile/0/000.p/2")
    assert tile.headers["Cache-Control"] == "no-store"
    assert b'"release"' in client.get("/log/tile/entries/000.p/2").content


@pytest.mark.parametrize(
    "path", ["tile/0/001", "tile/8/000", "tile/0/../checkpoint", "tile/0/%2e%2e/x", "tile/0/000.p/256", "other"]
)
def test_what_is_no_file_of_a_log_is_not_there(client, path):
    assert client.get(f"/log/{path}").status_code == 404


def test_an_entry_is_proven_by_its_place_and_by_its_leaf(logged, client, release):
    said = client.get("/v1/log/inclusion?index=1").json()
    head = log.believed(said["checkpoint"].encode(), logged.log.public, where="answer").checkpoint
    path = [bytes.fromhex(one) for one in said["path"]]
    assert merkle.includes(head.root, head.size, 1, bytes.fromhex(said["leaf"]), path)
    assert client.get(f"/v1/log/inclusion?leaf={said['leaf']}").json() == said


def test_growth_is_proven_between_any_two_sizes(logged, client, release):
    said = client.get("/v1/log/consistency?from=1").json()
    node = log.Tree(logged.log.files, 2).node
    head = log.believed(said["checkpoint"].encode(), logged.log.public, where="answer").checkpoint
    path = [bytes.fromhex(one) for one in said["path"]]
    assert merkle.extends(head.root, 2, merkle.root(node, 1), 1, path)
    assert client.get("/v1/log/consistency?from=0&to=1").json()["path"] == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("inclusion?index=2", 404), ("inclusion?index=x", 400), ("inclusion", 400), ("inclusion?leaf=ab", 400),
        (f"inclusion?leaf={'0' * 64}", 404), ("consistency", 400), ("consistency?from=3", 404),
        ("consistency?from=2&to=1", 404), ("consistency?from=-1", 400), ("inclusion?index=99999999999999999999", 400),
    ],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused(client, release, path, code):
    answer = client.get(f"/v1/log/{path}")
    assert answer.status_code == code
    assert answer.json()["error"]


def test_it_says_whose_log_it_is_and_with_which_keys(logged, client):
    said = client.get("/v1/log").json()
    assert (said["name"], said["key"], said["size"]) == (LOG_NAME, logged.log.public.vkey, 0)
    assert notes.parse_vkey(said["cosigner_key"]).kind == notes.COSIGNATURE
    assert base64.b64decode(said["root"]) == merkle.EMPTY


def test_a_desk_without_a_log_says_so(desk):
    with TestClient(web.application(desk, log_api.routes), base_url=ORIGIN) as client:
        for path in ("/log/checkpoint", "/v1/log", "/log/tile/0/000"):
            assert client.get(path).status_code == 404


def test_the_status_of_a_release_is_told_signed_to_whoever_may_ask(logged, client, release):
    assert client.get(f"/v1/status/{release}").status_code == 401
    token = bearer(logged, "decisions")
    answer = client.get(f"/v1/status/{release}", headers=token)
    said = status_statement.read(answer.content, where="answer").status
    assert (said.release_sha256, said.state) == (release, "in_force")
    assert client.get(f"/v1/status/{'0' * 64}", headers=token).status_code == 404
    assert client.get("/v1/status/x", headers=token).status_code == 400


def test_the_keys_that_the_desks_trust_file_revokes_are_told_signed_to_whoever_may_ask(logged, client):
    assert client.get("/v1/revocations").status_code == 401
    token = bearer(logged, "decisions")
    path, known = logged.settings.trust, logged.trust
    cy = known.named("Cy").keys[-1].fingerprint
    path.write_bytes(trusting.to_yaml(trusting.revoke(known, cy, "2026-11-01", "stolen", where="t")))
    answer = client.get("/v1/revocations", headers=token)
    said = revocation_list.read(answer.content, where="answer").revocations
    assert [(one.key, one.revoked_on, one.because) for one in said.keys] == [(cy, "2026-11-01", "stolen")]
    assert said.role == "status"


def test_whoever_pushes_a_release_is_given_its_receipt(logged, client, released):
    files = store.read_dossier(released / "out")
    answer = client.post("/v1/dossiers", content=uploads.packed(files), headers=bearer(logged, "push"))
    assert answer.status_code == 201
    kept = registry.dossier(logged, answer.json()["manifest"]).files
    assert answer.json()["receipts"].encode() == kept[layout.RECEIPTS]
    again = client.post("/v1/dossiers", content=uploads.packed(kept), headers={"Authorization": "x"})
    assert again.status_code == 401


def test_a_known_log_is_cosigned_and_a_stranger_or_a_fork_is_not(settings, released, tmp_path):
    other = desk_log.opened(tmp_path / "other", OTHER_KEY, "other.example.org")
    here = desk_log.opened(settings.folder, LOG_KEY, LOG_NAME, cosigned=[other.public])
    desk = registry.opened(settings, here)
    with TestClient(web.application(desk, log_api.routes), base_url=ORIGIN) as client:
        asked = cosigning.request(other.files, other.head, 0)
        answer = client.post("/log/add-checkpoint", content=asked)
        assert answer.status_code == 200
        assert other.head.note.with_lines(answer.content).cosigned_at(here.cosigner) is not None
        log.append(other.files, other.key, other.name, [b"a"])
        assert (
            client.post("/log/add-checkpoint", content=cosigning.request(other.files, other.head, 0)).status_code == 200
        )
        late = client.post("/log/add-checkpoint", content=asked)
        assert (late.status_code, late.content, late.headers["Content-Type"]) == (409, b"1\n", "text/x.tlog.size")
        face = desk_log.opened(tmp_path / "face", OTHER_KEY, "other.example.org")
        log.append(face.files, face.key, face.name, [b"b"])
        assert (
            client.post("/log/add-checkpoint", content=cosigning.request(face.files, face.head, 1)).status_code == 409
        )
        stranger = desk_log.opened(tmp_path / "s", OTHER_KEY, "stranger.example.org")
        assert (
            client.post("/log/add-checkpoint", content=cosigning.request(stranger.files, stranger.head, 0)).status_code
            == 404
        )
        assert client.post("/log/add-checkpoint", content=b"x").status_code == 400
        assert client.post("/log/add-checkpoint", content=b"x" * 200_000).status_code == 413
    desk.engine.dispose()


def test_a_monitor_watches_the_desk_over_http_and_sees_its_past_rewritten(cli, settings, logged, release, tmp_path):
    local = replace(logged, settings=replace(settings, origin="http://127.0.0.1"))
    with _server(local) as address:
        words = ["monitor", address, "--state", tmp_path / "state", "--of", logged.log.public.vkey]
        first = cli(*words)
        assert first.code == 0, first
        assert "2 entries, 2 new; it has only grown" in first.out
        shutil.rmtree(settings.folder / "log")
        other = desk_log.opened(settings.folder, logged.log.key, LOG_NAME)
        log.append(other.files, other.key, other.name, [b"a", b"b", b"c"])
        second = cli(*words)
        assert second.code == 3
        assert "its past was rewritten" in second.out


@contextlib.contextmanager
def _server(desk):
    app = web.application(desk, log_api.routes)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/log"
    server.should_exit = True
    thread.join()
