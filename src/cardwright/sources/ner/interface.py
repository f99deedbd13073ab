"""What a reader of models that find names is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cardwright.sources.interface import NamedSpan


@dataclass(frozen=True)
class NerRequest:
    """A folder to load."""

    folder: Path
    where: str
    """What an error calls it: as the plan names it."""
    own: Mapping[str, str | None]
    """What the plan says that labels mean."""
    asked: tuple[str, ...]
    """What a model that takes any label is asked for."""


@dataclass(frozen=True)
class OpenedNer:
    """A loaded model, as its own files describe it."""

    library: str
    library_version: str
    name: str
    version: str
    """Empty if its files say none."""
    language: str | None
    labels: tuple[str, ...]
    """Every label that it can give."""
    find: Callable[[Sequence[str]], tuple[tuple[NamedSpan, ...], ...]]


__all__ = ["NerRequest", "OpenedNer"]
