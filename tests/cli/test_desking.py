"""A desk is started, people invited, and a dossier sent and fetched, on the command line."""

import contextlib
import json
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")
for library in ("starlette", "sqlalchemy", "alembic", "webauthn", "uvicorn"):
    pytest.importorskip(library, reason="the desk needs the extra desk")

from tests.attest.support import SECRET, by, sign, verify
from tests.desk.support import LOG_KEY, LOG_NAME, own_policy, trusting_the_log

from cardwright.cli.desking import TOKEN
from cardwright.desk import api, desk_log, log_api, pages, registry, web
from cardwright.desk.settings import DeskSettings


@pytest.fixture
def served(cli, desk, monkeypatch):
    """A desk that listens on this machine, and a token for it."""
    with serving(cli, desk, monkeypatch) as address:
        yield address


@contextlib.contextmanager
def serving(cli, desk, monkeypatch, here=None):
    import uvicorn

    scopes = [word for scope in ("push", "read", "decisions") for word in ("--scope", scope)]
    made = cli("desk", "token", "ci", *scopes, "--folder", desk / "registry")
    assert made.code == 0, made
    monkeypatch.setenv(TOKEN, made.out.split()[-1])
    settings = DeskSettings(
        folder=desk / "registry", origin="http://localhost:8765", trust=desk / "trust.yaml", policies=own_policy(desk)
    )
    opened = registry.opened(settings, here)
    config = uvicorn.Config(
        web.application(opened, pages.routes, api.routes, log_api.routes),
        host="127.0.0.1",
        port=0,
        log_level="critical",
        lifespan="off",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()
    opened.engine.dispose()


def test_a_dossier_is_sent_signed_elsewhere_sent_again_and_fetched(cli, desk, served, tmp_path):
    first = cli("desk", "push", desk / "out", "--to", served)
    assert first.code == 0, first
    assert "arrived" in first.out
    manifest = first.out.strip().rpartition("/")[2]
    copy = tmp_path / "fetched"
    assert cli("desk", "pull", manifest[:12], "-o", copy, "--from", served).code == 0
    assert sign(cli, desk, "Ada", "owner", "approve", "authorship").code == 0
    assert cli("desk", "push", desk / "out", "--to", served).code == 0
    assert "was there already" in cli("desk", "push", copy, "--to", served).out
    again = cli("desk", "pull", manifest[:12], "-o", copy, "--from", served)
    assert again.code == 0, again
    assert "1 claims" in again.out
    assert (copy / "claims.jsonl").read_bytes() == (desk / "out" / "claims.jsonl").read_bytes()


def test_a_folder_with_another_dossier_or_another_ledger_is_not_written_over(cli, desk, served, tmp_path):
    copy = tmp_path / "fetched"
    shutil.copytree(desk / "out", copy)
    pushed = cli("desk", "push", desk / "out", "--to", served)
    manifest = pushed.out.strip().rpartition("/")[2]
    assert sign(cli, desk, "Ada", "owner", "approve", "authorship").code == 0
    assert cli("desk", "push", desk / "out", "--to", served).code == 0
    ours = tmp_path / "other"
    ours.mkdir()
    shutil.move(copy, ours / "out")
    for key in desk.glob("*.key"):
        shutil.copy(key, ours)
    assert sign(cli, ours, "Ben", "risk_head", "reject", "approval").code == 0
    before = (ours / "out" / "claims.jsonl").read_bytes()
    ran = cli("desk", "pull", manifest, "-o", ours / "out", "--from", served)
    assert ran.code == 3
    assert "does not continue the one here" in ran.err
    assert (ours / "out" / "claims.jsonl").read_bytes() == before


def test_a_dossier_that_was_changed_is_not_sent(cli, desk, served):
    (desk / "out" / "record.json").write_bytes(b"{}")
    assert cli("desk", "push", desk / "out", "--to", served).code == 3


def test_somebody_of_the_trust_file_is_invited_and_nobody_else(cli, desk):
    words = ["--folder", desk / "registry", "--origin", "https://desk.example.org"]
    ran = cli("desk", "invite", "ada", *words)
    assert ran.code == 0, ran
    assert "https://desk.example.org/join/" in ran.out
    assert cli("desk", "invite", "eve", *words).code == 2
    again = cli("desk", "invite", "ada", "--anew", *words)
    assert (again.code, "0 passkeys to log in with are forgotten" in again.out + again.err) == (0, True), again


def test_a_token_is_shown_once_and_ended_by_its_name(cli, desk):
    words = ["--folder", desk / "registry"]
    assert cli("desk", "token", "ci", "--scope", "everything", *words).code == 2
    assert cli("desk", "token", "ci", "--scope", "push", *words).code == 0
    assert cli("desk", "token", "ci", "--revoke", *words).out == "ci: revoked\n"
    assert cli("desk", "token", "ci", "--revoke", *words).code == 2


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["serve", "--origin", "http://desk.example.org"], "not an origin"),
        (["serve", "--database", "mysql://x"], "not the address of a PostgreSQL database"),
        (["serve", "--trust", "nothing.yaml"], "missing"),
        (["push", "out", "--to", "http://desk.example.org"], "not an origin"),
    ],
)
def test_a_wrong_word_is_answered_with_what_to_do(cli, desk, monkeypatch, words, why):
    monkeypatch.chdir(desk)
    monkeypatch.setenv(TOKEN, "x")
    ran = cli("desk", *words)
    assert ran.code in (2, 3)
    assert why in ran.err


