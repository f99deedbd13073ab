"""The text of a query, in a file beside the plan."""

from __future__ import annotations

from pathlib import Path

from cardwright.errors import SourceError
from cardwright.record.base import visible
from cardwright.sources.digests import require_file

LONGEST = 20_000
"""Characters of a query, which the record holds whole."""


def query_text(path: Path, where: str) -> str:
    """The text of a query.

    Raises
    ------
    SourceError
        If it is not there, too long, or holds what a reader does not see.
    """
    require_file(path, where)
    if path.stat().st_size > 4 * LONGEST:
        raise SourceError(
            f"it is longer than {LONGEST} characters", where=where, do="Make a view of it, and query that."
        )
    try:
        text = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n").strip()
    except UnicodeDecodeError:
        raise SourceError("it is not UTF-8", where=where, do="Save it as UTF-8.") from None
    if not text or len(text) > LONGEST:
        raise SourceError(f"it has {len(text)} characters", where=where, do=f"Write a query of 1 to {LONGEST}.")
    if visible(text, keep="\n\t") != text:
        raise SourceError("it holds hidden characters", where=where, do="Remove them: nobody sees what they do.")
    return text


__all__ = ["LONGEST", "query_text"]
