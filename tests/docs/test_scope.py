"""Every item of the scope is answered, and whatever an answer names is there."""

import re
from collections import Counter
from pathlib import Path

import pytest
from tests.conftest import command

from cardwright.cli.main import COMMANDS
from cardwright.cli.options import documents_known, exports_known
from cardwright.evaluators.registry import available
from cardwright.files import packaged
from cardwright.record.details import FIELDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scope.md").read_text(encoding="utf-8")
ITEMS = {
    "S2": 14,
    "S3": 37,
    "S4": 21,
    "S5": 30,
    "S6": 31,
    "S7": 18,
    "S10": 30,
    "S11": 28,
    "S12": 24,
    "S13": 19,
    "S16": 29,
    "S17": 15,
    "S18": 19,
}
"""How many items each section of the list has."""
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if re.match(r"\| S\d+\.\d\d ", line)
]
NAMED = sorted({(kind, name) for row in ROWS for kind, name in re.findall(r"(\w+) `([^`]+)`", row[2])})


def known(kind):
    """What can be named of a kind."""
    return {
        "evaluator": lambda: {*available()},
        "policy": lambda: {*packaged.names("policies")},
        "command": lambda: {f"cardwright {name}" for name in COMMANDS},
        "checklist": lambda: {*packaged.names("checklists")},
        "field": lambda: {*FIELDS},
        "document": lambda: {*documents_known()},
        "export": lambda: {*exports_known()},
        "kind": lambda: {path.name for path in (ROOT / "card_templates" / "kinds").iterdir()},
    }[kind]()


def test_every_item_is_answered_once():
    assert sum(ITEMS.values()) == len(ROWS) == 315
    assert [row[0] for row in ROWS] == [
        f"{section}.{n:02}" for section, count in ITEMS.items() for n in range(1, count + 1)
    ]


def test_an_answer_is_one_of_three_and_says_by_what_or_why_not():
    for id_, answer, by, remains in ROWS:
        assert answer in ("works", "partial", "not modelled"), id_
        assert bool(by) == (answer != "not modelled"), id_
        assert answer == "works" or remains, f"{id_} does not say what is missing"


def test_the_sums_are_those_of_the_rows():
    counted = Counter(row[1] for row in ROWS)
    assert {
        name: int(n) for name, n in re.findall(r"^\| (works|partial|not modelled) \| (\d+) \|$", PAGE, re.M)
    } == counted


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in NAMED}))
def test_whatever_an_answer_names_is_there(kind):
    assert {name for of, name in NAMED if of == kind} - known(kind) == set()


@pytest.mark.parametrize("name", sorted(name for kind, name in NAMED if kind == "checklist"))
def test_a_checklist_that_is_named_can_be_shown(name):
    assert command("checklist", "show", name).code == 0


@pytest.mark.parametrize("name", sorted(name for kind, name in NAMED if kind == "command"))
def test_a_command_that_is_named_explains_itself(name):
    ran = command(*name.split()[1:], "--help")
    assert (ran.code, "Usage:" in ran.out) == (0, True)
