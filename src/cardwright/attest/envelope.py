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

from cardwright.attest.keys import PrivateKey, PublicKey, fingerprint, sign, verifies
from cardwright.errors import IntegrityError
from cardwright.record import canonical

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


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
    signature = sign(key, pae(payload))
    return canonical.dumps(
        {
            "mediaType": BUNDLE,
            "verificationMaterial": {
                "publicKey": {"hint": _b64(bytes.fromhex(fingerprint(key.public_key())))},
                "tlogEntries": [],
            },
            "dsseEnvelope": {
                "payload": _b64(payload),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"sig": _b64(signature), "keyid": ""}],
            },
        }
    )


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

    @property
    def id(self) -> str:
        """Digest of the payload."""
        return canonical.digest(self.payload)

    def signed_by(self, key: PublicKey) -> bool:
        """Whether this key signed it."""
        # The hint is not signed, so it proves nothing; it has to agree all the same, or one line could name two signers.
        return self.hint == fingerprint(key) and verifies(key, self.signature, pae(self.payload))

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
        expected = (
            set(data) == {"mediaType", "verificationMaterial", "dsseEnvelope"}
            and data["mediaType"] == BUNDLE
            and data["verificationMaterial"].keys() == {"publicKey", "tlogEntries"}
            and data["verificationMaterial"]["tlogEntries"] == []
            and set(envelope) == {"payload", "payloadType", "signatures"}
            and envelope["payloadType"] == PAYLOAD_TYPE
            and signature == {"sig": signature["sig"], "keyid": ""}
        )
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as exc:
        raise IntegrityError("not a signed statement", where=where, do="The line is damaged, or not ours.") from exc
    if not expected:
        raise IntegrityError("not a signed statement of the accepted form", where=where)
    body = canonical.loads(payload, where=f"{where} (payload)")
    if not isinstance(body, dict) or not canonical.is_canonical(body, payload):
        raise IntegrityError("its statement is not in canonical form", where=where, do="Somebody has rewritten it.")
    if body.get("_type") != STATEMENT:
        raise IntegrityError("not an in-toto statement", where=where)
    return Sealed(payload, signed, hint, body)


def _decode(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    if _b64(data) != text:  # two spellings of the same bytes would leave a line free to change
        raise ValueError("not canonical base64")
    return data
