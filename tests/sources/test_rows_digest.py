"""The digest of rows in no order: the same for the same rows from anywhere, another for any other rows."""

import random

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from cardwright.errors import SourceError
from cardwright.sources.files import open_rows
from cardwright.sources.rows_digest import RowsDigest, digest_of_batch, rows_sha256

CELLS = {
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.float64(): st.floats(allow_nan=False),
    pa.string(): st.text(max_size=4),
    pa.binary(): st.binary(max_size=4),
    pa.bool_(): st.booleans(),
    pa.timestamp("us", "UTC"): st.integers(-(2**50), 2**50),
    pa.timestamp("ms"): st.integers(-(2**50), 2**50),
    pa.date32(): st.integers(-50_000, 50_000),
    pa.time64("ns"): st.integers(0, 86_399_999_999_999),
}


@st.composite
def tables(draw):
    rows = draw(st.integers(1, 8))
    kinds = draw(st.lists(st.sampled_from(list(CELLS)), min_size=1, max_size=4))
    made = {
        f"c{place}": pa.array(draw(st.lists(st.none() | CELLS[kind], min_size=rows, max_size=rows)), kind)
        for place, kind in enumerate(kinds)
    }
    return pa.record_batch(made)


def digest(batch):
    return digest_of_batch(batch).sha256(batch.schema.names)


def of(**cells):
    return digest(
        pa.record_batch({name: cell if isinstance(cell, pa.Array) else pa.array(cell) for name, cell in cells.items()})
    )


@given(tables(), st.randoms(use_true_random=False), st.integers(0, 8))
def test_neither_the_order_of_rows_and_columns_nor_the_cuts_between_batches_matter(batch, rng, cut):
    order, names = list(range(batch.num_rows)), batch.schema.names
    rng.shuffle(order)
    rng.shuffle(names)
    other = batch.take(pa.array(order)).select(names)
    parts = digest_of_batch(other.slice(cut)) + digest_of_batch(other.slice(0, cut))
    assert parts.sha256(names) == digest(batch)


@given(tables(), st.data())
def test_another_value_in_any_cell_is_another_digest(batch, data):
    row = data.draw(st.integers(0, batch.num_rows - 1))
    place = data.draw(st.integers(0, batch.num_columns - 1))
    cells = batch.column(place).cast(
        pa.int64()
        if pa.types.is_temporal(batch.column(place).type) and batch.column(place).type.bit_width == 64
        else batch.column(place).type
    )
    other = data.draw(st.none() | CELLS[batch.column(place).type])
    changed = pa.array([*cells[:row], pa.scalar(other, cells.type), *cells[row + 1 :]], cells.type).cast(
        batch.column(place).type
    )
    made = batch.set_column(place, batch.schema.names[place], changed)
    assert (digest(made) == digest(batch)) == changed.equals(batch.column(place))


def test_the_same_rows_have_one_digest_in_every_format_and_in_any_order(tmp_path):
    rows = [(n, n / 7, None if n % 5 == 0 else f"é{n}", bool(n % 2)) for n in range(5000)]

    def written(ordered):
        names, cells = ("n", "x", "s", "b"), zip(*ordered, strict=True)
        return pa.table(dict(zip(names, map(list, cells), strict=True)))

    pq.write_table(written(rows), tmp_path / "a.parquet", row_group_size=700)
    shuffled = random.Random(7).sample(rows, len(rows))
    csv.write_csv(written(shuffled).select(["s", "b", "x", "n"]), tmp_path / "b.csv")
    with pa.OSFile(str(tmp_path / "c.arrow"), "wb") as sink, pa.ipc.new_file(sink, written(rows[::-1]).schema) as out:
        out.write_table(written(rows[::-1]), max_chunksize=333)
    pq.write_table(written([*rows[:-1], rows[0]]), tmp_path / "d.parquet")
    found = [rows_sha256(open_rows(tmp_path / name)) for name in ("a.parquet", "b.csv", "c.arrow", "d.parquet")]
    assert found[0] == found[1] == found[2] != found[3]


@pytest.mark.parametrize(
    ("one", "same"),
    [
        (pa.array([1, None], pa.int16()), pa.array([1.0, None])),
        (pa.array([1, 2], pa.uint64()), pa.array([1, 2], pa.int8())),
        (pa.array(["1.00", "2.5"]).cast(pa.decimal128(9, 2)), pa.array([1.0, 2.5])),
        (pa.array([0.0]), pa.array([-0.0])),
        (pa.array(["a", "a"]).dictionary_encode(), pa.array(["a", "a"], pa.large_string())),
        (pa.nulls(2), pa.nulls(2, pa.float64())),
        (pa.array([5], pa.timestamp("s", "UTC")), pa.array([5_000_000_000], pa.timestamp("ns", "Europe/Berlin"))),
        (pa.array([-1], pa.timestamp("ms")), pa.array([-1_000_000], pa.timestamp("ns"))),
        (pa.array([3], pa.time32("s")), pa.array([3_000_000], pa.time64("us"))),
        (pa.array([86_400_000], pa.date64()), pa.array([1], pa.date32())),
    ],
)
def test_a_value_is_one_value_in_every_type_that_it_is_read_in(one, same):
    assert of(c=one) == of(c=same)


def test_what_only_looks_alike_is_another_value():
    alike = [
        of(c=pa.nulls(1, pa.string())), of(c=[""]), of(c=[float("nan")]), of(c=["1"]), of(c=[1]), of(c=[True]), of(c=[b"1"]),
        of(c=[1, 1]), of(d=[1]), of(c=pa.array([1], pa.timestamp("us"))), of(c=pa.array([1], pa.timestamp("us", "UTC"))),
        of(c=["a"], d=["bc"]), of(c=["ab"], d=["c"]), of(c=[2**53 + 1]), of(c=[2.0**53]), of(c=pa.array([2**64 - 1], pa.uint64())),
        of(c=[-1]),
    ]  # fmt: skip
    assert len(set(alike)) == len(alike)


def test_the_digest_stays_what_it_was_since_records_hold_it():
    assert of(n=[1, None], s=["a", "é"]) == "19decface6ef7860bd7c5ac25d6c4702133ceff1c244f3303be96a8356aeb7f2"


def test_a_column_of_lists_is_refused_with_what_to_do():
    with pytest.raises(SourceError, match="of which no digest is taken") as refused:
        of(c=[[1, 2]])
    assert "columns of their own" in str(refused.value)


def test_digests_add_up_like_numbers():
    parts = [digest_of_batch(pa.record_batch({"n": [n]})) for n in range(3)]
    assert (parts[0] + parts[1]) + parts[2] == parts[2] + (parts[1] + parts[0])
    assert parts[0] + RowsDigest(0, bytes(2048)) == parts[0]
