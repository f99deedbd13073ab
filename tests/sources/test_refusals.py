"""Columns and values from which no number should be made, each refused by one sentence that shows no cell."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.sources.test_load import BINARY, opened, refused
from tests.support import list_rows

from cardwright.errors import CardwrightError, SourceError
from cardwright.sources import refusals
from cardwright.sources.column_scan import ColumnNumbers
from cardwright.sources.load import load
from cardwright.sources.spec import parse_source


def test_two_spellings_of_one_group_are_refused(tmp_path):
    """Groups that differ by a dot, a blank or case alone are one group written twice; a plan may declare them apart."""
    text = "y,p,g\n1,.5,Female\n0,.5,female \n"
    assert "differ by a dot, a blank or case alone" in refused(tmp_path, text, **BINARY, sensitive="g")
    apart = opened(tmp_path, text, **BINARY, sensitive={"g": ["Female", "female "]})
    assert apart.sensitive[0].groups == ("Female", "female ")


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


@pytest.mark.parametrize("hidden", ["\u200b", "\u200d", "\ufeff", "\u00ad"])
def test_attack_a_group_split_by_a_hidden_character_is_refused(tmp_path, hidden):
    text = f"g,y,p\nfemale,1,0.7\nfe{hidden}male,0,0.1\nmale,1,0.2\n"
    assert "hidden character" in refused(tmp_path, text, **BINARY, sensitive="g")


# --- one refusal at a time -----------------------------------------------------------------------------------------------

ROWS = list_rows({"n": [1.5], "t": ["x"], "l": [[1]], "b": [b"x"]})


@pytest.mark.parametrize(("column", "number", "plain"), [
    ("n", True, True), ("t", False, True), ("l", False, False), ("b", False, False),
])  # fmt: skip
def test_a_part_of_a_plan_takes_numbers_or_single_values(column, number, plain):
    for takes, check in ((number, refusals.require_number), (plain, refusals.require_plain)):
        if takes:
            check(ROWS, column, "weight", "x.csv")
        else:
            with pytest.raises(SourceError, match=f'^x.csv: column "{column}" holds .*, and `weight` needs'):
                check(ROWS, column, "weight", "x.csv")


def test_rows_without_an_outcome_are_counted_and_none_is_refused():
    refusals.refuse_missing(0, 10, "y", "label", "x.csv")
    refusals.refuse_missing(3, 10, None, "label", "x.csv")
    with pytest.raises(SourceError, match='3 of 10 rows have no label: column "y" is empty there'):
        refusals.refuse_missing(3, 10, "y", "label", "x.csv")


@pytest.mark.parametrize(
    ("favourable", "counts", "advice"),
    [
        ("Yes", {"yes": 9, "no": 9}, 'The nearest is "yes".'),
        ("<=50K", {"<=50K.": 9, ">50K": 9}, 'The nearest is "<=50K.".'),
        ("true", {"yes": 9, "no": 9}, "YAML reads yes, no, on and off as true and false: write such a word in quotes."),
        ("granted", {"'granted'": 2, "refused": 2}, "The nearest is \"'granted'\"."),
        ("x", {"rare": 1, "often": 9}, "Known: often."),
    ],
)
def test_a_favourable_outcome_that_no_row_has_is_told_what_is_near(favourable, counts, advice):
    with pytest.raises(SourceError) as stopped:
        refusals.require_favourable(favourable, "outcome", counts, "x.csv")
    assert advice in str(stopped.value)
    assert "rare" not in str(stopped.value)


def test_a_favourable_outcome_that_some_row_has_passes():
    refusals.require_favourable("yes", "outcome", {"yes": 1, "no": 9}, "x.csv")


@pytest.mark.parametrize(
    ("word", "labels", "found"),
    [
        ("yes", ["yes"], None),
        ("Yes.", ["no", "yes"], "yes"),
        ("a  b", ["a b"], "a b"),
        ("\uff39es", ["yes"], "yes"),
        ("ye\u200bs", ["yes"], "yes"),
        ("yes", [], None),
        ("yes", ["yesterday"], None),
    ],
)
def test_labels_that_no_reader_tells_apart_look_alike(word, labels, found):
    assert refusals.lookalike(word, labels) == found


def test_case_tells_labels_apart_only_where_it_may():
    refusals.refuse_lookalikes(["A", "a"], "g", "x.csv", case=True)
    with pytest.raises(SourceError, match='holds both "A" and "a"'):
        refusals.refuse_lookalikes(["A", "a"], "g", "x.csv")
    with pytest.raises(SourceError, match=r'holds both "A" and "A\."'):
        refusals.refuse_lookalikes(["A", "A."], "g", "x.csv", case=True)


def test_scores_and_weights_that_nobody_named_are_not_refused():
    counted = ColumnNumbers(0, 1)
    counted.see(pa.array([7.0]))
    refusals.refuse_scores(counted, None, "x.csv")
    refusals.refuse_weights(counted, None, "x.csv")
    with pytest.raises(SourceError, match=r"1 of 1 scores .* lie outside \[0, 1\], first in row 1"):
        refusals.refuse_scores(counted, "p", "x.csv")
