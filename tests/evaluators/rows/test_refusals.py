"""Rows from which no number should be made are one error, with how many there are."""

from __future__ import annotations

import pytest
from tests.evaluators.rows.support import tally
from tests.support import inputs_of, memory_predictions, memory_table

from cardwright.errors import SourceError
from cardwright.evaluators.fairness import Fairness
from cardwright.evaluators.performance import Performance
from cardwright.evaluators.rows.refusals import refuse

GOOD = {"y": [1, 0, 1, 0], "d": [1, 1, 0, 0], "s": [0.9, 0.8, 0.2, 0.1], "g": ["a", "a", "b", "b"], "w": [1.0] * 4}


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        ({"y": [1, 0, None, 0]}, {}, "1 of 4 rows have no outcome"),
        ({"d": [None, 0, None, 0]}, {}, "2 of 4 rows have no prediction"),
        ({"s": [0.5, None, float("nan"), 0.1]}, {"score": "s"}, "2 of 4 rows have no score"),
        ({"s": [0.5, 1.2, -0.1, 0.1]}, {"score": "s"}, "2 of 4 rows have a score outside [0, 1]"),
        ({"s": [0.5, float("inf"), 0.1, 0.1]}, {"score": "s"}, "1 of 4 rows have a score outside [0, 1]"),
        ({"w": [1.0, -1.0, None, 2.0]}, {"weight": "w"}, "1 of 4 rows have no weight"),
        ({"w": [1.0, -1.0, 1e9, 2.0]}, {"weight": "w"}, "2 of 4 rows have a weight below 0 or above"),
        ({"p": ["x", None, "x", "y"]}, {"person": "p"}, "1 of 4 rows name no person"),
        ({"g": ["a", "c", "b", "c"]}, {}, '2 of 4 rows hold, in column "g", a value that is declared neither'),
        ({"y": [2, 0, 2, 0], "d": [2, 0, 2, 0]}, {}, 'favourable outcome "1" is not among the 2 values of column "y"'),
        ({"y": ["1", "0", "1.", "0"], "d": ["1", "0", "1", "0"]}, {}, 'only by a dot, a blank or case: "1."'),
        ({"y": ["1", "0", " 1 ", "0"], "d": ["1", "0", "1", "0"]}, {}, "only by a dot, a blank or case"),
        ({"y": [1, 0, 2, 0]}, {}, "have 3 different outcomes, and a binary task has two"),
        ({"s": ["high", "low", "low", "low"]}, {"score": "s"}, "holds string, and numbers are needed"),
    ],
)
@pytest.mark.parametrize("cuts", [(), (1, 3)])
def test_rows_that_no_number_should_be_made_from_are_one_error_with_their_count(change, options, said, cuts):
    """The count is over all batches, and no value of a row is shown but an outcome's label."""
    data = {**GOOD, **change}
    source = memory_predictions(data, prediction="d", sensitive={"g": ("a", "b")}, cuts=cuts, **options)
    for evaluator in (Fairness(), Performance()):
        if "group" in said or ("neither" in said and isinstance(evaluator, Performance)):
            continue
        with pytest.raises(SourceError) as caught:
            evaluator.evaluate(inputs_of(source))
        assert said in str(caught.value)
        assert caught.value.do


def test_a_favourable_outcome_that_is_written_otherwise_names_the_nearest():
    """yes. for yes is refused with the label that stands in the data."""
    data = {"y": ["yes.", "no", "yes."], "d": ["yes.", "no", "no"]}
    with pytest.raises(SourceError, match=r'The nearest is "yes\."'):
        Performance().evaluate(inputs_of(memory_predictions(data, prediction="d", favourable="yes")))


def test_ten_thousand_values_are_no_groups():
    """A sensitive column with more than 200 values is refused, from its declaration and from its rows."""
    values = [f"name {number}" for number in range(10_000)]
    data = {"y": [0, 1] * 5000, "d": [1, 0] * 5000, "g": values}
    for groups in (values, ["name 1"]):
        source = memory_predictions(data, prediction="d", sensitive={"g": groups})
        with pytest.raises(SourceError, match=r"more than 200[ ,].*Put them into groups first") as caught:
            Fairness().evaluate(inputs_of(source))
        assert "name" not in str(caught.value).replace("name another column", "")


def test_too_many_strata_are_refused():
    """Strata of single rows compare nobody."""
    size = 3000
    data = {"y": [0, 1] * (size // 2), "d": [1, 0] * (size // 2), "g": ["a", "b"] * (size // 2), "z": list(range(size))}
    source = memory_predictions(data, prediction="d", sensitive=["g"], strata=("z",), cuts=range(400, size, 400))
    with pytest.raises(SourceError, match="more than 500"):
        Fairness().evaluate(inputs_of(source))


def test_missing_labels_of_a_table_are_left_out_and_counted():
    """A table's rows without a label are no error: they are counted, and a finding says so."""
    source = memory_table({"y": [1, 0, None, 1], "g": ["a", "a", "b", "b"]}, label="y", favourable="1", sensitive=["g"])
    found = tally(source)
    refuse(found)
    assert (found.rows, int(found.counts.sum()), found.problems) == (4, 3, {"label_missing": 1})
