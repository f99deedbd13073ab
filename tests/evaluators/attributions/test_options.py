"""How `Attributions` is set: every default, and every value of another type refused by its name."""

import pytest
from tests.evaluators import option_checks
from tests.evaluators.attributions.support import inputs, linear

from cardwright.errors import UsageError
from cardwright.evaluators.attributions import Attributions

DEFAULTS = {
    "rows": 300,
    "background_rows": 100,
    "seeds": 3,
    "top": 10,
    "method": "auto",
    "steps": 64,
    "proxy_association": 0.3,
    "level": 0.95,
    "of_class": None,
    "explained_output": "auto",
    "seconds": 300.0,
}
TAKES = {
    "rows": "a whole number",
    "background_rows": "a whole number",
    "seeds": "a whole number",
    "top": "a whole number",
    "method": "a word",
    "steps": "a whole number",
    "proxy_association": "a number",
    "level": "a number",
    "of_class": "a word or null",
    "explained_output": "a word",
    "seconds": "a number",
}


def test_what_is_left_out_has_these_values():
    option_checks.defaults_are("attributions", DEFAULTS)


def test_every_parameter_is_explained_where_people_read_of_it():
    option_checks.each_is_explained("attributions")


def test_they_are_a_value_that_nothing_changes():
    option_checks.nothing_changes_it("attributions")


def test_a_misspelt_parameter_names_the_nearest():
    option_checks.a_misspelt_one_names_the_nearest("attributions", "background_row", "background_rows")


def test_a_value_of_another_type_is_refused_by_its_parameter():
    option_checks.another_type_is_refused("attributions", TAKES)


@pytest.mark.parametrize(
    "parameters",
    [
        {"rows": 0},
        {"method": "magic"},
        {"method": "integrated_gradients"},
        {"seconds": 0},
        {"explained_output": "odds"},
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(parameters):
    with pytest.raises(UsageError):
        Attributions(**parameters).evaluate(inputs(linear()))
