"""How `Leakage` is set: every default, and every value of another type refused by its name."""

import pytest
from tests.evaluators import option_checks
from tests.evaluators.leakage.support import look

from cardwright.errors import UsageError

DEFAULTS = {
    "loss": None,
    "log_prob": None,
    "token_log_probs": None,
    "text": None,
    "reference_loss": [],
    "shadow_in": [],
    "shadow_out": [],
    "inputs": None,
    "false_positive_rates": [0.01, 0.001],
    "attributes": [],
    "insertions": "insertions",
    "canary_form": None,
    "canary_space": None,
    "rank": None,
    "output": None,
    "unit": "word",
    "prefix": 50,
    "match": 50,
    "run": 20,
    "ngram": 8,
    "contained": 0.8,
    "prompts": 1000,
    "least_texts": 30,
    "attacks": 2000,
    "secrets": [],
    "linked_columns": [],
    "differential_privacy": None,
    "entity": None,
    "retain_until": None,
    "as_of": None,
    "min_denominator": 100,
    "folds": 5,
    "rows": 20000,
    "level": 0.95,
}
TAKES = {
    "loss": "a word or null",
    "log_prob": "a word or null",
    "token_log_probs": "a word or null",
    "text": "a word or null",
    "reference_loss": "a list of words",
    "shadow_in": "a list of words",
    "shadow_out": "a list of words",
    "inputs": "a list of words or null",
    "false_positive_rates": "a list of numbers",
    "attributes": "a list of words",
    "insertions": "a word",
    "canary_form": "a word or null",
    "canary_space": "a number or null",
    "rank": "a word or null",
    "output": "a word or null",
    "unit": "a word",
    "prefix": "a whole number",
    "match": "a whole number",
    "run": "a whole number",
    "ngram": "a whole number",
    "contained": "a number",
    "prompts": "a whole number",
    "least_texts": "a whole number",
    "attacks": "a whole number",
    "secrets": "a list of words",
    "linked_columns": "a list of lists of words",
    "differential_privacy": "a mapping of words to values or null",
    "entity": "a word or null",
    "retain_until": "a word or null",
    "as_of": "a word or null",
    "min_denominator": "a whole number",
    "folds": "a whole number",
    "rows": "a whole number",
    "level": "a number",
}


def test_what_is_left_out_has_these_values():
    option_checks.defaults_are("leakage", DEFAULTS)


def test_every_parameter_is_explained_where_people_read_of_it():
    option_checks.each_is_explained("leakage")


def test_they_are_a_value_that_nothing_changes():
    option_checks.nothing_changes_it("leakage")


def test_a_misspelt_parameter_names_the_nearest():
    option_checks.a_misspelt_one_names_the_nearest("leakage", "shadow_inn", "shadow_in")


def test_a_value_of_another_type_is_refused_by_its_parameter():
    option_checks.another_type_is_refused("leakage", TAKES)


ROWS = {"l": [0.1] * 20, "x": [1.0] * 20}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"level": 1.0}, "`level` must lie between 0 and 1"),
        ({"folds": 1}, "`folds`"),
        ({"min_denominator": 5}, "`min_denominator`"),
        ({"rows": 50}, "`rows`"),
        ({"false_positive_rates": [0.5]}, "false positive rate must lie"),
        ({"false_positive_rates": [0.01, 0.01]}, "listed twice"),
        ({"shadow_in": ["l"]}, "`shadow_in` needs `shadow_out`"),
    ],
)
def test_a_parameter_out_of_its_range_is_refused_by_name(said, message):
    with pytest.raises(UsageError, match=message):
        look({"loss": "l", **said}, members=ROWS, non_members=ROWS)
