"""A calibration stands beside the counts it is of, and is not used for another detector."""

import pytest

pytest.importorskip("presidio_analyzer")
pytest.importorskip("pyarrow")

from tests.evaluators.pii.support import name_model, named

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.pii import Pii, engine
from cardwright.evaluators.pii.calibration import compared, errors, looked_for, meanings
from cardwright.record.detector_calibration import DetectorCalibration
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.record.provenance import DatasetRef
from cardwright.sources.frames import texts_from
from cardwright.sources.interface import DetectorCalibrated
from cardwright.sources.labelled_spans import MarkedSpan, MarkedText

MARKED = [
    MarkedText("write to ada@example.com", (MarkedSpan(9, 24, "EMAIL_ADDRESS"),)),
    MarkedText("or to joe@example.org", (MarkedSpan(6, 21, "EMAIL_ADDRESS"),)),
    MarkedText("ask Grace Hopper", (MarkedSpan(4, 16, "PERSON"),)),
    MarkedText("she came as Ada", (MarkedSpan(12, 15, "PERSON"),)),
    MarkedText("born in a ship", (MarkedSpan(10, 14, "NRP"),)),
]
HERE = texts_from({"note": ["mail jane@example.com", "and bob@example.com", "nothing"]})


def calibrated(models=(), **changes):
    detector = engine.detector()
    known = looked_for(detector, models)
    said = meanings({span.label for one in MARKED for span in one.spans}, {}, (*known, "NRP"))
    value = DetectorCalibration(
        detector_version=Pii.version, models=tuple(sorted(one.sha256 for one in models)), labels_sha256="c" * 64,
        texts=len(MARKED), source="letters of our own", language="en", made_on="2026-11-28", labelled_by="human",
        kinds=tuple(errors(compared(MARKED, said, detector, models))),
    )  # fmt: skip
    ref = DatasetRef(name="errors", role="errors", kind="calibration", format="json", sha256="d" * 64)
    return DetectorCalibrated(ref, value.model_copy(update=changes))


def evaluate(calibration, **sources):
    return Pii(planted=0).evaluate(Inputs("pii", {"source": HERE, "calibration": calibration, **sources}))


def test_recall_and_precision_stand_beside_the_hits_with_their_intervals():
    result = evaluate(calibrated())
    (recall,) = result.find("pii_recall", slice={"entity": "EMAIL_ADDRESS", "agreement": "overlap"})
    assert isinstance(recall, Measured)
    assert (recall.value, recall.numerator, recall.denominator, recall.direction) == (1.0, 2.0, 2.0, "higher_is_better")
    assert recall.interval.lower < 0.4 and recall.interval.upper == 1.0  # two marks say little
    (missed,) = result.find("pii_recall", slice={"entity": "PERSON", "agreement": "overlap"})
    assert (missed.value, missed.denominator) == (0.0, 2.0)
    (nothing,) = result.find("pii_precision", slice={"entity": "PERSON", "agreement": "exact"})
    assert isinstance(nothing, Unmeasured) and nothing.code == "undefined"
    (table,) = [one for one in result.tables if one.id == "detector_errors"]
    row = dict(
        zip(
            [column.name for column in table.columns],
            next(r for r in table.rows if r[0] == "EMAIL_ADDRESS"),
            strict=True,
        )
    )
    assert (row["marked"], row["recall"], row["precision"], row["hits"], row["false"]) == (2.0, 1.0, 1.0, 2.0, 0.0)
    assert "letters of our own; language en; marked by people; 2026-11-28; sha256 cccccccccccccccc" in result.method


def test_false_hits_are_estimated_by_the_precision_elsewhere():
    half = calibrated()
    kinds = tuple(
        one.model_copy(update={"reported": 4}) if one.entity == "EMAIL_ADDRESS" else one
        for one in half.calibration.kinds
    )
    result = evaluate(DetectorCalibrated(half.ref, half.calibration.model_copy(update={"kinds": kinds})))
    (table,) = [one for one in result.tables if one.id == "detector_errors"]
    assert next(row for row in table.rows if row[0] == "EMAIL_ADDRESS")[-2:] == (2.0, 1.0)


MODEL = name_model({"Grace Hopper": "PERSON"})


@pytest.mark.parametrize(
    ("calibration", "sources", "why"),
    [
        (lambda: calibrated(detector_version="1.0.0"), {}, "of version 1.0.0 of the evaluator"),
        (lambda: calibrated(countries=("de",)), {}, "numbers of other countries"),
        (lambda: calibrated(thresholds={"PERSON": 0.9}), {}, "from other scores"),
        (calibrated, {"ner_model": named(MODEL)}, "of other models of names"),
    ],
)
def test_a_calibration_of_another_detector_is_not_used_and_the_limits_say_why(calibration, sources, why):
    result = evaluate(calibration(), **sources)
    assert not result.find("pii_recall") and not [one for one in result.tables if one.id == "detector_errors"]
    assert any("is not used" in limit and why in limit for limit in result.limits)


def test_a_calibration_with_the_same_model_is_used():
    result = evaluate(calibrated([MODEL]), ner_model=named(MODEL))
    (recall,) = result.find("pii_recall", slice={"entity": "PERSON", "agreement": "exact"})
    assert recall.value == 0.5


def test_a_source_of_another_kind_is_refused():
    with pytest.raises(UsageError, match="calibration is another kind of source"):
        evaluate(HERE)
