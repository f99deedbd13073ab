"""GitHub Actions: annotations by workflow commands, and the job summary.

The runner reads commands from everything that a step prints: a line that begins with `::`, or the older `##[` anywhere in it. So
no text of a record reaches the log unless it is made harmless first.
"""

from __future__ import annotations

from cardwright.cli.reports.checks import Check, Checks
from cardwright.record.base import visible

MOST = 10
"""A step shows so many errors, warnings and notices each; the rest are dropped without a word."""
MOST_BYTES = 4_000
"""The runner cuts a message at 4,096 characters."""
SUMMARY_BYTES = 900_000
"""A summary above 1 MiB is refused as a whole."""


def commands(checks: Checks) -> str:
    """Workflow commands: the result first, then what is in the way, then advice and waivers, within GitHub's limits."""
    blocking, advice, waived = checks.of("refused", "error"), checks.of("advice"), checks.of("waived")
    lines: list[str] = []
    if checks.allowed:
        lines.append(_command("notice", f"cardwright {checks.command}", checks.headline, checks))
    else:
        rest = len(blocking) - (MOST - 1)
        more = f" {rest} more are in the job summary." if rest > 0 else ""
        lines.append(_command("error", f"cardwright {checks.command}", checks.headline + more, checks))
    lines += [_annotation("error", check, checks) for check in blocking[: MOST - 1]]
    lines += [_annotation("warning", check, checks) for check in advice[:MOST]]
    lines += [_annotation("notice", check, checks) for check in waived[: MOST - 1]]
    return "\n".join(lines)


def _annotation(kind: str, check: Check, checks: Checks) -> str:
    text = f"{check.status.replace('_', ' ')}: {check.explanation}"
    if check.waiver is not None:
        text = f"waived until {check.waiver.expires} by {check.waiver.approved_by}: {text}"
    return _command(kind, check.name, text + (f"\n{check.remedy}" if check.remedy else ""), checks)


def _command(kind: str, title: str, message: str, checks: Checks) -> str:
    where = f"title={_property(_cut(title, 200))},file={_property(_cut(checks.file, 400))}"
    return f"::{kind} {where}::{_data(_cut(message, MOST_BYTES))}"


def _cut(text: str, most: int) -> str:
    """The text in at most so many bytes of UTF-8, whole characters, without the older sort of command."""
    text = visible(text, keep="\n\t").replace("##[", "## [")
    if len(text.encode("utf-8")) <= most:
        return text
    return text.encode("utf-8")[: most - 3].decode("utf-8", "ignore") + "…"


def _data(text: str) -> str:
    """What stands behind `::`, escaped as actions/toolkit does."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def harmless(text: str) -> str:
    """Text for a person's eyes that no runner takes for a command, however it begins.

    >>> harmless("  ::set-output name=a::b\\nsee ##[error]x")
    '  : :set-output name=a::b\\nsee ## [error]x'
    """
    lines = []
    for line in text.split("\n"):
        shown = visible(line, keep="\t").replace("##[", "## [")
        bare = shown.lstrip()
        lines.append(shown[: len(shown) - len(bare)] + ": :" + bare[2:] if bare.startswith("::") else shown)
    return "\n".join(lines)


# ---------------------------------------------------------------------------------------------------- job summary

_MARKS = {"refused": "✗", "error": "✗", "waived": "~", "advice": "!", "not_applicable": "·", "passed": "✓"}
_ORDER = ("refused", "error", "waived", "advice", "not_applicable", "passed")


def summary(checks: Checks, *, room: int = SUMMARY_BYTES) -> bytes:
    """The job summary: the result, and every check in a table, what is in the way first.

    Parameters
    ----------
    room:
        How many bytes it may have. What does not fit is counted in its last line, never left out without a word.
    """
    head = [
        f"## cardwright {checks.command}: {markdown(checks.headline)}",
        "",
        f"{markdown(checks.subject)}, {markdown(checks.at)}",
        "",
        *(f"- {markdown(key)}: `{_code(value)}`" for key, value in checks.properties),
        "",
        "| | requirement | outcome | what was found |",
        "| --- | --- | --- | --- |",
    ]
    text = "\n".join(head) + "\n"
    size, last = len(text.encode("utf-8")), 200
    rows = [row for state in _ORDER for row in (_row(check) for check in checks.checks if check.state == state)]
    shown: list[str] = []
    for row in rows:
        size += len(row.encode("utf-8"))
        if size + last > room:
            break
        shown.append(row)
    text += "".join(shown)
    if len(shown) < len(rows):
        text += (
            f"\n{len(rows) - len(shown)} of {len(rows)} requirements do not fit here; the verdict holds all of them.\n"
        )
    data = text.encode("utf-8")
    return data if len(data) <= room else b""


def _row(check: Check) -> str:
    found = markdown(check.explanation)
    if check.waiver is not None:
        waiver = check.waiver
        found += markdown(f" Waived until {waiver.expires} by {waiver.approved_by}: {waiver.reason}")
    if check.remedy is not None and check.state in ("refused", "error", "advice"):
        found += "<br>→ " + markdown(check.remedy)
    status = check.status.replace("_", " ") + (", waived" if check.waiver is not None else "")
    return f"| {_MARKS[check.state]} | {markdown(check.name)} | {markdown(status)} | {found} |\n"


_PUNCTUATION = frozenset("!\"#$%'()*+,-./:;=?@[\\]^_`{|}~")


def markdown(text: str) -> str:
    r"""Untrusted text in a table cell: every punctuation mark escaped (CommonMark 2.4), no markup, no link, no line break.

    >>> markdown("a|b <img> www.x.org\n# c")
    'a\\|b &lt;img&gt; www\\.x\\.org \\# c'
    """
    shown = " ".join(visible(text, keep="\n\t").split())
    escaped = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
    return "".join(escaped.get(c) or (f"\\{c}" if c in _PUNCTUATION else c) for c in shown)


def _code(text: str) -> str:
    return visible(text).replace("`", "'").replace("|", "/")
