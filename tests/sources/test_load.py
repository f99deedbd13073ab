"""From plan to source: groups and classes found, and every kind of bad input refused with one clear error."""

import pytest

from cardwright.errors import SourceError, UsageError
from cardwright.record.base import label
from cardwright.sources.interface import Attribute
from cardwright.sources.load import load
from cardwright.sources.spec import parse_source

BINARY = {"label": "y", "score": "p", "favourable": 1}


def opened(tmp_path, text, /, kind="predictions", **said):
    (tmp_path / "x.csv").write_text(text)
    return load(parse_source({kind: "x.csv", **said}), "test", tmp_path)


def refused(tmp_path, text, /, error=SourceError, **said):
    with pytest.raises(error) as caught:
        opened(tmp_path, text, **said)
    assert caught.value.where.startswith("x.csv")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_predictions_carry_everything_the_plan_says(tmp_path):
    """Predictions know their columns, classes, groups and where they come from."""
    source = opened(
        tmp_path,
        "y,p,d,race,w,id,age\n1,0.7,1,a,1,7,30\n0,0.2,0,b,2,8,40\n1,0.4,0,,1,8,50\n",
        label="y",
        score="p",
        prediction="d",
        threshold=0.5,
        threshold_selected_on="validation",
        favourable=1,
        sensitive=["race"],
        strata="age",
        weight="w",
        person="id",
        unit="application",
        features=["age"],
        design="random",
        split="test",
        filter="complete cases",
        role="holdout",
    )
    assert (source.task, source.classes, source.favourable) == ("binary", ("0", "1"), "1")
    assert source.sensitive == (Attribute("race", ("a", "b")),)
    assert (source.threshold, source.threshold_selected_on) == (0.5, "validation")
    assert (source.strata, source.weight, source.person, source.unit) == (("age",), "w", "id", "application")
    assert (source.features, source.design) == (("age",), "random")
    ref = source.ref
    assert (ref.name, ref.role, ref.split, ref.kind, ref.path) == ("test", "holdout", "test", "predictions", "x.csv")
    assert (ref.format, ref.rows, ref.filter) == ("csv", 3, "complete cases")
    assert [(c.name, c.type) for c in ref.columns][:3] == [("y", "int64"), ("p", "double"), ("d", "int64")]
    assert opened(tmp_path, "y,p\n1,.5\n0,.2\n", **BINARY).ref.role == "test"


# --- groups --------------------------------------------------------------------------------------------------------------


def test_declared_groups_stay_even_where_the_data_have_none_of_them(tmp_path):
    """Groups that the plan declares are expected, whether or not the data at hand hold them; a plan may name "unknown" a group."""
    text = "y,p,g\n1,.5,a\n0,.5,unknown\n1,.5,x\n"
    source = opened(tmp_path, text, **BINARY, sensitive={"g": {"groups": ["b", "a", "unknown"], "unknown": ["x"]}})
    assert source.sensitive == (Attribute("g", ("a", "b", "unknown"), ("x",)),)


def test_values_that_nobody_declared_are_counted_and_refused(tmp_path):
    """A value that the plan declares neither as a group nor as unknown is refused without printing it."""
    said = refused(tmp_path, "y,p,g\n1,.5,a\n0,.5,zed\n1,.5,zed\n", **BINARY, sensitive={"g": ["a", "b"]})
    assert 'column "g" holds 1 values, in 2 rows' in said
    assert "zed" not in said
    assert 'differs from "a"' in refused(tmp_path, "y,p,g\n1,.5,A.\n0,.5,b\n", **BINARY, sensitive={"g": ["a", "b"]})


# --- outcomes ------------------------------------------------------------------------------------------------------------


def test_numbers_words_and_truth_values_are_compared_as_labels(tmp_path):
    """1, 1.0 and "1" are one label, in the plan as in the data."""
    for text, favourable in (
        ("y,p\n1.0,.5\n0.0,.5\n", 1),
        ("y,p\n1,.5\n0,.5\n", "1"),
        ("y,p\nTrue,.5\nFalse,.5\n", True),
    ):
        source = opened(tmp_path, text, label="y", score="p", favourable=favourable)
        assert source.favourable in source.classes
        assert len(source.classes) == 2


