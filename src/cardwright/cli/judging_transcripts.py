"""`judge`: a model's verdicts on recorded exchanges, kept in a file that a plan names and a calibration binds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from cardwright.cli.console import Console, clock
from cardwright.cli.options import Debug, Quiet, require_new_file, require_nothing_personal
from cardwright.errors import UsageError


def judge(
    ctx: typer.Context,
    transcripts: Annotated[
        Path, typer.Argument(help="Recorded interactions, or results of a tool that is recognised.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file of verdicts to write.")],
    by: Annotated[str, typer.Option("--judge", help="A URL on this machine, or module:function with --trust.")],
    looks_for: Annotated[
        str,
        typer.Option(
            "--for", help="attack_success, refusal, task_success, harmful_content, toxicity, stereotype or ungrounded."
        ),
    ],
    model: Annotated[str | None, typer.Option("--model", help="The model's name at the URL.")] = None,
    wire: Annotated[str, typer.Option("--wire", help="openai or anthropic.")] = "openai",
    name: Annotated[
        str, typer.Option("--name", help="What the judge is called; measurements name it judge.NAME.")
    ] = "local",
    trust: Annotated[bool, typer.Option("--trust", help="Import and run the code of module:function.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Ask a judge about recorded exchanges. What it gets wrong is unknown until people label a sample (`calibrate`)."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from pydantic import ValidationError

    from cardwright.cli.calibrating import opened
    from cardwright.evaluators.safety import judging
    from cardwright.files import disk
    from cardwright.record import canonical
    from cardwright.record.judgements import Judgements
    from cardwright.sources import network
    from cardwright.sources.spec import TargetSpec
    from cardwright.sources.target import open_target

    event = next((name for name in judging.RUBRICS if name == looks_for), None)
    if event is None:
        raise UsageError("a judge cannot look for this", where="--for", do=f"One of: {', '.join(judging.RUBRICS)}.")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,73}", name):
        raise UsageError(
            "a judge's name is lower case letters, digits, dots, dashes and underscores",
            where="--name",
            do="e.g. local",
        )
    require_nothing_personal(name=name, model=model)
    require_new_file(output)
    said = {
        "target": by,
        "trust": trust,
        **({"model": model} if model else {}),
        **({"wire": wire} if wire != "openai" else {}),
    }
    try:
        spec = TargetSpec.model_validate(said)
    except ValidationError as exc:
        raise UsageError(exc.errors()[0]["msg"].removeprefix("Value error, "), where="--judge") from exc
    target = open_target(spec, name, Path.cwd())
    digest, interactions = opened(transcripts, None)
    with network.guard(), console.progress() as progress:
        judged = judging.judge_all(target, interactions, event, lambda done, total: progress("judge", done, total))
    unread = sum(one.unread for one in judged)
    value = Judgements(
        scorer=f"judge.{name}",
        version=f"prompt {judging.PROMPT_VERSION}, {target.ref.sha256[:16]}",
        event=event,
        judged_by="model",
        transcripts=digest,
        rubric=judging.prompt_of(event),
        protocol=f"{target.description}; order of the choices by each exchange's digest; "
        f"{sum(one.row.swapped is not None for one in judged)} asked again in the other order",
        judged_on=clock()[:10],
        raters=1,
        rows=tuple(one.row for one in judged),
    )
    disk.write_file(output, canonical.dumps(value.model_dump(mode="json", by_alias=True)) + b"\n")
    console.say(f"{len(judged)} of {len(interactions)} exchanges judged, {unread} without a verdict, in {output}.")
