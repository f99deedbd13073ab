"""What a reader of runs is: it looks at a store without changing it, and gives each run, or why it cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cardwright.errors import SourceError
from cardwright.record.run import Run, Unread

MAX_TEXT = 16 * 1024 * 1024
"""The largest YAML or JSON file of one run that is read, in bytes."""


@dataclass(frozen=True)
class Store:
    """A store that is open for reading."""

    path: Path
    """The file or folder."""
    where: str
    """How errors name it."""
    sha256: str
    """Digest of its bytes."""


@dataclass(frozen=True)
class RunReader:
    """A reader of one tool's store."""

    name: str
    """What a plan writes after `format:`, and `cardwright runs import --format`."""
    title: str
    versions: str
    """Which versions of the store are read; others are refused."""
    recognises: Callable[[Path], bool] = field(repr=False)
    """Whether a file or folder is such a store, by what is in it."""
    files: Callable[[Path], list[Path]] = field(repr=False)
    """The files that are read, whose digests are the store's."""
    read: Callable[[Store], Iterator[Run | Unread]] = field(repr=False)
    """Every run; raises SourceError where the store itself cannot be read, or its version is not one that is read."""


TESTED: Mapping[str, tuple[str, str]] = {
    "mlflow": ("schema 7f2a7d5fae7d", "schema dc11669786a5"),
    "wandb": ("0.19.0", "0.31.0"),
}
"""By tool: the oldest and the newest version that is accepted, each of which has written a store that a test reads."""


def untested(tool: str, version: str | None) -> str | None:
    """Why it is not sure what a store of an accepted version says; None if a test has read one, or the store tells no version.

    Examples
    --------
    >>> untested("wandb", "0.31.0"), untested("wandb", "0.25.1")
    (None, 'no test has read a store of it; the oldest and the newest that are read are 0.19.0 and 0.31.0')
    """
    ends = TESTED.get(tool)
    if ends is None or version is None or version in ends:
        return None
    return f"no test has read a store of it; the oldest and the newest that are read are {ends[0]} and {ends[1]}"


def refuse_version(tool: str, found: object, read: str, where: str) -> SourceError:
    """The error for a store of a version that no test has read: what it means by the same words is not guessed."""
    said = str(found) if found is not None and re.fullmatch(r"[\w.+-]{1,40}", str(found)) else "not stated"
    return SourceError(
        f"the version of this {tool} store is {said}, and {read} is read",
        where=where,
        do="Open it with a version of the tool that writes one of these, or export the runs as CSV or JSON Lines.",
    )


def damaged(what: str, where: str) -> SourceError:
    """The error for a store that is cut off or not what its name says."""
    return SourceError(what, where=where, do="Copy the store again while nothing writes to it.")


def inside(root: Path, path: Path) -> bool:
    """Whether a path leads to a place inside a folder, symbolic links followed."""
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # a circle of links
        return False


def regular_files(root: Path) -> list[Path]:
    """All regular files below a folder, sorted; links that lead out of it are not followed."""
    if not root.is_dir():
        return [root]
    return sorted(path for path in root.rglob("*") if path.is_file() and inside(root, path))


def mapping(value: object) -> Mapping[str, Any]:
    """An object as it is; everything else as an empty one."""
    return value if isinstance(value, Mapping) else {}


def text_of(path: Path, where: str) -> str:
    """The text of a small file.

    Raises
    ------
    ValueError
        If it is too large, or not UTF-8.
    """
    if path.stat().st_size > MAX_TEXT:
        raise ValueError(f"{where} is larger than {MAX_TEXT // 2**20} MiB")
    return path.read_bytes().decode("utf-8")
