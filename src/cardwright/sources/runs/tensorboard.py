"""TensorBoard's event files: scalars, and the settings that the hparams plug-in keeps.

A run is a folder with event files, as TensorBoard has it. The format has one version (`brain.Event:2`); a record is a length, a
checksum of it (CRC-32C, masked), an `Event` and a checksum of that.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path

from cardwright.record.base import label
from cardwright.record.run import Run, RunStatus, Unread
from cardwright.sources.runs.building import StoredRun, run_of
from cardwright.sources.runs.interface import RunReader, Store, inside, refuse_version
from cardwright.sources.runs.wire import WireError, double, fields, first, text

VERSIONS = "brain.Event:2"
_START, _END = "_hparams_/session_start_info", "_hparams_/session_end_info"
# tensorboard/plugins/hparams/api.proto: Status
_STATUS: dict[object, RunStatus] = {1: "finished", 2: "failed", 3: "running"}
_CHECKED = 65_536
"""Records up to this size have their checksum taken; larger ones hold images and histograms, which are not read."""


class DamagedEventsError(ValueError):
    """A record is cut off, or its checksum is wrong."""


def recognises(path: Path) -> bool:
    """A file or folder with event files."""
    return bool(files(path))


def files(path: Path) -> list[Path]:
    """Every event file."""
    found = [path] if path.is_file() else sorted(path.rglob("*tfevents*"))
    return [file for file in found if "tfevents" in file.name and file.is_file() and inside(path, file)]


def read(store: Store) -> Iterator[Run | Unread]:
    """See `RunReader.read`."""
    folders: dict[Path, list[Path]] = {}
    for file in files(store.path):
        folders.setdefault(file.parent, []).append(file)
    for folder, events in folders.items():
        name = folder.relative_to(store.path).as_posix() if folder != store.path and store.path.is_dir() else "."
        where = f"{store.where}/{name}"
        try:
            kept = _kept(name, events, where)
        except (DamagedEventsError, WireError) as exc:
            yield Unread(unread=label(where), why=label(str(exc)))
            continue
        yield run_of(kept, tool="tensorboard", store_sha256=store.sha256, where=where)


def records(file: Path) -> Iterator[bytes]:
    """The records of a file, in their order.

    Raises
    ------
    DamagedEventsError
        Where it is cut off or damaged; what stands before has been given.
    """
    with file.open("rb") as opened:
        while head := opened.read(12):
            if len(head) < 12 or masked_crc32c(head[:8]) != struct.unpack("<I", head[8:])[0]:
                raise DamagedEventsError("an event file is cut off or damaged")
            (size,) = struct.unpack("<Q", head[:8])
            if size > 1 << 31:
                raise DamagedEventsError("an event file is damaged")
            data, checksum = opened.read(size), opened.read(4)
            if len(data) < size or len(checksum) < 4:
                raise DamagedEventsError("an event file is cut off")
            if size <= _CHECKED and masked_crc32c(data) != struct.unpack("<I", checksum)[0]:
                raise DamagedEventsError("an event file is damaged")
            yield data


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)  # noqa: PLW2901  the polynomial of Castagnoli, reflected
        rows.append(byte)
    return tuple(rows)


_CRC = _table()


def masked_crc32c(data: bytes) -> int:
    """CRC-32C turned and shifted as TFRecord has it.

    >>> hex(masked_crc32c(b"123456789"))
    '0xc78ab0e5'
    """
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _CRC[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _kept(name: str, events: list[Path], where: str) -> StoredRun:
    metrics: dict[str, tuple[object, int]] = {}
    config: dict[str, object] | None = None
    gaps: dict[str, str] = {}
    group = None
    status: RunStatus = "not_stated"
    started = finished = None
    for file in events:
        seen = False
        try:
            for event in records(file):
                if not seen:
                    _require_version(event, where)
                    seen = True
                wall = first(event, 1)
                step = first(event, 2)
                if started is None and wall is not None:
                    started = double(wall)
                for summary in (value for number, value in fields(event) if number == 5 and isinstance(value, bytes)):
                    for number, value in fields(summary):
                        if number != 1 or not isinstance(value, bytes):
                            continue
                        tag = text(first(value, 1)) or ""
                        if tag == _START:
                            config, group, began = _session(_plugin(value, 3))
                            started = began or started
                        elif tag == _END:
                            ended = _plugin(value, 4)
                            status = _STATUS.get(first(ended, 1), "not_stated") if ended else status
                            moment = first(ended, 2) if ended else None
                            finished = double(moment) if moment is not None else None
                        else:
                            number_of = _scalar(value)
                            if number_of is not None and not tag.startswith("_hparams_"):
                                at = step if isinstance(step, int) else 0
                                if tag not in metrics or at >= metrics[tag][1]:
                                    metrics[tag] = (number_of, at)
        except DamagedEventsError as exc:
            if not seen:
                raise
            gaps["store"] = f"{exc}, so later numbers are missing"
        if not seen:
            gaps["store"] = "an event file holds no event"
    return StoredRun(
        id=name,
        status=status,
        group=group,
        started=started,
        finished=finished,
        config=config,
        metrics=dict(metrics),
        gaps=gaps,
    )


def _require_version(event: bytes, where: str) -> None:
    version = text(first(event, 3))
    if version != VERSIONS:
        raise refuse_version("TensorBoard", version, VERSIONS, where)


def _plugin(value: bytes, number: int) -> bytes | None:
    """Of a summary's metadata (9): plug-in data (1), its content (2), and in it the message of a number."""
    content = first(value, 9, 1, 2)
    found = first(content, number) if isinstance(content, bytes) else None
    return found if isinstance(found, bytes) else None


