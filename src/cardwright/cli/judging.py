"""`gate`, `todo` and `verify`: what a dossier's evidence and signatures are worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from cardwright.cli.console import Console, clock, echo, echo_json, width
from cardwright.cli.options import (
    Debug,
    OneOf,
    PolicyOption,
    Quiet,
    ReportFormat,
    ReportOption,
    ReportOut,
    SummaryOption,
    policy_of_dossier,
)
from cardwright.cli.other_dossiers import DossiersOption, with_incidents
from cardwright.cli.printing import report_checks, reporting
from cardwright.cli.printing import rerender as make_again
from cardwright.cli.telling import AllowOption, MetricsOption, tell
from cardwright.errors import CardwrightError, NothingToCheckError, StoreError, UsageError

if TYPE_CHECKING:
    from cardwright.record.case import Case
    from cardwright.record.verdict import Verdict


def gate(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    policy: PolicyOption = None,
    artifact: Annotated[
        Path | None,
        typer.Option("--artifact", help="The folder with the subject's files, to compare with the record."),
    ] = None,
    format: ReportOption = ReportFormat.TEXT,
    output: ReportOut = None,
    summary: SummaryOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Print every requirement, not only those in the way.")
    ] = False,
    trust: Annotated[
        Path | None,
        typer.Option("--trust", envvar="CARDWRIGHT_TRUST", help="A trust file; without it, nobody's claim counts."),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", help="A dossier that requirements relative to a baseline compare with."),
    ] = None,
    dossiers: DossiersOption = None,
    own_policy: Annotated[
        bool,
        typer.Option("--own-policy", help="Let the dossier's own policy decide; otherwise that ends with exit code 1."),
    ] = False,
    attestation: Annotated[
        Path | None,
        typer.Option(
            "--attestation",
            help="If allowed, write predicate.json and subjects.sha256 of the files in --artifact to this folder.",
        ),
    ] = None,
    metrics: MetricsOption = None,
    allow: AllowOption = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Judge a dossier by your policy, without changing it.

    Exit code 0 only if the handoff is allowed. Without --policy the dossier itself says by what it is judged; the answer
    then says so, and permits nothing.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.policy import report

    if attestation is not None and (artifact is None or policy is None):
        raise UsageError(
            "an attestation is of files at hand, by a policy of yours", do="Name both: --artifact and --policy."
        )
    if attestation is not None:
        _withdraw_attestation(attestation)
    began = perf_counter()
    try:
        with reporting("gate", dossier, format, output, summary):
            verdict, case, doubts = _judge(dossier, policy, artifact, trust, baseline, dossiers or ())
            if attestation is not None and verdict.allowed:
                _write_attestation(attestation, verdict, case)
    except CardwrightError as error:
        if metrics is not None:
            from cardwright.integrations import gate_metrics

            tell(metrics, allow or (), gate_metrics.of_error(error, seconds=perf_counter() - began))
        raise
    for doubt in doubts:
        echo(doubt, err=True)
    subject = f"{case.record.subject.name} {case.record.subject.version}"
    own = policy is None and not own_policy
    code = 0 if verdict.allowed and not own else 1
    if metrics is not None:
        from cardwright.integrations import gate_metrics

        seconds = perf_counter() - began
        tell(metrics, allow or (), gate_metrics.of_verdict(verdict, subject, exit_code=code, seconds=seconds))
    header = (
        f"Judged by the dossier's own policy, {verdict.policy.name}; name yours: --policy" if policy is None else ""
    )

    def text() -> str:
        shown = report.as_text(verdict, width=width(), everything=everything)
        shown = shown.split("\n", 1)[0] if console.quiet else shown
        return f"{header}\n{shown}" if header else shown

    if format in (ReportFormat.TEXT, ReportFormat.JSON) and output is None and summary is None:
        if format is ReportFormat.TEXT:
            echo(text())
        else:
            echo_json(report.as_json(verdict))
    else:
        from cardwright.cli.reports import of_verdict

        checks = of_verdict(verdict, subject=subject, where=str(dossier))
        report_checks(checks, text, lambda: report.as_json(verdict), format, output, summary)
    if own and format is ReportFormat.JSON:
        echo(header, err=True)
    raise typer.Exit(code)


def _withdraw_attestation(folder: Path) -> None:
    """What an earlier run wrote there goes first: a refusal must not leave the attestation of the build before."""
    from cardwright.cli.reports import attested

    for name in (attested.PREDICATE, attested.SUBJECTS):
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as exc:
            raise StoreError(
                "what an earlier run attested cannot be removed", where=str(folder / name), do="Name another folder."
            ) from exc


def _write_attestation(folder: Path, verdict: Verdict, case: Case) -> None:
    from cardwright import __version__
    from cardwright.cli.reports import attested
    from cardwright.files import disk

    subject = case.record.subject
    subjects = attested.checksums(subject, case.artefacts or {})
    disk.write_file(folder / attested.PREDICATE, attested.predicate(verdict, subject, __version__))
    disk.write_file(folder / attested.SUBJECTS, subjects)


def _judge(
    folder: Path,
    policy: str | None,
    artifact: Path | None,
    trust: Path | None = None,
    baseline: Path | None = None,
    dossiers: Sequence[Path] = (),
) -> tuple[Verdict, Case, tuple[str, ...]]:
    """The verdict on a dossier now, what was judged, and which claims count for nothing."""
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
    if baseline is not None:
        case = replace(case, baseline=contents.baseline_of(store.read_dossier(baseline), where=str(baseline)))
    name = policy or (before.policy.name if before is not None else None)
    if name is None:
        raise UsageError("the dossier does not say which policy it was made for", do="Name one with --policy.")
    chosen = policy_of_dossier(name, policy)
    by = "the command line" if policy is not None else "the plan"
    now = clock()
    case, doubts = with_claims(case, files, folder, trust, now)
    if dossiers:
        from cardwright.cli.keyring import trust_file

        case = with_incidents(case, dossiers, trust_file(trust) if trust is not None else None, now)
    return decide(case, chosen, now, chosen_by=by), case, doubts


def with_claims(
    case: Case, files: Mapping[str, bytes], folder: Path, trust: Path | None, now: str
) -> tuple[Case, tuple[str, ...]]:
    """The case with the claims that are believed, and what could not be trusted of the others."""
    from cardwright.dossier import layout

    if not files.get(layout.CLAIMS):
        return _with_linked_claims(case, folder, trust, now), ()
    if trust is None:
        count = files[layout.CLAIMS].count(b"\n")
        return case, (f"{count} claims not counted: no trust file says whom to believe (--trust)",)
    from cardwright.attest import under_review  # signatures cost a tenth of a second to import; most drafts have none
    from cardwright.cli.keyring import trust_file

    reviewed = under_review.read(files, where=str(folder))
    believed, doubts = under_review.judged_case(reviewed, trust_file(trust), case.artefacts, now)
    return believed, tuple(f"not believed: {doubt}" for doubt in doubts)


def _with_linked_claims(case: Case, folder: Path, trust: Path | None, now: str) -> Case:
    """A case that nobody has signed yet, with what is believed of those who signed the dossiers that it refers to."""
    if trust is None or not case.linked:
        return case
    from cardwright.attest import under_review
    from cardwright.cli.keyring import trust_file

    believed = trust_file(trust)
    linked = under_review.linked_dossiers(case, where=str(folder))
    return replace(
        case,
        linked=under_review.linked_as_believed(case, linked, believed, now),
        trust_sha256=believed.sha256,
    )


def _closers() -> Iterable[str]:
    from cardwright.policy import report

    return [key for key, _ in report.GROUPS]


def todo(
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")] = Path(),
    policy: PolicyOption = None,
    by: Annotated[
        str | None,
        typer.Option("--by", parser=OneOf("kind of work", _closers), metavar="KIND", help="Only what this closes."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="List everything, not only the first five.")] = False,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", help="The plan that commands should name; if omitted, the one that was run."),
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List what is missing, by who can close it."""
    from cardwright.policy import report

    verdict = _judge(dossier, policy, None)[0] if policy is not None else _stored(dossier)
    places = _places(dossier, plan)
    echo(report.todo(verdict, places=places, width=width(), most=10**6 if everything else 5, closed_by=by))
    raise typer.Exit(0 if verdict.allowed else 1)


