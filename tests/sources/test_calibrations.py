"""A calibration file is read into a source with its digest, and anything else is refused with how to make one."""

import hashlib

import pytest
from tests.record.test_calibration import SAID

from cardwright.errors import SourceError
from cardwright.record import canonical
from cardwright.record.calibration import Calibration
from cardwright.record.detector_calibration import DetectorCalibration
from cardwright.sources.calibrations import is_calibration, read_calibration
from cardwright.sources.interface import DetectorCalibrated

HELD = Calibration(**SAID)


def test_it_is_read_with_its_digest_and_the_number_of_cases_that_were_drawn(tmp_path):
    data = HELD.file_bytes
    (tmp_path / "c.json").write_bytes(data)
    source = read_calibration(tmp_path / "c.json", "calibration/c.json", "refusals", "calibration")
    assert source.calibration == HELD
    ref = source.ref
    assert (ref.name, ref.role, ref.kind, ref.path, ref.rows) == (
        "refusals", "calibration", "calibration", "calibration/c.json", 80,
    )  # fmt: skip
    assert ref.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("text", ["{}", "[", "null", '{"schema": "cardwright/judgements/1"}', "\x00"])
def test_another_file_is_refused_with_how_to_make_one(tmp_path, text):
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(
        SourceError, match=r"^c.json: this is not a calibration. Make it with `cardwright calibrate score`"
    ):
        read_calibration(tmp_path / "c.json", "c.json", "refusals", "calibration")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SourceError, match="there is no such file"):
        read_calibration(tmp_path / "c.json", "c.json", "refusals", "calibration")


def test_a_detectors_calibration_is_told_by_its_schema_and_a_damaged_one_is_refused(tmp_path):
    value = DetectorCalibration(
        detector_version="3.0.0", labels_sha256="a" * 64, texts=9, source="letters", language="en", made_on="2026-11-28",
        labelled_by="human", kinds=(),
    )  # fmt: skip
    data = canonical.dumps(value.model_dump(mode="json", by_alias=True))
    (tmp_path / "d.json").write_bytes(data)
    source = read_calibration(tmp_path / "d.json", "d.json", "detector", "detector")
    assert isinstance(source, DetectorCalibrated)
    assert (source.calibration, source.ref.rows, source.ref.sha256) == (value, 9, hashlib.sha256(data).hexdigest())
    (tmp_path / "d.json").write_bytes(data.replace(b'"texts":9', b'"texts":-9'))
    with pytest.raises(SourceError, match=r"not a calibration of a detector\. Make it with `cardwright calibrate pii`"):
        read_calibration(tmp_path / "d.json", "d.json", "detector", "detector")


def test_a_file_is_a_calibration_if_its_schema_says_so(tmp_path):
    for written, scorer, detector in (
        ('{"schema": "cardwright/calibration/1"}', True, False),
        ('{"schema": "cardwright/detector-calibration/1"}', False, True),
        ('{"text": "cardwright/calibration/1"}', False, False),
        ("[" * 100_000, False, False),
        ("[]", False, False),
    ):
        (tmp_path / "c").write_text(written)
        assert is_calibration(tmp_path / "c", "calibration") is scorer
        assert is_calibration(tmp_path / "c", "detector-calibration") is detector
