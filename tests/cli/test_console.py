"""Output that nobody reads, or for which there is no room, changes no exit code for the better and gives no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.test_core_alone import dossier

from cardwright.cli import console

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


CARD_IN_IT = "d9e7746fffc6d95f258e9d10c82c4093065267820986e5a2277fc9acd29af23e"
"""A digest in which sixteen digits have the form of a card number, as one of some thousands does."""


def test_a_digest_of_our_own_is_printed_whole_and_words_are_masked(capsys):
    console.Console().say(f"{CARD_IN_IT}: ", console.OwnDigest(CARD_IN_IT), " of 4111 1111 1111 1111")
    printed = capsys.readouterr().out
    assert printed.endswith(f": {CARD_IN_IT} of <CREDIT_CARD>\n")
    assert printed.count(CARD_IN_IT) == 1, "the same digits in somebody's words are masked"


@pytest.mark.parametrize("word", ["", "4111111111111111", CARD_IN_IT.upper(), CARD_IN_IT + "0", CARD_IN_IT + "\n"])
def test_nothing_but_a_digest_is_printed_as_one(word):
    with pytest.raises(ValueError, match="not the digest"):
        console.OwnDigest(word)


def test_a_fingerprint_can_be_compared_whatever_its_digits_are(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("CARDWRIGHT_PASSPHRASE", "correct horse battery staple")
    monkeypatch.setattr("cardwright.attest.keys.fingerprint", lambda key: CARD_IN_IT)
    made = cli("keys", "new", tmp_path / "a.key", "--as", "Ada", "--role", "owner")
    assert f"Fingerprint: {CARD_IN_IT}\n" in made.out
