"""Tests mirror the source file for file: `src/cardwright/a/b.py` is tested in `tests/a/test_b.py`."""

from pathlib import Path

TESTS = Path(__file__).parent
SOURCE = TESTS.parent / "src" / "cardwright"
NOT_YET = TESTS / "without_a_test_of_their_name.txt"
"""Modules that only the tests of their callers run. A line goes when its test comes; no line is added."""


def modules() -> set[str]:
    return {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if path.name not in ("__init__.py", "__main__.py")
    }


def mirrored(module: str) -> bool:
    path = TESTS / module
    return path.with_name(f"test_{path.name}").exists()


def test_every_module_has_a_test_of_its_name_or_is_known_to_lack_one():
    listed = NOT_YET.read_text(encoding="utf-8").split()
    assert listed == sorted(set(listed))
    lacking = {module for module in modules() if not mirrored(module)}
    assert lacking - {*listed} == set(), "write a test of this name"
    assert {*listed} - lacking == set(), "take it off the list: its test is there, or the module is gone"
