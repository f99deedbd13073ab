"""`watch`: a release measured again on fresh rows, and its limits as rules and a dashboard."""

from __future__ import annotations

import json
import textwrap
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardwright.cli.console import Console, clock, echo, echo_json, stated_moment, width
from cardwright.cli.options import AnswerFormat, Debug, Quiet, TextOrJson, require_new_file
from cardwright.errors import NothingToCheckError

if TYPE_CHECKING:
    from cardwright.record.record import Record
    from cardwright.run.watching import ReleaseCheck

ReleaseArgument = Annotated[Path, typer.Argument(metavar="RELEASE", help="The release's dossier, or its record.json.")]
RateOption = Annotated[
    float,
    typer.Option("--rate", help="Share of checks in which any number may alarm though nothing has changed."),
]
GroupsOption = Annotated[bool, typer.Option("--groups", help="Watch the rates of each group, too.")]


def watch_check(
    ctx: typer.Context,
    release: ReleaseArgument,
    fresh: Annotated[
        Path,
        typer.Argument(
            metavar="FRESH",
            help="A plan over the rows of the new window, with the same evaluations; or its dossier or record.",
        ),
    ],
    rate: RateOption = 0.05,
    groups: GroupsOption = False,
    metrics: Annotated[
        Path | None, typer.Option("--metrics", help="Write the check for Prometheus to this file (text format, .prom).")
    ] = None,
    incident: Annotated[
        Path | None, typer.Option("--incident", help="If something has moved, draft an incident in this new folder.")
    ] = None,
    format: AnswerFormat = TextOrJson.TEXT,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say which numbers of a release have moved on fresh rows.

    Exit code 1 if a number has moved or was not measured again.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.dossier import layout
    from cardwright.files import disk
    from cardwright.run import watching

    if incident is not None:
        require_new_file(incident / "assessment.yaml", option="--incident")
    before, until = _released(release)
    if release.is_dir() and until is None and not (release / layout.RELEASE).exists():
        echo(f"{release} has not been released; its numbers are compared all the same.", err=True)
    found = watching.check(before, _fresh(fresh, console), rate=rate, groups=groups)
    now = datetime.fromisoformat(stated_moment() or clock())
    if format is TextOrJson.JSON:
        echo_json(json.dumps(_as_json(found), indent=2, ensure_ascii=False))
    else:
        for line in list(watching.lines(found))[: 1 if console.quiet else None]:
            echo("\n".join(textwrap.wrap(line, width(), subsequent_indent=" " * 8, drop_whitespace=False)))
    if metrics is not None:
        disk.write_file(metrics, watching.metrics(found, at=now, valid_until=until))
        console.say(f"Wrote {metrics}")
    if incident is not None and found.alarms:
        _draft(incident, release, found, now, console)
    raise typer.Exit(1 if found.alarms else 0)


def watch_rules(
    ctx: typer.Context,
    release: ReleaseArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")] = Path("cardwright.rules.yaml"),
    rate: RateOption = 0.05,
    groups: GroupsOption = False,
    most_days: Annotated[
        int, typer.Option("--most-days", min=1, help="After so many days without a check that is an alert.")
    ] = 7,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a release's limits as rules for Prometheus."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    import yaml

    from cardwright.documents import alerting
    from cardwright.files import disk

    record, _ = _released(release)
    made = alerting.rules(record, rate=rate, groups=groups, most_days=most_days)
    text: str = yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=10_000)
    head = (
        "# The limits of a release for Prometheus. `cardwright watch check --metrics FILE` writes the cardwright_watch metrics;\n"
        "# whoever computes numbers online exports cardwright_online_value and cardwright_online_cases with the same labels.\n"
    )
    disk.write_file(output, (head + text).encode("utf-8"))
    console.say(f"{output}: {len(made['groups'][0]['rules'])} rules")


def watch_dashboard(
    ctx: typer.Context,
    release: ReleaseArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")] = Path(
        "cardwright.dashboard.json"
    ),
    rate: RateOption = 0.05,
    groups: GroupsOption = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a Grafana dashboard of a release's numbers."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.documents import alerting
    from cardwright.files import disk

    record, _ = _released(release)
    made = alerting.dashboard(record, rate=rate, groups=groups)
    disk.write_file(output, alerting.as_json(made))
    console.say(f"{output}: {len(made['panels'])} panels")


def _released(place: Path) -> tuple[Record, str | None]:
    """The record of a release and the day on which it expires; a record alone, or a dossier that nobody released, has none."""
    from cardwright.attest import release_statement
    from cardwright.dossier import layout, store
    from cardwright.files import disk
    from cardwright.record import canonical
    from cardwright.record.record import Record

    if place.is_file():
        return canonical.parse(Record, disk.read_file(place, what="record"), where=str(place)), None
    files = store.read_dossier(place)
    if layout.RECORD not in files:
        raise NothingToCheckError("the dossier holds no record", where=str(place), do="Make one: cardwright run.")
    record = canonical.parse(Record, files[layout.RECORD], where=f"{place}/{layout.RECORD}")
    if layout.RELEASE not in files:
        return record, None
    return record, release_statement.read(files[layout.RELEASE], where=f"{place}/{layout.RELEASE}").release.valid_until


def _fresh(place: Path, console: Console) -> Record:
    """The record of the new window: evaluated now if it is a plan."""
    from cardwright.cli.evaluating import evaluated
    from cardwright.dossier import layout

    is_plan = place.suffix in (".yaml", ".yml") or (place.is_dir() and not (place / layout.RECORD).exists())
    if not is_plan:
        return _record_of(place)
    record, gaps = evaluated(place, console)
    for gap in gaps:
        echo(f"{gap.id}: {gap.code}: {gap.reason} {gap.remedy}", err=True)
    return record


def _record_of(place: Path) -> Record:
    from cardwright.dossier import layout, store
    from cardwright.files import disk
    from cardwright.record import canonical
    from cardwright.record.record import Record

    data = disk.read_file(place, what="record") if place.is_file() else store.read_dossier(place)[layout.RECORD]
    return canonical.parse(Record, data, where=str(place))


def _draft(folder: Path, release: Path, found: ReleaseCheck, now: datetime, console: Console) -> None:
    from cardwright.cli import schemas
    from cardwright.files import disk
    from cardwright.files import kinds as registry
    from cardwright.plan import kind_scaffold
    from cardwright.run import watching

    linked = {"release": release} if release.is_dir() else {}
    kind = registry.find("incident_triage", None)
    made = kind_scaffold.new(kind, folder, answers=watching.incident_answers(found, at=now), links=linked)
    for name, text in made.files.items():
        disk.write_file(folder / name, text.encode("utf-8"))
        console.say(f"Wrote {folder / name}")
    for path, data in schemas.beside(folder, [field.spec for field in kind.definition.fields]).items():
        disk.write_file(path, data)
    console.say("It is a draft: people say who was harmed, how grave it is, and what was done.")


def _as_json(found: ReleaseCheck) -> dict[str, Any]:
    from cardwright.record.comparison import rows_of

    return {
        "release": found.release.sha256,
        "fresh": found.fresh.sha256,
        "rows": found.rows,
        "false_alarms": {"each": found.found.each, "together": found.found.together},
        "alarms": len(found.alarms),
        "numbers": [
            {
                "measurement": row.number.id,
                "evaluation": row.number.evaluation,
                "metric": row.number.m.metric,
                "rows": rows_of(row.number.m),
                "release": row.number.m.value,
                "now": None if row.now is None else row.now.value,
                "p_value": row.p_value,
                "alarm": row.alarm,
                **({} if row.why is None else {"why": row.why}),
            }
            for row in found.found.rows
        ],
    }
