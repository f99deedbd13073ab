"""`kpis`: indicators of research work, computed from dossiers and runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cardwright.cli.console import Console, clock, echo, echo_json, width, write
from cardwright.cli.options import Debug, Quiet, policy_of_dossier
from cardwright.errors import CardwrightError, MissingExtraError, NothingToCheckError, UsageError

if TYPE_CHECKING:
    from cardwright.attest.trust import Trust
    from cardwright.record.case import LinkedDossier
    from cardwright.sources.runs import OpenStore


class KpiFormat(StrEnum):
    """How indicators are printed."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


def kpis(
    ctx: typer.Context,
    places: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PLACE", help="Dossiers, or folders of dossiers; if omitted, governance."),
    ] = None,
    runs: Annotated[
        list[str] | None,
        typer.Option(
            "--runs",
            metavar="[WORKSTREAM=]STORE",
            help="A store of runs, and the workstream they are of; if omitted, each run's group (may be repeated).",
        ),
    ] = None,
    workstream_from: Annotated[
        str,
        typer.Option(
            "--workstream-from",
            help="Group by `about`, by a field of details, or not at all: `whole`. Never by person.",
        ),
    ] = "about",
    since: Annotated[str, typer.Option("--from", metavar="DAY", help="The first day of the period.")] = "",
    until: Annotated[str, typer.Option("--to", metavar="DAY", help="The last day of the period.")] = "",
    min_cases: Annotated[int, typer.Option("--min-cases", min=1, help="From how many cases on a rate is stated.")] = 5,
    trust: Annotated[
        Path | None,
        typer.Option("--trust", help="Your trust file: only signatures that it believes count; without it all do."),
    ] = None,
    format: Annotated[KpiFormat, typer.Option("--format", help="text, json or csv.")] = KpiFormat.TEXT,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Compute indicators of work from dossiers and runs.

    A dossier that does not verify is named and not counted, and the exit code is 3.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    try:
        import scipy  # noqa: F401
    except ImportError as exc:
        raise MissingExtraError(exc.name or "scipy", "tabular", "computing indicators") from exc
    from cardwright.cli.keyring import trusted
    from cardwright.dossier import store
    from cardwright.evaluators import registry
    from cardwright.evaluators.interface import Inputs
    from cardwright.run import counting, indicators

    said = {"workstream_from": workstream_from, "since": since, "until": until, "min_cases": min_cases}
    evaluator, parameters = registry.configured(registry.find("kpis"), said, where="kpis")
    where = places or [Path("governance")]
    folders = store.find_dossiers(where)
    if not folders:
        raise NothingToCheckError(
            "no dossier here", where=", ".join(str(place) for place in where), do="Make one: cardwright run PLAN."
        )
    believed = trusted(trust, state=None, pin=None) if trust is not None else None
    now = clock()
    found, refused = _verified(folders, believed, now, console)
    linked = [one for _, one in found]
    stores = [_store(word) for word in runs or ()]
    source = counting.dossiers(linked, "dossiers", where="kpis", trust=believed, now=now, refused=refused)
    inputs = Inputs(
        id="kpis",
        sources={"source": source, **({"runs": counting.tracked(stores)} if stores else {})},
        parameters=parameters,
    )
    evaluation = evaluator.evaluate(inputs)
    if format is KpiFormat.JSON:
        echo_json(evaluation.model_dump_json())
    elif format is KpiFormat.CSV:
        write(indicators.as_csv(evaluation), end="")
    else:
        echo(indicators.as_text(evaluation, width=width()))
    broken = [why for place, why in refused if not why.startswith(ARCHIVED)]
    raise typer.Exit(3 if broken else 0)


ARCHIVED = "a later round took its place"


def _verified(
    folders: Sequence[Path], trust: Trust | None, now: str, console: Console
) -> tuple[list[tuple[Path, LinkedDossier]], list[tuple[str, str]]]:
    """The dossiers that hold together, and the others with what is wrong with them."""
    from cardwright.attest import verify as verifying
    from cardwright.dossier import contents, links, store
    from cardwright.run.status import SUPERSEDED

    found: list[tuple[Path, LinkedDossier]] = []
    refused: list[tuple[str, str]] = []
    with console.progress() as progress:
        for done, folder in enumerate(folders):
            progress("verify dossiers", done, len(folders))
            if SUPERSEDED in folder.name:
                refused.append((folder.name, f"{ARCHIVED}: it was archived"))
                continue
            try:
                files = store.read_dossier(folder)
                report = verifying.verify(
                    files,
                    where=folder.as_posix(),
                    trust=trust,
                    now=now,
                    policy=lambda name: policy_of_dossier(name, None),
                    printed=contents.documents_hold,
                    status=store.status_of(folder, None),
                )
                if report.exit_code == 3:
                    refused.append((folder.as_posix(), report.headline))
                    continue
                found.append((folder, links.taken(files, where=folder.as_posix())))
            except CardwrightError as exc:
                refused.append((folder.as_posix(), str(exc)))
    return found, refused


_NAMED = re.compile(r"([^/=]{1,80})=(.+)")


def _store(word: str) -> tuple[str | None, OpenStore]:
    from cardwright.sources.runs import open_store

    named = None if Path(word).exists() else _NAMED.fullmatch(word)
    workstream, place = (named[1].strip(), named[2]) if named else (None, word)
    if named is not None and not workstream:
        raise UsageError("the workstream before `=` is empty", where=f"--runs {word}", do="Write --runs NAME=STORE.")
    return workstream, open_store(Path(place), place)
