"""`init`, `status`, `diff`, `migrate`, `schema` and `doctor`: plans, dossiers and this installation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardwright.cli.console import Console, OwnDigest, clock, echo, echo_json, interactive, width, write
from cardwright.cli.options import (
    AnswerFormat,
    Debug,
    OneOf,
    Out,
    PolicyOption,
    Quiet,
    TextOrJson,
    choice,
    policy_named,
)
from cardwright.errors import CardwrightError, NothingToCheckError, UsageError

if TYPE_CHECKING:
    from cardwright.policy.policy import Policy
    from cardwright.record.verdict import Verdict


class SubjectKind(StrEnum):
    """What `init` scaffolds."""

    TABULAR = "tabular"
    LLM = "llm"
    DATASET = "dataset"
    RANKING = "ranking"


def init(
    ctx: typer.Context,
    directory: Annotated[Path, typer.Argument(help="The folder to write the plan to.")],
    source: Annotated[
        Path | None, typer.Option("--from", help="Your file of predictions, data or transcripts.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="URL", help="A database; --from is then its table (docs/data.md)."),
    ] = None,
    kind: Annotated[
        SubjectKind | None,
        typer.Option(
            "--kind",
            parser=choice("kind", SubjectKind),
            metavar="KIND",
            help="What is assessed; if omitted, inferred from the file.",
        ),
    ] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="An answer, e.g. --set label=approved (may be repeated)."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: take what the file shows; what is not certain stays `?`.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite an existing plan; details.yaml is never overwritten.")
    ] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a plan that runs, from your file and answers."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.cli import schemas
    from cardwright.files import disk
    from cardwright.plan import scaffold

    given: dict[str, str] = {}
    for item in answer or []:
        key, equals, value = item.partition("=")
        if not equals or not value:
            raise UsageError(f'"{item}" is not KEY=VALUE', do="Write --set label=approved.")
        given[key.strip()] = value.strip()
    asking = not yes and interactive()

    def ask(question: str, proposal: str | None) -> str | None:
        if not asking:
            return None
        reply: str = typer.prompt(question, default=proposal or "?", show_default=True)
        return reply

    done = scaffold.init(directory, source, kind.value if kind else None, given, ask, yes=yes, force=force, at=at)
    for path, data in schemas.beside(directory).items():
        disk.write_file(path, data)
    for line in done.notes:
        console.say(line)
    console.say(f"Wrote {', '.join(str(path) for path in done.written)}")
    if done.open:
        console.say(f"Still open, marked `?` in {done.plan}: {', '.join(done.open)}")
        console.say(
            "Answer them there, or run init again: --yes takes the certain guesses, --set KEY=VALUE answers one, "
            "--force overwrites the plan."
        )
    else:
        _say_what_run_would(console, done.plan)
    console.say(f"Next: cardwright run {done.plan}")


def _say_what_run_would(console: Console, plan: Path) -> None:
    """Open what the plan names as `run` does, and say what stops it, while the answers are still in mind."""
    from cardwright.dossier import contents
    from cardwright.errors import CardwrightError
    from cardwright.plan.assessment import load
    from cardwright.run.prepare import prepare

    try:
        assessment = load(plan)
        prepare(assessment, contents.policy_of(assessment.file.policy, beside=plan.parent))
    except CardwrightError as exc:
        console.say(f"`run` will refuse this as it stands: {exc}")


def status(
    ctx: typer.Context,
    places: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PLACE", help="Dossiers, or folders of dossiers; if omitted, governance."),
    ] = None,
    expiring: Annotated[
        str | None,
        typer.Option(
            "--expiring", metavar="SPAN", help="Exit code 1 if something in force expires within this span, e.g. 14d."
        ),
    ] = None,
    format: AnswerFormat = TextOrJson.TEXT,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List dossiers and the state of each.

    Exit code 3 if one cannot be read. Signatures are not checked here; `verify` does that.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.dossier import store
    from cardwright.run import status as listing

    now = clock()
    within = listing.days(expiring) if expiring is not None else None
    where = places or [Path("governance")]
    folders = store.find_dossiers(where)
    if not folders:
        raise NothingToCheckError(
            "no dossier here", where=", ".join(str(place) for place in where), do="Make one: cardwright run PLAN."
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
        echo_json(listing.as_json(rows, now=now, soon=soon))
    else:
        console.say(listing.as_text(rows, width=width()))
        for row in soon:
            over = "has expired on" if (row.valid_until or "") < now[:10] else "expires on"
            echo(f"{row.name} {row.version} {over} {row.valid_until}")
    broken = max((row.exit_code for row in rows), default=0)
    raise typer.Exit(broken or (1 if soon else 0))


def diff(
    ctx: typer.Context,
    old: Annotated[Path, typer.Argument(help="A dossier's folder, or a record.json.")],
    new: Annotated[Path, typer.Argument(help="The dossier or record to compare it with.")],
    policy: PolicyOption = None,
    format: AnswerFormat = TextOrJson.TEXT,
    everything: Annotated[bool, typer.Option("--all", help="List every number that differs.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Compare two dossiers or records, regressions first.

    Also lists what must be run again, what people must say again, and what stands. Exit code 1 if NEW is worse: a number beyond
    overlapping intervals, a number that is lost, a requirement that now blocks, a new or more severe finding of at least medium
    severity, or an evaluation left out; otherwise 0.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.record import comparison

    chosen = policy_named(policy) if policy is not None else None
    found = comparison.compare(_side(old, chosen), _side(new, chosen))
    if format is TextOrJson.JSON:
        echo_json(comparison.as_json(found))
    else:
        text = comparison.as_text(found, width=width(), most=10**6 if everything else 20)
        echo("\n".join(text.split("\n")[:2]) if console.quiet else text)
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
        verdict = decide(case, policy, clock(), "review", chosen_by="the command line")
    elif layout.REVIEW in files:
        verdict = canonical.parse(Verdict, files[layout.REVIEW], where=str(place / layout.REVIEW))
    if files.get(layout.CLAIMS):
        from cardwright.attest import claims as claiming

        claims = tuple(one.claim for one in claiming.read(files[layout.CLAIMS], where=str(place / layout.CLAIMS)))
    return comparison.Side(record=case.record, plan=case.plan, verdict=verdict, claims=claims)


def migrate(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(help="A record, verdict, manifest, plan lock or run file; or a policy or trust file (YAML)."),
    ],
    output: Out = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a file of an older version in the current one.

    The original is not touched. For a policy, print its digest in Cardwright 0.1.0 and its present one; for a trust file, also
    the policies that it accepts by an old digest, which stay as they are: what to accept is the receiver's to say.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.cli import schemas
    from cardwright.dossier import migrations
    from cardwright.files import disk
    from cardwright.record import canonical

    if file.suffix in (".yaml", ".yml"):
        for line in (*_policy_digests(file), *_current_trust(file, output)):
            console.say(line)
        return
    found = migrations.migrate(disk.read_file(file), where=str(file))
    named = f"cardwright/{found.format}/{found.after}"
    data = canonical.dumps(found.document)
    canonical.parse(schemas.model_of(found.format), data, where=str(file))
    if found.already_current:
        console.say(f"{file}: {named}, already current")
        return
    path = output or file.with_name(f"{file.stem}.{found.after}{file.suffix}")
    if path.exists() and path.samefile(file):
        raise UsageError("the original is kept, since signatures cover it", where=str(path), do="Choose another -o.")
    disk.write_file(path, data)
    console.say(f"{path}: {named}, was version {found.before}")
    console.say("sha256 ", OwnDigest(canonical.digest(data)), ", of the original ", OwnDigest(found.original_sha256))


def _policy_digests(file: Path) -> Iterator[str]:
    """The old and the new digests of a policy file, or of what a trust file accepts."""
    from cardwright.attest import trust as trust_file
    from cardwright.dossier import contents, migrations
    from cardwright.files import disk, yamltext

    data = disk.read_file(file, what="policy or trust file")
    written = yamltext.parse(data, where=str(file)).data
    if not isinstance(written, dict) or not str(written.get("schema", "")).startswith("cardwright/trust/"):
        digests = migrations.policy_digests(contents.policy_of(str(file)))
        yield digests.name
        yield f"  0.1.0  {digests.before or 'none: 0.1.0 did not know what it asks for'}"
        yield f"  now    {digests.now}"
        return
    trust = trust_file.read(data, where=str(file))
    old = trust_file.accepted_by_old_digest(trust, migrations.packaged_digests())
    for accepted, digests in old:
        yield f"{accepted.name}: {digests.before} is {digests.now} now"
    others = [accepted.name for accepted in trust.policies if accepted not in [one for one, _ in old]]
    if others:
        yield f"Not the old digest of a packaged policy: {', '.join(others)}."
        yield "For a policy of your own: cardwright migrate POLICY.yaml."
    if old:
        yield f"Read each policy again, and put its new digest into {file}: a receiver decides by it."


def _current_trust(file: Path, output: Path | None) -> Iterator[str]:
    """Write a trust file of an older version in the current one, beside it; nothing for a current one or a policy."""
    from cardwright.attest import trust as trust_file
    from cardwright.files import disk, yamltext

    data = disk.read_file(file, what="policy or trust file")
    said = yamltext.parse(data, where=str(file)).data
    named = str(said.get("schema", "")) if isinstance(said, dict) else ""
    current = trust_file.FORMAT
    if not named.startswith("cardwright/trust/"):
        if output is not None:
            raise UsageError("a policy has one version, so nothing is written for it", do="Leave out -o.")
        return
    if named == current:
        yield f"{file}: {current}, already current"
        return
    path = output or file.with_name(f"{file.stem}.{current.rpartition('/')[2]}{file.suffix}")
    if path.exists() and path.samefile(file):
        raise UsageError("the original is kept, since signatures cover it", where=str(path), do="Choose another -o.")
    disk.write_file(path, trust_file.to_yaml(trust_file.read(data, where=str(file))))
    yield f"{path}: {current}, was {named}. Look it through: every person has an id now."


def _file_formats() -> Iterable[str]:
    from cardwright.cli import schemas

    return schemas.FORMATS


def schema(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            parser=OneOf("file format", _file_formats),
            metavar="NAME",
            help="The file format; if omitted, all are listed.",
        ),
    ] = None,
    every: Annotated[Path | None, typer.Option("--all", help="Write every schema to this folder.")] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Print the JSON Schema of a file format."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.cli import schemas
    from cardwright.files import disk

    if every is not None:
        for key in schemas.FORMATS:
            disk.write_file(every / f"{key}.schema.json", schemas.of(key))
        console.say(f"{every}: {len(schemas.FORMATS)} schemas")
        return
    if name is None:
        write("\n".join(schemas.FORMATS))
        return
    write(schemas.of(name).decode("utf-8"), end="")


def doctor(
    ctx: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Also list what could try to reach a network.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Check what is installed, and how to install the rest."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.cli import diagnosis

    checks = diagnosis.checks(offline=offline)
    for check in checks:
        if not console.quiet or not check.ok:
            mark = "ok     " if check.ok else "missing"
            write(f"{mark}  {check.what}" + (f": {check.detail}" if check.detail else ""))
            if not check.ok and check.remedy:
                write(f"         {check.remedy}")
    raise typer.Exit(0 if all(check.ok or not check.required for check in checks) else 1)
