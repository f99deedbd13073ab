"""How `Overlap` is set: every default, and every value of another type refused by its name."""

import pytest
from tests.evaluators import option_checks
from tests.evaluators.overlap.support import look

from cardwright.errors import UsageError

DEFAULTS = {
    "columns": None,
    "entity": None,
    "time": None,
    "digits": 3,
    "similar": 0.8,
    "similar_rows": 200000,
    "shingle": 3,
    "level": 0.95,
}
TAKES = {
    "columns": "a list of words or null",
    "entity": "a word or null",
    "time": "a word or null",
    "digits": "a whole number",
    "similar": "a number",
    "similar_rows": "a whole number",
    "shingle": "a whole number",
    "level": "a number",
}


def test_what_is_left_out_has_these_values():
    option_checks.defaults_are("overlap", DEFAULTS)


def test_every_parameter_is_explained_where_people_read_of_it():
    option_checks.each_is_explained("overlap")


def test_they_are_a_value_that_nothing_changes():
    option_checks.nothing_changes_it("overlap")


def test_a_misspelt_parameter_names_the_nearest():
    option_checks.a_misspelt_one_names_the_nearest("overlap", "colums", "columns")


def test_a_value_of_another_type_is_refused_by_its_parameter():
    option_checks.another_type_is_refused("overlap", TAKES)


@pytest.mark.parametrize(("parameters", "says"), [
    ({"level": 1.0}, "`level` must lie between 0 and 1"), ({"digits": 0}, "`digits` is a number of significant figures"),
    ({"digits": 13}, "`digits` is a number of significant figures"), ({"time": ""}, "no column is called"),
    ({"entity": "whoo"}, "no column is called"), ({"columns": ["a", "c"]}, 'no column is called "c" in both tables'),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(parameters, says):
    with pytest.raises(UsageError, match=says):
        look({"a": [1], "y": [0]}, {"a": [1], "y": [0]}, **parameters)
