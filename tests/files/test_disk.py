"""Reading and writing single files: bounded, and an error says what to do."""

import errno
import os

from cardwright.files import disk


def test_bytes_as_a_file_are_those_bytes_with_and_without_a_disk(monkeypatch):
    with disk.as_file(b"abc") as file:
        assert file.read() == b"abc"
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    with disk.as_file(b"abc") as file:
        assert file.read() == b"abc"


def test_no_space_is_named_as_such(tmp_path):
    error = disk._unwritten(tmp_path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert "no space left" in str(error)
