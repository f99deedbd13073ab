"""JSON as other tools write it: one value a file, a value a line, or a folder of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.errors import SourceError
from cardwright.sources.json_lines import json_lines
from cardwright.sources.json_text import decode

MAX_FILE = 2 * 1024**3
"""The largest JSON file that is read as one value, in bytes."""


def json_value(path: Path, where: str) -> Any:
    """The value of a JSON file.

    Raises
    ------
    SourceError
    """
    if path.stat().st_size > MAX_FILE:
        raise SourceError(
            f"the file is larger than {MAX_FILE // 2**30} GiB", where=where, do="Split it, or export JSON Lines."
        )
    try:
        return decode(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        raise SourceError(
            "the file is not whole JSON in UTF-8", where=where, do="Export it again; it may have been cut off."
        ) from None


def json_objects(path: Path, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects of JSON Lines, of a JSON list, or a JSON file's one object, each with its place.

    Raises
    ------
    SourceError
    """
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        yield from ((f"{where}:{number}", row) for number, row in json_lines(path, where))
        return
    value = json_value(path, where)
    for number, row in enumerate(value if isinstance(value, list) else [value], 1):
        if not isinstance(row, Mapping):
            raise SourceError(
                "an entry is not an object", where=f"{where}, entry {number}", do="Export the file again."
            )
        yield f"{where}, entry {number}", row


def files_below(path: Path, where: str, *endings: str) -> list[tuple[Path, str]]:
    """A file, or all files of a folder with one of these endings in the order of their names, each as errors name it.

    Raises
    ------
    SourceError
        If there is none.
    """
    if not path.is_dir():
        return [(path, where)]
    files = sorted(file for file in path.rglob("*") if file.is_file() and file.suffix.lower() in endings)
    if not files:
        raise SourceError(
            f"there is no file with the ending {' or '.join(endings)}", where=where, do="Name another folder."
        )
    return [(file, f"{where}/{file.relative_to(path).as_posix()}") for file in files]
