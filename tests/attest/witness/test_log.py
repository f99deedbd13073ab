"""The log on the disk never forks: not by appends at once, and not by a process that is killed at any moment of one."""

import contextlib
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cardwright.attest.witness import log, merkle, notes
from cardwright.dossier.log_folder import LogFolder
from cardwright.errors import IntegrityError, NothingToCheckError, UsageError

KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAME = "log.example.org"
PUBLIC = notes.key_of(NAME, KEY.public_key(), where="key")


class Killed(BaseException):
    """The process ended here."""


class Memory:
    """Files in memory, whose writer can be killed before or after any of its writes."""

    def __init__(self):
        self.files = {}
        self.left = None

    def read(self, name):
        return self.files.get(name)

    def write(self, name, data):
        if self.left is not None:
            if self.left == 0:
                raise Killed
            self.left -= 1
        self.files[name] = data

    def remove(self, name):
        self.files.pop(name, None)

    def locked(self):
        return contextlib.nullcontext()


def made(entries=()):
    files = Memory()
    log.create(files, KEY, NAME)
    if entries:
        log.append(files, KEY, NAME, entries)
    return files


def numbered(count, start=0):
    return [b"entry %d" % n for n in range(start, start + count)]


def root_of(entries):
    return merkle.root(merkle.of_leaves([merkle.leaf(one) for one in entries]), len(entries))


@pytest.mark.parametrize("sizes", [(1,), (255, 1), (256, 1), (257,), (1, 255, 1, 300), (600, 212, 1)])
def test_a_log_has_the_tree_of_its_entries_however_they_were_added(sizes):
    files, whole = made(), []
    for size in sizes:
        more = numbered(size, len(whole))
        head, places = log.append(files, KEY, NAME, more)
        assert [*places] == [*range(len(whole), len(whole) + size)]
        whole += more
        assert head.checkpoint == notes.Checkpoint(NAME, len(whole), root_of(whole))
    tree = log.Tree(files, len(whole))
    assert [*tree.entries(0, len(whole))] == whole
    for index in (0, len(whole) // 2, len(whole) - 1):
        path = merkle.inclusion(log.Tree(files, len(whole)).node, index, len(whole))
        assert merkle.includes(head.checkpoint.root, len(whole), index, merkle.leaf(whole[index]), path)


def test_a_tree_of_two_levels_of_tiles_gives_proofs():
    size = 256 * 256 + 300
    files = made()
    whole = [n.to_bytes(3, "big") for n in range(size)]
    head, _ = log.append(files, KEY, NAME, whole)
    assert {"tile/0/000", "tile/0/x001", "tile/1/000", "tile/2/000.p/1", "tile/1/001.p/1"} & files.files.keys() == {
        "tile/0/000", "tile/1/000", "tile/2/000.p/1", "tile/1/001.p/1",
    }  # fmt: skip
    node = log.Tree(files, size).node
    for old in (1, 255, 256, 65_536, 65_537, size):
        before = merkle.root(node, old)
        assert merkle.extends(head.checkpoint.root, size, before, old, merkle.consistency(node, old, size))


def test_an_older_size_is_still_read_when_its_partial_files_are_gone():
    files = made(numbered(200))
    log.append(files, KEY, NAME, numbered(100, 200))
    assert "tile/0/000.p/200" not in files.files
    assert log.Tree(files, 200).root == root_of(numbered(200))
    assert [*log.Tree(files, 200).entries(190, 200)] == numbered(10, 190)


class Log(RuleBasedStateMachine):
    """Appends of any size, each possibly killed after any number of writes, and what was once published."""

    def __init__(self):
        super().__init__()
        self.files = made()
        self.entries = []
        self.published = []

    def _publish(self):
        head = log.head(self.files, PUBLIC)
        if head.checkpoint not in self.published:
            self.published.append(head.checkpoint)
        return head.checkpoint

    @rule(count=st.integers(0, 300))
    def append(self, count):
        more = numbered(count, len(self.entries))
        log.append(self.files, KEY, NAME, more)
        self.entries += more

    @rule(count=st.integers(1, 300), left=st.integers(0, 8), other=st.booleans())
    def killed(self, count, left, other):
        more = [b"other " + one for one in numbered(count)] if other else numbered(count, len(self.entries))
        self.files.left = left
        try:
            log.append(self.files, KEY, NAME, more)
            self.entries += more
        except Killed:
            committed = log.head(self.files, PUBLIC).checkpoint.size
            assert committed in (len(self.entries), len(self.entries) + count)
            self.entries += more if committed > len(self.entries) else []
        self.files.left = None

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def prove(self, data):
        index = data.draw(st.integers(0, len(self.entries) - 1))
        size = len(self.entries)
        path = merkle.inclusion(log.Tree(self.files, size).node, index, size)
        assert merkle.includes(self._publish().root, size, index, merkle.leaf(self.entries[index]), path)

    @invariant()
    def everything_that_was_published_is_the_beginning_of_what_is_there(self):
        now = self._publish()
        assert now == notes.Checkpoint(NAME, len(self.entries), root_of(self.entries))
        for then in self.published:
            path = merkle.consistency(log.Tree(self.files, now.size).node, then.size, now.size)
            assert merkle.extends(now.root, now.size, then.root, then.size, path)


TestLog = Log.TestCase
TestLog.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)


