"""A released PDF by itself, as a small dossier: what is enclosed in it, the record that it holds, and the PDF.

The release statement names the PDF as it was before anything was enclosed, so that a receiver who has nothing but the file can
tell whether it is the one that was released, and replay the verdict from what it holds. Files that the manifest lists and the PDF
does not hold stay unseen. A PDF without a statement proves nobody's approval, whatever it prints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cardwright.attest import release_statement
from cardwright.attest.verify import Report, Step
from cardwright.dossier import contents, enclosure, layout
from cardwright.errors import CardwrightError, IntegrityError
from cardwright.record import canonical
from cardwright.record.record import Record

Printed = Callable[[Mapping[str, bytes], str], str]
"""Compares what documents print with the record's digest: (files, digest) to what was compared; raises IntegrityError."""


def files_of(data: bytes, *, where: str) -> dict[str, bytes] | None:
    """The files of the dossier that a PDF was released with, as far as it holds them; None if nothing is enclosed in it.

    Raises
    ------
    IntegrityError
        If what is enclosed was changed, or its release statement is of another document.
    """
    taken = enclosure.opened(data, where=where)
    if taken is None:
        return None
    if layout.RELEASE not in taken.files:
        raise IntegrityError("files are enclosed in it, and no release statement", where=where)
    statement = release_statement.read(taken.files[layout.RELEASE], where=f"{where}, {layout.RELEASE}")
    digest = canonical.digest(taken.document)
    named = [entry.path for entry in statement.release.documents if entry.sha256 == digest]
    if not named:
        raise IntegrityError(
            "not the document that its release statement names", where=where, do="Ask for the file that was released."
        )
    return {layout.RECORD: contents.embedded_record(data, where), **taken.files, named[0]: data}


def unreleased(data: bytes, *, where: str, printed: Printed, trusted: bool, now: str) -> Report:
    """What can be said of a PDF in which no release statement is enclosed: what it prints belongs together, or not."""
    release = Step(11, "release", "failed", "no release statement is enclosed in it, so it proves nobody's approval")
    try:
        record = contents.embedded_record(data, where)
        held = canonical.parse(Record, record, where=f"{where}, {layout.RECORD}")
        if canonical.dumps(held) != record:
            raise IntegrityError("not in canonical form", where=f"{where}, {layout.RECORD}")
    except CardwrightError as exc:
        return Report(steps=(_failed(3, "record", exc), release), trusted=trusted, now=now)
    read = Step(3, "record", "passed", f"record {held.sha256[:12]}, {len(held.evaluations)} evaluations")
    try:
        told = Step(4, "documents", "passed", printed({layout.RECORD: record, where: data}, canonical.digest(record)))
    except CardwrightError as exc:
        told = _failed(4, "documents", exc)
    return Report(steps=(read, told, release), trusted=trusted, now=now)


def _failed(number: int, name: str, error: CardwrightError) -> Step:
    return Step(number, name, "failed", str(error), broken=isinstance(error, IntegrityError))
