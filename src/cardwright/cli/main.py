"""The command line: words in, exit code out. One function per command; the only module that prints or exits.

Exit codes: 0 allowed · 1 refused or unproven · 2 usage, plan or policy invalid · 3 evidence unreadable, or a digest, signature or
chain is wrong · 4 internal error · 5 nothing to check.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

# pydantic looks through all installed packages for plug-ins of its own when it is imported; no record needs one.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from cardwright import __version__
from cardwright.errors import CardwrightError, NothingToCheckError, UsageError

if TYPE_CHECKING:
    from cardwright import documents
    from cardwright.cli.reports import Checks
    from cardwright.policy.policy import Policy
    from cardwright.record.verdict import Verdict

# A command makes many objects that stay, and few that are garbage: looking for it often costs a tenth of a short command,
# and looking once more at the end, when all of it goes anyway, another twentieth.
gc.set_threshold(300_000)
atexit.register(gc.freeze)

app = typer.Typer(
    name="cardwright",
    help="Turns evidence about a model or a dataset into the documents a governance review reads, and refuses the handoff "
    "when required evidence is missing.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class State:
    """What the options before the command say."""

    quiet = False
    debug = False


STATE = State()


class TextOrJson(StrEnum):
    """How a verdict is printed."""

    TEXT = "text"
    JSON = "json"


class ReportFormat(StrEnum):
    """How what the gate or `verify` says is printed; the last three are for build servers."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"


class DocumentFormat(StrEnum):
    """How a document is written."""

    MARKDOWN = "markdown"
    HTML = "html"
    PDF = "pdf"


class ReaderGroup(StrEnum):
    """Who a document is for."""

    INTERNAL = "internal"
    REGULATOR = "regulator"
    DOWNSTREAM = "downstream"
    PUBLIC = "public"


class SubjectKind(StrEnum):
    """What `init` scaffolds."""

    TABULAR = "tabular"
    LLM = "llm"
    DATASET = "dataset"


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the result only.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the whole traceback of an error.")]
Out = Annotated[Path | None, typer.Option("--output", "-o", help="Where to write.")]
ReportOption = Annotated[ReportFormat, typer.Option("--format", help="How to print it.")]
ReportOut = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write it into this file, and print the result in a line.")
]
SummaryOption = Annotated[
    Path | None, typer.Option("--summary", help="Also add it as Markdown to this file, e.g. a job summary.")
]
PolicyOption = Annotated[str | None, typer.Option("--policy", help="A policy by name or path, in place of the plan's.")]


def _version(value: bool) -> None:
    if value:
        typer.echo(f"cardwright {__version__}")
        raise typer.Exit


