"""What a reader of another tool's results gives: exchanges in the columns that we read, and what the tool itself said of each."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cardwright.errors import SourceError
from cardwright.sources.interface import NO_VERDICT, Event, Judgement


@dataclass(frozen=True)
class Recorded:
    """One exchange as another tool has recorded it."""

    place: str
    """File and line or entry, as errors name it."""
    row: Mapping[str, Any]
    """In the names of `InteractionColumns`: `messages` in any shape that is read, `response`, `intent`, `category` …"""
    judgements: tuple[Judgement, ...] = ()
    unread: str | None = None
    """Why the exchange cannot be scored, in words that hold no data; None if everything was read."""


@dataclass(frozen=True)
class Look:
    """What a first look at a file or folder shows, so that readers can say whether it is theirs."""

    path: Path
    """The file; of a folder, its first file in the order of names."""
    folder: bool
    head: bytes = field(repr=False)
    """Its first bytes."""
    first: Any = field(repr=False, default=None)
    """The whole value of a JSON file, the first line's of JSON Lines; None for everything else."""

    def has(self, *keys: str) -> bool:
        """Whether the first value is an object with all these keys."""
        return isinstance(self.first, Mapping) and all(key in self.first for key in keys)


@dataclass(frozen=True)
class Reader:
    """A reader of one tool's files."""

    name: str
    """What a plan writes after `format:`."""
    title: str
    versions: str
    """Which versions of the format are read."""
    recognises: Callable[[Look], bool] = field(repr=False)
    read: Callable[[Path, str], Iterator[Recorded]] = field(repr=False)
    """All exchanges of a file or folder; raises SourceError where the version is not one that is read."""


def judged(tool: str, name: object, event: Event, value: object, *, version: str = "") -> Judgement:
    """A tool's verdict; a number between no and yes is none, because no threshold is ours to choose.

    >>> judged("demo", "Exact Match", "task_success", 1.0).happened, judged("demo", "f1", "task_success", 0.4).happened
    (True, None)
    """
    happened = bool(value) if isinstance(value, (bool, int, float)) and value in (0, 1) else None
    scorer = identifier(f"{tool}.{name}")
    score = numeric(value)
    return Judgement(scorer, event, happened, None if happened is not None else NO_VERDICT, version[:80], score)


def numeric(value: object) -> float | None:
    """A finite number as it stands there; a verdict is none.

    >>> numeric(0.4), numeric(True), numeric("0.4"), numeric(float("nan"))
    (0.4, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def identifier(name: str) -> str:
    """A scorer's name as a record writes it: lower case, at most 80 characters."""
    return re.sub(r"[^a-z0-9_.]+", "-", name.lower()).strip("-_.")[:80] or "scorer"


def refuse_version(stated: object, read: str, where: str) -> SourceError:
    """The error for a version that no test has read. What another version means by the same word is not guessed."""
    shown = str(stated) if stated is not None and re.fullmatch(r"[\w.+-]{1,40}", str(stated)) else "not stated"
    return SourceError(
        f"the version of the format is {shown}, and {read} is read",
        where=where,
        do="Export it with one of those versions, or write the exchanges as JSON Lines.",
    )


def not_of(tool: str, what: str, where: str) -> SourceError:
    """The error for a file that is not what its format says."""
    return SourceError(
        f"this is not a file of {tool}: {what}", where=where, do="Correct `format:`, or export the file again."
    )


def text_of(value: object) -> str | None:
    """Text, or None for everything else."""
    return value if isinstance(value, str) else None


def mapping(value: object) -> Mapping[str, Any]:
    """An object as it is; everything else as an empty one."""
    return value if isinstance(value, Mapping) else {}


def listed(value: object) -> list[Any]:
    """A list as it is; everything else as an empty one."""
    return value if isinstance(value, list) else []
