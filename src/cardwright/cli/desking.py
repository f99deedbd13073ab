"""`desk`: a registry of dossiers that people open in a browser, and what the command line asks one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cardwright.cli.console import Console, clock, echo, write
from cardwright.cli.keyring import TrustOption, trust_file
from cardwright.cli.options import Debug, OneOf, Quiet, audiences, policy_named
from cardwright.cli.other_dossiers import DossiersOption
from cardwright.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from cardwright.attest.witness.receipts import LogEntry
    from cardwright.desk.client import DeskClient
    from cardwright.desk.notices import Notifier
    from cardwright.desk.registry import Registry
    from cardwright.desk.settings import DeskSettings

TOKEN = "CARDWRIGHT_DESK_TOKEN"  # noqa: S105  the name of an environment variable
DATABASE = "CARDWRIGHT_DESK_DATABASE"
FolderOption = Annotated[
    Path, typer.Option("--folder", help="Where the desk keeps contents and, unless named, its database.")
]
OriginOption = Annotated[
    str, typer.Option("--origin", help="How people reach the desk, e.g. https://desk.example.org; passkeys are of it.")
]
DatabaseOption = Annotated[
    str,
    typer.Option(
        "--database", envvar=DATABASE, help="A PostgreSQL database, postgresql://…; if omitted, SQLite in the folder."
    ),
]
LOCAL = "http://localhost:8765"
LogKeyOption = Annotated[
    Path | None,
    typer.Option(
        "--log-key",
        help="The key of the desk's witness log (Ed25519); its passphrase is in CARDWRIGHT_LOG_PASSPHRASE.",
    ),
]


def needed() -> None:
    from importlib.util import find_spec

    for library in ("alembic", "sqlalchemy", "starlette", "uvicorn", "webauthn"):
        if find_spec(library) is None:
            raise MissingExtraError(library, "desk", "the desk")


def settings_of(folder: Path, origin: str, trust: Path, database: str, policies: list[str] | None) -> DeskSettings:
    from cardwright.desk.settings import DeskSettings, checked_origin

    if database and not database.startswith("postgresql://"):
        raise UsageError("not the address of a PostgreSQL database", do="Write it like postgresql://user@host/name.")
    trust_file(trust)
    chosen = [policy_named(one) for one in policies or ()]
    folder.mkdir(parents=True, exist_ok=True)
    return DeskSettings(
        folder=folder,
        origin=checked_origin(origin),
        trust=trust,
        database=database,
        policies={one.name: one for one in chosen},
    )


def _notifier(path: Path) -> Notifier:
    from cardwright.desk.notices import Notifier
    from cardwright.desk.settings import NoticeSettings
    from cardwright.files import disk, yamltext

    document = yamltext.parse(disk.read_file(path, what="file of notices"), where=str(path), error=UsageError)
    said = yamltext.to_model(NoticeSettings, document, error=UsageError)
    needed = {hook.secret_env for hook in said.webhooks.values()}
    if said.mail is not None and said.mail.user is not None:
        needed.add(said.mail.password_env)
    missing = sorted(name for name in needed if not os.environ.get(name))
    if missing:
        raise UsageError(f"a secret is not known: {', '.join(missing)} is not set", do="Set it; no file holds it.")
    return Notifier(said, {name: os.environ[name] for name in needed})


def opened(folder: Path, trust: Path, database: str, origin: str = LOCAL) -> Registry:
    needed()
    from cardwright.desk import registry

    return registry.opened(settings_of(folder, origin, trust, database, None))


def desk_serve(
    ctx: typer.Context,
    trust: TrustOption,
    folder: FolderOption = Path("desk"),
    origin: OriginOption = LOCAL,
    database: DatabaseOption = "",
    policy: Annotated[
        list[str] | None, typer.Option("--policy", help="A policy that is not packaged, by path (may be repeated).")
    ] = None,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen on; TLS is your proxy's, so it is this machine alone.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port to listen on.")] = 8765,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, help="How many processes answer at that port, on one database.")
    ] = 1,
    log_key: LogKeyOption = None,
    log_name: Annotated[
        str | None, typer.Option("--log-name", help="The log's name; if omitted, the origin's host.")
    ] = None,
    cosigns: Annotated[
        list[str] | None,
        typer.Option("--cosigns", help="The key of another log that this desk cosigns: NAME+ID+KEY (may be repeated)."),
    ] = None,
    witness: Annotated[
        list[str] | None,
        typer.Option("--witness", help='Who cosigns this log: "ADDRESS NAME+ID+KEY" (may be repeated).'),
    ] = None,
    status_hours: Annotated[
        int,
        typer.Option("--status-hours", min=1, max=24 * 366, help="For how long the desk's word on a release holds."),
    ] = 24,
    oidc: Annotated[
        Path | None,
        typer.Option(
            "--oidc", help="An OpenID Connect provider (YAML); its client secret is in CARDWRIGHT_OIDC_SECRET."
        ),
    ] = None,
    notify: Annotated[
        Path | None, typer.Option("--notify", help="Whom the desk tells what happens, by e-mail or webhook (YAML).")
    ] = None,
    proxies: Annotated[
        int, typer.Option("--proxies", min=0, max=5, help="How many proxies before it add to X-Forwarded-For.")
    ] = 0,
    watch: Annotated[
        list[str] | None,
        typer.Option(
            "--watch", help="A folder, or a bucket (s3://bucket/folder), whose dossiers are taken in (may be repeated)."
        ),
    ] = None,
    watch_allow: Annotated[
        list[str] | None,
        typer.Option("--watch-allow", help="A host that buckets may be read from, as host:port (may be repeated)."),
    ] = None,
    dossiers: DossiersOption = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Serve a review desk.

    It holds nobody's key but that of its own log, decides nothing, and fetches nothing but what its options name.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    needed()
    import threading
    from dataclasses import replace

    import uvicorn

    from cardwright.cli import serving
    from cardwright.desk import chores

    for place in dossiers or ():
        if not place.is_dir():
            raise UsageError(
                "there is no such folder of dossiers", where=str(place), do="Make it, or name another one."
            )
    settings = replace(
        settings_of(folder, origin, trust, database, None), status_hours=status_hours, dossiers=tuple(dossiers or ())
    )
    told = _notifier(notify) if notify is not None else None
    if oidc is not None:
        settings = replace(settings, provider=serving.provider_of(oidc).name)
    places = serving.watched_places(watch or (), folder / "watched", watch_allow or (), settings.limits)
    serving.require_passphrase(workers, log_key)
    served = serving.ServedDesk(
        settings,
        tuple(policy or ()),
        log_key,
        log_name,
        tuple(cosigns or ()),
        tuple(witness or ()),
        oidc,
        proxies,
        workers,
    )
    desk = served.opened()
    how = f"{workers} processes on {host}:{port}" if workers > 1 else f"listening on {host}:{port}"
    console.say(f"Desk: {settings.origin}, {how}; stop it with Ctrl+C")
    if desk.log is not None:
        console.say(f"Its log: {settings.origin}/log, key {desk.log.public.vkey}")
    lines = serving.log_lines()
    stop = threading.Event()
    chore = threading.Thread(
        target=chores.loop, args=(desk, chores.Chores(places, notifier=told), stop, clock), daemon=True
    )
    chore.start()
    try:
        if workers > 1:
            serving.keep(served, serving.listening(host, port))
        else:
            uvicorn.run(
                served.application(desk), host=host, port=port, log_level="warning", access_log=False,
                server_header=False, proxy_headers=False, timeout_graceful_shutdown=serving.GRACE,
            )  # fmt: skip
    finally:
        serving.LOGGER.removeHandler(lines)
        stop.set()
        chore.join(timeout=10)


def desk_invite(
    ctx: typer.Context,
    person: Annotated[str, typer.Argument(help="The id of somebody in the trust file.")],
    trust: TrustOption,
    folder: FolderOption = Path("desk"),
    origin: OriginOption = LOCAL,
    database: DatabaseOption = "",
    audience: Annotated[
        str,
        typer.Option(
            "--audience",
            parser=OneOf("audience", audiences),
            metavar="AUDIENCE",
            help="What they may open: internal, regulator, downstream or public.",
        ),
    ] = "internal",
    anew: Annotated[
        bool,
        typer.Option("--anew", help="Forget the passkeys they log in with, and end their sessions: one was lost."),
    ] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Invite somebody to a desk.

    It prints a link that holds for three days and one use; with it they make the passkey that they log in with.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    desk = opened(folder, trust, database, origin)
    from cardwright.desk import accounts, ceremonies
    from cardwright.desk.audiences import checked as checked_audience

    found = ceremonies.person_of(desk, person)
    if anew:
        gone = accounts.forget(desk, found.id, clock())
        console.say(f"{found.name}: {gone} passkeys to log in with are forgotten, and every session has ended")
    secret = accounts.invite(desk, found.id, clock(), audience=checked_audience(audience))
    console.say(f"For {found.name}, for {accounts.INVITATION_HOURS} hours and one use:")
    write(f"{desk.settings.origin}/join/{secret}")


def desk_token(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Whose the token is, e.g. a pipeline.")],
    trust: TrustOption,
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="What it is for: push, read, decisions or metrics (may be repeated)."),
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="For how many days it holds.")] = 90,
    revoke: Annotated[bool, typer.Option("--revoke", help="End the token of this name instead.")] = False,
    folder: FolderOption = Path("desk"),
    database: DatabaseOption = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make a token for a program, or end one.

    It is printed once; the desk keeps its digest alone.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    desk = opened(folder, trust, database)
    from cardwright.desk import accounts

    if revoke:
        accounts.revoke_token(desk, name, clock())
        console.say(f"{name}: revoked")
        return
    secret = accounts.make_token(desk, name, tuple(scope or ()), clock(), days=days)
    console.say(f"For {name}, for {days} days; set it as {TOKEN}:")
    write(secret)


def _client(origin: str) -> DeskClient:
    needed()
    from cardwright.desk.client import DeskClient

    token = os.environ.get(TOKEN)
    if not token:
        raise UsageError(
            f"the token is not known: {TOKEN} is not set", do="Make one: cardwright desk token NAME --scope push."
        )
    return DeskClient.at(origin, token)


def desk_push(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    to: Annotated[str, typer.Option("--to", help="The desk's origin.")] = LOCAL,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Send a dossier to a desk.

    The desk verifies it, and keeps apart what is not what it says. Its token is in CARDWRIGHT_DESK_TOKEN.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest.witness import receipts
    from cardwright.dossier import layout, store

    files = store.read_dossier(dossier)
    said = _client(to).push(files)
    news = "arrived" if said["new"] else "was there already, in this state or a later one"
    console.say(f"{dossier}: {news}")
    given = receipts.read(str(said.get("receipts", "")).encode("utf-8"), where="the desk's answer")

    def change(here: Mapping[str, bytes]) -> tuple[Mapping[str, bytes | None], int]:
        kept = receipts.read(here.get(layout.RECEIPTS, b""))
        entries = _entries(here)
        more = [one for one in given if one not in kept and one.entry in entries]
        return ({layout.RECEIPTS: receipts.to_bytes([*kept, *more])} if more else {}), len(more)

    if given and (added := store.amend(dossier, change)):
        console.say(f"{added} receipts of the desk's log were put beside it; verify compares them with a trust file")
    console.say(f"{to.rstrip('/')}/dossiers/{said['manifest']}")


def _entries(files: Mapping[str, bytes]) -> tuple[LogEntry, ...]:
    from cardwright.attest import under_review
    from cardwright.attest.witness import receipts

    dossier = under_review.read(files, where="dossier")
    return receipts.entries_of(dossier.chain, dossier.signed, dossier.release)


def desk_status(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A released dossier's folder.")],
    origin: Annotated[str, typer.Option("--from", help="The desk's origin.")] = LOCAL,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write; if omitted, one beside the dossier.")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Fetch a desk's signed word on whether a release stands.

    `verify --status` compares it with the receiver's trust file. The token needs the scope `decisions`.
    """
    Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import status_statement, under_review
    from cardwright.dossier import layout, store
    from cardwright.errors import IntegrityError, NothingToCheckError
    from cardwright.files import disk

    release = under_review.read(store.read_dossier(dossier), where=str(dossier)).release
    if release is None:
        raise NothingToCheckError("nobody has released it", where=str(dossier), do="Release it: cardwright release.")
    line = _client(origin).status(release.sha256)
    said = status_statement.read(line, where="the desk's answer").status
    if said.release_sha256 != release.sha256:
        raise IntegrityError("the desk speaks of another release", do="Ask whoever runs it.")
    path = output or layout.status_beside(dossier)
    disk.write_file(path, line)
    echo(f"{path}: {said.state.replace('_', ' ')} as of {said.issued_at}, until {said.valid_until}")


