"""Signed notes and checkpoints, as the log operators of the C2SP write them (signed-note, tlog-checkpoint, tlog-cosignature).

    log.example.org                                      whose log it is
    42                                                   how many entries it has
    yBuOYzQTE4qgHVeN5NRE4fWQMpfjKKxEzOUHm8hNnVw=         root of its tree
                                                         (an empty line)
    — log.example.org A3Grl…                             the log's signature
    — witness.example.net jWbPP…                         a cosigner's, with its time

Nothing of a note is believed before a signature of a key that the reader pins has been verified.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from cardwright.attest.keys import PrivateKey, PublicKey, verifies
from cardwright.errors import IntegrityError, PolicyError, UsageError

SIGNATURE = 0x01
"""Ed25519 over the text of a note."""
COSIGNATURE = 0x04
"""Ed25519 over a header, a time and the text: its holder has seen that the log only grew."""
MOST = 64 * 1024
"""Bytes of a note, at most: room for hundreds of cosignatures."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,159}")


@dataclass(frozen=True)
class NoteKey:
    """A key as a signature line names it: by name and by four bytes, which tell what sort of signature it gives, too."""

    name: str
    public: ed25519.Ed25519PublicKey
    kind: int = SIGNATURE

    @property
    def _raw(self) -> bytes:
        return self.public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    @property
    def id(self) -> bytes:
        """The four bytes."""
        return sha256(self.name.encode("utf-8") + b"\n" + bytes([self.kind]) + self._raw).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key as operators exchange it: `name+id+base64(kind and key)`."""
        return f"{self.name}+{self.id.hex()}+{_b64(bytes([self.kind]) + self._raw)}"


def key_of(name: str, public: PublicKey, kind: int = SIGNATURE, *, where: str) -> NoteKey:
    """A public key under a name.

    Raises
    ------
    PolicyError
        If it is not an Ed25519 key, or a signature line cannot hold the name.
    """
    if not isinstance(public, ed25519.Ed25519PublicKey):
        raise PolicyError(
            f"the key of {name} is not Ed25519, which checkpoints are signed with",
            where=where,
            do="Make one: cardwright keys new --algorithm ed25519.",
        )
    if not _NAME.fullmatch(name):
        raise PolicyError(f'"{name}" is not a name of a log', where=where, do="Write it like log.example.org.")
    return NoteKey(name, public, kind)


def parse_vkey(text: str) -> NoteKey:
    """A key from `name+id+base64`.

    Raises
    ------
    UsageError
        If it is none, or its id is not the one that name and key give.

    Examples
    --------
    >>> parse_vkey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").name
    'PeterNeumann'
    """
    try:
        name, id_, encoded = text.strip().split("+", 2)
        data = base64.b64decode(encoded, validate=True)
        kind, raw = data[0], data[1:]
        if kind not in (SIGNATURE, COSIGNATURE) or not name or re.search(r"\s", name):
            raise ValueError("not of a kind that is read here")
        key = NoteKey(name, ed25519.Ed25519PublicKey.from_public_bytes(raw), kind)
        if key.id.hex() != id_ or key.vkey != text.strip():
            raise ValueError("the id is another key's")
    except (ValueError, IndexError, binascii.Error) as exc:
        raise UsageError("not a log's key", do="Give it as its operator wrote it: NAME+ID+KEY.") from exc
    return key


@dataclass(frozen=True)
class Note:
    """A note that was read. Nothing is believed yet."""

    text: str
    """What is signed, with its last newline."""
    signatures: tuple[tuple[str, bytes], ...]
    """Key name, and four bytes of key id followed by the signature."""

    def of(self, key: NoteKey) -> bytes | None:
        """The signature of a key, verified; None where it has not signed.

        Raises
        ------
        IntegrityError
            If there is one that does not hold: such a note is refused as a whole.
        """
        found = [data[4:] for name, data in self.signatures if name == key.name and data[:4] == key.id]
        for signature in found:
            signed, bare = self._signed(key, signature)
            if not verifies(key.public, bare, signed):
                raise IntegrityError(f"the signature of {key.name} does not hold", where="checkpoint")
        return found[0] if found else None

    def _signed(self, key: NoteKey, signature: bytes) -> tuple[bytes, bytes]:
        if key.kind == SIGNATURE:
            return self.text.encode("utf-8"), signature
        return _cosigned(int.from_bytes(signature[:8], "big"), self.text), signature[8:]

    def cosigned_at(self, key: NoteKey) -> datetime | None:
        """When a cosigner has seen it, by the cosigner's clock; None where it has not cosigned.

        Raises
        ------
        IntegrityError
            If its cosignature does not hold.
        """
        signature = self.of(key)
        if signature is None:
            return None
        try:
            return datetime.fromtimestamp(int.from_bytes(signature[:8], "big"), UTC)
        except (ValueError, OverflowError, OSError) as exc:
            raise IntegrityError(f"the time of {key.name} is none", where="checkpoint") from exc

    def with_lines(self, lines: bytes) -> Note:
        """The note with more signature lines, each once."""
        more = read(b"-\n\n" + lines, where="cosignature").signatures if lines else ()
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *more))))

    def to_bytes(self) -> bytes:
        """The note as it is exchanged."""
        lines = "".join(f"— {name} {_b64(data)}\n" for name, data in self.signatures)
        return f"{self.text}\n{lines}".encode()


def read(data: bytes, *, where: str) -> Note:
    """A note; nothing is believed yet.

    Raises
    ------
    IntegrityError
        If it is not one.
    """
    try:
        if len(data) > MOST:
            raise ValueError("too large")
        whole = data.decode("utf-8")
        text, separator, lines = whole.rpartition("\n\n")
        if not separator or not lines.endswith("\n") or re.search(r"[\x00-\x09\x0b-\x1f]", whole):
            raise ValueError("no signatures")
        signatures = tuple(_line(line) for line in lines[:-1].split("\n"))
    except (ValueError, binascii.Error) as exc:
        raise IntegrityError("not a signed note", where=where, do="It is damaged, or not a log's.") from exc
    return Note(f"{text}\n", signatures)


def _line(line: str) -> tuple[str, bytes]:
    found = re.fullmatch(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})", line)
    if found is None:
        raise ValueError("not a signature line")
    data = base64.b64decode(found[2], validate=True)
    if len(data) <= 4 or _b64(data) != found[2]:
        raise ValueError("not a signature")
    return found[1], data


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


# ---------------------------------------------------------------------------------------------------- checkpoints


@dataclass(frozen=True)
class Checkpoint:
    """How a log stood: its name, how many entries it had, and the root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed of it."""
        return f"{self.origin}\n{self.size}\n{_b64(self.root)}\n"


def checkpoint_of(note: Note, *, where: str = "checkpoint") -> Checkpoint:
    """The checkpoint that a note's text is.

    Raises
    ------
    IntegrityError
        If it is none, or holds more than a checkpoint of ours: what nobody reads is signed by nobody.
    """
    found = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n", note.text)
    if found is None:
        raise IntegrityError("not a checkpoint", where=where, do="It is damaged, or of another sort of log.")
    said = Checkpoint(found[1], int(found[2]), base64.b64decode(found[3]))
    if said.text != note.text:  # another spelling of the same root
        raise IntegrityError("not a checkpoint in its one form", where=where)
    return said


def private_of(key: PrivateKey, name: str) -> tuple[ed25519.Ed25519PrivateKey, NoteKey]:
    """A private key that can sign checkpoints under a name, and its public half.

    Raises
    ------
    PolicyError
        If it is not Ed25519, or the name is none.
    """
    public = key_of(name, key.public_key(), where="key")
    assert isinstance(key, ed25519.Ed25519PrivateKey)
    return key, public


def signed(checkpoint: Checkpoint, key: PrivateKey) -> Note:
    """A checkpoint signed by its log, whose name is the checkpoint's.

    Raises
    ------
    PolicyError
        If the key is not Ed25519.
    """
    private, public = private_of(key, checkpoint.origin)
    signature = private.sign(checkpoint.text.encode("utf-8"))
    return Note(checkpoint.text, ((public.name, public.id + signature),))


def _cosigned(at: int, text: str) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def cosignature(note: Note, key: PrivateKey, name: str, at: datetime) -> bytes:
    """A cosigner's line under a checkpoint. Whoever calls this has compared it with the one that was cosigned last.

    Raises
    ------
    PolicyError
        If the key is not Ed25519, or the name is none.
    """
    private, public = private_of(key, name)
    cosigner = NoteKey(public.name, public.public, COSIGNATURE)
    time = int(at.timestamp())
    data = cosigner.id + time.to_bytes(8, "big") + private.sign(_cosigned(time, note.text))
    return f"— {name} {_b64(data)}\n".encode()
