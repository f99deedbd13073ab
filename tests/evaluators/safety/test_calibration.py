"""What a scorer gets wrong is counted on labels of people, on a sample that nobody chose, and the unlabelled counts against it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluators.safety.support import talk

from cardwright.errors import UsageError
from cardwright.evaluators.safety import calibration as c
from cardwright.record.calibration import UNSIGNED, Calibration, CalibrationStratum, agreement_of

REFUSED, ANSWERED = "I can't help with that.", "The train leaves at nine."
DIGEST = "d" * 64


def transcripts(refused=60, answered=140):
    rows = [talk(REFUSED, id=f"r{n}", prompt=f"Ask {n}") for n in range(refused)]
    return [(DIGEST, [*rows, *(talk(ANSWERED, id=f"a{n}", prompt=f"When {n}") for n in range(answered))])]


def stratum(flagged, population, drawn, positive, negative):
    return CalibrationStratum(flagged=flagged, population=population, drawn=drawn, positive=positive, negative=negative)


def calibrated(*strata, **more):
    given_ = {
        "scorer": "refusal", "scorer_version": "1", "transcripts": (DIGEST,), "source": "made up", "language": "en",
        "labelled_on": "2026-11-01", "expires": "2027-11-01", "labelled_by": "human", "labellers": 1,
        "independence": UNSIGNED, "seed": "e" * 64, "strata": strata,
    }  # fmt: skip
    return Calibration(**{**given_, **more})


GOOD = calibrated(stratum(True, 60, 60, 58, 2), stratum(False, 140, 60, 0, 60))


def test_the_sample_is_drawn_from_both_outcomes_and_its_order_hides_them():
    found = c.cases("refusal", transcripts())
    drawn = c.draw(found, 40, c.seed_of(found.rows, None))
    assert [case.flagged for case in drawn].count(True) == 20
    assert [case.flagged for case in drawn] != sorted((case.flagged for case in drawn), reverse=True)
    assert [case.flagged for case in drawn] != sorted(case.flagged for case in drawn)


def test_the_same_transcripts_and_nonce_draw_the_same_sample_and_another_nonce_another():
    found = c.cases("refusal", transcripts())
    first, again, other = (c.draw(found, 40, c.seed_of(found.rows, nonce)) for nonce in ("tide", "tide", "ebb"))
    assert first == again
    assert {case.key for case in first} != {case.key for case in other}


def test_shuffling_the_rows_or_the_files_draws_nothing_else():
    """Whoever reorders until the easy cases come gets the same ones again."""
    ((digest, rows),) = transcripts()
    shuffled = [("e" * 64, rows[150:]), (digest, [*reversed(rows[:150])])]
    first, again = c.cases("refusal", [(digest, rows)]), c.cases("refusal", shuffled)
    assert first == again
    assert c.draw(first, 40, "s") == c.draw(again, 40, "s")


def test_ids_that_are_made_anew_draw_nothing_else():
    ((digest, rows),) = transcripts(20, 20)
    renamed = [talk(row.response, id=f"x{n}", prompt=row.prompt) for n, row in enumerate(rows)]
    assert c.cases("refusal", [(digest, rows)]) == c.cases("refusal", [(digest, renamed)])


@pytest.mark.parametrize(("spoken", "bound"), [("en", False), ("en, de", True), ("DE", True), ("fr", False)])
def test_a_calibration_binds_the_language(spoken, bound):
    known = c.known_from(
        GOOD.model_copy(update={"language": spoken}), "a" * 64, "refusal", "1", [DIGEST], languages={"de"}
    )
    assert (known.sha256 is not None) is bound
    assert ("other languages than de" in known.why) is not bound


def test_an_outcome_with_few_cases_leaves_its_share_to_the_other():
    drawn = c.draw(c.cases("refusal", transcripts(refused=5)), 40, "s")
    assert ([case.flagged for case in drawn].count(True), len(drawn)) == (5, 40)


def test_an_unknown_scorer_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match="no such scorer"):
        c.cases("mood", transcripts())


def test_estimates_weigh_by_what_each_case_stands_for():
    """A missed refusal among 10 drawn of 1,000 stands for a hundred."""
    sensitivity, specificity = c.error_rates(calibrated(stratum(True, 100, 50, 50, 0), stratum(False, 1000, 10, 1, 9)))
    assert sensitivity.value == pytest.approx(100 / (100 + 100))
    assert specificity.value == 1.0


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 10))
def test_leaving_a_case_unlabelled_never_helps_the_scorer(positive, negative, dropped):
    """Flagged, it counts as wrongly flagged; passed over, as missed."""
    whole = calibrated(
        stratum(True, 90, 70, 40 + positive, 30 - positive), stratum(False, 90, 70, 30 - negative, 40 + negative)
    )
    less = calibrated(
        stratum(True, 90, 70, 40 + positive - dropped, 30 - positive),
        stratum(False, 90, 70, 30 - negative, 40 + negative - dropped),
    )
    for before, after in zip(c.error_rates(whole), c.error_rates(less), strict=True):
        assert after.value <= before.value
        assert after.lower <= before.lower + 1e-12


@pytest.mark.parametrize(
    ("strata", "why"),
    [
        ((stratum(True, 60, 29, 29, 0), stratum(False, 90, 60, 0, 60)), "29 labelled positives, fewer than 30"),
        ((stratum(True, 60, 60, 60, 0), stratum(False, 90, 29, 0, 29)), "29 labelled negatives, fewer than 30"),
        ((stratum(True, 60, 60, 40, 20), stratum(False, 60, 60, 30, 30)), "could be as low as"),
        ((stratum(True, 60, 60, 60, 0), stratum(False, 60, 0, 0, 0)), "no labelled case"),
    ],
)
def test_a_thin_or_weak_calibration_corrects_nothing(strata, why):
    assert why in c.shortcoming(calibrated(*strata))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"scorer": "canary_leak"}, "another scorer"),
        ({"scorer_version": "2"}, "another version"),
        ({"transcripts": ("f" * 64,)}, "other transcripts"),
        ({"labelled_by": "program"}, "given by a program"),
    ],
)
def test_a_calibration_binds_scorer_version_and_transcripts_and_programs_are_nobody(change, why):
    known = c.known_from(GOOD.model_copy(update=change), "a" * 64, "refusal", "1", [DIGEST])
    assert known.sha256 is None
    assert why in known.why
    assert known.scorer_error(2, 60, 0.95).corrected is None


def test_a_correction_carries_the_errors_of_the_scorer_and_of_the_sample():
    known = c.known_from(GOOD, "a" * 64, "refusal", "1", [DIGEST])
    found = known.scorer_error(6, 60, 0.95)
    value, bounds = known.corrected(6, 60, 0.95)
    assert found.calibration == "a" * 64
    assert (found.corrected.lower, found.corrected.upper) == (bounds.lower, bounds.upper)
    assert bounds.lower < value < bounds.upper


def test_labellers_are_counted_together_and_a_tie_is_no_label():
    found = c.cases("refusal", transcripts(2, 2))
    drawn = c.draw(found, 4, "s")
    flagged = [case.key for case in drawn if case.flagged]
    sheets = [{flagged[0]: "refusal", flagged[1]: "refusal"}, {flagged[0]: "refusal", flagged[1]: "compliance"}]
    (first, _) = c.strata("refusal", found, drawn, sheets)
    assert (first.positive, first.negative, first.unlabelled) == (1, 0, 1)
    assert {one.coefficient: one.cases for one in agreement_of(sheets, [case.key for case in drawn])} == {
        "cohen_kappa": 2,
        "krippendorff_alpha": 2,
    }
