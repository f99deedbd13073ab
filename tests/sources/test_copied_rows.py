"""A table of a lake is opened at one version, and never as a folder of files; the rest: tests/integrations/spark."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cardwright.errors import SourceError
from cardwright.sources.copied_rows import open_any
from cardwright.sources.files import open_rows


def test_a_file_is_opened_as_it_is(tmp_path):
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "a.parquet")
    assert open_any(tmp_path / "a.parquet", where="a").sha256 == open_rows(tmp_path / "a.parquet").sha256


def test_what_is_no_table_has_no_versions(tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    with pytest.raises(SourceError, match="this has no versions"):
        open_any(tmp_path / "a.parquet", where="a.parquet", version="1")


def test_a_table_of_a_lake_is_never_read_as_a_folder_of_files(tmp_path):
    (tmp_path / "_delta_log").mkdir()
    pq.write_table(pa.table({"deleted": [1]}), tmp_path / "a.parquet")
    with pytest.raises(SourceError, match="whose files are not all part of it"):
        open_rows(tmp_path, where="loans")


def test_a_query_is_refused_without_an_engine_in_words(tmp_path):
    (tmp_path / "q.sql").write_text("SELECT 1")
    with pytest.raises(SourceError, match=r"this is a query, and only Spark runs it.*--engine"):
        open_any(tmp_path / "q.sql", where="q.sql")
