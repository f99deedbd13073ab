"""What a document shows of a record, before any template sees it."""

from dataclasses import replace

from tests.documents.test_documents import edition

from cardwright import documents
from cardwright.documents import view
from cardwright.record.evaluation import Binding
from cardwright.record.measurement import Interval, Measured


def test_a_dataset_card_of_a_model_speaks_of_its_data_alone():
    seen = view.make(documents.DOCUMENTS["dataset_card"], edition())
    assert seen.data_only
    assert not seen.evaluations  # both read predictions


def test_alarms_are_about_the_subject_and_not_about_a_challenger_beside_it():
    case = edition()
    first, second = case.record.evaluations
    subject = case.record.subject.files[0].sha256
    interval = Interval(level=0.95, lower=0.7, upper=0.9, method="wilson")
    accuracy = Measured(
        metric="accuracy", value=0.8, unit="proportion", direction="higher_is_better", interval=interval
    )

    def measured(evaluation, model):
        binding = Binding(kind="recomputed", agreed=1, compared=1, tolerance=1e-6, model_sha256=model)
        changes = {"evaluator": "performance", "binding": binding, "measurements": (accuracy,)}
        return evaluation.model_copy(update=changes)

    both = (measured(first, subject), measured(second, "9" * 64))
    record = case.record.model_copy(update={"evaluations": both})
    seen = view.make(documents.DOCUMENTS["handoff_package"], replace(case, record=record))
    assert [alarm.row.id for alarm in seen.alarms.rows] == ["M-001"]
    other = record.model_copy(update={"evaluations": (measured(first, "8" * 64), both[1])})
    assert view.make(documents.DOCUMENTS["handoff_package"], replace(case, record=other)).alarms is None
