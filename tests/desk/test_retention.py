"""Records are kept as long as their rules say, and longer under a legal hold."""

import shutil

import pytest
from tests.attest.support import by
from tests.desk.support import NOW

from cardwright.attest import release_statement
from cardwright.cli.console import clock
from cardwright.desk import decisions, registry, retention, threads
from cardwright.desk.settings import RetentionRules
from cardwright.dossier import store
from cardwright.errors import IntegrityError, NothingToCheckError, UsageError

LATER = "2036-11-29T12:00:00Z"
ALL = RetentionRules(events=30, quarantine=30, comments=30, dossiers=30)


@pytest.fixture
def ended(cli, logged, released):
    """A desk with a withdrawn dossier, a resolved thread and something that was kept apart: its manifest."""
    assert cli("withdraw", released / "out", "--reason", "Wrong.", *by(released, "Cy", "release")).code == 0
    arrival = registry.arrive(logged, store.read_dossier(released / "out"), by="pipeline", now=clock())
    record = registry.dossier(logged, arrival.manifest).record
    number = threads.open_thread(logged, record, "dossier", "Why?", by="ada", now=NOW)
    threads.resolve(logged, record, number, by="ada", now=NOW)
    registry.quarantine(logged, b"no archive", IntegrityError("not an archive"), by="x", now=NOW)
    return arrival.manifest


def test_what_no_rule_names_is_kept_for_good(logged, ended):
    before = registry.counts(logged)
    assert retention.prune(logged, RetentionRules(), LATER).removed == {}
    assert registry.counts(logged) == {**before, "events": before["events"] + 1}


def test_what_is_over_goes_with_everything_that_only_it_had_listed(logged, ended):
    size = logged.log.head.checkpoint.size
    dry = retention.prune(logged, ALL, LATER, dry=True)
    assert registry.counts(logged)["dossiers"] == 1
    done = retention.prune(logged, ALL, LATER)
    assert done.removed == dry.removed
    assert (done.removed["dossiers"], done.removed["quarantine"]) == (1, 1)
    assert [*logged.contents.all()] == []
    assert registry.counts(logged) == {"dossiers": 0, "states": 0, "quarantined": 0, "comments": 0, "events": 1}
    assert logged.log.head.checkpoint.size == size


def test_nothing_goes_before_its_time(logged, ended):
    done = retention.prune(logged, ALL, clock())
    assert {*done.removed.values()} == {0}


def test_a_dossier_that_still_counts_stays(desk, files):
    registry.arrive(desk, files, by="pipeline", now=NOW)
    assert retention.prune(desk, RetentionRules(dossiers=1), LATER).removed == {"dossiers": 0}


def test_contents_that_another_dossier_lists_stay(desk, files):
    arrival = registry.arrive(desk, files, by="pipeline", now=NOW)
    registry.quarantine(desk, files["record.json"], IntegrityError("x"), by="x", now=NOW)
    assert retention.prune(desk, RetentionRules(quarantine=1), LATER).removed == {"quarantine": 1}
    assert registry.dossier(desk, arrival.manifest).files == files


def test_a_legal_hold_keeps_a_dossier_and_all_that_was_said_and_read_of_it_until_it_is_lifted(logged, ended):
    registry.told(logged, NOW, "ada", "read", ended)
    retention.hold(logged, ended[:12], "A claim is pending.", by="ada", now=NOW)
    before = registry.counts(logged)
    done = retention.prune(logged, ALL, LATER)
    assert (done.removed["dossiers"], done.removed["comments"], done.held) == (0, 0, 1)
    after = registry.counts(logged)
    assert (after["states"], after["comments"]) == (before["states"], before["comments"])
    assert registry.dossier(logged, ended).files
    assert [one["reason"] for one in retention.holds(logged)] == ["A claim is pending."]
    retention.lift(logged, ended, by="ben", now=NOW)
    assert retention.holds(logged) == ()
    with pytest.raises(NothingToCheckError, match="no hold"):
        retention.lift(logged, ended, by="ben", now=NOW)
    assert retention.prune(logged, ALL, LATER).removed["dossiers"] == 1


def test_a_hold_has_a_reason_and_a_dossier(logged, ended):
    with pytest.raises(UsageError, match="has a reason"):
        retention.hold(logged, ended, " ", by="ada", now=NOW)
    with pytest.raises(NothingToCheckError):
        retention.hold(logged, "0" * 64, "x", by="ada", now=NOW)


@pytest.mark.parametrize("text", ["events: 0", "events: soon", "mails: 3", "[]", "schema: cardwright/retention/2"])
def test_rules_that_are_none_are_refused(text):
    with pytest.raises(UsageError):
        retention.read(text.encode(), where="retention.yaml")


def test_rules_are_read():
    text = b"schema: cardwright/retention/1\nevents: 730\nquarantine: 90\n"
    assert retention.read(text, where="retention.yaml") == RetentionRules(events=730, quarantine=90)


def test_a_legal_hold_keeps_what_programs_have_asked_about_its_release_and_its_subject(logged, ended):
    (row,) = registry.inventory(logged, registry.InventoryQuery(), today=NOW[:10]).rows
    for about in (row["release"], row["subject"], "0" * 64):
        registry.told(logged, NOW, "cluster", "refused", about)
    retention.hold(logged, ended, "A claim is pending.", by="ada", now=NOW)
    retention.prune(logged, ALL, LATER)
    assert [len(registry.told_of(logged, about)) for about in (row["release"], row["subject"], "0" * 64)] == [1, 1, 0]


def test_attack_a_withdrawn_release_whose_dossier_was_removed_is_not_brought_back_by_a_copy_from_before(
    cli, desk, released
):
    shutil.copy(released / "trust.yaml", desk.settings.trust)
    before = store.read_dossier(released / "out")
    subject = release_statement.read(before["release.json"]).release.subject.identity_sha256
    registry.arrive(desk, before, by="pipeline", now=clock())
    assert decisions.decide(desk, subject, clock()).allowed
    assert cli("withdraw", released / "out", "--reason", "Wrong.", *by(released, "Cy", "release")).code == 0
    after = store.read_dossier(released / "out")
    registry.arrive(desk, after, by="pipeline", now=clock())
    assert retention.prune(desk, ALL, LATER).removed["dossiers"] == 1
    with pytest.raises(IntegrityError, match="was withdrawn"):
        registry.arrive(desk, before, by="mallory", now=clock())
    assert not decisions.decide(desk, subject, clock()).allowed
    # It may come back as what it is; and another release of the subject that was judged no later is not allowed either.
    assert registry.arrive(desk, after, by="pipeline", now=clock()).news
    assert retention.prune(desk, ALL, LATER).removed["dossiers"] == 1
    assert decisions._withdrawn_since(desk, subject, before) is not None
