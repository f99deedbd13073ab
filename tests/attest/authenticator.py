"""An authenticator in software, and the browser before it: it signs whatever a test asks for, honest or not."""

import base64
import json
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from cardwright.attest import keys, passkeys
from cardwright.attest.passkeys import Assertion, AssertionParts, Passkey, PasskeyEnrolment
from cardwright.record import canonical

ORIGIN, RP_ID = "https://desk.example.org", "desk.example.org"
PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, CREDENTIAL, EXTENSIONS = 1, 4, 8, 16, 64, 128


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Authenticator:
    """One credential of one authenticator."""

    rp_id: str = RP_ID
    origin: str = ORIGIN
    credential: bytes = b"credential 1"
    private: object = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    counter: int = 0

    @property
    def pinned(self):
        return Passkey(credential_id=b64(self.credential), rp_id=self.rp_id, origin=self.origin)

    @property
    def public(self):
        return self.private.public_key()

    @property
    def pem(self):
        return keys.public_pem(self.public)

    @property
    def fingerprint(self):
        return keys.fingerprint(self.public)

    def signed(self, data):
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(data)
        return self.private.sign(data, ec.ECDSA(hashes.SHA256()))

    def answer(
        self, challenge, /, *, flags=PRESENT | VERIFIED, rp_id=None, more=b"", credential=None, client=None, **said
    ):
        """An assertion; what is said otherwise replaces what a browser says."""
        data = sha256((rp_id or self.rp_id).encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big") + more
        whole = {
            "type": "webauthn.get",
            "challenge": b64(challenge),
            "origin": self.origin,
            "crossOrigin": False,
            **said,
        }
        text = client or json.dumps({key: value for key, value in whole.items() if value is not None}).encode()
        id_ = b64(credential if credential is not None else self.credential)
        return Assertion(id_, data, text, self.signed(data + sha256(text).digest()))

    def register(self, options, **otherwise):
        """What a browser answers when it is asked to make this credential: no attestation, as platforms give it."""
        import cbor2

        point = self.public.public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        flags = bytes([otherwise.get("flags", PRESENT | VERIFIED) | CREDENTIAL])
        data = sha256(self.rp_id.encode()).digest() + flags + self.counter.to_bytes(4, "big") + bytes(16)
        data += len(self.credential).to_bytes(2, "big") + self.credential + cose
        client = {
            "type": "webauthn.create",
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": False,
        }
        client |= {key: value for key, value in otherwise.items() if key != "flags"}
        whole = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        response = {"clientDataJSON": b64(json.dumps(client).encode()), "attestationObject": b64(whole)}
        return {"id": b64(self.credential), "rawId": b64(self.credential), "type": "public-key", "response": response}

    def sign(self, options, **otherwise):
        """What a browser answers when it is asked to sign a challenge."""
        return sent(self.answer(from_b64(options["challenge"]), **otherwise))

    def request(self, name, roles, at, **more):
        """A request to be enrolled."""
        asked = {
            "person": name, "roles": [*roles], "made": at, "public_key": self.pem, "passkey": self.pinned.model_dump(), **more,
        }  # fmt: skip
        return PasskeyEnrolment(**asked, proof=parts(self.answer(passkeys.enrolment_challenge(asked))))


def from_b64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sent(assertion):
    """An assertion as a browser sends it."""
    response = {
        "authenticatorData": b64(assertion.authenticator_data),
        "clientDataJSON": b64(assertion.client_data),
        "signature": b64(assertion.signature),
    }
    return {"id": assertion.credential_id, "rawId": assertion.credential_id, "type": "public-key", "response": response}


def parts(assertion):
    return AssertionParts(
        credential_id=assertion.credential_id,
        authenticator_data=b64(assertion.authenticator_data),
        client_data=b64(assertion.client_data),
        signature=b64(assertion.signature),
    )


def request_file(path, request):
    path.write_bytes(canonical.dumps(request))
    return path
