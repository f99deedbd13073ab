"""What the gate and `verify` say, in the formats that other programs of a build read: JUnit XML, SARIF, GitHub's commands,
GitLab's code quality.

`checks` makes one list of checks of a verdict or a verification; each format is a pure function of it. A check that did not run
is a failure in every format, never skipped: some build servers let a skipped check release.
"""

from __future__ import annotations

from cardwright.cli.reports.checks import Check, Checks, of_error, of_verdict, of_verification

__all__ = ["Check", "Checks", "of_error", "of_verdict", "of_verification"]
