"""The content store: every file once, under its digest, written whole and never changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cardwright.errors import IntegrityError
from cardwright.files.disk import read_file, write_file
from cardwright.record import canonical

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ContentStore:
    """A folder of contents by digest."""

    folder: Path

    def put(self, data: bytes) -> str:
        """Keep contents; gives their digest. What is there already is left alone.

        Raises
        ------
        StoreError
            If there is no room.
        """
        digest = canonical.digest(data)
        path = self._path(digest)
        if not path.is_file():
            write_file(path, data)
        return digest

    def get(self, digest: str) -> bytes:
        """Contents by their digest, compared with it.

        Raises
        ------
        SourceError
            If they are not here.
        IntegrityError
            If the disk holds something else there.
        """
        data = read_file(self._path(digest), what="content")
        if canonical.digest(data) != digest:
            raise IntegrityError("the content is not that of its digest", where=digest[:12], do="Restore a backup.")
        return data

    def holds(self, digest: str) -> bool:
        """Whether contents of this digest are here."""
        return self._path(digest).is_file()

    def all(self) -> Iterator[str]:
        """The digests of everything that is here, in order."""
        for folder in sorted(self.folder.glob("[0-9a-f][0-9a-f]")):
            yield from sorted(path.name for path in folder.iterdir() if _DIGEST.fullmatch(path.name))

    def size(self, digest: str) -> int:
        """How many bytes contents have."""
        return self._path(digest).stat().st_size

    def moment(self, digest: str) -> float:
        """When contents were written, in seconds since 1970."""
        return self._path(digest).stat().st_mtime

    def remove(self, digest: str) -> None:
        """Remove contents that no state lists any more."""
        self._path(digest).unlink(missing_ok=True)

    def files(self, listed: Mapping[str, str]) -> dict[str, bytes]:
        """The files of a state, given digests by path."""
        return {path: self.get(digest) for path, digest in listed.items()}

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest


def state_of(listed: Mapping[str, str]) -> str:
    """The digest of a state: of its files by path and digest."""
    return canonical.digest(listing(listed))


def listing(listed: Mapping[str, str]) -> bytes:
    """What is kept of a state: its files by path and digest; the digest of these bytes is the state's."""
    return canonical.dumps(dict(sorted(listed.items())))
