"""A monitor says so when a log forks, rewrites its past or loses its end, and keeps what shows it."""

import pytest
from tests.attest.witness.logs import KEY, NAME, NOW, OTHER, PUBLIC, Memory, made

from cardwright.attest.witness import log, monitoring, notes, receipts
from cardwright.attest.witness.receipts import LogEntry
from cardwright.errors import IntegrityError, NothingToCheckError

ENTRIES = [LogEntry(kind="release", digest=f"{n:064d}") for n in range(5)]
LATER = "2026-11-24T12:00:00Z"


def filled(count, *, other=False):
    told = [*ENTRIES[: count - 1], LogEntry(kind="release", digest="f" * 64)] if other else ENTRIES[:count]
    return made([one.leaf for one in told])


def test_the_first_look_shows_everything_and_the_next_what_is_new():
    files = filled(2)
    first = monitoring.watch(files, PUBLIC, b"", NOW)
    assert (first.fresh, first.alarm) == (tuple(ENTRIES[:2]), None)
    log.append(files, KEY, NAME, [ENTRIES[2].leaf])
    second = monitoring.watch(files, PUBLIC, first.kept, LATER)
    assert second.fresh == (ENTRIES[2],)
    assert second.kept.startswith(first.kept)
    assert len(monitoring.read(second.kept)) == 2


def test_a_look_at_what_was_seen_already_keeps_nothing_more():
    files = filled(2)
    kept = monitoring.watch(files, PUBLIC, b"", NOW).kept
    assert monitoring.watch(files, PUBLIC, kept, LATER).kept == kept


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        (lambda: filled(3, other=True), "two faces"),
        (lambda: filled(2), "cut off"),
        (lambda: made([one.leaf for one in (ENTRIES[1], ENTRIES[0], *ENTRIES[2:])]), "rewritten"),
    ],
)
def test_a_log_that_contradicts_what_it_has_shown_raises_an_alarm_and_both_are_kept(shown, why):
    kept = monitoring.watch(filled(3), PUBLIC, b"", NOW).kept
    watched = monitoring.watch(shown(), PUBLIC, kept, LATER)
    assert why in watched.alarm
    before, now = monitoring.read(watched.kept)
    for one in (before, now):  # signed by the log, both of them
        assert notes.read(one.checkpoint.encode(), where="kept").of(PUBLIC) is not None
    assert now.alarm == watched.alarm


def test_an_alarm_stays_even_if_the_log_shows_its_first_face_again():
    files = filled(3)
    kept = monitoring.watch(files, PUBLIC, b"", NOW).kept
    alarmed = monitoring.watch(filled(3, other=True), PUBLIC, kept, LATER).kept
    assert "not to be believed on 2026-11-24 already" in monitoring.watch(files, PUBLIC, alarmed, LATER).alarm


def test_entries_that_are_none_of_ours_are_counted():
    files = made([ENTRIES[0].leaf, b"something else", ENTRIES[1].leaf.replace(b":", b": ", 1)])
    watched = monitoring.watch(files, PUBLIC, b"", NOW)
    assert (watched.fresh, watched.strange) == ((ENTRIES[0],), 2)


def test_a_log_without_its_signature_or_with_other_tiles_proves_nothing_against_anybody():
    with pytest.raises(IntegrityError, match="not signed"):
        monitoring.watch(made([b"x"], key=OTHER), PUBLIC, b"", NOW)
    files = filled(2)
    files.files["tile/0/000.p/2"] = bytes(64)
    with pytest.raises(IntegrityError, match="do not give the root"):
        monitoring.watch(files, PUBLIC, b"", NOW)
    with pytest.raises(NothingToCheckError):
        monitoring.watch(Memory(), PUBLIC, b"", NOW)


def test_what_was_kept_and_damaged_is_refused():
    kept = monitoring.watch(filled(1), PUBLIC, b"", NOW).kept
    with pytest.raises(IntegrityError, match="cut off"):
        monitoring.read(kept[:-1])
    with pytest.raises(IntegrityError, match="line 1"):
        monitoring.read(kept.replace(b"monitor/1", b"monitor/9"))


def test_a_receipts_checkpoint_is_what_a_monitor_keeps():
    files = made()
    (one,) = receipts.witness(files, KEY, NAME, [ENTRIES[0]])
    (kept,) = monitoring.read(monitoring.watch(files, PUBLIC, b"", NOW).kept)
    assert receipts.place_of(one)[2].decode() == kept.checkpoint
