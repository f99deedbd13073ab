"""A first look at a file or folder, so that `init` and errors can say whose it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cardwright.errors import SourceError
from cardwright.sources.json_lines import json_lines
from cardwright.sources.json_text import decode
from cardwright.sources.results.interface import Look

LOOKED_AT = 512 * 1024**2
"""The largest JSON file that is looked at whole, in bytes."""


def look_at(path: Path) -> Look | None:
    """What a file, or the first JSON file of a folder, shows; None if there is nothing to look at."""
    folder = path.is_dir()
    file = min((f for f in path.rglob("*.json") if f.is_file()), default=None) if folder else path
    if file is None or not file.is_file():
        return None
    with file.open("rb") as opened:
        head = opened.read(4096)
    return Look(file, folder, head, _first(file))


def _first(file: Path) -> Any:
    ending = file.suffix.lower()
    try:
        if ending in (".jsonl", ".ndjson"):
            return next(iter(json_lines(file, file.name)), (0, None))[1]
        if ending == ".json" and file.stat().st_size <= LOOKED_AT:
            return decode(file.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except (SourceError, ValueError):
        return None
    return None
