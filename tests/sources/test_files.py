"""Rows of files: the same rows whichever the format, digests that anybody can recompute, and errors that name the place."""

import json
import os
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardwright.errors import SourceError
from cardwright.sources.files import open_rows

TABLE = pa.table(
    {
        "id": pa.array([1, 2, None, 4, 5], pa.int64()),
        "share": pa.array([0.5, None, 1.25, -3.0, 1e-7], pa.float64()),
        "name": pa.array(["a", None, "c,d", 'e"f', "g\nh"], pa.string()),
        "flag": pa.array([True, False, None, True, False], pa.bool_()),
    }
)


def write_csv(table, path):
    pacsv.write_csv(table, path)


def write_parquet(table, path):
    pq.write_table(table, path, row_group_size=2)


def write_folder(table, path):
    path.mkdir()
    (path / "_SUCCESS").touch()
    pq.write_table(table.slice(0, 2), path / "part-0.parquet")
    (path / "sub").mkdir()
    pq.write_table(table.slice(2).select(["flag", "name", "share", "id"]), path / "sub" / "part-1.parquet")


def write_arrow(table, path):
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)


def write_stream(table, path):
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)


def write_feather(table, path):
    feather.write_feather(table, path)


def write_json_lines(table, path):
    path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))


def write_polars(table, path):
    pl.from_arrow(table).write_ipc(path)


def write_categories(table, path):
    pd.DataFrame(table.to_pandas()).astype({"name": "category"}).astype({"id": "Int64"}).to_parquet(path)


WRITERS = {
    "csv": (write_csv, "x.csv"),
    "parquet": (write_parquet, "x.parquet"),
    "folder": (write_folder, "x"),
    "arrow": (write_arrow, "x.arrow"),
    "stream": (write_stream, "x.arrows"),
    "feather": (write_feather, "x.feather"),
    "jsonl": (write_json_lines, "x.jsonl"),
    "polars": (write_polars, "x.ipc"),
    "categories": (write_categories, "x.parquet"),
}


def rows_of(rows, columns=None):
    return pa.Table.from_batches(rows.batches(columns))


@pytest.mark.parametrize("kind", WRITERS)
def test_every_format_gives_the_same_rows_types_and_count(tmp_path, kind):
    """Every format gives the same rows, types and count, as often as it is read."""
    write, name = WRITERS[kind]
    write(TABLE, tmp_path / name)
    rows = open_rows(tmp_path / name)
    assert rows.num_rows == 5
    assert rows.schema.equals(TABLE.schema)
    assert rows_of(rows).to_pydict() == TABLE.to_pydict()
    assert rows_of(rows).to_pydict() == TABLE.to_pydict()


@pytest.mark.parametrize("kind", WRITERS)
def test_columns_come_in_the_order_asked_for(tmp_path, kind):
    """Columns come in the order asked for, whatever their order in the file."""
    write, name = WRITERS[kind]
    write(TABLE, tmp_path / name)
    found = rows_of(open_rows(tmp_path / name), ["flag", "id"])
    assert found.column_names == ["flag", "id"]
    assert found.to_pydict() == TABLE.select(["flag", "id"]).to_pydict()


@pytest.mark.parametrize("kind", WRITERS)
def test_no_columns_still_count_rows(tmp_path, kind):
    """Asking for no columns gives batches that still count the rows."""
    write, name = WRITERS[kind]
    write(TABLE, tmp_path / name)
    assert sum(batch.num_rows for batch in open_rows(tmp_path / name).batches([])) == 5


@pytest.mark.parametrize("kind", WRITERS)
def test_a_column_that_is_not_there_names_the_nearest(tmp_path, kind):
    """A column that is not there is refused before anything is read, with the nearest name."""
    write, name = WRITERS[kind]
    write(TABLE, tmp_path / name)
    with pytest.raises(SourceError, match=r'there is no column "nam".* Did you mean "name"') as caught:
        open_rows(tmp_path / name, where="data/x").batches(["nam"])
    assert caught.value.exit_code == 3
    assert caught.value.where == "data/x"


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        rows = open_rows(path, where=path.name)
        for _ in rows.batches():
            pass
    assert caught.value.exit_code == 3
    return str(caught.value)


def test_columns_without_rows_are_refused(tmp_path):
    """A file that has columns and no rows is refused."""
    nothing = TABLE.slice(0, 0)
    for kind in ("csv", "parquet", "arrow", "stream", "feather"):
        write, name = WRITERS[kind]
        write(nothing, tmp_path / name)
        assert "there are no rows, only columns" in refused(tmp_path / name)


def test_an_unknown_ending_lists_the_known_ones(tmp_path):
    """A file of an unknown format is refused with the formats that are read."""
    (tmp_path / "x.xlsx").write_bytes(b"PK")
    assert ".csv, .tsv, .parquet" in refused(tmp_path / "x.xlsx")


@pytest.mark.parametrize("kind", ["parquet", "arrow", "stream", "feather"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.99])
def test_a_file_that_is_cut_off_is_refused(tmp_path, kind, kept):
    """A binary file that is cut in the middle is refused, wherever the cut is."""
    write, name = WRITERS[kind]
    write(TABLE, tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(len(whole) * kept)])
    assert "It may have been cut off" in refused(tmp_path / name)


