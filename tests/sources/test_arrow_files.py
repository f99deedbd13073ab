"""Parquet files, one or a folder of them, and Arrow files and streams: whole or refused, and codes mean the same strings."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.sources.test_files import TABLE, coded_example, refused, rows_of

from cardwright.sources.files import open_rows


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path):
    """A folder is read in the order of its names, not of its making."""
    (tmp_path / "x").mkdir()
    for number in (2, 0, 1):
        pq.write_table(pa.table({"n": [number]}), tmp_path / "x" / f"{number}.parquet")
    assert rows_of(open_rows(tmp_path / "x")).to_pydict() == {"n": [0, 1, 2]}


def test_a_column_without_values_in_one_file_takes_its_type_from_the_others(tmp_path):
    """A column that is missing throughout one file of a folder takes its type from the others."""
    (tmp_path / "x").mkdir()
    pq.write_table(pa.table({"n": pa.nulls(2)}), tmp_path / "x" / "0.parquet")
    pq.write_table(pa.table({"n": [7]}), tmp_path / "x" / "1.parquet")
    pq.write_table(pa.table({"n": pa.nulls(1)}), tmp_path / "x" / "2.parquet")
    rows = open_rows(tmp_path / "x")
    assert rows.schema.field("n").type == pa.int64()
    assert rows_of(rows).to_pydict() == {"n": [None, None, 7, None]}


def test_a_stream_cut_between_two_batches_is_refused(tmp_path):
    """An Arrow stream that ends between two batches lacks its end mark, and is refused."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, TABLE.schema) as writer:
        writer.write_table(TABLE)
    (tmp_path / "x.arrows").write_bytes(sink.getvalue()[:-8])
    assert "its end is missing" in refused(tmp_path / "x.arrows")


def test_a_parquet_file_that_is_damaged_inside_is_refused(tmp_path):
    """A Parquet file whose footer is whole and whose pages are not is refused while it is read."""
    pq.write_table(pa.table({"n": [str(i) for i in range(5000)]}), tmp_path / "x.parquet", compression="zstd")
    raw = bytearray((tmp_path / "x.parquet").read_bytes())
    raw[60:2000] = bytes(1940)
    (tmp_path / "x.parquet").write_bytes(raw)
    assert "the parquet file is damaged" in refused(tmp_path / "x.parquet")


def test_a_folder_is_refused_where_it_is_not_parquet_files_alone(tmp_path):
    """A folder without files, with other files, with unlike partition folders or with unlike files is refused."""
    folder = tmp_path / "x"
    folder.mkdir()
    assert "the folder holds no files" in refused(folder)
    (folder / "a.csv").write_text("a\n1\n")
    assert 'the folder holds "a.csv"' in refused(folder)
    (folder / "a.csv").unlink()
    pq.write_table(pa.table({"a": [1]}), folder / "0.parquet")
    pq.write_table(pa.table({"b": [1]}), folder / "1.parquet")
    assert "x/1.parquet: its files do not have the same columns" in refused(folder)
    pq.write_table(pa.table({"a": ["1"]}), folder / "1.parquet")
    assert 'x/1.parquet: column "a" is string here and int64 in files before' in refused(folder)
    (folder / "1.parquet").write_bytes(b"PAR1")
    assert "x/1.parquet: this is not a whole Parquet file" in refused(folder)
    (folder / "1.parquet").unlink()
    (folder / "race=a").mkdir()
    pq.write_table(pa.table({"a": [1]}), folder / "race=a" / "2.parquet")
    assert "its folders name columns (`column=value`) other than" in refused(folder)
    (folder / "0.parquet").unlink()
    pq.write_table(pa.table({"race": ["a"]}), folder / "race=a" / "2.parquet")
    assert "both in the files and in the names of their folders" in refused(folder)


def test_strings_that_come_as_codes_are_the_same_strings(tmp_path):
    coded_example(tmp_path / "rows.parquet")
    rows = open_rows(tmp_path / "rows.parquet")
    plain = pa.Table.from_batches(rows.batches(["n", "g"]))
    kinds, parts = set(), []
    for batch in rows.coded(["n", "g"], ["g", "n"]):
        kinds.add(str(batch.column("g").type))
        parts.append(pa.table({"n": batch.column("n"), "g": batch.column("g").cast(pa.string())}))
    assert kinds == {"dictionary<values=string, indices=int32, ordered=0>"}
    assert pa.concat_tables(parts).combine_chunks().equals(plain.combine_chunks())


def test_only_the_columns_asked_for_come_as_codes(tmp_path):
    coded_example(tmp_path / "rows.parquet")
    rows = open_rows(tmp_path / "rows.parquet")
    assert {str(batch.schema.field("g").type) for batch in rows.coded(["g"], [])} == {"string"}


@pytest.mark.parametrize("size", [1, 7, 1_000, 200_000])
def test_the_size_of_row_groups_changes_no_row(tmp_path, size):
    """Row groups are read a few at a time, so that what a reader holds does not grow with the file."""
    rows = 3_000 if size < 1_000 else 1_500_000
    table = pa.table({"n": pa.array(range(rows)), "g": pa.array(["a", "b", None] * (rows // 3))})
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=size)
    read = open_rows(tmp_path / "rows.parquet")
    assert read.num_rows == rows
    assert pa.Table.from_batches(read.batches(["n", "g"])).combine_chunks().equals(table)


STRINGS = {
    "string": pa.string(),
    "large_string": pa.large_string(),
    "string_view": pa.string_view(),
    "dictionary": pa.dictionary(pa.int32(), pa.string()),
    "dictionary of few": pa.dictionary(pa.int8(), pa.string()),
    "dictionary of large strings": pa.dictionary(pa.int32(), pa.large_string()),
}


def written_as(words, kind):
    """A column of that type. A dictionary is put together by hand: no conversion makes one of large strings in pyarrow 22."""
    if not pa.types.is_dictionary(kind):
        return pa.array(words, kind)
    encoded = pa.array(words).dictionary_encode()
    return pa.DictionaryArray.from_arrays(
        encoded.indices.cast(kind.index_type), encoded.dictionary.cast(kind.value_type)
    )


@pytest.mark.parametrize("use_dictionary", [True, False])
@pytest.mark.parametrize("kind", STRINGS)
def test_however_strings_were_written_their_codes_mean_the_same(tmp_path, kind, use_dictionary):
    words = ["b", "a", None, "", "a"] * 100
    pq.write_table(
        pa.table({"g": written_as(words, STRINGS[kind])}),
        tmp_path / "rows.parquet",
        use_dictionary=use_dictionary,
        row_group_size=70,
    )
    read = [
        word
        for batch in open_rows(tmp_path / "rows.parquet").coded(["g"], ["g"])
        for word in batch.column("g").cast(pa.string()).to_pylist()
    ]
    assert read == words
