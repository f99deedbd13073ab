"""Plain types and bounded batches, whatever a format holds."""

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.test_files import refused, rows_of

from cardwright.errors import SourceError
from cardwright.sources import shape
from cardwright.sources.files import open_rows


def test_batches_are_bounded(tmp_path):
    """No batch has more rows than the bound, however the file was written."""
    table = pa.table({"n": range(300_000)})
    feather.write_feather(table, tmp_path / "x.feather", chunksize=300_000)
    pq.write_table(table, tmp_path / "x.parquet")
    pacsv.write_csv(table, tmp_path / "x.csv")
    for name in ("x.feather", "x.parquet", "x.csv"):
        sizes = [batch.num_rows for batch in open_rows(tmp_path / name).batches()]
        assert sum(sizes) == 300_000
        assert max(sizes) <= 131_072


def test_decimals_are_numbers(tmp_path):
    """Decimals of a database are read as doubles, as the same numbers in CSV are."""
    pq.write_table(pa.table({"n": pa.array([1, 2], pa.decimal128(5, 2))}), tmp_path / "x.parquet")
    assert rows_of(open_rows(tmp_path / "x.parquet")).to_pydict() == {"n": [1.0, 2.0]}


def test_two_columns_of_one_name_are_refused(tmp_path):
    """Two columns of the same name are refused: nobody could say which is meant."""
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    pq.write_table(table, tmp_path / "x.parquet")
    (tmp_path / "x.csv").write_text("a,a\n1,2\n")
    for name in ("x.parquet", "x.csv"):
        assert 'columns 1 and 2 have one name: "a"' in refused(tmp_path / name)


@pytest.mark.parametrize(
    ("kind", "plain"),
    [
        (pa.large_string(), pa.string()), (pa.string_view(), pa.string()), (pa.null(), pa.string()),
        (pa.dictionary(pa.int8(), pa.large_string()), pa.string()), (pa.dictionary(pa.int32(), pa.int64()), pa.int64()),
        (pa.large_binary(), pa.binary()), (pa.decimal128(9, 2), pa.float64()), (pa.float16(), pa.float32()),
        (pa.int8(), pa.int8()), (pa.bool_(), pa.bool_()), (pa.list_(pa.string()), pa.list_(pa.string())),
        (pa.uuid(), pa.binary(16)), (pa.timestamp("us"), pa.timestamp("us")),
    ],
    ids=str,
)  # fmt: skip
def test_a_type_is_handed_out_plainly_and_a_plain_one_stays(kind, plain):
    assert shape.plain_type(kind) == plain
    assert shape.plain_type(plain) == plain


@given(st.integers(0, 700), st.integers(1, 90))
def test_batches_are_cut_evenly_and_no_row_is_lost(rows, most):
    batch = pa.RecordBatch.from_pydict({"n": pa.array(range(rows), pa.int64())})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shape, "BATCH_ROWS", most)
        pieces = [*shape.bounded(batch)]
    assert [n for piece in pieces for n in piece.column("n").to_pylist()] == [*range(rows)]
    assert all(0 < piece.num_rows <= most for piece in pieces)


def test_long_texts_come_in_small_batches(monkeypatch):
    monkeypatch.setattr(shape, "BATCH_BYTES", 1_000)
    batch = pa.RecordBatch.from_pydict({"t": ["x" * 500] * 8})
    assert max(piece.num_rows for piece in shape.bounded(batch)) <= 2


def test_more_columns_than_a_table_has_are_refused():
    names = [f"c{n}" for n in range(shape.MAX_COLUMNS + 1)]
    with pytest.raises(SourceError, match="there are 20001 columns, and at most 20000 are read"):
        shape.plain_schema(pa.schema([pa.field(name, pa.int8()) for name in names]), "x.csv")
    with pytest.raises(SourceError, match="there are no columns"):
        shape.plain_schema(pa.schema([]), "x.csv")


def test_a_column_that_is_not_there_is_refused_and_the_nearest_named():
    shape.require_columns(["income", "age"], ["age"], "x.csv")
    shape.require_columns([], [], "x.csv")
    with pytest.raises(SourceError, match=r'^x.csv: there is no column "incme"\. Did you mean "income"\?'):
        shape.require_columns(["income", "age"], ["age", "incme"], "x.csv")


def test_strings_stay_in_codes_only_where_codes_are_asked_for():
    schema = shape.plain_schema(pa.schema([pa.field("g", pa.dictionary(pa.int32(), pa.string()))]), "x")
    batch = pa.RecordBatch.from_pydict({"g": pa.array(["a", None, "a"]).dictionary_encode()})
    assert shape.as_plain(batch, schema).column("g").type == pa.string()
    coded = shape.as_plain(batch, schema, frozenset({"g"})).column("g")
    assert pa.types.is_dictionary(coded.type)
    assert coded.to_pylist() == ["a", None, "a"]


def test_a_schema_as_a_record_states_it_has_names_and_types_of_all_columns():
    schema = pa.schema([pa.field("n", pa.int64()), pa.field("t", pa.string())])
    assert [(column.name, column.type) for column in shape.columns_of(schema)] == [("n", "int64"), ("t", "string")]


def test_every_name_that_repeats_is_told_with_its_columns(tmp_path):
    """A file of several repeated names is mended at once, not name by name."""
    (tmp_path / "x.csv").write_text("a,b,a,c,b,a\n1,2,3,4,5,6\n")
    assert 'columns 1, 3 and 6 have one name: "a"; 2 and 5 have one name: "b"' in refused(tmp_path / "x.csv")
    names = [f"n{n}" for n in [*range(20), *range(20)]]
    (tmp_path / "y.csv").write_text(f"{','.join(names)}\n{','.join('1' * 40)}\n")
    assert "and 12 more names" in refused(tmp_path / "y.csv")
