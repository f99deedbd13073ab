"""Output that nobody reads, or for which there is no room, changes no exit code for the better and gives no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.test_core_alone import dossier

COMMAND = [sys.executable, "-m", "cardwright.cli.main"]


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """A dossier that the policy `production` refuses."""
    return dossier(tmp_path_factory.mktemp("console") / "d")


def started(words, **streams):
    return subprocess.run([*COMMAND, *map(str, words)], check=False, timeout=120, **streams)


def test_a_refusal_whose_reader_has_left_is_still_a_refusal(refused):
    process = subprocess.Popen(
        [*COMMAND, "gate", refused, "--policy", "production", "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    assert (process.wait(), process.stderr.read()) == (1, b"")
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
@pytest.mark.parametrize("words", [("gate", "--policy", "production"), ("status",), ("schema", "record"), ("--help",)])
def test_output_for_which_there_is_no_room_is_an_error_in_one_line(refused, words):
    words = [words[0], refused, *words[1:]] if words[0] in ("gate", "status") else words
    with Path("/dev/full").open("wb") as full:
        ran = started(words, stdout=full, stderr=subprocess.PIPE)
    assert ran.returncode == 4
    assert ran.stderr == b"cardwright: the output cannot be written. Make room, or write it elsewhere.\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_an_error_that_cannot_be_written_keeps_its_exit_code(tmp_path):
    with Path("/dev/full").open("wb") as full:
        ran = started(["gate", tmp_path / "nothing"], stdout=full, stderr=full)
    assert ran.returncode == 3


def test_a_process_without_standard_output_ends_with_the_exit_code_of_its_verdict(refused):
    ran = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *COMMAND, "gate", refused, "--policy", "production"],
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert (ran.returncode, ran.stderr) == (1, b"")
