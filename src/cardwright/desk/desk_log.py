"""The desk's own witness log: what it has seen of releases, withdrawals, rejections and trust files, in an order that only grows.

The log's files are the truth, in the desk's folder (`log/`); the database holds an index of them, which is made again from the
files whenever it lags behind. An entry goes into the log before the transaction commits that takes a dossier in. A process that
is killed in between leaves a log that knows of a dossier which has not arrived; when it is sent again, the entry is found and not
told twice. The reverse, a dossier that the log has never heard of, cannot happen.

The desk's key signs checkpoints, cosignatures and status statements, and nothing else: it never leaves this module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import sqlalchemy as sa
from pydantic import ValidationError

from cardwright.attest import keys, releasing, revocation_list, under_review
from cardwright.attest.keys import PrivateKey
from cardwright.attest.trust import STATUS, Holder, Trust
from cardwright.attest.under_review import DossierUnderReview
from cardwright.attest.witness import cosigning, log, merkle, notes, receipts
from cardwright.attest.witness.cosigning import Cosigned
from cardwright.attest.witness.log import LogHead
from cardwright.attest.witness.notes import NoteKey
from cardwright.attest.witness.receipts import LogEntry, Receipt
from cardwright.desk import database
from cardwright.dossier import layout, store
from cardwright.dossier.log_folder import LogFolder
from cardwright.dossier.log_site import LogSite
from cardwright.errors import CardwrightError, IntegrityError, NothingToCheckError, StoreError, UsageError
from cardwright.files import disk
from cardwright.record import canonical

_TURN = 1_001
"""The number of the lock under which the log grows: one transaction at a time, also where several may write at once."""


@dataclass(frozen=True)
class LogWitness:
    """Another log's operator who cosigns this one: where they are asked, and the key of their cosignatures."""

    site: LogSite
    key: NoteKey


@dataclass(frozen=True)
class DeskLog:
    """A desk's log, with the key that signs for it."""

    folder: Path
    """The desk's folder."""
    name: str
    key: PrivateKey = field(repr=False)
    cosigned: tuple[NoteKey, ...] = ()
    """Other logs, whose checkpoints this desk cosigns when it is asked."""
    witnesses: tuple[LogWitness, ...] = ()
    """Who is asked to cosign this one."""

    @property
    def files(self) -> LogFolder:
        """The log's files."""
        return LogFolder(self.folder / "log")

    @property
    def public(self) -> NoteKey:
        """The key that its checkpoints are verified with."""
        return notes.key_of(self.name, self.key.public_key(), where="the desk's key")

    @property
    def cosigner(self) -> NoteKey:
        """The key that its cosignatures are verified with."""
        return notes.key_of(self.name, self.key.public_key(), notes.COSIGNATURE, where="the desk's key")

    @property
    def head(self) -> LogHead:
        """The log's checkpoint.

        Raises
        ------
        StoreError
            If the log is damaged, or another's.
        """
        with _intact():
            return log.head(self.files, self.public)


def opened(
    folder: Path,
    key: PrivateKey,
    name: str,
    *,
    cosigned: Sequence[NoteKey] = (),
    witnesses: Sequence[LogWitness] = (),
) -> DeskLog:
    """The log in a desk's folder; a new one where there is none.

    Raises
    ------
    PolicyError
        If the key is not Ed25519, or the name is none.
    UsageError
        If the log that is there has another name or key.
    """
    made = DeskLog(folder, name, key, tuple(cosigned), tuple(witnesses))
    if any(one.public.public_bytes_raw() == made.public.public.public_bytes_raw() for one in cosigned):
        raise UsageError("a log does not cosign itself", do="Name the key of another desk's log.")
    if made.files.read(log.CHECKPOINT) is None:
        log.create(made.files, key, name)
    try:
        log.head(made.files, made.public)
    except IntegrityError as exc:
        raise UsageError(
            f"the log that is here is not one of this key and name: {exc.what}",
            where=str(folder / "log"),
            do="Name the key and the name that it was begun with.",
        ) from exc
    return made


