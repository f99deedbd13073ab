"""Contents are kept once, by digest, and compared with it whenever they are read."""

import pytest

from cardwright.desk.objects import ContentStore, state_of
from cardwright.errors import IntegrityError, SourceError
from cardwright.record import canonical


def test_contents_are_kept_once_and_given_back(tmp_path):
    store = ContentStore(tmp_path)
    digest = store.put(b"abc")
    assert digest == canonical.digest(b"abc") == store.put(b"abc")
    assert store.get(digest) == b"abc"
    assert store.files({"a/b": digest}) == {"a/b": b"abc"}
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_contents_that_were_changed_or_lost_are_told(tmp_path):
    store = ContentStore(tmp_path)
    digest = store.put(b"abc")
    (tmp_path / digest[:2] / digest).write_bytes(b"abd")
    with pytest.raises(IntegrityError, match="not that of its digest"):
        store.get(digest)
    with pytest.raises(SourceError, match="missing"):
        store.get("0" * 64)


def test_a_state_is_its_files_in_any_order():
    assert state_of({"a": "1", "b": "2"}) == state_of({"b": "2", "a": "1"})
    assert state_of({"a": "1"}) != state_of({"a": "2"})