def _places(dossier: Path, plan: Path | None) -> dict[str, str]:
    """What a next action leaves blank and is known here: the dossier, the plan that was run, and its details file."""
    from cardwright.dossier import layout, store
    from cardwright.record import canonical
    from cardwright.record.provenance import RunFacts

    places = {"dossier": str(dossier)}
    if plan is None:
        files = store.read_dossier(dossier)
        ran = canonical.parse(RunFacts, files[layout.RUN], where=layout.RUN).plan if layout.RUN in files else None
        plan = Path(ran) if ran is not None else Path("PLAN")
    if plan.is_dir():
        plan = plan / "assessment.yaml"
    # A path is kept as it was given where `run` was started; from elsewhere it may lead nowhere, and then it is not named.
    if not plan.is_file():
        return places
    return {**places, "plan": str(plan), "details": str(plan.parent / _details_of(plan))}


def _details_of(plan: Path) -> str:
    """The details file that a plan names; a plan that cannot be read is for `run` to refuse."""
    from cardwright.files import disk, yamltext

    with suppress(CardwrightError):
        written = yamltext.parse(disk.read_file(plan, what="plan"), where=str(plan)).data
        if isinstance(written, dict) and isinstance(written.get("details"), str):
            return str(written["details"])
    return "details.yaml"


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


