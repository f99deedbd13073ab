"""The command line as a whole."""

from __future__ import annotations


def test_words_that_are_no_command_end_with_2(cli):
    assert cli("rnu").code == 2
    assert cli("gate").code == 2
