"""Which commit the assessment is at."""

from __future__ import annotations

import subprocess
from pathlib import Path


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603  fixed words; no shell
            ["git", "-C", str(folder), *words],  # noqa: S607  git is found where the person's shell finds it
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def commit_of(plan: Path) -> tuple[str | None, bool | None]:
    """The commit of the repository that tracks the plan, and whether a tracked file differs from it.

    (None, None) where the plan is in no version control, or git is not installed: a commit that does not hold the plan says
    nothing about the run.
    """
    folder = plan.parent
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit or _git(folder, "ls-files", "--error-unmatch", plan.name) is None:
        return None, None
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return commit, changed != ""
