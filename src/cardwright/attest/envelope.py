"""Signed statements: in-toto Statement v1 in a DSSE envelope, as a Sigstore bundle v0.3, one line each.

One envelope per statement and one signature per envelope: thresholds inside an envelope can be met by one key under two ids
(found in securesystemslib 1.6). Every line equals its canonical form, base64 included, so that no byte of it can change unseen.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cardwright.attest import passkeys
from cardwright.attest.keys import PrivateKey, PublicKey, fingerprint, sign, verifies
from cardwright.attest.passkeys import Assertion, Passkey
from cardwright.errors import IntegrityError
from cardwright.record import canonical

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PASSKEY_BUNDLE = "application/vnd.cardwright.passkey-bundle.v1+json"
"""A bundle whose signature an authenticator has given: no other tool would take it for one over the payload itself."""


def pae(payload: bytes) -> bytes:
    """What is signed of a payload: DSSE's pre-authentication encoding, so that no payload passes for one of another type.

    Written out here, because importing securesystemslib, which a test compares it with, takes as long as checking ten signatures.
    """
    return b"DSSEv1 %d %b %d %b" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode("ascii"), len(payload), payload)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def statement(predicate_type: str, subjects: dict[str, str], predicate: dict[str, Any]) -> dict[str, Any]:
    """An in-toto Statement v1 about subjects, given by name and SHA-256.

    Raises
    ------
    IntegrityError
        If there is no subject: such a statement would be about anything.
    """
    if not subjects:
        raise IntegrityError("a statement without subjects is about nothing")
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(subjects.items())],
        "predicateType": predicate_type,
        "predicate": predicate,
    }


def seal(body: dict[str, Any], key: PrivateKey) -> bytes:
    """Sign a statement: one canonical line, without its newline."""
    payload = canonical.dumps(body)
    return canonical.dumps(_bundle(BUNDLE, payload, sign(key, pae(payload)), fingerprint(key.public_key())))


def asserted(payload: bytes, assertion: Assertion, hint: str) -> bytes:
    """A statement that a passkey has signed, given its canonical bytes: one canonical line, without its newline.

    Parameters
    ----------
    hint
        Fingerprint of the passkey's public key.
    """
    line = _bundle(PASSKEY_BUNDLE, payload, assertion.signature, hint)
    parts = {
        "credentialId": assertion.credential_id,
        "authenticatorData": _b64(assertion.authenticator_data),
        "clientDataJSON": _b64(assertion.client_data),
    }
    return canonical.dumps({**line, "webauthn": parts})


def _bundle(media: str, payload: bytes, signature: bytes, hint: str) -> dict[str, Any]:
    return {
        "mediaType": media,
        "verificationMaterial": {"publicKey": {"hint": _b64(bytes.fromhex(hint))}, "tlogEntries": []},
        "dsseEnvelope": {
            "payload": _b64(payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": _b64(signature), "keyid": ""}],
        },
    }


@dataclass(frozen=True)
class Sealed:
    """A line as it was read. Nothing in it has been verified yet."""

    payload: bytes
    """What was signed."""
    signature: bytes
    hint: str
    """The fingerprint of the key that it names."""
    body: Mapping[str, Any]
    """The statement."""
    assertion: Assertion | None = None
    """For a passkey: what its authenticator has answered."""

    @property
    def id(self) -> str:
        """Digest of the payload."""
        return canonical.digest(self.payload)

    def signed_by(self, key: PublicKey, passkey: Passkey | None = None) -> bool:
        """Whether this key signed it; for a passkey, as the trust file pins it."""
        return self.flaw(key, passkey) is None

    def flaw(self, key: PublicKey, passkey: Passkey | None = None) -> str | None:
        """Why it is no signature of this key; None where it is."""
        # The hint is not signed, so it proves nothing; it has to agree all the same, or one line could name two signers.
        if self.hint != fingerprint(key):
            return "it names another key"
        if (self.assertion is None) != (passkey is None):
            # A passkey's key signs what its authenticator and a browser made. Anything else that bears it was forged.
            return (
                "it is of a file key"
                if self.assertion is None
                else "it is of a passkey, which the trust file does not pin"
            )
        if self.assertion is not None and passkey is not None:
            return passkeys.flaw(self.assertion, passkeys.challenge(pae(self.payload)), key, passkey)
        return None if verifies(key, self.signature, pae(self.payload)) else "it does not hold"

    @property
    def subjects(self) -> dict[str, str]:
        """What it is about: names to SHA-256."""
        return {item["name"]: item["digest"]["sha256"] for item in self.body.get("subject", [])}


def read(line: bytes, *, where: str) -> Sealed:
    """Read one line.

    Raises
    ------
    IntegrityError
        If it is not a bundle, or not in canonical form.
    """
    data = canonical.read(line, where=where)
    try:
        envelope = data["dsseEnvelope"]
        (signature,) = envelope["signatures"]  # one, and no other: see the module's first paragraph
        payload = _decode(envelope["payload"])
        signed = _decode(signature["sig"])
        hint = _decode(data["verificationMaterial"]["publicKey"]["hint"]).hex()
        of_passkey = data["mediaType"] == PASSKEY_BUNDLE
        assertion = _assertion(data["webauthn"], signed) if of_passkey else None
        expected = (
            set(data) == {"mediaType", "verificationMaterial", "dsseEnvelope", *(["webauthn"] if of_passkey else [])}
            and data["mediaType"] in (BUNDLE, PASSKEY_BUNDLE)
            and data["verificationMaterial"].keys() == {"publicKey", "tlogEntries"}
            and data["verificationMaterial"]["tlogEntries"] == []
            and set(envelope) == {"payload", "payloadType", "signatures"}
            and envelope["payloadType"] == PAYLOAD_TYPE
            and signature == {"sig": signature["sig"], "keyid": ""}
        )
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as exc:
        raise IntegrityError(
            "not a signed statement", where=where, do="The line is damaged, or not one of ours."
        ) from exc
    if not expected:
        raise IntegrityError("not a signed statement of the accepted form", where=where)
    body = canonical.loads(payload, where=f"{where} (payload)")
    if not isinstance(body, dict) or not canonical.is_canonical(body, payload):
        raise IntegrityError("its statement is not in canonical form", where=where, do="Somebody has rewritten it.")
    if body.get("_type") != STATEMENT:
        raise IntegrityError("not an in-toto statement", where=where)
    return Sealed(payload, signed, hint, body, assertion)


def _assertion(parts: Mapping[str, str], signature: bytes) -> Assertion:
    if set(parts) != {"credentialId", "authenticatorData", "clientDataJSON"}:
        raise ValueError("other parts than those of an assertion")
    passkeys.from_base64url(parts["credentialId"])
    data, client = _decode(parts["authenticatorData"]), _decode(parts["clientDataJSON"])
    return Assertion(parts["credentialId"], data, client, signature)


def _decode(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    if _b64(data) != text:  # two spellings of the same bytes would leave a line free to change
        raise ValueError("not canonical base64")
    return data
