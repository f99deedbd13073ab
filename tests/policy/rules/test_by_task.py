"""A requirement is asked in the form of the task that the outcomes show; in doubt, in every form."""

from dataclasses import replace

import pytest
from tests.policy.test_gate import POLICY, changed, outcome, policy_of, with_record
from tests.strategies import NOW, gap, good_case, good_record

from cardwright.errors import PolicyError
from cardwright.policy.gate import decide
from cardwright.policy.rules.by_task import tasks_of
from cardwright.policy.tightening import loosens

VARIANTS = b"""    by_task: {
      regression: {title: Errors, why: Of a number., origin: practice, citation: Somebody, metric: mean_error_difference, at_most: 0.2},
      multiclass: {not_asked: there is no one gap}},
    binding: recomputed}}"""
BY_TASK = POLICY.replace(b"binding: recomputed}}", VARIANTS.lstrip(), 1)


def of_task(task, *more):
    """The good case of a task, with further measurements of fairness."""
    record = good_record()
    record = changed(record, "fairness", measurements=(*record.evaluations[0].measurements, *more))
    provenance = record.provenance
    datasets = tuple(d.model_copy(update={"task": task}) for d in provenance.datasets)
    changed_one = record.model_copy(update={"provenance": provenance.model_copy(update={"datasets": datasets})})
    return with_record(good_case(), changed_one)


def asked(task, *more, text=BY_TASK):
    return outcome(decide(of_task(task, *more), policy_of(text), NOW), "gap")


ERRORS = gap("mean_error_difference", 0.1, 0.05, 0.15)
FAR = gap("mean_error_difference", 0.3, 0.25, 0.35)


def test_a_binary_decision_is_asked_what_the_requirement_itself_says():
    found = asked("binary")
    assert (found.status, found.title, found.limit.value) == ("passed", "t", 0.1)


@pytest.mark.parametrize(("measured", "status"), [(ERRORS, "passed"), (FAR, "failed"), (None, "missing")])
def test_another_task_is_asked_its_own_metric_against_its_own_limit_in_its_own_words(measured, status):
    found = asked("regression", *([measured] if measured is not None else []))
    assert found.status == status
    assert (found.title, found.why, found.origin, found.citation) == ("Errors", "Of a number.", "practice", "Somebody")
    assert found.limit.value == 0.2


def test_what_a_task_does_not_have_is_not_asked_and_the_policy_says_why():
    found = asked("multiclass")
    assert (found.status, found.clause) == ("not_applicable", "by_task.multiclass.not_asked")
    assert "there is no one gap" in found.explanation


def test_in_doubt_every_form_is_asked_and_the_worst_answer_counts():
    assert asked(None, ERRORS).status == "passed"
    assert asked(None, FAR).status == "failed"
    assert asked(None).status == "missing"


def test_where_no_dataset_says_a_task_every_form_is_asked():
    case = of_task("multiclass")
    provenance = case.record.provenance.model_copy(update={"datasets": ()})
    bare = with_record(case, case.record.model_copy(update={"provenance": provenance}))
    assert outcome(decide(bare, policy_of(BY_TASK), NOW), "gap").status == "missing"


def test_what_the_plan_calls_the_task_decides_nothing():
    case = of_task("binary")
    context = case.record.context.model_copy(update={"task": "multiclass"})
    plan = case.plan.model_copy(update={"context": context})
    called = with_record(replace(case, plan=plan), case.record.model_copy(update={"context": context}))
    found = outcome(decide(called, policy_of(BY_TASK), NOW), "gap")
    assert (found.status, found.title) == ("passed", "t")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b", at_most: 0.2}", b"}", "at_least or at_most"),
        (b"title: Errors, ", b"", "title"),
        (b"not_asked: there is no one gap", b"title: t", "not_asked"),
        (b"not_asked: there is no one gap", b"not_asked: a, metric: b, at_most: 1", "not_asked"),
        (b"metric: mean_error_difference, at_most: 0.2", b"metrics: [a]", "metrics"),
        (b"regression: {", b"regresion: {", "regresion"),
    ],
)
def test_a_variant_that_asks_nothing_or_half_a_thing_is_refused(old, new, said):
    with pytest.raises(PolicyError, match=said):
        policy_of(BY_TASK.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "looser"),
    [
        (b"at_most: 0.2}", b"at_most: 0.1}", False),
        (b"at_most: 0.2}", b"at_most: 0.3}", True),
        (b"mean_error_difference, ", b"mean_prediction_difference, ", True),
        (b"multiclass: {not_asked: there is no one gap}", b"", True),
        (b"multiclass: {not_asked: there is no one gap}", b"multiclass: {title: E, why: w, origin: practice, metric: m, at_most: 1}", False),
    ],
)  # fmt: skip
def test_a_policy_that_extends_another_asks_each_task_no_less(old, new, looser):
    def gap_of(text):
        return next(r for r in policy_of(text).requirements if r.id == "gap")

    assert old in BY_TASK
    assert bool(loosens(gap_of(BY_TASK.replace(old, new, 1)), gap_of(BY_TASK))) == looser


def test_a_table_is_about_the_task_of_the_predictions_and_leaves_no_doubt_of_its_own():
    record = of_task("ranking").record
    datasets = record.provenance.datasets
    table = datasets[0].model_copy(update={"name": "train", "role": "training", "kind": "table", "task": None})
    provenance = record.provenance.model_copy(update={"datasets": (*datasets, table)})
    both = record.model_copy(update={"provenance": provenance})
    assert tasks_of(both, "training") == ("ranking",)
    assert tasks_of(both, "nowhere") == ("ranking",)
    doubt = tuple(d.model_copy(update={"task": None}) for d in provenance.datasets)
    unsure = both.model_copy(update={"provenance": provenance.model_copy(update={"datasets": doubt})})
    assert tasks_of(unsure, "training") == (None,)
