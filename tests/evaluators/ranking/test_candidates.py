"""Which column plays which part: a ranking says it itself, any other source is told; what cannot be ordered is refused."""

import numpy as np
import pytest
from tests.evaluators.ranking.support import assess, queries
from tests.support import memory_predictions, memory_table

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.ranking import Ranking
from cardwright.testing import check_evaluator


def ranking(data, **said):
    known = {"label": "rel", "prediction": "s", "task": "ranking", "query": "q", "sensitive": ["g"]}
    return memory_predictions(data, **{**known, **said})


def of(source, **parameters):
    return check_evaluator(Ranking, Inputs(id="r", sources={"source": source}, parameters=parameters))


def test_a_source_that_is_a_ranking_gives_the_numbers_of_a_table_whose_columns_are_named():
    data = queries(40)
    assert of(ranking(data)).measurements == assess(data).measurements


def test_ranks_are_read_as_positions_and_the_method_says_so():
    data = queries(40)
    by_rank = of(ranking({**data, "s": -data["s"]}, by_rank=True))
    assert by_rank.measurements == of(ranking(data)).measurements
    assert "ranked by rising `s`" in by_rank.method


@pytest.mark.parametrize("other", [{"query": "g"}, {"score": "rel"}, {"relevance": "s"}, {"rank": "s"}])
def test_a_parameter_that_contradicts_the_source_is_refused(other):
    with pytest.raises(UsageError, match="another column than the source does"):
        of(ranking(queries(40)), **other)


def test_a_parameter_that_repeats_the_source_is_taken():
    data = queries(40)
    assert of(ranking(data), query="q", score="s", relevance="rel").measurements == of(ranking(data)).measurements


def test_a_table_with_weights_is_refused_since_a_query_is_one_case():
    data = {**queries(40), "w": np.ones(480)}
    source = memory_table(data, label="rel", weight="w")
    with pytest.raises(UsageError, match="a query is one case"):
        Ranking(query="q", score="s").evaluate(Inputs(id="r", sources={"source": source}))
