"""`new` and `kinds`: documents of a kind, and which kinds there are."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardwright.cli.console import Console, echo, echo_json, width
from cardwright.cli.options import AnswerFormat, Debug, Quiet, TextOrJson, require_new_file

if TYPE_CHECKING:
    from cardwright.files.kinds import KindFolder
    from cardwright.plan.kind_scaffold import KindExample

OwnKindsOption = Annotated[
    Path | None,
    typer.Option("--kinds", metavar="DIR", help="A folder of your own kinds, in addition to the packaged ones."),
]


def new(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="The kind of document: see `cardwright kinds`.")],
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write its plan and questions to.")],
    own: OwnKindsOption = None,
    example: Annotated[
        bool, typer.Option("--example", help="Write the filled-in example instead, and those that it refers to.")
    ] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the plan and the questions of a kind of document."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.cli import schemas
    from cardwright.files import disk
    from cardwright.files import kinds as registry
    from cardwright.plan import kind_scaffold

    found = registry.find(kind, own)
    if example:
        _write_examples(console, kind_scaffold.examples(found), directory)
        return
    made = kind_scaffold.new(found, directory, own=own)
    for name in made.files:
        require_new_file(directory / name, option="DIR")
    for name, text in made.files.items():
        disk.write_file(directory / name, text.encode("utf-8"))
        console.say(f"Wrote {directory / name}")
    for path, data in schemas.beside(directory, [field.spec for field in found.definition.fields]).items():
        disk.write_file(path, data)
    asked = len(found.definition.fields)
    console.say(f"Answer its {asked} questions and what is marked `?`; it will be judged by the policy {made.policy}.")
    console.say(f"Next: cardwright run {directory / kind_scaffold.PLAN}")


def _write_examples(console: Console, examples: tuple[KindExample, ...], directory: Path) -> None:
    """Write the examples below a folder, and say how they are run; nothing is overwritten."""
    from cardwright.files import disk
    from cardwright.plan import kind_scaffold

    places = {directory / one.folder: one.files for one in examples}
    for place, files in places.items():
        for name in files:
            require_new_file(place / name, option="DIR")
    for place, files in places.items():
        for name, data in files.items():
            disk.write_file(place / name, data)
            console.say(f"Wrote {place / name}")
    console.say("Everything is answered. Run it; nobody has signed it, so it is refused:")
    for place in places:
        console.say(f"  cardwright run {place} -o {place / kind_scaffold.DOSSIER}")


def kinds(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="KIND", help="Show this one whole.")] = None,
    own: OwnKindsOption = None,
    format: AnswerFormat = TextOrJson.TEXT,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List the kinds of documents, or show one."""
    Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.files import kinds as registry

    found = [registry.find(one, own) for one in ([name] if name is not None else registry.names(own))]
    if format is TextOrJson.JSON:
        listed = [_as_json(one) for one in found]
        echo_json(json.dumps(listed[0] if name is not None else listed, indent=2, ensure_ascii=False))
    elif name is not None:
        echo(_whole(found[0]))
    else:
        echo("\n".join(_line(one) for one in found))


def _as_json(kind: KindFolder) -> dict[str, Any]:
    return {
        **kind.definition.model_dump(mode="json"),
        "sha256": kind.definition.sha256,
        "packaged": kind.packaged,
        "templates": sorted(kind.files),
    }


def _line(kind: KindFolder) -> str:
    definition = kind.definition
    where = "" if kind.packaged else f", from {kind.path}"
    head = f"{definition.kind} {definition.version} ({definition.subject}{where})"
    return "\n".join(
        [head, *textwrap.wrap(definition.summary, width() - 4, initial_indent="    ", subsequent_indent="    ")]
    )


def _whole(kind: KindFolder) -> str:
    definition = kind.definition
    lines = [_line(kind), f"    definition sha256 {definition.sha256}", "", "It asks:"]
    for field in definition.fields:
        needed = " (required)" if field.required == "always" or field.field in definition.minimum.fields else ""
        said = f"{field.field}{needed}, {field.who}: {field.question}"
        lines += textwrap.wrap(said, width() - 2, initial_indent="  ", subsequent_indent="      ")
    lines += [f"  {name} (shared)" for name in definition.shared]
    if definition.links:
        lines += ["", "It refers to:"]
        for link in definition.links:
            said = f"{link.role}: a {link.kind}{' (required)' if link.required else ''}. {link.why}"
            lines += textwrap.wrap(said, width() - 2, initial_indent="  ", subsequent_indent="      ")
    if definition.evaluates:
        lines += ["", f"It rests on evaluations by {', '.join(definition.evaluates)}."]
    minimum = definition.minimum
    lines += [
        "",
        *textwrap.wrap(f"Its minimum: {', '.join((*minimum.fields, *minimum.evaluators))}. {minimum.why}", width()),
    ]
    return "\n".join(lines)
