"""`run` and `evaluate`: from a plan to a dossier, or to its record alone. `reproduce`: from a dossier to its numbers again."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardwright.cli.console import Console, OwnDigest, clock, echo, echo_json, stated_moment, wrapped
from cardwright.cli.options import (
    AnswerFormat,
    Debug,
    EngineOption,
    KindsOption,
    OnlyOption,
    PolicyOption,
    Quiet,
    TextOrJson,
    TrustTypeOption,
    WorkersOption,
    engine_named,
    nearest_and_all,
    policy_named,
)
from cardwright.cli.other_dossiers import baseline_of, linked_dossiers
from cardwright.cli.printing import print_verdict
from cardwright.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardwright.attest.under_review import DossierUnderReview
    from cardwright.plan.assessment import Assessment
    from cardwright.policy.policy import Policy
    from cardwright.record.record import NotEvaluated, Record
    from cardwright.run.reproducing import Rerunning
    from cardwright.run.reuse import Previous


def run(
    ctx: typer.Context,
    assessment: Annotated[Path, typer.Argument(help="The plan: an assessment.yaml, or its folder.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The dossier's folder; if omitted, governance/<subject>/<version>."),
    ] = None,
    policy: PolicyOption = None,
    only: OnlyOption = None,
    trust_type: TrustTypeOption = None,
    supersede: Annotated[bool, typer.Option("--supersede", help="Archive a signed dossier and replace it.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Take over what an interrupted run has finished.")] = False,
    trust: Annotated[
        Path | None,
        typer.Option(
            "--trust",
            help="Your trust file: reuse of the previous release only if that verifies under it, else evaluate anew.",
        ),
    ] = None,
    workers: WorkersOption = 2,
    engine: EngineOption = None,
    kinds: KindsOption = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """From a plan to a dossier: evaluate, judge and document."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright import handoff
    from cardwright.dossier import store
    from cardwright.plan.assessment import load, trusting
    from cardwright.run import reuse

    plan = trusting(load(assessment, kinds), tuple(trust_type or ()))
    _require_planned(only, plan)
    where = engine_named(engine, plan)
    _say_what_is_open(plan, console)
    chosen = policy_named(policy) if policy is not None else policy_named(plan.file.policy, plan.base)
    subject = plan.file.subject
    folder = output or Path("governance") / subject.name / subject.version
    fixed = stated_moment()
    before = None
    if plan.file.previous is not None:
        place = plan.base / plan.file.previous
        before = reuse.previous_of(store.read_dossier(place), where=str(place), subject=subject.name)
        if trust is not None:
            before = _believed(before, place, trust, chosen)
            if before.doubt is not None:
                echo(f"Nothing is reused of {place}, which does not verify: {before.doubt}", err=True)
    kept = store.kept(folder)
    if kept and not resume:
        console.say(f"An interrupted run has left {', '.join(kept)}; --resume takes over what still stands.")
    with console.progress() as progress:
        former = store.ledger_of(folder)
        result = handoff.run(
            plan,
            chosen,
            now=fixed,
            only=tuple(only or ()),
            workers=workers,
            engine=where,
            say=lambda sentence: echo(sentence, err=True),
            former=former,
            preregistered=store.plan_signatures(folder),
            previous=before,
            baseline=baseline_of(plan),
            links=linked_dossiers(plan),
            kept=kept if resume else None,
            keep=lambda id_, data: store.keep(folder, id_, data),
            debug=console.debug,
            progress=progress,
        )
        store.write_dossier(folder, result.files, supersede=supersede)
        store.forget(folder)
    for since in sorted(set(result.run.earlier.values())):
        console.say(f"Not run again, since nothing that they rest on has changed after {since}:")
        for line in wrapped(id_ for id_, then in result.run.earlier.items() if then == since):
            console.say(line)
    for problem in result.problems:
        echo(f"missing: {problem}", err=True)
    print_verdict(result.verdict, console)
    console.say()
    console.say(f"Dossier: {folder}")
    for name in sorted(result.files):
        if "/" not in name and name.endswith((".pdf", ".html", ".md")):
            console.say(f"  {folder / name}")
    if not result.verdict.allowed:
        console.say(f"Next: cardwright todo {shlex.quote(str(folder))}")
    raise typer.Exit(0 if result.verdict.allowed and not result.problems else 1)


def _believed(previous: Previous, place: Path, trust: Path, policy: Policy) -> Previous:
    """The previous release, with why nothing of it is reused if it does not verify under the trust file."""
    from cardwright.cli.keyring import trust_file
    from cardwright.dossier import contents, store
    from cardwright.run import reuse

    doubt = reuse.doubt_of(
        store.read_dossier(place),
        trust_file(trust),
        lambda name: policy if name == policy.name else contents.packaged_policy(name),
        where=str(place),
        now=clock(),
        status=store.status_of(place),
    )
    return replace(previous, doubt=doubt)


