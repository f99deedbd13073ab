"""Passkeys: a signature that an authenticator gives a browser (WebAuthn), checked offline like any other.

An authenticator signs no statement. It signs a challenge, which the browser puts into a short JSON text beside the origin that
asked. Here the challenge is a digest of the statement, so the signature is over that statement and nothing else:

    challenge = SHA-256("cardwright/passkey/1\\n" ‖ DSSE's pre-authentication encoding)

The receiver's trust file pins credential, origin and relying party: what another site had signed, or the same credential at
another origin, counts for nothing. Who was before the screen is the authenticator's word (user verification). What the screen
showed is the desk's: a hostile desk can show one statement and have another one signed (docs/threat-model.md).

Written out here, because the receiver needs these forty lines and no library for them; a test compares them with py_webauthn's.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from cardwright.attest.keys import PublicKey, load_public, verifies
from cardwright.errors import IntegrityError
from cardwright.record import canonical
from cardwright.record.base import Identifier, Label, Timestamp, Value

_DOMAIN = b"cardwright/passkey/1\n"
_ENROLMENT = b"cardwright/passkey-enrolment/1\n"
_PRESENT, _VERIFIED, _ELIGIBLE, _BACKED_UP, _CREDENTIAL, _EXTENSIONS = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
"""Flags of authenticator data (WebAuthn Level 3, 6.1)."""
_FIXED = 37
"""Bytes of authenticator data without extensions: digest of the relying party, flags, counter."""

Base64Url = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,2000}$")]


class Passkey(Value):
    """What a trust file pins of a passkey beside its public key."""

    credential_id: Base64Url
    """The credential, in Base64 for URLs without padding."""
    rp_id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,252}$")]
    """The relying party that it was made for: a host, e.g. `desk.example.org`."""
    origin: Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.-]{1,253}(:[0-9]{1,5})?$")]
    """The one origin whose requests count, e.g. `https://desk.example.org`."""

    @model_validator(mode="after")
    def _is_of_its_relying_party(self) -> Self:
        parts = urlsplit(self.origin)
        host = parts.hostname or ""
        if host != self.rp_id and not host.endswith(f".{self.rp_id}"):
            raise ValueError(f"the origin {self.origin} is not of the relying party {self.rp_id}")
        if parts.scheme != "https" and not self.practice:
            raise ValueError(f"the origin {self.origin} is not https, so anybody in between could ask in its name")
        return self

    @property
    def practice(self) -> bool:
        """Whether it is of this machine's own name, which every machine has: such a passkey never releases anything."""
        return self.rp_id == "localhost" or self.rp_id.endswith(".localhost")


@dataclass(frozen=True)
class Assertion:
    """What an authenticator has answered. Nothing of it is believed yet."""

    credential_id: str
    authenticator_data: bytes
    client_data: bytes
    """The JSON text that the browser made, as it was signed."""
    signature: bytes

    @property
    def counter(self) -> int:
        """How often the credential has signed, as its authenticator counts; 0 where it does not count."""
        return int.from_bytes(self.authenticator_data[33:_FIXED], "big")


def challenge(encoded: bytes) -> bytes:
    """The challenge for a statement, given DSSE's pre-authentication encoding of it."""
    return sha256(_DOMAIN + encoded).digest()


def flaw(assertion: Assertion, expected: bytes, public: PublicKey, pinned: Passkey) -> str | None:
    """Why an assertion is no signature of this passkey over this challenge; None where it is.

    The order is that of WebAuthn Level 3, 7.2. Its counter is no part of it: passkeys that are synchronised report 0, so a
    counter can only raise an alarm (`counters_that_went_back`).
    """
    if assertion.credential_id != pinned.credential_id:
        return "it is of another credential"
    said = _client(assertion.client_data)
    if said is None:
        return "its client data is not that of a browser"
    if said.get("type") != "webauthn.get":
        return "it was not given as a signature"
    if said.get("challenge") != to_base64url(expected):
        return "it was given for something else"
    if said.get("origin") != pinned.origin:
        return f"it was given at another origin than {pinned.origin}"
    if said.get("crossOrigin", False) is not False or "topOrigin" in said:
        return "it was given inside a page of another origin"
    data = assertion.authenticator_data
    if data[:32] != sha256(pinned.rp_id.encode("ascii")).digest():
        return f"it is of another relying party than {pinned.rp_id}"
    if len(data) < _FIXED or (len(data) > _FIXED) != bool(data[32] & _EXTENSIONS) or data[32] & _CREDENTIAL:
        return "its authenticator data is not of a signature"
    if not data[32] & _PRESENT:
        return "nobody touched the authenticator"
    if not data[32] & _VERIFIED:
        return "the authenticator did not verify who touched it"
    if data[32] & _BACKED_UP and not data[32] & _ELIGIBLE:
        return "its authenticator contradicts itself about backups"
    if not verifies(public, assertion.signature, data + sha256(assertion.client_data).digest()):
        return "its signature does not hold"
    return None