def test_folders_that_name_a_column_and_its_value_are_a_column(tmp_path):
    """Hive partitions, as Arrow writes them, are read as a column: words with what a path cannot hold, numbers, missing values."""
    table = pa.table(
        {
            "n": list(range(60)),
            "race": ["a b/c", "ü=1", None] * 20,
            "year": [2024] * 30 + [2025] * 30,
            "code": ["007", "010"] * 30,
        }
    )
    pq.write_to_dataset(table, tmp_path / "x", partition_cols=["race", "year", "code"])
    rows = open_rows(tmp_path / "x", where="x")
    assert rows.num_rows == 60
    assert [str(kind) for kind in rows.schema.types] == ["int64", "string", "int64", "string"]
    found = pa.Table.from_batches(list(rows.batches())).sort_by("n")
    assert found.to_pydict() == table.to_pydict()
    for columns in (["race"], ["year", "n"], []):
        assert sum(batch.num_rows for batch in rows.batches(columns)) == 60
    coded = list(rows.coded(["race", "n"], ["race"]))
    assert sorted(str(v) for b in coded for v in b.column("race").to_pylist()) == sorted(
        str(v) for v in table["race"].to_pylist()
    )


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl", "arrow", "folder"])
def test_a_file_that_changes_after_it_was_hashed_is_refused(tmp_path, kind):
    """A file that changes after its digest was taken is refused at the next reading."""
    write, name = WRITERS[kind]
    write(TABLE, tmp_path / name)
    rows = open_rows(tmp_path / name, where=name)
    file = tmp_path / name / "part-0.parquet" if kind == "folder" else tmp_path / name
    stat = file.stat()
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000))
    with pytest.raises(SourceError, match="has changed since its digest was taken"):
        list(rows.batches())


def test_a_file_that_disappears_is_refused(tmp_path):
    """A file that is gone when it is read again is refused."""
    write_csv(TABLE, tmp_path / "x.csv")
    rows = open_rows(tmp_path / "x.csv")
    (tmp_path / "x.csv").unlink()
    with pytest.raises(SourceError, match="has changed"):
        list(rows.batches())


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path):
    """A file that changes between two batches is refused at the end of the reading."""
    pq.write_table(pa.table({"n": range(300_000)}), tmp_path / "x.parquet")
    batches = open_rows(tmp_path / "x.parquet").batches()
    next(batches)
    os.utime(tmp_path / "x.parquet", ns=(1, 1))
    with pytest.raises(SourceError, match="has changed"):
        list(batches)


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=("Cs",)), max_size=8)
COLUMNS = {
    "whole": (st.integers(-(2**63), 2**63 - 1), pa.int64()),
    "share": (st.floats(allow_nan=False, allow_infinity=False), pa.float64()),
    "flag": (st.booleans(), pa.bool_()),
}


@st.composite
def tables(draw):
    size = draw(st.integers(1, 12))

    def column(values):
        return st.lists(st.none() | values, min_size=size, max_size=size)

    data = {name: pa.array(draw(column(values)), kind) for name, (values, kind) in COLUMNS.items()}
    # A first cell of letters, so that the column is one of strings in CSV too.
    data["word"] = pa.array(["letters", *draw(column(WORDS))[1:]], pa.string())
    return pa.table(data)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(table=tables())
def test_csv_and_parquet_hold_the_same_rows(tmp_path, table):
    """What Arrow writes as CSV and as Parquet reads as the same rows; a column without values or fractions differs in type alone."""
    pq.write_table(table, tmp_path / "x.parquet")
    pacsv.write_csv(table, tmp_path / "x.csv", pacsv.WriteOptions(quoting_style="needed"))
    from_parquet = rows_of(open_rows(tmp_path / "x.parquet")).to_pydict()
    from_csv = rows_of(open_rows(tmp_path / "x.csv")).to_pydict()
    assert from_parquet == table.to_pydict()
    assert from_csv == from_parquet


# --- codes --------------------------------------------------------------------------------------------------------------


def coded_example(path: Path) -> None:
    """Two row groups with different dictionaries, missing values, and more rows than a batch."""
    names = ["east", "west", None, "north", "south", ""]
    rows = 300_000
    table = pa.table({"g": [names[(i * i) % 6] for i in range(rows)], "n": [i % 7 for i in range(rows)]})
    pq.write_table(pa.concat_tables([table.slice(1, 3), table]), path, row_group_size=200_000)


def test_a_format_without_codes_hands_out_strings(tmp_path):
    (tmp_path / "rows.csv").write_text("g,n\na,1\nb,2\n", encoding="utf-8")
    (batch,) = open_rows(tmp_path / "rows.csv").coded(["g", "n"], ["g"])
    assert batch.schema.field("g").type == pa.string()


def test_a_column_that_is_not_there_is_named_where_codes_are_asked_for_too(tmp_path):
    coded_example(tmp_path / "rows.parquet")
    with pytest.raises(SourceError, match='there is no column "q"'):
        open_rows(tmp_path / "rows.parquet").coded(["q"], ["q"])
