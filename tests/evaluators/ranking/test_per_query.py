"""The numbers of each query: chance has its expectation, and two rankings are compared query by query."""

import numpy as np
import pytest
from scipy import stats
from tests.evaluators.ranking.support import one, queries
from tests.support import memory_table

from cardwright.errors import SourceError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.ranking import Ranking
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.testing import check_evaluator


def compared(data, other, **parameters):
    sources = {
        "source": memory_table(data, label="rel", sensitive=["g"]),
        "baseline": memory_table(other, label="rel", name="old"),
    }
    parameters = {"query": "q", "score": "s", **parameters}
    return check_evaluator(Ranking, Inputs(id="r", sources=sources, parameters=parameters))


def weaker(data, seed=5):
    return {**data, "s": data["s"] + np.random.default_rng(seed).normal(0, 3, len(data["s"]))}


def test_a_change_is_the_mean_difference_of_queries_with_students_paired_interval_and_test():
    data = queries(60)
    found = compared(data, weaker(data))
    change = one(found, "ndcg_change")
    assert change.value == pytest.approx(one(found, "ndcg").value - of_other(weaker(data)))
    assert change.interval.method == "student_t_paired"
    assert change.test.method == "student_t_paired"
    assert change.interval.lower > 0
    assert change.test.p_value < 0.05
    assert (change.reference, change.denominator, change.at) == ("old", 60.0, {"k": 10.0})


def of_other(data):
    source = memory_table(data, label="rel", sensitive=["g"])
    made = Ranking(query="q", score="s").evaluate(
        Inputs(id="r", sources={"source": source}, parameters={"query": "q", "score": "s"})
    )
    return one(made, "ndcg").value


def test_queries_are_matched_by_name_in_any_order_and_how_many_matched_is_said():
    data = queries(60)
    old = weaker(data)
    turned = {name: values[::-1] for name, values in old.items()}
    part = {name: values[12 * 10 :] for name, values in turned.items()}
    whole, found = compared(data, old), compared(data, part)
    assert one(compared(data, turned), "ndcg_change").value == pytest.approx(one(whole, "ndcg_change").value)
    assert one(found, "ndcg_change").denominator == 50.0
    (scanned,) = [s for s in found.coverage.scanned if s.what == "queries compared with the baseline"]
    assert (scanned.scanned, scanned.total) == (50, 60)
    assert any(n.what == "10 queries of the model and 0 of the baseline" for n in found.coverage.not_tested)


def test_too_few_common_queries_leave_changes_unmeasured():
    data = queries(60)
    few = {name: values[: 12 * 5] for name, values in weaker(data).items()}
    change = one(compared(data, few), "ndcg_change")
    assert isinstance(change, Unmeasured)
    assert "5 queries have this number in both rankings" in change.reason


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: {**data, "q": np.char.add("other ", data["q"])}, "none of the queries"),
        (lambda data: {**data, "rel": data["rel"][::-1]}, "other candidates"),
        (lambda data: {name: values[1:] for name, values in data.items()}, "other candidates"),
    ],
)
def test_rankings_of_other_candidates_are_not_compared(change, said):
    data = queries(60)
    with pytest.raises(SourceError, match=said):
        compared(data, change(data))


def test_a_random_order_is_at_chance_and_a_perfect_one_at_one():
    data = queries(400, seed=2)
    random = {**data, "s": np.random.default_rng(9).normal(size=len(data["s"]))}
    chance = one(compared(random, data), "ndcg_above_chance")
    assert chance.interval.lower < 0 < chance.interval.upper
    perfect = one(compared({**data, "s": data["rel"]}, data), "ndcg_above_chance")
    assert perfect.value == pytest.approx(1.0)


def test_an_order_that_is_upside_down_is_a_critical_finding_and_a_random_one_is_not():
    data = queries(80)
    found = compared({**data, "s": -data["s"]}, data)
    (finding,) = [f for f in found.findings if f.key == "order_reversed"]
    assert finding.severity == "critical"
    assert isinstance(one(found, "ndcg_above_chance"), Measured)
    random = {**data, "s": np.random.default_rng(4).normal(size=len(data["s"]))}
    assert not [f for f in compared(random, data).findings if f.key == "order_reversed"]


def test_queries_whose_candidates_are_all_alike_have_no_number_above_chance():
    data = queries(60)
    data["rel"] = np.where(data["q"] < "q0020", 1.0, data["rel"])
    found = one(compared(data, data), "ndcg_above_chance")
    assert found.denominator == 40.0
    assert one(compared(data, data), "ndcg").denominator == 60.0


def test_the_paired_interval_is_students():
    data = queries(60)
    old = weaker(data)
    change = one(compared(data, old), "precision_change")
    each = []
    for name in np.unique(data["q"]):
        here = data["q"] == name
        top = [np.sort(-s["s"][here])[:10] for s in (data, old)]
        each.append(
            sum((data["rel"][here][np.argsort(-data["s"][here])][:10]) >= 1) / 10
            - sum((data["rel"][here][np.argsort(-old["s"][here])][:10]) >= 1) / 10
        )
        assert len(top[0]) == 10
    low, high = stats.t.interval(0.95, 59, np.mean(each), stats.sem(each))
    assert (change.interval.lower, change.interval.upper) == pytest.approx((low, high))
