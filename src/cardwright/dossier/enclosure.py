"""What a released PDF carries: statement, claims, verdict, ledger and what the verdict follows from, enclosed in it.

A release statement names the digest of the PDF as it was *before*: nothing can hold its own digest. What is enclosed is added
behind that PDF by one incremental update (ISO 32000-2, 7.5.6), which leaves every byte before it as it was. The update is a
function of the PDF and of the files alone, so a receiver takes both out, encloses them again, and compares byte for byte: no byte
of the update is free. It is written here and not by a library, because no byte may depend on a library's version: objects in one
plain form, nothing compressed.

    %PDF-1.7 … %%EOF                                     the PDF whose digest the statement names
    %cardwright/enclosure/1 <its length> <length of both>
    … a file and its description for each, the catalogue, a table of these objects … %%EOF
    …                                                    a signature of the PDF (PAdES), if there is one
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import md5, sha256
from types import MappingProxyType
from typing import Any

from cardwright.dossier import layout
from cardwright.errors import IntegrityError

_MARK = b"%%cardwright/enclosure/1 %010d %010d\n"
_MARKED = re.compile(rb"^%cardwright/enclosure/1 ([0-9]{10}) ([0-9]{10})\n", re.MULTILINE)

ENCLOSED = (
    layout.RELEASE, layout.CLAIMS, layout.LEDGER, layout.VERDICT, layout.MANIFEST, layout.PLAN, layout.RUN, layout.REVIEW,
    layout.BASELINE, layout.COMPARISON, layout.TIMESTAMPS, layout.RECEIPTS,
)  # fmt: skip
"""What `verify` needs beside the record, which the PDF holds already: what the statement names and the verdict follows from."""


def enclosed(path: str) -> bool:
    """Whether a file of a dossier is one of those that are enclosed: the fixed ones, linked dossiers and files of the kind."""
    return path in ENCLOSED or path.startswith((layout.LINKS, layout.KIND))


_TYPES = {
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "j2": "text/plain",
    "yaml": "application/yaml",
}


@dataclass(frozen=True)
class Enclosure:
    """A released PDF, taken apart."""

    document: bytes
    """The PDF whose digest the release statement names."""
    files: Mapping[str, bytes]
    """What is enclosed in it, by path in the dossier."""
    after: bytes
    """What follows the enclosure: nothing, or a signature of the whole PDF."""


def enclose(document: bytes, files: Mapping[str, bytes]) -> bytes:
    """A PDF with files enclosed by one incremental update; the same PDF and files give the same bytes.

    Raises
    ------
    IntegrityError
        If it is not a PDF of ours, or something is enclosed in it already.
    """
    import pikepdf

    if _MARKED.search(document):
        raise IntegrityError("something is enclosed in it already", do="Enclose in the PDF as it was made.")
    try:
        with pikepdf.open(io.BytesIO(document)) as pdf:
            objects = _objects(pdf, files)
            size = max(objects) + 1
            root, identifier = pdf.Root.objgen[0], bytes(pdf.trailer.ID[0])
            info = pdf.trailer.Info.objgen[0]
    except (pikepdf.PdfError, KeyError, AttributeError, TypeError, ValueError, IndexError) as exc:
        raise IntegrityError("not a PDF that anything can be enclosed in", do="It is damaged, or not ours.") from exc
    before = re.search(rb"startxref\s+([0-9]+)\s+%%EOF\s*$", document)
    if before is None:
        raise IntegrityError("not a PDF that anything can be enclosed in", do="It is cut off.")
    out = bytearray(document if document.endswith(b"\n") else document + b"\n")
    start = len(out)
    out += _MARK % (len(document), 0)
    offsets: dict[int, int] = {}
    for number, body in sorted(objects.items()):
        offsets[number] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    # The table of these objects, itself one of them: 7.5.8.
    offsets[size] = len(out)
    table = b"".join(b"\x01" + offset.to_bytes(5, "big") + b"\0\0" for _, offset in sorted(offsets.items()))
    changed = sha256(sha256(document).digest() + b"".join(body for _, body in sorted(objects.items()))).digest()[:16]
    dictionary = {
        "Type": b"/XRef",
        "Size": b"%d" % (size + 1),
        "Root": b"%d 0 R" % root,
        "Info": b"%d 0 R" % info,
        "Prev": before[1],
        "ID": b"[<%b> <%b>]" % (identifier.hex().encode(), changed.hex().encode()),
        "W": b"[1 5 2]",
        "Index": b"[%b]" % b" ".join(b"%d %d" % run for run in _runs(sorted(offsets))),
        "Length": b"%d" % len(table),
    }
    out += b"%d 0 obj\n%b\nstream\n%b\nendstream\nendobj\n" % (size, _dictionary(dictionary), table)
    out += b"startxref\n%d\n%%%%EOF\n" % offsets[size]
    mark = _MARK % (len(document), len(out))
    out[start : start + len(mark)] = mark
    return bytes(out)


def opened(data: bytes, *, where: str) -> Enclosure | None:
    """A released PDF taken apart, and put together again to check that no byte of it was changed; None if nothing is enclosed.

    Raises
    ------
    IntegrityError
        If the enclosure is not the one that this PDF and these files give.
    """
    found = [mark for mark in _MARKED.finditer(data) if _stands(mark, data)]
    if not found:
        if _holds_release(data, where):
            raise IntegrityError(
                "a release statement is attached, but this is not the file that was released",
                where=where,
                do="It was saved again, or pages were changed. Ask for the file itself.",
            )
        return None
    before, end = int(found[0][1]), int(found[0][2])
    document, enclosed = data[:before], data[:end]
    files = _attached(enclosed, where)
    if enclose(document, files) != enclosed:
        raise IntegrityError("what is enclosed was changed", where=where, do="Ask for the file that was released.")
    return Enclosure(document, MappingProxyType(files), data[end:])


def _stands(mark: re.Match[bytes], data: bytes) -> bool:
    """Whether a mark is at the position that it states, and not in some text."""
    before, end = int(mark[1]), int(mark[2])
    return mark.start() - before in (0, 1) and before < end <= len(data)


def _attached(data: bytes, where: str) -> dict[str, bytes]:
    """The files that an update has enclosed, by path."""
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            found = {name: pdf.attachments.get(name) for name in pdf.attachments if enclosed(name)}
            return {name: spec.get_file().read_bytes() for name, spec in found.items() if spec is not None}
    except (pikepdf.PdfError, KeyError, AttributeError, TypeError, ValueError) as exc:
        raise IntegrityError("what is enclosed cannot be read", where=where, do="The PDF is damaged.") from exc


def _holds_release(data: bytes, where: str) -> bool:
    return layout.RELEASE in _attached(data, where)


# ---------------------------------------------------------------------------------------------------- writing


def _objects(pdf: Any, files: Mapping[str, bytes]) -> dict[int, bytes]:
    """The objects of the update by number: each file and its description, and the catalogue that lists them."""
    import pikepdf

    root = pdf.Root
    names = root.Names
    tree = names.EmbeddedFiles
    listed = [(bytes(tree.Names[i]), tree.Names[i + 1]) for i in range(0, len(tree.Names), 2)]
    dated = bytes(pdf.attachments["record.json"].obj.EF.F.Params.ModDate)
    number = int(pdf.trailer.Size)
    objects: dict[int, bytes] = {}
    added: list[tuple[bytes, bytes]] = []
    for path, data in sorted(files.items()):
        name = _string(path.rpartition("/")[2].encode("ascii"))
        parameters = {
            "ModDate": _string(dated),
            "Size": b"%d" % len(data),
            "CheckSum": _string(md5(data, usedforsecurity=False).digest()),
        }
        stream = {
            "Type": b"/EmbeddedFile",
            "Subtype": _name(_TYPES[path.rpartition(".")[2]]),
            "Params": _dictionary(parameters),
            "Length": b"%d" % len(data),
        }
        objects[number] = b"%b\nstream\n%b\nendstream" % (_dictionary(stream), data)
        description = {
            "Type": b"/Filespec",
            "F": name,
            "UF": name,
            "EF": b"<</F %d 0 R>>" % number,
            "AFRelationship": b"/Supplement",
            "Desc": _string(f"Of the release, sha256 {sha256(data).hexdigest()}".encode("ascii")),
        }
        objects[number + 1] = _dictionary(description)
        added.append((path.encode("ascii"), b"%d 0 R" % (number + 1)))
        number += 2
    entries = sorted([(name, _written(spec)) for name, spec in listed] + added)
    flat = b"[%b]" % b" ".join(_string(name) + b" " + reference for name, reference in entries)
    kept = {key[1:]: _written(value) for key, value in names.items() if key != "/EmbeddedFiles"}
    associated = b" ".join([_written(each) for each in root.get("/AF", pikepdf.Array())] + [ref for _, ref in added])
    catalogue = {key[1:]: _written(value) for key, value in root.items()}
    catalogue["AF"] = b"[%b]" % associated
    catalogue["Names"] = _dictionary({**kept, "EmbeddedFiles": b"<</Names %b>>" % flat})
    objects[root.objgen[0]] = _dictionary(catalogue)
    return objects


def _written(value: Any) -> bytes:
    """An object as it is written in the update: a reference if it has a number, else in one plain form."""
    import pikepdf

    if getattr(value, "is_indirect", False):
        return b"%d %d R" % value.objgen
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, int):
        return b"%d" % value
    if isinstance(value, Decimal):
        return format(value.normalize(), "f").encode("ascii")
    if value is None:
        return b"null"
    if isinstance(value, pikepdf.Name):
        return _name(str(value)[1:])
    if isinstance(value, pikepdf.String):
        return _string(bytes(value))
    if isinstance(value, pikepdf.Array):
        return b"[%b]" % b" ".join(_written(each) for each in value)
    if isinstance(value, pikepdf.Dictionary):
        return _dictionary({key[1:]: _written(each) for key, each in value.items()})
    raise ValueError("an object of a kind that a catalogue of ours does not hold")


def _dictionary(entries: Mapping[str, bytes]) -> bytes:
    return b"<<%b>>" % b" ".join(_name(key) + b" " + value for key, value in sorted(entries.items()))


def _name(name: str) -> bytes:
    """A name; anything but letters and digits is written as its code (7.3.5)."""
    return b"/" + b"".join(
        bytes([c]) if chr(c).isascii() and chr(c).isalnum() else b"#%02X" % c for c in name.encode("utf-8")
    )


def _string(data: bytes) -> bytes:
    return b"<%b>" % data.hex().encode("ascii")


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Numbers as runs of (first, how many)."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number == sum(runs[-1]):
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((number, 1))
    return runs
