"""`push`: the card of a release, published where people look for models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from cardwright.cli.console import Console, OwnDigest, echo, echo_json
from cardwright.cli.options import AnswerFormat, AudienceOption, Debug, PolicyOption, Quiet, TextOrJson

if TYPE_CHECKING:
    from cardwright.integrations.hub import HubPush


def push_hub(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    repository: Annotated[str, typer.Argument(metavar="ORG/NAME", help="The repository; it exists already.")],
    trust: Annotated[
        Path | None,
        typer.Option("--trust", envvar="CARDWRIGHT_TRUST", help="Your trust file: only a release is pushed."),
    ] = None,
    artifact: Annotated[
        Path | None, typer.Option("--artifact", help="The folder with the files that were released.")
    ] = None,
    policy: PolicyOption = None,
    draft: Annotated[
        bool, typer.Option("--draft", help="Push what is not released; the commit's first word says so.")
    ] = False,
    audience: AudienceOption = "public",
    revision: Annotated[str, typer.Option("--revision", help="The branch.")] = "main",
    pull_request: Annotated[bool, typer.Option("--pull-request", help="Open a pull request instead.")] = False,
    replace_card: Annotated[
        bool, typer.Option("--replace-card", help="Overwrite a card that Cardwright has not made.")
    ] = False,
    network: Annotated[
        list[str] | None,
        typer.Option(
            "--network",
            metavar="HOST:PORT",
            help="Send it, and reach this host: huggingface.co:443, or where large files go (may be repeated).",
        ),
    ] = None,
    endpoint: Annotated[
        str, typer.Option("--endpoint", envvar="HF_ENDPOINT", help="Another Hub.")
    ] = "https://huggingface.co",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Also write the files that are pushed there.")
    ] = None,
    format: AnswerFormat = TextOrJson.TEXT,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Push the card of a release to the Hugging Face Hub.

    Without --network nothing is sent: what would be is printed. The token is huggingface_hub's: `hf auth login`, or HF_TOKEN.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.files import disk
    from cardwright.integrations.hub import push_to_hub

    for place in network or ():
        console.say(f"Reaching {place}") if format is TextOrJson.TEXT else None
    push = push_to_hub(
        dossier,
        repository,
        trust_file=trust,
        artifact=artifact,
        policy=policy,
        draft=draft,
        audience=cast(Any, audience),
        revision=revision,
        pull_request=pull_request,
        replace_card=replace_card,
        network=network or (),
        endpoint=endpoint,
    )
    if output is not None:
        for name, data in push.files.items():
            disk.write_file(output / name, data)
    if format is TextOrJson.JSON:
        echo_json(json.dumps(push.as_json(), indent=2, ensure_ascii=False))
        return
    _print(push, console)
    for note in push.notes:
        echo(note, err=True)


def _print(push: HubPush, console: Console) -> None:
    import yaml

    facts = {
        "to": f"{push.repository_type} {push.repository}, {push.revision}"
        + (", as a pull request" if push.pull_request else ""),
        "standing": push.standing,
        "commit": push.message,
    }
    for name, said in facts.items():
        console.say(f"{name:<9} {said}")
    for line in push.description.splitlines():
        key, _, said = line.rpartition(": ")
        digest = OwnDigest(said) if key.endswith(("sha256", "identity")) else said
        console.say(f"{'':<9} {key}: ", digest) if digest is not said else console.say(f"{'':<9} {line}")
    for one in push.as_json()["files"]:
        console.say(f"{'file':<9} {one['path']}, {one['size']:,} bytes, sha256 ", OwnDigest(one["sha256"]))
    for result in push.results:
        console.say(f"{'result':<9} {result.metric} {result.value!r} on {result.dataset} ({result.task})")
    rest = {key: value for key, value in push.metadata.items() if key != "model-index"}
    console.say("metadata")
    for line in yaml.safe_dump(rest, sort_keys=False, allow_unicode=True).splitlines():
        console.say(f"  {line}")
    console.say(
        f"Sent: {push.sent}"
        if push.sent is not None
        else "Dry run: nothing was sent. To send it: --network huggingface.co:443",
        always=push.sent is not None,
    )
