"""Monitoring: somebody keeps the checkpoints that a log has shown them, and says so when it forks or rewrites its past.

A monitor trusts the log for nothing but its signature. It makes the tree again from the log's own hashes, compares the entries
with them, and compares the tree with every checkpoint that it has kept. Two signed checkpoints that cannot both be true are
evidence that anybody can check; both are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError

from cardwright.attest.witness import log, merkle
from cardwright.attest.witness.log import LogFiles, LogHead
from cardwright.attest.witness.notes import NoteKey
from cardwright.attest.witness.receipts import LogEntry
from cardwright.errors import IntegrityError
from cardwright.record import canonical
from cardwright.record.base import Timestamp, Value


class KeptCheckpoint(Value):
    """One line of what a monitor keeps."""

    schema_: Annotated[Literal["cardwright/monitor/1"], Field(alias="schema")] = "cardwright/monitor/1"
    """The format of this line."""
    seen_at: Timestamp
    """When the log showed it."""
    checkpoint: Annotated[str, StringConstraints(max_length=100_000)]
    """The signed checkpoint as it was shown."""
    alarm: Annotated[str | None, Field(exclude_if=lambda value: value is None)] = None
    """Why it cannot be true beside one that was kept before."""


@dataclass(frozen=True)
class Watched:
    """What a look at a log has shown."""

    head: LogHead
    fresh: tuple[LogEntry, ...]
    """Entries since the last look, in the log's order."""
    strange: int
    """Fresh entries that are no entries of ours: counted, since nothing vanishes."""
    kept: bytes
    """What is kept from now on."""
    alarm: str | None = None
    """Why the log cannot be believed any more; None where it can."""


def watch(files: LogFiles, key: NoteKey, kept: bytes, now: str) -> Watched:
    """Look at a log, and compare it with everything that it has shown before.

    Parameters
    ----------
    kept:
        What earlier looks have kept; empty for the first.

    Raises
    ------
    IntegrityError
        If the log is damaged, or its checkpoint is not signed by its key: it then proves nothing, against nobody.
    NothingToCheckError
        If there is no log.
    """
    head = log.head(files, key)
    before = read(kept)
    alarm = _contradiction(files, head, before, key)
    line = canonical.dumps(KeptCheckpoint(seen_at=now, checkpoint=head.note.to_bytes().decode("utf-8"), alarm=alarm))
    if alarm is not None:
        return Watched(head, (), 0, kept + line + b"\n", alarm)
    tree = log.Tree(files, head.checkpoint.size)
    if tree.root != head.checkpoint.root:
        raise IntegrityError(
            "its tiles do not give the root that it has signed", where=key.name, do="Ask its operator."
        )
    believed = [one for one in before if one.alarm is None]
    seen = max((_head(one, key).checkpoint.size for one in believed), default=0)
    entries = [_entry(data) for data in tree.entries(seen, head.checkpoint.size)]
    known = any(one.checkpoint == head.note.to_bytes().decode("utf-8") for one in believed)
    fresh = tuple(one for one in entries if one is not None)
    return Watched(head, fresh, len(entries) - len(fresh), kept if known else kept + line + b"\n")


def read(kept: bytes, *, where: str = "state") -> tuple[KeptCheckpoint, ...]:
    """What a monitor has kept.

    Raises
    ------
    IntegrityError
        If it is damaged.
    """
    lines = canonical.lines(kept, where=where, do="Put back a whole copy.")
    return tuple(
        canonical.parse(KeptCheckpoint, line, where=f"{where}, line {number}") for number, line in enumerate(lines, 1)
    )


def _contradiction(files: LogFiles, head: LogHead, before: Sequence[KeptCheckpoint], key: NoteKey) -> str | None:
    """Why what the log shows cannot be true beside what it has shown."""
    alarms = [one for one in before if one.alarm is not None]
    if alarms:
        return f"it was not to be believed on {alarms[0].seen_at[:10]} already: {alarms[0].alarm}"
    now = head.checkpoint
    for one in before:
        then = _head(one, key).checkpoint
        if then.size == now.size and then.root != now.root:
            return f"two checkpoints of {now.size} entries have different roots: the log has two faces"
        if then.size > now.size:
            return f"it showed {then.size} entries on {one.seen_at}, and shows {now.size} now: its end was cut off"
        path = merkle.consistency(log.Tree(files, now.size).node, then.size, now.size)
        if not merkle.extends(now.root, now.size, then.root, then.size, path):
            return f"what it showed on {one.seen_at} is not the beginning of what it shows now: its past was rewritten"
    return None


def _head(kept: KeptCheckpoint, key: NoteKey) -> LogHead:
    return log.believed(kept.checkpoint.encode("utf-8"), key, where="state")


def _entry(data: bytes) -> LogEntry | None:
    """An entry of ours; None if it is something else that somebody has put into the log."""
    try:
        entry = LogEntry.model_validate(canonical.loads(data, where="entry"))
    except (ValidationError, IntegrityError):
        return None
    return entry if entry.leaf == data else None
