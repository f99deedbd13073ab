"""Parameters and source of an audit, compared before anything is counted."""

from __future__ import annotations

import pytest
from tests.evaluators.impact_ratio.support import DECIDED, SMALL, assess, decided
from tests.support import memory_predictions, memory_table

from cardwright.errors import SourceError, UsageError


@pytest.mark.parametrize("justification", [None, "", "TBD", "?"])
def test_nothing_is_left_out_without_a_justification(justification):
    with pytest.raises(UsageError, match="without a justification"):
        assess(decided(SMALL, attributes=("g",)), exclude="under_two_percent", justification=justification)


def test_a_table_that_does_not_say_who_was_selected_is_refused():
    columns = {"g": ["a", "b"] * 3, "d": [1, None] * 3}
    with pytest.raises(UsageError, match="does not say who was selected"):
        assess(memory_table(columns, sensitive=["g"]))
    with pytest.raises(UsageError, match="has no scores"):
        assess(memory_table(columns, label="d", favourable="1", sensitive=["g"]), rates="scoring")
    with pytest.raises(SourceError, match="3 of 6 rows have no prediction"):
        assess(memory_table(columns, label="d", favourable="1", sensitive=["g"]))


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"attributes": ["sx"]}, 'no sensitive attribute. Did you mean "sex"'),
        ({"attributes": "sex"}, "is a list"),
        ({"attributes": []}, "is a list"),
        ({"attributes": 7}, "is a list"),
        ({"attributes": ["sex", 3]}, "is a list"),
        ({"exclude": 7, "justification": "Because there are few."}, "`under_two_percent` or a list"),
        ({"exclude": {"sex": "m"}, "justification": "Because there are few."}, "`under_two_percent` or a list"),
        ({"exclude": [{"sex": 3}], "justification": "Because there are few."}, "does not have"),
        ({"rates": ["selection"]}, "`selection` or `scoring`"),
        ({"rates": "selected"}, "`selection` or `scoring`"),
        ({"rates": "scoring"}, "has no scores"),
        ({"median_of": "all"}, "`full_sample` or `known`"),
        ({"level": 95}, "between 0 and 1"),
        ({"level": "0.95"}, "between 0 and 1"),
        ({"exclude": "small", "justification": "Because there are few."}, "`under_two_percent` or a list"),
        ({"exclude": [{"sex": "q"}], "justification": "Because there are few."}, "does not have"),
        ({"exclude": [{"age": "q"}], "justification": "Because there are few."}, "no attribute of the tables"),
        ({"exclude": ["m"], "justification": "Because there are few."}, "lists categories"),
        ({"exclude": "under_two_percent", "justification": 3}, "is a sentence"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_named(parameters, said):
    with pytest.raises(UsageError) as caught:
        assess(DECIDED, **parameters)
    assert said in str(caught.value)


def test_a_source_that_cannot_be_counted_is_refused():
    columns = {"g": ["a", "b"] * 5, "d": [1, 0] * 5, "y": [1] * 10, "s": [0.1, None] * 5, "w": [1.0] * 10}
    for options, error, said in (
        ({"prediction": "d", "sensitive": []}, UsageError, "no categories"),
        ({"prediction": "d", "sensitive": ["g"], "weight": "w"}, UsageError, "counts applicants"),
        ({"score": "s", "sensitive": ["g"]}, SourceError, "5 rows of a batch have no score"),
        ({"prediction": "d", "sensitive": ["g"], "favourable": "yes"}, SourceError, "not among the decisions"),
        ({"prediction": "s", "sensitive": ["g"], "task": "regression"}, UsageError, "selects nobody"),
    ):
        with pytest.raises(error) as caught:
            assess(memory_predictions(columns, **options))
        assert said in str(caught.value)
    with pytest.raises(UsageError, match="nobody is selected"):
        assess(memory_predictions({**columns, "s": [0.1] * 10}, score="s", sensitive=["g"]), rates="selection")
