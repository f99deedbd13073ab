"""The desk's log hears of everything that arrives, once, and never forks, whatever is killed in between."""

import contextlib
import shutil
import tempfile
import threading
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from starlette.testclient import TestClient
from tests.attest.support import by, sign
from tests.desk.support import LOG_KEY, LOG_NAME, NOW, ORIGIN, OTHER_KEY, trusting_the_log

from cardwright.attest import envelope, release_statement, status_statement, under_review, verify
from cardwright.attest import trust as trusting
from cardwright.attest.witness import cosigning, log, merkle, notes, receipts
from cardwright.attest.witness.receipts import LogEntry
from cardwright.cli.console import clock
from cardwright.desk import accounts, database, decisions, desk_log, log_api, registry, web
from cardwright.dossier import contents, layout, log_folder, store
from cardwright.dossier.log_site import LogSite
from cardwright.errors import IntegrityError, PolicyError, StoreError, UsageError


def entries(desk):
    head = desk.log.head
    found = log.Tree(desk.log.files, head.checkpoint.size).entries(0, head.checkpoint.size)
    return [desk_log.entry_of(data) for data in found]


def kinds(desk):
    return [one.kind for one in entries(desk)]


def verified(desk, files, policy, status):
    known = desk.trust
    report = verify.verify(
        files, where="dossier", trust=known, now=clock(), policy=policy, printed=contents.documents_hold, status=status
    )  # fmt: skip
    return {step.name: (step.outcome, step.detail) for step in report.steps}


def test_a_release_that_arrives_is_in_the_log_with_its_receipt_and_a_receiver_believes_both(logged, released):
    files = store.read_dossier(released / "out")
    arrival = registry.arrive(logged, files, by="pipeline", now=clock())
    assert kinds(logged) == ["trust", "release"]
    kept = registry.dossier(logged, arrival.manifest).files
    assert {name: kept[name] for name in files} == files
    (one,) = receipts.read(kept[layout.RECEIPTS])
    assert (one.log, one.entry.kind) == (LOG_NAME, "release")
    line = desk_log.status(logged.log, kept, logged.trust, clock(), 24)
    steps = verified(logged, kept, logged.policy, line)
    assert steps["witness"][0] == "passed", steps["witness"]
    assert steps["status"][0] == "passed", steps["status"]
    bare = verified(logged, files, logged.policy, line)
    assert bare["witness"][0] == "failed"


def test_what_arrives_again_is_told_once(logged, released):
    files = store.read_dossier(released / "out")
    first = registry.arrive(logged, files, by="pipeline", now=clock())
    kept = registry.dossier(logged, first.manifest).files
    assert not registry.arrive(logged, files, by="pipeline", now=clock()).news
    assert not registry.arrive(logged, kept, by="pipeline", now=clock()).news
    assert kinds(logged) == ["trust", "release"]


def test_a_withdrawal_and_a_rejection_are_told_as_they_arrive(cli, logged, released):
    registry.arrive(logged, store.read_dossier(released / "out"), by="pipeline", now=clock())
    assert sign(cli, released, "Ben", "risk_head", "reject", "approval").code == 0
    assert cli("withdraw", released / "out", "--reason", "It was wrong.", *by(released, "Cy", "release")).code == 0
    later = store.read_dossier(released / "out")
    registry.arrive(logged, later, by="pipeline", now=clock())
    assert kinds(logged) == ["trust", "release", "rejection", "withdrawal"]
    line = desk_log.status(logged.log, later, logged.trust, clock(), 24)
    assert status_statement.read(line, where="status").status.state == "withdrawn"


def test_a_trust_file_is_told_when_it_changes_and_when_it_is_put_back(logged):
    registry.trust_is_told(logged)
    registry.trust_is_told(logged)
    before = logged.settings.trust.read_bytes()
    known = trusting.read(before, where="trust.yaml")
    logged.settings.trust.write_bytes(trusting.to_yaml(trusting.changed(known, where="x", sequence=known.sequence + 1)))
    registry.trust_is_told(logged)
    logged.settings.trust.write_bytes(before)
    registry.trust_is_told(logged)
    assert [one.sequence for one in entries(logged)] == [known.sequence, known.sequence + 1, known.sequence]


