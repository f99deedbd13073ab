"""An append-only log in tiles (C2SP tlog-tiles): static files, so that any web server can publish it and any tool can read it.

    checkpoint                 the signed head: whatever it covers is in the log, and nothing else
    tile/entries/000.p/42      entries, each with its length before it
    tile/0/000.p/42            their hashes; tile/1/… holds roots of 256 of these, and so on

The checkpoint is written last and is the one thing that commits. A process that is killed before that leaves files which no
checkpoint covers and which the next append replaces; one that is killed after it has appended. Two processes take turns under a
lock, and each compares the tree on the disk with the checkpoint before it adds to it, so the log has one continuation. What a
backup that is put back would do, only others can see: cosigners and monitors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from cardwright.attest.keys import PrivateKey
from cardwright.attest.witness import merkle, notes
from cardwright.attest.witness.notes import Checkpoint, Note, NoteKey
from cardwright.errors import IntegrityError, NothingToCheckError, UsageError

CHECKPOINT = "checkpoint"
WIDTH = 256
"""Hashes of a full tile, and entries of a full bundle."""
LONGEST = 2**16 - 1
"""Bytes of an entry, at most: its length is written in two."""


class LogFiles(Protocol):
    """Where a log's files are read: a folder, or a web server."""

    def read(self, name: str) -> bytes | None:
        """A file's bytes; None where there is none."""
        ...


