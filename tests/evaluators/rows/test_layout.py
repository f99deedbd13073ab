"""Which column plays which part, read off a source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import memory_predictions, memory_table

from cardwright.errors import SourceError
from cardwright.evaluators.rows.layout import MAX_GROUPS, Layout
from cardwright.sources.interface import Attribute

DATA = {
    "y": [1, 0],
    "d": [1, 0],
    "s": [0.9, 0.1],
    "g": ["a", "b"],
    "h": ["x", None],
    "k": ["u", "v"],
    "w": [1.0, 2.0],
    "p": [1, 2],
}
WHOLE = {"score": "s", "threshold": 0.5, "sensitive": ["g", "h"], "strata": ("k",), "weight": "w", "person": "p"}


def layout(made=memory_predictions, *, asked=None, **options):
    return Layout.of(made(DATA, **options), **(asked or {}))


def test_the_columns_that_are_read_are_those_that_play_a_part_each_once():
    assert layout(**WHOLE).columns == ("y", "s", "g", "h", "k", "w", "p")
    assert layout(prediction="y", sensitive=["y"]).columns == ("y",)
    assert layout(**WHOLE, asked={"groups": False}).columns == ("y", "s", "w", "p")


def test_columns_of_few_values_are_outcomes_groups_and_strata_and_never_scores_weights_or_persons():
    assert layout(**WHOLE).categories == ("y", "g", "h", "k")
    assert layout(prediction="d", task="regression", sensitive=["g"]).categories == ("g",)
    assert layout(prediction="d", sensitive=["w"], weight="w").categories == ("y", "d")


@pytest.mark.parametrize(
    ("options", "outcomes", "decisions", "derived"),
    [
        ({"prediction": "d"}, 2, 2, False),
        ({"score": "s", "threshold": 0.5}, 2, 2, True),
        ({"score": "s"}, 2, 1, False),
        ({"prediction": "d", "score": "s", "threshold": 0.5}, 2, 2, False),
        ({"prediction": "d", "task": "multiclass", "classes": ("a", "b", "c")}, 3, 3, False),
        ({"prediction": "d", "task": "regression"}, 1, 1, False),
    ],
    ids=["decisions", "a threshold", "scores alone", "both", "classes", "numbers"],
)
def test_how_many_outcomes_and_decisions_there_are(options, outcomes, decisions, derived):
    made = layout(**options)
    assert (made.outcomes, made.decisions, made.derived) == (outcomes, decisions, derived)


def test_a_table_has_outcomes_if_it_names_them_and_rows_otherwise():
    assert (layout(memory_table).kind, layout(memory_table).outcomes) == ("rows", 1)
    assert layout(memory_table, label="y").kind == "rows"
    labelled = layout(memory_table, label="y", favourable="1")
    assert (labelled.kind, labelled.outcomes, labelled.decisions, labelled.missing_label) == ("labels", 2, 1, "skip")
    assert layout(memory_table, label="g", classes=("a", "b", "c")).outcomes == 3


def test_unknown_membership_is_one_code_more_than_the_groups():
    assert layout(prediction="d", sensitive={"g": ("a", "b", "c"), "h": ("x",)}).sizes == (4, 2)
    assert layout(prediction="d").sizes == ()


@given(st.lists(st.integers(1, 30), max_size=4))
def test_every_attribute_has_its_scores_crossed_with_all_others_or_by_itself(groups):
    attributes = tuple(Attribute(f"a{n}", tuple(map(str, range(size)))) for n, size in enumerate(groups))
    made = Layout("binary", "x", attributes=attributes)
    cells = 1
    for size in groups:
        cells *= size + 1
    every = tuple(range(len(groups)))
    assert made.score_margins == ((every,) if cells <= 64 else tuple((n,) for n in every))


def test_what_no_number_could_be_made_of_is_refused():
    with pytest.raises(
        SourceError, match=r"a binary task needs the outcome that is good for the person.*`favourable:`"
    ):
        layout(prediction="d", favourable=None)
    many = tuple(f"g{n:03}" for n in range(MAX_GROUPS + 1))
    with pytest.raises(SourceError, match='column "g" has 201 different values, more than 200'):
        layout(prediction="d", sensitive={"g": many})
    assert layout(prediction="d", sensitive={"g": many[:-1]}).sizes == (MAX_GROUPS + 1,)


def test_persons_are_hashed_with_the_seed():
    assert layout(prediction="d", asked={"seed": 1}).key != layout(prediction="d", asked={"seed": 2}).key