def test_the_end_cut_off_is_noticed_though_the_database_was_lost(cli, logged, released):
    before = store.read_dossier(released / "out")
    registry.arrive(logged, before, by="pipeline", now=clock())
    assert cli("withdraw", released / "out", "--reason", "Wrong.", *by(released, "Cy", "release")).code == 0
    registry.arrive(logged, store.read_dossier(released / "out"), by="pipeline", now=clock())
    database.migrate(logged.engine, "base")
    database.migrate(logged.engine)
    registry.trust_is_told(logged)  # the index is made again from the log
    with pytest.raises(IntegrityError, match="the end of its ledger was cut off"):
        registry.arrive(logged, before, by="mallory", now=clock())


def test_a_log_that_is_damaged_or_put_back_takes_nothing_and_nothing_is_lost(logged, released, tmp_path):
    shutil.copytree(logged.settings.folder / "log", tmp_path / "older")
    registry.trust_is_told(logged)
    shutil.rmtree(logged.settings.folder / "log")
    shutil.copytree(tmp_path / "older", logged.settings.folder / "log")
    with pytest.raises(StoreError, match="it was put back from a backup"):
        registry.arrive(logged, store.read_dossier(released / "out"), by="pipeline", now=clock())
    assert registry.counts(logged)["dossiers"] == 0


def test_a_log_is_opened_by_its_own_key_and_name_alone(tmp_path):
    desk_log.opened(tmp_path, LOG_KEY, LOG_NAME)
    for key, name in ((OTHER_KEY, LOG_NAME), (LOG_KEY, "other.example.org")):
        with pytest.raises(UsageError, match="not one of this key and name"):
            desk_log.opened(tmp_path, key, name)
    with pytest.raises(PolicyError, match="not a name of a log"):
        desk_log.opened(tmp_path / "new", LOG_KEY, "a name")
    own = notes.key_of(LOG_NAME, LOG_KEY.public_key(), where="key")
    with pytest.raises(UsageError, match="does not cosign itself"):
        desk_log.opened(tmp_path, LOG_KEY, LOG_NAME, cosigned=[own])


# ---------------------------------------------------------------------------------------------------- what the key signs


class Watched(ed25519.Ed25519PrivateKey):
    """A key that remembers everything it has signed."""

    def __init__(self):
        self.signed = []

    def sign(self, data):
        self.signed.append(bytes(data))
        return LOG_KEY.sign(data)

    def public_key(self):
        return LOG_KEY.public_key()

    def private_bytes_raw(self):
        raise AssertionError("nobody asks for the key itself")

    private_bytes = __copy__ = __deepcopy__ = private_bytes_raw


def test_the_desks_key_signs_checkpoints_cosignatures_and_status_statements_and_nothing_else(
    settings, released, cli, tmp_path
):
    key = Watched()
    other = desk_log.opened(tmp_path / "other", OTHER_KEY, "other.example.org")
    here = desk_log.opened(settings.folder, key, LOG_NAME, cosigned=[other.public])
    settings.trust.write_bytes(trusting_the_log((released / "trust.yaml").read_bytes(), here))
    desk = registry.opened(settings, here)
    arrival = registry.arrive(desk, store.read_dossier(released / "out"), by="pipeline", now=clock())
    assert sign(cli, released, "Ben", "risk_head", "reject", "approval").code == 0
    registry.arrive(desk, store.read_dossier(released / "out"), by="pipeline", now=clock())
    desk_log.answer(here, cosigning.request(other.files, other.head, 0), datetime.fromisoformat(NOW))
    desk_log.status(here, registry.dossier(desk, arrival.manifest).files, desk.trust, clock(), 24)
    desk.engine.dispose()
    sorts = [_sort(data) for data in key.signed]
    assert {*sorts} == {"checkpoint", "cosignature", status_statement.TYPE}


def _sort(data):
    if data.startswith(LOG_NAME.encode() + b"\n"):
        return "checkpoint"
    if data.startswith(b"cosignature/v1\n"):
        return "cosignature"
    assert data.startswith(b"DSSEv1 "), data[:20]
    return next(kind for kind in (status_statement.TYPE, "another statement") if kind.encode() in data)


