"""In Python as in the shell: a release that holds is let through, everything else raises and says at which step."""

import shutil

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.attest.support import by, verify

import cardwright
from cardwright.errors import EvidenceError, HandoffRefusedError, IntegrityError
from cardwright.run.require import require


def ask(released, **more):
    words = {
        "trust_file": released / "trust.yaml",
        "artifact": released / "files",
        "policy": str(released / "files" / "pilot.yaml"),
    }
    return require(released / "out", **{**words, **more})


def test_a_release_that_holds_is_let_through_with_every_step(released):
    report = ask(released)
    assert report.exit_code == 0
    assert cardwright.require is require


def test_what_the_shell_refuses_python_refuses_at_the_same_step(cli, released):
    (released / "files" / "model.bin").write_bytes(b"another model")
    ran = verify(cli, released, "--trust", released / "trust.yaml")
    with pytest.raises(HandoffRefusedError) as refused:
        ask(released)
    assert ran.code != 0
    assert refused.value.what in ran.out + ran.err


def test_a_release_without_a_look_at_the_file_is_not_let_through(released):
    with pytest.raises(HandoffRefusedError, match="artefact"):
        ask(released, artifact=None)


def test_a_release_that_was_withdrawn_is_refused(cli, released):
    assert cli("withdraw", released / "out", *by(released, "Ben", "risk_head"), "--reason", "found wrong").code == 0
    with pytest.raises(HandoffRefusedError):
        ask(released)


def test_a_dossier_that_nobody_released_is_refused(released, small_once):
    shutil.copytree(small_once / "out", released / "draft")
    with pytest.raises(HandoffRefusedError):
        require(released / "draft", trust_file=released / "trust.yaml", artifact=released / "files")


def test_another_trust_file_than_the_pinned_one_is_refused(released):
    with pytest.raises(IntegrityError, match="not the one that was pinned"):
        ask(released, trust_pin="0" * 64)


def test_a_dossier_that_is_not_there_is_an_error_and_no_allowance(released):
    with pytest.raises((EvidenceError, cardwright.CardwrightError)):
        require(released / "nowhere", trust_file=released / "trust.yaml")
