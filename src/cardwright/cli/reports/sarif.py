"""SARIF 2.1.0 (OASIS), as code-scanning services read it."""

from __future__ import annotations

import json
import re
from typing import Any

from cardwright import __version__
from cardwright.cli.reports.checks import Check, Checks
from cardwright.record import canonical
from cardwright.record.base import visible

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS = 5_000
"""GitHub shows so many of a run, the most severe first."""
MOST_TEXT = 1_000
"""GitHub cuts a message at 1,024 characters."""
_LEVEL = {"refused": "error", "error": "error", "waived": "error", "advice": "warning"}


def render(checks: Checks) -> bytes:
    """The checks as one run: a rule for each, and a result for each that is not met.

    A result for what passed would be shown as an alert by services that do not know SARIF's `kind`; those stand in the run's
    properties, so that all are accounted for. A waived result has an accepted suppression with its justification.
    """
    told = checks.of("refused", "error") + checks.of("waived", "advice")
    rules = [_rule(check) for check in checks.checks]
    places = {check.id: index for index, check in enumerate(checks.checks)}
    shown = told[:MOST_RESULTS]
    run: dict[str, Any] = {
        "tool": {
            "driver": {"name": "cardwright", "version": __version__, "semanticVersion": __version__, "rules": rules}
        },
        "automationDetails": {"id": f"cardwright/{checks.command}/{_plain(checks.subject)}/"},
        "invocations": [{"executionSuccessful": not checks.of("error"), "endTimeUtc": checks.at}],
        "columnKind": "unicodeCodePoints",
        "results": [_result(check, places[check.id], checks) for check in shown],
        "properties": {
            "headline": _plain(checks.headline),
            "allowed": checks.allowed,
            "states": {check.id: f"{check.state}: {check.status}" for check in checks.checks},
            "left_off": len(told) - len(shown),
            **{key: _plain(value) for key, value in checks.properties},
        },
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    text = json.dumps(log, indent=1, ensure_ascii=False)
    return text.replace("##[", "##\\u005b").encode("utf-8") + b"\n"  # no command to a runner that it is printed on


def _rule(check: Check) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": check.id,
        "name": check.label.replace(" ", "-"),
        "shortDescription": {"text": _message(check.title)},
        "defaultConfiguration": {"level": "warning" if check.state == "advice" else "error"},
    }
    if check.why:
        rule["fullDescription"] = {"text": _message(check.why)}
    if check.remedy:
        rule["help"] = {"text": _message(check.remedy)}
    return rule


def _result(check: Check, index: int, checks: Checks) -> dict[str, Any]:
    text = f"{check.status.replace('_', ' ')}: {check.explanation}"
    result: dict[str, Any] = {
        "ruleId": check.id,
        "ruleIndex": index,
        "kind": "fail",
        "level": _LEVEL[check.state],
        "message": {"text": _message(text + (f" {check.remedy}" if check.remedy else ""))},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": checks.uri}, "region": {"startLine": 1}},
                "logicalLocations": [
                    {"fullyQualifiedName": _plain(place), "kind": "member"} for place in check.looked_at
                ],
            }
        ],
        # What it is about, never the values: the same finding of the next run is the same alert.
        "partialFingerprints": {
            "requirement/v1": canonical.sha256([checks.command, _plain(checks.subject).split(" ")[0], check.id])
        },
    }
    if not check.looked_at:
        del result["locations"][0]["logicalLocations"]
    if check.waiver is not None:
        waiver = check.waiver
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": _plain(
                    f"Waived until {waiver.expires}; asked for by {waiver.requested_by}, approved by "
                    f"{waiver.approved_by}. Why: {waiver.reason} Instead: {waiver.controls}"
                ),
            }
        ]
    return result


def _plain(text: str) -> str:
    return visible(text, keep="\n\t")


def _message(text: str) -> str:
    """A message as SARIF takes it literally: no placeholder `{0}` (3.11.5), no embedded link `[text](target)` (3.11.6)."""
    text = _plain(text)
    text = text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"
    return re.sub(r"\{(\d+)\}", r"{{\1}}", text).replace("](", "] (") or "(no words)"
