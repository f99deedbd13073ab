"""A refused dossier and a released one, made once: every test that changes one works on a copy."""

import contextlib
import json
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
from tests.conftest import command
from tests.small_plan import PLAN, write_plan


@contextlib.contextmanager
def at_desk(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARDWRIGHT_PASSPHRASE", SECRET)
        patch.setenv("CARDWRIGHT_TRUST", str(folder / "trust.yaml"))
        yield


@pytest.fixture(scope="session")
def refused_once(made_once):
    """A refused dossier, three enrolled people, and a trust file that accepts the policy."""

    def fill(desk):
        (desk / "files").mkdir()
        files = write_plan(desk / "files", PLAN.replace("policy: research", "policy: pilot.yaml"))
        (files / "pilot.yaml").write_text(POLICY)
        with at_desk(desk):
            for name, roles in PEOPLE.items():
                enrol(command, desk, name, roles)
            withdraws(desk, "risk_head")
            assert command("keys", "accept", files / "pilot.yaml", "--trust", desk / "trust.yaml").code == 0
            assert command("run", files, "-o", desk / "out").code == 1

    return made_once("refused", fill)


@pytest.fixture(scope="session")
def released_once(made_once, refused_once):
    """The same, waived, signed by everybody and released."""

    def fill(desk):
        shutil.copytree(refused_once, desk, dirs_exist_ok=True)
        with at_desk(desk):
            assert waive(command, desk).code == 0
            signed_by_all(command, desk)
            done = release(command, desk)
            assert done.code == 0, done

    return made_once("released", fill)


@pytest.fixture(scope="session")
def exported(released_once, tmp_path_factory):
    """The release as `export` writes it for Sigstore's tools: the bundle, the public key, and the folder that it is of."""
    to = tmp_path_factory.mktemp("exported") / "release.sigstore.json"
    done = command("export", released_once / "out", "-f", "sigstore", "--trust", released_once / "trust.yaml", "-o", to)
    assert done.code == 0, done
    assert "cosign's --type: urn:cardwright:release:1" in done.out
    return json.loads(to.read_bytes()), to.with_suffix(".pub").read_bytes(), released_once


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
