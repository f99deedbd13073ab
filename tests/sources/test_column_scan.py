"""What one pass over the columns tells: groups, unknown membership, numbers, decisions."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.test_load import BINARY, opened, refused
from tests.support import list_rows

from cardwright.errors import SourceError
from cardwright.sources.column_scan import ColumnNumbers, ColumnValues, DecisionLabels, MissingCells, scan_columns
from cardwright.sources.interface import Attribute
from cardwright.sources.load import load
from cardwright.sources.spec import parse_source


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


def test_decisions_are_those_that_the_threshold_makes(tmp_path):
    """Where score, threshold and decisions are all there, they have to agree."""
    text = "y,p,d\n1,0.5,1\n0,0.4,0\n1,0.6,0\n"
    said = refused(tmp_path, text, **BINARY, prediction="d", threshold=0.5)
    assert '1 of 3 decisions in column "d" are not those that column "p" >= 0.5 makes' in said
    assert opened(tmp_path, text, **BINARY, prediction="d").prediction == "d"
    assert opened(tmp_path, text.replace("0.6,0", "0.6,1"), **BINARY, prediction="d", threshold=0.5).threshold == 0.5


def test_more_than_1000_classes_are_none(tmp_path):
    """A label with more than a thousand values is no class."""
    text = "y,d\n" + "".join(f"w{n},w{n}\n" for n in range(1001))
    assert "more than 1000 different values" in refused(tmp_path, text, label="y", prediction="d")


def seen(counter, *arrays):
    for array in arrays:
        counter.see(*array if isinstance(array, tuple) else (array,))
    return counter


def test_values_are_counted_over_all_batches_under_their_labels():
    values = seen(ColumnValues(10, False), pa.array([1, 1, 2]), pa.array([None, 2, 300], pa.int64()))
    assert (values.counts, values.missing, values.labels) == ({"1": 2, "2": 2, "300": 1}, 1, ("1", "2", "300"))


@given(st.lists(st.none() | st.sampled_from(["a", "b", "", " "]), max_size=12), st.integers(0, 12), st.booleans())
def test_codes_or_strings_cut_anywhere_count_the_same(cells, cut, blank):
    whole = seen(ColumnValues(10, blank), pa.array(cells, pa.string()))
    coded = pa.array(cells, pa.string()).dictionary_encode()
    pieces = seen(ColumnValues(10, blank), coded[:cut], coded[cut:])
    assert (pieces.counts, pieces.missing) == (whole.counts, whole.missing)
    absent = [cell for cell in cells if cell is None or (blank and not cell.strip())]
    assert whole.missing == len(absent)
    assert sum(whole.counts.values()) == len(cells) - len(absent)


def test_a_dictionary_may_hold_a_value_twice_and_values_that_no_row_has():
    array = pa.DictionaryArray.from_arrays(pa.array([0, 1, 1, None]), pa.array(["a", "a", "ghost"]))
    assert seen(ColumnValues(10, False), array).counts == {"a": 3}


def test_nan_is_missing_and_infinity_is_no_finite_number():
    values = seen(ColumnValues(10, False), pa.array([1.0, float("nan"), None]))
    assert (values.missing, values.finite, values.whole) == (2, True, True)
    assert not seen(ColumnValues(10, False), pa.array([1.0, float("inf")])).finite
    assert not seen(ColumnValues(10, False), pa.array([1.5])).whole


def test_more_values_than_the_limit_are_too_many_and_the_limit_itself_is_not():
    assert not seen(ColumnValues(3, False), pa.array(["a", "b", "c"])).too_many
    assert seen(ColumnValues(3, False), pa.array(["a", "b"]), pa.array(["c", "d"])).too_many


def test_the_first_number_outside_is_named_by_its_row_in_all_batches():
    scores = seen(ColumnNumbers(0, 1), pa.array([0.0, 1.0, None]), pa.array([0.5, 1.5, -1.0, float("nan")]))
    assert (scores.outside, scores.first, scores.missing, scores.rows) == (2, 5, 2, 7)
    assert seen(ColumnNumbers(0, float("inf")), pa.array([float("inf")])).outside == 1
    assert seen(ColumnNumbers(0, 1), pa.array([0, 1, 2])).first == 3


def test_missing_cells_are_nulls_and_nans():
    assert seen(MissingCells(), pa.array([1.0, None, float("nan")]), pa.array(["a", None])).missing == 3


def test_a_decision_at_the_threshold_is_the_favourable_one():
    labels = DecisionLabels(0.5, "yes")
    seen(labels, (pa.array(["yes", "no", "yes", "no"]), pa.array([0.5, 0.49, 0.4, 0.9])))
    assert (labels.differ, labels.rows) == (2, 4)


def test_one_pass_hands_each_counter_its_columns():
    rows = list_rows({"g": ["a", "b", "a"], "n": [1.0, None, 3.0], "unread": [1, 2, 3]}, cuts=(1,))
    groups, numbers = ColumnValues(9, False), ColumnNumbers(0, 2)
    scan_columns(rows, [(groups, ("g",)), (numbers, ("n",))])
    assert (groups.counts, numbers.outside, numbers.missing) == ({"a": 2, "b": 1}, 1, 1)


def test_an_error_while_counting_is_not_lost():
    class Stops:
        def see(self, array):
            raise SourceError("stop", where="x")

    with pytest.raises(SourceError, match="stop"):
        scan_columns(list_rows({"g": ["a"]}), [(Stops(), ("g",))])
