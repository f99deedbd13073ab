"""What spills to the disk is for nobody else, and gone afterwards."""

import stat

import pytest

from cardwright.sources.scratch import handed_on, kept, remove, remove_with, scratch


def test_the_folder_is_its_owners_alone_and_gone_with_what_is_in_it(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch() as folder:
        assert folder.parent == tmp_path
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "rows").mkdir()
        (folder / "rows" / "part").write_text("a")
    assert not folder.exists()


def test_it_is_gone_after_an_error_too():
    with pytest.raises(ZeroDivisionError), scratch() as folder:
        (folder / "part").write_text("a")
        raise ZeroDivisionError
    assert not folder.exists()


def test_two_at_once_are_two_folders():
    with scratch() as one, scratch() as other:
        assert one != other


class Owner:
    """Whoever reads what is in a folder."""


def test_a_kept_folder_goes_with_whoever_reads_it(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder, other, owner = kept(), kept(), Owner()
    (folder / "part").write_text("a")
    remove_with(owner, folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / "part").exists()
    del owner
    remove(other)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_handed_on_stays_until_its_owner_goes_and_is_gone_after_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with handed_on() as folder:
        (folder / "part").write_text("a")
    assert (folder / "part").exists()
    remove(folder)
    with pytest.raises(ZeroDivisionError), handed_on() as folder:
        (folder / "part").write_text("a")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
