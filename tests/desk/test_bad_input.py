"""What bad input gets at the desk: refused clearly, nothing lost, nothing half-written, and the log never forks."""

import contextlib
import io
import os
import resource
import signal
import threading
import zipfile
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from tests.desk.support import LOG_KEY, LOG_NAME, NOW, ORIGIN

from cardwright.attest import trust as trusting
from cardwright.attest.witness import log, merkle
from cardwright.cli.console import clock
from cardwright.desk import accounts, api, database, decisions, desk_log, log_api, registry, uploads, web
from cardwright.desk.objects import ContentStore
from cardwright.dossier import layout, log_folder, store
from cardwright.errors import IntegrityError, StoreError


@pytest.fixture
def client(logged):
    with TestClient(web.application(logged, api.routes, log_api.routes), base_url=ORIGIN) as made:
        yield made


@pytest.fixture
def push(logged):
    return {"Authorization": f"Bearer {accounts.make_token(logged, 'ci', ('push',), clock(), days=1)}"}


def zipped(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def test_bad_input_a_zip_bomb(logged, client, push):
    bomb = zipped([("record.json", b"0" * (300 * 2**20))])
    assert len(bomb) < 2**20
    answer = client.post("/v1/dossiers", content=bomb, headers=push)
    assert (answer.status_code, answer.json()["error"]) == (400, "the archive holds more than is taken")
    assert registry.counts(logged)["dossiers"] == 0


@pytest.mark.parametrize("name", ["../record.json", "/etc/passwd", "a/../../x", "C:\\x", "a\\..\\x", "x\x00y"])
def test_bad_input_path_traversal(logged, client, push, files, name):
    answer = client.post("/v1/dossiers", content=zipped([*files.items(), (name, b"x")]), headers=push)
    assert answer.status_code == 422
    assert registry.counts(logged) == {**registry.counts(logged), "dossiers": 0, "quarantined": 1}
    assert not (logged.settings.folder.parent / "record.json").exists()


def test_bad_input_a_gigabyte_is_not_read_to_its_end(client, push):
    sent = []

    def parts():
        for _ in range(1024):
            sent.append(1)
            yield b"0" * 2**20

    answer = client.post("/v1/dossiers", content=parts(), headers=push)
    assert answer.status_code == 413
    assert "more than is taken" in answer.text


def test_bad_input_a_dossier_that_changes_while_it_is_pushed(logged, client, push, files):
    """Files of two moments are of no manifest."""
    later = files[layout.RECORD].replace(b'"', b'" ', 1)
    answer = client.post("/v1/dossiers", content=uploads.packed({**files, layout.RECORD: later}), headers=push)
    assert answer.status_code == 422
    assert registry.counts(logged)["dossiers"] == 0


def test_bad_input_a_duplicate_push(logged, client, push, files):
    codes = [client.post("/v1/dossiers", content=uploads.packed(files), headers=push).status_code for _ in range(3)]
    assert codes == [201, 200, 200]
    assert registry.counts(logged)["states"] == 1


def test_bad_input_a_full_disk(logged, released):
    """A limit on the size of files stands for a disk without room: the system refuses the write in the same place."""
    files = store.read_dossier(released / "out")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(StoreError):
            registry.arrive(logged, files, by="pipeline", now=clock())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert registry.counts(logged)["dossiers"] == 0
    assert registry.arrive(logged, files, by="pipeline", now=clock()).news
    assert logged.log.head.checkpoint.size == 2


def test_bad_input_a_clock_that_is_behind(logged, released):
    """A release that is dated further in the future than clocks differ allows nothing until its time has come."""
    registry.arrive(logged, store.read_dossier(released / "out"), by="pipeline", now=clock())
    (row,) = registry.inventory(logged, registry.InventoryQuery(), today=NOW[:10]).rows
    behind = (datetime.fromisoformat(clock()) - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert not decisions.decide(logged, row["subject"], behind).allowed
    slightly = (datetime.fromisoformat(clock()) - timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = decisions.decide(logged, row["subject"], slightly)
    assert "future" not in said.reason


def test_bad_input_a_cloned_authenticators_counter_raises_an_alarm(desk):
    accounts.join(desk, accounts.invite(desk, "ada", NOW), "cred", b"key", 7, NOW)
    accounts.log_in(desk, "cred", "ada", 9, NOW)
    accounts.log_in(desk, "cred", "ada", 8, NOW)
    with database.reading(desk.engine) as connection:
        events = database.EVENTS
        alarms = connection.execute(sa.select(events.c.who).where(events.c.what == "counter went back")).scalars().all()
    assert alarms == ["ada"]


def test_bad_input_a_stolen_session_ends_with_its_persons_place_in_the_trust_file(browser):
    ada = browser.join("ada")
    assert ada.get("/").status_code == 200
    path = browser.desk.settings.trust
    known = trusting.read(path.read_bytes(), where="trust.yaml")
    left = tuple(one for one in known.people if one.id != "ada")
    path.write_bytes(trusting.to_yaml(trusting.changed(known, where="trust.yaml", people=left)))
    assert ada.get("/").status_code == 303


# ---------------------------------------------------------------------------------------------------- a killed server


class Steps:
    """Ends the process, as `kill -9` does, before one of its writes."""

    def __init__(self, left):
        self.left = left

    def taken(self, *_, **__):
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1


class MortalStore(ContentStore):
    """Contents whose writer is killed before one of them."""

    def put(self, data):
        STEPS[0].taken()
        return super().put(data)


class MortalFolder(log_folder.LogFolder):
    """A log's files whose writer is killed before one of them."""

    def write(self, name, data):
        STEPS[0].taken()
        super().write(name, data)


class MortalLog(desk_log.DeskLog):
    """A desk's log that is killed while it grows."""

    @property
    def files(self):
        return MortalFolder(self.folder / "log")


STEPS = [Steps(-1)]


def _server(settings, files, moment):
    """What a server does with a dossier that arrives, until it is killed at this moment: before a write, a statement or a commit."""
    STEPS[0] = Steps(moment)
    engine = database.connect(settings.url)
    sa.event.listen(engine, "before_cursor_execute", STEPS[0].taken)
    sa.event.listen(engine, "commit", STEPS[0].taken)
    here = MortalLog(settings.folder, LOG_NAME, LOG_KEY)
    desk = registry.Registry(settings, engine, MortalStore(settings.folder / "objects"), here)
    registry.arrive(desk, files, by="pipeline", now=clock())


def test_bad_input_a_server_that_is_killed_at_a_hundred_moments(logged, released):
    """Every write of contents, log and database in turn: the dossier is here or not, whole, and the log has one past."""
    files = store.read_dossier(released / "out")
    published, died = [], 0
    rounds = 25 if logged.settings.database else 100
    moment = 0
    for _ in range(rounds):
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                _server(logged.settings, files, moment)
                os._exit(0)
            os._exit(1)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
        died += os.WIFSIGNALED(status)
        moment += 1
        if not os.WIFSIGNALED(status):  # it is here now: forget it, and begin again at the first moment
            moment = 0
            with database.writing(logged.engine) as connection:
                for table in (database.STATES, database.DOSSIERS):
                    connection.execute(table.delete())
        head = logged.log.head.checkpoint
        tree = log.Tree(logged.log.files, head.size)
        assert tree.root == head.root
        for then in published:
            path = merkle.consistency(tree.node, then.size, head.size)
            assert merkle.extends(head.root, head.size, then.root, then.size, path)
        published.append(head)
        for row in registry.inventory(logged, registry.InventoryQuery(), today=NOW[:10]).rows:
            here = registry.dossier(logged, row["manifest"]).files
            assert {name: here[name] for name in files} == files
    assert died >= 0.9 * rounds
    arrival = registry.arrive(logged, files, by="pipeline", now=clock())
    assert {
        name: data for name, data in registry.dossier(logged, arrival.manifest).files.items() if name in files
    } == files
    size = logged.log.head.checkpoint.size
    found = [*log.Tree(logged.log.files, size).entries(0, size)]
    assert len(found) == len({*found}) == 2


def test_bad_input_twenty_senders_of_states_that_do_not_continue_each_other(logged, files):
    """Of two ledgers one gets in; the other is told, and nothing is mixed."""
    first = registry.arrive(logged, files, by="pipeline", now=NOW)
    errors = []

    def send():
        try:
            rewritten = {**files, layout.LEDGER: files[layout.LEDGER].replace(b"run", b"ran", 1)}
            registry.arrive(logged, rewritten, by="mallory", now=NOW)
        except IntegrityError as exc:
            errors.append(exc)

    threads = [threading.Thread(target=send) for _ in range(20)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(errors) == 20
    assert registry.dossier(logged, first.manifest).files == files


@pytest.mark.parametrize(
    "path",
    ["/?q=%00", "/?owner=a%00", "/dossiers/%00", "/compare?old=%00&new=%00", "/indicators?by=%00", "/enrolments/%00"],
)
def test_bad_input_a_zero_byte_in_an_address_is_refused_on_both_databases(ben, path):
    assert ben.get(path).status_code == 400


def test_bad_input_a_zero_byte_in_a_form_or_an_address_for_programs_is_refused(ben, arrived, manifest):
    form = {"anchor": "dossier", "text": "a\0b"}
    assert ben.post(f"/dossiers/{manifest}/comments", form).status_code == 400
    assert ben.post("/views", {"name": "a\0", "query": "q=x"}).status_code == 400
    token = accounts.make_token(arrived, "ci", ("read",), clock(), days=1)
    for address in ("/v1/dossiers?q=%00", "/v1/dossiers/%00"):
        assert ben.client.get(address, headers={"Authorization": f"Bearer {token}"}).status_code == 400
