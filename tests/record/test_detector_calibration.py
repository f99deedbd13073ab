"""A detector's errors are a value whose parts lie in their wholes."""

import pytest
from pydantic import ValidationError

from cardwright.record import canonical
from cardwright.record.detector_calibration import DetectorCalibration, KindErrors, SpanAgreement


def kind(**changes):
    said = {
        "entity": "PERSON",
        "marked": 5,
        "reported": 3,
        "exact": SpanAgreement(found=1, right=1),
        "overlap": SpanAgreement(found=2, right=2),
    }
    return KindErrors(**{**said, **changes})


def test_found_are_among_marked_and_right_among_reported():
    assert kind().overlap.found == 2
    for wrong in (SpanAgreement(found=6, right=0), SpanAgreement(found=0, right=4)):
        with pytest.raises(ValidationError, match="among"):
            kind(overlap=wrong)


def test_it_reads_back_from_its_bytes():
    value = DetectorCalibration(
        detector_version="3.0.0", labels_sha256="a" * 64, texts=9, source="letters", language="en", made_on="2026-11-28",
        labelled_by="human", kinds=(kind(),),
    )  # fmt: skip
    data = canonical.dumps(value.model_dump(mode="json", by_alias=True))
    assert canonical.parse(DetectorCalibration, data, where="c") == value
