"""How `Safety` is set: every default, and every value of another type refused by its name."""

from tests.evaluators import option_checks

DEFAULTS = {"level": 0.95, "tries": 1, "min_prompts": 30, "max_examples": 5, "constraints": []}
TAKES = {
    "level": "a number",
    "tries": "a whole number",
    "min_prompts": "a whole number",
    "max_examples": "a whole number",
    "constraints": "a list of mappings of words to values",
}


def test_what_is_left_out_has_these_values():
    option_checks.defaults_are("safety", DEFAULTS)


def test_every_parameter_is_explained_where_people_read_of_it():
    option_checks.each_is_explained("safety")


def test_they_are_a_value_that_nothing_changes():
    option_checks.nothing_changes_it("safety")


def test_a_misspelt_parameter_names_the_nearest():
    option_checks.a_misspelt_one_names_the_nearest("safety", "min_prompt", "min_prompts")


def test_a_value_of_another_type_is_refused_by_its_parameter():
    option_checks.another_type_is_refused("safety", TAKES)
