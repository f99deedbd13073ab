"""Small files in other tools' formats, written to their published schemas, and how they are opened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cardwright.sources.interface import Interaction
from cardwright.sources.load import load
from cardwright.sources.results import recognised
from cardwright.sources.spec import parse_source


def lines(path: Path, rows: list[Any]) -> Path:
    """A JSON Lines file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def value(path: Path, held: Any) -> Path:
    """A JSON file."""
    path.write_text(json.dumps(held))
    return path


def opened(path: Path, format_: str, **said: Any) -> list[Interaction]:
    """The interactions of a file, which the format's own reader has to recognise."""
    reader = recognised(path)
    assert reader is not None
    assert reader.name == format_
    source = load(parse_source({"interactions": path.name, "format": format_, **said}), "chats", path.parent)
    assert source.ref.format == format_
    found = list(source)
    assert found == list(source)
    return found


def verdicts(interaction: Interaction) -> dict[str, bool | None]:
    """What others said, by who said it."""
    return {judgement.scorer: judgement.happened for judgement in interaction.judgements}
