"""GitLab's Code Quality report: what is not met appears in the merge request, with what was there before left out.

Source: docs.gitlab.com, Code Quality, "Code Quality report format": a JSON array, each entry with `description`, `check_name`,
`fingerprint`, `severity` and `location`.
"""

from __future__ import annotations

import json

from cardwright.cli.reports.checks import Check, Checks, State
from cardwright.record import canonical
from cardwright.record.base import visible

MOST_TEXT = 1_000
"""A longer description is cut, at a whole character."""

_SEVERITY: dict[State, str] = {"refused": "critical", "error": "blocker", "waived": "info", "advice": "minor"}


def render(checks: Checks) -> bytes:
    """The checks that are not met, the gravest first; an empty list says that all are met.

    The fingerprint is of the record's path and the requirement, not of the numbers, so that a requirement that still fails is not
    told as new.
    """
    told = checks.of("error", "refused") + checks.of("advice", "waived")
    entries = [_entry(check, checks) for check in told]
    text = json.dumps(entries, indent=1, ensure_ascii=False)
    return text.replace("##[", "##\\u005b").encode("utf-8") + b"\n"


def _entry(check: Check, checks: Checks) -> dict[str, object]:
    said = f"{check.name}: {check.status.replace('_', ' ')}. {check.explanation}"
    if check.waiver is not None:
        said = f"{check.name}: waived until {check.waiver.expires} by {check.waiver.approved_by}. {check.explanation}"
    return {
        "description": _cut(said + (f" {check.remedy}" if check.remedy else "")),
        "check_name": f"cardwright/{checks.command}/{_cut(check.id)}",
        "fingerprint": canonical.digest(f"{checks.command} {visible(checks.file)} {visible(check.id)}".encode()),
        "severity": _SEVERITY[check.state],
        "location": {"path": visible(checks.file), "lines": {"begin": 1}},
    }


def _cut(text: str) -> str:
    """In one line without hidden characters; GitLab shows it as text."""
    line = " ".join(visible(text).split())
    return line if len(line) <= MOST_TEXT else line[: MOST_TEXT - 1] + "…"


__all__ = ["render"]
