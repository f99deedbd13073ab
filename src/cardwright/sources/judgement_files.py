"""Files of verdicts: what `cardwright judge` has written, or people's labels in the same form."""

from __future__ import annotations

from pathlib import Path

from cardwright.errors import IntegrityError, SourceError
from cardwright.record import canonical
from cardwright.record.judgements import Judgements
from cardwright.record.provenance import DatasetRef
from cardwright.sources.digests import require_file, sha256_of
from cardwright.sources.interface import JudgementFile


def read_judgements(path: Path, where: str, name: str, role: str) -> JudgementFile:
    """A file of verdicts as a source.

    Raises
    ------
    SourceError
        If it is missing, or not of the form.
    """
    require_file(path, where)
    try:
        value = canonical.parse(Judgements, path.read_bytes(), where=where)
    except IntegrityError as exc:
        raise SourceError(
            "this is not a file of verdicts",
            where=where,
            do="Make it with `cardwright judge`, or in the form of `cardwright schema judgements`.",
        ) from exc
    ref = DatasetRef(
        name=name, role=role, kind="judgements", path=where, format="json", sha256=sha256_of(path), rows=len(value.rows)
    )
    return JudgementFile(ref, value)
