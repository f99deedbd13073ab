"""`ask`: our probe set, put to a live target once, into transcripts that a plan reads and an interrupted run continues."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardwright.cli.console import BESIDE, Console
from cardwright.cli.options import Debug, Quiet, require_new_file
from cardwright.errors import NothingToCheckError, SourceError, UsageError

if TYPE_CHECKING:
    from cardwright.evaluators.safety.probes import Asked
    from cardwright.sources.interface import Interaction, Target


_BEGINS = b'{"id": "'
"""What a line that `ask` writes begins with."""


def ask(
    ctx: typer.Context,
    at: Annotated[str, typer.Option("--target", help="A URL on this machine, or module:function with --trust.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The transcripts to write, JSON Lines.")],
    model: Annotated[str | None, typer.Option("--model", help="The model's name at the URL.")] = None,
    wire: Annotated[str, typer.Option("--wire", help="openai or anthropic.")] = "openai",
    tries: Annotated[int, typer.Option("--tries", min=1, help="How often each prompt is asked.")] = 1,
    seed: Annotated[int, typer.Option("--seed", help="Planted secrets and markers are drawn from it.")] = 0,
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, help="Conversations at a time.")] = 8,
    stream: Annotated[bool, typer.Option("--stream", help="Ask for answers as streams.")] = False,
    budget_seconds: Annotated[
        float | None, typer.Option("--budget-seconds", help="No conversation begins after so many seconds.")
    ] = None,
    budget_tokens: Annotated[
        int | None, typer.Option("--budget-tokens", help="No conversation begins after so many tokens.")
    ] = None,
    cost_per_million: Annotated[
        float | None, typer.Option("--cost-per-million", help="What a million tokens cost, to say what was spent.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Ask only what the transcripts do not hold yet.")] = False,
    trust: Annotated[bool, typer.Option("--trust", help="Import and run the code of module:function.")] = False,
    pairs: Annotated[
        Path | None,
        typer.Option("--pairs", help="Ask these templates with {group} in place of our probe set, JSON Lines."),
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Put our probe set to a live target. The transcripts hold its words: keep them where they may be kept.

    Exit code 5 if nothing was answered.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from pydantic import ValidationError

    from cardwright.evaluators.safety import probes
    from cardwright.sources import network
    from cardwright.sources.spec import TargetSpec
    from cardwright.sources.target import open_target

    given: dict[str, Any] = {
        "model": model, "wire": wire, "stream": stream, "budget_seconds": budget_seconds, "budget_tokens": budget_tokens,
    }  # fmt: skip
    if "://" in at:
        given["concurrency"] = concurrency
    said = {name: value for name, value in given.items() if value not in (None, False, "openai")}
    try:
        spec = TargetSpec.model_validate({"target": at, "trust": trust, **said})
    except ValidationError as exc:
        raise UsageError(exc.errors()[0]["msg"].removeprefix("Value error, "), where="--target") from exc
    if output.exists() and not resume:
        raise UsageError(
            "there are transcripts already",
            where=str(output),
            do="Add --resume to go on with them, or name another file.",
        )
    require_new_file(output, replaces=lambda _: resume)
    target = open_target(spec, "target", Path.cwd())
    if pairs is not None:
        if resume:
            raise UsageError("pairs are asked as a whole", where="--resume", do="Name another file.")
        _ask_pairs(target, pairs, output, console)
        return
    answered = _answered(output, seed) if output.exists() else {}
    spent: Counter[str] = Counter()
    started = time.monotonic()
    output.parent.mkdir(parents=True, exist_ok=True)
    with network.guard(), console.progress() as progress, output.open("a", encoding="utf-8") as file:

        def finished(interaction: Interaction) -> None:
            file.write(_line(interaction))
            file.flush()
            spent["conversations"] += 1
            spent["tokens"] += sum(message.tokens or 0 for message in interaction.messages)

        def told(done: int, total: int | None) -> None:
            seconds = time.monotonic() - started
            progress(BESIDE.join(("ask", *_rates(spent, seconds, cost_per_million))), done, total)

        asked, controls = probes.ask_all(target, seed, tries, told, answered=answered, finished=finished)
    _end(output, asked, console, _spent(controls.tokens, cost_per_million))


def _ask_pairs(target: Target, pairs: Path, output: Path, console: Console) -> None:
    """Each template with each group in it, asked once."""
    from cardwright.evaluators.safety import counterfactual
    from cardwright.files import disk
    from cardwright.sources import network
    from cardwright.sources.json_lines import json_lines

    if not pairs.is_file():
        raise SourceError("there is no such file", where=str(pairs), do="Write a row of JSON for each template.")
    requests = counterfactual.expanded((f"{pairs.name}:{n}", row) for n, row in json_lines(pairs, pairs.name))
    with network.guard(), console.progress() as progress:
        found = counterfactual.ask(target, requests, lambda done, total: progress("ask", done, total))
    disk.write_file(output, "".join(map(_line, found)).encode("utf-8"))
    errors = sum(one.error is not None for one in found)
    console.say(f"{len(found)} answers to {len({one.pair_id for one in found})} pairs in {output}, {errors} missing.")
    if errors == len(found):
        raise _unanswered(len(found), output)


def _rates(spent: Mapping[str, int], seconds: float, cost_per_million: float | None) -> list[str]:
    """What stands beside the bar.

    >>> _rates({"conversations": 30, "tokens": 2000}, 10.0, 5.0)
    ['3.0 a second', '2000 tokens, cost 0.0100']
    """
    done = spent.get("conversations", 0)
    said = [f"{done / seconds:.1f} a second"] if done and seconds > 0 else []
    return [*said, *filter(None, [_spent(spent.get("tokens") or None, cost_per_million)])]


def _spent(tokens: int | None, cost_per_million: float | None) -> str:
    """Tokens and their cost, as far as they are known."""
    if tokens is None:
        return ""
    cost = "" if cost_per_million is None else f", cost {tokens * cost_per_million / 1e6:.4f}"
    return f"{tokens} tokens{cost}"


def _end(output: Path, asked: list[Asked], console: Console, spent: str) -> None:
    """The transcripts in the probe set's order: errors among them, and nothing whose silence would look like resistance."""
    from cardwright.evaluators.safety import probes
    from cardwright.files import disk

    kept = [one.interaction for one in asked if one.unscored is None]
    disk.write_file(output, "".join(map(_line, kept)).encode("utf-8"))
    errors = sum(one.error is not None for one in kept)
    taken = f" {spent}." if spent else ""
    console.say(f"{len(kept)} conversations in {output}, {errors} of them without an answer.{taken}")
    for why in (probes.UNREAD_SYSTEM, probes.NO_TOOLS, probes.BUDGET_SPENT):
        left = sum(one.unscored == why for one in asked)
        if left:
            console.say(f"{left} are left out: {why}.", always=True)
    if errors or any(one.unscored == probes.BUDGET_SPENT for one in asked):
        console.say("--resume asks what is missing.")
    if errors == len(kept):
        raise _unanswered(len(asked), output)


