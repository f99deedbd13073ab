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
    assert len(listed) > 1
    assert [line for line in listed if not line.endswith(".") or line.endswith("...") or len(line) > 80] == []