def _session(info: bytes | None) -> tuple[dict[str, object], str | None, float | None]:
    # SessionStartInfo: hparams 1 (a map to google.protobuf.Value), group_name 4, start_time_secs 5
    config: dict[str, object] = {}
    if info is None:
        return config, None, None
    for number, entry in fields(info):
        if number == 1 and isinstance(entry, bytes):
            value = first(entry, 2)
            config[text(first(entry, 1)) or ""] = _value(value if isinstance(value, bytes) else b"")
    began = first(info, 5)
    return config, text(first(info, 4)), double(began) if began is not None else None


def _value(value: bytes) -> object:
    # google.protobuf.Value: number 2, string 3, bool 4
    for number, found in fields(value):
        if number == 2:
            return double(found)
        if number == 3:
            return text(found) or ""
        if number == 4:
            return bool(found)
    return None


def _scalar(value: bytes) -> float | None:
    """A scalar: `simple_value` (2), or a tensor (8) of one float or double."""
    simple = first(value, 2)
    if isinstance(simple, float):
        return simple
    tensor = first(value, 8)
    if not isinstance(tensor, bytes):
        return None
    shape = first(tensor, 2)
    if isinstance(shape, bytes) and any(number == 2 for number, _ in fields(shape)):
        return None  # it has dimensions
    kind, content = first(tensor, 1), first(tensor, 4)
    if isinstance(content, bytes) and kind in (1, 2) and len(content) == 4 * int(kind):
        return float(struct.unpack("<f" if kind == 1 else "<d", content)[0])
    numbers = first(tensor, 5) if kind == 1 else first(tensor, 6) if kind == 2 else None
    if isinstance(numbers, bytes) and kind in (1, 2) and len(numbers) == 4 * int(kind):  # packed
        return float(struct.unpack("<f" if kind == 1 else "<d", numbers)[0])
    if isinstance(numbers, float) and math.isfinite(numbers):
        return numbers
    return None


TENSORBOARD = RunReader("tensorboard", "TensorBoard, event files", VERSIONS, recognises, files, read)
