"""Numbers that a decision asks for by name are found whoever measured them, and their absence is said."""

from dataclasses import dataclass

from tests.strategies import good_record

from cardwright.documents import asked
from cardwright.documents.language import ENGLISH
from cardwright.record import Finding, Measured, Unmeasured
from cardwright.record.measurement import Measurement


@dataclass(frozen=True)
class Row:
    m: Measurement


def measured(metric, value, **more):
    return Row(Measured(metric=metric, value=value, unit="proportion", direction="neither", **more))


def answers(*rows, record=None):
    found = asked.answered(record or good_record(), rows, ENGLISH)
    return {one.question: [row.m.value for row in one.rows] for one in found}


def test_a_question_without_a_number_has_no_rows():
    assert all(values == [] for values in answers().values())
    assert answers(Row(Unmeasured(metric="attack_success_rate", code="undefined", reason="r")))["Attacks"] == []


def test_the_overall_number_answers_and_those_of_groups_do_not():
    rows = (measured("attack_success_rate", 0.2), measured("attack_success_rate", 0.9, slice={"category": "a"}))
    assert answers(*rows)["Attacks"] == [0.2]


def test_the_drivers_are_the_features_with_the_largest_share():
    rows = [measured("attribution_share", value, slice={"feature": f"f{value}"}) for value in (0.1, 0.4, 0.2, 0.3)]
    assert answers(*rows)["What drives the output"] == [0.4, 0.3, 0.2]


def test_of_a_dataset_only_its_personal_data_are_asked():
    record = good_record()
    data = record.model_copy(update={"subject": record.subject.model_copy(update={"kind": "dataset"})})
    assert list(answers(measured("pii_row_rate", 0.1), record=data)) == ["Personal data"]


def test_personal_data_name_the_columns_with_a_finding_the_gravest_first():
    record = good_record()
    first = record.evaluations[0]
    findings = tuple(
        Finding(severity=severity, key=key, explanation="e", where=where)
        for key, severity, where in (
            ("a", "low", "sex"),
            ("b", "high", "race"),
            ("c", "low", "race"),
            ("d", "high", None),
        )
    )
    rate_ = measured("pii_row_rate", 0.1).m
    changed = first.model_copy(update={"findings": findings, "measurements": (rate_,)})
    record = record.model_copy(update={"evaluations": (changed, *record.evaluations[1:])})
    told = {one.question: one.found for one in asked.answered(record, [Row(rate_)], ENGLISH)}
    assert told["Personal data"] == (("race", "high"), ("sex", "low"))
    assert told["Attacks"] == ()
