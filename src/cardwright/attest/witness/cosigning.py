"""Cosigning: one log's operator signs another's checkpoints after a look that it only grew (C2SP tlog-witness, add-checkpoint).

A cosigner keeps, for each log, the last checkpoint that it has signed, and signs no other than one that provably continues it. So
two faces of one log cannot both be cosigned, and a log that is put back from a backup is refused from then on. Whoever keeps the
last checkpoint has to do it before the answer leaves: `answer` gives both, and nothing here writes.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cardwright.attest.keys import PrivateKey
from cardwright.attest.witness import log, merkle, notes
from cardwright.attest.witness.log import LogFiles, LogHead
from cardwright.attest.witness.notes import NoteKey
from cardwright.errors import IntegrityError

_LARGEST_PROOF = 63


@dataclass(frozen=True)
class Cosigned:
    """What a cosigner answers."""

    status: int
    """As HTTP has it: 200, or why not (400, 403, 404, 409, 422)."""
    body: bytes
    """Signature lines; for 409 the size of the checkpoint that was cosigned last; else a sentence."""
    keep: bytes | None = None
    """The checkpoint to keep before anybody is given the answer; None where nothing was signed."""


def request(files: LogFiles, head: LogHead, old: int) -> bytes:
    """What a cosigner is asked: the size that it knows, what shows that the log has only grown since, and the checkpoint.

    Raises
    ------
    IntegrityError
        If the cosigner knows more of the log than is here: it was put back from a backup.
    """
    size = head.checkpoint.size
    if old > size:
        raise IntegrityError(
            f"a cosigner has seen {old} entries of the log, and here are {size}",
            do="The log was put back from an older copy. Find the newer one: a log that goes on from here has two faces.",
        )
    path = merkle.consistency(log.Tree(files, size).node, old, size)
    lines = [f"old {old}", *(base64.b64encode(one).decode("ascii") for one in path), ""]
    return ("\n".join(lines) + "\n").encode("ascii") + head.note.to_bytes()


def answer(
    body: bytes,
    logs: Sequence[NoteKey],
    last: Callable[[str], bytes | None],
    key: PrivateKey,
    name: str,
    at: datetime,
) -> Cosigned:
    """A cosigner's answer to a request.

    Parameters
    ----------
    logs:
        The logs that are cosigned.
    last:
        The checkpoint of a log that was cosigned last, by the log's name. Between this look and the keeping of the new one
        nobody else may answer for the same log.
    name:
        The cosigner's name.

    Raises
    ------
    IntegrityError
        If what was kept of the log is damaged.
    PolicyError
        If the key cannot sign checkpoints.
    """
    try:
        old, path, data = _asked(body)
        note = notes.read(data, where="request")
        said = notes.checkpoint_of(note, where="request")
    except (ValueError, binascii.Error, IntegrityError):
        return Cosigned(400, b"not a request to cosign a checkpoint\n")
    known = next((one for one in logs if one.name == said.origin), None)
    if known is None:
        return Cosigned(404, b"this log is not cosigned here\n")
    try:
        head = log.believed(data, known, where="request")
    except IntegrityError:
        return Cosigned(403, b"the checkpoint is not signed by its log\n")
    if old > said.size:
        return Cosigned(400, b"the old size is larger than the new one\n")
    kept = last(known.name)
    before = log.believed(kept, known, where="the checkpoint cosigned last").checkpoint if kept is not None else None
    size, root = (before.size, before.root) if before is not None else (0, merkle.EMPTY)
    if old != size or (old == said.size and root != said.root):
        return Cosigned(409, f"{size}\n".encode("ascii"))
    if not merkle.extends(said.root, said.size, root, old, path):
        return Cosigned(422, b"the log does not continue the checkpoint that was cosigned last\n")
    return Cosigned(200, notes.cosignature(head.note, key, name, at), head.note.to_bytes())


def _asked(body: bytes) -> tuple[int, tuple[bytes, ...], bytes]:
    head, separator, data = body.partition(b"\n\n")
    lines = head.decode("ascii").split("\n")
    found = re.fullmatch(r"old (0|[1-9][0-9]{0,15})", lines[0])
    if found is None or not separator or len(lines) - 1 > _LARGEST_PROOF:
        raise ValueError("not a request")
    path = tuple(base64.b64decode(line, validate=True) for line in lines[1:])
    if any(len(one) != len(merkle.EMPTY) for one in path):
        raise ValueError("not hashes")
    return int(found[1]), path, data
