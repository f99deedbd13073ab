"""Files on disk: whether they are there, their digests, and whether they have changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from cardwright.errors import SourceError
from cardwright.privacy.showing import hint, quoted

HASH_BLOCK = 4 * 1024 * 1024
"""How much of a file is in memory while it is hashed."""

Stamp = tuple[str, int, int, int]
"""Path, size, time and inode of a file."""


def sha256_of(path: Path) -> str:
    """SHA-256 of the bytes of a file, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(HASH_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def sha256_of_path(path: Path) -> str:
    """SHA-256 of a file, or of the sorted (path, digest) pairs of all files of a folder."""
    if not path.is_dir():
        return sha256_of(path)
    files = sorted(
        (file for file in path.rglob("*") if file.is_file()), key=lambda file: file.relative_to(path).as_posix()
    )
    return folder_digest(path, files, [sha256_of(file) for file in files])


def folder_files(path: Path) -> list[str] | None:
    """The files of a folder and all below it, as sorted paths inside it; None if it is not a folder."""
    if not path.is_dir():
        return None
    return sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())


def sha256_at(path: Path, where: str) -> str | None:
    """SHA-256 of a file that must exist; None if it is a folder, whose digest is that of the files that are read of it.

    Raises
    ------
    SourceError
        If it is missing or cannot be read.
    """
    if path.is_dir():
        return None
    require_file(path, where)
    return sha256_of(path)


def folder_digest(folder: Path, files: Sequence[Path], digests: Sequence[str]) -> str:
    """SHA-256 of the lines `digest  path` of a folder's files, as `sha256sum` prints them."""
    lines = [f"{digest}  {file.relative_to(folder).as_posix()}\n" for file, digest in zip(files, digests, strict=True)]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def require_file(path: Path, where: str) -> None:
    """Refuse what is not a regular, non-empty file that can be read.

    Raises
    ------
    SourceError
        With the nearest name in the same folder where the file is missing.
    """
    try:
        stat = path.stat()
    except OSError:
        if path.parent.is_dir():
            advice = hint(path.name, (p.name for p in path.parent.iterdir() if not p.name.startswith(".")))
        else:
            advice = f"There is no folder {quoted(path.parent.name, 'of that name')}."
        raise SourceError("there is no such file", where=where, do=advice or None) from None
    if not path.is_file():
        raise SourceError("this is not a regular file", where=where, do="Name a file.")
    if stat.st_size == 0:
        raise SourceError("the file is empty (0 bytes)", where=where, do="Write it again from its source.")
    try:
        with path.open("rb"):
            pass
    except OSError as exc:
        raise SourceError(
            f"the file cannot be opened ({exc.strerror})", where=where, do="Check its permissions."
        ) from exc


def stamps(files: Sequence[Path]) -> tuple[Stamp, ...]:
    """What tells a file from a later one of the same name, without reading it."""

    def stamp(path: Path) -> Stamp:
        try:
            stat = path.stat()
        except OSError:
            return (str(path), -1, -1, -1)  # gone, which differs from what it was
        return (str(path), stat.st_size, stat.st_mtime_ns, stat.st_ino)

    return tuple(stamp(path) for path in files)