class WritableLogFiles(LogFiles, Protocol):
    """Where a log's files are kept."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file as a whole, and return once it would outlive a power cut."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        ...

    def locked(self) -> AbstractContextManager[None]:
        """One writer at a time."""
        ...


@dataclass(frozen=True)
class Tree:
    """The tree of a log at a size, read tile by tile."""

    files: LogFiles
    size: int
    read: dict[tuple[int | str, int], bytes] = field(default_factory=dict, compare=False)
    """Tiles that were read; one tree is for one question."""

    def node(self, level: int, place: int) -> bytes:
        """Hash of a complete subtree.

        Raises
        ------
        IntegrityError
            If its tile is missing, or too short.
        """
        above, within = divmod(level, 8)
        tile, start = divmod(place << within, WIDTH)
        hashes = self._tile(above, tile)
        return merkle.complete([hashes[32 * n : 32 * n + 32] for n in range(start, start + (1 << within))])

    def entries(self, start: int, end: int) -> Iterator[bytes]:
        """Entries from one place up to another, each compared with the hash of it in the tree.

        Raises
        ------
        IntegrityError
            If a bundle is missing or damaged, or holds another entry than the tree.
        """
        for index in range(start, end):
            bundle, place = divmod(index, WIDTH)
            if place == 0 or index == start:
                here = _unpacked(self._bundle(bundle), path("entries", bundle))
            if place >= len(here) or merkle.leaf(here[place]) != self.node(0, index):
                raise IntegrityError(f"entry {index} is not the one in the tree", where=path("entries", bundle))
            yield here[place]

    @property
    def root(self) -> bytes:
        """Its root."""
        return merkle.root(self.node, self.size)

    def _width(self, level: int, tile: int) -> int:
        return min(WIDTH, (self.size >> 8 * level) - tile * WIDTH)

    def _tile(self, level: int, tile: int) -> bytes:
        if (level, tile) not in self.read:
            width = self._width(level, tile)
            data = self._file(level, tile, width)
            if width <= 0 or len(data) < 32 * width or len(data) % 32:
                raise IntegrityError("the tile is damaged", where=path(level, tile, width))
            self.read[level, tile] = data[: 32 * width]
        return self.read[level, tile]

    def _bundle(self, tile: int) -> bytes:
        if ("entries", tile) not in self.read:
            self.read["entries", tile] = self._file("entries", tile, self._width(0, tile))
        return self.read["entries", tile]

    def _file(self, level: int | str, tile: int, width: int) -> bytes:
        """A tile at this width, or, where its partial files are gone, the full one."""
        partial = self.files.read(path(level, tile, width))
        data = partial if partial is not None or width == WIDTH else self.files.read(path(level, tile))
        if data is None:
            raise IntegrityError("a file of the log is missing", where=path(level, tile, width))
        return data


def path(level: int | str, tile: int, width: int = WIDTH) -> str:
    """Where a tile stands.

    >>> path(0, 1234067, 3)
    'tile/0/x001/x234/067.p/3'
    """
    digits = f"{tile:03d}" if tile < 1000 else f"{tile:0{(len(str(tile)) + 2) // 3 * 3}d}"
    parts = [digits[n : n + 3] for n in range(0, len(digits), 3)]
    name = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
    return f"tile/{level}/{name}" + (f".p/{width}" if width < WIDTH else "")


def _packed(entries: Sequence[bytes]) -> bytes:
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def _unpacked(data: bytes, where: str) -> list[bytes]:
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        entry = data[at + 2 : at + 2 + length]
        if len(data) < at + 2 or len(entry) < length:
            raise IntegrityError("the bundle of entries is cut off", where=where)
        entries.append(entry)
        at += 2 + length
    return entries


# ---------------------------------------------------------------------------------------------------- reading


@dataclass(frozen=True)
class LogHead:
    """The head of a log whose signature holds."""

    note: Note
    checkpoint: Checkpoint


def head(files: LogFiles, key: NoteKey) -> LogHead:
    """The checkpoint of a log, signed by its key.

    Raises
    ------
    NothingToCheckError
        If there is no log.
    IntegrityError
        If it is damaged, another log's, or not signed by this key.
    """
    data = files.read(CHECKPOINT)
    if data is None:
        raise NothingToCheckError("no log here", do="Make one: cardwright witness new.")
    return believed(data, key, where=CHECKPOINT)


def believed(data: bytes, key: NoteKey, *, where: str) -> LogHead:
    """A checkpoint that this log's key has signed.

    Raises
    ------
    IntegrityError
        If it is damaged, another log's, or not signed by this key.
    """
    note = notes.read(data, where=where)
    checkpoint = notes.checkpoint_of(note, where=where)
    if checkpoint.origin != key.name:
        raise IntegrityError(f"it is of the log {checkpoint.origin}, not of {key.name}", where=where)
    if note.of(key) is None:
        raise IntegrityError(f"it is not signed with the key of {key.name}", where=where)
    return LogHead(note, checkpoint)


# ---------------------------------------------------------------------------------------------------- writing


def create(files: WritableLogFiles, key: PrivateKey, name: str) -> LogHead:
    """Make a log without entries, signed.

    Raises
    ------
    UsageError
        If there is one already.
    PolicyError
        If the key is not Ed25519, or the name is none.
    """
    with files.locked():
        if files.read(CHECKPOINT) is not None:
            raise UsageError("there is a log already", do="Name another folder: nothing of a log is ever replaced.")
        return _commit(files, key, Checkpoint(name, 0, merkle.EMPTY))


def append(files: WritableLogFiles, key: PrivateKey, name: str, entries: Sequence[bytes]) -> tuple[LogHead, range]:
    """Add entries, and commit them with a new checkpoint; gives that and the places of the entries.

    Raises
    ------
    IntegrityError
        If the log on the disk is not the one that its checkpoint tells of. Nothing is added to a damaged log.
    UsageError
        If an entry is longer than a log can hold.
    """
    if any(len(entry) > LONGEST for entry in entries):
        raise UsageError("the entry is too long for a log", do=f"At most {LONGEST} bytes.")
    _, public = notes.private_of(key, name)
    with files.locked():
        before = head(files, public)
        size = before.checkpoint.size
        tree = Tree(files, size)
        if tree.root != before.checkpoint.root:
            raise IntegrityError(
                "the log on the disk is not the one that its checkpoint tells of",
                do="Nothing was added. Put back all of its files, none older than the checkpoint.",
            )
        if not entries:
            return before, range(size, size)
        _write(files, tree, entries)
        after = size + len(entries)
        made = _commit(files, key, Checkpoint(name, after, Tree(files, after).root))
        _tidy(files, size, after)
    return made, range(size, after)


def add_lines(files: WritableLogFiles, key: NoteKey, cosigned: Note, lines: bytes) -> LogHead:
    """Put cosigners' lines under the checkpoint that they are about; nothing where the log has grown since.

    Raises
    ------
    IntegrityError
        If the log's own checkpoint is damaged, or the lines are no signatures.
    """
    with files.locked():
        now = head(files, key)
        if now.note.text != cosigned.text:
            return now
        note = now.note.with_lines(lines)
        files.write(CHECKPOINT, note.to_bytes())
    return LogHead(note, now.checkpoint)


def _commit(files: WritableLogFiles, key: PrivateKey, checkpoint: Checkpoint) -> LogHead:
    note = notes.signed(checkpoint, key)
    files.write(CHECKPOINT, note.to_bytes())
    return LogHead(note, checkpoint)


def _write(files: WritableLogFiles, tree: Tree, entries: Sequence[bytes]) -> None:
    """The bundles and tiles that new entries change, level by level, until a level has no new hash."""
    size = tree.size
    for tile, start, part in _parts(size, len(entries)):
        former = tree._bundle(tile) if tile * WIDTH < size else b""
        whole = [
            *_unpacked(former, path("entries", tile))[: size - tile * WIDTH if former else 0],
            *entries[start:part],
        ]
        files.write(path("entries", tile, len(whole)), _packed(whole))
    level, count, fresh = 0, size, [merkle.leaf(entry) for entry in entries]
    while fresh:
        above: list[bytes] = []
        for tile, start, part in _parts(count, len(fresh)):
            former = tree._tile(level, tile) if tile * WIDTH < count else b""
            data = former + b"".join(fresh[start:part])
            files.write(path(level, tile, len(data) // 32), data)
            if len(data) == 32 * WIDTH:
                above.append(merkle.complete([data[n : n + 32] for n in range(0, len(data), 32)]))
        level, count, fresh = level + 1, count >> 8, above


def _parts(count: int, more: int) -> Iterator[tuple[int, int, int]]:
    """Which tiles some more hashes fall into: the tile, and from which to which of them."""
    start = 0
    while start < more:
        tile, place = divmod(count + start, WIDTH)
        end = min(more, start + WIDTH - place)
        yield tile, start, end
        start = end


def _tidy(files: WritableLogFiles, before: int, after: int) -> None:
    """Remove the partial files of tiles that are full now: whoever asks for one of them is given the full one."""
    levels: Mapping[int | str, int] = {"entries": 0, **{level: level for level in range(8)}}
    for name, level in levels.items():
        old, new = before >> 8 * level, after >> 8 * level
        tile = old // WIDTH
        if new // WIDTH > tile:
            for width in range(1, WIDTH):
                files.remove(path(name, tile, width))
