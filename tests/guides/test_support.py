"""Every guide has its test, and guides are followed as they are written."""

import dataclasses
from pathlib import Path

import pytest
from tests.docs.blocks import ROOT
from tests.guides import support

OF_NO_CHANGE = {"index", "writing"}


def test_every_guide_has_a_test_that_follows_it():
    guides = {path.stem for path in support.GUIDES.glob("*.md")} - OF_NO_CHANGE
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert {guide for guide in guides if f'follow("{guide}"' not in tests} == set()


def test_a_guide_makes_files_changes_them_and_runs_commands(tmp_path, monkeypatch):
    monkeypatch.setattr(support, "GUIDES", tmp_path)
    (tmp_path / "example.md").write_text(
        "```text file=notes/one.txt\nfirst\nsecond\n```\n\n"
        "```diff file=notes/one.txt\n first\n-second\n+third\n```\n\n"
        "```text append=notes/one.txt\nlast\n```\n\n"
        "<!-- exit: 1 -->\n```console\n$ cat notes/one.txt\nfirst\n...\nlast\n$ grep second notes/one.txt\n```\n",
        encoding="utf-8",
    )
    project = support.follow("example", tmp_path)
    assert (project / "notes/one.txt").read_text() == "first\nthird\nlast\n"


def test_a_guide_whose_change_does_not_fit_is_named_with_its_line(tmp_path, monkeypatch):
    monkeypatch.setattr(support, "GUIDES", ROOT / "docs" / "guides")
    block = support.blocks(support.GUIDES / "writing.md")[0]
    stale = dataclasses.replace(block, language="diff", file="pyproject.toml", text="-no such line\n+another\n")
    with pytest.raises(AssertionError, match=r"writing\.md:\d+: pyproject\.toml holds these lines 0 times"):
        support.write(stale, support.copied(tmp_path))


def test_an_evaluator_that_a_guide_declares_is_found_by_the_copy(tmp_path, monkeypatch):
    monkeypatch.setattr(support, "GUIDES", tmp_path)
    (tmp_path / "declared.md").write_text(
        "```diff file=pyproject.toml\n"
        ' performance = "cardwright.evaluators.performance:Performance"\n'
        '+again = "cardwright.evaluators.performance:Performance"\n```\n\n'
        "```console\n$ python -c \"from cardwright.evaluators import registry; print(registry.find('again').name)\"\nperformance\n```\n",
        encoding="utf-8",
    )
    support.follow("declared", tmp_path)
