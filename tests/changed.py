"""Which tests to run for what changed: `python tests/changed.py` prints them, and `make test-fast` runs them.

Tests mirror the source file for file, so the tests of `src/cardwright/a/b.py` are `tests/a/test_b.py`, or the folder `tests/a/b`.
What is changed is the working tree and its commits since it left `main`; the core runs always. It is a selection, for while you
work: whoever depends on what you changed is tested by `make test`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent

CORE = (
    "tests/test_layers.py",
    "tests/test_core_alone.py",
    "tests/test_public_names.py",
    "tests/record",
    "tests/policy/test_gate.py",
    "tests/dossier/test_store.py",
)
"""The walls, the values, the gate's one property and the store: what a change must not break wherever it is."""

DATA = {
    "policies": "tests/policy",
    "checklists": "tests/policy",
    "card_templates": "tests/documents",
    "docs": "tests/docs",
}
"""Folders that hold data, and the tests that read all of it."""


def changed(base: str) -> list[str]:
    """Files that differ from where this branch left `base`, with those that Git does not know yet."""
    fork = _git("merge-base", base, "HEAD")[0]
    return sorted({*_git("diff", "--name-only", fork), *_git("ls-files", "--others", "--exclude-standard")})


def selection(files: Iterable[str], *, root: Path = ROOT) -> list[str]:
    """The core's tests and those of changed files, none twice and none inside another."""
    wanted = {*CORE, *(test for file in files for test in _of(Path(file), root))}
    there = sorted(test for test in wanted if (root / test).exists())
    return [test for test in there if not any(test.startswith(f"{other}/") for other in there)]


def _of(file: Path, root: Path) -> list[str]:
    top = file.parts[0]
    if file.parts[:2] == ("docs", "guides"):
        return [f"tests/guides/test_{file.stem}.py"]
    if top in DATA:
        return [DATA[top]]
    if top == "tests":
        return [file.as_posix()] if file.name.startswith("test_") and file.suffix == ".py" else []
    if file.parts[:2] != ("src", "cardwright"):
        return []
    inside = Path(*file.parts[2:])
    if inside.name == "__init__.py":
        inside = inside.parent
    mirror = Path("tests") / inside.parent / f"test_{inside.stem}.py"
    if (root / mirror).exists():
        return [mirror.as_posix(), file.as_posix()]  # the file itself for the examples in its docstrings
    folder = Path("tests") / inside.with_suffix("")
    while folder != Path("tests") and not (root / folder).is_dir():
        folder = folder.parent
    return [folder.as_posix(), file.as_posix()] if folder != Path("tests") else [file.as_posix()]


def _git(*words: str) -> list[str]:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:-1]


if __name__ == "__main__":
    print(" ".join(selection(changed(os.environ.get("BASE", "main")))))
