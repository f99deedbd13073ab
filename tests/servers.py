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
from pathlib import Path

import pytest


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
def postgresql(user="desk", port=None):
    """A PostgreSQL that a test starts itself, as somebody who is not root: the folder of its socket, and `port` on loopback if
    one is given.
    """
    if shutil.which("initdb") is None or shutil.which("pg_ctl") is None:
        pytest.skip("no PostgreSQL here")
    who = {"user": "nobody"} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # pytest's own folders are closed to everybody else
    if who:
        shutil.chown(folder, "nobody")
    data = folder / "data"
    listens = "listen_addresses=''" if port is None else f"listen_addresses=127.0.0.1 -c port={port}"
    try:
        subprocess.run(["initdb", "-D", data, "-A", "trust", "-U", user], check=True, capture_output=True, **who)
        options = f"-k {folder} -c {listens} -c fsync=off"
        subprocess.run(
            ["pg_ctl", "-D", data, "-o", options, "-w", "start"], check=True, stdout=subprocess.DEVNULL, **who
        )
    except (OSError, subprocess.CalledProcessError) as exc:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"PostgreSQL does not start here: {type(exc).__name__}")
    try:
        yield folder
    finally:
        subprocess.run(["pg_ctl", "-D", data, "-m", "immediate", "stop"], check=False, capture_output=True, **who)
        shutil.rmtree(folder, ignore_errors=True)
