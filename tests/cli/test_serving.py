"""A desk of several processes is one desk: whichever answers, a killed one comes again, and they end together."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")
for library in ("starlette", "sqlalchemy", "alembic", "webauthn", "uvicorn"):
    pytest.importorskip(library, reason="the desk needs the extra desk")

from tests.servers import free_port, running

from cardwright.cli import serving
from cardwright.cli.console import clock
from cardwright.desk import accounts, registry, uploads
from cardwright.desk.settings import DeskSettings
from cardwright.dossier import store
from cardwright.errors import UsageError


@pytest.fixture
def words(desk):
    """How a desk of two processes is started, its address, and a token."""
    port = free_port()
    settings = DeskSettings(folder=desk / "registry", origin=f"http://localhost:{port}", trust=desk / "trust.yaml")
    settings.folder.mkdir()
    opened = registry.opened(settings)
    secret = accounts.make_token(opened, "ci", ("push", "read", "metrics"), clock(), days=1)
    opened.engine.dispose()
    command = [
        sys.executable, "-c", "from cardwright.cli.main import main; main()", "desk", "serve", "--trust", str(settings.trust),
        "--folder", str(settings.folder), "--origin", settings.origin, "--port", str(port), "--workers", "2",
        "--policy", str(desk / "files" / "pilot.yaml"),
    ]  # fmt: skip
    return command, settings, {"Authorization": f"Bearer {secret}"}


def asked(address, headers, data=None):
    with urlopen(Request(address, data=data, headers=headers), timeout=60) as answer:
        return answer.read().decode()


def children(pid):
    """The processes that answer, which `/proc` tells from Python's own tracker of resources."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=True
    )
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if "spawn_main" in line]


def patiently(what):
    for _ in range(600):
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError("it does not come")


@pytest.mark.skipif(shutil.which("ps") is None, reason="ps says which processes there are")
def test_twenty_senders_and_a_process_killed_among_them_leave_one_dossier_and_two_processes(words, desk, tmp_path):
    command, settings, headers = words
    packed = uploads.packed(store.read_dossier(desk / "out"))
    address = f"{settings.origin}/v1/dossiers"
    answers = []

    def send():
        while True:
            try:
                answers.append(asked(address, headers, packed))
            except HTTPError:
                raise
            except (URLError, ConnectionError):  # whoever was asked was killed: a client asks again
                continue
            return

    with running(command, ready=f"{settings.origin}/health", log=tmp_path / "log") as process:
        first = patiently(lambda: len(found := children(process.pid)) == 2 and found)
        senders = [threading.Thread(target=send) for _ in range(20)]
        for one in senders:
            one.start()
        time.sleep(serving.SHORT)
        os.kill(first[0], signal.SIGKILL)
        for one in senders:
            one.join()
        assert len(answers) == 20
        now = patiently(lambda: len(found := children(process.pid)) == 2 and first[0] not in found and found)
        counted = patiently(
            lambda: (
                'worker="1"' in (text := asked(f"{settings.origin}/metrics", headers)) and 'worker="2"' in text and text
            )
        )
        assert counted.count("# TYPE cardwright_desk_request_seconds histogram") == 1
        assert "cardwright_desk_dossiers 1\n" in counted
        assert "cardwright_desk_states 1\n" in counted
        process.terminate()
        assert process.wait(30) == 0
    assert not [pid for pid in now if Path(f"/proc/{pid}").exists()]
    assert "a process has ended and is started again" in (tmp_path / "log").read_text()


def test_the_limits_of_one_address_are_shared_among_the_processes(words):
    _, settings, _ = words
    desk = registry.opened(settings)
    app = serving.ServedDesk(settings, workers=4).application(desk)
    desk.engine.dispose()
    (limits,) = [one.kwargs["limits"] for one in app.user_middleware if "limits" in one.kwargs]
    assert (limits.requests, limits.attempts) == (1500, 15)


def test_a_port_that_is_taken_is_said_to_be():
    taken = serving.listening("127.0.0.1", 0)
    port = taken.getsockname()[1]
    with pytest.raises(UsageError, match="nothing can listen there"):
        serving.listening("127.0.0.1", port)
    taken.close()


def test_several_processes_do_not_each_ask_for_a_passphrase(monkeypatch, tmp_path):
    monkeypatch.delenv("CARDWRIGHT_LOG_PASSPHRASE", raising=False)
    serving.require_passphrase(1, tmp_path / "desk.key")
    serving.require_passphrase(4, None)
    with pytest.raises(UsageError, match="CARDWRIGHT_LOG_PASSPHRASE is not set"):
        serving.require_passphrase(4, tmp_path / "desk.key")
