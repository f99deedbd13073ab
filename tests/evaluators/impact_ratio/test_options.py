"""How `ImpactRatio` is set: every default, and every value of another type refused by its name."""

from tests.evaluators import option_checks

DEFAULTS = {
    "attributes": None,
    "rates": None,
    "median_of": "full_sample",
    "exclude": None,
    "justification": None,
    "level": 0.95,
}
TAKES = {
    "attributes": "a list of words or null",
    "rates": "a word or null",
    "median_of": "a word",
    "exclude": "a word or a list of mappings of words to words or null",
    "justification": "a word or null",
    "level": "a number",
}


def test_what_is_left_out_has_these_values():
    option_checks.defaults_are("impact_ratio", DEFAULTS)


def test_every_parameter_is_explained_where_people_read_of_it():
    option_checks.each_is_explained("impact_ratio")


def test_they_are_a_value_that_nothing_changes():
    option_checks.nothing_changes_it("impact_ratio")


def test_a_misspelt_parameter_names_the_nearest():
    option_checks.a_misspelt_one_names_the_nearest("impact_ratio", "atributes", "attributes")


def test_a_value_of_another_type_is_refused_by_its_parameter():
    option_checks.another_type_is_refused("impact_ratio", TAKES)
