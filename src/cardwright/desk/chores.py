"""What a desk does by itself, again and again: it catches up, watches folders and buckets, has its log cosigned, sends notices.

Each round takes the state of the one before and gives its own. A chore that fails is told to the operator's log, and done again
in the next round; no other chore waits for it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cardwright.desk import desk_log, notices, registry, uploads
from cardwright.desk.notices import Notifier
from cardwright.desk.registry import Registry
from cardwright.dossier import layout, store
from cardwright.errors import CardwrightError, StoreError

LOGGER = logging.getLogger("cardwright.desk")
SECONDS = 15.0
"""How long a desk rests between two rounds."""

Stamp = tuple[tuple[str, int, int], ...]
"""A folder's files by path, size and time: what tells whether somebody is still writing."""


@dataclass(frozen=True)
class Watching:
    """What is known of a watched folder."""

    seen: Mapping[Path, Stamp] = field(default_factory=dict)
    """How each dossier's folder looked in the last round."""
    taken: Mapping[Path, Stamp] = field(default_factory=dict)
    """How it looked when it was taken in, or kept apart."""


def watched(desk: Registry, folder: Path, before: Watching, now: str) -> Watching:
    """Take in what has come to rest in a folder: what looks as it did in the round before, and not as when it was taken.

    A dossier that is not what it says is kept apart, once.
    """
    seen = {path.parent: _stamp(path.parent) for path in sorted(folder.glob(f"*/{layout.MANIFEST}"))}
    taken = {path: stamp for path, stamp in before.taken.items() if path in seen}
    for path, stamp in seen.items():
        if before.seen.get(path) == stamp and taken.get(path) != stamp:
            try:
                _take(desk, path, now)
            except StoreError as exc:  # the desk's own trouble: it is tried again
                LOGGER.warning("not taken", extra={"kind": type(exc).__name__, "why": exc.what})
                continue
            taken[path] = stamp
    return Watching(seen, taken)


def _stamp(folder: Path) -> Stamp:
    found = []
    for path in sorted(folder.rglob("*")):
        try:
            about = path.lstat()
        except OSError:  # gone while we looked
            continue
        found.append((path.relative_to(folder).as_posix(), about.st_size, about.st_mtime_ns))
    return tuple(found)


def _take(desk: Registry, folder: Path, now: str) -> None:
    try:
        files = store.read_dossier(folder)
        registry.arrive(desk, files, by="watched folder", now=now)
    except StoreError:
        raise
    except CardwrightError as exc:
        here = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= desk.settings.limits.unpacked
        }
        registry.quarantine(desk, uploads.packed(here), exc, by="watched folder", now=now)


@dataclass(frozen=True)
class WatchedPlace:
    """A folder whose dossiers are taken in, and how far that is."""

    folder: Path
    refresh: Callable[[Any], tuple[Any, Sequence[str]]] | None = None
    """For a bucket: brings the folder up to date with it, from what the last look gave; gives that anew, and lines."""
    known: Any = None
    """What the last look at the bucket gave."""
    watching: Watching = Watching()
    told: tuple[str, ...] = ()
    """What was left out in the last round, which is told once."""


def refreshed(desk: Registry, place: WatchedPlace, now: str) -> WatchedPlace:
    """One look at a place. A bucket that cannot be read is told of, and its folder left as it is."""
    if place.refresh is not None:
        try:
            known, lines = place.refresh(place.known)
        except CardwrightError as exc:
            said = (exc.what,)
            if said != place.told:
                LOGGER.warning("bucket not read", extra={"kind": type(exc).__name__, "why": exc.what})
            return replace(place, told=said)
        for line in lines:
            if line not in place.told:
                LOGGER.warning("left out of a bucket", extra={"why": line})
        place = replace(place, known=known, told=tuple(lines))
    return replace(place, watching=watched(desk, place.folder, place.watching, now))


@dataclass(frozen=True)
class Chores:
    """What there is to do, and how far it is."""

    watch: tuple[WatchedPlace, ...] = ()
    caught_up: bool = False
    notifier: Notifier | None = None


def once(desk: Registry, chores: Chores, now: str) -> Chores:
    """One round."""
    done = chores
    if not chores.caught_up:
        for trouble in registry.caught_up(desk, now):
            LOGGER.warning("not caught up", extra={"why": trouble})
        done = replace(done, caught_up=True)
    done = replace(done, watch=tuple(refreshed(desk, place, now) for place in chores.watch))
    if desk.log is not None:
        registry.trust_is_told(desk)
        for trouble in desk_log.ask_witnesses(desk.log):
            LOGGER.warning("not cosigned", extra={"why": trouble})
    if chores.notifier is not None:
        for trouble in notices.send(desk, chores.notifier, now):
            LOGGER.warning("not told", extra={"why": trouble})
    return done


def loop(
    desk: Registry, chores: Chores, stop: threading.Event, clock: Callable[[], str], rest: float = SECONDS
) -> None:
    """Round after round, until somebody says stop."""
    while not stop.is_set():
        try:
            chores = once(desk, chores, clock())
        except Exception as exc:  # noqa: BLE001  # a desk whose chores have ended would look as if nothing were wrong
            LOGGER.error("a chore failed", extra={"kind": type(exc).__name__})
        stop.wait(rest)
