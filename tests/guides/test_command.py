"""The guide on adding a command works as written."""

import os
import subprocess
import sys

from tests.guides import support


def test_the_guide_adds_a_command_whose_test_passes(tmp_path):
    project = support.follow("command", tmp_path, "tests")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/cli/test_digesting.py"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
