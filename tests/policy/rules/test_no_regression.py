"""`no_regression`: passes only where enough prompts were compared, all of them, and none is newly broken."""

import pytest
from tests.strategies import NOW, good_case

from cardwright.policy.judging.case_under_review import review_of
from cardwright.policy.rules.no_regression import NoRegressionRule
from cardwright.record.case import Case
from cardwright.record.evaluation import Input
from cardwright.record.measurement import Measured

FORMER = Input(need="former", name="before", role="before", sha256="f" * 64)


def counted(metric, value, n, **more):
    return Measured(
        metric=metric,
        slice={"intent": "attack", **more},
        value=value,
        unit="count",
        direction="lower_is_better",
        denominator=n,
    )


def judged(measurements, inputs=(FORMER,), **rule):
    case = good_case()
    first = case.record.evaluations[0]
    changed = first.model_copy(update={"measurements": tuple(measurements), "inputs": (*first.inputs, *inputs)})
    record = case.record.model_copy(update={"evaluations": (changed, *case.record.evaluations[1:])})
    asked = NoRegressionRule(**{"evaluation": first.id, "min_prompts": 30, "accept": (first.completeness,), **rule})
    return asked.judge(review_of(type(case)(record=record), NOW))


GOOD = [counted("newly_broken", 0, 40), counted("not_compared", 0, 40)]


@pytest.mark.parametrize(
    ("measurements", "status"),
    [
        (GOOD, "passed"),
        ([counted("newly_broken", 1, 40), GOOD[1]], "failed"),
        ([counted("newly_broken", 1, 10), counted("not_compared", 5, 10)], "failed"),
        ([counted("newly_broken", 0, 29), counted("not_compared", 0, 29)], "inconclusive"),
        ([GOOD[0], counted("not_compared", 1, 40)], "inconclusive"),
        ([GOOD[0]], "inconclusive"),
        ([GOOD[1]], "inconclusive"),
        ([], "inconclusive"),
    ],
)
def test_it_passes_only_where_all_prompts_were_compared_and_none_is_newly_broken(measurements, status):
    """A count that is left out is no count of 0."""
    assert judged(measurements).status == status


def test_without_the_former_release_or_with_another_than_the_policy_fixes_it_is_missing():
    """Nobody chooses the release that is easy to beat."""
    assert judged(GOOD, inputs=()).status == "missing"
    assert judged(GOOD, former="0" * 64).status == "missing"
    assert judged(GOOD, former="f" * 64).status == "passed"


def test_a_category_that_the_policy_names_has_to_have_been_compared():
    """All of the attacks together do not stand for it."""
    leak = [
        counted("newly_broken", 0, 5, category="secret_leak"),
        counted("not_compared", 0, 5, category="secret_leak"),
    ]
    assert judged(GOOD, categories=("secret_leak",)).status == "inconclusive"
    assert judged([*GOOD, *leak], categories=("secret_leak",)).status == "passed"


def test_more_prompts_and_more_categories_are_stricter():
    """And fewer loosen it."""
    one = NoRegressionRule(evaluator="safety", min_prompts=30, categories=("a",))
    two = NoRegressionRule(evaluator="safety", min_prompts=40, categories=("a", "b"))
    assert two.loosens(one) is None
    assert one.loosens(two) is not None


def test_an_evaluation_that_is_not_in_the_record_is_missing_whatever_another_says():
    assert judged(GOOD, evaluation="nobody-ran-this").status == "missing"


def test_a_release_that_is_compared_with_itself_is_compared_with_nothing():
    same = Input(need="source", name="now", role="now", sha256=FORMER.sha256)
    answer = judged(GOOD, (FORMER, same))
    assert (answer.status, "with itself" in answer.explanation) == ("missing", True)


@pytest.mark.parametrize(
    ("second", "status"),
    [(GOOD, "passed"), ([counted("newly_broken", 1, 40), GOOD[1]], "failed"), ([], "inconclusive")],
)
def test_of_two_evaluations_the_worse_counts(second, status):
    record = good_case().record
    first = record.evaluations[0].model_copy(update={"measurements": tuple(GOOD)})
    first = first.model_copy(update={"inputs": (*first.inputs, FORMER)})
    again = first.model_copy(update={"id": "again", "measurements": tuple(second)})
    planned = (record.planned[0], record.planned[0].model_copy(update={"id": "again"}))
    both = record.model_copy(update={"evaluations": (first, again), "planned": planned})
    rule = NoRegressionRule(evaluator=first.evaluator, min_prompts=30, accept=(first.completeness,))
    found = rule.judge(review_of(Case(record=both), NOW))
    assert (found.status, found.evaluations) == (status, (first if status == "passed" else again,))
