"""W&B's offline folders: `wandb/offline-run-*/run-*.wandb`, format 0, as wandb 0.19 to 0.31 write it.

The file is a LevelDB log (blocks of 32 KiB, records with CRC-32) behind seven bytes of its own, and each record is a protocol
buffer. Host, user name, e-mail, program path and arguments stand in it too; their fields are not read.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.record.base import label
from cardwright.record.run import PURPOSES, Artefact, Run, RunStatus, Unread
from cardwright.sources.json_text import decode
from cardwright.sources.runs.building import StoredRun, numbers_of, run_of
from cardwright.sources.runs.interface import RunReader, Store, inside, refuse_version
from cardwright.sources.runs.wire import WireError, fields, first, text

VERSIONS = "format 0 of wandb 0.19 to 0.31"
PRODUCERS = range(19, 32)
"""Minor versions of wandb 0.x whose field numbers are known to be these."""

HEADER = b":W&B\xe1\xbe"
BLOCK = 32_768
# wandb/proto/wandb_internal.proto
HISTORY, SUMMARY, CONFIG, ARTEFACT, RUN, EXIT, HEAD, ENVIRONMENT = 2, 3, 5, 8, 17, 18, 21, 26
_OWN = ("_wandb", "_runtime", "_timestamp", "_step")


class CutOffError(ValueError):
    """The log ends inside a record, or a checksum is wrong: whoever wrote it was stopped, or the copy is damaged."""


def recognises(path: Path) -> bool:
    """A `.wandb` file with W&B's first bytes, or a folder that holds one."""
    return any(_starts(file) for file in files(path)[:1])


def files(path: Path) -> list[Path]:
    """Every `.wandb` file."""
    found = [path] if path.is_file() else sorted(path.rglob("*.wandb"))
    return [file for file in found if file.suffix == ".wandb" and file.is_file() and inside(path, file)]


def read(store: Store) -> Iterator[Run | Unread]:
    """See `RunReader.read`."""
    for file in files(store.path):
        name = file.name if file == store.path else file.relative_to(store.path).as_posix()
        where = store.where if file == store.path else f"{store.where}/{name}"
        try:
            yield run_of(_kept(file, where), tool="wandb", store_sha256=store.sha256, where=where)
        except (CutOffError, WireError) as exc:
            yield Unread(unread=label(where), why=label(str(exc)))


