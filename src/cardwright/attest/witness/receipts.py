"""What a log is told of a dossier, and the receipt that it gives: a checkpoint, and a proof that the entry is under it.

A log holds digests alone: whoever reads all of it learns how many releases there were and when one was withdrawn, and of whom or
what only with the dossier at hand. A receipt is a line of `receipts.jsonl` in the dossier. Its proof is in the form that other
tools read, too (C2SP tlog-proof).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from cardwright.attest import claims
from cardwright.attest.claims import Signed
from cardwright.attest.keys import PrivateKey, load_public
from cardwright.attest.ledger import Head, Ledger
from cardwright.attest.release_statement import SignedRelease
from cardwright.attest.trust import Log
from cardwright.attest.witness import log, merkle, notes
from cardwright.attest.witness.log import LogHead, WritableLogFiles
from cardwright.errors import IntegrityError
from cardwright.record import canonical
from cardwright.record.base import Count, Identifier, Sha256, Value
from cardwright.record.claim import SignOff, Withdraw

_VERSION = "c2sp.org/tlog-proof@v1"


def _none(value: object) -> bool:
    return value is None


class LogEntry(Value):
    """One entry of a log: what happened, by digest."""

    schema_: Annotated[Literal["cardwright/log-entry/1"], Field(alias="schema")] = "cardwright/log-entry/1"
    """The format of this entry."""
    kind: Literal["release", "withdrawal", "rejection", "trust"]
    """A release, the withdrawal of one, somebody's refusal to approve, or the next version of a trust file."""
    digest: Sha256
    """The signed statement or claim; of a trust file its digest."""
    release: Annotated[Sha256 | None, Field(exclude_if=_none)] = None
    """For what happens after a release: that release statement."""
    ledger: Annotated[Head | None, Field(exclude_if=_none)] = None
    """Where the dossier's ledger stood after it."""
    sequence: Annotated[Count | None, Field(exclude_if=_none)] = None
    """For a trust file: the number of the version."""

    @property
    def leaf(self) -> bytes:
        """What the log keeps: canonical bytes."""
        return canonical.dumps(self)


class Receipt(Value):
    """One line of `receipts.jsonl`: an entry, and a log's proof that it holds it."""

    schema_: Annotated[Literal["cardwright/receipt/1"], Field(alias="schema")] = "cardwright/receipt/1"
    """The format of this line."""
    log: Identifier
    """The log's name."""
    entry: LogEntry
    """What is in it."""
    proof: Annotated[str, StringConstraints(max_length=100_000)]
    """Where it is, its path to the root, and the signed checkpoint (C2SP tlog-proof)."""


@dataclass(frozen=True)
class Witnessed:
    """What a receipt shows under a trust file."""

    log: str
    index: int
    size: int
    cosigners: tuple[str, ...]
    """Independent cosigners that the receiver pins and that have seen this checkpoint."""


def entries_of(ledger: Ledger, signed: Sequence[Signed], release: SignedRelease | None) -> tuple[LogEntry, ...]:
    """What a log should know of a dossier, in the order of its ledger; the same dossier gives the same entries."""
    said = {one.sealed.id: one.claim for one in signed}
    statement = release.sha256 if release is not None else None
    of: str | None = (
        None  # what comes before a release is not about it, and is told in the same words before and after it
    )
    found: list[LogEntry] = []
    for entry in ledger.here:
        head, claim = ledger.head_at(entry.seq + 1), said.get(entry.digest)
        if (entry.event, entry.kind) == ("release", "statement") and entry.digest == statement:
            found.append(LogEntry(kind="release", digest=entry.digest, ledger=head))
            of = statement
        elif isinstance(claim, SignOff) and claim.decision != "approve":
            found.append(LogEntry(kind="rejection", digest=entry.digest, release=of, ledger=head))
        elif isinstance(claim, Withdraw) and claim.claim is None:
            found.append(LogEntry(kind="withdrawal", digest=entry.digest, release=of, ledger=head))
    return tuple(found)


def lacking(entries: Sequence[LogEntry], given: Sequence[Receipt], log_name: str) -> tuple[LogEntry, ...]:
    """The entries that a log has given no receipt of."""
    known = [one.entry for one in given if one.log == log_name]
    return tuple(entry for entry in entries if entry not in known)


# ---------------------------------------------------------------------------------------------------- giving


