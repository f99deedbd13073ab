"""How a verdict and a verification reach a person or a build server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cardwright.cli.console import Console, clock, echo, echo_json, width, write
from cardwright.cli.options import ReportFormat
from cardwright.errors import CardwrightError

if TYPE_CHECKING:
    from cardwright.attest.reproduction import Reproduction
    from cardwright.cli.reports import Checks
    from cardwright.record.verdict import Verdict


def print_verdict(verdict: Verdict, console: Console, *, everything: bool = False) -> None:
    """Print a verdict; its first line alone with `--quiet`."""
    from cardwright.policy import report

    text = report.as_text(verdict, width=width(), everything=everything)
    if console.quiet:
        text = text.split("\n", 1)[0]
    echo(text)


def report_checks(
    checks: Checks,
    text: Callable[[], str],
    json: Callable[[], str],
    format: ReportFormat,
    output: Path | None,
    summary: Path | None,
) -> None:
    """Print or write what the gate or `verify` says, in the format asked for."""
    from cardwright.cli.reports import github, gitlab, junit, sarif
    from cardwright.files import disk

    def shown() -> bytes:
        return github.harmless(text()).encode()

    makers: dict[ReportFormat, Callable[[], bytes]] = {
        ReportFormat.TEXT: lambda: text().encode() + b"\n",
        ReportFormat.JSON: lambda: json().encode() + b"\n",
        ReportFormat.JUNIT: lambda: junit.render(checks),
        ReportFormat.SARIF: lambda: sarif.render(checks),
        ReportFormat.GITLAB: lambda: gitlab.render(checks),
        ReportFormat.GITHUB: lambda: b"\n".join((github.commands(checks).encode(), shown(), b"")),
    }
    data = makers[format]()
    if summary is not None:
        there = summary.stat().st_size if summary.is_file() else 0
        disk.append_file(summary, github.summary(checks, room=max(0, github.SUMMARY_BYTES - there)))
    if output is not None:
        disk.write_file(output, data)
        echo(checks.headline)
    elif format is ReportFormat.TEXT:
        echo(data.decode().removesuffix("\n"))
    elif format is ReportFormat.JSON:
        echo_json(data.decode().removesuffix("\n"))
    else:
        write(data.decode(), end="")


@contextmanager
def reporting(
    command: Literal["gate", "verify"], where: Path, format: ReportFormat, output: Path | None, summary: Path | None
) -> Iterator[None]:
    """Leave a report even where nothing could be judged, so that no build server finds none, or that of the build before."""
    try:
        yield
    except CardwrightError as exc:
        if format in (ReportFormat.TEXT, ReportFormat.JSON) and output is None and summary is None:
            raise
        from cardwright.cli.reports import of_error

        error, at = exc, clock()
        checks = of_error(error, command=command, where=str(where), at=at)

        def as_json() -> str:
            import json

            return json.dumps({"error": error.what, "where": error.where, "do": error.do, "exit_code": error.exit_code})

        report_checks(checks, lambda: checks.headline, as_json, format, output, summary)
        raise


def rerender(
    files: Mapping[str, bytes], where: str, claims: tuple[Any, ...], *, lone: bool = False
) -> Reproduction | None:
    """Make the documents again, or the one that is at hand alone; None if Pango is not installed."""
    from cardwright import documents
    from cardwright.run import editions

    try:
        return editions.rerender(files, where=where, claims=claims, lone=lone)
    except documents.MissingPangoError:
        return None  # the step is then not judged
