"""How `DataProfile` is set: every default, and every value of another type refused by its name."""

import pytest
from tests.evaluators import option_checks
from tests.evaluators.data_profile.support import profile, table

from cardwright.errors import UsageError

DEFAULTS = {
    "quasi_identifiers": None,
    "not_quasi_identifiers": None,
    "population": None,
    "annotators": None,
    "smallest_count": 5,
    "depth": 2,
    "level": 0.95,
}
TAKES = {
    "quasi_identifiers": "a list of words or null",
    "not_quasi_identifiers": "a mapping of words to words or null",
    "population": "a mapping of words to mappings of words to numbers or null",
    "annotators": "a list of words or null",
    "smallest_count": "a whole number",
    "depth": "a whole number",
    "level": "a number",
}


def test_what_is_left_out_has_these_values():
    option_checks.defaults_are("data_profile", DEFAULTS)


def test_every_parameter_is_explained_where_people_read_of_it():
    option_checks.each_is_explained("data_profile")


def test_they_are_a_value_that_nothing_changes():
    option_checks.nothing_changes_it("data_profile")


def test_a_misspelt_parameter_names_the_nearest():
    option_checks.a_misspelt_one_names_the_nearest("data_profile", "annotator", "annotators")


def test_a_value_of_another_type_is_refused_by_its_parameter():
    option_checks.another_type_is_refused("data_profile", TAKES)


@pytest.mark.parametrize(("parameters", "says"), [
    ({"level": 1}, "`level` must lie between 0 and 1"), ({"level": 0}, "`level` must lie between 0 and 1"),
    ({"depth": 0}, "`depth` must be a whole number of at least 1"), ({"smallest_count": -5}, "`smallest_count` must be a whole number"),
])  # fmt: skip
def test_a_number_out_of_its_range_is_refused_with_what_to_write(parameters, says):
    with pytest.raises(UsageError, match=says):
        profile(table(), **parameters)
