"""Threads are about one place of one record, and nobody reaches one through another."""

import pytest
from tests.desk.support import NOW

from cardwright.desk import registry, threads
from cardwright.errors import NothingToCheckError, UsageError

RECORD, OTHER = "a" * 64, "b" * 64


def test_a_thread_is_of_its_record_alone(desk):
    number = threads.open_thread(desk, RECORD, "ranking", "Why?", by="ada", now=NOW)
    threads.reply(desk, RECORD, number, "Because.", by="ben", now=NOW)
    (thread,) = threads.of_record(desk, RECORD)
    assert [(one["by"], one["text"]) for one in thread.comments] == [("ada", "Why?"), ("ben", "Because.")]
    assert threads.of_record(desk, OTHER) == ()
    with pytest.raises(NothingToCheckError):
        threads.reply(desk, OTHER, number, "x", by="ben", now=NOW)
    with pytest.raises(NothingToCheckError):
        threads.resolve(desk, OTHER, number, by="ben", now=NOW)


def test_a_resolved_thread_is_opened_by_an_answer(desk):
    number = threads.open_thread(desk, RECORD, "ranking", "Why?", by="ada", now=NOW)
    threads.resolve(desk, RECORD, number, by="ben", now=NOW)
    assert threads.of_record(desk, RECORD)[0].resolved_by == "ben"
    threads.reply(desk, RECORD, number, "Not yet.", by="ada", now=NOW)
    assert threads.of_record(desk, RECORD)[0].resolved_by is None


@pytest.mark.parametrize("text", ["", "  \n", "x" * 10_001, "a\u202eb", "a\x00b"])
def test_what_nobody_can_read_is_not_kept(desk, text):
    with pytest.raises(UsageError, match="comment"):
        threads.open_thread(desk, RECORD, "ranking", text, by="ada", now=NOW)
    assert threads.of_record(desk, RECORD) == ()


def test_open_threads_are_listed_for_whoever_takes_part_in_them_with_who_spoke_last(arrived, manifest):
    record = registry.dossier(arrived, manifest).record
    number = threads.open_thread(arrived, record, "M-001", "Why?", by="ben", now=NOW)
    threads.open_thread(arrived, record, "ranking", "Because.", by="cy", now=NOW)
    threads.reply(arrived, record, number, "See the plan.", by="ada", now=NOW)
    (mine,) = threads.open_of(arrived, "ben")
    assert (mine.thread, mine.manifest, mine.anchor, mine.last_by) == (number, manifest, "M-001", "ada")
    assert threads.open_of(arrived, "eve") == ()
    threads.resolve(arrived, record, number, by="ben", now=NOW)
    assert threads.open_of(arrived, "ben") == ()