def _unanswered(asked: int, output: Path) -> NothingToCheckError:
    """The error for a target that said nothing, which is written with `--quiet` too: a script must not go on from here."""
    return NothingToCheckError(
        f"none of {asked} conversations was answered",
        where=str(output),
        do="Check that the target runs and knows the model, and ask again.",
    )


def _line(interaction: Interaction) -> str:
    from cardwright.sources.wires import recorded

    row: dict[str, Any] = {
        "id": interaction.id,
        "intent": interaction.intent,
        "category": interaction.category,
        "prompt_id": interaction.prompt_id,
        "canaries": list(interaction.canaries),
        "allowed_hosts": list(interaction.allowed_hosts),
        "goal": interaction.goal,
        "messages": recorded(interaction.messages),
        "error": interaction.error,
        **{
            key: value
            for key in ("group", "pair_id", "template", "language")
            if (value := getattr(interaction, key)) is not None
        },
    }
    if interaction.allowed_tools is not None:
        row["allowed_tools"] = list(interaction.allowed_tools)
    return json.dumps(row, ensure_ascii=False) + "\n"


def _answered(output: Path, seed: int) -> dict[str, Interaction]:
    """What an interrupted run has asked, by id; what ended in an error is asked again.

    Raises
    ------
    SourceError
        If the transcripts are not of this probe set and seed, so that half of them would hold other secrets.
    """
    from cardwright.evaluators.safety import probes
    from cardwright.files import disk
    from cardwright.sources.interface import Interactions
    from cardwright.sources.load import load
    from cardwright.sources.spec import parse_source

    whole = output.read_bytes()
    if not whole.endswith(b"\n"):  # the run was stopped in the middle of a line
        begun = whole[whole.rfind(b"\n") + 1 :]
        if not (begun.startswith(_BEGINS) or _BEGINS.startswith(begun)):
            raise SourceError(
                "the last line is none of a transcript, and nothing is cut off",
                where=str(output),
                do="Name another file.",
            )
        whole = whole[: whole.rfind(b"\n") + 1]
        disk.write_file(output, whole)
    if not whole:
        return {}
    found = load(parse_source({"interactions": output.name}), "transcripts", output.parent)
    assert isinstance(found, Interactions)
    planned = {one.prompt_id: one.system for one in probes.conversations(seed)}
    answered: dict[str, Interaction] = {}
    for one in found:
        if planned.get(one.prompt_id or "") != one.system:
            raise SourceError(
                "the transcripts were asked with another seed, or another version of the probe set",
                where=str(output),
                do="Name the same --seed, or another file.",
            )
        if one.error is None and one.unscored is None:
            answered[one.id] = one
    return answered