def _client(data: bytes) -> dict[str, Any] | None:
    """Client data as an object; None where it is none, or holds a key twice, which two readers would read differently."""
    try:
        said = json.loads(data.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def counters_that_went_back(assertions: Iterable[Assertion]) -> tuple[str, ...]:
    """Credentials whose counter did not grow from one signature to the next: a copy of the authenticator may be in use.

    It proves nothing: two signatures can stand in another order than they were given in. One that counts 0 does not count.
    """
    last: dict[str, int] = {}
    found: dict[str, None] = {}
    for one in assertions:
        before = last.get(one.credential_id, 0)
        if one.counter and before and one.counter <= before:
            found[one.credential_id] = None
        last[one.credential_id] = one.counter or before
    return tuple(found)


# ---------------------------------------------------------------------------------------------------- enrolling


class AssertionParts(Value):
    """An assertion as it is written: each part in Base64 for URLs, as browsers give it."""

    credential_id: Base64Url
    """The credential."""
    authenticator_data: Base64Url
    """What the authenticator says of itself."""
    client_data: Base64Url
    """What the browser says of the request."""
    signature: Base64Url
    """Over both."""

    @property
    def assertion(self) -> Assertion:
        """The parts read.

        Raises
        ------
        IntegrityError
            If a part is not in its one form.
        """
        return Assertion(
            self.credential_id,
            from_base64url(self.authenticator_data),
            from_base64url(self.client_data),
            from_base64url(self.signature),
        )


class PasskeyEnrolment(Value):
    """A request to enrol a passkey: whose it is, its public key, and its own signature over the request."""

    schema_: Annotated[Literal["cardwright/passkey-enrolment/1"], Field(alias="schema")] = (
        "cardwright/passkey-enrolment/1"
    )
    """The format of this file."""
    person: Label
    """Whose passkey it is."""
    id: Annotated[Identifier | None, Field(exclude_if=lambda value: value is None)] = None
    """The stable id that is asked for; the administrator grants it."""
    roles: tuple[Identifier, ...]
    """Roles that are asked for. Which ones are granted the administrator says."""
    made: Timestamp
    """When it was made."""
    public_key: str
    """The public key as PEM: ECDSA P-256 or Ed25519."""
    passkey: Passkey
    """Credential, relying party and origin."""
    proof: AssertionParts
    """The passkey's signature over everything above: whoever asks has it at hand."""

    @property
    def challenge(self) -> bytes:
        """What the proof is over."""
        return enrolment_challenge(self.model_dump(mode="json", exclude={"schema_", "proof"}, exclude_none=True))


def enrolment_challenge(asked: dict[str, Any]) -> bytes:
    """The challenge for a request, given its fields but `schema` and `proof`."""
    return sha256(_ENROLMENT + canonical.dumps(asked)).digest()


def check_enrolment(request: PasskeyEnrolment, *, where: str) -> PublicKey:
    """The key of a request whose proof holds.

    Raises
    ------
    IntegrityError
        If the request was changed, or made by somebody without the passkey.
    """
    key = load_public(request.public_key, where=where)
    why = flaw(request.proof.assertion, request.challenge, key, request.passkey)
    if why is not None:
        raise IntegrityError(f"its proof does not hold: {why}", where=where, do="Ask for the request again.")
    return key


def to_base64url(data: bytes) -> str:
    """Base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """The bytes of Base64 for URLs in its one form.

    Raises
    ------
    IntegrityError
        If it is not in that form: a second spelling would leave a signed line free to change.
    """
    try:
        if not re.fullmatch(r"[A-Za-z0-9_-]*", text):
            raise ValueError("not of this alphabet")
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error) as exc:
        raise IntegrityError("not Base64 for URLs", where="passkey", do="It is damaged, or not ours.") from exc
    if to_base64url(data) != text:
        raise IntegrityError("not Base64 for URLs in its one form", where="passkey")
    return data
