"""Files that `cardwright runs import` has written: a line that names the store, one for each run, and one that counts them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from cardwright.record.base import Value
from cardwright.record.run import Run, RunsEnd, RunStore, Unread
from cardwright.sources.runs.interface import RunReader, Store, damaged

SCHEMA = "cardwright/runs/1"


def recognises(path: Path) -> bool:
    """A file whose first line names the format."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return f'"schema":"{SCHEMA}"'.encode() in file.read(200)


def files(path: Path) -> list[Path]:
    """The file."""
    return [path]


def read(store: Store) -> Iterator[Run | Unread]:
    """See `RunReader.read`.

    Raises
    ------
    SourceError
        Where a line is not what was written, or lines are missing.
    """
    runs = unread = 0
    end: RunsEnd | None = None
    with store.path.open("rb") as file:
        _parsed(RunStore, file.readline(), f"{store.where}:1")
        for number, line in enumerate(file, 2):
            where = f"{store.where}:{number}"
            if end is not None:
                raise damaged("a line stands behind the last one", where)
            if line.startswith(b'{"runs":'):
                end = _parsed(RunsEnd, line, where)
            elif line.startswith(b'{"unread":'):
                unread += 1
                yield _parsed(Unread, line, where)
            else:
                runs += 1
                yield _parsed(Run, line, where)
    if end is None or (end.runs, end.unread) != (runs, unread):
        raise damaged("the file was cut off, or a line was taken out", store.where)


Line = TypeVar("Line", bound=Value)


def _parsed(model: type[Line], line: bytes, where: str) -> Line:
    try:
        return model.model_validate_json(line)
    except ValidationError:
        raise damaged("this line is not what `cardwright runs import` writes", where) from None


def as_lines(store: RunStore, runs: Iterable[Run | Unread]) -> Iterator[bytes]:
    """A file of runs, line by line."""
    yield store.model_dump_json(by_alias=True).encode() + b"\n"
    read = unread = 0
    for one in runs:
        read, unread = read + isinstance(one, Run), unread + isinstance(one, Unread)
        yield one.model_dump_json().encode() + b"\n"
    yield RunsEnd(runs=read, unread=unread).model_dump_json().encode() + b"\n"


KEPT = RunReader("cardwright", "runs that were imported", SCHEMA, recognises, files, read)
