"""`make test-fast` runs the tests that mirror what changed, and the core's."""

from pathlib import Path

import pytest
from tests.changed import CORE, selection

ROOT = Path(__file__).parent.parent


def more(*files):
    return sorted({*selection(files, root=ROOT)} - {*selection((), root=ROOT)})


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("src/cardwright/cli/options.py", ["src/cardwright/cli/options.py", "tests/cli/test_options.py"]),
        ("src/cardwright/evaluators/slices/__init__.py", ["src/cardwright/evaluators/slices/__init__.py", "tests/evaluators/slices"]),
        ("policies/research.yaml", ["tests/policy"]),
        ("tests/cli/test_options.py", ["tests/cli/test_options.py"]),
        ("README.md", []),
    ],
)  # fmt: skip
def test_the_tests_of_a_file_are_those_that_mirror_it(file, expected):
    assert [test for test in more(file) if test not in CORE] == expected


def test_a_file_without_a_mirror_is_tested_by_its_room():
    assert "tests/attest" in more("src/cardwright/attest/none_of_this_name.py")


def test_a_test_inside_a_folder_that_runs_anyway_is_not_named_again():
    assert more("tests/record/test_canonical.py") == []


def test_every_test_of_the_core_is_there():
    assert [test for test in CORE if not (ROOT / test).exists()] == []