def evaluate(
    ctx: typer.Context,
    assessment: Annotated[Path, typer.Argument(help="The plan: an assessment.yaml, or its folder.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write the record to.")] = Path(
        "record.json"
    ),
    only: OnlyOption = None,
    trust_type: TrustTypeOption = None,
    workers: WorkersOption = 2,
    engine: EngineOption = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """From a plan to a record: evaluate without judging."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.dossier import layout
    from cardwright.files import disk

    record, gaps = evaluated(assessment, console, only=only, trust_type=trust_type, workers=workers, engine=engine)
    disk.write_file(output, layout.to_json(record))
    console.say(
        f"{output}: {len(record.evaluations)} evaluations, {len(gaps)} without a result, sha256 ",
        OwnDigest(record.sha256),
    )
    for gap in gaps:
        echo(f"{gap.id}: {gap.code}: {gap.reason} {gap.remedy}", err=True)
    raise typer.Exit(1 if gaps else 0)


def evaluated(
    assessment: Path,
    console: Console,
    *,
    only: list[str] | None = None,
    trust_type: list[str] | None = None,
    workers: int = 2,
    engine: str | None = None,
) -> tuple[Record, Sequence[NotEvaluated]]:
    """The record of a plan, not judged, and what of it could not be evaluated."""
    from cardwright import handoff
    from cardwright.plan.assessment import load, trusting

    plan = trusting(load(assessment), tuple(trust_type or ()))
    _require_planned(only, plan)
    _say_what_is_open(plan, console)
    with console.progress() as progress:
        record = handoff.gather(
            plan,
            policy_named(plan.file.policy, plan.base),
            now=stated_moment(),
            only=tuple(only or ()),
            workers=workers,
            engine=engine_named(engine, plan),
            say=lambda sentence: echo(sentence, err=True),
            links=linked_dossiers(plan),
            debug=console.debug,
            progress=progress,
        ).record
    return record, record.not_evaluated


def reproduce(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="The folder of a dossier you received.")],
    data: Annotated[
        Path, typer.Option("--data", help="Your folder with the data and the model, each file where the plan has it.")
    ],
    only: OnlyOption = None,
    tolerance: Annotated[
        float,
        typer.Option(
            "--tolerance",
            min=0.0,
            max=1.0,
            help="Count numbers as the same that differ by no more than this part of the larger one; if omitted, none.",
        ),
    ] = 0.0,
    allow_code: Annotated[
        bool,
        typer.Option(
            "--allow-code", help="Load models with types or code that the plan names. Only what you have looked at."
        ),
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write the whole result to, as JSON.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", help="Your key file: sign the result as an answer in the dossier.")
    ] = None,
    person: Annotated[str | None, typer.Option("--as", help="With --key: your name or id in the trust file.")] = None,
    role: Annotated[str | None, typer.Option("--role", help="With --key: the role you sign in.")] = None,
    trust: Annotated[Path | None, typer.Option("--trust", help="With --key: the trust file.")] = None,
    format: AnswerFormat = TextOrJson.TEXT,
    workers: WorkersOption = 2,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Run a dossier's evaluations again on your own files.

    What comes out is compared with what the dossier says. Exit code 0 only if every evaluation is reproduced; 1 if one differs or
    cannot be run again; 3 if a file is not the one that was evaluated. Nothing reaches a network, and no code that the dossier
    names is run without --allow-code. With --key the result is signed in the dossier, for `kpis` and for whoever links to it.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.dossier import store
    from cardwright.files import disk
    from cardwright.run import reproducing

    signs = (key, person, role, trust)
    if any(one is not None for one in signs) and None in signs:
        raise UsageError("whoever signs the result names --key, --as, --role and --trust", do="Name all four, or none.")
    if key is not None and only:
        raise UsageError("a part of a dossier is not signed as reproduced", do="Leave --only out.")
    if not data.is_dir():
        raise UsageError("no such folder", where=str(data), do="Name the folder that holds your copy of the files.")
    files = store.read_dossier(dossier)
    with console.progress() as progress:
        done = reproducing.reproduce(
            files,
            where=str(dossier),
            data=data,
            only=tuple(only or ()),
            tolerance=tolerance,
            allow_code=allow_code,
            workers=workers,
            progress=progress,
        )
    if format is TextOrJson.JSON:
        echo_json(reproducing.as_json(done))
    else:
        echo(done.headline if console.quiet else reproducing.as_text(done))
    if output is not None:
        disk.write_file(output, reproducing.as_json(done).encode("utf-8"))
    if done.exit_code == 3 and key is not None:
        console.say("Nothing was signed: a file here is not the one that was evaluated.")
    elif key is not None and person is not None and role is not None and trust is not None:
        _sign_result(dossier, done, key, person, role, trust, console)
    raise typer.Exit(done.exit_code)


def _sign_result(
    dossier: Path, done: Rerunning, key: Path, person: str, role: str, trust: Path, console: Console
) -> None:
    from cardwright.cli.people import said
    from cardwright.errors import IntegrityError
    from cardwright.record.claim import Attest
    from cardwright.run import reproducing

    answer, statement = reproducing.attested(done)

    def make(reviewed: DossierUnderReview, who: dict[str, Any]) -> Attest:
        record = reviewed.case.record.sha256
        if record != done.record_sha256:
            raise IntegrityError("the dossier has changed while it was run again", where=str(dossier))
        return Attest(
            **who, record_sha256=record, checklist=reproducing.CHECKLIST, item=reproducing.ITEM, answer=answer,
            statement=statement,
        )  # fmt: skip

    console.say(f"Signed ({answer}): ", OwnDigest(said(dossier, key, trust, person, role, make)))


def _say_what_is_open(plan: Assessment, console: Console) -> None:
    """Name whatever beyond this machine a plan lets be reached, before anything is."""
    away = [name for name, spec in plan.file.sources.items() if getattr(spec, "at", None) is not None]
    if away and plan.file.network.allow:
        console.say(
            f"Open while {', '.join(away)} {'is' if len(away) == 1 else 'are'} fetched: {', '.join(plan.file.network.allow)}"
        )


def _require_planned(only: list[str] | None, plan: Assessment) -> None:
    """Refuse `--only` with an id that the plan does not have, before anything is opened."""
    known = [step.id for step in plan.steps]
    for id_ in only or ():
        if id_ not in known:
            raise UsageError(f'the plan has no evaluation "{id_}"', where="--only", do=nearest_and_all(id_, known))