@app.callback()
def root(
    quiet: Quiet = False,
    debug: Debug = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """See `app`."""
    STATE.quiet, STATE.debug = quiet, debug


def say(text: str = "", *, always: bool = False) -> None:
    """Print a line for a person, unless `--quiet`."""
    if always or not STATE.quiet:
        _echo(text)


def _echo(text: str, *, err: bool = False) -> None:
    """Print text that may hold a record's words; on GitHub's runner, no line of it is taken for a command."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from cardwright.cli.reports.github import harmless

        text = harmless(text)
    typer.echo(text, err=err)


def _list(words: Iterable[str]) -> list[str]:
    """Words with commas between them, in lines."""
    import textwrap

    return textwrap.wrap(
        ", ".join(words), _width(), initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
    )


def _width() -> int:
    import shutil

    return max(40, min(100, shutil.get_terminal_size((80, 24)).columns))


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """A progress callback: bars on a terminal, plain lines elsewhere, nothing with `--quiet`."""
    if STATE.quiet:
        yield lambda what, done, total: None
        return
    if not sys.stderr.isatty() or os.environ.get("CI"):
        last: list[str] = []

        def line(what: str, done: int, total: int | None) -> None:
            if last[-1:] != [what]:
                last.append(what)
                typer.echo(f"  {what} …", err=True)

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bars:
        tasks: dict[str, Any] = {}

        def bar(what: str, done: int, total: int | None) -> None:
            for name, task in tasks.items():
                if name != what:
                    bars.update(task, visible=False)
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total, visible=True)

        yield bar


def _policy(name: str, beside: Path | None = None) -> Policy:
    from cardwright.dossier import contents

    return contents.policy_of(name, beside=beside)


def _now() -> str:
    """The moment: SOURCE_DATE_EPOCH where it is set, so that bytes repeat; else the clock."""
    from datetime import UTC, datetime

    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        moment = datetime.now(UTC)
    else:
        try:
            moment = datetime.fromtimestamp(int(epoch), UTC)
        except (ValueError, OverflowError, OSError) as exc:
            raise UsageError(
                "SOURCE_DATE_EPOCH is not a number of seconds", do="Unset it, or set it to whole seconds."
            ) from exc
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# ---------------------------------------------------------------------------------------------------- the main job


@app.command()
def run(
    assessment: Annotated[Path, typer.Argument(help="The plan: assessment.yaml, or the folder it is in.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The dossier's folder; governance/<subject>/<version> by default."),
    ] = None,
    policy: PolicyOption = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Run this evaluation alone (repeat for more).")
    ] = None,
    supersede: Annotated[
        bool, typer.Option("--supersede", help="Archive a signed dossier and take its place.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Take over what a run that was cut off has finished.")
    ] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Threads to count with.")] = 2,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Evaluate, judge and document: from a plan to a dossier, with a verdict."""
    STATE.quiet, STATE.debug = STATE.quiet or quiet, STATE.debug or debug
    from cardwright import handoff
    from cardwright.dossier import store
    from cardwright.plan.assessment import load
    from cardwright.run import reuse

    plan = load(assessment)
    chosen = _policy(policy) if policy is not None else _policy(plan.file.policy, plan.base)
    subject = plan.file.subject
    folder = output or Path("governance") / subject.name / subject.version
    fixed = _now() if "SOURCE_DATE_EPOCH" in os.environ else None
    before = None
    if plan.file.previous is not None:
        place = plan.base / plan.file.previous
        before = reuse.previous_of(store.read_dossier(place), where=str(place), subject=subject.name)
    kept = store.kept(folder)
    if kept and not resume:
        say(f"A run that was cut off has left {', '.join(kept)}; --resume takes over what still stands.")
    with _progress() as progress:
        former = store.ledger_of(folder)
        result = handoff.run(
            plan,
            chosen,
            now=fixed,
            only=tuple(only or ()),
            workers=workers,
            former=former,
            preregistered=store.plan_signatures(folder),
            previous=before,
            kept=kept if resume else None,
            keep=lambda id_, data: store.keep(folder, id_, data),
            progress=progress,
        )
        store.write_dossier(folder, result.files, supersede=supersede)
        store.forget(folder)
    for since in sorted(set(result.run.earlier.values())):
        say(f"Not run again, since nothing that they rest on has changed after {since}:")
        for line in _list(id_ for id_, then in result.run.earlier.items() if then == since):
            say(line)
    for problem in result.problems:
        _echo(f"missing: {problem}", err=True)
    _print(result.verdict)
    say()
    say(f"Dossier: {folder}")
    for name in sorted(result.files):
        if "/" not in name and name.endswith((".pdf", ".html", ".md")):
            say(f"  {folder / name}")
    if not result.verdict.allowed:
        say(f"Next: cardwright todo {folder}")
    raise typer.Exit(0 if result.verdict.allowed and not result.problems else 1)


def _print(verdict: Verdict, *, everything: bool = False) -> None:
    from cardwright.policy import report

    text = report.as_text(verdict, width=_width(), everything=everything)
    if STATE.quiet:
        text = text.split("\n", 1)[0]
    _echo(text)


def _report(
    checks: Checks,
    text: Callable[[], str],
    json: Callable[[], str],
    format: ReportFormat,
    output: Path | None,
    summary: Path | None,
) -> None:
    """Print or write what the gate or `verify` says, in the format asked for."""
    from cardwright.cli.reports import github, junit, sarif
    from cardwright.files import disk

    def shown() -> bytes:
        return github.harmless(text()).encode()

    makers: dict[ReportFormat, Callable[[], bytes]] = {
        ReportFormat.TEXT: lambda: text().encode() + b"\n",
        ReportFormat.JSON: lambda: json().encode() + b"\n",
        ReportFormat.JUNIT: lambda: junit.render(checks),
        ReportFormat.SARIF: lambda: sarif.render(checks),
        ReportFormat.GITHUB: lambda: b"\n".join((github.commands(checks).encode(), shown(), b"")),
    }
    data = makers[format]()
    if summary is not None:
        there = summary.stat().st_size if summary.is_file() else 0
        disk.append_file(summary, github.summary(checks, room=max(0, github.SUMMARY_BYTES - there)))
    if output is not None:
        disk.write_file(output, data)
        _echo(checks.headline)
    elif format is ReportFormat.TEXT:
        _echo(data.decode().removesuffix("\n"))
    elif format is ReportFormat.JSON:
        _echo_json(data.decode().removesuffix("\n"))
    else:
        typer.echo(data.decode(), nl=False)


def _echo_json(text: str) -> None:
    """Print JSON; on GitHub's runner with its brackets written out where that would take them for a command."""
    hides = os.environ.get("GITHUB_ACTIONS") == "true"
    typer.echo(text.replace("##[", "##\\u005b") if hides else text)


@contextmanager
def _reporting(
    command: Literal["gate", "verify"], where: Path, format: ReportFormat, output: Path | None, summary: Path | None
) -> Iterator[None]:
    """Leave a report even where nothing could be judged, so that no build server finds none, or that of the build before."""
    try:
        yield
    except CardwrightError as exc:
        if format in (ReportFormat.TEXT, ReportFormat.JSON) and output is None and summary is None:
            raise
        from cardwright.cli.reports import of_error

        error, at = exc, _now()
        checks = of_error(error, command=command, where=str(where), at=at)

        def as_json() -> str:
            import json

            return json.dumps({"error": error.what, "where": error.where, "do": error.do, "exit_code": error.exit_code})

        _report(checks, lambda: checks.headline, as_json, format, output, summary)
        raise


@app.command()
def evaluate(
    assessment: Annotated[Path, typer.Argument(help="The plan.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the record.")] = Path("record.json"),
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Run this evaluation alone (repeat for more).")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Threads to count with.")] = 2,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Evaluate only: from a plan to a record, without judging it."""
    STATE.quiet, STATE.debug = STATE.quiet or quiet, STATE.debug or debug
    from cardwright import handoff
    from cardwright.dossier import layout
    from cardwright.files import disk
    from cardwright.plan.assessment import load
    from cardwright.run import assemble
    from cardwright.sources import network

    plan = load(assessment)
    with _progress() as progress:
        prepared = handoff.prepare(plan, _policy(plan.file.policy, plan.base), progress=progress)
        with network.guard():
            evaluations, gaps, _ = handoff.evaluate(
                prepared, only=tuple(only or ()), workers=workers, progress=progress
            )
    record = assemble.record(prepared, evaluations, gaps)
    disk.write_file(output, layout.to_json(record))
    say(f"{output}: {len(evaluations)} evaluations, {len(gaps)} without a result, sha256 {record.sha256}")
    for gap in gaps:
        _echo(f"{gap.id}: {gap.code}: {gap.reason} {gap.remedy}", err=True)
    raise typer.Exit(1 if gaps else 0)


@app.command()
def gate(
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    policy: PolicyOption = None,
    artifact: Annotated[
        Path | None,
        typer.Option("--artifact", help="The folder that holds the subject's files, to compare with the record."),
    ] = None,
    format: ReportOption = ReportFormat.TEXT,
    output: ReportOut = None,
    summary: SummaryOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Print every requirement, not only what is in the way.")
    ] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Judge a dossier against a policy; the dossier is not changed. Exit code 0 only if the handoff is allowed."""
    STATE.quiet, STATE.debug = STATE.quiet or quiet, STATE.debug or debug
    from cardwright.policy import report

    with _reporting("gate", dossier, format, output, summary):
        verdict, subject = _judge(dossier, policy, artifact)

    def text() -> str:
        shown = report.as_text(verdict, width=_width(), everything=everything)
        return shown.split("\n", 1)[0] if STATE.quiet else shown

    if format in (ReportFormat.TEXT, ReportFormat.JSON) and output is None and summary is None:
        if format is ReportFormat.TEXT:
            _echo(text())
        else:
            _echo_json(report.as_json(verdict))
    else:
        from cardwright.cli.reports import of_verdict

        checks = of_verdict(verdict, subject=subject, where=str(dossier))
        _report(checks, text, lambda: report.as_json(verdict), format, output, summary)
    raise typer.Exit(0 if verdict.allowed else 1)


