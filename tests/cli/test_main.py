"""The command line as a whole."""

from __future__ import annotations

import pytest

from cardwright.cli.main import GROUPS


def test_words_that_are_no_command_end_with_2(cli):
    assert cli("rnu").code == 2
    assert cli("gate").code == 2


@pytest.mark.parametrize("words", [(), *[(group,) for group in GROUPS]], ids=" ".join)
def test_help_lists_each_command_with_a_whole_sentence_at_80_columns(cli, monkeypatch, words):
    monkeypatch.setenv("COLUMNS", "80")
    listed = cli(*words, "--help").out.partition("Commands:\n")[2].splitlines()
    assert listed
    assert [line for line in listed if not line.endswith(".") or line.endswith("...") or len(line) > 80] == []


@pytest.mark.parametrize("words", [(), ("keys",)], ids=" ".join)
def test_without_a_command_help_is_shown_and_nothing_is_done(cli, words):
    ran = cli(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Usage: cardwright")
    assert "Commands:" in ran.err


@pytest.mark.parametrize("words", [("--help", "gate"), ("-h", "gate", "out")], ids=" ".join)
def test_help_before_a_command_lists_all_and_runs_none(cli, words):
    ran = cli(*words)
    assert ran.code == 0
    assert "  gate " in ran.out
