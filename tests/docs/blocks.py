"""Examples in prose: the code blocks of a Markdown file, and how they are run.

A comment before a block says what cannot be seen in it; readers of the page do not see the comment.

==============================  =================================================================================
`<!-- not run: why -->`         the block is not run; `tests/docs/test_examples.py` counts these
`<!-- exit: 1 -->`              the exit code that the last command of the block ends with, or those of all, `0 1 0`; 0 if nothing is said
`<!-- part of: policy#Rule -->` a YAML block of some keys of that definition, or of the whole format (`policy`), or a list of such
==============================  =================================================================================

After the language of a block, `file=PATH` says that the block is that file, `append=PATH` that it goes to its end, and a `diff` block
with `file=PATH` changes it: lines that begin with a blank or `-` are there, and those with `+` take the place of the latter.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
DATA = ("card_templates", "checklists", "policies")
ELLIPSIS = re.compile(r"\.\.\.|…")


@dataclass(frozen=True)
class Block:
    """A code block of a page."""

    page: Path
    line: int
    language: str
    text: str
    not_run: str | None = None
    """Why it is not run."""
    exits: tuple[int, ...] = ()
    """The exit codes of its last commands, in order; those before them end with 0."""
    part_of: str | None = None
    file: str | None = None
    append: str | None = None

    @property
    def where(self) -> str:
        """How a failure names it."""
        page = self.page.relative_to(ROOT) if self.page.is_relative_to(ROOT) else self.page
        return f"{page}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A command of a console block, and the output that the page shows for it; None where it shows none."""

    text: str
    shown: str | None


def blocks(page: Path) -> tuple[Block, ...]:
    """The code blocks of a Markdown file, in order, with the comments that stand directly before them."""
    found: list[Block] = []
    said: dict[str, str] = {}
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "html_block":
            said |= {
                key: " ".join(text.split())
                for key, text in re.findall(r"<!-- ([a-z ]+): (.*?) -->", token.content, re.DOTALL)
            }
        elif token.type == "fence":
            language, *words = token.info.split() or [""]
            options = dict(word.split("=", 1) for word in words if "=" in word)
            found.append(
                Block(
                    page=page,
                    line=token.map[0] + 1,
                    language=language,
                    text=token.content,
                    not_run=said.get("not run"),
                    exits=tuple(int(code) for code in said.get("exit", "").split()),
                    part_of=said.get("part of"),
                    file=options.get("file"),
                    append=options.get("append"),
                )
            )
            said = {}
        elif token.type != "inline" and token.nesting >= 0:
            said = {}
    return tuple(found)


def commands(block: Block) -> tuple[Command, ...]:
    """The commands of a console block: each begins with `$ ` and goes on after `> `, a backslash, or in a here-document."""
    found: list[Command] = []
    lines = block.text.splitlines()
    while lines:
        line = lines.pop(0)
        if not line.startswith("$ "):
            assert not line.strip(), f"{block.where}: {line!r} stands before any command"
            continue
        text = [line[2:]]
        end = re.search(r"<<\s*'?(\w+)'?", line)
        while lines and (lines[0].startswith("> ") or text[-1].endswith("\\") or (end and text[-1] != end[1])):
            text.append(lines.pop(0).removeprefix("> "))
        shown: list[str] = []
        while lines and not lines[0].startswith("$ "):
            shown.append(lines.pop(0))
        output = "\n".join(shown).strip("\n")
        found.append(Command("\n".join(text), output or None))
    return tuple(found)


def same(shown: str, printed: str) -> bool:
    """Whether a page shows what was printed; `...` and `…` stand for anything, and blanks at the ends of lines for nothing."""

    def plain(text: str) -> str:
        return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())

    pattern = ".*?".join(re.escape(part) for part in ELLIPSIS.split(plain(shown)))
    return re.fullmatch(pattern, plain(printed), re.DOTALL) is not None


def copied(place: Path, *more: str) -> Path:
    """A copy of what the program is made from, with further files or folders of the checkout.

    Where the tests run against an installed wheel there is no `src`; the program is then taken from where it is installed.
    """
    import cardwright

    project = place / "project"
    package = Path(cardwright.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__", ".mypy_cache", *DATA)
    # With its bytecode, which each of many commands would else compile again.
    shutil.copytree(package, project / "src" / "cardwright", ignore=shutil.ignore_patterns(".mypy_cache", *DATA))
    for name in (*DATA, "pyproject.toml", *more):
        source = ROOT / name
        target = project / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=ignored)
        else:
            shutil.copy2(source, target)
    return project