def _judge(folder: Path, policy: str | None, artifact: Path | None) -> tuple[Verdict, str]:
    """The verdict on a dossier now, and the name and version of its subject."""
    from cardwright.dossier import contents, layout, store
    from cardwright.policy.gate import decide
    from cardwright.record import canonical
    from cardwright.record.verdict import Verdict

    files = store.read_dossier(folder)
    if layout.RECORD not in files:
        raise NothingToCheckError("the dossier holds no record", where=str(folder), do="Make one: cardwright run PLAN.")
    before = (
        canonical.parse(Verdict, files[layout.REVIEW], where=str(folder / layout.REVIEW))
        if layout.REVIEW in files
        else None
    )
    case = contents.case_of(files, where=str(folder))
    if artifact is not None:
        case = replace(case, artefacts=store.digests(artifact, [file.path for file in case.record.subject.files]))
    name = policy or (before.policy.name if before is not None else None)
    if name is None:
        raise UsageError("the dossier does not say which policy it was made for", do="Name one with --policy.")
    chosen = _policy(name)
    by = "the command line" if policy is not None else "the plan"
    subject = case.record.subject
    return decide(case, chosen, _now(), chosen_by=by), f"{subject.name} {subject.version}"


def _stored(dossier: Path) -> Verdict:
    """The verdict that a dossier holds, as it was when the dossier was written."""
    from cardwright.dossier import layout, store
    from cardwright.record import canonical
    from cardwright.record.verdict import Verdict

    files = store.read_dossier(dossier)
    if layout.VERDICT not in files:
        raise NothingToCheckError(
            "the dossier holds no verdict", where=str(dossier), do=f"Judge it: cardwright gate {dossier}."
        )
    return canonical.parse(Verdict, files[layout.VERDICT], where=str(dossier / layout.VERDICT))


@app.command()
def render(
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder, or a record.json.")],
    document: Annotated[
        str,
        typer.Option(
            "--document",
            "-d",
            help="model_card, dataset_card, audit_report, evaluation_summary, responsible_ai_report, handoff_package or "
            "bias_audit_summary.",
        ),
    ] = "model_card",
    format: Annotated[DocumentFormat, typer.Option("--format", "-f", help="How to write it.")] = DocumentFormat.HTML,
    output: Out = None,
    templates: Annotated[
        Path | None, typer.Option("--templates", help="A folder whose templates replace ours.")
    ] = None,
    page_size: Annotated[str, typer.Option("--page-size", help="A4 or Letter.")] = "A4",
    language: Annotated[str, typer.Option("--language", help="en or de.")] = "en",
    audience: Annotated[
        ReaderGroup,
        typer.Option("--audience", help="Who reads it; what they may not see is left out of the record inside, too."),
    ] = ReaderGroup.INTERNAL,
    checklist: Annotated[
        list[str] | None,
        typer.Option("--checklist", help="A checklist of the responsible-AI report, by name or path; may be repeated."),
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make one document of a dossier or a record."""
    STATE.quiet, STATE.debug = STATE.quiet or quiet, STATE.debug or debug
    from cardwright import documents
    from cardwright.dossier import layout, store
    from cardwright.dossier.contents import case_of, coverage_of
    from cardwright.files import disk
    from cardwright.record import canonical
    from cardwright.record.record import Record
    from cardwright.record.verdict import Verdict

    run = verdict = None
    if dossier.is_file():
        record = canonical.parse(Record, disk.read_file(dossier, what="record"), where=str(dossier))
    else:
        files = store.read_dossier(dossier)
        case = case_of(files, where=str(dossier))
        record, run = case.record, case.run
        if layout.REVIEW in files:
            verdict = canonical.parse(Verdict, files[layout.REVIEW], where=str(dossier / layout.REVIEW))
    edition = documents.Edition(
        record=record,
        verdict=verdict,
        run=run,
        templates_dir=templates,
        page_size=page_size,
        language=language,
        audience=audience.value,
        coverage=coverage_of(record, tuple(checklist or ())) if document == "responsible_ai_report" else (),
    )
    data = documents.render(edition, document=document, format=format.value)
    suffix = {"markdown": "md"}.get(format.value, format.value)
    path = output or Path(f"{document}.{suffix}")
    disk.write_file(path, data)
    say(f"{path}: {len(data):,} bytes")


@app.command()
def todo(
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")] = Path(),
    policy: PolicyOption = None,
    by: Annotated[
        str | None, typer.Option("--by", help="Only what this closes: command, data, words, signature or decision.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show all of it, not the first five.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say what is missing, grouped by who closes it, next command first."""
    STATE.quiet, STATE.debug = STATE.quiet or quiet, STATE.debug or debug
    from cardwright.errors import did_you_mean
    from cardwright.policy import report

    closers = [key for key, _ in report.GROUPS]
    if by is not None and by not in closers:
        raise UsageError(f'nothing is closed by "{by}"', do=did_you_mean(by, closers))
    verdict = _judge(dossier, policy, None)[0] if policy is not None else _stored(dossier)
    _echo(report.todo(verdict, width=_width(), most=10**6 if everything else 5, closed_by=by))
    raise typer.Exit(0 if verdict.allowed else 1)


@app.command()
def status(
    places: Annotated[
        list[Path] | None, typer.Argument(help="Dossiers, or folders that hold some; governance, where not said.")
    ] = None,
    expiring: Annotated[
        str | None,
        typer.Option("--expiring", help="Exit code 1 if something that is in force expires within, e.g. 14d."),
    ] = None,
    format: Annotated[TextOrJson, typer.Option("--format", help="How to print it.")] = TextOrJson.TEXT,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say of many dossiers where each stands. Exit code 3 if one cannot be read; signatures are proven by `verify` alone."""
    STATE.quiet, STATE.debug = STATE.quiet or quiet, STATE.debug or debug
    from cardwright.dossier import store
    from cardwright.run import status as listing

    now = _now()
    within = listing.days(expiring) if expiring is not None else None
    where = places or [Path("governance")]
    folders = store.find_dossiers(where)
    if not folders:
        raise NothingToCheckError(
            "no dossier is there", where=", ".join(str(place) for place in where), do="Make one: cardwright run PLAN."
        )
    rows = []
    for folder in folders:
        try:
            rows.append(listing.row(store.read_dossier(folder), folder.as_posix(), now[:10]))
        except CardwrightError as exc:
            rows.append(listing.unreadable(folder.as_posix(), exc))
    rows.sort(key=lambda row: (row.name, row.version, row.folder))
    soon = listing.expiring(rows, now, within) if within is not None else ()
    if format is TextOrJson.JSON:
        _echo_json(listing.as_json(rows, now=now, soon=soon))
    else:
        say(listing.as_text(rows, width=_width()))
        for row in soon:
            over = "has expired on" if (row.valid_until or "") < now[:10] else "expires on"
            _echo(f"{row.name} {row.version} {over} {row.valid_until}")
    broken = max((row.exit_code for row in rows), default=0)
    raise typer.Exit(broken or (1 if soon else 0))


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="A dossier's folder, or a record.json.")],
    new: Annotated[Path, typer.Argument(help="The other one.")],
    policy: PolicyOption = None,
    format: Annotated[TextOrJson, typer.Option("--format", help="How to print it.")] = TextOrJson.TEXT,
    everything: Annotated[bool, typer.Option("--all", help="Show every number that differs.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say what differs, regressions first, and what must be redone, said again, or stands.

    Exit code 1 where NEW is worse: a number beyond overlapping intervals, one that is lost, a requirement that blocks now, a
    new or graver finding from medium on, an evaluation left out. Otherwise 0.
    """
    STATE.quiet, STATE.debug = STATE.quiet or quiet, STATE.debug or debug
    from cardwright.record import comparison

    chosen = _policy(policy) if policy is not None else None
    found = comparison.compare(_side(old, chosen), _side(new, chosen))
    if format is TextOrJson.JSON:
        _echo_json(comparison.as_json(found))
    else:
        text = comparison.as_text(found, width=_width(), most=10**6 if everything else 20)
        _echo("\n".join(text.split("\n")[:2]) if STATE.quiet else text)
    raise typer.Exit(1 if found.regressions else 0)


def _side(place: Path, policy: Policy | None) -> Any:
    """A record, or a dossier with its verdict on the evidence and what was signed; a policy judges it anew, unsigned."""
    from cardwright.dossier import contents, layout, store
    from cardwright.files import disk
    from cardwright.policy.gate import decide
    from cardwright.record import canonical, comparison
    from cardwright.record.case import Case
    from cardwright.record.record import Record
    from cardwright.record.verdict import Verdict

    if place.is_file():
        case = Case(record=canonical.parse(Record, disk.read_file(place, what="record"), where=str(place)))
        files: dict[str, bytes] = {}
    else:
        files = store.read_dossier(place)
        if layout.RECORD not in files:
            raise NothingToCheckError("the dossier holds no record", where=str(place), do="Make one: cardwright run.")
        case = contents.case_of(files, where=str(place))
    verdict: Verdict | None = None
    claims: tuple[Any, ...] = ()
    if policy is not None:
        verdict = decide(case, policy, _now(), "review", chosen_by="the command line")
    elif layout.REVIEW in files:
        verdict = canonical.parse(Verdict, files[layout.REVIEW], where=str(place / layout.REVIEW))
    if files.get(layout.CLAIMS):
        from cardwright.attest import claims as claiming

        claims = tuple(one.claim for one in claiming.read(files[layout.CLAIMS], where=str(place / layout.CLAIMS)))
    return comparison.Side(record=case.record, plan=case.plan, verdict=verdict, claims=claims)


# ---------------------------------------------------------------------------------------------------- people


keys_app = typer.Typer(help="Make a key, and enrol one in a trust file.", no_args_is_help=True, rich_markup_mode=None)
waive_app = typer.Typer(
    help="Ask for a waiver, and approve one: two people.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(keys_app, name="keys")
app.add_typer(waive_app, name="waive")

KeyOption = Annotated[Path, typer.Option("--key", help="Your key, as `keys new` wrote it.")]
PersonOption = Annotated[str, typer.Option("--as", help="Your name, as it stands in the trust file.")]
RoleOption = Annotated[str, typer.Option("--role", help="The role you sign in.")]
TrustOption = Annotated[Path, typer.Option("--trust", help="The trust file: whose keys count, for which roles.")]


class Decision(StrEnum):
    """What a sign-off decides."""

    APPROVE = "approve"
    REQUEST_CHANGES = "request-changes"
    REJECT = "reject"


class Meaning(StrEnum):
    """What a signature means."""

    AUTHORSHIP = "authorship"
    REVIEW = "review"
    APPROVAL = "approval"
    RESPONSIBILITY = "responsibility"


class Algorithm(StrEnum):
    """Sorts of keys."""

    ECDSA_P256 = "ecdsa-p256"
    ED25519 = "ed25519"


class Answer(StrEnum):
    """Answers to a checklist item."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_APPLICABLE = "not_applicable"


class Waivable(StrEnum):
    """Outcomes that can be waived."""

    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    MISSING = "missing"
    ERROR = "error"
    STALE = "stale"


def _passphrase(confirm: bool = False) -> str:
    """From the environment, or asked for; never a default."""
    from cardwright.attest import keys

    found = os.environ.get(keys.PASSPHRASE)
    if found is not None:
        return found
    if not sys.stdin.isatty():
        raise UsageError("the passphrase is not known", do=f"Set {keys.PASSPHRASE}, or run this on a terminal.")
    asked: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm)
    return asked


def _key(path: Path) -> tuple[Any, str]:
    from cardwright.attest import keys

    key = keys.open_private(path, _passphrase())
    return key, keys.fingerprint(key.public_key())


@keys_app.command("new")
def keys_new(
    path: Annotated[Path, typer.Argument(help="Where to write the key; the request is written beside it.")],
    person: PersonOption,
    role: Annotated[list[str], typer.Option("--role", help="A role you ask for (repeat for more).")],
    algorithm: Annotated[Algorithm, typer.Option("--algorithm", help="Sort of key.")] = Algorithm.ECDSA_P256,
) -> None:
    """Make an encrypted key and a request to enrol it."""
    from cardwright.attest import keys
    from cardwright.dossier import layout
    from cardwright.files import disk

    encrypted, request = keys.new(person, tuple(role), _passphrase(confirm=True), _now(), algorithm.value)
    keys.save(path, encrypted)
    asked = path.with_suffix(".enrol.json")
    disk.write_file(asked, layout.to_json(request))
    fingerprint = keys.fingerprint(keys.check_enrolment(request, where=str(asked)))
    say(f"Key: {path} (keep it, and its passphrase, to yourself)")
    say(f"Request: {asked} (give it to whoever keeps the trust file)")
    say(f"Fingerprint: {fingerprint}")


@keys_app.command("enrol")
def keys_enrol(
    request: Annotated[Path, typer.Argument(help="The request that `keys new` wrote.")],
    trust: TrustOption,
    role: Annotated[
        list[str] | None, typer.Option("--role", help="Roles to grant, in place of those asked for.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Add a key to a trust file, and show the change."""
    from cardwright.attest import keys
    from cardwright.attest import trust as trusting
    from cardwright.files import disk
    from cardwright.record import canonical

    asked = canonical.parse(keys.Enrolment, disk.read_file(request, what="request"), where=str(request))
    before = (
        trusting.read(disk.read_file(trust, what="trust file"), where=str(trust))
        if trust.exists()
        else trusting.empty()
    )
    after = trusting.enrol(before, asked, _now()[:10], where=str(request), roles=tuple(role) if role else None)
    added = after.people[-1]
    say(f"+ {added.name}", always=True)
    say(f"+   roles {', '.join(added.roles)}, from {added.valid_from}", always=True)
    say(f"+   fingerprint {added.fingerprint}", always=True)
    say("Compare the fingerprint with the person before you go on.", always=True)
    if not yes and not (sys.stdin.isatty() and typer.confirm("Enrol?")):
        raise UsageError("not enrolled", do="Confirm, or add --yes once the fingerprint is compared.")
    disk.write_file(trust, trusting.to_yaml(after))
    say(f"{trust}: {len(after.people)} people")


@keys_app.command("accept")
def keys_accept(
    policy: Annotated[str, typer.Argument(help="A policy by name or path.")],
    trust: TrustOption,
    subject: Annotated[
        list[str] | None, typer.Option("--subject", help="Subjects it is accepted for; all, where not said.")
    ] = None,
    tier: Annotated[list[str] | None, typer.Option("--tier", help="Risk tiers it is accepted for.")] = None,
) -> None:
    """Accept a policy, by digest, in a trust file."""
    from cardwright.attest import trust as trusting
    from cardwright.files import disk

    chosen = _policy(policy)
    before = (
        trusting.read(disk.read_file(trust, what="trust file"), where=str(trust))
        if trust.exists()
        else trusting.empty()
    )
    accepted = trusting.AcceptedPolicy(
        name=chosen.name, sha256=chosen.sha256, subjects=tuple(subject or ("*",)), risk_tiers=tuple(tier or ())
    )
    after = trusting.Trust(people=before.people, policies=(*before.policies, accepted))
    disk.write_file(trust, trusting.to_yaml(after))
    say(f"+ {chosen.name} {chosen.version} {chosen.sha256} for {', '.join(accepted.subjects)}")


@app.command("attest")
def attest_item(
    key: KeyOption,
    person: PersonOption,
    role: RoleOption,
    dossier: Annotated[Path | None, typer.Argument(help="A dossier's folder.")] = None,
    checklist: Annotated[str | None, typer.Argument(help="Which checklist.")] = None,
    item: Annotated[str | None, typer.Argument(help="Which item.")] = None,
    statement: Annotated[
        str | None, typer.Option("--statement", help="In which way, with where to look; with an item.")
    ] = None,
    answer: Annotated[Answer, typer.Option("--answer", help="The answer.")] = Answer.MET,
    expires: Annotated[str | None, typer.Option("--expires", help="The day on which it has to be said again.")] = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", help="Sign this plan instead, before anything of it is evaluated.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="With --plan: the dossier's folder, as `run` will be given it."),
    ] = None,
    policy: PolicyOption = None,
) -> None:
    """Answer a checklist item, signed; or sign a plan before it is run."""
    if plan is not None:
        if dossier is not None or statement is not None or expires is not None or answer is not Answer.MET:
            raise UsageError("--plan signs a plan, and nothing of a dossier", do="Leave the other words out.")
        _sign_plan(plan, output, policy, key, person, role)
        return
    if dossier is None or checklist is None or item is None or statement is None:
        raise UsageError(
            "an answer takes a dossier, a checklist, an item and --statement",
            do="Or sign a plan before it is run: cardwright attest --plan assessment.yaml.",
        )
    if output is not None or policy is not None:
        raise UsageError("--output and --policy go with --plan", do="Leave them out.")
    from cardwright.attest import signing
    from cardwright.record.claim import Attest

    private, fingerprint = _key(key)
    at = _now()
    added = signing.say(
        dossier,
        private,
        at,
        lambda desk: Attest(
            person=person,
            key=fingerprint,
            role=role,
            at=at,
            record_sha256=desk.case.record.sha256,
            checklist=checklist,
            item=item,
            answer=answer.value,
            statement=statement,
            expires=expires,
        ),
    )
    say(f"Signed: {added}")


def _sign_plan(path: Path, output: Path | None, policy: str | None, key: Path, person: str, role: str) -> None:
    from cardwright import handoff
    from cardwright.attest import preregistration
    from cardwright.plan.assessment import load
    from cardwright.record.claim import Preregister

    plan = load(path)
    chosen = _policy(policy) if policy is not None else _policy(plan.file.policy, plan.base)
    subject = plan.file.subject
    folder = output or Path("governance") / subject.name / subject.version
    private, fingerprint = _key(key)
    with _progress() as progress:
        lock = handoff.prepare(plan, chosen, progress=progress).lock
    added = preregistration.sign(
        folder,
        subject.name,
        private,
        lambda: Preregister(person=person, key=fingerprint, role=role, at=_now(), plan_sha256=lock.sha256),
    )
    say(f"Signed: {added}")
    say(
        f"The plan {lock.sha256[:12]}, with the policy {chosen.name} {chosen.version} and the subject's files as they are now. "
        f"Next: cardwright run {path} -o {folder}"
    )


@waive_app.command("request")
def waive_request(
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    requirement: Annotated[str, typer.Argument(help="The requirement's id.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    controls: Annotated[str, typer.Option("--controls", help="What is done instead.")],
    expires: Annotated[str, typer.Option("--expires", help="The last day it holds, e.g. 2026-12-31.")],
    key: KeyOption,
    person: PersonOption,
    role: RoleOption,
    outcome: Annotated[
        Waivable | None, typer.Option("--outcome", help="The outcome; the one in the verdict, where not said.")
    ] = None,
    bound: Annotated[
        float | None, typer.Option("--bound", help="The worst value accepted; the one now, where not said.")
    ] = None,
) -> None:
    """Ask for a waiver of one requirement."""
    from cardwright.attest import signing
    from cardwright.errors import did_you_mean
    from cardwright.record.claim import WaiveRequest

    private, fingerprint = _key(key)
    at = _now()

    def make(desk: signing.Desk) -> WaiveRequest:
        known = {o.requirement: o for o in desk.review.outcomes}
        if requirement not in known:
            raise UsageError(f'the policy has no requirement "{requirement}"', do=did_you_mean(requirement, known))
        found = known[requirement]
        status = outcome.value if outcome is not None else found.status
        if status not in [w.value for w in Waivable]:
            raise UsageError(f"{requirement} is {status}; there is nothing to waive", do="Ask: cardwright todo.")
        values = [o.value for o in found.observations if o.status != "passed" and o.value is not None]
        worst = None
        if values and found.limit is not None:
            worst = min(values) if found.limit.operator == "at_least" else max(values)
        return WaiveRequest(
            person=person,
            key=fingerprint,
            role=role,
            at=at,
            # Any outcome but a failure is waived for this record alone (docs/decisions/0004).
            record_sha256=None if status == "failed" else desk.case.record.sha256,
            plan_sha256=desk.case.record.provenance.plan_sha256,
            policy_sha256=desk.review.policy.sha256,
            requirement=requirement,
            outcome=status,
            bound=bound if bound is not None else worst,
            reason=reason,
            controls=controls,
            expires=expires,
        )

    added = signing.say(dossier, private, at, make)
    say(f"Requested: {added}")
    say(f"Somebody else approves: cardwright waive approve {dossier} {added[:12]} --key KEY --as NAME --role ROLE")


@waive_app.command("approve")
def waive_approve(
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    request: Annotated[str, typer.Argument(help="The request's id, or its beginning.")],
    key: KeyOption,
    person: PersonOption,
    role: RoleOption,
) -> None:
    """Approve a waiver that somebody else asked for, in the words of the request."""
    from cardwright.attest import signing
    from cardwright.record.claim import Waive, WaiveRequest

    private, fingerprint = _key(key)
    at = _now()

    def make(desk: signing.Desk) -> Waive:
        asked = desk.claim(request)
        if not isinstance(asked.claim, WaiveRequest):
            raise UsageError(f"{request} is a {asked.claim.kind}, not a request for a waiver")
        if asked.claim.key == fingerprint:
            raise UsageError("whoever asks for a waiver does not approve it", do="Somebody else does.")
        terms = asked.claim.model_dump(
            include={
                "requirement", "outcome", "bound", "reason", "controls", "expires",
                "record_sha256", "plan_sha256", "policy_sha256",
            }
        )  # fmt: skip
        return Waive(person=person, key=fingerprint, role=role, at=at, request=asked.sealed.id, **terms)

    say(f"Approved: {signing.say(dossier, private, at, make)}")


@app.command("sign-off")
def sign_off(
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    decision: Annotated[Decision, typer.Option("--decision", help="Your decision.")],
    role: RoleOption,
    meaning: Annotated[Meaning, typer.Option("--meaning", help="What your signature means.")],
    key: KeyOption,
    person: PersonOption,
    comment: Annotated[str | None, typer.Option("--comment", help="In words.")] = None,
    answers: Annotated[
        str | None, typer.Option("--answers", help="An earlier decision of your role that this one answers.")
    ] = None,
) -> None:
    """Sign for a role, over the manifest."""
    from cardwright.attest import signing
    from cardwright.record.claim import SignOff

    private, fingerprint = _key(key)
    at = _now()
    added = signing.say(
        dossier,
        private,
        at,
        lambda desk: SignOff(
            person=person,
            key=fingerprint,
            role=role,
            at=at,
            record_sha256=desk.case.record.sha256,
            decision=decision.value.replace("-", "_"),
            meaning=meaning.value,
            manifest_sha256=desk.manifest_sha256,
            answers=desk.claim(answers).sealed.id if answers else None,
            comment=comment,
        ),
    )
    say(f"Signed: {added}")


@app.command()
def withdraw(
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    key: KeyOption,
    person: PersonOption,
    role: RoleOption,
    claim: Annotated[
        str | None, typer.Option("--claim", help="The claim to take back; the release as a whole, where not said.")
    ] = None,
) -> None:
    """Take back a claim, or the release."""
    from cardwright.attest import signing
    from cardwright.record.claim import Withdraw

    private, fingerprint = _key(key)
    at = _now()
    added = signing.say(
        dossier,
        private,
        at,
        lambda desk: Withdraw(
            person=person,
            key=fingerprint,
            role=role,
            at=at,
            record_sha256=desk.case.record.sha256,
            claim=desk.claim(claim).sealed.id if claim else None,
            reason=reason,
        ),
    )
    say(f"Withdrawn: {added}")


@app.command()
def release(
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    trust: TrustOption,
    artifact: Annotated[Path, typer.Option("--artifact", help="The folder that holds the subject's files.")],
    policy: PolicyOption = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Decide on everything, signatures included, and write the decision and the final report into the dossier."""
    STATE.quiet, STATE.debug = STATE.quiet or quiet, STATE.debug or debug
    from cardwright import documents
    from cardwright.attest import signing
    from cardwright.attest import trust as trusting
    from cardwright.dossier import layout, store
    from cardwright.files import disk
    from cardwright.record import canonical
    from cardwright.record.case import Case
    from cardwright.record.verdict import Verdict
    from cardwright.run import editions

    files = store.read_dossier(dossier)
    review = canonical.parse(Verdict, files[layout.REVIEW], where=str(dossier / layout.REVIEW))
    chosen = _policy(policy or review.policy.name)
    desk = signing.read_desk(files, where=str(dossier))

    def final(case: Case, verdict: Verdict, manifest: str) -> bytes | None:
        edition = editions.final(case, verdict, editions.compared_in(files, where=str(dossier)), manifest)
        try:
            return documents.render(edition, document="audit_report", format="pdf")
        except documents.MissingPangoError as exc:
            typer.echo(f"missing: the final report: {exc}", err=True)
            return None

    verdict, doubts = signing.release(
        dossier,
        trusting.read(disk.read_file(trust, what="trust file"), where=str(trust)),
        chosen,
        now=_now(),
        chosen_by="the command line" if policy is not None else review.policy.chosen_by,
        artefacts=store.digests(artifact, [file.path for file in desk.case.record.subject.files]),
        final=final,
    )
    for doubt in doubts:
        _echo(f"not believed: {doubt}", err=True)
    _print(verdict)
    raise typer.Exit(0 if verdict.allowed else 1)


@app.command()
def verify(
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    trust: Annotated[
        Path | None, typer.Option("--trust", help="Your own trust file; without it approval is not judged.")
    ] = None,
    artifact: Annotated[
        Path | None, typer.Option("--artifact", help="The folder that holds the files you received.")
    ] = None,
    policy: PolicyOption = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            help="Also ask whether it was allowed at this moment, e.g. 2026-11-23T12:00:00Z, apart from whether it is valid now; "
            "exit code 0 only if both.",
        ),
    ] = None,
    rerender: Annotated[
        bool, typer.Option("--rerender", help="Also make every document again, and compare its bytes.")
    ] = False,
    format: ReportOption = ReportFormat.TEXT,
    output: ReportOut = None,
    summary: SummaryOption = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """The receiver's side: check everything with public keys only, no network. Exit code 0 only with --trust."""
    STATE.quiet, STATE.debug = STATE.quiet or quiet, STATE.debug or debug
    from cardwright.attest import trust as trusting
    from cardwright.attest import verify as verifying
    from cardwright.cli.reports import of_verification
    from cardwright.dossier import contents as holding
    from cardwright.dossier import store
    from cardwright.files import disk

    now, then = _now(), _moment(as_of) if as_of is not None else None
    with _reporting("verify", dossier, format, output, summary):
        if artifact is not None:
            store.digests(artifact, [])  # whether the folder is there
        files = store.read_dossier(dossier)
        report = verifying.verify(
            files,
            where=str(dossier),
            trust=trusting.read(disk.read_file(trust, what="trust file"), where=str(trust))
            if trust is not None
            else None,
            now=now,
            policy=lambda name: holding.policy_of(policy or name),
            printed=holding.documents_hold,
            artefacts=(lambda names: store.digests(artifact, list(names))) if artifact is not None else None,
            rerender=_rerender if rerender else None,
            as_of=then,
        )
    checks = of_verification(report, subject=str(dossier), where=str(dossier), at=now)

    def text() -> str:
        steps = [f"{step.number:>2} {step.name:<11} {step.outcome:<10} {step.detail}" for step in report.steps]
        return "\n".join(
            [report.headline] if STATE.quiet else [*steps, *report.notes, *report.answers, report.headline]
        )

    _report(checks, text, lambda: verifying.as_json(report), format, output, summary)
    raise typer.Exit(report.exit_code)


def _moment(text: str) -> str:
    """A moment as somebody wrote it: in UTC, to the second, or a day, which is meant from its first second on."""
    import re
    from datetime import datetime

    whole = f"{text}T00:00:00Z" if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else text
    try:
        datetime.strptime(whole, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError as exc:
        raise UsageError(
            "--as-of is not a moment", do="Write it in UTC, like 2026-11-23T12:00:00Z, or as a day."
        ) from exc
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", whole):
        raise UsageError("--as-of is not a moment", do="Write it in UTC, like 2026-11-23T12:00:00Z, or as a day.")
    return whole


def _rerender(files: Mapping[str, bytes], where: str, claims: tuple[Any, ...]) -> tuple[list[str], list[str]] | None:
    """Make the documents again; None where Pango is not installed."""
    from cardwright import documents
    from cardwright.run import editions

    try:
        return editions.rerender(files, where=where, claims=claims)
    except documents.MissingPangoError:
        return None  # the step is then not judged


checklist_app = typer.Typer(
    help="Show checklists, and what in a record supports them.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(checklist_app, name="checklist")


@checklist_app.command("list")
def checklist_list() -> None:
    """Name the checklists that are packaged."""
    from cardwright.dossier.contents import checklist_of
    from cardwright.files import packaged

    for name in packaged.names("checklists"):
        found = checklist_of(name)
        typer.echo(f"{name:<26} {len(found.items):>3} items  {found.title} (as of {found.as_of}, {found.status})")


@checklist_app.command("show")
def checklist_show(name: Annotated[str, typer.Argument(help="A checklist by name or path.")]) -> None:
    """Print the items of a checklist."""
    from cardwright.dossier.contents import checklist_of

    found = checklist_of(name)
    typer.echo(f"{found.title}, {found.version}: {found.source} (mark {found.source_mark}, as of {found.as_of})")
    for item in found.items:
        typer.echo(f"{item.clause:<10} {item.id}: {item.requirement}")


@checklist_app.command("coverage")
def checklist_coverage(
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder, or a record.json.")],
    name: Annotated[str, typer.Option("--checklist", help="A checklist by name or path.")] = "responsible_ai_minimum",
) -> None:
    """Say which items have evidence, which a person attests, and which are missing. Exit code 1 while any is missing."""
    from cardwright.dossier import layout, store
    from cardwright.dossier.contents import checklist_of
    from cardwright.files import disk
    from cardwright.policy import checklist
    from cardwright.record import canonical
    from cardwright.record.record import Record

    data = disk.read_file(dossier, what="record") if dossier.is_file() else store.read_dossier(dossier)[layout.RECORD]
    found = checklist.coverage(checklist_of(name), canonical.parse(Record, data, where=str(dossier)))
    typer.echo(checklist.as_text(found, width=_width()))
    raise typer.Exit(1 if found.counts["missing"] else 0)


# ---------------------------------------------------------------------------------------------------- set-up


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="The folder to write the plan into.")],
    source: Annotated[
        Path | None, typer.Option("--from", help="Your file of predictions, data or transcripts.")
    ] = None,
    kind: Annotated[
        SubjectKind | None, typer.Option("--kind", help="What is judged; told from the file, where it can be.")
    ] = None,
    answer: Annotated[
        list[str] | None, typer.Option("--set", help="An answer, e.g. --set label=approved (repeat for more).")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: take what the file shows; what is unsure stays `?`.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite a plan that is there; details.yaml is never overwritten.")
    ] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a plan that runs, from a look at your file and at most eight answers."""
    STATE.quiet, STATE.debug = STATE.quiet or quiet, STATE.debug or debug
    from cardwright.plan import scaffold

    given: dict[str, str] = {}
    for item in answer or []:
        key, equals, value = item.partition("=")
        if not equals or not value:
            raise UsageError(f'"{item}" is not KEY=VALUE', do="Write --set label=approved.")
        given[key.strip()] = value.strip()
    interactive = not yes and sys.stdin.isatty()

    def ask(question: str, proposal: str | None) -> str | None:
        if not interactive:
            return None
        reply: str = typer.prompt(question, default=proposal or "?", show_default=True)
        return reply

    done = scaffold.init(directory, source, kind.value if kind else None, given, ask, yes=yes, force=force)
    for line in done.notes:
        say(line)
    say(f"Wrote {', '.join(str(path) for path in done.written)}")
    if done.open:
        say(f"Still open, marked `?` in {done.plan}: {', '.join(done.open)}")
        say(
            "Answer them there, or run init again: --yes takes the guesses that are sure, --set KEY=VALUE answers one, "
            "--force overwrites the plan."
        )
    say(f"Next: cardwright run {done.plan}")


@app.command()
def schema(
    name: Annotated[
        str | None, typer.Argument(help="record, assessment, policy, verdict, plan-lock, manifest, run, details …")
    ] = None,
    every: Annotated[Path | None, typer.Option("--all", help="Write every schema into this folder.")] = None,
    debug: Debug = False,
) -> None:
    """Print the JSON Schema of a file format."""
    STATE.debug = STATE.debug or debug
    from cardwright.cli import schemas
    from cardwright.errors import did_you_mean
    from cardwright.files import disk

    if every is not None:
        for key in schemas.FORMATS:
            disk.write_file(every / f"{key}.schema.json", schemas.of(key))
        say(f"{every}: {len(schemas.FORMATS)} schemas")
        return
    if name is None:
        typer.echo("\n".join(schemas.FORMATS))
        return
    if name not in schemas.FORMATS:
        raise UsageError(f'no file format is called "{name}"', do=did_you_mean(name, schemas.FORMATS))
    typer.echo(schemas.of(name).decode("utf-8"), nl=False)


class ExportFormat(StrEnum):
    """Another system's format."""

    CYCLONEDX = "cyclonedx"
    CROISSANT = "croissant"
    MCT = "mct"
    HF = "hf"


@app.command()
def export(
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder, or a record.json.")],
    format: Annotated[ExportFormat, typer.Option("--format", "-f", help="Another system's format.")],
    output: Out = None,
    audience: Annotated[ReaderGroup, typer.Option("--audience", help="Who reads it.")] = ReaderGroup.INTERNAL,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the record in another system's format, held against its official schema."""
    STATE.quiet, STATE.debug = STATE.quiet or quiet, STATE.debug or debug
    from cardwright import documents
    from cardwright.documents import exports
    from cardwright.documents.audience import edition_for
    from cardwright.files import disk

    edition = edition_for(_edition(dossier, audience))
    if format is ExportFormat.HF:
        data = documents.render(
            _edition(dossier, audience),
            document="dataset_card" if edition.record.subject.kind == "dataset" else "model_card",
            format="markdown",
        )
        name = "README.md"
    else:
        data = exports.export(edition, format.value)
        name = f"{edition.record.subject.name}.{exports.FORMATS[format.value][2]}"
    path = output or Path(name)
    disk.write_file(path, data)
    say(f"{path}: {len(data):,} bytes")


def _edition(dossier: Path, audience: ReaderGroup) -> documents.Edition:
    """What a dossier, or a record alone, has to say."""
    from cardwright import documents
    from cardwright.dossier import layout, store
    from cardwright.dossier.contents import case_of
    from cardwright.files import disk
    from cardwright.record import canonical
    from cardwright.record.record import Record
    from cardwright.record.verdict import Verdict

    if dossier.is_file():
        record = canonical.parse(Record, disk.read_file(dossier, what="record"), where=str(dossier))
        return documents.Edition(record=record, audience=audience.value)
    files = store.read_dossier(dossier)
    case = case_of(files, where=str(dossier))
    verdict = (
        canonical.parse(Verdict, files[layout.REVIEW], where=str(dossier / layout.REVIEW))
        if layout.REVIEW in files
        else None
    )
    return documents.Edition(record=case.record, verdict=verdict, run=case.run, audience=audience.value)


@app.command("import-card")
def import_card(
    card: Annotated[Path, typer.Argument(help="A Hugging Face card (Markdown), or Model Card Toolkit JSON.")],
    output: Out = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Take what people wrote in an existing card over into a details.yaml; numbers are not taken."""
    STATE.quiet, STATE.debug = STATE.quiet or quiet, STATE.debug or debug
    from cardwright.files import disk
    from cardwright.plan import card_import

    found = card_import.import_card(disk.read_file(card, what="card"), name=card.name, today=_now()[:10])
    path = output or Path("details.yaml")
    if path.exists():
        raise UsageError("it is there already, and holds somebody's words", where=str(path), do="Name another -o.")
    disk.write_file(path, found.details)
    say(f"{path}: {len(found.taken)} answers taken: {', '.join(found.taken) or 'none'}")
    if found.left:
        typer.echo(f"no place for: {', '.join(found.left)}", err=True)


@app.command()
def migrate(
    file: Annotated[Path, typer.Argument(help="A record, verdict, manifest, plan lock or run file.")],
    output: Out = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Read a file of an older version and write it in the current one, beside the original, which is not touched."""
    STATE.quiet, STATE.debug = STATE.quiet or quiet, STATE.debug or debug
    from cardwright.cli import schemas
    from cardwright.dossier import migrations
    from cardwright.files import disk
    from cardwright.record import canonical

    found = migrations.migrate(disk.read_file(file), where=str(file))
    named = f"cardwright/{found.format}/{found.after}"
    data = canonical.dumps(found.document)
    canonical.parse(schemas.model_of(found.format), data, where=str(file))
    if found.already_current:
        say(f"{file}: {named}, already current")
        return
    path = output or file.with_name(f"{file.stem}.{found.after}{file.suffix}")
    if path.exists() and path.samefile(file):
        raise UsageError("the original is kept, since signatures are over it", where=str(path), do="Name another -o.")
    disk.write_file(path, data)
    say(f"{path}: {named}, was version {found.before}")
    say(f"sha256 {canonical.digest(data)}, of the original {found.original_sha256}")


@app.command()
def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Also say what could try to reach a network.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Check what is installed, and say what to install for what is not."""
    STATE.quiet, STATE.debug = STATE.quiet or quiet, STATE.debug or debug
    from cardwright.cli import diagnosis

    checks = diagnosis.checks(offline=offline)
    for check in checks:
        if not STATE.quiet or not check.ok:
            mark = "ok     " if check.ok else "missing"
            typer.echo(f"{mark}  {check.what}" + (f": {check.detail}" if check.detail else ""))
            if not check.ok and check.remedy:
                typer.echo(f"         {check.remedy}")
    raise typer.Exit(0 if all(check.ok or not check.required for check in checks) else 1)


_COMMANDS, _GROUPS = tuple(app.registered_commands), tuple(app.registered_groups)


def _only(words: list[str]) -> None:
    """Leave the option parser the one command that is asked for: reading the options of all of them takes 60 ms."""
    first = words[0] if words else ""
    commands = [
        c for c in _COMMANDS if first in (c.name, c.callback.__name__.replace("_", "-") if c.callback else None)
    ]
    groups = [g for g in _GROUPS if g.name == first]
    known = bool(commands or groups)
    app.registered_commands[:] = commands if known else _COMMANDS
    app.registered_groups[:] = groups if known else _GROUPS


def main(words: list[str] | None = None) -> None:
    """The entry point: runs a command, and turns errors into one clear line and an exit code."""
    STATE.quiet = STATE.debug = False
    words = sys.argv[1:] if words is None else words
    debug = "--debug" in words
    _only(words)
    try:
        code = app(args=words, standalone_mode=False)
    except CardwrightError as exc:
        if debug:
            raise
        _echo(f"cardwright: {exc}", err=True)
        sys.exit(exc.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        typer.echo("cardwright: stopped", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as exc:
        if hasattr(exc, "format_message") and hasattr(exc, "exit_code"):  # a usage error of the option parser
            typer.echo(f"cardwright: {exc.format_message()}", err=True)
            sys.exit(2)
        if debug:
            raise
        # The message could hold a value from the data, so only the type is printed.
        typer.echo(
            f"cardwright: internal error ({type(exc).__name__}). Please report it; --debug shows where.", err=True
        )
        sys.exit(4)
    sys.exit(code if isinstance(code, int) else 0)


def process() -> None:
    """The command of a process: `main`, and an end without taking the interpreter apart.

    Libraries speak up there (DuckDB lists what it leaks, as if it were an error), and it takes a tenth of a short command.
    """
    code: object = 0
    try:
        main()
    except SystemExit as exc:
        code = exc.code
    except BaseException:  # noqa: BLE001  # with --debug: what the interpreter would have done
        sys.excepthook(*sys.exc_info())
        code = 1
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    process()
