"""The mortgage example goes from a refusal to a release and its withdrawal, as docs/handoff.md shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import keeping_pdfs

pytest.importorskip("pyarrow", reason="examples need the extras")

ROOT = Path(__file__).parent.parent.parent
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def test_the_mortgage_example_is_carried_through_as_the_document_shows():
    """Every step ends as it should, and what is printed is what docs/handoff.md shows, whatever the day."""
    script = ROOT / "examples" / "mortgage" / "handoff.py"
    env = keeping_pdfs(os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})
    ran = subprocess.run([sys.executable, str(script)], env=env, capture_output=True, encoding="utf-8", check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.endswith("\nOK\n")
    shown = (ROOT / "docs" / "handoff.md").read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    assert DATE.sub("DATE", ran.stdout) == DATE.sub("DATE", shown)
