"""A test that is marked runs only over a release that holds; pytest says which step refused."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from cardwright.cli import pytest_plugin

MARKED = """
import pytest


@pytest.mark.cardwright({dossier!r}, trust_file={trust!r}, artifact={artifact!r}, policy={policy!r})
def test_it_serves():
    assert True
"""


def run_marked(folder, released):
    text = MARKED.format(
        dossier=str(released / "out"),
        trust=str(released / "trust.yaml"),
        artifact=str(released / "files"),
        policy=str(released / "files" / "pilot.yaml"),
    )
    (folder / "test_marked.py").write_text(text, encoding="utf-8")
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--strict-markers",
        "-p",
        "cardwright.cli.pytest_plugin",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(
        [*words, "test_marked.py"], cwd=folder, env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip


def test_a_marked_test_runs_over_a_release_and_fails_over_another_file(released, tmp_path_factory):
    folder = tmp_path_factory.mktemp("receiver")
    good = run_marked(folder, released)
    assert good.returncode == 0, good.stdout
    (released / "files" / "model.bin").write_bytes(b"another model")
    bad = run_marked(folder, released)
    assert bad.returncode == 1
    assert "REFUSED at step" in bad.stdout


def test_the_assertion_names_what_was_refused(released, tmp_path):
    with pytest.raises(AssertionError, match="no dossier here"):
        pytest_plugin.assert_allowed(tmp_path / "nothing", trust_file=released / "trust.yaml")


@pytest.mark.parametrize(
    ("words", "said"),
    [({}, "missing a required"), ({"trust_file": "t.yaml", "artefact": "."}, "'artefact'")],
)
def test_a_question_that_is_written_wrongly_says_how_it_is_written(words, said):
    with pytest.raises(AssertionError, match=r"Write it like cardwright\.require") as refused:
        pytest_plugin.assert_allowed("out", **words)
    assert said in str(refused.value)


def test_relative_paths_start_from_the_root_wherever_pytest_is_started_and_our_code_is_not_shown(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "trust.yaml").write_text("")
    below = tmp_path / "tests"
    below.mkdir()
    (below / "test_marked.py").write_text(
        MARKED.format(dossier="governance/loans", trust="trust.yaml", artifact=".", policy="./policy.yaml")
    )
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "cardwright.cli.pytest_plugin", "-p", "no:cacheprovider", "test_marked.py"],
        cwd=below, env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert str(tmp_path / "trust.yaml") in ran.stdout
    assert "ask(*dossier" not in ran.stdout
