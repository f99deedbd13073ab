"""The reference is made from the code and says something about everything in it."""

import sys

import typer
from tests.docs.blocks import ROOT

sys.path.insert(0, str(ROOT / "docs" / "_site"))

import pages

from cardwright.cli import schemas
from cardwright.cli.main import app


def test_every_option_of_our_evaluators_is_described():
    assert pages.undescribed_options() == []


def test_every_command_and_each_of_its_options_has_words():
    found = list(pages._commands(typer.main.get_command(app()), ("cardwright",)))
    assert [words for words, command in found if not command.help] == []
    assert [(words, p.name) for words, command in found for p in command.params if not getattr(p, "help", "x")] == []
    assert all(f"## `{' '.join(words)}`" in pages.commands() for words, _ in found)


def test_every_file_format_has_a_page_that_explains_each_of_its_keys():
    made = pages.every()
    for name in schemas.FORMATS:
        unexplained = [
            line for line in made[f"{name}.md"].splitlines() if line.startswith("| `") and line.endswith("|  |")
        ]
        assert unexplained == [], name
