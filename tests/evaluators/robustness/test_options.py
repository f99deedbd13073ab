"""How `Robustness` is set: every default, and every value of another type refused by its name."""

import pytest
from tests.evaluators import option_checks
from tests.evaluators.robustness.support import model, source

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.robustness import Robustness

DEFAULTS = {
    "noise": [0.1, 0.5],
    "missing": [0.1],
    "units": None,
    "shuffled": [0.1],
    "unseen": [0.1],
    "metric": None,
    "columns": None,
    "edges": None,
    "quantiles": 4,
    "min_denominator": 30,
    "level": 0.95,
    "rows": 20000,
}
TAKES = {
    "noise": "a list of numbers or a number",
    "missing": "a list of numbers or a number",
    "units": "a mapping of words to lists of numbers or numbers or null",
    "shuffled": "a list of numbers or a number",
    "unseen": "a list of numbers or a number",
    "metric": "a word or null",
    "columns": "a list of words or null",
    "edges": "a mapping of words to lists of numbers or null",
    "quantiles": "a whole number",
    "min_denominator": "a whole number",
    "level": "a number",
    "rows": "a whole number",
}


def test_what_is_left_out_has_these_values():
    option_checks.defaults_are("robustness", DEFAULTS)


def test_every_parameter_is_explained_where_people_read_of_it():
    option_checks.each_is_explained("robustness")


def test_they_are_a_value_that_nothing_changes():
    option_checks.nothing_changes_it("robustness")


def test_a_misspelt_parameter_names_the_nearest():
    option_checks.a_misspelt_one_names_the_nearest("robustness", "nois", "noise")


def test_a_value_of_another_type_is_refused_by_its_parameter():
    option_checks.another_type_is_refused("robustness", TAKES)


@pytest.mark.parametrize(
    "parameters",
    [
        {"noise": [0]},
        {"noise": ["much"]},
        {"missing": [1.5]},
        {"units": {"nowhere": [10]}},
        {"units": {"kind": [10]}},
        {"units": ["a"]},
        {"metric": "f1"},
        {"level": 2.0},
        {"rows": 0},
        {"columns": ["nowhere"]},
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(parameters):
    with pytest.raises(UsageError):
        Robustness(**parameters).evaluate(Inputs(id="r", sources={"source": source(), "model": model()}))
