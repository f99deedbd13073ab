"""A witness log on the disk: its files, written so that they outlive a power cut, by one process at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cardwright.dossier import store
from cardwright.errors import StoreError
from cardwright.files.disk import read_file, write_file

LARGEST = 256 * (2**16 + 1)
"""Bytes of a file of a log, at most: a full bundle of the longest entries."""


@dataclass(frozen=True)
class LogFolder:
    """A folder that holds a log."""

    folder: Path

    def read(self, name: str) -> bytes | None:
        """A file's bytes; None where there is none.

        Raises
        ------
        SourceError
            If it cannot be read.
        """
        path = self.folder / name
        return read_file(path, what="file of the log", limit=LARGEST) if path.is_file() else None

    def write(self, name: str, data: bytes) -> None:
        """Write a file as a whole; the folder that lists it is written, too, before this returns.

        Raises
        ------
        StoreError
            If it cannot be written; what was there before is untouched.
        """
        path = self.folder / name
        write_file(path, data)
        # A renamed file can be gone after a power cut as long as its folder is not on the disk, and the checkpoint, which is
        # renamed later into another folder, would then tell of entries that are lost.
        for folder in (path.parent, *path.parent.parents):
            _to_disk(folder)
            if folder == self.folder:
                break

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with suppress(OSError):
            (self.folder / name).unlink()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One writer at a time; another one waits for its turn.

        Raises
        ------
        StoreError
            If it does not come within a minute.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise StoreError(f"cannot be made ({exc.strerror})", where=str(self.folder)) from exc
        with store.locked(self.folder):
            yield


def _to_disk(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # a system on which a folder cannot be opened
        return
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
