"""What an engine is: it opens files as rows, and may count them elsewhere (`cardwright.sources.shape.Carrier`). Nothing else.

Tallies add up exactly, in any order, so an engine runs the code that runs here on each batch and adds up what comes back. That is
why a record has the same bytes whichever engine counted, and why the engine stands in `evidence/run.json` and not in the record.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cardwright.record.provenance import EngineFacts
from cardwright.sources.copied_rows import open_any
from cardwright.sources.files import FileRows
from cardwright.sources.interface import FiledRows


class RunningEngine(Protocol):
    """An engine that has been started."""

    @property
    def facts(self) -> EngineFacts | None:
        """What `evidence/run.json` says of it; None of this machine, of which it says enough."""

    @property
    def reaches(self) -> tuple[str, ...]:
        """What it connects to, a sentence each, printed before anything is read."""

    def open_rows(self, path: Path, where: str, version: str | None = None) -> FiledRows:
        """See `cardwright.sources.copied_rows.open_any`."""


class Engine(Protocol):
    """Where rows are counted."""

    def running(self) -> AbstractContextManager[RunningEngine]:
        """Start it, until the end.

        Raises
        ------
        MissingExtraError
            If its library is not installed.
        EngineError
            If it does not start, or its workers run other code than this process.
        """


@dataclass(frozen=True)
class RunningLocal:
    """See `RunningEngine`: this machine."""

    facts: EngineFacts | None = None
    reaches: tuple[str, ...] = ()

    def open_rows(self, path: Path, where: str, version: str | None = None) -> FileRows:
        """See `cardwright.sources.copied_rows.open_any`."""
        return open_any(path, where=where, version=version)


@dataclass(frozen=True)
class Local:
    """See `Engine`: this machine, in constant memory."""

    @contextmanager
    def running(self) -> Iterator[RunningLocal]:
        """See `Engine.running`; there is nothing to start."""
        yield RunningLocal()


LOCAL = Local()
"""This machine."""
