"""A calibration's counts follow from what was drawn and labelled, and a label that nobody gave takes its worst value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.samples import calibration_of, chain_of

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


# --- what follows from a chain ------------------------------------------------------------------------------------------

MADE = calibration_of(chain_of("Ann", "Bob", wrong=7))


def test_it_counts_what_the_labels_say():
    """Seven cases that the scorer got wrong stand in the strata on the side where they are."""
    wrong = sum(s.negative if s.flagged else s.positive for s in MADE.strata)
    assert (wrong, MADE.flaw()) == (7, None)


def test_the_file_and_the_value_have_one_digest():
    read = canonical.parse(Calibration, MADE.file_bytes, where="c.json")
    assert (read, read.file_sha256) == (MADE, MADE.file_sha256)


def better(stratum):
    return stratum.model_copy(update={"positive": stratum.drawn if stratum.flagged else 0, "negative": 0 if stratum.flagged else stratum.drawn})  # fmt: skip


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"strata": tuple(map(better, MADE.strata))}, "counts are not those"),
        ({"positive_label": "compliance"}, "counts are not those"),
        ({"seed": "0" * 64}, "its seed"),
        ({"scorer_version": "2"}, "another scorer, version or transcripts"),
        ({"transcripts": ("e" * 64,)}, "another scorer, version or transcripts"),
        ({"labellers": 5}, "of others than those who signed"),
        ({"labelled_by": "program"}, "of others than those who signed"),
        ({"chain": MADE.chain.model_copy(update={"nonce": None, "labels": ()})}, "nobody has drawn"),
        ({"chain": MADE.chain.model_copy(update={"labels": MADE.chain.labels[:1]})}, "of others than those who signed"),
    ],
)
def test_a_count_that_the_chain_does_not_give_shows(change, why):
    assert why in MADE.model_copy(update=change).flaw()


def test_labels_of_a_program_are_never_a_person_s():
    mixed = calibration_of(chain_of("Ann", by="program"), labelled_by="human")
    assert "others than those who signed" in mixed.flaw()


def test_without_a_chain_there_is_nothing_to_follow():
    assert MADE.model_copy(update={"chain": None, "positive_label": None}).flaw() is None
