"""Nothing tells anybody to install Cardwright by its bare name: no index publishes it, so that anybody could take it."""

import re

import pytest
from tests.conftest import ROOT

BARE = re.compile(
    r"""pip3? install [^\n#`();]*?(?<![\w/.$-])cardwright(?!(?:\[[\w,]*\])? ?@)(?=["'`\[=~<>\s]|$)""", re.IGNORECASE
)
PROSE = {".py", ".md", ".yml", ".yaml", ".toml", ".txt", ".html", ".j2", ".ipynb", ""}
SKIPPED = {"out", "build", "dist", "governance", "__pycache__"}
"""What is made, not written; so are folders whose name begins with a dot, but for .ci."""


def files():
    for path in ROOT.rglob("*"):
        folders = path.relative_to(ROOT).parts[:-1]
        made = any(name in SKIPPED or (name.startswith(".") and name != ".ci") for name in folders)
        if path.suffix in PROSE and path.is_file() and not made:
            yield path


@pytest.mark.parametrize(
    ("line", "bare"),
    [
        ("pip install cardwright", True),
        ("pip install -U cardwright", True),
        ("pip install 'cardwright[tabular]'", True),
        ('pip install "cardwright==0.1"', True),
        ("pip install '.[tabular]'", False),
        ('pip install "cardwright[tabular] @ git+https://git.example.org/cardwright@v0.1.0"', False),
        ('pip install "cardwright @ $CARDWRIGHT"', False),
    ],
)
def test_a_bare_name_is_told_from_an_address(line, bare):
    assert bool(BARE.search(line)) is bare


def test_no_file_installs_cardwright_by_its_bare_name():
    found = [
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for path in files()
        if path.name != "test_install_lines.py"
        for hit in BARE.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []
