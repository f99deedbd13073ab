"""A refused dossier and a released one, made once: every test that changes one works on a copy."""

import contextlib
import io
import shutil

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.attest.support import (
    PEOPLE,
    POLICY,
    SECRET,
    enrol,
    release,
    signed_by_all,
    waive,
    withdraws,
)
from tests.conftest import Ran
from tests.small_plan import DETAILS, PLAN, rows, write_csv


def command(*words):
    """A command line, outside any test's own capture."""
    from cardwright.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    return Ran(stopped.value.code or 0, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def at_desk(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARDWRIGHT_PASSPHRASE", SECRET)
        patch.setenv("CARDWRIGHT_TRUST", str(folder / "trust.yaml"))
        patch.setenv("CI", "1")
        yield


@pytest.fixture(scope="session")
def refused_once(tmp_path_factory):
    """A refused dossier, three enrolled people, and a trust file that accepts the policy."""
    desk = tmp_path_factory.mktemp("desk")
    files = desk / "files"
    files.mkdir()
    (files / "assessment.yaml").write_text(PLAN.replace("policy: research", "policy: pilot.yaml"))
    (files / "pilot.yaml").write_text(POLICY)
    (files / "details.yaml").write_text(DETAILS)
    (files / "model.bin").write_bytes(b"weights")
    write_csv(files / "data.csv", rows())
    with at_desk(desk):
        for name, roles in PEOPLE.items():
            enrol(command, desk, name, roles)
        withdraws(desk, "risk_head")
        assert command("keys", "accept", files / "pilot.yaml", "--trust", desk / "trust.yaml").code == 0
        assert command("run", files, "-o", desk / "out").code == 1
    return desk


@pytest.fixture(scope="session")
def released_once(refused_once, tmp_path_factory):
    """The same, waived, signed by everybody and released."""
    desk = tmp_path_factory.mktemp("released") / "desk"
    shutil.copytree(refused_once, desk)
    with at_desk(desk):
        assert waive(command, desk).code == 0
        signed_by_all(command, desk)
        done = release(command, desk)
        assert done.code == 0, done
    return desk


def _copy(folder, tmp_path, monkeypatch):
    desk = tmp_path / "desk"
    shutil.copytree(folder, desk)
    monkeypatch.setenv("CARDWRIGHT_PASSPHRASE", SECRET)
    monkeypatch.setenv("CARDWRIGHT_TRUST", str(desk / "trust.yaml"))
    return desk


@pytest.fixture
def desk(refused_once, tmp_path, monkeypatch):
    """A copy of the refused dossier, with its people."""
    return _copy(refused_once, tmp_path, monkeypatch)


@pytest.fixture
def released(released_once, tmp_path, monkeypatch):
    """A copy of the released dossier, with its people."""
    return _copy(released_once, tmp_path, monkeypatch)