@contextmanager
def _intact() -> Iterator[None]:
    """A log that is damaged is the desk's own trouble, and no fault of whatever is told to it."""
    try:
        yield
    except (IntegrityError, NothingToCheckError) as exc:
        raise StoreError(
            f"the desk's log is not whole: {exc.what}", do="Nothing was taken. Whoever runs the desk restores the log."
        ) from exc


# ---------------------------------------------------------------------------------------------------- growing


def told(connection: sa.Connection, desk_log: DeskLog, entries: Sequence[LogEntry]) -> tuple[Receipt, ...]:
    """Have the log hold these entries, each once; gives a receipt of each under its present checkpoint.

    Raises
    ------
    StoreError
        If the log is damaged, is shorter than what it has been told, or cannot be written.
    """
    with _intact():
        places = _places(connection, desk_log, entries)
        new = [entry for entry in dict.fromkeys(entries) if entry not in places]
        if new:
            _, at = log.append(desk_log.files, desk_log.key, desk_log.name, [entry.leaf for entry in new])
            _indexed(connection, [(position, entry.leaf) for position, entry in zip(at, new, strict=True)])
            places = {**places, **dict(zip(new, at, strict=True))}
        head = log.head(desk_log.files, desk_log.public)
        return tuple(receipts.receipt(desk_log.files, head, entry, places[entry]) for entry in entries)


def told_of_trust(connection: sa.Connection, desk_log: DeskLog, trust: Trust) -> bool:
    """Have the log know which trust file the desk goes by now; gives whether that was news.

    One that is put back is news, too, though the log has known it before.
    """
    entry = LogEntry(kind="trust", digest=trust.sha256, sequence=trust.sequence)
    with _intact():
        _synchronised(connection, desk_log)
        table = database.LOG_ENTRIES
        latest = sa.select(table.c.digest).where(table.c.kind == "trust").order_by(table.c.position.desc()).limit(1)
        if connection.execute(latest).scalar() == entry.digest:
            return False
        _, at = log.append(desk_log.files, desk_log.key, desk_log.name, [entry.leaf])
        _indexed(connection, [(at[0], entry.leaf)])
    return True


def _places(connection: sa.Connection, desk_log: DeskLog, entries: Sequence[LogEntry]) -> dict[LogEntry, int]:
    """Where the log holds these already, looked up in an index that is up to date, and that nobody else is changing."""
    _synchronised(connection, desk_log)
    table = database.LOG_ENTRIES
    found: dict[LogEntry, int] = {}
    for entry in entries:
        leaf = merkle.leaf(entry.leaf).hex()
        position = connection.execute(sa.select(sa.func.min(table.c.position)).where(table.c.leaf == leaf)).scalar()
        if position is not None:
            found[entry] = int(position)
    return found


def _synchronised(connection: sa.Connection, desk_log: DeskLog) -> None:
    """Bring the index up to the log: a process that was killed may have told the log what its database has never kept."""
    database.turn(connection, _TURN)
    table = database.LOG_ENTRIES
    head = log.head(desk_log.files, desk_log.public)
    size = head.checkpoint.size
    last = connection.execute(sa.select(table).order_by(table.c.position.desc()).limit(1)).first()
    start = last.position + 1 if last is not None else 0
    tree = log.Tree(desk_log.files, size)
    if start > size:
        raise IntegrityError(f"it has {size} entries, and {start} were told to it: it was put back from a backup")
    if last is not None and tree.node(0, last.position).hex() != last.leaf:
        raise IntegrityError(f"its entry {last.position} is not the one that was told to it")
    if start < size:
        _indexed(connection, list(enumerate(tree.entries(start, size), start)))


def _indexed(connection: sa.Connection, entries: Sequence[tuple[int, bytes]]) -> None:
    rows = []
    for position, data in entries:
        entry = entry_of(data)
        rows.append({
            "position": position, "leaf": merkle.leaf(data).hex(), "kind": entry.kind if entry is not None else "other",
            "digest": entry.digest if entry is not None else None, "release": entry.release if entry is not None else None,
        })  # fmt: skip
    connection.execute(database.LOG_ENTRIES.insert(), rows)


