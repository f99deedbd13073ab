"""`ledger.jsonl`: what happened to a dossier, append-only, each line naming the digest of the one before.

A chain without a key reveals accidents, not insiders: whoever can write it can rewrite all of it. So every signature holds its
head and length, the documents print them, and a ledger that is shorter or different contradicts what was signed.
"""

from __future__ import annotations

from typing import Literal

from cardwright.errors import IntegrityError
from cardwright.record import canonical
from cardwright.record.base import Count, Identifier, Sha256, Timestamp, Value

Event = Literal["run", "claim", "decision", "release"]


class Entry(Value):
    """One line."""

    seq: Count
    """Its number, counted from 0."""
    prev: Sha256
    """Digest of the line before; for the first, of the genesis."""
    at: Timestamp
    """When."""
    event: Event
    """`run`: an evaluation gave this record. `claim`: somebody signed. `decision`: the gate decided on everything.
    `release`: the gate allowed it, and this is what was released."""
    kind: Identifier
    """Which sort of claim; `record` for a run, `verdict` for a decision, `verdict` and `statement` for a release."""
    digest: Sha256
    """What it is about."""


class Head(Value):
    """Where a ledger stood."""

    head: Sha256
    """Digest of its last line."""
    length: Count
    """How many lines it had."""


def genesis(subject: str) -> Sha256:
    """What the first line names instead of an earlier one: a ledger belongs to one subject, by name."""
    return canonical.sha256({"ledger": "cardwright/ledger/1", "subject": subject})


class Ledger(Value):
    """A chain in which every line names the one before it."""

    subject: Identifier
    """The subject's name."""
    entries: tuple[Entry, ...] = ()
    """Its lines."""

    @property
    def head(self) -> Head:
        """Its head and length now."""
        return self.head_at(len(self.entries))

    def head_at(self, length: int) -> Head:
        """Its head when it had this many lines."""
        last = canonical.sha256(self.entries[length - 1]) if length else genesis(self.subject)
        return Head(head=last, length=length)

    def holds(self, head: Head) -> bool:
        """Whether this was once its head: nothing up to there has been removed or changed since."""
        return head.length <= len(self.entries) and self.head_at(head.length) == head

    def prefix(self, length: int) -> Ledger:
        """The ledger as it was when it had this many lines."""
        return Ledger(subject=self.subject, entries=self.entries[:length])

    def append(self, event: Event, kind: str, digest: str, at: str) -> Ledger:
        """The ledger with one more line."""
        entry = Entry(seq=len(self.entries), prev=self.head.head, at=at, event=event, kind=kind, digest=digest)
        return Ledger(subject=self.subject, entries=(*self.entries, entry))

    def to_bytes(self) -> bytes:
        """Its lines, canonical."""
        return b"".join(canonical.dumps(entry) + b"\n" for entry in self.entries)

    @property
    def last_run(self) -> int:
        """The number of the last run's line; 0 if there was no run."""
        return max((entry.seq for entry in self.entries if entry.event == "run"), default=0)

    @property
    def here(self) -> tuple[Entry, ...]:
        """The lines about the dossier at hand: who signed its plan, its run, and everything since.

        Earlier lines are about dossiers that it has replaced; their claims went with them.
        """
        # A plan is signed before it is run, so its signatures come before the run that they are about.
        start = self.last_run
        while start and (self.entries[start - 1].event, self.entries[start - 1].kind) == ("claim", "preregister"):
            start -= 1
        return self.entries[start:]

    @property
    def runs(self) -> int:
        """How many runs there were, whether or not anybody was shown their results."""
        return sum(entry.event == "run" for entry in self.entries)


def read(data: bytes, subject: str, *, where: str = "ledger.jsonl") -> Ledger:
    """A ledger from its lines.

    Raises
    ------
    IntegrityError
        If a line is not canonical, is out of order, or does not name the one before.
    """
    lines = canonical.lines(data, where=where, do="Use the copy that was signed.")
    entries: list[Entry] = []
    previous = genesis(subject)
    for number, line in enumerate(lines):
        place = f"{where}, line {number + 1}"
        entry = canonical.parse(Entry, line, where=place)
        if canonical.dumps(entry) != line:
            raise IntegrityError("not in canonical form", where=place, do="Somebody has rewritten it.")
        if entry.seq != number or entry.prev != previous:
            raise IntegrityError(
                "the chain breaks here", where=place, do="A line was changed, removed, moved or added."
            )
        previous = canonical.digest(line)
        entries.append(entry)
    return Ledger(subject=subject, entries=tuple(entries))
