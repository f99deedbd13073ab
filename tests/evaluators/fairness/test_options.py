"""How `Fairness` is set: every default, and every value of another type refused by its name."""

from tests.evaluators import option_checks

DEFAULTS = {
    "min_denominator": 20,
    "depth": 2,
    "level": 0.95,
    "alpha": 0.05,
    "family": ["demographic_parity", "equal_opportunity", "equalized_odds", "predictive_parity"],
    "limits": None,
    "reference": None,
}
TAKES = {
    "min_denominator": "a whole number",
    "depth": "a whole number",
    "level": "a number",
    "alpha": "a number",
    "family": "a list of words",
    "limits": "a mapping of words to numbers or null",
    "reference": "a mapping of words to words or null",
}


def test_what_is_left_out_has_these_values():
    option_checks.defaults_are("fairness", DEFAULTS)


def test_every_parameter_is_explained_where_people_read_of_it():
    option_checks.each_is_explained("fairness")


def test_they_are_a_value_that_nothing_changes():
    option_checks.nothing_changes_it("fairness")


def test_a_misspelt_parameter_names_the_nearest():
    option_checks.a_misspelt_one_names_the_nearest("fairness", "familly", "family")


def test_a_value_of_another_type_is_refused_by_its_parameter():
    option_checks.another_type_is_refused("fairness", TAKES)
