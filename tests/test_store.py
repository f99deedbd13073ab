"""A dossier is the old one or the new one, never half of one."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cardwright import store
from cardwright.errors import IntegrityError, SourceError, StoreError


def dossier(**files: bytes) -> dict[str, bytes]:
    named = {name.replace("__", "."): data for name, data in files.items()}
    return {**named, store.MANIFEST: store.to_json(store.manifest_of(named))}


def test_what_was_written_is_read_back(tmp_path):
    files = dossier(record__json=b"{}", a__md=b"# a")
    store.write_dossier(tmp_path / "out", files)
    assert store.read_dossier(tmp_path / "out") == files


def test_a_second_dossier_replaces_the_first_as_a_whole(tmp_path):
    store.write_dossier(tmp_path / "out", dossier(a__md=b"1", b__md=b"1"))
    store.write_dossier(tmp_path / "out", dossier(a__md=b"2"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.md", "manifest.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_files_that_are_no_dossier_are_not_overwritten(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(StoreError, match="not a dossier"):
        store.write_dossier(tmp_path, dossier(a__md=b"1"))
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_signed_dossier_is_not_overwritten(tmp_path):
    store.write_dossier(tmp_path / "out", {**dossier(a__md=b"1"), store.CLAIMS: b"{}\n"})
    with pytest.raises(StoreError, match="signed"):
        store.write_dossier(tmp_path / "out", dossier(a__md=b"2"))
    assert (tmp_path / "out" / "a.md").read_bytes() == b"1"


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x"])
def test_a_path_never_leaves_the_dossier(tmp_path, name):
    with pytest.raises(StoreError):
        store.write_dossier(tmp_path / "out", {name: b"1"})


def test_a_changed_file_is_named(tmp_path):
    store.write_dossier(tmp_path / "out", dossier(a__md=b"1"))
    (tmp_path / "out" / "a.md").write_bytes(b"2")
    with pytest.raises(IntegrityError, match=r"a\.md"):
        store.read_dossier(tmp_path / "out")


@pytest.mark.parametrize("how", ["delete", "add", "link", "manifest"])
def test_every_other_change_of_a_dossier_is_seen(tmp_path, how):
    out = tmp_path / "out"
    store.write_dossier(out, dossier(a__md=b"1"))
    if how == "delete":
        (out / "a.md").unlink()
    elif how == "add":
        (out / "b.md").write_bytes(b"1")
    elif how == "link":
        (out / "b.md").symlink_to(out / "a.md")
    else:
        (out / store.MANIFEST).write_bytes((out / store.MANIFEST).read_bytes() + b"\n")
    with pytest.raises(IntegrityError):
        store.read_dossier(out)


def test_a_folder_that_is_not_there_is_said_with_the_nearest(tmp_path):
    (tmp_path / "mortgage").mkdir()
    with pytest.raises(SourceError, match='"mortgage"'):
        store.read_dossier(tmp_path / "mortgag")


def test_a_swap_that_was_cut_off_is_undone(tmp_path):
    """As a crash between the two renames leaves it: the old folder aside, the journal beside."""
    out = tmp_path / "out"
    files = dossier(a__md=b"old")
    store.write_dossier(out, files)
    out.rename(tmp_path / ".out.old")
    (tmp_path / ".out.swap").write_text("{}")
    assert store.read_dossier(out) == files
    assert not (tmp_path / ".out.swap").exists()


def test_a_second_writer_is_refused_while_the_first_writes(tmp_path):
    with store.locked(tmp_path / "out"), pytest.raises(StoreError, match="another process"):
        store.write_dossier(tmp_path / "out", dossier(a__md=b"1"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said_and_leaves_the_former_dossier(tmp_path):
    """A limit on the size of files stands in for the full disk: writing fails in the middle, as it would."""
    out = tmp_path / "out"
    files = dossier(a__md=b"old")
    store.write_dossier(out, files)
    script = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
from pathlib import Path
from cardwright import store
from cardwright.errors import StoreError
files = {{"a.md": b"x" * 5000}}
try:
    store.write_dossier(Path({str(out)!r}), {{**files, store.MANIFEST: store.to_json(store.manifest_of(files))}})
except StoreError as exc:
    print(exc)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "nothing was changed" in done.stdout
    assert store.read_dossier(out) == files
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_no_space_is_named_as_such(tmp_path):
    error = store._unwritten(tmp_path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert "no space left" in str(error)
