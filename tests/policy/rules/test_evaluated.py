"""An evaluation that is asked for ran, and measured what is named."""

import pytest
from tests.policy.test_gate import POLICY, changed, outcome, policy_of, with_record
from tests.strategies import NOW, good_case, good_record

from cardwright.policy.gate import decide
from cardwright.policy.judging.case_under_review import review_of
from cardwright.policy.rules.evaluated import EvaluatedRule
from cardwright.record.measurement import Unmeasured


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


@pytest.mark.parametrize(
    ("code", "accepts", "status"),
    [
        ("not_applicable", ", not_applicable: true", "passed"),
        ("not_applicable", "", "missing"),
        ("undefined", ", not_applicable: true", "missing"),
    ],
)
def test_a_metric_that_does_not_arise_is_left_out_only_where_the_policy_accepts_it(code, accepts, status):
    rate = next(m for m in good_record().evaluations[0].measurements if not m.across)
    numbers = (rate, Unmeasured(metric="roc_auc", code=code, reason="r."))
    case = with_record(good_case(), changed(good_record(), "fairness", measurements=numbers))
    asks = f"evaluated: {{evaluator: fairness, metrics: [roc_auc]{accepts}}}"
    text = POLICY + f"  - {{id: extra, title: t, why: w, origin: law, {asks}}}\n".encode()
    assert outcome(decide(case, policy_of(text), NOW), "extra").status == status
