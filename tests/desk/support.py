"""What tests of the desk share: a moment, a browser that can do what a person does, and what is in a dossier."""

import html
import json
import os
import re
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ed25519
from tests.attest.authenticator import Authenticator

from cardwright.attest import keys
from cardwright.attest import trust as trusting
from cardwright.desk import accounts
from cardwright.dossier import contents

ORIGIN = "https://desk.example.org"
NOW = "2026-11-29T12:00:00Z"
LOG_NAME = "desk.example.org"
LOG_KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(7, 39)))
OTHER_KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(9, 41)))


def trusting_the_log(data, here, *, cosigners=(), roles=("status",)):
    """A trust file that names a desk's log, and the desk as whoever speaks of the status of releases."""
    before = trusting.read(data, where="trust.yaml")
    pem = keys.public_pem(here.key.public_key())
    desk = trusting.Person(
        id="desk", name="The desk", roles=roles, keys=(trusting.PersonKey(public_key=pem, valid_from="2026-01-01"),)
    )
    logs = (trusting.Log(name=here.name, public_key=pem, cosigners=cosigners),) if roles == ("status",) else ()
    status = trusting.StatusDemand(max_age_hours=24, issuers="status")
    people = (*before.people, desk)
    return trusting.to_yaml(trusting.changed(before, where="trust.yaml", people=people, logs=logs, status=status))


def own_policy(folder):
    """The policy that the tests' dossiers are judged by."""
    policy = contents.policy_of("pilot.yaml", beside=folder / "files")
    return {policy.name: policy}


@dataclass
class Browser:
    """A browser, and the passkeys of whoever sits before it."""

    desk: object
    client: object
    login: Authenticator = field(default_factory=lambda: Authenticator(credential=os.urandom(16)))
    signing: Authenticator = field(default_factory=lambda: Authenticator(credential=os.urandom(16)))

    def get(self, path):
        return self.client.get(path, follow_redirects=False)

    @property
    def csrf(self):
        return re.search(r'<meta name="csrf" content="([^"]*)">', self.get("/").text)[1]

    def post(self, path, form=None, *, csrf=None, headers=None):
        data = {**(form or {}), "csrf": self.csrf if csrf is None else csrf}
        return self.client.post(path, data=data, follow_redirects=False, headers=headers)

    def send(self, path, said, *, csrf=None, headers=None):
        token = csrf if csrf is not None else (self.csrf if self.get("/").status_code == 200 else "")
        return self.client.post(path, json=said, headers={"X-CSRF": token, **(headers or {})})

    def answered(self, path):
        """What our script does: ask, answer with a passkey, until there is a next page."""
        step = self.send(path, {}).json()
        one = self.signing if path.startswith("/passkey") else self.login
        while "then" in step:
            given = one.register(step["create"]) if "create" in step else one.sign(step["get"])
            answer = self.send(step["then"], {"secret": step["secret"], "credential": given})
            assert answer.status_code == 200, answer.text
            step = answer.json()
        return step["next"]

    def join(self, person, now=None):
        """Make an account by invitation, and log in."""
        from cardwright.desk import web

        secret = accounts.invite(self.desk, person, now or web.clock())
        assert self.answered(f"/join/{secret}") == "/login"
        assert self.answered("/login") == "/"
        return self

    def enrol(self, person):
        """Enrol the passkey for signing: the browser's part and the administrator's."""
        from cardwright.attest import passkeys
        from cardwright.record import canonical

        assert self.answered("/passkey/begin") == "/passkey"
        request = self.get(f"/enrolments/{self.signing.fingerprint}").content
        asked = canonical.parse(passkeys.PasskeyEnrolment, request, where="request")
        path = self.desk.settings.trust
        before = trusting.read(path.read_bytes(), where="trust.yaml")
        path.write_bytes(
            trusting.to_yaml(
                trusting.enrol(before, asked, "2026-11-01", where="request", roles=(), id=person, further=True)
            )
        )
        return self

    def prepared(self, manifest, form):
        """The page that shows what will be signed: its secret and its options."""
        page = self.post(f"/dossiers/{manifest}/claims", form)
        assert page.status_code == 200, page.text
        secret = re.search(r'data-secret="([^"]+)"', page.text)[1]
        options = json.loads(html.unescape(re.search(r'data-options="([^"]+)"', page.text)[1]))
        return secret, options, page.text

    def say(self, manifest, form, **otherwise):
        """Prepare, look, sign."""
        secret, options, _ = self.prepared(manifest, form)
        return self.send("/signatures", {"secret": secret, "credential": self.signing.sign(options, **otherwise)})
