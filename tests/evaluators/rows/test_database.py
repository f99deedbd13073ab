"""Rows in DuckDB: every row as it stands, names that SQL would confuse kept apart, and nothing left behind."""

import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import list_rows

from cardwright.evaluators.rows.database import column, database, fill, is_number, loaded, one


def test_rows_come_in_batches_and_are_all_there_with_nan_as_missing():
    rows = list_rows({"x": [1.0, float("nan"), None, 4.0], "t": ["a", "b", None, ""]}, cuts=(1, 3))
    with loaded(rows, ["x", "t"]) as store:
        assert store.execute(f"select {column('x')}, {column('t')} from rows").fetchall() == [
            (1.0, "a"), (None, "b"), (None, None), (4.0, ""),
        ]  # fmt: skip
        assert one(store, f"select count({column('x')}) from rows") == 2


@pytest.mark.parametrize("names", [("Age", "age"), ("n", "N"), ('a"b', "a'b"), ("select", "from"), ("ä", "a\u0308")])
def test_names_that_sql_takes_for_one_or_for_its_own_stay_two_columns(names):
    with loaded(list_rows({names[0]: [1], names[1]: [2]}), [*names]) as store:
        assert store.execute(f"select {column(names[0])}, {column(names[1])} from rows").fetchall() == [(1, 2)]


@given(st.text(max_size=8), st.text(max_size=8))
def test_two_names_have_one_column_only_if_they_are_one(first, second):
    assert (column(first) == column(second)) == (first == second)


@pytest.mark.parametrize(("values", "number"), [
    (pa.array([1], pa.int8()), True), (pa.array([1], pa.uint64()), True), (pa.array([1.5]), True), (pa.array(["1"]), False),
    (pa.array([True]), False),
], ids=str)  # fmt: skip
def test_numbers_are_told_by_their_type(values, number):
    with loaded(list_rows({"x": values}), ["x"]) as store:
        assert is_number(store, "rows", column("x")) == number


def test_several_tables_stand_beside_each_other_with_the_columns_asked_for():
    with database() as store:
        fill(store, "a", list_rows({"x": [1, 2], "y": [3, 4]}), ["y"])
        fill(store, "b", list_rows({"x": pa.array([], pa.int64())}), ["x"])
        assert (one(store, "select count(*) from a"), one(store, "select count(*) from b")) == (2, 0)
        assert [name for name, *_ in store.execute("describe a").fetchall()] == [column("y").strip('"')]


def test_nothing_is_left_of_it_even_after_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(ValueError, match="stop"), database() as store:
        place = Path(one(store, "select current_setting('temp_directory')"))
        assert tmp_path in (place, *place.parents)
        raise ValueError("stop")
    assert [*tmp_path.iterdir()] == []
