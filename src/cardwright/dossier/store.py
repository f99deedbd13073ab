"""The only reader and writer of dossiers: atomic, locked, recoverable.

A dossier is a folder. It is written beside and swapped in as a whole, so that a reader, a full disk or a power cut sees the old
one or the new one, never half of one.
"""

from __future__ import annotations

import ctypes
import glob
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import TypeVar

from cardwright.dossier.layout import CLAIMS, LEDGER, MANIFEST, PLAN, RECORD, Manifest, outside, status_beside
from cardwright.errors import EvidenceError, IntegrityError, SourceError, StoreError
from cardwright.files.disk import _near, _unwritten, read_file, write_file
from cardwright.record import canonical

# ---------------------------------------------------------------------------------------------------- reading


def read_dossier(folder: Path) -> dict[str, bytes]:
    """Every file of a dossier, checked against its manifest.

    Raises
    ------
    SourceError
        If the folder is not a dossier.
    IntegrityError
        If a file differs from the manifest, is not listed, or is missing.
    """
    recover(folder)
    for _ in range(3):
        if not folder.is_dir():
            raise SourceError(
                "no dossier here", where=str(folder), do=_near(folder) or "Make one: cardwright run PLAN -o FOLDER."
            )
        before = _identity(folder)
        try:
            return hold(_files(folder), where=str(folder))
        except EvidenceError:
            # Another process has swapped another dossier in meanwhile: what was read is half of each.
            if _identity(folder) in (None, before):
                raise
    raise StoreError("another process keeps writing this dossier", where=str(folder), do="Wait until it has ended.")


def status_of(dossier: Path, given: Path | None = None) -> bytes | None:
    """The status statement that is given, or that stands beside the dossier; None if there is neither."""
    if given is not None:
        return read_file(given, what="status statement")
    beside = status_beside(dossier)
    return read_file(beside, what="status statement") if beside.is_file() else None


def _identity(folder: Path) -> tuple[int, int, int] | None:
    """Which folder a path leads to; None if to none. After two swaps another folder can have its inode, but not its times."""
    try:
        there = folder.stat()
    except OSError:
        return None
    return there.st_ino, there.st_ctime_ns, there.st_mtime_ns


