"""A dossier gets in if it is what it says and continues what is here; nothing that is here is ever changed or lost."""

import shutil
import threading

import pytest
from tests.attest.support import countersign, sign, waive
from tests.attest.test_attacks import rechained
from tests.desk.support import NOW

from cardwright.desk import registry
from cardwright.dossier import layout, store
from cardwright.errors import IntegrityError, NothingToCheckError, StoreError, UsageError

LATER = "2026-11-30T12:00:00Z"


def rows(desk, **asked):
    return registry.inventory(desk, registry.InventoryQuery(**asked), today=NOW[:10]).rows


def test_a_dossier_arrives_once_and_is_given_back_as_it_came(desk, files):
    first = registry.arrive(desk, files, by="pipeline", now=NOW)
    assert first.news
    assert not registry.arrive(desk, files, by="pipeline", now=LATER).news
    assert registry.dossier(desk, first.manifest[:12]).files == files
    (row,) = rows(desk)
    assert (row["name"], row["decision"], row["state"]) == ("loans", "refused", "draft")
    assert row["missing"]
    assert len(registry.states(desk, first.manifest)) == 1


@pytest.fixture
def signed(cli, office):
    """The files of a dossier before anybody signed, and after one and two signatures."""
    found = [store.read_dossier(office / "out")]
    assert sign(cli, office, "Ada", "owner", "approve", "authorship").code == 0
    found.append(store.read_dossier(office / "out"))
    assert sign(cli, office, "Ben", "risk_head", "reject", "approval").code == 0
    found.append(store.read_dossier(office / "out"))
    return found


def test_a_dossier_grows_and_never_shrinks(desk, signed):
    before, one, two = signed
    manifest = registry.arrive(desk, before, by="a", now=NOW).manifest
    assert registry.arrive(desk, two, by="b", now=LATER).news
    assert not registry.arrive(desk, one, by="c", now=LATER).news
    assert not registry.arrive(desk, before, by="c", now=LATER).news
    assert registry.dossier(desk, manifest).files == two
    assert [state["arrived_by"] for state in registry.states(desk, manifest)] == ["a", "b"]
    assert rows(desk)[0]["state"] == "changes requested"


def test_a_rejection_that_was_cut_out_and_chained_anew_does_not_get_in(cli, office, desk, signed):
    manifest = registry.arrive(desk, signed[2], by="a", now=NOW).manifest
    forked = rechained(signed[2], lambda entry: entry.digest != _last_claim(signed[2]))
    shutil.rmtree(office / "out")
    for name, data in forked.items():
        (office / "out" / name).parent.mkdir(parents=True, exist_ok=True)
        (office / "out" / name).write_bytes(data)
    assert countersign(cli, office, "Ada").code == 0
    assert waive(cli, office).code == 0
    with pytest.raises(IntegrityError, match="does not continue the one that is here"):
        registry.arrive(desk, store.read_dossier(office / "out"), by="b", now=LATER)
    assert registry.dossier(desk, manifest).files == signed[2]


def _last_claim(files):
    from cardwright.attest import claims

    return claims.read(files[layout.CLAIMS])[-1].sealed.id


@pytest.mark.parametrize(
    "change",
    [
        lambda files: {**files, layout.RECORD: files[layout.RECORD][:-1] + b" "},
        lambda files: {**files, "added.txt": b"x"},
        lambda files: {name: data for name, data in files.items() if name != layout.RECORD},
        lambda files: {name: data for name, data in files.items() if name != layout.VERDICT},
        lambda files: {name: data for name, data in files.items() if name != layout.LEDGER} | {layout.CLAIMS: b"x"},
        lambda files: {**files, layout.VERDICT: files[layout.VERDICT].replace(b'"refused"', b'"allowed"', 1)},
    ],
    ids=["changed", "added", "no record", "no verdict", "no ledger", "turned"],
)
def test_what_is_not_what_it_says_does_not_get_in(desk, files, change):
    with pytest.raises(IntegrityError):
        registry.arrive(desk, change(files), by="pipeline", now=NOW)
    assert rows(desk) == ()


def test_what_was_kept_apart_is_shown_with_its_reason_and_once(desk):
    for _ in range(2):
        digest = registry.quarantine(desk, b"upload", IntegrityError("it was changed"), by="pipeline", now=NOW)
    (one,) = registry.quarantined(desk)
    assert (one["upload"], one["reason"], one["arrived_by"]) == (digest, "it was changed.", "pipeline")
    assert desk.contents.get(digest) == b"upload"


def test_the_same_dossier_from_many_at_once_is_there_once(desk, files):
    news, errors = [], []

    def push(n):
        try:
            news.append(registry.arrive(desk, files, by=f"p{n}", now=NOW).news)
        except Exception as exc:  # noqa: BLE001  # a thread has nowhere to raise it
            errors.append(exc)

    workers = [threading.Thread(target=push, args=(n,)) for n in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert errors == []
    assert sorted(news) == [False] * 5 + [True]


def test_a_desk_that_is_killed_before_it_has_written_everything_has_nothing(desk, files, monkeypatch):
    written = []

    def put(self, data):
        if len(written) > 2:
            raise StoreError("there is no space left on the disk")
        written.append(data)
        return original(self, data)

    original = type(desk.contents).put
    with monkeypatch.context() as patch:
        patch.setattr(type(desk.contents), "put", put)
        with pytest.raises(StoreError):
            registry.arrive(desk, files, by="pipeline", now=NOW)
    assert rows(desk) == ()
    assert registry.arrive(desk, files, by="pipeline", now=NOW).news


def test_contents_that_somebody_changed_on_the_disk_are_not_shown(desk, files):
    manifest = registry.arrive(desk, files, by="pipeline", now=NOW).manifest
    digest = registry.states(desk, manifest)[0]["files"][layout.RECORD]
    (desk.contents.folder / digest[:2] / digest).write_bytes(b"{}")
    with pytest.raises(IntegrityError, match="not that of its digest"):
        registry.dossier(desk, manifest)


def test_the_inventory_is_asked_in_words_states_and_days(desk, files):
    registry.arrive(desk, files, by="pipeline", now=NOW)
    assert len(rows(desk, words="RANK pilot")) == 1
    assert rows(desk, words="rank%") == ()
    assert rows(desk, state="expired") == ()
    assert rows(desk, expires_before="2099-01-01") == ()  # a refusal has nothing that expires
    assert registry.checked_state("in review") == "in review"
    with pytest.raises(UsageError, match="no state"):
        registry.checked_state("gone")


def test_a_dossier_is_named_by_eight_digits_of_its_manifest_or_more(desk, files):
    manifest = registry.arrive(desk, files, by="pipeline", now=NOW).manifest
    assert registry.dossier(desk, manifest[:8]).manifest == manifest
    for word in (manifest[:7], "0" * 64, "%" * 8):
        with pytest.raises(NothingToCheckError, match="no such dossier"):
            registry.dossier(desk, word)