def position_of(engine: sa.Engine, leaf: str) -> int | None:
    """Where the log holds a leaf, by its hash; None where it does not."""
    table = database.LOG_ENTRIES
    with database.reading(engine) as connection:
        found = connection.execute(sa.select(sa.func.min(table.c.position)).where(table.c.leaf == leaf)).scalar()
    return int(found) if found is not None else None


def entry_of(data: bytes) -> LogEntry | None:
    """An entry of ours; None if somebody else has put something else into the log."""
    try:
        entry = LogEntry.model_validate(canonical.loads(data, where="entry"))
    except (ValidationError, IntegrityError):
        return None
    return entry if entry.leaf == data else None


# ---------------------------------------------------------------------------------------------------- dossiers


def with_receipts(
    connection: sa.Connection,
    desk_log: DeskLog | None,
    dossier: DossierUnderReview,
    files: Mapping[str, bytes],
    before: Mapping[str, bytes],
) -> dict[str, bytes]:
    """A dossier's files with the receipts that it brings, those that it had here before, and what the desk's log adds to them.

    Raises
    ------
    IntegrityError
        If the log knows of a withdrawal or a rejection of this release that the dossier does not hold: its end was cut off.
    StoreError
        If the log cannot take an entry. Then the dossier is not taken, either.
    """
    given = receipts.read(files.get(layout.RECEIPTS, b""))
    kept = [*dict.fromkeys((*receipts.read(before.get(layout.RECEIPTS, b"")), *given))]
    if desk_log is not None:
        entries = receipts.entries_of(dossier.chain, dossier.signed, dossier.release)
        lacking = receipts.lacking(entries, kept, desk_log.name)
        _must_not_be_cut_off(connection, dossier)
        kept += told(connection, desk_log, lacking) if lacking else ()
    return {**files, **({layout.RECEIPTS: receipts.to_bytes(kept)} if kept else {})}


def require_whole(engine: sa.Engine, desk_log: DeskLog, dossier: DossierUnderReview) -> None:
    """Refuse a dossier of this desk that lacks what its log was told of the release: the database was put back from a backup,
    or a process was killed between the log's entry and the transaction.

    Raises
    ------
    IntegrityError
        If the log knows of a withdrawal or a rejection that the dossier does not hold.
    StoreError
        If the log is damaged.
    """
    with database.writing(engine) as connection:
        with _intact():
            _synchronised(connection, desk_log)
        _must_not_be_cut_off(connection, dossier)


def _must_not_be_cut_off(connection: sa.Connection, dossier: DossierUnderReview) -> None:
    if dossier.release is None:
        return
    table = database.LOG_ENTRIES
    query = sa.select(table.c.kind, table.c.digest).where(table.c.release == dossier.release.sha256)
    here = {entry.digest for entry in dossier.chain.entries}
    gone = next((row for row in connection.execute(query) if row.digest not in here), None)
    if gone is not None:
        raise IntegrityError(
            f"the desk's log knows of a {gone.kind} of this release that is not here: the end of its ledger was cut off",
            where=layout.LEDGER,
            do="Take the copy that was signed last.",
        )


def fresh_receipts(connection: sa.Connection, desk_log: DeskLog, files: Mapping[str, bytes]) -> tuple[Receipt, ...]:
    """Receipts of a dossier's entries under the log's present checkpoint, with whatever cosignatures it bears by now.

    Raises
    ------
    StoreError
        If the log is damaged.
    """
    dossier = under_review.read(files, where="dossier")
    entries = receipts.entries_of(dossier.chain, dossier.signed, dossier.release)
    with _intact():
        places = _places(connection, desk_log, entries)
        head = log.head(desk_log.files, desk_log.public)
        return tuple(receipts.receipt(desk_log.files, head, one, at) for one, at in places.items())


def status(desk_log: DeskLog, files: Mapping[str, bytes], trust: Trust, now: str, hours: int) -> bytes:
    """The desk's signed word on whether a release still stands.

    Raises
    ------
    UsageError
        If the trust file does not know the desk's key, or does not let it speak of the status of releases.
    NothingToCheckError
        If nothing is released.
    IntegrityError
        If the dossier is not what its release statement says.
    """
    holder = _speaker(desk_log, trust)
    return releasing.status(
        files, desk_log.key, trust, person=holder.person.name, role=STATUS, now=now, hours=hours, where="dossier"
    )


