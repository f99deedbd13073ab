"""People's keys: made encrypted, enrolled in a trust file, known by the fingerprint of their public half.

Nobody needs to know what PEM is: `keys new` makes a key and an enrolment request, and `keys enrol` adds the request to a trust
file and shows the change. There is no default key and no default passphrase.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Annotated, Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from pydantic import Field, ValidationError

from cardwright.errors import IntegrityError, SourceError, StoreError, UsageError
from cardwright.files import disk
from cardwright.record import canonical
from cardwright.record.base import Identifier, Label, Sha256, Timestamp, Value

Algorithm = Literal["ecdsa-p256", "ed25519"]
PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

PASSPHRASE = "CARDWRIGHT_PASSPHRASE"  # noqa: S105  the name of an environment variable
MIN_PASSPHRASE = 12


def _none(value: object) -> bool:
    return value is None


class Enrolment(Value):
    """A request to be enrolled: a public key, whose it is, and a proof that its owner made the request."""

    schema_: Annotated[Literal["cardwright/enrolment/1"], Field(alias="schema")] = "cardwright/enrolment/1"
    """The format of this file."""
    person: Label
    """Whose key it is."""
    id: Annotated[Identifier | None, Field(exclude_if=_none)] = None
    """The stable id that is asked for; the administrator grants it."""
    roles: tuple[Identifier, ...]
    """Roles that are asked for. The administrator decides which are granted."""
    replaces: Annotated[Sha256 | None, Field(exclude_if=_none)] = None
    """For a hand-over: fingerprint of the key that this one replaces."""
    made: Timestamp
    """When the key was made."""
    public_key: str
    """The public key as PEM."""
    proof: str
    """Signature over everything above, in hexadecimal: whoever asks has the private key."""
    old_proof: Annotated[str | None, Field(exclude_if=_none)] = None
    """For a hand-over: the old key's signature over the same, so that nobody hands over another person's key."""

    @property
    def signed(self) -> bytes:
        """The bytes that the proofs are over."""
        left_out = {"schema_", "proof", "old_proof"}
        return canonical.dumps(self.model_dump(mode="json", exclude=left_out, exclude_none=True))


def fingerprint(key: PublicKey) -> Sha256:
    """SHA-256 of the DER SubjectPublicKeyInfo: one key is one person, under however many names."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def public_pem(key: PublicKey) -> str:
    """The public key as PEM."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def load_public(pem: str, *, where: str) -> PublicKey:
    """A public key from PEM.

    Raises
    ------
    IntegrityError
        If it is not one, or of a kind that is not accepted.
    """
    try:
        key = serialization.load_pem_public_key(pem.encode("ascii"))
    except (ValueError, UnsupportedAlgorithm, UnicodeEncodeError) as exc:
        raise IntegrityError("not a public key", where=where, do="Enrol the key again.") from exc
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise IntegrityError("a key of a kind that is not accepted", where=where, do="Use ECDSA P-256 or Ed25519.")


def sign(key: PrivateKey, data: bytes) -> bytes:
    """A signature: ECDSA P-256 with SHA-256 (DER), or Ed25519."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def verifies(key: PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether a signature is of this key over these bytes."""
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        else:
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def new(
    person: str,
    roles: tuple[str, ...],
    passphrase: str,
    at: str,
    algorithm: Algorithm = "ecdsa-p256",
    *,
    id: str | None = None,
    replaces: PrivateKey | None = None,
) -> tuple[bytes, Enrolment]:
    """A new key, encrypted, and the request to enrol it.

    Parameters
    ----------
    id:
        The stable id that is asked for.
    replaces:
        An old key of the same person, which hands over to the new one.

    Raises
    ------
    UsageError
        If the passphrase is shorter than twelve characters, or a name, id or role is not one that can be written.
    """
    if len(passphrase) < MIN_PASSPHRASE:
        raise UsageError(
            f"the passphrase has fewer than {MIN_PASSPHRASE} characters", do="A sentence is easy to keep in mind."
        )
    key: PrivateKey = (
        ed25519.Ed25519PrivateKey.generate() if algorithm == "ed25519" else ec.generate_private_key(ec.SECP256R1())
    )
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode("utf-8")),
    )
    try:
        asked = Enrolment(
            person=person,
            id=id,
            roles=roles,
            replaces=fingerprint(replaces.public_key()) if replaces is not None else None,
            made=at,
            public_key=public_pem(key.public_key()),
            proof="",
        )
        return encrypted, asked.model_copy(
            update={
                "proof": sign(key, asked.signed).hex(),
                "old_proof": sign(replaces, asked.signed).hex() if replaces is not None else None,
            }
        )
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        raise UsageError(
            f"{first['loc'][0]}: {first['msg'].removeprefix('Value error, ')}", do="Write it in other words."
        ) from exc


def check_enrolment(request: Enrolment, *, where: str, old: PublicKey | None = None) -> PublicKey:
    """The key of a request whose proof holds.

    Parameters
    ----------
    old:
        For a hand-over: the key that hands over, as the trust file knows it; its proof has to hold as well.

    Raises
    ------
    IntegrityError
        If the request was changed, or made by somebody without the key.
    """
    key = load_public(request.public_key, where=where)
    asked = [(key, request.proof), *([(old, request.old_proof or "")] if old is not None else [])]
    for signer, proof in asked:
        try:
            signature = bytes.fromhex(proof)
        except ValueError as exc:
            raise IntegrityError("its proof is not hexadecimal", where=where, do="Ask for the request again.") from exc
        if not verifies(signer, signature, request.signed):
            raise IntegrityError(
                "its proof does not hold: it was changed", where=where, do="Ask for the request again."
            )
    return key


def save(path: Path, encrypted: bytes) -> None:
    """Write an encrypted private key, readable by its owner alone; an existing file is never overwritten."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(encrypted)
    except FileExistsError as exc:
        raise StoreError(
            "this file exists already, and is not overwritten", where=str(path), do="Name another file."
        ) from exc
    except OSError as exc:
        raise StoreError(f"cannot be written ({exc.strerror})", where=str(path)) from exc


def open_private(path: Path, passphrase: str) -> PrivateKey:
    """A private key from its encrypted file.

    Raises
    ------
    UsageError
        If the passphrase is wrong, or the key is not encrypted.
    SourceError
        If the file is not a key.
    """
    data = disk.read_file(path, what="key")
    if not re.search(rb"BEGIN ENCRYPTED PRIVATE KEY", data):
        if b"PRIVATE KEY" in data:
            raise UsageError(
                "the key is not encrypted, so anybody who copies the file can sign",
                where=str(path),
                do="Make a key with: cardwright keys new.",
            )
        raise SourceError("not a private key", where=str(path), do="Name the file that `keys new` wrote.")
    try:
        key = serialization.load_pem_private_key(data, passphrase.encode("utf-8"))
    except (ValueError, TypeError) as exc:
        raise UsageError("the passphrase does not open the key", where=str(path), do="Try again.") from exc
    if isinstance(key, ed25519.Ed25519PrivateKey) or (
        isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)
    ):
        return key
    raise UsageError("a key of a kind that is not accepted", where=str(path), do="Use ECDSA P-256 or Ed25519.")