def _files(folder: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise IntegrityError("a symbolic link in a dossier", where=str(path), do="A dossier holds files only.")
        if path.is_file():
            files[path.relative_to(folder).as_posix()] = read_file(path)
        elif not path.is_dir():
            raise IntegrityError("neither a file nor a folder", where=str(path), do="A dossier holds files only.")
    return files


def hold(files: dict[str, bytes], *, where: str) -> dict[str, bytes]:
    """The files of a dossier, checked against the manifest among them.

    Raises
    ------
    SourceError
        If there is no manifest.
    IntegrityError
        If a file differs from the manifest, is not listed, or is missing.
    """
    if MANIFEST not in files:
        raise SourceError(
            f"not a dossier: it has no {MANIFEST}", where=where, do="Name the folder that `run` has written."
        )
    folder = Path(where)
    manifest = canonical.parse(Manifest, files[MANIFEST], where=str(folder / MANIFEST))
    if canonical.dumps(manifest) != files[MANIFEST]:
        raise IntegrityError("not in canonical form", where=str(folder / MANIFEST), do="Somebody has rewritten it.")
    listed = {entry.path: entry for entry in manifest.files}
    for name, entry in listed.items():
        if name not in files:
            raise IntegrityError(
                "listed in the manifest, but missing", where=str(folder / name), do="Make the dossier again."
            )
        if canonical.digest(files[name]) != entry.sha256:
            raise IntegrityError(
                "its bytes are not those of the manifest",
                where=str(folder / name),
                do="It was changed after it was written.",
            )
    extra = sorted(name for name in files if name not in listed and not outside(name))
    if extra:
        raise IntegrityError(
            "not listed in the manifest", where=str(folder / extra[0]), do="It was added after the dossier was written."
        )
    return files


def find_dossiers(places: Sequence[Path]) -> list[Path]:
    """The dossiers at these places and in the folders below them, sorted; hidden folders are not looked into.

    Raises
    ------
    SourceError
        If one of these folders is missing.
    """

    def unreadable(exc: OSError) -> None:
        raise SourceError(f"the folder cannot be read ({exc.strerror})", where=str(exc.filename)) from exc

    dossiers: set[Path] = set()
    for start in places:
        recover(start)
        if not start.is_dir():
            raise SourceError("no such folder", where=str(start), do=_near(start) or "Check the path.")
        for folder, below, names in os.walk(start, onerror=unreadable):
            if MANIFEST in names or (RECORD in names and PLAN in names):
                dossiers.add(Path(folder))
                below.clear()
            below[:] = [name for name in below if not name.startswith(".")]
            # Links are not followed, since they can lead in a circle; a dossier behind one is not passed over.
            linked = [path for path in (Path(folder) / name for name in below) if path.is_symlink()]
            dossiers.update(path for path in linked if (path / MANIFEST).is_file())
    return sorted(dossiers)


Stamp = tuple[tuple[str, int, int], ...]
"""The files of a dossier's folder, without those below it, by name, size and time."""


def stamp(folder: Path) -> Stamp:
    """What a dossier's folder looks like from outside: it tells that somebody has written there, and proves not that nobody has.

    Raises
    ------
    SourceError
        If it cannot be looked into.
    """
    try:
        found = [(entry.name, entry.stat()) for entry in os.scandir(folder) if entry.is_file()]
    except OSError as exc:
        raise SourceError(f"the folder cannot be read ({exc.strerror})", where=str(folder)) from exc
    return tuple(sorted((name, about.st_size, about.st_mtime_ns) for name, about in found))


def ledger_of(folder: Path) -> bytes:
    """The ledger of an existing dossier, so that the next run carries it on; empty if there is none yet."""
    path = folder / LEDGER
    return read_file(path, what="ledger") if path.is_file() else b""


def kept(folder: Path) -> dict[str, bytes]:
    """What an interrupted run has finished, by evaluation; empty if there is nothing."""
    beside = _keeping(folder)
    if not beside.is_dir():
        return {}
    return {path.stem: read_file(path, what="kept evaluation") for path in sorted(beside.glob("*.json"))}


def _keeping(folder: Path) -> Path:
    folder = folder.absolute()
    return folder.parent / f".{folder.name}.resume"


# ---------------------------------------------------------------------------------------------------- writing

WAIT = 60.0
"""Seconds that a writer waits for its turn."""


def keep(folder: Path, id_: str, data: bytes) -> None:
    """Keep a finished evaluation beside a dossier that is not written yet.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    write_file(_keeping(folder) / f"{id_}.json", data)


def forget(folder: Path) -> None:
    """Drop what was kept: the dossier is written, and holds it."""
    shutil.rmtree(_keeping(folder), ignore_errors=True)


def _plan_signatures(folder: Path) -> Path:
    folder = folder.absolute()
    return folder.parent / f"{folder.name}.plan.jsonl"


def plan_signatures(folder: Path) -> bytes:
    """Who signed the plan of the dossier that will be written there; empty if nobody did."""
    path = _plan_signatures(folder)
    return read_file(path, what="the plan's signatures") if path.is_file() else b""


def sign_plan(folder: Path, change: Callable[[bytes], bytes]) -> bytes:
    """Add a signature of the plan beside where its dossier will be written; returns all signatures, the new one last.

    Raises
    ------
    StoreError
        If another process is writing there.
    """
    with locked(folder):
        after = change(plan_signatures(folder))
        write_file(_plan_signatures(folder), after)
        return after


Made = TypeVar("Made")


def amend(
    folder: Path,
    change: Callable[[Mapping[str, bytes]], tuple[Mapping[str, bytes | None], Made]],
    *,
    wait: float = WAIT,
) -> Made:
    """Add what is said over a dossier: claims, ledger, verdict, the release. What the manifest lists cannot change.

    Parameters
    ----------
    change:
        Makes the files that change from those read under the lock, so that two people who sign at once lose nothing, and what
        was made with them, which is returned. A file whose value becomes None is removed.
    wait:
        Seconds to wait for another writer.

    Raises
    ------
    StoreError
        If another process is writing, or a file that the manifest lists would change.
    """
    with locked(folder, wait=wait):
        recover(folder, alone=True)
        before = read_dossier(folder)
        changes, made = change(before)
        after = {name: data for name, data in {**before, **changes}.items() if data is not None}
        if not all(outside(name) for name in changes):
            raise StoreError(
                "what was made is not changed afterwards", where=str(folder), do="Run again, with --supersede."
            )
        _write(folder.absolute(), after)
    return made


def write_dossier(folder: Path, files: Mapping[str, bytes], *, supersede: bool = False, wait: float = WAIT) -> None:
    """Swap a dossier in as a whole; the former one stays until the new one is complete, and then is gone.

    Parameters
    ----------
    supersede:
        Archive a signed dossier beside the new one, as `<name>.superseded-<manifest digest>`, and take its place.
    wait:
        Seconds to wait for another writer.

    Raises
    ------
    StoreError
        If it cannot be written, the folder holds something that is not a dossier, or the dossier there is signed.
    """
    folder = folder.absolute()
    for name in files:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise StoreError(f"{name} is not a path inside the dossier")
    with locked(folder, wait=wait):
        recover(folder, alone=True)
        if supersede and (folder / CLAIMS).is_file():
            _archive(folder)
        _may_replace(folder)
        _write(folder, files)


def _archive(folder: Path) -> None:
    digest = canonical.digest((folder / MANIFEST).read_bytes())[:12] if (folder / MANIFEST).is_file() else "unknown"
    archive = folder.parent / f"{folder.name}.superseded-{digest}"
    if archive.exists():
        raise StoreError("this dossier was superseded before", where=str(archive), do="Move the archive elsewhere.")
    try:
        folder.rename(archive)
    except OSError as exc:
        raise _unwritten(archive, exc) from exc


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.new."))
    except OSError as exc:
        raise _unwritten(folder, exc) from exc
    try:
        for name, data in files.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        new.chmod(0o755)
        _swap(new, folder)
    except OSError as exc:
        raise _unwritten(folder, exc) from exc
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _may_replace(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise StoreError("is a file, not a folder", where=str(folder), do="Name another folder with -o.")
    if any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise StoreError(
            "holds files that are not a dossier",
            where=str(folder),
            do="Name another folder with -o; nothing was changed.",
        )
    if (folder / CLAIMS).is_file() and (folder / CLAIMS).stat().st_size:
        raise StoreError(
            "this dossier is signed and is not overwritten",
            where=str(folder),
            do="Write to another folder, or use --supersede.",
        )


def _swap(new: Path, folder: Path) -> None:
    if not folder.exists():
        new.rename(folder)
        return
    if _exchange(new, folder):
        return
    # Two steps where the file system cannot exchange: a journal says what a crash between them left behind.
    old = folder.parent / f".{folder.name}.old"
    shutil.rmtree(old, ignore_errors=True)
    journal = folder.parent / f".{folder.name}.swap"
    journal.write_text(json.dumps({"new": new.name}), encoding="utf-8")
    folder.rename(old)
    new.rename(folder)
    journal.unlink()
    shutil.rmtree(old, ignore_errors=True)


_RENAME_EXCHANGE = 2
_AT_FDCWD = -100


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step (Linux renameat2); False if the system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    result: int = libc.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    return result == 0


def recover(folder: Path, *, alone: bool = False) -> None:
    """Finish or undo a swap that was cut off, so that the folder is the old dossier or the new one.

    Parameters
    ----------
    alone:
        Whether the lock is held: then what a writer that was killed has left beside the dossier goes, too.

    Raises
    ------
    StoreError
        If the swap was not interrupted but is still under way in another process.
    """
    folder = folder.absolute()
    if alone:
        for left in folder.parent.glob(f".{glob.escape(folder.name)}.new.*"):
            shutil.rmtree(left, ignore_errors=True)
    journal = folder.parent / f".{folder.name}.swap"
    old = folder.parent / f".{folder.name}.old"
    if not journal.is_file():
        if alone and folder.exists():
            shutil.rmtree(old, ignore_errors=True)
        return
    if not alone:
        with locked(folder, wait=2.0):  # a reader does not wait for a writer who is slow, it says so
            recover(folder, alone=True)
        return
    if not folder.exists() and old.exists():
        old.rename(folder)
    with suppress(OSError):
        journal.unlink()
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def locked(folder: Path, *, wait: float = WAIT) -> Iterator[None]:
    """One writer at a time; others wait for their turn, but not forever.

    Parameters
    ----------
    wait:
        Seconds after which whoever waits is refused.

    Raises
    ------
    StoreError
        If another process is still writing this dossier after that.
    """
    folder = folder.absolute()
    path = folder.parent / f".{folder.name}.lock"
    until = time.monotonic() + wait
    while (descriptor := _lock(path, folder)) is None:
        if time.monotonic() > until:
            raise StoreError(
                "another process is writing this dossier", where=str(folder), do="Wait until it has ended."
            )
        # Waiters that all look again at the same moment would get in each other's way.
        time.sleep(random.uniform(0.005, 0.05))  # noqa: S311  no secret depends on it
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(descriptor)


def _lock(path: Path, folder: Path) -> int | None:
    """The lock file, open and locked; None if somebody else has it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as exc:
        raise _unwritten(folder, exc) from exc
    try:
        try:
            import fcntl
        except ImportError:  # Windows
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it may have unlinked it since it was opened here; then this lock guards nothing.
        if path.stat().st_ino == os.fstat(descriptor).st_ino:
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def digests(folder: Path, names: list[str]) -> dict[str, str]:
    """SHA-256 of the named files of a folder as they are now; a missing file is left out.

    Raises
    ------
    SourceError
        If the folder is missing.
    """
    if not folder.is_dir():
        raise SourceError("no such folder", where=str(folder), do="Name the folder that holds the subject's files.")
    digests_now: dict[str, str] = {}
    for name in names:
        path = folder / name
        if path.is_file():
            digests_now[name] = canonical.digest(path.read_bytes())
    return digests_now


COPIED = 16 * 1024 * 1024
"""Evidence of at most this many bytes is copied beside its plan; larger files stay where they are."""


def size_of(source: Path) -> int:
    """The bytes of a file, or of all files of a folder."""
    if not source.is_dir():
        return source.stat().st_size
    return sum(file.stat().st_size for file in source.rglob("*") if file.is_file())


def link(source: Path, target: Path, *, force: bool = False) -> bool:
    """Make a symbolic link to a file or folder where nothing is yet; false if this system does not let us.

    Raises
    ------
    StoreError
        If something exists there already and `force` is not set.
    """
    if _is_there(source, target, force=force):
        return True
    try:
        target.symlink_to(source.resolve(), target_is_directory=source.is_dir())
    except OSError:
        return False
    return True


def _is_there(source: Path, target: Path, *, force: bool) -> bool:
    """Whether the target is the source already; if not, make room for it."""
    if target.exists() and target.samefile(source):
        return True
    if (target.exists() or target.is_symlink()) and not force:
        raise StoreError(
            "exists already, and is not overwritten", where=str(target), do="Name another folder, or add --force."
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_symlink() or target.is_file():
            target.unlink()  # a link would be followed, and what it points to overwritten
    except OSError as exc:
        raise _unwritten(target, exc) from exc
    return False


def copy(source: Path, target: Path, *, force: bool = False) -> None:
    """Copy a file, or a folder of files, to where nothing is yet.

    Raises
    ------
    StoreError
        If something exists there already and `force` is not set, or it cannot be written.
    """
    if _is_there(source, target, force=force):
        return
    try:
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=force)
        else:
            shutil.copy2(source, target)
    except OSError as exc:
        raise _unwritten(target, exc) from exc
