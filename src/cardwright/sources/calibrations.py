"""Calibration files: what `cardwright calibrate score` and `cardwright calibrate pii` have written."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from cardwright.errors import IntegrityError, SourceError
from cardwright.record import canonical
from cardwright.record.calibration import Calibration
from cardwright.record.detector_calibration import DetectorCalibration
from cardwright.record.provenance import DatasetRef
from cardwright.sources.digests import require_file, sha256_of
from cardwright.sources.interface import Calibrated, DetectorCalibrated


def is_calibration(path: Path, of: Literal["calibration", "detector-calibration"]) -> bool:
    """Whether a file says that it is a calibration of a scorer, or of a detector, in whatever version."""
    try:
        value = canonical.loads(path.read_bytes(), where=path.name)
    except IntegrityError:
        return False
    return isinstance(value, dict) and str(value.get("schema", "")).startswith(f"cardwright/{of}/")


def read_calibration(path: Path, where: str, name: str, role: str) -> Calibrated | DetectorCalibrated:
    """A calibration file as a source: of a scorer, or of a detector, as its schema says.

    Raises
    ------
    SourceError
        If it is missing, not what the command writes, or its signed steps do not lead to its counts.
    """
    require_file(path, where)
    if b'"cardwright/detector-calibration/' in path.read_bytes():
        return _of_detector(path, where, name, role)
    try:
        value = canonical.parse(Calibration, path.read_bytes(), where=where)
    except IntegrityError as exc:
        raise SourceError(
            "this is not a calibration", where=where, do="Make it with `cardwright calibrate score`."
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


def _of_detector(path: Path, where: str, name: str, role: str) -> DetectorCalibrated:
    try:
        value = canonical.parse(DetectorCalibration, path.read_bytes(), where=where)
    except IntegrityError as exc:
        raise SourceError(
            "this is not a calibration of a detector", where=where, do="Make it with `cardwright calibrate pii`."
        ) from exc
    ref = DatasetRef(
        name=name, role=role, kind="calibration", path=where, format="json", sha256=sha256_of(path), rows=value.texts
    )
    return DetectorCalibrated(ref, value)
