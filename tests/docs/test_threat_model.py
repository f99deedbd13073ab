"""The table of attacks in the threat model names tests that are there."""

import ast
import re

from tests.docs.blocks import ROOT

PAGE = ROOT / "docs" / "threat-model.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if re.match(r"\| [0-9]+ \|", line)
]


def in_file(path):
    """The names of the tests of a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_attack_has_a_row():
    assert [int(number) for number, *_ in ROWS] == [*range(1, 32)]


def test_every_attack_names_tests_that_are_there():
    for number, attack, cell in ROWS:
        named = re.findall(r"`(tests/[^`:]+)::(test_[^`]+)`", cell)
        assert named, f"{number}: {attack}"
        missing = [f"{path}::{name}" for path, name in named if name not in in_file(path)]
        assert not missing, missing


def test_no_test_is_named_for_two_attacks():
    named = [name for *_, cell in ROWS for name in re.findall(r"::(test_[^`]+)`", cell)]
    assert len(set(named)) == len(named)
