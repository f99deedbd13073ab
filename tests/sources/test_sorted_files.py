"""What executors write is the copy that one machine would make: the same rows, in the same order, with the same digest."""

import pyarrow as pa
import pytest

from cardwright.errors import SourceError
from cardwright.sources.files import open_rows
from cardwright.sources.rows_copy import copy_rows
from cardwright.sources.rows_digest import RowsDigest
from cardwright.sources.sorted_files import SortedFile, SortedFiles, chosen_files, readable, room_in, row_keys

ROWS = pa.table({"n": [n % 300 for n in range(1000)], "s": [None if n % 7 == 0 else f"é{n % 5}" for n in range(1000)]})


def whole(rows):
    return pa.Table.from_batches(rows.batches(), rows.schema)


def written(folder, parts, size):
    """The rows as executors write them, each some parts of all keys, in small batches, the last parts first."""
    (batch,) = ROWS.combine_chunks().to_batches()
    keys = row_keys(readable(batch, "t"))
    order = sorted(range(1000), key=lambda at: keys[at].as_py())
    files = []
    for part in reversed(range(parts)):
        mine = [at for at in order if keys[at].as_py()[0] * parts // 256 == part]
        writer = SortedFiles(folder, batch.schema, parts)
        for start in range(0, len(mine), size):
            some = pa.array(mine[start : start + size])
            files += writer.write(batch.take(some), keys.take(some))
        files += writer.close()
    return files


@pytest.mark.parametrize(("parts", "size"), [(1, 1000), (4, 7), (256, 100)])
def test_they_are_the_rows_of_a_copy_in_its_order(tmp_path, parts, size):
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    here = copy_rows(ROWS.to_batches(), tmp_path / "here", "t")
    files = written(tmp_path / "there", parts, size)
    there = open_rows(chosen_files(tmp_path / "there", files, "t"), where="t")
    assert whole(there) == whole(here)
    assert sum((file.digest for file in files), RowsDigest.of_none()).sha256(["n", "s"]) == here.sha256


def test_only_the_files_that_count_are_read(tmp_path):
    files = written(tmp_path, 4, 100)
    (tmp_path / "00-straggler.parquet").write_bytes(b"PAR1")
    assert {file.name for file in chosen_files(tmp_path, files, "t").iterdir()} == {file.name for file in files}


def test_files_that_this_process_does_not_see_are_refused(tmp_path):
    one = SortedFile("00-a.parquet", 0, RowsDigest.of_none())
    with pytest.raises(SourceError, match=r"where this process does not see them.*TMPDIR"):
        chosen_files(tmp_path, [one], "q.sql")
    with pytest.raises(SourceError, match="two executors wrote one part"):
        chosen_files(tmp_path, [one, one._replace(name="00-b.parquet")], "q.sql")


def test_lists_and_structures_are_json_text_and_a_column_of_nothing_is_text():
    given = pa.RecordBatch.from_pydict({"l": [[1, 2], None], "s": [{"b": "é", "a": 1}, None], "n": pa.nulls(2)})
    assert readable(given, "t").to_pydict() == {
        "l": ["[1, 2]", None],
        "s": ['{"a": 1, "b": "é"}', None],
        "n": [None, None],
    }


def test_each_query_has_a_room_of_its_own(tmp_path):
    assert room_in(tmp_path) != room_in(tmp_path)
