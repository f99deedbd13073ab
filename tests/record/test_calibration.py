"""A calibration's counts are among each other, and a label that nobody gave takes its worst value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cardwright.record import canonical
from cardwright.record.calibration import Calibration, CalibrationStratum, RaterAgreement


def stratum(population, drawn, positive, negative, flagged=True):
    return CalibrationStratum(flagged=flagged, population=population, drawn=drawn, positive=positive, negative=negative)


SAID = {
    "scorer": "refusal", "scorer_version": "1", "transcripts": ("0" * 64,), "source": "s", "language": "en",
    "labelled_on": "2026-11-01", "expires": "2027-11-01", "labelled_by": "human", "labellers": 2, "independence": "i",
    "seed": "1" * 64, "strata": (stratum(60, 40, 30, 8), stratum(140, 40, 1, 39, flagged=False)),
}  # fmt: skip


@pytest.mark.parametrize(("counts", "unlabelled"), [((60, 40, 30, 8), 2), ((60, 40, 30, 10), 0), ((0, 0, 0, 0), 0)])
def test_drawn_cases_that_nobody_labelled_are_counted(counts, unlabelled):
    assert stratum(*counts).unlabelled == unlabelled


@given(st.tuples(*[st.integers(0, 12)] * 4))
def test_more_labelled_than_drawn_or_drawn_than_there_are_is_refused(counts):
    population, drawn, positive, negative = counts
    if positive + negative <= drawn <= population:
        assert stratum(*counts).unlabelled >= 0
    else:
        with pytest.raises(ValidationError, match="labelled cases are among those drawn"):
            stratum(*counts)


def test_it_survives_the_round_trip_and_names_its_format():
    made = Calibration(**SAID, agreement=(RaterAgreement(coefficient="cohen_kappa", value=0.8, cases=38),))
    data = canonical.dumps(made)
    assert b'"schema":"cardwright/calibration/1"' in data
    assert canonical.parse(Calibration, data, where="c.json") == made


@pytest.mark.parametrize(
    "change", [{"labelled_by": "llm"}, {"expires": "soon"}, {"scorer": "Not An Id"}, {"transcripts": ("0" * 63,)},
               {"labellers": -1}, {"seed": "x"}, {"unknown": 1}],
)  # fmt: skip
def test_what_it_cannot_say_is_refused(change):
    with pytest.raises(ValidationError, match=next(iter(change))):
        Calibration(**{**SAID, **change})
