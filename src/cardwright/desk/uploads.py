"""How a dossier travels: a ZIP archive of its files, made the same way each time and opened with suspicion.

An archive is anybody's. It can hold ten gigabytes in ten kilobytes, the same path twice, or a path that leads elsewhere; so sizes
are counted while they are unpacked, never believed, and nothing is ever written under a name from it.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping

from pydantic import TypeAdapter, ValidationError

from cardwright.desk.settings import UploadLimits
from cardwright.errors import IntegrityError, UsageError
from cardwright.record.base import RelativePath

_PATH: TypeAdapter[str] = TypeAdapter(RelativePath)
_CHUNK = 2**16
_SYMLINK = 0o120000


def packed(files: Mapping[str, bytes]) -> bytes:
    """The files as an archive; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def unpacked(data: bytes, limits: UploadLimits) -> dict[str, bytes]:
    """The files of an archive.

    Raises
    ------
    UsageError
        If it holds more than is taken.
    IntegrityError
        If it is not an archive, or holds a path that is none or that is there twice.
    """
    if len(data) > limits.packed:
        raise UsageError(f"the upload is larger than {limits.packed // 2**20} MB")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > limits.files:
                raise UsageError(f"the archive holds more than {limits.files} files")
            return _files(archive, entries, limits.unpacked)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OverflowError) as exc:
        raise IntegrityError("not an archive that can be read", where="upload", do="Send it with `desk push`.") from exc


def _files(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], room: int) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for entry in entries:
        name = _name(entry)
        if name in files:
            raise IntegrityError("a path is there twice", where="upload")
        parts: list[bytes] = []
        with archive.open(entry) as file:
            while part := file.read(_CHUNK):
                room -= len(part)
                if room < 0:
                    raise UsageError("the archive holds more than is taken")
                parts.append(part)
        files[name] = b"".join(parts)
    return files


def _name(entry: zipfile.ZipInfo) -> str:
    try:
        name = _PATH.validate_python(entry.filename)
    except ValidationError as exc:
        raise IntegrityError(
            "a path that leads out of the dossier", where="upload", do="Send it as `run` wrote it."
        ) from exc
    # Other methods ask for as much memory as whoever wrote the archive says.
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise IntegrityError("packed by a method that is not taken", where="upload", do="Send it with `desk push`.")
    if entry.is_dir() or (entry.external_attr >> 16) & 0o170000 == _SYMLINK or entry.flag_bits & 0x1:
        raise IntegrityError("a folder, a link or something encrypted in the archive", where="upload")
    return name
