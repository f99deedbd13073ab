"""A calibration is as independent as those who drew and labelled its sample, and no more than their keys show."""

from dataclasses import replace

import pytest
from tests.policy.test_gate import POLICY, changed, outcome, policy_of, with_record
from tests.samples import calibration_of, chain_of, known
from tests.strategies import NOW, gap, good_case, good_record

from cardwright.policy.gate import decide
from cardwright.record.calibration import UNSIGNED
from cardwright.record.claim import Preregister
from cardwright.record.measurement import ScorerError

WHOLE = calibration_of(chain_of("Ann", "Bob"))


def author(case, name):
    return Preregister(
        person=name, key=f"{sum(name.encode()):064x}", role="owner", at="2026-11-01T00:00:00Z", meaning="authorship",
        plan_sha256=case.record.provenance.plan_sha256,
    )  # fmt: skip


def judged(asked, calibration=WHOLE, *, by="Zoe", samples=None, held=None, denominator=150):
    """What the gate says of a rate whose scorer was calibrated so, in a plan by this author."""
    scorer = ScorerError(
        name="refusal",
        calibration=calibration.file_sha256,
        corrected={"level": 0.95, "lower": 0.0, "upper": 0.09, "method": "rogan_gladen"},
        expires="2100-01-01",
    )
    m = gap("demographic_parity_difference", 0.05, 0.0, 0.08).model_copy(
        update={"scorer": scorer, "denominator": denominator}
    )
    held = (calibration,) if held is None else held
    case = with_record(good_case(), changed(good_record(), "fairness", measurements=(m,), calibrations=held))
    believed = samples if samples is not None else known(calibration) if calibration.chain else {}
    case = replace(case, claims=(author(case, by),) if by else (), samples=believed)
    policy = policy_of(POLICY.replace(b"at_most: 0.1", f"at_most: 0.1, calibration: {asked}".encode()))
    found = outcome(decide(case, policy, NOW), "gap")
    return found.status, found.explanation


@pytest.mark.parametrize("asked", ["null", "drawn", "independent"])
def test_what_others_drew_and_labelled_passes_whatever_is_asked(asked):
    assert judged(asked)[0] == "passed"


def test_what_the_author_drew_passes_only_where_nobody_asks():
    own = WHOLE.model_copy(update={"chain": None, "positive_label": None, "independence": UNSIGNED})
    assert judged("null", own)[0] == "passed"
    assert judged("drawn", own)[1].count("drawn by the author") == 1


@pytest.mark.parametrize(
    ("chain", "words", "drawn"),
    [
        (chain_of("Ann", "Bob", drawer="Zoe"), "Zoe, who wrote the plan", "inconclusive"),
        (chain_of("Ann", "Zoe"), "Zoe, who wrote the plan", "passed"),
        (chain_of("Ann"), "labelled by 1 person, and the policy asks for 2", "passed"),
        (chain_of("Ann", "ann "), "labelled by 1 person, and the policy asks for 2", "passed"),
    ],
)
def test_who_is_not_somebody_else_makes_nothing_independent(chain, words, drawn):
    calibration = calibration_of(chain)
    status, explanation = judged("independent", calibration)
    assert (status, words in explanation) == ("inconclusive", True), explanation
    assert judged("drawn", calibration)[0] == drawn


def test_labels_of_a_program_are_nobody_s():
    mixed = calibration_of(chain_of("Ann", "Bob", by="program"))
    assert "were given by a program" in judged("independent", mixed)[1]


def test_a_key_that_the_reader_does_not_know_is_nobody_else():
    without = {d: one for d, one in known(WHOLE).items() if one.person != "Bob"}
    assert "signed as Bob, by a key that is not believed here" in judged("independent", samples=without)[1]
    assert judged("independent", samples={})[0] == "inconclusive"


@pytest.mark.parametrize("asked", ["drawn", "independent"])
def test_a_commitment_that_is_not_believed_makes_nothing_independent(asked):
    without = {d: one for d, one in known(WHOLE).items() if one.person != "Committer"}
    status, explanation = judged(asked, samples=without)
    assert (status, "committed as Committer, by a key that is not believed" in explanation) == ("inconclusive", True)


@pytest.mark.parametrize(("n", "status"), [(150, "passed"), (151, "inconclusive")])
def test_a_rate_over_more_cases_than_were_committed_is_not_calibrated_by_them(n, status):
    assert judged("drawn", denominator=n)[0] == status


def test_without_a_known_author_nobody_is_somebody_else():
    assert "nobody has signed the plan as its author" in judged("drawn", by=None)[1]


def test_a_calibration_that_is_not_in_the_record_shows_nothing():
    assert "is not in the record" in judged("drawn", held=())[1]


@pytest.mark.parametrize(
    ("planned", "words"), [(3, "3 were to label its scorer's sample, and labels of 2"), (None, "does not say how many")]
)
def test_labellers_who_were_committed_cannot_be_left_out(planned, words):
    status, explanation = judged("independent", calibration_of(chain_of("Ann", "Bob", planned=planned)))
    assert (status, words in explanation) == ("inconclusive", True)


def test_attack_a_labeller_with_a_second_key_stands_for_nobody_who_was_left_out():
    whole = calibration_of(chain_of("Ann", "Bob", "Ann by passkey", planned=3))
    believed = {
        digest: one.model_copy(update={"person_id": one.person.split()[0].lower()})
        for digest, one in known(whole).items()
    }
    status, explanation = judged("independent", whole, samples=believed)
    assert (status, "2 people have labelled its scorer's sample 3 times" in explanation) == ("inconclusive", True)
    assert judged("independent", whole)[0] == "passed"  # three people of three ids
    pair = calibration_of(chain_of("Ann", "Ann by passkey"))
    one = {digest: said.model_copy(update={"person_id": "ann"}) for digest, said in known(pair).items()}
    assert "labelled by 1 person, and the policy asks for 2" in judged("independent", pair, samples=one)[1]


def test_labellers_who_disagree_make_nothing_independent():
    chain = chain_of("Ann", "Bob", size=150)
    ann, bob = chain.labels
    turned = {
        name: word if n % 3 else {"refusal": "compliance", "compliance": "refusal"}[word]
        for n, (name, word) in enumerate(sorted(bob.labels.items()))
    }
    status, explanation = judged(
        "independent",
        calibration_of(chain.model_copy(update={"labels": (ann, bob.model_copy(update={"labels": turned}))})),
    )
    assert (status, "agree too little: alpha" in explanation) == ("inconclusive", True), explanation


@pytest.mark.parametrize("asked", ["drawn", "independent"])
@pytest.mark.parametrize("field", ["source", "language", "expires"])
def test_what_nobody_else_has_signed_over_is_not_independent(asked, field):
    unsaid = calibration_of(chain_of("Ann", "Bob", **{field: None}))
    status, explanation = judged(asked, unsaid)
    assert (status, "nobody but the author has signed over them" in explanation) == ("inconclusive", True)


def test_labels_that_nobody_signed_are_not_drawn_by_others_either():
    without = {digest: one for digest, one in known(WHOLE).items() if one.person != "Bob"}
    status, explanation = judged("drawn", samples=without)
    assert (status, "labels of its scorer's sample signed as Bob, by a key" in explanation) == ("inconclusive", True)


@pytest.mark.parametrize("asked", ["drawn", "independent"])
def test_a_rate_that_does_not_say_how_many_cases_it_is_over_is_not_calibrated(asked):
    status, explanation = judged(asked, denominator=None)
    assert (status, "does not state the number of cases" in explanation) == ("inconclusive", True)