def witness(files: WritableLogFiles, key: PrivateKey, name: str, entries: Sequence[LogEntry]) -> tuple[Receipt, ...]:
    """Add entries to a log; gives their receipts under its new checkpoint.

    Raises
    ------
    IntegrityError
        If the log is damaged.
    PolicyError
        If the key cannot sign checkpoints.
    """
    made, places = log.append(files, key, name, [entry.leaf for entry in entries])
    return tuple(receipt(files, made, entry, index) for entry, index in zip(entries, places, strict=True))


def receipt(files: log.LogFiles, head: LogHead, entry: LogEntry, index: int) -> Receipt:
    """The receipt of an entry at a place, under a checkpoint, with the cosignatures that it bears.

    Raises
    ------
    IntegrityError
        If the log holds something else there, or is damaged.
    """
    size = head.checkpoint.size
    tree = log.Tree(files, size)
    if index >= size or tree.node(0, index) != merkle.leaf(entry.leaf):
        raise IntegrityError(f"the log holds something else at {index}", do="Ask its operator for the right place.")
    path = merkle.inclusion(tree.node, index, size)
    lines = [_VERSION, f"index {index}", *(base64.b64encode(one).decode("ascii") for one in path), ""]
    proof = "\n".join(lines) + "\n" + head.note.to_bytes().decode("utf-8")
    return Receipt(log=head.checkpoint.origin, entry=entry, proof=proof)


# ---------------------------------------------------------------------------------------------------- reading


def to_bytes(receipts: Sequence[Receipt]) -> bytes:
    """Receipts as lines of `receipts.jsonl`."""
    return b"".join(canonical.dumps(one) + b"\n" for one in receipts)


def read(data: bytes, *, where: str = "receipts.jsonl") -> tuple[Receipt, ...]:
    """The receipts of a file; nothing is believed yet.

    Raises
    ------
    IntegrityError
        If a line is damaged or not canonical.
    """
    return canonical.parse_lines(Receipt, data, where=where, do="Take the copy that was released.")


def place_of(receipt: Receipt, *, where: str = "receipts.jsonl") -> tuple[int, tuple[bytes, ...], bytes]:
    """Where a receipt says the entry is, its path to the root, and the checkpoint; nothing is believed yet.

    Raises
    ------
    IntegrityError
        If it is not a proof.
    """
    head, separator, checkpoint = receipt.proof.partition("\n\n")
    lines = head.split("\n")
    try:
        index = re.fullmatch(r"index (0|[1-9][0-9]{0,15})", lines[1])
        if not separator or lines[0] != _VERSION or index is None or len(lines) > 2 + 63:
            raise ValueError("not of this form")
        path = tuple(base64.b64decode(line, validate=True) for line in lines[2:])
        written = [base64.b64encode(one).decode("ascii") for one in path]
        if written != lines[2:] or any(len(one) != 32 for one in path):
            raise ValueError("not hashes")
    except (ValueError, IndexError, binascii.Error) as exc:
        raise IntegrityError("not a proof of a log", where=where, do="It is damaged, or not ours.") from exc
    return int(index[1]), path, checkpoint.encode("utf-8")


def cosignatures(receipt: Receipt) -> int:
    """How many signature lines its checkpoint bears, the log's own among them; nothing is believed yet.

    Raises
    ------
    IntegrityError
        If it is not a proof.
    """
    return len(notes.read(place_of(receipt)[2], where="receipt").signatures)


def check(receipt: Receipt, pinned: Log, now: str, *, where: str = "receipts.jsonl") -> Witnessed:
    """What a receipt shows under the key of its log and those of the cosigners that the receiver pins.

    Raises
    ------
    IntegrityError
        If the checkpoint is not signed by the log, a signature of a pinned key does not hold, or the entry is not under it.
    """
    index, path, data = place_of(receipt, where=where)
    public = notes.key_of(pinned.name, load_public(pinned.public_key, where="trust file"), where="trust file")
    head = log.believed(data, public, where=where)
    said = head.checkpoint
    if not merkle.includes(said.root, said.size, index, merkle.leaf(receipt.entry.leaf), path):
        raise IntegrityError(
            f"the log {pinned.name} does not hold this entry where the receipt says", where=where, do="It was changed."
        )
    seen: list[str] = []
    for cosigner in pinned.cosigners:
        key = load_public(cosigner.public_key, where="trust file")
        named = notes.key_of(cosigner.name, key, notes.COSIGNATURE, where="trust file")
        at = head.note.cosigned_at(named)
        # A cosigner's clock that runs ahead dates nothing here.
        if at is not None and not claims.ahead(at.strftime("%Y-%m-%dT%H:%M:%SZ"), now):
            seen.append(cosigner.name)
    return Witnessed(pinned.name, index, said.size, tuple(seen))
