"""A desk that a real browser reaches by TLS under a name that is not localhost, and people who sit before such browsers."""

import base64
import contextlib
import datetime
import ipaddress
import re
import shutil
import socket
import threading
import time
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cardwright.attest import keys, passkeys
from cardwright.attest import trust as trusting
from cardwright.desk import accounts, web
from cardwright.record import canonical

CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
HOST = "desk.example.org"
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@dataclass(frozen=True)
class Certificate:
    """A certificate of the desk's host, signed by itself, which the browser is told to take."""

    chain: object
    key: object
    pin: str


def certificate(folder):
    """One in a folder."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(private, hashes.SHA256())
    )
    chain, key = folder / "cert.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    der = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Certificate(chain, key, base64.b64encode(sha256(der).digest()).decode())


@contextlib.contextmanager
def listening(app, sock, **more):
    """An application that answers on a socket until the end of the block."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", **more))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
        sock.close()


def port():
    return socket.create_server(("127.0.0.1", 0))


@dataclass
class Sitting:
    """Somebody before a browser of their own, with an authenticator of their own."""

    desk: object
    page: object
    person: str
    messages: list = field(default_factory=list)

    @classmethod
    def begin(cls, desk, browser, person, audience="internal"):
        """They open a browser, make an account by invitation, and log in."""
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        made = cls(desk, page, person)
        page.on("console", lambda one: made.messages.append(one.text) if one.type == "error" else None)
        page.goto(f"{made.origin}/join/{accounts.invite(desk, person, web.clock(), audience=audience)}")
        page.get_by_role("button", name="Make a passkey").press("Enter")
        page.wait_for_url(f"{made.origin}/login")
        page.get_by_role("button", name="Log in with a passkey").press("Enter")
        page.wait_for_url(f"{made.origin}/")
        return made

    @property
    def origin(self):
        return self.desk.settings.origin

    def enrol(self):
        """A passkey for signing: the browser's part, and the administrator's, who compares the fingerprint."""
        self.page.get_by_role("link", name="Passkey").press("Enter")
        self.page.get_by_role("button", name="Make a passkey and ask").press("Enter")
        link = self.page.get_by_role("link", name="passkey.enrol.json")
        link.wait_for()
        told = re.search(r"[0-9a-f]{64}", link.get_attribute("href"))[0]
        text = self.page.evaluate(f"fetch('/enrolments/{told}').then((answer) => answer.text())")
        asked = canonical.parse(passkeys.PasskeyEnrolment, text.encode(), where="request")
        assert keys.fingerprint(passkeys.check_enrolment(asked, where="request")) == told
        path = self.desk.settings.trust
        known = trusting.read(path.read_bytes(), where="trust.yaml")
        enrolled = trusting.enrol(known, asked, "2026-11-01", where="request", roles=(), id=self.person, further=True)
        path.write_bytes(trusting.to_yaml(enrolled))
        return self

    def open(self, path=""):
        self.page.goto(f"{self.origin}{path}")
        return self.page

    def form(self, kind):
        """The form that makes a claim of a kind, opened if it is folded."""
        form = self.page.locator(f"form:has(input[name=kind][value={kind}])").first
        folded = self.page.locator("details", has=form)
        for one in folded.all():
            if one.get_attribute("open") is None:
                one.locator("summary").first.press("Enter")
        return form

    def say(self, manifest, kind, **fields):
        """Fill in a form, look at what is signed, sign it, and see it among what was said."""
        self.open(f"/dossiers/{manifest}")
        form = self.form(kind)
        for name, value in fields.items():
            one = form.locator(f"[name={name}]")
            if one.evaluate("one => one.tagName") == "SELECT":
                one.select_option(value)
            else:
                one.fill(value)
        form.get_by_role("button").last.press("Enter")
        self.sign()

    def sign(self, button="Sign with your passkey"):
        self.page.get_by_role("button", name=button).press("Enter")
        self.page.wait_for_url(re.compile(r"/dossiers/[0-9a-f]{64}(#said)?$"))
