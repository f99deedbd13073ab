"""Rows are compared by what the model reads, never by what models say."""

import pytest
from tests.support import memory_predictions, memory_table

from cardwright.errors import UsageError
from cardwright.evaluators.overlap.compared import compared_columns, like_an_output
from cardwright.evaluators.overlap.options import OverlapOptions
from cardwright.sources.models.memory import model_from_callable

ROWS = {"y": [0, 1], "a": [1, 2], "b": [3, 4], "p_one": [0.1, 0.2], "score_two": [0.3, 0.4], "who": ["u", "v"]}


def told(test, training, model=None, **options):
    return compared_columns(OverlapOptions(**options), test, training, model)


def test_the_models_own_feature_names_come_first():
    model = model_from_callable(lambda frame: frame["a"], ["a"], task="regression")
    found = told(memory_table(ROWS, label="y"), memory_table(ROWS, label="y"), model)
    assert (found.names, found.known) == (("a",), "what the model reads")


@pytest.mark.parametrize("side", ["test", "training"])
def test_declared_features_of_either_source_are_taken(side):
    named = memory_predictions(ROWS, score="p_one", threshold=0.5, features=("b", "a"))
    plain = memory_table(ROWS, label="y")
    found = told(*((named, plain) if side == "test" else (plain, named)))
    assert found.names == ("b", "a")


def test_without_features_what_is_called_like_an_output_is_left_out_and_said():
    found = told(memory_predictions(ROWS, score="p_one", threshold=0.5, person="who"), memory_table(ROWS, label="y"))
    assert found.names == ("a", "b")
    assert found.outputs == ("score_two",)


def test_a_column_that_the_plan_names_is_compared_whatever_it_is_called():
    assert told(memory_table(ROWS), memory_table(ROWS), columns=["score_two"]).names == ("score_two",)


def test_a_feature_that_training_lacks_is_said():
    test = memory_predictions(ROWS, score="p_one", threshold=0.5, features=("a", "b"))
    found = told(test, memory_table({"a": [1], "y": [0]}, label="y"))
    assert (found.names, found.lacking) == (("a",), ("b",))


def test_tables_that_share_scores_alone_have_nothing_to_compare():
    with pytest.raises(UsageError, match="no column in common"):
        told(memory_table({"score": [1.0]}), memory_table({"score": [1.0]}))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("p_default", True), ("probability", True), ("modelScore", True), ("y_hat", True), ("x_pred", True), ("logits", True),
        ("price", False), ("problem", False), ("prior_loans", False), ("top", False), ("income", False),
    ],
)  # fmt: skip
def test_outputs_are_told_by_words_of_the_heading(name, expected):
    assert like_an_output(name) is expected
