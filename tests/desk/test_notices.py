"""People and programs are told what happens at the desk, once each, signed, at allowed hosts alone, and again where it failed."""

import base64
import hashlib
import hmac
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest
import sqlalchemy as sa
from pydantic import ValidationError
from tests.desk.support import NOW, ORIGIN
from tests.servers import free_port, serving

from cardwright.desk import accounts, database, notices, registry
from cardwright.desk.notices import Notifier
from cardwright.desk.settings import NoticeSettings

controller = pytest.importorskip("aiosmtpd.controller", reason="aiosmtpd comes with the dev extra")


class Mails:
    """Keeps what is handed in."""

    def __init__(self):
        self.kept = []

    async def handle_DATA(self, server, session, envelope):
        self.kept.append((envelope.mail_from, envelope.rcpt_tos, envelope.content.decode()))
        return "250 OK"


@contextmanager
def mail_server():
    handler = Mails()
    one = controller.Controller(handler, hostname="127.0.0.1", port=free_port())
    one.start()
    yield handler, one.port
    one.stop()


class Hook(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.kept.append((self.path, self.headers, body))
        self.send_response(self.server.codes.pop(0) if self.server.codes else 200)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()


def to_people(port, **people):
    mail = {"host": "127.0.0.1", "port": port, "tls": False, "sender": "desk@example.org"}
    return Notifier(NoticeSettings.model_validate({"mail": mail, "people": people}))


def to_hook(port, on=("arrived",)):
    hook = {"url": f"http://127.0.0.1:{port}/desk", "secret_env": "HOOK", "on": on}
    said = {"allowed_hosts": ("127.0.0.1",), "webhooks": {"chat": hook}}
    return Notifier(NoticeSettings.model_validate(said), {"HOOK": "s3cret"})


def test_people_are_told_by_mail_what_they_asked_for_once_and_nobodys_words(desk, files):
    with mail_server() as (mails, port):
        notifier = to_people(
            port,
            ada={"address": "ada@example.org", "on": ("arrived", "assigned to")},
            ben={"address": "ben@example.org", "on": ("assigned to",)},
        )
        registry.told(desk, NOW, "ada", "arrived", "x")
        assert notices.send(desk, notifier, NOW) == ()
        assert mails.kept == []  # what was before is no news
        arrival = registry.arrive(desk, files, by="pipeline", now=NOW)
        registry.told(desk, NOW, "cy", "assigned to risk_head", arrival.manifest)
        assert notices.send(desk, notifier, NOW) == ()
        assert notices.send(desk, notifier, accounts.later(NOW, hours=9)) == ()
    assert [(to, "arrived" in text) for _, (to,), text in mails.kept] == [
        ("ada@example.org", True), ("ada@example.org", False), ("ben@example.org", False),
    ]  # fmt: skip
    for _, _, text in mails.kept:
        assert f"{ORIGIN}/dossiers/{arrival.manifest}" in text
        assert "pipeline" not in text
        assert "Auto-Submitted: auto-generated" in text


def test_a_program_can_verify_what_it_is_told(desk, files):
    with serving(Hook, kept=[], codes=[]) as server:
        notifier = to_hook(server.server_port)
        notices.send(desk, notifier, NOW)
        arrival = registry.arrive(desk, files, by="pipeline", now=NOW)
        assert notices.send(desk, notifier, NOW) == ()
        ((path, headers, body),) = server.kept
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = base64.b64encode(hmac.new(b"s3cret", signed, hashlib.sha256).digest()).decode()
    assert (path, headers["webhook-signature"]) == ("/desk", f"v1,{mac}")
    assert json.loads(body)["data"]["manifest"] == arrival.manifest


def test_what_could_not_be_told_is_tried_again_later_and_no_redirect_is_followed(desk):
    with serving(Hook, kept=[], codes=[500, 307]) as server:
        notifier = to_hook(server.server_port, on=("called",))
        notices.send(desk, notifier, NOW)
        registry.told(desk, NOW, "ada", "called", "x")
        assert notices.send(desk, notifier, NOW) == ("webhook:chat: HTTPError",)
        assert notices.send(desk, notifier, NOW) == ()
        assert notices.send(desk, notifier, accounts.later(NOW, minutes=5)) == ("webhook:chat: HTTPError",)
        assert notices.send(desk, notifier, accounts.later(NOW, minutes=30)) == ()
        assert len(server.kept) == 3
    with database.reading(desk.engine) as connection:
        assert connection.execute(sa.select(database.NOTICES.c.sent_at)).scalar() is not None


def test_whoever_is_away_is_given_up_after_so_many_tries(desk):
    notifier = to_people(free_port(), ada={"address": "ada@example.org", "on": ("called",)})
    notices.send(desk, notifier, NOW)
    registry.told(desk, NOW, "ada", "called", "x")
    told = [notices.send(desk, notifier, accounts.later(NOW, hours=9 * n)) for n in range(notices.TRIES + 2)]
    assert [len(one) for one in told] == [1] * notices.TRIES + [0, 0]
    assert "ada@example.org" not in str(told)


@pytest.mark.parametrize(
    "said",
    [
        {"webhooks": {"x": {"url": "https://evil.example.org/", "secret_env": "S", "on": ["arrived"]}}},
        {"allowed_hosts": ["a.example.org"],
         "webhooks": {"x": {"url": "http://a.example.org/", "secret_env": "S", "on": ["arrived"]}}},
        {"allowed_hosts": ["a.example.org"],
         "webhooks": {"x": {"url": "https://a.example.org@evil.example.org/", "secret_env": "S", "on": ["arrived"]}}},
        {"mail": {"host": "mail.example.org", "tls": False, "sender": "desk@example.org"}},
        {"mail": {"host": "mail.example.org", "sender": "desk@example.org\nBcc: eve@example.org"}},
        {"people": {"ada": {"address": "ada@example.org\r\nBcc: x@example.org", "on": ["arrived"]}}},
    ],
)  # fmt: skip
def test_settings_that_would_tell_strangers_are_refused(said):
    with pytest.raises(ValidationError):
        NoticeSettings.model_validate(said)