def revocations(desk_log: DeskLog, trust: Trust, now: str, hours: int) -> bytes:
    """The desk's signed word on which keys of its trust file are revoked.

    Raises
    ------
    UsageError
        If the trust file does not know the desk's key, or lets it sign anything but its log and status statements.
    """
    holder = _speaker(desk_log, trust)
    return revocation_list.issued(trust, desk_log.key, person=holder.person.name, now=now, hours=hours)


def _speaker(desk_log: DeskLog, trust: Trust) -> Holder:
    """Who the desk is in its trust file."""
    holder = trust.holder(keys.fingerprint(desk_log.key.public_key()))
    if holder is None:
        raise UsageError(
            "the trust file does not know the desk's key, so its word on a release would count for nothing",
            do="Enrol it with the role status alone: cardwright keys enrol.",
        )
    if set(holder.person.roles) - {STATUS}:
        raise UsageError(
            f"the trust file lets the desk's key sign as {', '.join(holder.person.roles)}: a desk's key signs its log and "
            "status statements alone",
            do="Enrol a key of its own for the desk, with the role status and no other.",
        )
    return holder


# ---------------------------------------------------------------------------------------------------- cosigning


def answer(desk_log: DeskLog, body: bytes, at: datetime) -> Cosigned:
    """Cosign another log's checkpoint, or say why not (C2SP tlog-witness).

    The checkpoint that was cosigned last is kept in a file, and is on the disk before the answer leaves: a database that is put
    back from a backup must not make the desk forget what it has signed.

    Raises
    ------
    StoreError
        If it cannot be kept.
    """
    with store.locked(desk_log.folder / "cosigned"):
        said = cosigning.answer(
            body, desk_log.cosigned, lambda name: _kept(desk_log, name), desk_log.key, desk_log.name, at
        )
        if said.keep is not None:
            disk.write_file(
                _state(desk_log, notes.checkpoint_of(notes.read(said.keep, where="request")).origin), said.keep
            )
    return said


def _state(desk_log: DeskLog, name: str) -> Path:
    return desk_log.folder / "cosigned" / sha256(name.encode("utf-8")).hexdigest()


def _kept(desk_log: DeskLog, name: str) -> bytes | None:
    path = _state(desk_log, name)
    return disk.read_file(path, what="checkpoint that was cosigned last") if path.is_file() else None


def ask_witnesses(desk_log: DeskLog) -> tuple[str, ...]:
    """Have every witness that has not seen the log's checkpoint yet cosign it; gives what came in the way, a line each.

    Raises
    ------
    StoreError
        If the log is damaged.
    """
    troubles: list[str] = []
    for witness in desk_log.witnesses:
        head = desk_log.head
        if head.note.cosigned_at(witness.key) is not None:
            continue
        try:
            with _intact():
                lines = _asked(desk_log, witness, head)
                log.add_lines(desk_log.files, desk_log.public, head.note, lines)
        except CardwrightError as exc:
            troubles.append(f"{witness.key.name}: {exc}")
    return tuple(troubles)


def _asked(desk_log: DeskLog, witness: LogWitness, head: LogHead) -> bytes:
    old = 0
    for _ in range(
        2
    ):  # the first answer may say how much of the log the witness knows; the second request starts there
        code, body = witness.site.post("add-checkpoint", cosigning.request(desk_log.files, head, old))
        if code == 409 and body.strip().isdigit() and len(body) < 20:
            old = int(body)
            continue
        if code != 200:
            raise StoreError(f"it does not cosign (it answers with {code})", do="Ask its operator.")
        note = head.note.with_lines(body)
        if note.cosigned_at(witness.key) is None:
            raise StoreError("it has signed with another key than the one that is pinned", do="Ask its operator.")
        # Lines of others are nobody's business here, and a witness could fill the checkpoint with them.
        mine = [
            line
            for line in body.splitlines(keepends=True)
            if line.decode("utf-8").split(" ")[1:2] == [witness.key.name]
        ]
        return b"".join(mine)
    raise StoreError("it knows another checkpoint of this size", do="Ask its operator: the log may have two faces.")
