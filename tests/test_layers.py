"""The walls of the house: who may import whom, and who may touch the disk, print or exit.

Each room may import the rooms it is listed with, and no others. The table is ordered from the roof to the ground, and a row names
only rows below it, so that every arrow points down; imports for type checking count like any other.
"""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "cardwright"
MODULES = sorted(SOURCE.rglob("*.py"))

ROOMS: dict[str, frozenset[str]] = {
    room: frozenset(may.split())
    for room, may in {
        # What cli prints on standard error is masked: `privacy/showing`.
        # `power` plans a size before there is evidence, which is a formula and nothing else: `statistics`.
        "cli": "integrations desk handoff run plan attest dossier documents policy evaluators engines sources privacy files record statistics errors",
        # What other teams' tools call or are sent: it asks a folder of dossiers or a desk, hashes what they would load, makes the
        # documents that are published, and reaches no host that nobody allowed: `sources/network`.
        "integrations": "desk run attest dossier documents policy sources files record errors",
        "desk": "run attest dossier documents policy files record errors",
        # A result gives its figures, for a notebook.
        "handoff": "run plan attest dossier documents policy engines sources record errors",
        "testing": "evaluators record",
        "metrics": "evaluators sources record errors",
        "run": "plan attest dossier documents policy evaluators sources privacy files record errors",
        "plan": "dossier policy evaluators sources files record errors",
        "attest": "dossier policy files record errors",
        "dossier": "policy files record errors",
        "documents": "files record errors",
        "policy": "files record errors",
        "evaluators": "sources privacy record statistics errors",
        # An engine opens files as rows; what it does with a batch it is handed, so that it knows no evaluator and none knows it.
        "engines": "sources files record errors",
        # An error of a loader names a column or a value only if `privacy/showing` lets it through.
        "sources": "privacy record errors",
        "privacy": "record errors",
        "files": "record errors",
        "record": "errors",
        "statistics": "",
        "errors": "",
    }.items()
}
LOOSE = {"handoff", "testing", "metrics", "errors"}
"""The only modules at the top besides the package itself."""
DISK = ("sources", "files", "dossier", "attest/keys", "desk", "integrations", "cli")
"""Who may touch the disk."""
MAY_LOOK = {"plan/scaffold": {"exists"}, "plan/assessment": {"is_dir"}, "run/prepare": {"exists", "stat"},
            "record/detail_fields": {"get_data"}, "privacy/secret_forms": {"get_data"},
            "privacy/heading_words": {"get_data"}, "plan/card_sections": {"get_data"},
            "run/require": {"is_file"}}  # fmt: skip
"""Asking whether a path is there reads no evidence; a table that is part of the package comes through the package's loader."""
SHARED_NAMES = {
    "Table": "`kind: table` of a plan is a source, `tables` of an evaluation are a record's: each is the word of its file format",
}
"""Class names that stand twice in the package, and why; every other name says which class is meant wherever it is read."""
TOUCHES = {
    "open", "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink", "rename", "replace_file", "iterdir",
    "rglob", "exists", "is_file", "is_dir", "stat", "touch", "copy2", "copytree", "rmtree", "mkstemp", "mkdtemp", "samefile",
    "get_data",
}  # fmt: skip


def name(path: Path) -> str:
    """A module's path in the package: `record/base`, and `record` for its face."""
    return path.relative_to(SOURCE).with_suffix("").as_posix().removesuffix("/__init__")


NAMES = {name(path) for path in MODULES}


def imports(path: Path) -> set[str]:
    """Our own modules that a module imports, anywhere in it, for type checking too."""
    dotted: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            dotted |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)} has a relative import"
            dotted |= {f"{node.module}.{alias.name}" for alias in node.names}
    ours = {word.removeprefix("cardwright.").replace(".", "/") for word in dotted if word.startswith("cardwright.")}
    return {_module(word) for word in ours} - {name(path), ""}


def _module(word: str) -> str:
    while word and word not in NAMES:
        word = word.rpartition("/")[0]
    return word


def room(module: str) -> str:
    return module.partition("/")[0]