def test_appends_at_once_take_turns_and_lose_nothing(tmp_path):
    files = LogFolder(tmp_path / "log")
    log.create(files, KEY, NAME)
    places = []

    def add(worker):
        for n in range(4):
            _, at = log.append(files, KEY, NAME, [b"%d of %d" % (n, worker)])
            places.append((at[0], b"%d of %d" % (n, worker)))

    threads = [threading.Thread(target=add, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tree = log.Tree(files, 16)
    assert [*tree.entries(0, 16)] == [entry for _, entry in sorted(places)]
    assert log.head(files, PUBLIC).checkpoint == notes.Checkpoint(NAME, 16, tree.root)


def test_nothing_is_added_to_a_log_whose_tiles_are_not_those_of_its_checkpoint():
    files = made(numbered(3))
    files.files["tile/0/000.p/3"] = files.files["tile/0/000.p/3"][:-1] + b"?"
    with pytest.raises(IntegrityError, match="not the one that its checkpoint tells of"):
        log.append(files, KEY, NAME, [b"more"])
    assert log.head(files, PUBLIC).checkpoint.size == 3


def test_an_entry_that_was_changed_or_a_file_that_is_gone_is_told():
    files = made(numbered(3))
    whole = files.files["tile/entries/000.p/3"]
    files.files["tile/entries/000.p/3"] = whole.replace(b"entry 1", b"entrY 1")
    with pytest.raises(IntegrityError, match="entry 1 is not the one in the tree"):
        [*log.Tree(files, 3).entries(0, 3)]
    files.files["tile/entries/000.p/3"] = whole[:-1]
    with pytest.raises(IntegrityError, match="cut off"):
        [*log.Tree(files, 3).entries(0, 3)]
    del files.files["tile/entries/000.p/3"], files.files["tile/0/000.p/3"]
    with pytest.raises(IntegrityError, match="missing"):
        [*log.Tree(files, 3).entries(0, 3)]
    with pytest.raises(IntegrityError, match="missing"):
        _ = log.Tree(files, 3).root


def test_a_log_is_never_made_over_another_one():
    with pytest.raises(UsageError, match="a log already"):
        log.create(made(), KEY, NAME)


def test_a_head_is_believed_under_its_own_name_and_key_alone():
    files = made()
    other = ed25519.Ed25519PrivateKey.generate().public_key()
    with pytest.raises(IntegrityError, match="not signed with the key"):
        log.head(files, notes.key_of(NAME, other, where="key"))
    with pytest.raises(IntegrityError, match="not of another"):
        log.head(files, notes.key_of("another", KEY.public_key(), where="key"))
    with pytest.raises(NothingToCheckError, match="no log here"):
        log.head(Memory(), PUBLIC)


def test_cosignatures_are_put_under_the_checkpoint_that_they_are_about_and_no_other():
    from datetime import UTC, datetime

    files = made(numbered(2))
    seen = log.head(files, PUBLIC).note
    line = notes.cosignature(seen, KEY, "other.example", datetime(2026, 11, 23, tzinfo=UTC))
    log.append(files, KEY, NAME, [b"more"])
    assert len(log.add_lines(files, PUBLIC, seen, line).note.signatures) == 1
    now = log.head(files, PUBLIC).note
    line = notes.cosignature(now, KEY, "other.example", datetime(2026, 11, 23, tzinfo=UTC))
    assert len(log.add_lines(files, PUBLIC, now, line).note.signatures) == 2
    assert len(log.head(files, PUBLIC).note.signatures) == 2


def test_an_entry_that_is_too_long_is_refused_before_anything_is_written():
    files = made()
    before = dict(files.files)
    with pytest.raises(UsageError, match="too long"):
        log.append(files, KEY, NAME, [b"x" * (log.LONGEST + 1)])
    assert files.files == before


@pytest.mark.parametrize(
    ("tile", "name"),
    [(5, "005"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067"), (12345678, "x012/x345/678")],
)
def test_tiles_have_the_paths_of_the_format(tile, name):
    assert log.path(0, tile) == f"tile/0/{name}"