def test_a_token_that_nobody_set_is_asked_for(cli, desk, monkeypatch):
    monkeypatch.delenv(TOKEN, raising=False)
    ran = cli("desk", "push", desk / "out")
    assert ran.code == 2
    assert "CARDWRIGHT_DESK_TOKEN is not set" in ran.err


def test_what_is_served_is_the_application_on_this_machine(cli, desk, monkeypatch):
    import uvicorn

    asked = []
    monkeypatch.setattr(uvicorn, "run", lambda app, **more: asked.append((type(app).__name__, more)))
    ran = cli("desk", "serve", "--folder", desk / "registry", "--policy", desk / "files" / "pilot.yaml")
    assert ran.code == 0, ran
    ((name, more),) = asked
    assert (name, more["host"], more["port"]) == ("Starlette", "127.0.0.1", 8765)
    assert more["server_header"] is False


def test_a_release_that_is_sent_comes_back_with_its_receipt_and_a_receiver_verifies_it(cli, released, monkeypatch):
    here = desk_log.opened(released / "registry", LOG_KEY, LOG_NAME)
    trust = released / "trust.yaml"
    trust.write_bytes(trusting_the_log(trust.read_bytes(), here))
    known = ["--trust", trust]
    with serving(cli, released, monkeypatch, here) as address:
        assert verify(cli, released, *known).code == 1
        sent = cli("desk", "push", released / "out", "--to", address)
        assert sent.code == 0, sent
        assert "1 receipts of the desk's log were put beside it" in sent.out
        assert "receipts" not in cli("desk", "push", released / "out", "--to", address).out
        told = cli("desk", "status", released / "out", "--from", address)
        assert told.code == 0, told
        assert "in force as of" in told.out
        ran = verify(cli, released, *known)
        assert ran.code == 0, ran
        assert "17 witness     passed" in ran.out
        listed = released / "revoked.json"
        told = cli("desk", "revocations", "-o", listed, "--from", address)
        assert "0 keys are revoked" in told.out, told
        assert verify(cli, released, *known, "--revocations", listed).code == 0
        assert cli("withdraw", released / "out", "--reason", "Wrong.", *by(released, "Cy", "release")).code == 0
        assert cli("desk", "push", released / "out", "--to", address).code == 0
        told = cli("desk", "status", released / "out", "--from", address)
        assert "withdrawn as of" in told.out
        assert verify(cli, released, *known).code == 1


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="the page asks with curl and jq")
def test_a_stranger_asks_with_curl_as_the_page_says(cli, released, monkeypatch):
    page = (Path(__file__).parents[2] / "docs" / "desk.md").read_text()
    (said,) = re.findall(r"```text\n(SUBJECT=.*?)```", page, re.DOTALL)
    with serving(cli, released, monkeypatch) as address:
        asked = said.replace("out/mortgage", str(released / "out")).replace("https://desk.example.org", address)

        def ran(script):
            return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)

        def status(path, *more):
            words = " ".join(more)
            return ran(f"curl -s -o {released}/body -w '%{{http_code}}' {words} {address}/v1/decisions/{path}").stdout

        assert ran(asked).returncode == 1  # no dossier of it is here
        assert cli("desk", "push", released / "out", "--to", address).code == 0
        assert ran(asked).returncode == 0
        assert ran(asked.replace(address, "http://localhost:1")).returncode == 1  # a desk that is down
        token = '-H "Authorization: Bearer $CARDWRIGHT_DESK_TOKEN"'
        whole = json.loads(ran(asked.replace('test "$(', "").replace('| jq .allowed)" = true', "")).stdout)
        assert set(whole) == {"allowed", "reason", "subject", "manifest", "release", "steps"}
        assert whole["release"].encode() == (released / "out" / "release.json").read_bytes()
        assert [status(whole["subject"]), status(whole["subject"], '-H "Authorization: Bearer x"')] == ["401", "401"]
        assert [status("0" * 64, token), status("0" * 64 + "0", token), status("X" * 64, token)] == [
            "404",
            "400",
            "400",
        ]
        assert cli("withdraw", released / "out", "--reason", "Wrong.", *by(released, "Cy", "release")).code == 0
        assert cli("desk", "push", released / "out", "--to", address).code == 0
        assert ran(asked).returncode == 1


def test_a_desk_with_a_log_is_not_served_without_its_key(cli, desk, monkeypatch):
    import uvicorn

    monkeypatch.setattr(uvicorn, "run", lambda app, **more: None)
    monkeypatch.setenv("CARDWRIGHT_LOG_PASSPHRASE", SECRET)
    key = desk / "desk.key"
    made = cli("keys", "new", key, "--as", "The desk", "--role", "status", "--algorithm", "ed25519")
    assert made.code == 0, made
    words = ["desk", "serve", "--folder", desk / "registry", "--policy", desk / "files" / "pilot.yaml"]
    ran = cli(*words, "--log-key", key, "--origin", "https://desk.example.org")
    assert ran.code == 0, ran
    assert "Its log: https://desk.example.org/log, key desk.example.org+" in ran.out
    again = cli(*words)
    assert (again.code, "its key is missing" in again.err) == (2, True)
    assert cli(*words, "--log-key", key, "--witness", "https://x.example.org/log").code == 2
    assert cli(*words, "--log-key", key, "--log-name", "another.example.org").code == 2
    assert cli(*words, "--watch", desk / "nowhere", "--log-key", key).code == 2
