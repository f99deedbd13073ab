"""JUnit XML, as Jenkins, GitLab and Azure read it. There is no standard; this keeps to what all of them know."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from cardwright.cli.reports.checks import Check, Checks
from cardwright.record.base import visible


def render(checks: Checks) -> bytes:
    """The checks as one test suite.

    What blocks is a `failure` whose type is the status (an `error` where the check itself broke): missing, inconclusive and
    stale ones too, since a skipped test does not fail a build. Waived: passed, and its output says by whom and until when.
    Skipped: what does not apply, with the reason, and advice that is not met, which never blocks.
    """
    failures, errors = checks.of("refused"), checks.of("error")
    skipped = checks.of("not_applicable", "advice")
    counts = {
        "tests": str(len(checks.checks)),
        "failures": str(len(failures)),
        "errors": str(len(errors)),
        "skipped": str(len(skipped)),
        "time": "0",
    }
    name = _legal(f"cardwright {checks.command} {checks.subject}")
    root = ET.Element("testsuites", {"name": name, **counts})
    # The schemas ask for a moment without a zone.
    suite = ET.SubElement(root, "testsuite", {"name": name, "timestamp": checks.at.removesuffix("Z"), **counts})
    properties = ET.SubElement(suite, "properties")
    for key, value in (("headline", checks.headline), *checks.properties):
        ET.SubElement(properties, "property", {"name": _legal(key), "value": _legal(value)})
    for check in checks.checks:
        _case(suite, check, checks)
    ET.indent(root)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'
    # GitHub's runner would take these for commands where the file is printed; as references they are the same characters.
    return text.replace("::", "&#58;:").replace("##[", "##&#91;").encode()


def _case(suite: ET.Element, check: Check, checks: Checks) -> None:
    attributes = {
        "name": _legal(f"{check.label} {check.id}: {check.title}"),
        "classname": f"cardwright.{checks.command}",
        "time": "0",
    }
    case = ET.SubElement(suite, "testcase", attributes)
    line = f"{check.status.replace('_', ' ')}: {check.explanation}"
    if check.state in ("refused", "error"):
        tag = "failure" if check.state == "refused" else "error"
        told = ET.SubElement(case, tag, {"type": check.status.replace(" ", "_"), "message": _legal(line)})
        told.text = _legal("\n".join(_paragraphs(check)))
    elif check.state == "not_applicable":
        ET.SubElement(case, "skipped", {"message": _legal(f"does not apply: {check.explanation}")})
    elif check.state == "advice":
        ET.SubElement(case, "skipped", {"message": _legal(f"advice, which does not block, is not met: {line}")})
    elif check.waiver is not None:
        waiver = check.waiver
        ET.SubElement(case, "system-out").text = _legal(
            f"WAIVED until {waiver.expires}, asked for by {waiver.requested_by}, approved by {waiver.approved_by}.\n"
            f"What is waived: {line}\nWhy: {waiver.reason}\nInstead: {waiver.controls}"
        )


def _paragraphs(check: Check) -> list[str]:
    lines = [check.explanation]
    lines += [f"looked at: {place}" for place in check.looked_at]
    if check.remedy:
        lines.append(f"what closes it: {check.remedy}")
    if check.why:
        lines.append(f"why it is asked: {check.why}")
    return lines


def _legal(text: str) -> str:
    """The text with every character that XML 1.0 cannot hold written out (section 2.2: most controls, surrogates, U+FFFE)."""
    return visible(text, keep="\n\t")