def test_a_trust_file_that_lets_the_desk_sign_more_than_status_gets_no_word_of_it(settings, released):
    here = desk_log.opened(settings.folder, LOG_KEY, LOG_NAME)
    settings.trust.write_bytes(
        trusting_the_log((released / "trust.yaml").read_bytes(), here, roles=("status", "release"))
    )
    desk = registry.opened(settings, here)
    files = store.read_dossier(released / "out")
    with pytest.raises(UsageError, match="signs its log and status statements alone"):
        desk_log.status(here, files, desk.trust, clock(), 24)
    settings.trust.write_bytes((released / "trust.yaml").read_bytes())
    with pytest.raises(UsageError, match="does not know the desk's key"):
        desk_log.status(here, files, desk.trust, clock(), 24)
    desk.engine.dispose()


# ---------------------------------------------------------------------------------------------------- it never forks


class Killed(BaseException):
    """The process ended here."""


class Mortal(log_folder.LogFolder):
    """A log's folder whose writer dies before one of its writes."""

    def write(self, name, data):
        left = self.folder.parent / "left"
        if left.is_file():
            count = int(left.read_text())
            if count == 0:
                raise Killed
            left.write_text(str(count - 1))
        super().write(name, data)


class MortalLog(desk_log.DeskLog):
    """A desk's log that can die while it grows."""

    @property
    def files(self):
        return Mortal(self.folder / "log")


class Growing(RuleBasedStateMachine):
    """Two workers of one desk tell its log of things; either may be killed in a write of it, or before its database commits."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="desk-log-"))
        desk_log.opened(self.folder, LOG_KEY, LOG_NAME)
        self.here = MortalLog(self.folder, LOG_NAME, LOG_KEY)
        url = f"sqlite:///{self.folder / 'd.sqlite'}"
        self.workers = [database.connect(url), database.connect(url)]
        database.migrate(self.workers[0])
        self.committed = set()
        self.published = [self.here.head.checkpoint]

    def teardown(self):
        for engine in self.workers:
            engine.dispose()
        shutil.rmtree(self.folder)

    @rule(
        worker=st.integers(0, 1),
        numbers=st.lists(st.integers(0, 40), min_size=1, max_size=3),
        die=st.none() | st.integers(0, 6),
    )
    def tell(self, worker, numbers, die):
        asked = [LogEntry(kind="release", digest=f"{n:064x}") for n in numbers]
        left = self.folder / "left"
        if die is not None:
            left.write_text(str(die))
        with contextlib.suppress(Killed), database.writing(self.workers[worker]) as connection:
            given = desk_log.told(connection, self.here, asked)
            assert [one.entry for one in given] == asked
            if die is not None:  # the log has it, and the database never will
                raise Killed
        left.unlink(missing_ok=True)
        if die is None:
            self.committed |= {*asked}

    @invariant()
    def whatever_was_published_is_the_beginning_and_nothing_is_told_twice(self):
        now = self.here.head.checkpoint
        tree = log.Tree(self.here.files, now.size)
        assert tree.root == now.root
        found = [desk_log.entry_of(data) for data in tree.entries(0, now.size)]
        assert len(found) == len({*found})
        assert {*found} >= self.committed
        for then in self.published:
            path = merkle.consistency(tree.node, then.size, now.size)
            assert merkle.extends(now.root, now.size, then.root, then.size, path)
        self.published.append(now)


TestGrowing = Growing.TestCase
TestGrowing.settings = profile(max_examples=12, stateful_step_count=10, deadline=None)


def test_two_workers_at_once_tell_the_log_in_turns(logged, released):
    files = store.read_dossier(released / "out")
    registry.trust_is_told(logged)
    other = registry.opened(logged.settings, logged.log)
    found = []

    def send(desk):
        found.append(registry.arrive(desk, files, by="pipeline", now=clock()).news)

    workers = [threading.Thread(target=send, args=(desk,)) for desk in (logged, other, logged, other)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    other.engine.dispose()
    assert sorted(found) == [False, False, False, True]
    assert kinds(logged) == ["trust", "release"]


# ---------------------------------------------------------------------------------------------------- cosigning


class Direct(LogSite):
    """Another desk, asked without a network."""

    def post(self, name, body):
        said = desk_log.answer(OTHERS[self.address], body, datetime.fromisoformat(NOW))
        return said.status, said.body


OTHERS = {}


@pytest.fixture
def pair(tmp_path):
    """A desk's log, and another desk that cosigns it."""
    plain = desk_log.opened(tmp_path / "one", LOG_KEY, LOG_NAME)
    other = desk_log.opened(tmp_path / "two", OTHER_KEY, "other.example.org", cosigned=[plain.public])
    OTHERS["other"] = other
    witness = desk_log.LogWitness(Direct("other"), other.cosigner)
    return desk_log.opened(tmp_path / "one", LOG_KEY, LOG_NAME, witnesses=[witness]), other