def commit(project: Path) -> None:
    """Put the copy's examples under version control, since provenance asks for a commit."""
    who = ["-c", "user.name=Example", "-c", "user.email=example@example.com"]
    for words in (["init", "-q"], ["add", "examples"], [*who, "commit", "-q", "-m", "Example"]):
        subprocess.run(["git", *words], cwd=project, env=environment(project), check=True, capture_output=True)


def environment(project: Path) -> dict[str, str]:
    """The environment in which commands run: the project's code, its evaluators, and `cardwright` and `python` on the path."""
    bin_ = project / ".bin"
    bin_.mkdir(exist_ok=True)
    for name, words in (("python", ""), ("cardwright", " -m cardwright.cli.main")):
        script = bin_ / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}"{words} "$@"\n')
        script.chmod(0o755)
    hidden = {"PYTHONPATH", "SOURCE_DATE_EPOCH", "GITHUB_ACTIONS", "FORCE_COLOR"}
    return {
        **{key: value for key, value in os.environ.items() if key not in hidden},
        "PATH": f"{bin_}{os.pathsep}{os.environ.get('PATH', '')}",
        # Each PDF of a test run is made once, if it has a folder for them.
        "PYTHONPATH": f"{project / 'src'}{os.pathsep}{ROOT / 'tests' / 'kept_pdfs'}",
        "CARDWRIGHT_PASSPHRASE": "correct horse battery staple",
        "CI": "1",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }


def run(block: Block, project: Path) -> None:
    """Run the commands of a console block in the project's folder, and compare what they print and how they end.

    Each ends with exit code 0, but the last ones with those that the comment before the block names.
    """
    asked = commands(block)
    expected = [0] * (len(asked) - len(block.exits)) + list(block.exits)
    for command, code in zip(asked, expected, strict=True):
        done = subprocess.run(
            ["bash", "-c", command.text],
            cwd=project,
            env=environment(project),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        told = f"{block.where}: $ {command.text}\n{done.stdout}{done.stderr}"
        assert done.returncode == code, f"ended with {done.returncode}, not {code}; {told}"
        if command.shown is not None:
            assert same(command.shown, done.stdout + done.stderr) or same(command.shown, done.stdout), (
                f"printed something else; {told}"
            )


PYTHON = """
import json, os, sys, traceback
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what the blocks print goes beside the answers
names = {"__name__": "__main__"}
for line in sys.stdin:
    try:
        exec(json.loads(line), names)
        said = ""
    except BaseException:
        said = traceback.format_exc()
    print(json.dumps(said), file=answers, flush=True)
"""


@contextmanager
def python_of(project: Path) -> Iterator[Callable[[Block], None]]:
    """Runs the Python blocks of a page one after the other in a process of their own: nothing of one page reaches another."""
    started: list[subprocess.Popen[str]] = []

    def run_python(block: Block) -> None:
        if not started:
            command = ["bash", "-c", 'exec python -c "$0"', PYTHON]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            started.append(subprocess.Popen(command, cwd=project, env=environment(project), encoding="utf-8", **pipes))
        (process,) = started
        process.stdin.write(json.dumps(block.text) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        assert answer, f"{block.where}: it ended Python"
        assert json.loads(answer) == "", f"{block.where}: {json.loads(answer)}"

    try:
        yield run_python
    finally:
        for process in started:
            process.stdin.close()
            process.stdout.close()
            process.wait()


def write(block: Block, project: Path) -> None:
    """Make the file that a block is, or the change that it describes."""
    if block.append is not None:
        path = project / block.append
        assert path.is_file(), f"{block.where}: {block.append} is not there"
        path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + "\n" + block.text, encoding="utf-8")
        return
    assert block.file is not None
    path = project / block.file
    if block.language != "diff":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
        return
    lines = block.text.splitlines()
    before = "\n".join(line[1:] for line in lines if not line.startswith("+"))
    after = "\n".join(line[1:] for line in lines if not line.startswith("-"))
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, (
        f"{block.where}: {block.file} holds these lines {text.count(before)} times, not once"
    )
    path.write_text(text.replace(before, after), encoding="utf-8")