def test_a_third_outcome_of_a_binary_task_is_refused(tmp_path):
    """A binary task with three outcomes is refused, whether in the label or in the decisions."""
    assert "has 3 different outcomes" in refused(tmp_path, "y,p\n1,.5\n0,.5\n2,.5\n", **BINARY)
    said = refused(tmp_path, "y,d\n1,yes\n0,no\n", label="y", prediction="d", favourable=1)
    assert 'column "y" and column "d" has 4 different outcomes' in said


# --- tasks ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "said", "task", "classes"),
    [
        (["1.5,1.25", "2,3"], {}, "regression", ()),
        (["1,1.25", "2,3"], {}, "regression", ()),
        (["a,b", "c,a"], {}, "multiclass", ("a", "b", "c")),
        (["0,1", "2,1"], {}, "multiclass", ("0", "1", "2")),
        (["a,b", "b,a"], {"task": "multiclass"}, "multiclass", ("a", "b")),
        (["1,2", "3,4"], {"task": "regression"}, "regression", ()),
        (["a,b", "b,a"], {"favourable": "a"}, "binary", ("a", "b")),
        (["a,A", "A,b"], {}, "multiclass", ("A", "a", "b")),
    ],
)
def test_the_task_is_told_from_the_columns(tmp_path, rows, said, task, classes):
    """The task is what the plan says, else the one that the columns leave no doubt about."""
    source = opened(tmp_path, "y,d\n" + "".join(f"{row}\n" for row in rows), label="y", prediction="d", **said)
    assert (source.task, source.classes) == (task, classes)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["0,1", "1,0"], "Write `favourable:`"),
        (["a,b", "b,b"], "Write `favourable:`"),
        ([f"{n},{n}" for n in range(30)], "Write `task: regression` or `task: multiclass`"),
        (["1.0,2.0", "3.0,1.0"], "Write `task: regression` or `task: multiclass`"),
    ],
)
def test_a_task_in_doubt_is_asked_for(tmp_path, rows, said):
    """Where the columns leave a doubt about the task, the error says what to write."""
    text = "y,d\n" + "".join(f"{row}\n" for row in rows)
    assert said in refused(tmp_path, text, error=UsageError, label="y", prediction="d")


def test_regression_needs_finite_numbers(tmp_path):
    """Words and infinite numbers are no outcome of a regression."""
    words = {"label": "y", "prediction": "d", "task": "regression"}
    assert "`label` needs numbers" in refused(tmp_path, "y,d\na,1\nb,2\n", **words)
    assert 'column "d" holds infinite numbers' in refused(tmp_path, "y,d\n1,inf\n2,2.5\n", **words)


# --- columns, tables, texts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "part", ["label", "score", "prediction", "weight", "person", "sensitive", "strata", "features"]
)
def test_a_column_that_is_not_there_names_the_nearest(tmp_path, part):
    """Whatever part a column plays, one that is not there is refused with the nearest name."""
    said = {**BINARY, part: "incone"}
    said = refused(tmp_path, "y,p,income\n1,.5,3\n0,.5,4\n", **said)
    assert said == 'x.csv: there is no column "incone". Did you mean "income"?'


def test_a_table_may_have_missing_labels_and_many_classes(tmp_path):
    """A table says what its label holds; missing labels and a numeric label without classes are no error."""
    table = opened(tmp_path, "y,g\n1,a\n,b\n0,b\n", kind="table", label="y", favourable=1, sensitive="g")
    assert (table.classes, table.favourable) == (("0", "1"), "1")
    assert table.sensitive == (Attribute("g", ("a", "b")),)
    assert opened(tmp_path, "y\n1.5\n2\n", kind="table", label="y").classes == ()
    assert opened(tmp_path, "y\na\nb\nc\n", kind="table", label="y", favourable="a").classes == ("a", "b", "c")
    assert "differ by a dot" in refused(tmp_path, "y\n>50K\n>50K.\n", kind="table", label="y", favourable=">50K")
    assert "is not among the 2 values" in refused(tmp_path, "y\na\nb\n", kind="table", label="y", favourable="z")


