"""The digits study goes from a signed plan to memo, leaderboard, KPI report and a release that links to the memo."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import keeping_pdfs

pytest.importorskip("pyarrow", reason="examples need the extras")
pytest.importorskip("sklearn", reason="examples need the extras")
pytest.importorskip("skops", reason="a model file needs the tabular extra")

SCRIPT = Path(__file__).parents[2] / "examples" / "research" / "chain.py"


def test_a_release_rests_on_a_memo_whose_plan_was_signed_before_anything_was_trained():
    """Every step ends as it should: what is refused is refused, and nothing of the committed example is changed."""
    before = {path.name for path in (SCRIPT.parent / "second").iterdir()}
    env = keeping_pdfs(os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})
    ran = subprocess.run([sys.executable, str(SCRIPT)], env=env, capture_output=True, encoding="utf-8", check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    said = [line[3:] for line in ran.stdout.splitlines()]
    steps = [
        "experiment plan: ", "30 runs of six configurations trained", "research memo, one run of the candidate dated",
        "research memo: ", "leaderboard: ", "KPI report: ", "model 1.1.0, run: ", "S. Pereira attests", "H. Lindgren approves",
        "verify: passes", "the memo's signatures taken out",
    ]  # fmt: skip
    assert [line[: len(step)] for line, step in zip(said[1:], steps, strict=False)] == steps
    assert ran.stdout.endswith("\nOK\n")
    assert {path.name for path in (SCRIPT.parent / "second").iterdir()} == before
