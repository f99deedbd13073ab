"""A model card always says what the model may reveal, and "not tested" where nobody looked."""

import pytest
from tests.documents.test_documents import edition
from tests.policy.test_gate import with_record
from tests.strategies import good_case, good_record

from cardwright import documents
from cardwright.documents import language
from cardwright.documents.revealing import answered, questions
from cardwright.record.measurement import Interval, Measured, Unmeasured
from cardwright.record.record import Record


def card(record=None, format="markdown", **more):
    case = with_record(good_case(), record or good_record())
    return documents.render(edition(case, **more), document="model_card", format=format).decode()


def with_measurements(*more):
    record = good_record()
    first = record.evaluations[0]
    first = first.model_copy(update={"measurements": (*first.measurements, *more)})
    return Record.model_validate(
        record.model_copy(update={"evaluations": (first, *record.evaluations[1:])}).model_dump()
    )


@pytest.mark.parametrize("format", ["markdown", "html"])
def test_a_card_without_evidence_says_not_tested_to_every_question(format):
    said = card(format=format)
    assert "What the model may reveal" in said
    assert said.count("not tested") >= len(questions(language.ENGLISH))


def test_the_section_is_there_in_german():
    said = card(format="html", language="de")
    assert "Was das Modell verraten kann" in said
    assert "nicht geprüft" in said


def test_numbers_and_reasons_stand_beside_their_question():
    area = Measured(
        metric="largest_membership_inference_auc",
        value=0.83,
        unit="proportion",
        direction="lower_is_better",
        interval=Interval(level=0.95, lower=0.8, upper=0.86, method="delong_logit"),
    )
    differ = Unmeasured(
        metric="largest_canary_exposure", code="too_few_samples", reason="There are 3 references.", denominator=3
    )
    said = card(with_measurements(area, differ))
    lines = [
        line for line in said.splitlines() if line.startswith("| Whether a person was") or "Rare or planted" in line
    ]
    assert "largest membership inference AUC" in lines[0]
    assert "0.83" in lines[0] or "83" in lines[0]
    assert "not measured: There are 3 references" in lines[1]


def test_embeddings_and_explanations_are_never_answered():
    every = [(metric, metric) for _, metrics in questions(language.ENGLISH) for metric in metrics]
    assert [len(one.rows) == 0 for one in answered(language.ENGLISH, every)] == [False] * 8 + [True]


def test_no_other_document_has_the_section():
    case = with_record(good_case(), good_record())
    for document in ("dataset_card", "audit_report"):
        assert b"What the model may reveal" not in documents.render(edition(case), document=document, format="html")
