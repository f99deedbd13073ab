"""`run` and `evaluate`: from a plan to a dossier, or to its record alone."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cardwright.cli.console import Console, echo, stated_moment, wrapped
from cardwright.cli.options import (
    Debug,
    OnlyOption,
    PolicyOption,
    Quiet,
    TrustTypeOption,
    WorkersOption,
    nearest_and_all,
    policy_named,
)
from cardwright.cli.printing import print_verdict
from cardwright.errors import UsageError

if TYPE_CHECKING:
    from cardwright.plan.assessment import Assessment


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
    workers: WorkersOption = 2,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """From a plan to a dossier: evaluate, judge and document."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright import handoff
    from cardwright.dossier import contents, store
    from cardwright.plan.assessment import load, trusting
    from cardwright.run import reuse

    plan = trusting(load(assessment), tuple(trust_type or ()))
    _require_planned(only, plan)
    chosen = policy_named(policy) if policy is not None else policy_named(plan.file.policy, plan.base)
    subject = plan.file.subject
    folder = output or Path("governance") / subject.name / subject.version
    fixed = stated_moment()
    before = None
    if plan.file.previous is not None:
        place = plan.base / plan.file.previous
        before = reuse.previous_of(store.read_dossier(place), where=str(place), subject=subject.name)
    baseline = None
    if plan.file.baseline is not None:
        place = plan.base / plan.file.baseline
        baseline = contents.baseline_of(store.read_dossier(place), where=str(place))
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
            former=former,
            preregistered=store.plan_signatures(folder),
            previous=before,
            baseline=baseline,
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


def evaluate(
    ctx: typer.Context,
    assessment: Annotated[Path, typer.Argument(help="The plan: an assessment.yaml, or its folder.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write the record to.")] = Path(
        "record.json"
    ),
    only: OnlyOption = None,
    trust_type: TrustTypeOption = None,
    workers: WorkersOption = 2,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """From a plan to a record: evaluate without judging."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright import handoff
    from cardwright.dossier import layout
    from cardwright.files import disk
    from cardwright.plan.assessment import load, trusting
    from cardwright.run import assemble
    from cardwright.sources import network

    plan = trusting(load(assessment), tuple(trust_type or ()))
    _require_planned(only, plan)
    with console.progress() as progress:
        prepared = handoff.prepare(plan, policy_named(plan.file.policy, plan.base), progress=progress)
        with network.guard():
            evaluations, gaps, _ = handoff.evaluate(
                prepared, only=tuple(only or ()), workers=workers, debug=console.debug, progress=progress
            )
    record = assemble.record(prepared, evaluations, gaps)
    disk.write_file(output, layout.to_json(record))
    console.say(f"{output}: {len(evaluations)} evaluations, {len(gaps)} without a result, sha256 {record.sha256}")
    for gap in gaps:
        echo(f"{gap.id}: {gap.code}: {gap.reason} {gap.remedy}", err=True)
    raise typer.Exit(1 if gaps else 0)


def _require_planned(only: list[str] | None, plan: Assessment) -> None:
    """Refuse `--only` with an id that the plan does not have, before anything is opened."""
    known = [step.id for step in plan.steps]
    for id_ in only or ():
        if id_ not in known:
            raise UsageError(f'the plan has no evaluation "{id_}"', where="--only", do=nearest_and_all(id_, known))
