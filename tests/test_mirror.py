"""Tests mirror the source file for file: `src/cardwright/a/b.py` is tested in `tests/a/test_b.py`."""

from pathlib import Path

TESTS = Path(__file__).parent
SOURCE = TESTS.parent / "src" / "cardwright"


def modules() -> set[str]:
    return {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if path.name not in ("__init__.py", "__main__.py")
    }


def mirrored(module: str) -> bool:
    path = TESTS / module
    return path.with_name(f"test_{path.name}").exists()


def test_every_module_has_a_test_of_its_name():
    assert {module for module in modules() if not mirrored(module)} == set(), "write a test of this name"