def verify(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder, or a released PDF by itself.")],
    trust: Annotated[
        Path | None, typer.Option("--trust", help="Your own trust file; without it approval is not judged.")
    ] = None,
    artifact: Annotated[Path | None, typer.Option("--artifact", help="The folder with the files you received.")] = None,
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
        bool,
        typer.Option(
            "--rerender",
            help="Also make every document again and compare its bytes; with other libraries, its text and structure, which "
            "proves nothing.",
        ),
    ] = False,
    status: Annotated[
        Path | None,
        typer.Option("--status", help="A status statement; if omitted, the one beside the dossier, if any."),
    ] = None,
    revocations: Annotated[
        Path | None,
        typer.Option(
            "--revocations", help="A signed list of revoked keys, which count as revoked in your trust file, too."
        ),
    ] = None,
    trust_state: Annotated[
        Path | None,
        typer.Option("--trust-state", help="Your record of the last trust file seen; an older one is refused."),
    ] = None,
    trust_pin: Annotated[
        str | None,
        typer.Option("--trust-pin", help="The digest that the trust file must have, told to you out of band."),
    ] = None,
    format: ReportOption = ReportFormat.TEXT,
    output: ReportOut = None,
    summary: SummaryOption = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Check a dossier you received, with public keys only.

    Nothing reaches a network. Exit code 0 only with --trust.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import lone_pdf
    from cardwright.attest import verify as verifying
    from cardwright.cli.keyring import trusted
    from cardwright.cli.reports import of_verification
    from cardwright.dossier import contents as holding
    from cardwright.dossier import store
    from cardwright.files import disk

    now, then = clock(), _moment(as_of) if as_of is not None else None
    with reporting("verify", dossier, format, output, summary):
        if artifact is not None:
            store.digests(artifact, [])  # whether the folder is there
        lone = dossier.is_file()
        data = disk.read_file(dossier, what="PDF") if lone else b""
        files = lone_pdf.files_of(data, where=str(dossier)) if lone else store.read_dossier(dossier)
        believed = trusted(trust, state=trust_state, pin=trust_pin) if trust is not None else None
        if files is None:
            report = lone_pdf.unreleased(
                data, where=dossier.name, printed=_printed_on_pages, trusted=believed is not None, now=now
            )
        else:
            report = verifying.verify(
                files,
                where=str(dossier),
                trust=believed,
                now=now,
                policy=lambda name: policy_of_dossier(name, policy),
                printed=holding.documents_hold,
                artefacts=(lambda names: store.digests(artifact, list(names))) if artifact is not None else None,
                rerender=partial(make_again, lone=lone) if rerender else None,
                as_of=then,
                status=store.status_of(dossier, status),
                revocations=disk.read_file(revocations, what="list of revoked keys") if revocations else None,
                lone=lone,
            )
    checks = of_verification(report, subject=str(dossier), where=str(dossier), at=now)

    def text() -> str:
        steps = [f"{step.number:>2} {step.name:<11} {step.outcome:<10} {step.detail}" for step in report.steps]
        return "\n".join(
            [report.headline] if console.quiet else [*steps, *report.notes, *report.answers, report.headline]
        )

    report_checks(checks, text, lambda: verifying.as_json(report), format, output, summary)
    raise typer.Exit(report.exit_code)


def _printed_on_pages(files: Mapping[str, bytes], digest: str) -> str:
    """Compare a PDF that nobody released with the record it holds: its digest is printed on every page.

    A released one needs no such look, which takes a second for a long report: every byte is compared with what was released.

    Raises
    ------
    IntegrityError
        If the PDF holds another record, or a page does not print its digest.
    """
    from cardwright.documents import tagged_text
    from cardwright.dossier import contents
    from cardwright.errors import IntegrityError

    held = contents.documents_hold(files, digest)
    for name, data in files.items():
        if name.endswith(".pdf"):
            margins = tagged_text.read(data, where=name).margins
            if not margins or not all(digest in margin for margin in margins):
                raise IntegrityError("a page does not print the record's digest", where=name, do="It was changed.")
    return f"{held}, printed on every page"


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
