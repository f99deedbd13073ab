"""A log's folder keeps whole files, takes one writer at a time, and is what its tiles say when it is read again."""

import pytest

from cardwright.dossier.log_folder import LogFolder
from cardwright.errors import SourceError, StoreError


def test_a_file_is_read_as_it_was_written(tmp_path):
    files = LogFolder(tmp_path / "log")
    with files.locked():
        files.write("tile/0/x001/000.p/3", b"abc")
    assert files.read("tile/0/x001/000.p/3") == b"abc"
    assert files.read("tile/0/x001/000") is None


def test_a_file_is_removed_and_one_that_is_not_there_is_no_error(tmp_path):
    files = LogFolder(tmp_path)
    files.write("a", b"1")
    files.remove("a")
    files.remove("a")
    assert files.read("a") is None


def test_a_file_that_is_larger_than_a_log_s_can_be_is_refused(tmp_path):
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(256 * (2**16 + 1) + 1)
    with pytest.raises(SourceError, match="larger"):
        LogFolder(tmp_path).read("huge")


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be"), LogFolder(tmp_path / "file" / "log").locked():
        pass
