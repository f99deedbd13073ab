"""Follow a guide in a copy of the project: make its files, make its changes, run its commands, compare what they print.

    from tests.guides import support

    def test_the_guide_adds_an_evaluator(tmp_path):
        project = support.follow("evaluator", tmp_path)
        ...

`docs/guides/writing.md` says how the blocks of a guide are written.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.docs.blocks import ROOT, blocks, copied, run, write

GUIDES = ROOT / "docs" / "guides"


def follow(guide: str, place: Path, *more: str) -> Path:
    """Do what `docs/guides/GUIDE.md` says, block by block, in a copy of the project made in `place`.

    Returns the folder of the copy. It holds `src`, the three data folders and `pyproject.toml`, and what `more` names.
    """
    project = copied(place, *more)
    install(project)
    for block in blocks(GUIDES / f"{guide}.md"):
        if block.not_run is not None or block.part_of is not None:  # tests/docs compares a part with its format
            continue
        if block.file is not None or block.append is not None:
            write(block, project)
            if "pyproject.toml" in (block.file, block.append):
                install(project)
        elif block.language == "console":
            run(block, project)
        else:
            raise AssertionError(f"{block.where}: say `file=PATH` after the language, or why the block is not run")
    return project


def install(project: Path) -> None:
    """Declare the copy's entry points to Python, as `pip install -e .` does, without a network or a build."""
    settings = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    folder = project / "src" / "cardwright-0.dist-info"
    folder.mkdir(exist_ok=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: cardwright\nVersion: 0\n")
    groups = {"console_scripts": settings.get("scripts", {}), **settings.get("entry-points", {})}
    lines = [
        line for group, points in groups.items() for line in (f"[{group}]", *(f"{k} = {v}" for k, v in points.items()))
    ]
    (folder / "entry_points.txt").write_text("\n".join(lines) + "\n")
