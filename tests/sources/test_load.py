"""From plan to source: groups and classes found, and every kind of bad input refused with one clear error."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cardwright.errors import CardwrightError, SourceError, UsageError
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


@pytest.mark.parametrize(
    ("cells", "groups", "unknown"),
    [
        (["a", "b", "a"], ("a", "b"), ()),
        (["1", "0", "1"], ("0", "1"), ()),
        (["1.0", "2.5"], ("1", "2.5"), ()),
        (["true", "false"], ("false", "true"), ()),
        (["a", "", "b"], ("a", "b"), ()),
        (["a", '" "', "Unknown", "prefer  not to say", "?"], ("a",), (" ", "?", "Unknown", "prefer  not to say")),
        (["a", "none", "other"], ("a", "none", "other"), ()),
        (["", ""], (), ()),
        (["NA", "NA"], (), ("NA",)),
        (["a", "a"], ("a",), ()),
    ],
)
def test_groups_are_found_and_unknown_is_not_a_group(tmp_path, cells, groups, unknown):
    """Groups are the values of the column; missing, blank and words for "not known" are unknown membership."""
    rows = "".join(f"{number % 2},0.5,{cell}\n" for number, cell in enumerate(cells))
    source = opened(tmp_path, f"y,p,g\n{rows}", **BINARY, sensitive="g")
    assert source.sensitive == (Attribute("g", groups, unknown),)


def test_a_missing_number_is_unknown_whatever_the_format(tmp_path):
    """NaN, null and an empty cell are unknown membership, not a group of their own."""
    table = pa.table({"y": [1, 0, 1], "p": [0.1, 0.2, 0.3], "g": [1.0, float("nan"), None]})
    pq.write_table(table, tmp_path / "x.parquet")
    source = load(parse_source({"predictions": "x.parquet", **BINARY, "sensitive": "g"}), "test", tmp_path)
    assert source.sensitive == (Attribute("g", ("1",)),)


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


@pytest.mark.parametrize("count", [200, 201, 10_000])
def test_more_than_200_values_are_no_groups(tmp_path, count):
    """A sensitive column with more than 200 values is refused, and none of them is printed."""
    text = "y,p,g\n" + "".join(f"{n % 2},.5,person{n}\n" for n in range(count))
    if count == 200:
        assert len(opened(tmp_path, text, **BINARY, sensitive="g").sensitive[0].groups) == 200
        return
    said = refused(tmp_path, text, **BINARY, sensitive="g")
    assert 'column "g" has more than 200 different values' in said
    assert "person" not in said


def test_two_spellings_of_one_group_are_refused(tmp_path):
    """Groups that differ by a dot, a blank or case alone are one group written twice; a plan may declare them apart."""
    text = "y,p,g\n1,.5,Female\n0,.5,female \n"
    assert "differ by a dot, a blank or case alone" in refused(tmp_path, text, **BINARY, sensitive="g")
    apart = opened(tmp_path, text, **BINARY, sensitive={"g": ["Female", "female "]})
    assert apart.sensitive[0].groups == ("Female", "female ")


# --- outcomes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "favourable", "said"),
    [
        (["1.", "0"], 1, 'The nearest is "1."'),
        (["' yes'", "no"], "yes", "The nearest is \"' yes'\""),
        ([" yes", "no"], "yes", 'The nearest is " yes"'),
        ([">50K.", "<=50K."], ">50K", 'The nearest is ">50K."'),
        (["0", "0"], 1, "not among the 1 values"),
        (["approved", "denied"], "aproved", 'The nearest is "approved"'),
        (["yes", "no"], True, "YAML reads yes, no, on and off as true and false"),
    ],
)
def test_labels_that_never_match_the_favourable_one_are_refused(tmp_path, labels, favourable, said):
    """Where no label is the favourable one, the error names the nearest."""
    text = "y,d\n" + "".join(f"{label},{label}\n" for label in labels)
    found = refused(tmp_path, text, label="y", prediction="d", favourable=favourable)
    assert "is not among the" in found
    assert said in found


@pytest.mark.parametrize("stray", ["1.", " 1", "1 "])
def test_a_stray_dot_or_blank_never_counts_silently(tmp_path, stray):
    """One label with a stray dot or blank is refused: it would count as unfavourable."""
    said = refused(tmp_path, f"y,p\n1,.5\n0,.2\n{stray},.9\n", **BINARY)
    assert "differ by a dot, a blank or case alone" in said


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


def test_a_missing_outcome_is_refused(tmp_path):
    """Rows without outcome, score, decision, weight or person are refused with their number, never left out."""
    assert '1 of 2 rows have no outcome: column "y"' in refused(tmp_path, "y,p\n1,.5\n,.5\n", **BINARY)
    assert '1 of 2 rows have no score: column "p"' in refused(tmp_path, "y,p\n1,.5\n0,\n", **BINARY)
    assert '1 of 3 rows have no prediction: column "d"' in refused(
        tmp_path, "y,d\n1,1\n0,\n0,0\n", label="y", prediction="d", favourable=1
    )
    assert "1 of 2 rows have no weight" in refused(tmp_path, "y,p,w\n1,.5,1\n0,.5,\n", **BINARY, weight="w")
    assert "1 of 2 rows have no person" in refused(tmp_path, "y,p,i\n1,.5,1\n0,.5,\n", **BINARY, person="i")


@pytest.mark.parametrize("score", ["1.5", "-0.1", "inf", "-inf"])
def test_a_score_outside_of_0_and_1_is_refused_with_its_row(tmp_path, score):
    """A score that is no probability is refused with how many there are and where the first is."""
    said = refused(tmp_path, f"y,p\n1,0.5\n0,{score}\n1,0.0\n0,1.0\n", **BINARY)
    assert '1 of 4 scores in column "p" lie outside [0, 1], first in row 2' in said


def test_scores_that_are_no_numbers_are_refused(tmp_path):
    """A score with a decimal comma or a unit is a word, and refused without printing it."""
    said = refused(tmp_path, "y;p\n1;0,5\n0;0,25\n", **BINARY)
    assert 'column "p" holds string, and `score` needs numbers' in said
    assert "0,5" not in said


def test_negative_weights_are_refused(tmp_path):
    """A weight is 0 or more."""
    assert "negative or infinite, first in row 2" in refused(tmp_path, "y,p,w\n1,.5,1\n0,.5,-1\n", **BINARY, weight="w")


def test_decisions_are_those_that_the_threshold_makes(tmp_path):
    """Where score, threshold and decisions are all there, they have to agree."""
    text = "y,p,d\n1,0.5,1\n0,0.4,0\n1,0.6,0\n"
    said = refused(tmp_path, text, **BINARY, prediction="d", threshold=0.5)
    assert '1 of 3 decisions in column "d" are not those that column "p" >= 0.5 makes' in said
    assert opened(tmp_path, text, **BINARY, prediction="d").prediction == "d"
    assert opened(tmp_path, text.replace("0.6,0", "0.6,1"), **BINARY, prediction="d", threshold=0.5).threshold == 0.5


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


def test_more_than_1000_classes_are_none(tmp_path):
    """A label with more than a thousand values is no class."""
    text = "y,d\n" + "".join(f"w{n},w{n}\n" for n in range(1001))
    assert "more than 1000 different values" in refused(tmp_path, text, label="y", prediction="d")


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


def test_a_column_of_lists_is_no_attribute(tmp_path):
    """A column whose cells hold lists cannot be a label or a group."""
    pq.write_table(pa.table({"y": [1, 0], "p": [0.1, 0.2], "g": [["a"], ["b"]]}), tmp_path / "x.parquet")
    with pytest.raises(SourceError, match="`sensitive` needs single values"):
        load(parse_source({"predictions": "x.parquet", **BINARY, "sensitive": "g"}), "test", tmp_path)


def test_no_error_prints_a_cell(tmp_path):
    """What stands in the cells of persons and free columns is in no error."""
    secret = "Jane Roe"
    text = f"y,p,g,note\n1,.5,{secret},{secret}\n0,2,b,{secret}\n"
    plans = [
        {**BINARY, "sensitive": "g"},
        {**BINARY, "sensitive": {"g": ["a", "b"]}},
        {"label": "y", "score": "note", "favourable": 1},
        {"label": "y", "prediction": "note", "task": "regression"},
        {**BINARY, "weight": "note"},
        {"label": "y", "prediction": "note", "favourable": 1},
    ]
    for said in plans:
        with pytest.raises(CardwrightError) as caught:
            opened(tmp_path, text, **said)
        assert secret not in str(caught.value)


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


@pytest.mark.parametrize("hidden", ["\u200b", "\u200d", "\ufeff", "\u00ad"])
def test_attack_a_group_split_by_a_hidden_character_is_refused(tmp_path, hidden):
    text = f"g,y,p\nfemale,1,0.7\nfe{hidden}male,0,0.1\nmale,1,0.2\n"
    assert "hidden character" in refused(tmp_path, text, **BINARY, sensitive="g")
