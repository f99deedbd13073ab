"""From what a model puts out to scores: tasks, classes, the favourable column, probabilities."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

np = pytest.importorskip("numpy", reason="models need the tabular extra")

from cardwright.errors import SourceError, UsageError
from cardwright.sources.models import outputs

YES_NO = ("no", "yes")


def scores(found, *, task="binary", classes=YES_NO, favourable=None, output="probability", rows=None):
    found = np.array(found, dtype=float)
    count = len(found) if rows is None else rows
    said = {"task": task, "classes": classes, "favourable": favourable, "output": output}
    return outputs.scores_of(found, count, where="m", **said).tolist()


@pytest.mark.parametrize(
    ("task", "classes", "found"),
    [
        (None, (), "regression"), (None, ("a", "b"), "binary"), (None, ("a", "b", "c"), "multiclass"),
        ("binary", ("a", "b"), "binary"), ("multiclass", ("a", "b"), "multiclass"), ("regression", (), "regression"),
    ],
)  # fmt: skip
def test_the_classes_say_the_task(task, classes, found):
    assert outputs.task_of(task, classes, "m") == found


@pytest.mark.parametrize(
    ("task", "classes", "says"),
    [
        (None, ("a",), "one class, so it tells nothing apart"),
        ("regression", ("a", "b"), "tells 2 classes apart, and the task is regression"),
        ("binary", ("a", "b", "c"), "tells 3 classes apart, and the task is binary"),
        ("binary", (), "predicts a number, and the task is binary"),
        ("multiclass", (), "predicts a number, and the task is multiclass"),
    ],
)
def test_a_task_that_the_classes_contradict_is_refused(task, classes, says):
    with pytest.raises(SourceError, match=says):
        outputs.task_of(task, classes, "m")


def test_the_second_of_two_classes_is_favourable_unless_one_is_named():
    assert [outputs.favourable_column(YES_NO, word, "m") for word in (None, "no", "yes")] == [1, 0, 1]
    with pytest.raises(SourceError, match=r'"yess".*Did you mean "yes"'):
        outputs.favourable_column(YES_NO, "yess", "m")
    with pytest.raises(SourceError, match=r"Look at the file\.$"):
        outputs.favourable_column(YES_NO, "maybe", "m", do="Look at the file.")


def test_numbered_classes_have_the_labels_of_the_plan_or_their_numbers():
    assert outputs.numbered_classes(3, (), "m") == ("0", "1", "2")
    assert outputs.numbered_classes(2, YES_NO, "m") == YES_NO
    with pytest.raises(SourceError, match="tells 3 classes apart, and `classes:` names 2"):
        outputs.numbered_classes(3, YES_NO, "m")


def test_one_column_speaks_for_the_second_class():
    assert scores([0.25, 1.0]) == scores([[0.25], [1.0]]) == [0.25, 1.0]
    assert scores([0.25, 1.0], favourable="yes") == [0.25, 1.0]
    assert scores([0.25, 1.0], favourable="no") == [0.75, 0.0]


def test_of_two_columns_the_favourable_one_is_taken():
    assert scores([[0.25, 0.75]], favourable="no") == [0.25]
    with pytest.raises(UsageError, match="nobody has said which is the favourable one"):
        scores([[0.25, 0.75]])


def test_several_classes_keep_their_columns_and_a_number_stays_what_it_is():
    assert scores([[0.2, 0.3, 0.5]], task="multiclass", classes=("a", "b", "c")) == [[0.2, 0.3, 0.5]]
    assert scores([-3.0, 70.0], task="regression", classes=(), output="value") == [-3.0, 70.0]
    assert scores([], task="regression", classes=(), output="value") == []


def test_logits_are_turned_into_probabilities_before_a_column_is_taken():
    assert scores([0.0, math.log(3)], output="logit") == pytest.approx([0.5, 0.75])
    assert scores([[0.0, math.log(3)]], output="logit", favourable="no") == pytest.approx([0.25])


@pytest.mark.parametrize(
    ("found", "more", "says"),
    [
        ([0.5, 0.5], {"rows": 3}, "one row of numbers for each row"),
        ([[[0.5]]], {}, "one row of numbers for each row"),
        ([[0.5, 0.5]], {"task": "regression"}, "several numbers for each row"),
        ([[0.5, 0.25, 0.25]], {"favourable": "no"}, "puts out 3 classes, and 2 are named"),
        ([0.5], {"task": "multiclass"}, "one number for each row, and the task is multiclass"),
        ([math.nan, math.inf, 0.5], {}, "2 numbers that are not finite"),
        ([-0.01], {}, r"outside \[0, 1\]"),
        ([1.01], {}, r"outside \[0, 1\].*`output: logit`"),
    ],
)
def test_what_does_not_fit_is_refused(found, more, says):
    with pytest.raises(SourceError, match=says):
        scores(found, **more)


finite = st.floats(-1e300, 1e300)


@given(st.lists(finite, min_size=1, max_size=5))
def test_the_logistic_function_never_overflows_and_is_symmetric(values):
    found = outputs.logistic(np.array(values))
    assert ((found >= 0) & (found <= 1)).all()
    assert found + outputs.logistic(-np.array(values)) == pytest.approx(np.ones(len(values)))


@given(st.lists(st.lists(finite, min_size=3, max_size=3), min_size=1, max_size=4))
def test_softmax_adds_up_to_one_and_keeps_the_order(rows):
    found = outputs.softmax(np.array(rows))
    assert found.sum(axis=1) == pytest.approx(np.ones(len(rows)))
    for row, row_found in zip(rows, found, strict=True):
        assert row_found[np.argmax(row)] == row_found.max()


def test_the_words_of_a_library_that_quote_a_row_are_not_repeated():
    with pytest.raises(SourceError) as stopped, outputs.rows_refused("xgboost", (ValueError,), "m"):
        raise ValueError("could not convert string to float: 'Ada'")
    assert str(stopped.value).startswith("m: xgboost cannot predict these rows (ValueError).")
    assert "Ada" not in str(stopped.value)
    with pytest.raises(KeyError), outputs.rows_refused("xgboost", (ValueError,), "m"):
        raise KeyError("something else")
