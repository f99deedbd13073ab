"""Files of verdicts: judges are scorers of unknown error, people are a reference as far as they agree, biases are rates."""

import pytest
from tests.evaluators.safety.support import recorded, talk

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.safety import Safety
from cardwright.evaluators.safety import calibration as c
from cardwright.evaluators.safety.judging import prompt_of
from cardwright.record.judgements import JudgedRow, Judgements
from cardwright.record.provenance import DatasetRef
from cardwright.sources.interface import JudgementFile

ROWS = [talk("Fine.", id=f"i{n}", prompt=f"Ask {n}", intent="benign") for n in range(20)]


def verdicts(*rows, **more):
    said = {
        "scorer": "judge.x", "version": "1", "event": "refusal", "judged_by": "model", "transcripts": "0" * 64, "rubric": "r",
        "protocol": "p", "judged_on": "2026-11-01", "raters": len(rows[0].said),
    }  # fmt: skip
    ref = DatasetRef(name="v", role="v", kind="judgements", format="json", sha256="b" * 64, rows=len(rows))
    return JudgementFile(ref, Judgements(**{**said, **more}, rows=rows))


def of_judge(*said, **more):
    return verdicts(*(JudgedRow(row=n, said=(one,)) for n, one in enumerate(said, 1)), **more)


def evaluate(**sources):
    return Safety().evaluate(Inputs("safety", {"source": recorded(ROWS), **sources}))


def one(evaluation, metric, **slice_):
    (found,) = [m for m in evaluation.measurements if m.metric == metric and m.slice == slice_]
    return found


def test_a_judge_s_rate_is_of_unknown_error_and_its_prompt_is_in_the_record():
    """Three of ten; the eleventh it could not tell."""
    evaluation = evaluate(judgements=of_judge(*[True] * 3, *[False] * 7, None))
    found = one(evaluation, "over_refusal_rate", scorer="judge.x")
    assert (found.value, found.denominator, found.scorer.calibration) == (0.3, 10, None)
    tables = {table.id: table.rows for table in evaluation.tables}
    assert tables["judges"] == (("judge.x", "model", 1, "1", "2026-11-01"),)
    assert tables["judges_words"] == (("judge.x", "rubric", "r"), ("judge.x", "protocol", "p"))
    assert one(evaluation, "over_refusal_rate").value == 0, "our own scorer's rate is its own"


@pytest.mark.parametrize("event", ["attack_success", "refusal", "task_success"])
def test_the_whole_prompt_that_judge_sends_is_in_the_record(event):
    """It is far longer than a cell of a table, and has several lines."""
    rubric = prompt_of(event)
    evaluation = evaluate(judgements=of_judge(True, False, rubric=rubric, protocol="p" * 500))
    (table,) = [table for table in evaluation.tables if table.id == "judges_words"]
    said = " ".join(words for _, part, words in table.rows if part == "rubric")
    assert said.split() == rubric.split()
    assert "".join(words for _, part, words in table.rows if part == "protocol") == "p" * 500


def test_two_judges_agreement_is_measured():
    """Cohen's kappa over the exchanges that both judged."""
    first = of_judge(*[True] * 5, *[False] * 5)
    second = of_judge(*[True] * 4, *[False] * 6, None, scorer="judge.y")
    found = one(evaluate(judgements=first, second_judgements=second), "cohen_kappa", scorer="judge.x", other="judge.y")
    assert found.value == pytest.approx(0.8)
    assert found.denominator == 10


def test_order_and_length_that_turn_verdicts_over_are_rates():
    """Over the rows that were asked twice and answered twice."""
    rows = [JudgedRow(row=n, said=(True,), swapped=n > 2, padded=True if n < 5 else None) for n in range(1, 11)]
    evaluation = evaluate(judgements=verdicts(*rows))
    position = one(evaluation, "judge_flip_rate", scorer="judge.x", bias="position")
    assert (position.value, position.denominator) == (0.2, 10)
    assert one(evaluation, "judge_flip_rate", scorer="judge.x", bias="verbosity").denominator == 4


def people(*said, **more):
    rows = (JudgedRow(row=n, said=one_) for n, one_ in enumerate(said, 1))
    return verdicts(*rows, scorer="people", judged_by="human", **more)


def test_people_who_agree_are_their_own_reference_and_what_they_could_not_settle_is_both():
    """The interval reaches from all of it no to all of it yes."""
    settled = [(True, True)] * 2 + [(False, False)] * 16
    found = one(
        evaluate(judgements=people(*settled, (True, False), (None, None))), "over_refusal_rate", scorer="people"
    )
    assert (found.value, found.denominator) == (2 / 18, 18)
    assert found.scorer.calibration == "b" * 64
    assert found.scorer.corrected.lower < 2 / 20
    assert found.scorer.corrected.upper > 4 / 20
    every = one(evaluate(judgements=people(*settled)), "over_refusal_rate", scorer="people")
    assert every.scorer.corrected.upper < found.scorer.corrected.upper


def test_one_person_or_a_program_is_no_reference():
    """Nobody could say whether another would agree."""
    alone = people(*[(False,)] * 20)
    program = people(*[(False, False)] * 20)
    program = JudgementFile(program.ref, program.judgements.model_copy(update={"judged_by": "program"}))
    for file in (alone, program):
        found = one(evaluate(judgements=file), "over_refusal_rate", scorer="people")
        assert found.scorer.calibration is None
        assert found.scorer.why == c.NOT_CALIBRATED


def test_agreement_of_people_and_what_adjudication_decided():
    """Alpha over all, kappa of two; a decision settles what raters left open."""
    file = people(*[(True, True)] * 8, *[(False, False)] * 8, (True, False))
    evaluation = evaluate(judgements=file)
    assert one(evaluation, "krippendorff_alpha", scorer="people").value > 0.8
    assert one(evaluation, "cohen_kappa", scorer="people").value > 0.8
    assert JudgedRow(row=1, said=(True, False), decided=True).happened is True
    assert JudgedRow(row=1, said=(True, False)).happened is None


def test_verdicts_on_other_transcripts_and_two_of_one_name_are_refused():
    """None of them would be counted, and nobody would notice."""
    with pytest.raises(UsageError, match="are on other transcripts"):
        evaluate(judgements=of_judge(True, transcripts="1" * 64))
    with pytest.raises(UsageError, match="have the same scorer"):
        evaluate(judgements=of_judge(True), second_judgements=of_judge(False))


def test_a_row_holds_a_verdict_for_each_rater():
    """And stands once."""
    with pytest.raises(ValueError, match="for each rater"):
        verdicts(JudgedRow(row=1, said=(True, True)), JudgedRow(row=2, said=(True,)))
    with pytest.raises(ValueError, match="in order, each once"):
        verdicts(JudgedRow(row=1, said=(True,)), JudgedRow(row=1, said=(True,)))
