"""A dossier is the old one or the new one, never half of one."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cardwright.dossier import layout, store
from cardwright.errors import IntegrityError, SourceError, StoreError
from cardwright.files import disk


def dossier(**files: bytes) -> dict[str, bytes]:
    named = {name.replace("__", "."): data for name, data in files.items()}
    return {**named, layout.MANIFEST: layout.to_json(layout.manifest_of(named))}


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
    store.write_dossier(tmp_path / "out", {**dossier(a__md=b"1"), layout.CLAIMS: b"{}\n"})
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
        (out / layout.MANIFEST).write_bytes((out / layout.MANIFEST).read_bytes() + b"\n")
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


def test_a_second_writer_is_refused_where_the_first_does_not_end(tmp_path):
    with store.locked(tmp_path / "out"), pytest.raises(StoreError, match="another process"):
        store.write_dossier(tmp_path / "out", dossier(a__md=b"1"), wait=0.1)


WRITER = """
import sys
import time
from pathlib import Path
from cardwright.dossier import layout, store
out, number = Path(sys.argv[1]), 0
def made(number):
    files = {f"{i}.md": str(number).encode() * 2000 for i in range(8)}
    return {**files, layout.MANIFEST: layout.to_json(layout.manifest_of(files))}
print("ready", flush=True)
while True:
    store.write_dossier(out, made(number := number + 1))
"""


@pytest.mark.parametrize("two_steps", [False, True], ids=["exchange", "journal"])
def test_a_kill_at_any_moment_leaves_the_old_dossier_or_the_new(tmp_path, two_steps):
    """A process that writes one dossier after the other is killed, with no chance to tidy up, again and again."""
    out = tmp_path / "out"
    store.write_dossier(out, dossier(a__md=b"first"))
    script = WRITER.replace("out, number", "store._exchange = lambda *_: False\nout, number") if two_steps else WRITER
    for number in range(6):
        child = subprocess.Popen([sys.executable, "-c", script, str(out)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.02 + 0.013 * number)
        child.kill()
        child.wait()
        child.stdout.close()
        files = store.read_dossier(out)
        assert len({data for name, data in files.items() if name != layout.MANIFEST}) == 1
    store.write_dossier(out, dossier(a__md=b"last"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_readers_beside_a_writer_see_whole_dossiers(tmp_path):
    out = tmp_path / "out"
    store.write_dossier(out, dossier(a__md=b"first"))
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(out)], stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        child.stdout.readline()
        seen = set()
        deadline = time.monotonic() + 120
        while len(seen) < 10 and time.monotonic() < deadline:
            try:
                files = store.read_dossier(out)
            except StoreError as exc:  # it was swapped three times while it was read
                assert "keeps writing" in str(exc)
                continue
            contents = {data for name, data in files.items() if name != layout.MANIFEST}
            assert len(contents) == 1
            seen |= contents
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
    assert len(seen) == 10


def test_two_processes_that_amend_one_dossier_lose_nothing(tmp_path):
    """Each adds its lines; who finds the other at work is refused, and comes again."""
    out = tmp_path / "out"
    store.write_dossier(out, dossier(a__md=b"x"))
    script = """
import sys, time
from pathlib import Path
from cardwright.dossier import layout, store
from cardwright.errors import StoreError
out, refused = Path(sys.argv[1]), 0
for number in range(15):
    while True:
        try:
            store.amend(out, lambda files: ({layout.CLAIMS: files.get(layout.CLAIMS, b"") + f"{sys.argv[2]} {number}\\n".encode()}, None))
            break
        except StoreError as exc:
            assert "another process" in str(exc), exc
            time.sleep(0.002)
"""
    both = [subprocess.Popen([sys.executable, "-c", script, str(out), name]) for name in ("a", "b")]
    assert [child.wait() for child in both] == [0, 0]
    lines = store.read_dossier(out)[layout.CLAIMS].decode().splitlines()
    assert sorted(lines) == sorted(f"{name} {number}" for name in ("a", "b") for number in range(15))
    assert [line for line in lines if line[0] == "a"] == [f"a {number}" for number in range(15)]


def test_a_reader_does_not_undo_a_swap_that_another_process_is_in_the_midst_of(tmp_path):
    out = tmp_path / "out"
    store.write_dossier(out, dossier(a__md=b"old"))
    with store.locked(out):
        out.rename(tmp_path / ".out.old")
        (tmp_path / ".out.swap").write_text("{}")
        with pytest.raises(StoreError, match="another process"):
            store.read_dossier(out)
        assert not out.exists()


@pytest.mark.parametrize("path", ["../a.md", "/etc/passwd", "b/../../a.md", "./a.md", "", "a\\b"])
def test_a_manifest_that_leads_out_of_its_folder_is_refused(tmp_path, path):
    out = tmp_path / "out"
    store.write_dossier(out, dossier(a__md=b"x"))
    manifest = (out / layout.MANIFEST).read_bytes()
    (out / layout.MANIFEST).write_bytes(manifest.replace(b'"a.md"', json.dumps(path).encode()))
    with pytest.raises(IntegrityError, match=r"manifest\.json: files\.0\.path"):
        store.read_dossier(out)


@pytest.mark.parametrize("what", ["file", "folder", "nowhere", "the dossier's manifest"])
def test_a_symbolic_link_in_a_dossier_is_refused(tmp_path, what):
    out = tmp_path / "out"
    store.write_dossier(out, dossier(a__md=b"x"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.md").write_bytes(b"x")
    if what == "the dossier's manifest":
        (out / layout.MANIFEST).rename(tmp_path / "elsewhere" / "m")
        (out / layout.MANIFEST).symlink_to(tmp_path / "elsewhere" / "m")
    elif what == "file":
        (out / "a.md").unlink()
        (out / "a.md").symlink_to(tmp_path / "elsewhere" / "a.md")
    else:
        (out / "more").symlink_to(tmp_path / ("elsewhere" if what == "folder" else "nowhere"))
    with pytest.raises(IntegrityError, match="symbolic link"):
        store.read_dossier(out)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_a_dossier_is_refused_and_not_waited_for(tmp_path):
    out = tmp_path / "out"
    store.write_dossier(out, dossier(a__md=b"x"))
    os.mkfifo(out / "more.json")
    with pytest.raises(IntegrityError, match="neither a file nor a folder"):
        store.read_dossier(out)


def test_a_file_larger_than_the_limit_is_not_read(tmp_path):
    out = tmp_path / "out"
    store.write_dossier(out, dossier(a__md=b"x"))
    with (out / "a.md").open("r+b") as file:
        file.truncate(disk.MAX_BYTES + 1)  # sparse: takes no space on the disk
    with pytest.raises(SourceError, match="larger than 256 MB"):
        store.read_dossier(out)


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
from cardwright.dossier import layout, store
from cardwright.errors import StoreError
files = {{"a.md": b"x" * 5000}}
try:
    store.write_dossier(Path({str(out)!r}), {{**files, layout.MANIFEST: layout.to_json(layout.manifest_of(files))}})
except StoreError as exc:
    print(exc)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "nothing was changed" in done.stdout
    assert store.read_dossier(out) == files
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
