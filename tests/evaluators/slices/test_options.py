"""How `Slices` is set: every default, and every value of another type refused by its name."""

from tests.evaluators import option_checks

DEFAULTS = {
    "columns": None,
    "edges": None,
    "quantiles": 4,
    "find": True,
    "search": None,
    "max_depth": 3,
    "min_leaf": 30,
    "min_denominator": 30,
    "alpha": 0.05,
    "level": 0.95,
    "rows": 1000000,
}
TAKES = {
    "columns": "a list of words or null",
    "edges": "a mapping of words to lists of numbers or null",
    "quantiles": "a whole number",
    "find": "true or false",
    "search": "a list of words or null",
    "max_depth": "a whole number",
    "min_leaf": "a whole number",
    "min_denominator": "a whole number",
    "alpha": "a number",
    "level": "a number",
    "rows": "a whole number",
}


def test_what_is_left_out_has_these_values():
    option_checks.defaults_are("slices", DEFAULTS)


def test_every_parameter_is_explained_where_people_read_of_it():
    option_checks.each_is_explained("slices")


def test_they_are_a_value_that_nothing_changes():
    option_checks.nothing_changes_it("slices")


def test_a_misspelt_parameter_names_the_nearest():
    option_checks.a_misspelt_one_names_the_nearest("slices", "min_leave", "min_leaf")


def test_a_value_of_another_type_is_refused_by_its_parameter():
    option_checks.another_type_is_refused("slices", TAKES)
