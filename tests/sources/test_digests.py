"""Files that are there and whole, and digests that anybody can recompute."""

import hashlib
import os
import subprocess

import pytest
from tests.sources.test_files import TABLE, refused, write_csv, write_folder

from cardwright.errors import SourceError
from cardwright.sources import digests
from cardwright.sources.files import open_rows, sha256_of, sha256_of_path


def test_the_digest_is_that_of_the_bytes(tmp_path):
    """The digest of a file is that of its bytes."""
    write_csv(TABLE, tmp_path / "x.csv")
    assert open_rows(tmp_path / "x.csv").sha256 == hashlib.sha256((tmp_path / "x.csv").read_bytes()).hexdigest()


def test_the_digest_of_a_folder_can_be_recomputed_with_sha256sum(tmp_path):
    """The digest of a folder is that of what `sha256sum` prints for its files in order."""
    write_folder(TABLE, tmp_path / "x")
    printed = subprocess.run(
        ["sha256sum", "part-0.parquet", "sub/part-1.parquet"], cwd=tmp_path / "x", capture_output=True, check=True
    ).stdout
    assert open_rows(tmp_path / "x").sha256 == hashlib.sha256(printed).hexdigest()
    (tmp_path / "x" / "_SUCCESS").unlink()
    assert sha256_of_path(tmp_path / "x") == hashlib.sha256(printed).hexdigest()
    assert sha256_of_path(tmp_path / "x" / "part-0.parquet") == sha256_of(tmp_path / "x" / "part-0.parquet")


def test_a_missing_file_names_the_nearest(tmp_path):
    """A file that is not there is an error with the nearest name beside it."""
    (tmp_path / "test.parquet").touch()
    assert refused(tmp_path / "tset.parquet") == 'tset.parquet: there is no such file. Did you mean "test.parquet"?'
    assert "There is no folder" in refused(tmp_path / "nowhere" / "x.csv")


def test_an_empty_file_is_refused(tmp_path):
    """A file of no bytes is refused, whatever its ending."""
    for name in ("x.csv", "x.parquet", "x.jsonl", "x.arrow"):
        (tmp_path / name).touch()
        assert "the file is empty (0 bytes)" in refused(tmp_path / name)


def test_the_digest_of_an_empty_list_of_files_is_that_of_nothing(tmp_path):
    assert digests.folder_digest(tmp_path, [], []) == hashlib.sha256(b"").hexdigest()


def test_a_renamed_file_of_a_folder_is_another_folder(tmp_path):
    (tmp_path / "a.csv").write_text("x")
    before = digests.sha256_of_path(tmp_path)
    (tmp_path / "a.csv").rename(tmp_path / "b.csv")
    assert digests.sha256_of_path(tmp_path) != before
    assert digests.folder_files(tmp_path) == ["b.csv"]


def test_a_file_larger_than_a_block_is_hashed_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(digests, "HASH_BLOCK", 7)
    (tmp_path / "x").write_bytes(bytes(range(100)))
    assert digests.sha256_of(tmp_path / "x") == hashlib.sha256(bytes(range(100))).hexdigest()


def test_a_folder_has_files_and_a_file_a_digest(tmp_path):
    (tmp_path / "x").write_bytes(b"1")
    assert digests.sha256_at(tmp_path, "folder") is None
    assert digests.folder_files(tmp_path / "x") is None
    assert digests.sha256_at(tmp_path / "x", "x") == hashlib.sha256(b"1").hexdigest()


@pytest.mark.parametrize(("name", "says"), [("fifo", "not a regular file"), ("none/x.csv", "There is no folder")])
def test_what_is_no_file_is_refused(tmp_path, name, says):
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(SourceError, match=says):
        digests.require_file(tmp_path / name, name)


def test_a_hidden_file_is_not_proposed(tmp_path):
    (tmp_path / ".secrt.csv").write_text("x")
    with pytest.raises(SourceError) as stopped:
        digests.require_file(tmp_path / "secret.csv", "secret.csv")
    assert "secrt" not in str(stopped.value)


def test_a_stamp_changes_with_the_file_and_with_its_end(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"1")
    before = digests.stamps([path])
    assert digests.stamps([path]) == before
    path.write_bytes(b"22")
    changed = digests.stamps([path])
    path.unlink()
    assert len({before, changed, digests.stamps([path])}) == 3
