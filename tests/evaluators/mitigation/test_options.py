"""How `Mitigation` is set: every default, and every value of another type refused by its name."""

import pytest
from tests.evaluators import option_checks
from tests.evaluators.mitigation.support import look

from cardwright.errors import UsageError

DEFAULTS = {
    "method": "threshold_optimizer", "constraint": "equalized_odds", "attribute": None, "learner": "logistic_regression",
    "min_denominator": 20, "level": 0.95,
}  # fmt: skip
TAKES = {
    "method": 'one of "threshold_optimizer", "exponentiated_gradient", "reweighing"',
    "constraint": 'one of "demographic_parity", "equal_opportunity", "false_positive_rate", "equalized_odds"',
    "attribute": "a word or null",
    "learner": 'one of "logistic_regression", "gradient_boosting"',
    "min_denominator": "a whole number",
    "level": "a number",
}


def test_what_is_left_out_has_these_values():
    option_checks.defaults_are("mitigation", DEFAULTS)


def test_every_parameter_is_explained_where_people_read_of_it():
    option_checks.each_is_explained("mitigation")


def test_they_are_a_value_that_nothing_changes():
    option_checks.nothing_changes_it("mitigation")


def test_a_misspelt_parameter_names_the_nearest():
    option_checks.a_misspelt_one_names_the_nearest("mitigation", "constrant", "constraint")


def test_a_value_of_another_type_is_refused_by_its_parameter():
    option_checks.another_type_is_refused("mitigation", TAKES)


@pytest.mark.parametrize(("parameters", "says"), [
    ({"level": 1.0}, "`level` must lie between 0 and 1"), ({"min_denominator": 0}, "`min_denominator` must be a whole number"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(parameters, says):
    with pytest.raises(UsageError, match=says):
        look(**parameters)