def _starts(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(len(HEADER)) == HEADER
    except OSError:
        return False


def records(file: Path, where: str) -> Iterator[bytes]:
    """The records of a log, in their order.

    Raises
    ------
    SourceError
        If its format is another one.
    CutOffError
        Where it is cut off or damaged; what stands before has been given.
    """
    with file.open("rb") as opened:
        head = opened.read(7)
        if head[:6] != HEADER or head[6:] != b"\0":
            raise refuse_version("W&B", head[6] if head[:6] == HEADER and len(head) == 7 else None, VERSIONS, where)
        at, kept = 7, b""
        while True:
            left = BLOCK - at % BLOCK
            if left < 7:
                at += len(opened.read(left))
                continue
            chunk = opened.read(7)
            at += len(chunk)
            if not chunk:
                if kept:
                    raise CutOffError("the log ends inside a record")
                return
            if len(chunk) < 7:
                raise CutOffError("the log ends inside a record")
            checksum, size, kind = struct.unpack("<IHB", chunk)
            data = opened.read(size)
            at += len(data)
            if len(data) < size:
                raise CutOffError("the log ends inside a record")
            if zlib.crc32(data, zlib.crc32(chunk[6:])) != checksum:
                raise CutOffError("a checksum of the log is wrong")
            kept += data
            if kind in (1, 4):  # a whole record, or the last part of one
                yield kept
                kept = b""
            elif kind not in (2, 3):
                raise CutOffError("the log holds a record of an unknown kind")


def _kept(file: Path, where: str) -> StoredRun:
    run: bytes | None = None
    config: dict[str, Any] = {}
    values: dict[str, Any] = {}
    environment: dict[str, str] = {}
    artefacts: list[Artefact] = []
    gaps: dict[str, str] = {}
    producer = python = os = started = None
    exit_code: int | None = None
    seconds = None
    try:
        for record in records(file, where):
            for number, value in fields(record):
                if not isinstance(value, bytes):
                    continue
                if number == HEAD:
                    producer = _version(text(first(value, 1, 1)), where)
                elif number == RUN:
                    run = value if run is None or first(value, 1) else run
                    for found, inner in fields(value):
                        if found == 4 and isinstance(inner, bytes):
                            _update(config, inner)
                    started = _moment(first(value, 17)) or started
                elif number == CONFIG:
                    _update(config, value)
                elif number in (SUMMARY, HISTORY):
                    _update(values, value)
                    seconds = values.get("_runtime", seconds)
                elif number == ENVIRONMENT:
                    python, os = text(first(value, 2)) or python, text(first(value, 1)) or os
                    environment |= _hardware(value)
                elif number == ARTEFACT:
                    artefacts += _artefacts(value)
                elif number == EXIT:
                    code = first(value, 1)
                    exit_code = code if isinstance(code, int) else 0
    except CutOffError as exc:
        if run is None:
            raise
        gaps["store"] = f"{exc}, so later numbers are missing"
    if run is None:
        raise CutOffError("the log names no run")
    if producer is None:
        raise refuse_version("W&B", None, VERSIONS, where)
    environment |= {key: value for key, value in (("python", python), ("os", os)) if value}
    cost = {"seconds": float(seconds)} if isinstance(seconds, int | float) and exit_code is not None else {}
    return StoredRun(
        id=text(first(run, 1)) or "",
        status=_status(exit_code, gaps),
        tool_version=producer,
        name=text(first(run, 8)),
        group=text(first(run, 6)) or text(first(run, 3)),
        purpose=job
        if (job := text(first(run, 7))) in PURPOSES
        else None,  # a job type is any word; these say what it was for
        started=started,
        commit=text(first(run, 21, 2)),
        config={key: value for key, value in config.items() if key != "_wandb"},
        environment=environment,
        metrics={
            **numbers_of((key, value) for key, value in values.items() if key not in _OWN),
            **{key: float(value) for key, value in values.items() if value in ("NaN", "Infinity", "-Infinity")},
        },
        cost=cost,  # type: ignore[arg-type]
        parent=text(first(run, 12)),
        artefacts=tuple(artefacts),
        gaps=gaps,
    )


def _version(producer: str | None, where: str) -> str:
    version = (producer or "").partition("+")[0]
    known = re.fullmatch(r"0\.(\d+)\.\d+\w*", version)
    if known is None or int(known[1]) not in PRODUCERS:
        raise refuse_version("W&B", version or None, VERSIONS, where)
    return version


def _status(exit_code: int | None, gaps: Mapping[str, str]) -> RunStatus:
    if exit_code is None:
        return "running"
    return "finished" if exit_code == 0 and "store" not in gaps else "failed"


def _update(values: dict[str, Any], data: bytes) -> None:
    """Apply what a record sets (field 1) and removes (field 2): keys with a path below them, values as JSON."""
    for number, item in fields(data):
        if not isinstance(item, bytes) or number not in (1, 2):
            continue
        path = [text(part) or "" for field, part in fields(item) if field == 2]
        key = text(first(item, 1))
        path = [key, *path] if key is not None else path
        if not path:
            continue
        if number == 2:
            values.pop(path[0], None)
            continue
        said = text(first(item, 16))
        held = values
        for part in path[:-1]:
            inner = held.get(part)
            if not isinstance(inner, dict):
                inner = {}
                held[part] = inner
            held = inner
        held[path[-1]] = _json(said)


def _json(said: str | None) -> Any:
    if said is None:
        return None
    if said in ("NaN", "Infinity", "-Infinity"):
        return said
    try:
        return decode(said)
    except (ValueError, json.JSONDecodeError):
        return said


def _moment(value: int | float | bytes | None) -> float | None:
    if not isinstance(value, bytes):
        return None
    seconds, nanos = first(value, 1), first(value, 2)
    if not isinstance(seconds, int):
        return None
    return seconds + (nanos / 1e9 if isinstance(nanos, int) else 0.0)


def _hardware(value: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, number in (("gpu", 18), ("cuda", 25), ("image", 4)):
        said = text(first(value, number))
        if said is not None:
            found[key] = said
    for key, number in (("cpu_count", 16), ("gpu_count", 19)):
        count = first(value, number)
        if isinstance(count, int):
            found[key] = str(count)
    return found


def _artefacts(value: bytes) -> Iterator[Artefact]:
    """Entries of a logged artefact; W&B knows files by MD5."""
    name = text(first(value, 5)) or "artifact"
    manifest = first(value, 12)
    for number, entry in fields(manifest) if isinstance(manifest, bytes) else ():
        if number != 4 or not isinstance(entry, bytes):
            continue
        size = first(entry, 4)
        yield Artefact(
            path=label(f"{name}/{text(first(entry, 1)) or ''}"),
            md5=_md5(text(first(entry, 2))),
            size=size if isinstance(size, int) and size >= 0 else None,
        )


def _md5(digest: str | None) -> str | None:
    try:
        data = base64.b64decode(digest or "", validate=True)
    except (binascii.Error, ValueError):
        return None
    return data.hex() if len(data) == 16 else None


WANDB = RunReader("wandb", "W&B, offline folders", VERSIONS, recognises, files, read)
