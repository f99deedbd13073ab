"""A bucket is brought up to date as a folder: what is new, changed or gone, and nothing whose name leads elsewhere."""

import pytest

from cardwright.errors import SourceError, UsageError
from cardwright.sources.mirrored_places import Mirror, checked_place, emptied, mirrored

fsspec = pytest.importorskip("fsspec", reason="object stores are read through fsspec, of the extra s3")

PLACE = "memory://inbox"


@pytest.fixture
def store():
    """An object store in memory, which takes any name."""
    made = fsspec.filesystem("memory")
    made.store.clear()
    made.pseudo_dirs[:] = [""]
    yield made
    made.store.clear()
    made.pseudo_dirs[:] = [""]


def look(folder, before=None, **more):
    return mirrored(PLACE, folder, before or Mirror(), **{"largest": 100, "whole": 1000, **more})


def files(folder):
    return {one.relative_to(folder).as_posix(): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def test_what_is_new_or_changed_is_fetched_what_is_gone_is_removed_and_the_rest_is_left(store, tmp_path):
    store.pipe("/inbox/a/manifest.json", b"{}")
    store.pipe("/inbox/a/record.json", b"1")
    first = look(tmp_path)
    assert files(tmp_path) == {"a/manifest.json": b"{}", "a/record.json": b"1"}
    at = (tmp_path / "a" / "manifest.json").stat().st_mtime_ns
    store.pipe("/inbox/a/record.json", b"22")
    store.pipe("/inbox/b/manifest.json", b"[]")
    second = look(tmp_path, first)
    assert files(tmp_path) == {"a/manifest.json": b"{}", "a/record.json": b"22", "b/manifest.json": b"[]"}
    assert (tmp_path / "a" / "manifest.json").stat().st_mtime_ns == at
    store.rm("/inbox/a/record.json")
    assert set(look(tmp_path, second).seen) == {"a/manifest.json", "b/manifest.json"}
    assert set(files(tmp_path)) == {"a/manifest.json", "b/manifest.json"}
    assert files(emptied(tmp_path)) == {}


def test_what_is_too_large_or_too_much_together_is_left_out_and_told(store, tmp_path):
    store.pipe("/inbox/a/big", b"x" * 101)
    store.pipe("/inbox/a/one", b"x" * 90)
    store.pipe("/inbox/b/two", b"x" * 90)
    found = look(tmp_path, whole=300)
    assert found.left_out == ("'a/big': it is larger than what is taken",)
    found = look(tmp_path, found, whole=150)
    assert found.left_out[1] == "'b/two': together they are larger than what is taken"
    assert set(files(tmp_path)) == {"a/one"}


def test_an_empty_place_is_told_since_it_may_be_a_name_misspelt(store, tmp_path):
    assert look(tmp_path).left_out == ("nothing is there: check the bucket and the folder if something should be",)


@pytest.mark.parametrize("word", ["http://x/y", "s3://", "folder", "file:///etc", "s3://user:secret@bucket/x"])
def test_what_is_no_bucket_is_refused_without_its_secret(word):
    with pytest.raises(UsageError) as refused:
        checked_place(word)
    assert "secret" not in str(refused.value)


def test_attack_an_object_whose_name_leads_out_of_the_folder_is_left_out_and_the_others_are_not(
    store, tmp_path, monkeypatch
):
    from cardwright.sources import remote_files

    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    store.pipe("/inbox/a/one", b"1")
    listed = remote_files._Store.listed

    def hostile(self, place, path):
        (one,) = listed(self, place, path)
        for name in ("../out", "a/../../out", "/etc/cron.d/x", "a\\..\\x", "a/one"):
            yield type(one)(one.key, name, one.size, one.etag, one.version)

    monkeypatch.setattr(remote_files._Store, "listed", hostile)
    found = look(inside)
    assert set(files(inside)) == {"a/one"}
    assert not outside.exists()
    assert len(found.left_out) == 4
    with pytest.raises(SourceError, match="leads out of its folder"):
        remote_files.fetch("memory://inbox", "a", inside, name="test")
