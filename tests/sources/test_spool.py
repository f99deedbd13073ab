"""A file of another format is written as Parquet as it is read here."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support import list_rows

from cardwright.errors import SourceError
from cardwright.sources.files import open_rows
from cardwright.sources.spool import spool


def test_types_and_missing_values_are_those_of_the_whole_file(tmp_path):
    (tmp_path / "t.csv").write_text('code,n,w\n007,1,""\n8,,NA\n')
    rows = open_rows(tmp_path / "t.csv")
    found = open_rows(spool(rows, tmp_path, "t.csv"))
    assert pa.Table.from_batches(found.batches()) == pa.Table.from_batches(rows.batches())
    assert found.schema.types == [pa.string(), pa.int64(), pa.string()]


def test_each_is_a_file_of_its_own(tmp_path):
    rows = list_rows({"a": [1, 2]})
    assert spool(rows, tmp_path, "x") != spool(rows, tmp_path, "x")
    assert pq.read_metadata(next(tmp_path.iterdir())).num_rows == 2


def test_a_type_that_parquet_does_not_have_is_refused(tmp_path):
    rows = list_rows(pa.table({"a": pa.array([(1, 2, 3)], pa.month_day_nano_interval())}))
    with pytest.raises(SourceError, match="a type that Parquet does not have"):
        spool(rows, tmp_path, "x.arrow")
