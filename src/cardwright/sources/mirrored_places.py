"""A place in an object store as a folder of this machine, brought up to date again and again: what is new or changed is fetched.

Whoever can write there chooses the names of objects. A name that would lead out of the folder, or into a file as if it were a
folder, is left out and told; nothing else of the place is lost by it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cardwright.errors import SourceError, UsageError
from cardwright.sources import network, remote_files

SCHEMES = ("s3", "gs", "abfs", "abfss", "az")
"""Object stores that can be listed; a web server cannot."""


@dataclass(frozen=True)
class Mirror:
    """What is known of a place."""

    seen: Mapping[str, str] = field(default_factory=dict)
    """Every object that was fetched, by its path below the place, and what tells it from a later one."""
    left_out: tuple[str, ...] = ()
    """What was not fetched, and why, a line each."""


def checked_place(word: str) -> str:
    """The address of a place that can be mirrored.

    Raises
    ------
    UsageError
        If it is none.

    Examples
    --------
    >>> checked_place("s3://dossiers/inbox/")
    's3://dossiers/inbox'
    """
    parts = urlsplit(word)
    if parts.scheme not in SCHEMES or not parts.netloc or ("@" in parts.netloc and parts.scheme == "s3"):
        raise UsageError(
            "not a place in an object store",
            where=word.rpartition("@")[2],
            do=f"Write it like s3://bucket/folder; one of {', '.join(SCHEMES)}.",
        )
    return word.rstrip("/")


def mirrored(
    place: str, folder: Path, before: Mirror, *, allowed: Sequence[str] = (), largest: int, whole: int
) -> Mirror:
    """Bring a folder up to date with a place: fetch what is new or has changed, remove what is gone.

    Parameters
    ----------
    before
        What this gave the last time; an empty one fetches everything.
    allowed
        Hosts beyond this machine that may be reached, as `host:port`.
    largest
        Bytes that an object may have; a larger one is left out.
    whole
        Bytes that all of them may have; what goes beyond is left out.

    Raises
    ------
    SourceError
        If the place cannot be listed, or more objects are there than are listed.
    MissingExtraError
        If the store's library is not installed.
    """
    seen: dict[str, str] = {}
    left_out: list[str] = []
    size = 0
    destinations = [network.destination(word) for word in allowed]
    with remote_files.explained(
        place, destinations, closed="the desk may not reach", do="Allow it: --watch-allow HOST:PORT."
    ):
        store = remote_files.opened_store(place, place, destinations)
        try:
            found = sorted(store.listed(place, place), key=lambda one: one.inside)
        except FileNotFoundError:  # a folder in which nothing is yet, or no bucket: a store does not tell which
            found = []
            left_out.append("nothing is there: check the bucket and the folder if something should be")
        folders = {one.inside[:end] for one in found for end, sign in enumerate(one.inside) if sign == "/"}
        for one in found:
            stamp = repr(one.stamp)
            why = _refused(one.inside, one.size, largest)
            if one.inside in folders:
                why = "its name is that of a folder, too"
            if why is None:
                size += one.size or 0
                why = "together they are larger than what is taken" if size > whole else None
            if why is not None:
                left_out.append(f"{one.inside[:200]!r}: {why}")
                continue
            if before.seen.get(one.inside) != stamp or not (folder / one.inside).is_file():
                try:
                    remote_files.fetched(store, one, place, folder)
                except (SourceError, FileExistsError, NotADirectoryError, IsADirectoryError) as exc:
                    why = exc.what if isinstance(exc, SourceError) else "what was fetched before is in its way"
                    left_out.append(f"{one.inside[:200]!r}: {why}")
                    continue
            seen[one.inside] = stamp
    for path in set(before.seen) - set(seen):
        with suppress(NotADirectoryError):  # a file is there now whose name was a folder's
            (folder / path).unlink(missing_ok=True)
    return Mirror(seen, tuple(left_out))


def _refused(inside: str, size: int | None, largest: int) -> str | None:
    """Why an object is left out; None where it is not."""
    if not remote_files.stays_inside(inside):
        return "its name leads out of the folder"
    if size is None or size > largest:
        return "it is larger than what is taken"
    return None


def emptied(folder: Path) -> Path:
    """The folder, with nothing in it: what an earlier process left there may be half of something."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
