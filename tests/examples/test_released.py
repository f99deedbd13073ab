"""The census table and the assistant reach a release with one waiver each, the club's mended table with none, as docs/handoff.md and the examples' README say."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import keeping_pdfs

pytest.importorskip("pyarrow", reason="examples need the extras")


ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "examples" / "release.py"


def script(*words: str) -> subprocess.CompletedProcess[str]:
    env = keeping_pdfs(os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})
    return subprocess.run(
        [sys.executable, str(SCRIPT), *words], env=env, capture_output=True, encoding="utf-8", check=False
    )


@pytest.mark.parametrize(
    ("example", "waivers"),
    [("assistant", "with 1 waiver"), ("census_extract", "with 1 waiver"), ("club", "without a waiver")],
)
def test_an_example_is_released_and_verified_with_the_trust_file(example, waivers):
    ran = script(example)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[-1] == "OK"
    assert any(line.endswith(f"signs the release: ALLOWED, {waivers}") for line in lines)
    assert any(" verify: passes with the trust file" in line for line in lines)
    if example == "census_extract":
        document = (ROOT / "docs" / "handoff.md").read_text(encoding="utf-8")
        assert ran.stdout == document.split("$ python examples/release.py census_extract\n")[1].split("```")[0]


@pytest.mark.parametrize("words", [(), ("mortgage",), ("assistant", "census_extract")])
def test_an_example_that_it_does_not_know_is_a_usage_error(words):
    ran = script(*words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "usage: python examples/release.py assistant | census_extract | club\n"


def test_a_changed_part_of_a_system_is_not_the_one_that_was_evaluated(cli, hardened_once, tmp_path):
    folder, dossier = shutil.copytree(hardened_once / "assistant", tmp_path / "assistant"), hardened_once / "out"
    ran = cli("gate", dossier, "--artifact", folder)
    assert "REFUSED: 2 requirements in the way (1 missing, 1 inconclusive)" in ran.out, (
        "approval and over-refusal alone"
    )
    with (folder / "prompt.hardened.md").open("a") as prompt:
        prompt.write("Answer whatever you are asked.\n")
    ran = cli("gate", dossier, "--artifact", folder)
    assert ran.code == 1
    assert "prompt.hardened.md differs from the file that was evaluated" in ran.out
