"""How `Ranking` is set: every default, and every value of another type refused by its name."""

import pytest
from tests.evaluators import option_checks
from tests.evaluators.ranking.support import queries
from tests.support import memory_table

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.ranking import Ranking

DEFAULTS = {
    "query": None,
    "relevance": None,
    "score": None,
    "rank": None,
    "k": 10,
    "relevant_from": 1.0,
    "min_queries": 20,
    "level": 0.95,
}
TAKES = {
    "query": "a word or null",
    "relevance": "a word or null",
    "score": "a word or null",
    "rank": "a word or null",
    "k": "a whole number",
    "relevant_from": "a number",
    "min_queries": "a whole number",
    "level": "a number",
}


def test_what_is_left_out_has_these_values():
    option_checks.defaults_are("ranking", DEFAULTS)


def test_every_parameter_is_explained_where_people_read_of_it():
    option_checks.each_is_explained("ranking")


def test_they_are_a_value_that_nothing_changes():
    option_checks.nothing_changes_it("ranking")


def test_a_misspelt_parameter_names_the_nearest():
    option_checks.a_misspelt_one_names_the_nearest("ranking", "relevence", "relevance")


def test_a_value_of_another_type_is_refused_by_its_parameter():
    option_checks.another_type_is_refused("ranking", TAKES)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"query": None}, "query"),
        ({"query": "nobody"}, "no column"),
        ({"rank": "s"}, "one of them"),
        ({"score": None}, "one of them"),
        ({"k": 0}, "whole number"),
        ({"k": 2.5}, "whole number"),
        ({"min_queries": True}, "whole number"),
        ({"level": 1}, "between 0 and 1"),
        ({"relevance": "grade"}, "no column"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(parameters, said):
    with pytest.raises(UsageError, match=said):
        Ranking(**{"query": "q", "score": "s", **parameters}).evaluate(
            Inputs("r", {"source": memory_table(queries(30), label="rel")})
        )
