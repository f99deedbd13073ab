"""Calibration files: what `cardwright calibrate score` has written."""

from __future__ import annotations

from pathlib import Path

from cardwright.errors import IntegrityError, SourceError
from cardwright.record import canonical
from cardwright.record.calibration import Calibration
from cardwright.record.provenance import DatasetRef
from cardwright.sources.digests import require_file, sha256_of
from cardwright.sources.interface import Calibrated


def read_calibration(path: Path, where: str, name: str, role: str) -> Calibrated:
    """A calibration file as a source.

    Raises
    ------
    SourceError
        Where it is missing, not what the command writes, or its signed steps do not lead to its counts.
    """
    require_file(path, where)
    try:
        value = canonical.parse(Calibration, path.read_bytes(), where=where)
    except IntegrityError as exc:
        raise SourceError(
            "this is no calibration", where=where, do="Make it with `cardwright calibrate score`."
        ) from exc
    broken = value.flaw()
    if broken is None and path.read_bytes() != value.file_bytes:
        broken = "it is not as the command writes it"
    if broken is not None:
        raise SourceError(
            f"the calibration does not hold: {broken}",
            where=where,
            do="Make it again with `cardwright calibrate score`.",
        )
    ref = DatasetRef(
        name=name, role=role, kind="calibration", path=where, format="json", sha256=sha256_of(path),
        rows=sum(stratum.drawn for stratum in value.strata),
    )  # fmt: skip
    return Calibrated(ref, value)
