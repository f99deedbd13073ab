"""How `Runs` is set: every default, and every value of another type refused by its name."""

import pytest
from tests.evaluators import option_checks
from tests.evaluators.runs.support import look, study

from cardwright.errors import UsageError

DEFAULTS = {
    "metric": "", "higher_is_better": True, "guardrails": None, "guardrails_lower": None, "claim": "", "baseline": "", "ignore": [], "min_seeds": 3,
    "earlier": None, "latency": "", "level": 0.95, "looks": [], "seeds_planned": 0, "spending": "obrien-fleming", "pause": 60.0,
}  # fmt: skip
TAKES = {
    "metric": "a word", "higher_is_better": "true or false", "guardrails": "a mapping of words to numbers or null", "guardrails_lower": "a mapping of words to numbers or null", "claim": "a word",
    "baseline": "a word", "ignore": "a list of words", "min_seeds": "a whole number", "earlier": "a number or null",
    "latency": "a word", "level": "a number", "looks": "a list of numbers", "seeds_planned": "a whole number", "spending": "a word",
    "pause": "a number",
}  # fmt: skip


def test_what_is_left_out_has_these_values():
    option_checks.defaults_are("runs", DEFAULTS)


def test_every_parameter_is_explained_where_people_read_of_it():
    option_checks.each_is_explained("runs")


def test_they_are_a_value_that_nothing_changes():
    option_checks.nothing_changes_it("runs")


def test_a_misspelt_parameter_names_the_nearest():
    option_checks.a_misspelt_one_names_the_nearest("runs", "metrc", "metric")


def test_a_value_of_another_type_is_refused_by_its_parameter():
    option_checks.another_type_is_refused("runs", TAKES)


@pytest.mark.parametrize(("parameters", "says"), [
    ({"metric": ""}, "nobody says which metric"), ({"level": 1.0}, "`level` must lie between 0 and 1"),
    ({"looks": [0.5]}, "shares that rise to 1"), ({"looks": [1.0, 0.5]}, "shares that rise to 1"), ({"looks": [0.5, 1.0]}, "need `seeds_planned`"),
    ({"spending": "all"}, "no spending function"), ({"pause": -1.0}, "not negative"), ({"seeds_planned": -1}, "not negative"),
    ({"min_seeds": 0}, "`min_seeds` must be"), ({"guardrails": {"accuracy": 0.0}}, "as a guardrail twice, or is the claimed one"), ({"guardrails": {"f1": -0.1}}, "a margin is not negative"),
    ({"metric": "f1"}, 'logged a number called "f1"'), ({"claim": "nobody"}, '"nobody" names no configuration'),
    ({"latency": "ms"}, "`latency` is a column of a source that is not named"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(parameters, says):
    with pytest.raises(UsageError, match=says):
        look(study(), **parameters)
