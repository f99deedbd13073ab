"""How `Pii` is set: every default, and every value of another type refused by its name."""

from tests.evaluators import option_checks

DEFAULTS = {
    "entities": None,
    "thresholds": None,
    "columns": None,
    "countries": None,
    "sample": None,
    "engine": "fast",
    "ner_model": None,
    "planted": 20,
    "max_examples": 3,
    "level": 0.95,
}
TAKES = {
    "entities": "a list of words or null",
    "thresholds": "a mapping of words to numbers or null",
    "columns": "a list of words or null",
    "countries": "a list of words or null",
    "sample": "a whole number or null",
    "engine": "a word",
    "ner_model": "a word or a list of words or null",
    "planted": "a whole number",
    "max_examples": "a whole number",
    "level": "a number",
}


def test_what_is_left_out_has_these_values():
    option_checks.defaults_are("pii", DEFAULTS)


def test_every_parameter_is_explained_where_people_read_of_it():
    option_checks.each_is_explained("pii")


def test_they_are_a_value_that_nothing_changes():
    option_checks.nothing_changes_it("pii")


def test_a_misspelt_parameter_names_the_nearest():
    option_checks.a_misspelt_one_names_the_nearest("pii", "entitys", "entities")


def test_a_value_of_another_type_is_refused_by_its_parameter():
    option_checks.another_type_is_refused("pii", TAKES)
