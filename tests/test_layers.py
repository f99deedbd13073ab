"""The walls of the house: who may import whom, and who may touch the disk, print or exit."""

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "cardwright"
MODULES = sorted(SOURCE.rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(SOURCE).with_suffix("").as_posix()


def imports(path: Path) -> set[str]:
    """Our own modules that a module imports, anywhere in it, as paths like `record/base`; not those for type checking only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)} has a relative import"
            module = node.module or ""
            found.add(module)
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return {
        word.removeprefix("cardwright").removeprefix(".").replace(".", "/") or "__init__"
        for word in found
        if word.split(".")[0] == "cardwright"
    }


def inside(module: str, *rooms: str) -> bool:
    return any(module == room or module.startswith(room + "/") for room in rooms)


@pytest.mark.parametrize("path", [p for p in MODULES if inside(name(p), "record")], ids=name)
def test_a_record_imports_nothing_of_ours_but_errors(path):
    assert not {m for m in imports(path) if not inside(m, "record", "errors", "__init__")}


@pytest.mark.parametrize("path", [p for p in MODULES if inside(name(p), "statistics")], ids=name)
def test_statistics_imports_nothing_of_ours(path):
    assert not {m for m in imports(path) if not inside(m, "statistics", "__init__")}


@pytest.mark.parametrize("path", [p for p in MODULES if inside(name(p), "policy")], ids=name)
def test_a_policy_knows_neither_evaluators_nor_sources_nor_documents(path):
    assert not {m for m in imports(path) if inside(m, "evaluators", "sources", "documents")}


@pytest.mark.parametrize("path", [p for p in MODULES if inside(name(p), "documents")], ids=name)
def test_documents_know_neither_evaluators_nor_sources_nor_policies(path):
    assert not {m for m in imports(path) if inside(m, "evaluators", "sources", "policy")}


@pytest.mark.parametrize("path", [p for p in MODULES if inside(name(p), "ci", "comparison")], ids=name)
def test_what_is_told_of_a_verdict_or_of_two_records_is_made_of_values_alone(path):
    assert not {m for m in imports(path) if not inside(m, "ci", "record", "errors", "__init__", "__version__")}


MAY_TOUCH_THE_DISK = ("sources", "resources", "store", "attest/keys", "cli")
# Asking whether a path is there reads no evidence.
MAY_LOOK = {"scaffold": {"exists"}, "assessment": {"is_dir"}, "assemble": {"exists", "stat"}}
TOUCHES = {
    "open", "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink", "rename", "replace_file", "iterdir",
    "rglob", "exists", "is_file", "is_dir", "stat", "touch", "copy2", "copytree", "rmtree", "mkstemp", "mkdtemp", "samefile",
}  # fmt: skip


@pytest.mark.parametrize("path", [p for p in MODULES if not inside(name(p), *MAY_TOUCH_THE_DISK)], ids=name)
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


@pytest.mark.parametrize("path", [p for p in MODULES if name(p) != "cli"], ids=name)
def test_only_the_command_line_prints_or_exits(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("print", "exit", "quit", "input"), f"line {node.lineno}"
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("sys.exit", "os._exit", "typer.echo"):
            raise AssertionError(f"line {node.lineno}")
