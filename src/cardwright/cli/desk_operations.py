"""`desk backup` and its kin: what whoever runs a desk does now and then."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cardwright.cli.console import Console, clock, echo
from cardwright.cli.desking import (
    LOCAL,
    DatabaseOption,
    FolderOption,
    LogKeyOption,
    needed,
    opened,
    settings_of,
)
from cardwright.cli.keyring import TrustOption
from cardwright.cli.options import Debug, Quiet
from cardwright.cli.serving import opened_log
from cardwright.errors import UsageError


def desk_backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write (.tar.gz); nobody but you may read it.")],
    trust: TrustOption,
    folder: FolderOption = Path("desk"),
    database: DatabaseOption = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a desk's database, log and contents into one file.

    The desk may go on running. Sessions, challenges and invitations are left out.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    desk = opened(folder, trust, database)
    from cardwright.desk import backups

    made = backups.backup(desk, file, clock())
    desk.engine.dispose()
    logged = "no log" if made.log is None else f"a log of {made.log} entries"
    console.say(f"{file}: {len(made.tables)} tables, {made.contents} contents, {logged}")


def desk_restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file of `desk backup`.")],
    trust: TrustOption,
    folder: FolderOption = Path("desk"),
    database: DatabaseOption = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make a desk again from a backup.

    Folder and database may hold no dossiers. A log that is in the folder and goes further than the backup's stays.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    needed()
    from cardwright.desk import backups

    done = backups.restore(settings_of(folder, LOCAL, trust, database, None), file)
    console.say(f"{folder}: {done.rows} rows and {done.about.contents} contents, as of {done.about.made_at}")
    if done.log_kept:
        console.say("The log that was here goes at least as far as the backup's, and was kept.")
    elif done.about.log is not None:
        console.say(
            f"The log has {done.about.log} entries. If anybody has seen more of it, do not go on with this one: its cosigners "
            "and monitors would see two faces.",
            always=True,
        )


def desk_rebuild(
    ctx: typer.Context,
    trust: TrustOption,
    folder: FolderOption = Path("desk"),
    database: DatabaseOption = "",
    log_key: LogKeyOption = None,
    log_name: Annotated[str | None, typer.Option("--log-name", help="The log's name.")] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make a lost database again from a desk's contents and log.

    Comments, accounts and tokens were in the database alone; a backup holds them. Exit code 3 if something is missing.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    needed()
    from cardwright.desk import backups, registry

    settings = settings_of(folder, LOCAL, trust, database, None)
    here = opened_log(folder, log_key, log_name, LOCAL)
    desk = registry.opened(settings, here)
    done = backups.rebuild(desk, clock())
    desk.engine.dispose()
    console.say(f"{folder}: {done.dossiers} dossiers in {done.states} states")
    for trouble in done.troubles:
        echo(trouble)
    if done.troubles:
        raise typer.Exit(3)


def desk_migrate(
    ctx: typer.Context,
    trust: TrustOption,
    to: Annotated[
        str, typer.Option("--to", help="A version of the tables, e.g. 0001; if omitted, this program's.")
    ] = "head",
    folder: FolderOption = Path("desk"),
    database: DatabaseOption = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Bring a desk's tables to a version, forward or back.

    `desk serve` goes forward by itself. Going back removes what later versions added: make a backup first.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    needed()
    from cardwright.desk import database as tables

    if to == "base":
        raise UsageError("that would remove everything", do="Name a version, e.g. --to 0001.")
    engine = tables.connect(settings_of(folder, LOCAL, trust, database, None).url)
    before = tables.version(engine)
    tables.migrate(engine, to)
    console.say(f"tables: {before or 'none'} → {tables.version(engine)}")
    engine.dispose()


def desk_hold(
    ctx: typer.Context,
    trust: TrustOption,
    manifest: Annotated[
        str | None, typer.Argument(help="The digest of a dossier's manifest, or its beginning.")
    ] = None,
    person: Annotated[str, typer.Option("--as", help="Who says so: an id of the trust file.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why it is held.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="End the hold instead.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Show what is held.")] = False,
    folder: FolderOption = Path("desk"),
    database: DatabaseOption = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Hold a dossier against every retention rule, or lift a hold.

    Whoever does so is written down.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    desk = opened(folder, trust, database)
    from cardwright.desk import ceremonies, retention

    if listed:
        for one in retention.holds(desk):
            echo(f"{str(one['manifest'])[:12]}  {one['placed_at']}  {one['placed_by']}  {one['reason']}")
        return
    if manifest is None or not person:
        raise UsageError("which dossier, and who says so?", do="Give MANIFEST and --as PERSON, or --list.")
    who = ceremonies.person_of(desk, person).id
    if lift:
        console.say(f"{retention.lift(desk, manifest, by=who, now=clock())[:12]}: the hold is lifted")
    else:
        console.say(f"{retention.hold(desk, manifest, reason, by=who, now=clock())[:12]}: held")


def desk_prune(
    ctx: typer.Context,
    trust: TrustOption,
    rules: Annotated[Path, typer.Option("--rules", help="For how many days each type of record is kept (YAML).")],
    dry: Annotated[bool, typer.Option("--dry-run", help="Count what would be removed, and remove nothing.")] = False,
    folder: FolderOption = Path("desk"),
    database: DatabaseOption = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Remove what a desk's retention rules keep no longer.

    What is under a legal hold stays.
    """
    Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.files import disk

    data = disk.read_file(rules, what="file of retention rules")
    desk = opened(folder, trust, database)
    from cardwright.desk import retention

    done = retention.prune(desk, retention.read(data, where=str(rules)), clock(), dry=dry)
    desk.engine.dispose()
    verb = "would be removed" if dry else "removed"
    for name, count in done.removed.items():
        echo(f"{name}: {count} {verb}")
    if done.held:
        echo(f"{done.held} dossiers stay by a legal hold")
