"""A number that cannot be traced to a commit and a dataset version is not evidence."""

import pytest
from tests.strategies import NOW, good_case

from cardwright.policy.judging.case_under_review import review_of
from cardwright.policy.rules.provenance import ProvenanceRule


def judged(clean=True, **update):
    case = good_case()
    provenance = case.record.provenance.model_copy(update=update)
    record = case.record.model_copy(update={"provenance": provenance})
    return ProvenanceRule(clean=clean).judge(review_of(type(case)(record=record), NOW))


@pytest.mark.parametrize(
    ("update", "reason"),
    [
        ({"commit": None, "dirty": None}, "no commit: the plan is not under version control"),
        ({"dirty": True}, "the working tree had uncommitted changes"),
        ({"dirty": None}, "the working tree had uncommitted changes"),
        ({"datasets": ()}, "no dataset is named"),
    ],
)
def test_what_breaks_the_trace_of_a_number_is_named(update, reason):
    answer = judged(**update)
    assert answer.status == "missing"
    assert reason in answer.explanation


def test_a_working_tree_that_differed_is_accepted_only_if_the_policy_says_so():
    assert judged(clean=False, dirty=True).status == "passed"
    assert judged(clean=False, commit=None, dirty=None).status == "missing"


def test_every_number_of_a_record_in_order_resolves():
    assert judged().status == "passed"
