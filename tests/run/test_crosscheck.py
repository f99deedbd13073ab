"""fairlearn, given the counts of a record, comes to the same fairness numbers; where it does not, the record's run says so."""

import pytest

pytest.importorskip("fairlearn", reason="fairlearn comes with the tabular extra")

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluators.fairness.support import assess, decisions
from tests.strategies import good_record

from cardwright.run import crosscheck

CELLS = {
    ("a", 1, 1): 40, ("a", 1, 0): 12, ("a", 0, 1): 9, ("a", 0, 0): 31,
    ("b", 1, 1): 22, ("b", 1, 0): 25, ("b", 0, 1): 4, ("b", 0, 0): 44,
    ("c", 1, 1): 5, ("c", 0, 0): 4,
}  # fmt: skip
"""Two groups, and one that is too small for a gap."""


def record_of(evaluation):
    return good_record().model_copy(update={"evaluations": (evaluation,)})


def check(evaluation):
    return crosscheck.with_fairlearn(record_of(evaluation))


def changed(evaluation, metric, **more):
    return evaluation.model_copy(
        update={
            "measurements": tuple(
                m.model_copy(update=more) if m.metric == metric and m.slice == {} else m
                for m in evaluation.measurements
            )
        }
    )


def test_every_rate_and_gap_that_fairlearn_has_is_compared_and_equal():
    (found,) = check(assess(decisions(CELLS)))
    assert found.compared == found.equal >= 3 * 6 + 12
    assert found.largest_difference <= crosscheck.TOLERANCE


@given(st.lists(st.integers(20, 60), min_size=8, max_size=8))
@settings(max_examples=15, deadline=None)
def test_whatever_the_counts_are_both_come_to_the_same(counts):
    keys = [(group, y, d) for group in "ab" for y in (0, 1) for d in (0, 1)]
    (found,) = check(assess(decisions(dict(zip(keys, counts, strict=True)))))
    assert found.compared == found.equal


@pytest.mark.parametrize("metric", ["demographic_parity_difference", "equalized_odds_ratio", "accuracy_ratio"])
def test_a_number_that_is_not_what_its_counts_say_is_seen(metric):
    evaluation = assess(decisions(CELLS))
    (found,) = check(changed(evaluation, metric, value=0.5))
    assert found.equal == found.compared - 1
    assert found.largest_difference > 0.001


def test_a_record_without_fairness_has_no_comparison():
    record = good_record()
    others = tuple(e for e in record.evaluations if e.evaluator != "fairness")
    assert crosscheck.with_fairlearn(record.model_copy(update={"evaluations": others})) == ()


def test_counts_that_contradict_each_other_are_not_compared():
    evaluation = assess(decisions(CELLS))
    broken = evaluation.model_copy(
        update={
            "measurements": tuple(
                m.model_copy(update={"numerator": 10_000}) if m.metric == "selection_rate" else m
                for m in evaluation.measurements
            )
        }
    )
    assert check(broken) == ()


def test_where_fairlearn_is_not_installed_nothing_is_claimed(monkeypatch):
    def missing(name):
        raise crosscheck.PackageNotFoundError(name)

    monkeypatch.setattr(crosscheck, "version", missing)
    assert check(assess(decisions(CELLS))) == ()
