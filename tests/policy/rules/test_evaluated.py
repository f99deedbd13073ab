"""An evaluation that is asked for ran, and measured what is named."""

from tests.policy.test_gate import changed, with_record
from tests.strategies import NOW, good_case, good_record

from cardwright.policy.judging.case_under_review import review_of
from cardwright.policy.rules.evaluated import EvaluatedRule


def judged(record=None, **rule):
    case = good_case() if record is None else with_record(good_case(), record)
    return EvaluatedRule(evaluator="fairness", **rule).judge(review_of(case, NOW))


def test_an_evaluation_that_measured_what_is_named_passes_whatever_the_values():
    answer = judged(metrics=("true_positive_rate", "demographic_parity_difference"))
    assert answer.status == "passed"
    assert "No limit is set" in answer.explanation


def test_a_metric_that_nobody_measured_is_missing_by_its_name():
    answer = judged(metrics=("true_positive_rate", "roc_auc"))
    assert (answer.status, answer.explanation) == ("missing", "fairness has no ROC AUC")


def test_an_evaluation_without_a_number_measured_nothing():
    answer = judged(changed(good_record(), "fairness", measurements=()))
    assert (answer.status, answer.explanation) == ("missing", "fairness measured nothing.")
