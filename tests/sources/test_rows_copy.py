"""The copy of rows that a database gave: exact, in an order of its own, and refused where it would not be the same rows."""

import datetime

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardwright.errors import SourceError
from cardwright.sources import rows_copy
from cardwright.sources.files import open_rows
from cardwright.sources.rows_copy import copy_rows
from cardwright.sources.rows_digest import rows_sha256


def table(rows):
    return pa.table({"n": [row[0] for row in rows], "s": pa.array([row[1] for row in rows], pa.string())})


def read(opened):
    return pa.Table.from_batches(opened.batches())


@given(
    rows=st.lists(st.tuples(st.none() | st.integers(-9, 9), st.none() | st.text(max_size=3)), min_size=1, max_size=12),
    rng=st.randoms(use_true_random=False),
    size=st.integers(1, 5),
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_copy_is_the_same_in_whichever_order_the_rows_come(tmp_path_factory, rows, rng, size):
    other = rng.sample(rows, len(rows))
    found = []
    for given_rows, cut in ((rows, 100), (other, size)):
        folder = tmp_path_factory.mktemp("copy")
        found.append(copy_rows(table(given_rows).to_batches(cut), folder, "loans"))
    assert found[0].sha256 == found[1].sha256
    assert read(found[0]).equals(read(found[1]))
    by_text = lambda row: (repr(row[0]), repr(row[1]))  # noqa: E731
    assert sorted(zip(*read(found[0]).to_pydict().values(), strict=True), key=by_text) == sorted(rows, key=by_text)


def test_its_digest_is_that_of_a_file_with_the_same_rows_and_it_leaves_nothing_else_behind(tmp_path):
    made = table([(1, "a"), (2, None), (2, None)])
    pq.write_table(made, tmp_path / "loans.parquet")
    folder = tmp_path / "private"
    folder.mkdir()
    opened = copy_rows(made.to_batches(2), folder, "loans")
    assert opened.sha256 == rows_sha256(open_rows(tmp_path / "loans.parquet")) == rows_sha256(opened)
    assert (opened.format, opened.num_rows, opened.where) == ("sql", 3, "loans")
    assert [path.name for path in folder.iterdir() if path.is_file()] == ["rows.parquet"]


def test_types_that_come_to_light_late_are_one_type_in_the_end(tmp_path):
    parts = [pa.record_batch({"x": pa.nulls(2)}), pa.record_batch({"x": [1]}), pa.record_batch({"x": [2.5]})]
    opened = copy_rows(parts, tmp_path, "loans")
    assert opened.schema.field("x").type == pa.float64()
    assert sorted(read(opened)["x"].to_pylist(), key=str) == [1.0, 2.5, None, None]


def test_a_column_without_any_value_is_one_of_strings(tmp_path):
    assert copy_rows([pa.record_batch({"x": pa.nulls(2)})], tmp_path, "loans").schema.field("x").type == pa.string()


@pytest.mark.parametrize(
    ("column", "why"),
    [
        (pa.array([[1]]), "holds arrays or structures"),
        (pa.array([{"a": 1}]), "holds arrays or structures"),
        (pa.array([(1, 2, 3)], pa.month_day_nano_interval()), "holds intervals"),
        (pa.array([5], pa.duration("us")), "holds intervals"),
        (pa.array([2**63 - 1], pa.timestamp("us", "UTC")), "outside the years 1 to 9999"),
        (pa.array([-(2**31)], pa.int32()).cast(pa.date32()), "outside the years 1 to 9999"),
        (pa.array([10**20], pa.decimal128(38, 0)), "whole numbers of more than 64 bits"),
        (pa.array(["x" * 101]), "a value of 101 bytes, and at most 100"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_the_name_of_its_column(tmp_path, monkeypatch, column, why):
    monkeypatch.setattr(rows_copy, "MAX_CELL", 100)
    with pytest.raises(SourceError, match=f'loans: "amount" .*{why}'):
        copy_rows([pa.record_batch({"amount": column})], tmp_path, "loans")


@pytest.mark.parametrize(
    ("column", "kept"),
    [
        (pa.array(["1.25"]).cast(pa.decimal128(9, 2)), [1.25]),
        (pa.array(["7"]).cast(pa.decimal128(38, 0)), [7]),
        (pa.array(["a"]).dictionary_encode(), ["a"]),
        (pa.array([0], pa.timestamp("us", "UTC")), [datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)]),
        (pa.array([datetime.date(9999, 12, 31), None]), [datetime.date(9999, 12, 31), None]),
        (pa.array([b"\x00\xff"]), [b"\x00\xff"]),
        (pa.array([2**64 - 1], pa.uint64()), [2**64 - 1]),
    ],
)
def test_every_other_value_is_kept_as_it_is(tmp_path, column, kept):
    found = read(copy_rows([pa.record_batch({"c": column})], tmp_path, "loans"))["c"].to_pylist()
    assert sorted(found, key=str) == sorted(kept, key=str)


@pytest.mark.parametrize(
    ("batches", "why"),
    [
        ([], "there are no rows"),
        ([pa.record_batch({"a": pa.array([], pa.int64())})], "there are no rows"),
        ([pa.record_batch({"a": [1]}), pa.record_batch({"b": [1]})], "its columns change on the way"),
        (
            [pa.record_batch({"a": [1]}), pa.record_batch({"a": ["x"]})],
            '"a" holds values of several kinds: int64, string',
        ),
        (
            [pa.RecordBatch.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])],
            'columns 1 and 2 have one name: "a"',
        ),
    ],
)
def test_rows_that_are_no_table_are_refused(tmp_path, batches, why):
    with pytest.raises(SourceError, match=why):
        copy_rows(batches, tmp_path, "loans")


def test_a_disk_without_room_ends_the_copy_before_it_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr(rows_copy.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 100}))
    with pytest.raises(SourceError, match="after 0 rows the folder for temporary files has no room"):
        copy_rows([pa.record_batch({"a": list(range(100))})], tmp_path, "loans")