def test_every_room_of_the_table_is_there_and_every_module_is_in_one():
    assert {room(module) for module in NAMES} - {"__init__"} == {*ROOMS}


def test_no_module_stands_loose_at_the_top():
    assert {path.stem for path in SOURCE.glob("*.py")} == {*LOOSE, "__init__"}


def test_the_table_has_no_arrow_up():
    order = [*ROOMS]
    assert not [(r, may) for r in ROOMS for may in ROOMS[r] if order.index(may) <= order.index(r)]


def test_the_documentation_draws_the_same_house():
    page = (SOURCE.parent.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in page.splitlines() if re.match(r"\| `", line)]
    drawn = {re.findall(r"`(\w+)`", first)[0]: frozenset(re.findall(r"`(\w+)`", last)) for first, _, last in rows}
    assert [*drawn] == [*ROOMS]
    assert drawn == ROOMS


@pytest.mark.parametrize("wall", ROOMS)
def test_a_room_imports_only_the_rooms_it_may(wall):
    strangers = {
        f"{module} imports {other}"
        for path in MODULES
        if room(module := name(path)) == wall
        for other in imports(path)
        if room(other) not in {wall, *ROOMS[wall]}
    }
    assert strangers == set()


@pytest.mark.parametrize("wall", ROOMS)
def test_a_room_imports_every_room_that_the_table_grants_it(wall):
    used = {room(other) for path in MODULES if room(name(path)) == wall for other in imports(path)}
    assert ROOMS[wall] - used == set(), "take it out of the table: a grant that nobody uses hides the next arrow"


def test_no_modules_import_each_other_in_a_circle():
    arrows = {name(path): imports(path) for path in MODULES}
    while leaves := {module for module, to in arrows.items() if not to & arrows.keys()}:
        for module in leaves:
            del arrows[module]
    while roots := arrows.keys() - {other for to in arrows.values() for other in to}:
        for module in roots:
            del arrows[module]
    assert {module: sorted(to & arrows.keys()) for module, to in arrows.items()} == {}


def test_a_class_name_stands_once_in_the_package():
    classes = Counter(
        node.name
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    assert sorted(name for name, count in classes.items() if count > 1) == sorted(SHARED_NAMES)


def test_sibling_evaluators_never_import_each_other():
    def folder(module: str) -> str:
        parts = module.split("/")
        return parts[1] if len(parts) > 1 and parts[0] == "evaluators" else ""

    shared = {"", "rows", "interface", "registry"}
    assert not [
        f"{module} imports {other}"
        for path in MODULES
        if folder(module := name(path)) not in shared
        for other in imports(path)
        if folder(other) not in {*shared, folder(module)}
    ]


def test_rules_know_what_is_judged_and_never_who_judges():
    """A kind of requirement is added without a look at the gate: its file imports what the rules share, and no other part of policy."""
    shared = ("policy/rules", "policy/judging", "policy/canonical_form")
    assert not [
        f"{module} imports {other}"
        for path in MODULES
        if (module := name(path)).startswith(("policy/rules", "policy/judging"))
        for other in imports(path)
        if room(other) == "policy" and not other.startswith(shared)
    ]


@pytest.mark.parametrize("path", [p for p in MODULES if not name(p).startswith(DISK)], ids=name)
def test_only_the_named_modules_touch_the_disk(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute | ast.Name)
        # An attachment of a PDF that is in memory, or in a file without a name that the store has made, is no file on the disk.
        and not re.search(r"pikepdf\.open\((io\.BytesIO|file\))|get_file\(\)\.read_bytes", ast.unparse(node))
    }
    assert not (called & TOUCHES) - MAY_LOOK.get(name(path), set())


@pytest.mark.parametrize("path", [p for p in MODULES if room(name(p)) != "cli"], ids=name)
def test_only_the_command_line_prints_or_exits(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("print", "exit", "quit", "input"), f"line {node.lineno}"
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("sys.exit", "os._exit", "typer.echo"):
            raise AssertionError(f"line {node.lineno}")
