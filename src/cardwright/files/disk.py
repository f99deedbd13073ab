"""Files read and written whole: clear errors, a limit on size, and never half a file."""

from __future__ import annotations

import errno
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from cardwright.errors import SourceError, StoreError, nearest


@contextmanager
def as_file(data: bytes) -> Iterator[BinaryIO]:
    """These bytes as a file without a name, for a library that reads files faster than bytes; it is gone afterwards."""
    file: BinaryIO | None = None
    try:
        file = tempfile.TemporaryFile()  # noqa: SIM115  closed below
        file.write(data)
        file.seek(0)
    except OSError:  # nowhere to write: slower, and the same bytes
        if file is not None:
            with suppress(OSError):  # it tries once more to write what had no room
                file.close()
        file = io.BytesIO(data)
    with file:
        yield file


MAX_BYTES = 256 * 1024 * 1024


def read_file(path: Path, *, what: str = "file", limit: int = MAX_BYTES) -> bytes:
    """The bytes of a file.

    Raises
    ------
    SourceError
        If it is missing, is a folder, may not be read, or is larger than the limit.
    """
    try:
        size = path.stat().st_size
        if size > limit:
            raise SourceError(f"the {what} is larger than {limit // 2**20} MB", where=str(path))
        return path.read_bytes()
    except FileNotFoundError as exc:
        hint = _near(path)
        raise SourceError(f"the {what} is missing", where=str(path), do=hint or "Check the path.") from exc
    except IsADirectoryError as exc:
        raise SourceError(f"the {what} is a folder", where=str(path), do="Name a file in it.") from exc
    except OSError as exc:
        raise SourceError(f"the {what} cannot be read ({exc.strerror})", where=str(path)) from exc


def _near(path: Path) -> str | None:
    if not path.parent.is_dir():
        return f"There is no folder {path.parent}."
    match = nearest(path.name, (p.name for p in path.parent.iterdir()))
    return f'Did you mean "{match}"?' if match else None


def write_file(path: Path, data: bytes) -> None:
    """Write a file beside and move it into place.

    Raises
    ------
    StoreError
        If it cannot be written; what was there before is untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as exc:
        raise _unwritten(path, exc) from exc


def append_file(path: Path, data: bytes) -> None:
    """Add to the end of a file that another program reads when we have ended, e.g. a build's job summary.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    try:
        with path.open("ab") as file:
            file.write(data)
    except OSError as exc:
        raise _unwritten(path, exc) from exc


def _unwritten(path: Path, exc: OSError) -> StoreError:
    if exc.errno == errno.ENOSPC:
        return StoreError(
            "there is no space left on the disk", where=str(path), do="Free some and run again; nothing was changed."
        )
    return StoreError(
        f"cannot be written ({exc.strerror})",
        where=str(path),
        do="Check the folder's permissions; nothing was changed.",
    )
