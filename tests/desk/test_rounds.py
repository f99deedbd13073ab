"""What changed since the last round is what others have said since, and how the dossier differs from the one before."""

from types import SimpleNamespace

from tests.desk.support import NOW

from cardwright.desk import registry, rounds, threads
from cardwright.dossier import store
from cardwright.record.claim import SignOff


def signed(key, at, person="Ben"):
    claim = SignOff(
        person=person,
        key=key * 64,
        role="risk_head",
        at=at,
        decision="reject",
        meaning="approval",
        manifest_sha256="a" * 64,
    )
    return SimpleNamespace(claim=claim)


def thread(*said):
    comments = tuple({"by": by, "at": at, "text": "x"} for by, at in said)
    return threads.Thread(1, "r", "ranking", said[0][0], said[0][1], None, comments)


def test_since_somebody_signed_only_what_others_said_later_is_new():
    said = [
        signed("a", "2026-11-01T00:00:00Z"),
        signed("b", "2026-11-02T00:00:00Z", "Ada"),
        signed("c", "2026-11-03T00:00:00Z", "Ben"),
    ]
    talk = [thread(("ben", "2026-10-30T00:00:00Z"), ("ada", "2026-11-01T10:00:00Z"), ("ben", "2026-11-04T00:00:00Z"))]
    found = rounds.since(said, talk, ["a" * 64], "ben")
    assert found.at == "2026-11-01T00:00:00Z"
    assert [one.key[0] for one in found.claims] == ["b", "c"]
    assert found.comments == 1
    both = rounds.since(said, talk, ["a" * 64, "c" * 64], "ben")  # two keys of one person
    assert (both.at, both.claims, both.comments) == ("2026-11-03T00:00:00Z", (), 0)


def test_whoever_has_not_signed_has_no_last_round():
    assert rounds.since([signed("a", NOW)], [], [], "ada") is None
    assert rounds.since([], [], ["a" * 64], "ben") is None


def test_a_dossier_of_the_same_subject_that_came_before_is_compared(arrived, manifest, released_once):
    assert rounds.before(arrived, manifest) == ()
    files = registry.dossier(arrived, manifest).files
    found = rounds.compared(files, files)
    assert (found.changes, found.rulings, found.findings) == ((), (), ())
    assert found.same > 0
    later = store.read_dossier(released_once / "out")
    rulings = {one.requirement: (one.old, one.new) for one in rounds.compared(files, later).rulings}
    assert "ranking" in rulings  # it is waived now
