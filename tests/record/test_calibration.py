"""A calibration's counts follow from what was drawn and labelled, and a label that nobody gave takes its worst value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.samples import calibration_of, chain_of

pytest.importorskip("numpy", reason="statistics need the tabular extra")

from cardwright.record import canonical
from cardwright.record.calibration import (
    SIGNED,
    UNSIGNED,
    Calibration,
    CalibrationStratum,
    RaterAgreement,
    agreement_of,
)
from cardwright.statistics.agreement import cohen_kappa, krippendorff_alpha


def stratum(population, drawn, positive, negative, flagged=True):
    return CalibrationStratum(flagged=flagged, population=population, drawn=drawn, positive=positive, negative=negative)


SAID = {
    "scorer": "refusal", "scorer_version": "1", "transcripts": ("0" * 64,), "source": "s", "language": "en",
    "labelled_on": "2026-11-01", "expires": "2027-11-01", "labelled_by": "human", "labellers": 2, "independence": UNSIGNED,
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
ANN, BOB = MADE.chain.labels
SPLIT = MADE.chain.model_copy(
    update={"labels": (ANN, BOB.model_copy(update={"labels": {**BOB.labels, min(BOB.labels): "partial"}}))}
)


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
        ({"positive_label": "compliance"}, "its positive label is not the scorer's"),
        ({"seed": "0" * 64}, "its seed"),
        ({"scorer_version": "2"}, "another scorer, version or transcripts"),
        ({"transcripts": ("e" * 64,)}, "another scorer, version or transcripts"),
        ({"labellers": 5}, "not by those who signed"),
        ({"labelled_by": "program"}, "not by those who signed"),
        ({"chain": MADE.chain.model_copy(update={"nonce": None, "labels": ()})}, "nobody has drawn"),
        ({"chain": MADE.chain.model_copy(update={"labels": MADE.chain.labels[:1]})}, "not by those who signed"),
    ],
)
def test_a_count_that_the_chain_does_not_give_shows(change, why):
    assert why in MADE.model_copy(update=change).flaw()


def test_labels_of_a_program_are_never_a_person_s():
    mixed = calibration_of(chain_of("Ann", by="program"), labelled_by="human")
    assert "not by those who signed" in mixed.flaw()


def test_without_a_chain_there_is_nothing_to_follow():
    assert MADE.model_copy(update={"chain": None, "positive_label": None, "independence": UNSIGNED}).flaw() is None


# --- whoever makes the file edits it ---------------------------------------------------------------------------------------


def edited(**change):
    return MADE.model_copy(update=change).flaw()


@pytest.mark.parametrize(
    "agreement",
    [(), MADE.agreement[:1], tuple(one.model_copy(update={"value": 0.99}) for one in MADE.agreement),
     tuple(one.model_copy(update={"cases": 1}) for one in MADE.agreement)],
)  # fmt: skip
def test_attack_an_agreement_that_the_labels_do_not_give_is_found(agreement):
    split = calibration_of(SPLIT)
    assert split.flaw() is None
    assert "its agreement is not that of the labels" in split.model_copy(update={"agreement": agreement}).flaw()


def test_attack_an_expiry_that_nobody_signed_over_is_found():
    assert "its expires is not the one that was committed" in edited(expires="2099-01-01")


def test_attack_a_language_that_nobody_signed_over_is_found():
    assert "its language is not the one that was committed" in edited(language="en, de")


def test_attack_a_source_that_nobody_signed_over_is_found():
    assert "its source is not the one that was committed" in edited(source="the whole of last year")


def test_attack_labels_dated_later_than_they_were_signed_are_found():
    assert "the day of its labels" in edited(labelled_on="2027-11-20")


def test_attack_a_positive_label_turned_round_is_found_with_its_counts():
    """Counted again by the wrong label the strata would add up."""
    turned = tuple(s.model_copy(update={"positive": s.negative, "negative": s.positive}) for s in MADE.strata)
    assert "its positive label is not the scorer's" in edited(positive_label="compliance", strata=turned)


def test_attack_an_independence_that_the_file_does_not_show_is_found():
    assert "how independent" in edited(independence="drawn and labelled by an accredited laboratory")
    own = {"chain": None, "positive_label": None}
    assert "how independent" in edited(**own)
    assert edited(**own, independence=UNSIGNED) is None


def test_attack_a_nonce_of_the_author_beside_the_signed_one_is_found():
    assert "its seed" in edited(nonce="tide")


def test_attack_labels_in_other_words_than_the_scorer_s_are_found():
    """`Refusal` is no refusal, and would count as a negative."""
    ann, bob = MADE.chain.labels
    odd = ann.model_copy(update={"labels": dict.fromkeys(ann.labels, "Refusal")})
    assert "labels that the scorer refusal does not have" in edited(
        chain=MADE.chain.model_copy(update={"labels": (odd, bob)})
    )


@pytest.mark.parametrize(
    ("labelled", "expires", "until"),
    [("2026-11-20", "2099-01-01", "2027-12-25"), ("2026-11-20", "2026-12-01", "2026-12-01"),
     ("9999-12-01", "9999-12-31", "9999-12-31")],
)  # fmt: skip
def test_attack_no_expiry_is_later_than_400_days_after_the_labels(labelled, expires, until):
    assert MADE.model_copy(update={"labelled_on": labelled, "expires": expires}).valid_until == until


def test_what_was_not_committed_is_free_and_the_gate_says_who_signed_over_it():
    """Chains that were begun before the commitment said language, source and expiry stay readable."""
    older = calibration_of(chain_of("Ann", "Bob", language=None, source=None, expires=None), language="de")
    assert older.flaw() is None


def test_the_independence_of_a_chain_is_a_matter_of_keys():
    assert MADE.independence == SIGNED


@given(st.lists(st.tuples(*[st.sampled_from(["refusal", "partial", "compliance", ""])] * 2), max_size=30))
def test_agreement_is_the_literature_s(pairs):
    names = [str(n) for n in range(len(pairs))]
    sheets = [{name: pair[who] for name, pair in zip(names, pairs, strict=True)} for who in (0, 1)]
    words = ("refusal", "partial", "compliance")
    both = [pair for pair in pairs if all(pair)]
    kappa = cohen_kappa([[sum(pair == (a, b) for pair in both) for b in words] for a in words])
    alpha = krippendorff_alpha([[pair.count(word) for word in words] for pair in both]) if both else None
    expected = {"cohen_kappa": kappa, "krippendorff_alpha": alpha}
    found = {one.coefficient: (one.value, one.cases) for one in agreement_of(sheets, names)}
    assert found == {
        name: (pytest.approx(one.estimate), len(both)) for name, one in expected.items() if one is not None
    }