def grown(here, *words):
    log.append(here.files, here.key, here.name, [word.encode() for word in words])


def test_two_desks_witness_each_other(pair):
    here, other = pair
    assert desk_log.ask_witnesses(here) == ()
    assert here.head.note.cosigned_at(other.cosigner) is not None
    grown(here, "a", "b")
    assert here.head.note.cosigned_at(other.cosigner) is None
    assert desk_log.ask_witnesses(here) == ()  # it is told how much the other one knows, and begins there
    assert here.head.note.cosigned_at(other.cosigner) is not None
    assert desk_log.ask_witnesses(here) == ()  # nothing to ask


def test_another_face_of_the_log_is_not_cosigned(pair, tmp_path):
    here, other = pair
    grown(here, "a")
    assert desk_log.ask_witnesses(here) == ()
    face = desk_log.opened(tmp_path / "face", LOG_KEY, LOG_NAME, witnesses=here.witnesses)
    grown(face, "b")
    (trouble,) = desk_log.ask_witnesses(face)
    assert "two faces" in trouble
    assert face.head.note.cosigned_at(other.cosigner) is None


def test_a_witness_that_signs_with_another_key_is_told_and_its_line_is_not_taken(pair, tmp_path):
    here, _ = pair
    OTHERS["other"] = desk_log.opened(tmp_path / "three", ed25519.Ed25519PrivateKey.generate(), "other.example.org",
                                      cosigned=[here.public])  # fmt: skip
    (trouble,) = desk_log.ask_witnesses(here)
    assert "another key" in trouble
    assert len(here.head.note.signatures) == 1


def test_the_index_of_the_log_is_made_again_when_it_is_gone(logged):
    registry.trust_is_told(logged)
    with database.writing(logged.engine) as connection:
        connection.execute(database.LOG_ENTRIES.delete())
    registry.trust_is_told(logged)
    assert kinds(logged) == ["trust"]
    with database.reading(logged.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(database.LOG_ENTRIES)).scalar() == 1


def test_a_status_statement_is_one_that_receivers_read(logged, released):
    line = desk_log.status(logged.log, store.read_dossier(released / "out"), logged.trust, NOW, 3)
    said = status_statement.read(line, where="status").status
    assert (said.state, said.role, said.valid_until) == ("in_force", "status", "2026-11-29T15:00:00Z")
    assert envelope.read(line, where="status").flaw(LOG_KEY.public_key(), None) is None


def test_attack_a_release_whose_withdrawal_only_the_log_still_knows_is_not_allowed_and_has_no_status(
    cli, logged, released
):
    """A database that is put back from a backup has forgotten the withdrawal; its log has not."""
    before = store.read_dossier(released / "out")
    arrival = registry.arrive(logged, before, by="pipeline", now=clock())
    kept = registry.dossier(logged, arrival.manifest)
    statement = release_statement.read(kept.files[layout.RELEASE])
    subject = statement.release.subject.identity_sha256
    line = desk_log.status(logged.log, kept.files, logged.trust, clock(), 24)
    assert decisions.decide(logged, subject, clock(), status=line).allowed
    with TestClient(web.application(logged, log_api.routes), base_url=ORIGIN) as client:
        secret = accounts.make_token(logged, "cluster", ("decisions",), clock(), days=1)
        asked = {"headers": {"Authorization": f"Bearer {secret}"}}
        assert client.get(f"/v1/status/{statement.sha256}", **asked).status_code == 200
        assert cli("withdraw", released / "out", "--reason", "Wrong.", *by(released, "Cy", "release")).code == 0
        dossier = under_review.read(store.read_dossier(released / "out"), where="d")
        told = receipts.entries_of(dossier.chain, dossier.signed, dossier.release)
        assert told[-1].kind == "withdrawal"
        log.append(logged.log.files, LOG_KEY, LOG_NAME, [told[-1].leaf])
        said = decisions.decide(logged, subject, clock(), status=line)
        assert (said.allowed, "cut off" in said.reason) == (False, True), said.reason
        assert client.get(f"/v1/status/{statement.sha256}", **asked).status_code == 422
