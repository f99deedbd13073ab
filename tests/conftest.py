"""What every test shares."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings

# In CI the same commit gives the same answer; the search for new examples is everybody's own run, and the long profile.
settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.register_profile("long", deadline=None, max_examples=20_000, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

ROOT = Path(__file__).parent.parent


class Ran(NamedTuple):
    """What a command line left."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(capsys, monkeypatch):
    """Runs a command line in this process: `cli("gate", "out")`."""
    monkeypatch.setenv("CI", "1")

    def run(*words: object) -> Ran:
        from cardwright.cli.main import main

        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Ran(stopped.value.code or 0, out, err)

    return run
