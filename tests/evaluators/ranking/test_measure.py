"""A ranking: means over queries with intervals over queries; what is thin, tied or barren says so."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk
from tests.evaluators.ranking.support import assess, one, queries
from tests.support import memory_table

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.ranking import Ranking
from cardwright.record.measurement import Measured


def test_ndcg_is_the_mean_over_queries_with_students_interval_over_queries():
    data = queries(50)
    found = one(assess(data), "ndcg")
    each = []
    for name in np.unique(data["q"]):
        here = data["q"] == name
        each.append(sk.ndcg_score([np.exp2(data["rel"][here]) - 1], [data["s"][here]], k=10))
    assert found.value == pytest.approx(np.mean(each))
    low, high = stats.t.interval(0.95, 49, np.mean(each), stats.sem(each))
    assert (found.interval.lower, found.interval.upper) == pytest.approx((low, high))
    assert (found.at, found.denominator, found.sampling.unit) == ({"k": 10.0}, 50.0, "q")


def test_more_candidates_of_the_same_queries_are_not_more_cases():
    few, many = one(assess(queries(40, each=6)), "ndcg"), one(assess(queries(40, each=60)), "ndcg")
    assert few.sampling.units == many.sampling.units == 40


def test_the_interval_covers_the_mean_of_a_large_population():
    whole = queries(3000, seed=11)
    truth = one(assess(whole), "mean_average_precision").value
    covered = 0
    for part in range(40):
        rows = slice(part * 12 * 60, (part + 1) * 12 * 60)
        found = one(assess({name: values[rows] for name, values in whole.items()}), "mean_average_precision")
        covered += found.interval.lower <= truth <= found.interval.upper
    assert covered >= 34


def test_a_position_in_place_of_a_score_gives_the_same_numbers():
    data = queries(40)
    rank = np.empty(len(data["q"]))
    for name in np.unique(data["q"]):
        here = np.flatnonzero(data["q"] == name)
        rank[here[np.argsort(-data["s"][here])]] = np.arange(1, len(here) + 1)
    by_rank = assess({**data, "pos": rank}, score=None, rank="pos")
    assert by_rank.measurements == assess(data).measurements


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("s", np.nan, "no finite number"),
        ("rel", -1.0, "below 0"),
        ("rel", 300.0, "doubles"),
        ("q", None, "name no query"),
    ],
)
def test_rows_that_cannot_be_ranked_are_refused(column, value, said):
    data = queries(30)
    changed = np.array(data[column], object if value is None else None)
    changed[3] = value
    with pytest.raises(SourceError, match=said):
        Ranking(query="q", score="s").evaluate(
            Inputs("r", {"source": memory_table({**data, column: changed}, label="rel")})
        )


def test_weighted_rows_are_refused():
    data = queries(30)
    source = memory_table({**data, "w": np.ones(len(data["q"]))}, label="rel", weight="w")
    with pytest.raises(UsageError, match="no weights"):
        Ranking(query="q", score="s").evaluate(Inputs("r", {"source": source}))


def test_every_number_but_a_share_has_an_interval():
    plain = ("share_of_queries_without_relevant",)
    for m in assess(queries(40)).measurements:
        assert not isinstance(m, Measured) or m.metric in plain or m.interval is not None, m.metric
