"""How `Performance` is set: every default, and every value of another type refused by its name."""

from __future__ import annotations

import pytest
from tests.evaluators import option_checks
from tests.evaluators.performance.support import assess, scored
from tests.support import memory_predictions

from cardwright.errors import UsageError

DEFAULTS = {
    "level": 0.95,
    "quantiles": None,
    "horizon": None,
    "series": None,
    "naive_error": None,
    "probabilities": None,
}
TAKES = {
    "level": "a number",
    "quantiles": "a mapping of numbers or words to words or null",
    "horizon": "a word or null",
    "series": "a word or null",
    "naive_error": "a word or null",
    "probabilities": "a mapping of words to words or null",
}


def test_what_is_left_out_has_these_values():
    option_checks.defaults_are("performance", DEFAULTS)


def test_every_parameter_is_explained_where_people_read_of_it():
    option_checks.each_is_explained("performance")


def test_they_are_a_value_that_nothing_changes():
    option_checks.nothing_changes_it("performance")


def test_a_misspelt_parameter_names_the_nearest():
    option_checks.a_misspelt_one_names_the_nearest("performance", "levle", "level")


def test_a_value_of_another_type_is_refused_by_its_parameter():
    option_checks.another_type_is_refused("performance", TAKES)


@pytest.mark.parametrize("level", [0, 1, 95, "high", True])
def test_a_level_that_is_none_is_refused(level):
    """With what to write instead."""
    with pytest.raises(UsageError, match=r"`level: 0\.95`"):
        assess(memory_predictions(scored(20), score="s", threshold=0.5), level=level)