def desk_revocations(
    ctx: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    origin: Annotated[str, typer.Option("--from", help="The desk's origin.")] = LOCAL,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Fetch a desk's signed list of revoked keys.

    `verify --revocations` compares it with the receiver's trust file. The token needs the scope `decisions`.
    """
    Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import revocation_list
    from cardwright.files import disk

    line = _client(origin).revocations()
    said = revocation_list.read(line, where="the desk's answer").revocations
    disk.write_file(output, line)
    echo(f"{output}: {len(said.keys)} keys are revoked as of {said.issued_at}, until {said.valid_until}")


def desk_pull(
    ctx: typer.Context,
    manifest: Annotated[str, typer.Argument(help="The digest of the dossier's manifest, or the beginning of it.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The dossier's folder; one that is there is carried on.")
    ],
    origin: Annotated[str, typer.Option("--from", help="The desk's origin.")] = LOCAL,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Fetch a dossier from a desk, with everything signed there.

    A dossier that is in the folder is replaced only by the same one, whose ledger continues.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import under_review
    from cardwright.dossier import layout, store
    from cardwright.errors import IntegrityError

    files = store.hold(_client(origin).pull(manifest), where="dossier")
    there = under_review.read(files, where="dossier")
    if output.exists():

        def change(here: Mapping[str, bytes]) -> tuple[Mapping[str, bytes | None], None]:
            before = under_review.read(here, where=str(output))
            if before.manifest_sha256 != there.manifest_sha256:
                raise UsageError("another dossier is in this folder", where=str(output), do="Name another folder.")
            if not there.chain.holds(before.chain.head):
                raise IntegrityError(
                    "the desk's ledger does not continue the one here",
                    where=str(output),
                    do="Push this one first: desk push.",
                )
            gone = {name: None for name in here if layout.outside(name) and name not in files}
            new = {name: data for name, data in files.items() if layout.outside(name) and name != layout.MANIFEST}
            return {**gone, **new}, None

        store.amend(output, change)
    else:
        store.write_dossier(output, files)
    echo(f"{output}: {len(there.signed)} claims, ledger of {len(there.chain.entries)} lines")
    if not console.quiet and there.release is None:
        console.say("Nobody has released it.")
