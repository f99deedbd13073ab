"""A look at a file counts what guesses rest on, whatever types its columns have."""

import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import list_rows

from cardwright.plan.looking import LOOKED_AT, MOST_COUNTED, look
from cardwright.sources.files import open_rows


def seen(**columns):
    return {column.name: column for column in look(list_rows(columns))}


@given(
    st.lists(st.none() | st.floats().map(abs) | st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=60),
    st.lists(st.integers(0, 60), max_size=3),
)
def test_numbers_are_counted_as_they_are_however_the_rows_are_cut(values, cuts):
    (column,) = look(list_rows({"x": pa.array(values, pa.float64())}, cuts))
    there = [v for v in values if v is not None and not math.isnan(v)]
    assert (column.counted, column.missing) == (len(there), len(values) - len(there))
    assert column.distinct == len(set(there))
    assert column.whole == all(math.isinf(v) or v == math.floor(v) for v in there)
    assert (column.least, column.greatest) == ((min(there), max(there)) if there else (None, None))
    assert sum(rows for _, rows in column.numbers) == sum(map(math.isfinite, there))


def test_probabilities_classes_and_repeats_are_told_by_values():
    found = seen(p=[0.1, 0.9, 0.9], whole=[0.0, 1.0, 1.0], k=["a", "b", "a"], big=[0.5, 2.0, 3.0])
    assert [found[name].probability for name in ("p", "whole", "k", "big")] == [True, False, False, False]
    assert [found[name].classes for name in ("p", "whole", "k", "big")] == [False, True, True, False]
    assert [found[name].repeats for name in ("p", "k", "big")] == [True, True, False]


def test_columns_of_every_type_are_looked_at(tmp_path):
    """Dates, lists, bytes, decimals, dictionaries and columns without a value are no reason to stop."""
    table = pa.table(
        {
            "day": pa.array([0, 1, 1], pa.date32()),
            "list": pa.array([[1], [2], [1]]),
            "bytes": pa.array([b"a", b"b", b"a"]),
            "code": pa.array(["a", "b", "a"]).dictionary_encode(),
            "none": pa.nulls(3),
            "flag": [True, False, True],
            "price": pa.array([1, 2, 1]).cast(pa.decimal128(21, 2)),
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    found = {column.name: column for column in look(open_rows(tmp_path / "x.parquet"))}
    assert {name: column.distinct for name, column in found.items()} == {
        "day": 2, "list": 0, "bytes": 0, "code": 2, "none": 0, "flag": 2, "price": 2,
    }  # fmt: skip
    assert found["price"].number and found["none"].missing == 3


def test_a_column_of_many_values_is_counted_no_further():
    (column,) = look(list_rows({"x": list(range(3 * MOST_COUNTED))}))
    assert column.distinct > MOST_COUNTED
    assert column.numbers == ()
    assert (column.least, column.greatest) == pytest.approx((0, 3 * MOST_COUNTED - 1))


def test_a_long_file_that_is_sorted_is_looked_at_to_its_end():
    """The last group is seen, and rows of one person still stand beside each other."""
    size = 3 * LOOKED_AT
    rows = list_rows(
        {"sex": ["f"] * (size // 2) + ["m"] * (size // 2), "person": [n // 5 for n in range(size)]},
        range(50_000, size, 50_000),
    )
    sex, person = look(rows, size)
    assert set(sex.values) == {"f", "m"}
    assert sex.counted == pytest.approx(LOOKED_AT, rel=0.01)
    assert person.repeats