def test_texts_are_the_columns_of_strings(tmp_path):
    """Text columns are those that are named, else all columns of strings but the person's."""
    text = "id,note,mail,n\na,x,y,1\nb,z,w,2\n"
    assert opened(tmp_path, text, kind="texts", person="id").columns == ("note", "mail")
    assert opened(tmp_path, text, kind="texts", columns="mail").columns == ("mail",)
    assert 'column "n" holds int64, not text' in refused(tmp_path, text, kind="texts", columns=["n"])
    assert "no column holds text" in refused(tmp_path, "n\n1\n", kind="texts")
    assert 'Did you mean "note"' in refused(tmp_path, text, kind="texts", columns=["nota"])


def test_attack_labels_that_differ_after_a_long_beginning_stay_two_groups(tmp_path):
    """A label is cut at 200 characters; what is cut off still tells two groups apart, by a digest."""
    first, second = "x" * 197 + "a" * 9, "x" * 197 + "b" * 9
    assert label(first) != label(second)
    assert len(label(first)) <= 200
    text = "g,y,p\n" + "".join(f"{name},{y},0.5\n" for name in (first, second) for y in (0, 1))
    assert len(opened(tmp_path, text, **BINARY, sensitive="g").sensitive[0].groups) == 2


def test_attack_composed_and_decomposed_letters_are_one_group(tmp_path):
    text = "g,y,p\nJos\u00e9,1,0.7\nJose\u0301,0,0.2\n"
    assert opened(tmp_path, text, **BINARY, sensitive="g").sensitive[0].groups == ("Jos\u00e9",)


# --- rankings --------------------------------------------------------------------------------------------------------------

RANKING = {"label": "rel", "query": "q", "score": "s"}
CANDIDATES = "q,rel,s\na,2,1.5\na,0,0.2\nb,1,0.1\nb,0,0.3\n"


def test_a_ranking_is_read_with_its_query_and_what_orders_candidates(tmp_path):
    source = opened(tmp_path, CANDIDATES, **RANKING)
    assert (source.task, source.query, source.prediction, source.score, source.by_rank) == (
        "ranking",
        "q",
        "s",
        None,
        False,
    )
    assert (source.favourable, source.classes, source.ref.task) == (None, (), "ranking")
    ranks = opened(tmp_path, "q,rel,r\na,1,1\na,0,2\nb,1,1\nb,0,2\n", label="rel", query="q", rank="r")
    assert (ranks.by_rank, ranks.prediction, ranks.ref.task) == (True, "r", "ranking")


@pytest.mark.parametrize(
    "text",
    [
        "q,rel,s\na,1,0.9\na,0,0.2\nb,1,0.1\nb,0,0.3\n",
        "q,rel,s\na,1,5\nb,0,2\nc,2,1\nd,0,3\n",
        "q,rel,s\na,1,5\na,0,2\na,2,1\na,0,3\n",
        "q,rel,s\na,1.5,5\na,0,2\nb,2,1\nb,0,3\n",
    ],
    ids=["two grades and numbers from 0 to 1", "one candidate a query", "one query", "relevance with fractions"],
)
def test_what_may_be_something_else_than_a_ranking_is_named_as_no_task_in_the_record(tmp_path, text):
    """What the plan calls a ranking decides nothing: then every form of a requirement is asked."""
    source = opened(tmp_path, text, **RANKING)
    assert (source.task, source.ref.task) == ("ranking", None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("q,rel,s\n,2,1.5\na,0,0.2\n", "1 of 2 rows have no query"),
        ("q,rel,s\na,,1.5\na,0,0.2\n", "1 of 2 rows have no relevance"),
        ("q,rel,s\na,1,\na,0,0.2\n", "1 of 2 rows have no score"),
        ("q,rel,s\na,31,1\na,0,0.2\n", '1 relevances in column "rel" lie outside 0 to 30, first in row 1'),
        ("q,rel,s\na,1,1\na,-1,0.2\n", "first in row 2"),
        ("q,rel,s\na,1,inf\na,0,0.2\n", "holds infinite numbers"),
        ("q,rel,s\na,good,1\na,bad,0.2\n", "`relevance` needs numbers"),
    ],
)
def test_a_ranking_whose_rows_cannot_be_ordered_is_refused(tmp_path, text, said):
    assert said in refused(tmp_path, text, **RANKING)
