"""`witness` and `monitor`: a log that releases are told to, who cosigns it, and who looks whether it only grows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardwright.cli.console import Console, OwnDigest, clock, echo
from cardwright.cli.keyring import passphrase, trust_file
from cardwright.cli.options import Debug, Quiet
from cardwright.errors import UsageError

if TYPE_CHECKING:
    from cardwright.attest.releasing import Witness
    from cardwright.attest.witness.log import LogFiles
    from cardwright.attest.witness.notes import NoteKey
    from cardwright.attest.witness.receipts import Receipt

PASSPHRASE = "CARDWRIGHT_LOG_PASSPHRASE"  # noqa: S105  the name of an environment variable
LogFolderArgument = Annotated[Path, typer.Argument(help="The log's folder.")]
LogKeyOption = Annotated[
    Path | None,
    typer.Option("--log-key", help="The log's key file (Ed25519); its passphrase is in CARDWRIGHT_LOG_PASSPHRASE."),
]


def log_private(path: Path) -> Any:
    """The private key of a log or cosigner."""
    from cardwright.attest import keys

    return keys.open_private(path, passphrase(variable=PASSPHRASE))


def witness_by(log: Path | None, key: Path | None) -> Witness | None:
    """What has a log take an entry, opened before anything is decided; None if no log is named."""
    if log is None:
        if key is not None:
            raise UsageError("--log-key is nothing without --log", do="Name the log's folder, too.")
        return None
    if key is None:
        raise UsageError("the log's key is missing", do="Name it: --log-key FILE.")
    from cardwright.attest.witness import log as logs
    from cardwright.attest.witness import receipts
    from cardwright.dossier.log_folder import LogFolder

    private, files = log_private(key), LogFolder(log)
    name = _named(files)
    logs.append(files, private, name, [])  # a log that takes no entry is told of before anybody signs

    def witness(entry: receipts.LogEntry) -> Receipt:
        (one,) = receipts.witness(files, private, name, [entry])
        return one

    return witness


def _named(files: LogFiles) -> str:
    """The name that a log's checkpoint bears; its signature is verified by whoever uses the log."""
    from cardwright.attest.witness import log, notes
    from cardwright.errors import NothingToCheckError

    data = files.read(log.CHECKPOINT)
    if data is None:
        raise NothingToCheckError("no log here", do="Make one: cardwright witness new.")
    return notes.checkpoint_of(notes.read(data, where=log.CHECKPOINT)).origin


def witness_new(
    ctx: typer.Context,
    log: LogFolderArgument,
    name: Annotated[str, typer.Option("--name", help="The log's name, e.g. log.example.org.")],
    log_key: LogKeyOption = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make a log that releases and withdrawals are told to.

    It prints what receivers put into their trust files.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from pydantic import ValidationError

    from cardwright.attest import keys
    from cardwright.attest.trust import Log
    from cardwright.attest.witness import log as logs
    from cardwright.attest.witness import notes
    from cardwright.dossier.log_folder import LogFolder

    if log_key is None:
        raise UsageError(
            "the log's key is missing",
            do='Make one: cardwright keys new log.key --algorithm ed25519 --as "Our desk" --role status.',
        )
    private = log_private(log_key)
    pem = keys.public_pem(private.public_key())
    try:
        Log(name=name, public_key=pem)
    except ValidationError as exc:
        raise UsageError(f'"{name}" is not a name of a log', do="Write it like log.example.org.") from exc
    logs.create(LogFolder(log), private, name)
    console.say(f"Log: {log} ({name})")
    console.say(f"Key, for monitors and cosigners: {notes.key_of(name, private.public_key(), where='key').vkey}")
    console.say("For trust files:", always=True)
    lines = ["logs:", f"  - name: {name}", "    public_key: |", *(f"      {line}" for line in pem.strip().splitlines())]
    console.say("\n".join(lines), always=True)


def witness_add(
    ctx: typer.Context,
    log: LogFolderArgument,
    what: Annotated[Path, typer.Argument(help="A dossier's folder, or a trust file.")],
    log_key: LogKeyOption = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Tell a log what it does not know yet of a dossier.

    Its release, withdrawals and rejections are told, or, of a trust file, its version. Receipts are kept in the dossier, new
    ones too where the log's checkpoint has been cosigned since.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import under_review
    from cardwright.attest.witness import receipts
    from cardwright.dossier import layout, store
    from cardwright.dossier.log_folder import LogFolder

    files = LogFolder(log)
    name = _named(files)
    if what.is_file():
        trust = trust_file(what)
        entry = receipts.LogEntry(kind="trust", digest=trust.sha256, sequence=trust.sequence)
        (one,) = receipts.witness(files, _needed(log_key), name, [entry])
        console.say(f"{name}: trust file, version {trust.sequence}, at {receipts.place_of(one)[0]}")
        return

    def change(present: Mapping[str, bytes]) -> tuple[Mapping[str, bytes | None], list[receipts.Receipt]]:
        dossier = under_review.read(present, where=str(what))
        given = receipts.read(present.get(layout.RECEIPTS, b""))
        entries = receipts.entries_of(dossier.chain, dossier.signed, dossier.release)
        new = receipts.lacking(entries, given, name)
        added = [*receipts.witness(files, _needed(log_key), name, new)] if new else []
        head = _head_of(files, name, log_key)
        places = {one.entry: receipts.place_of(one)[0] for one in given if one.log == name and one.entry in entries}
        added.extend(
            fresh
            for entry, index in places.items()
            if (fresh := receipts.receipt(files, head, entry, index)) not in given
        )
        if not added:
            return {}, added
        return {layout.RECEIPTS: present.get(layout.RECEIPTS, b"") + receipts.to_bytes(added)}, added

    added = store.amend(what, change)
    for one in added:
        console.say(f"{name}: {one.entry.kind} {one.entry.digest[:12]} at {receipts.place_of(one)[0]}")
    if not added:
        console.say(f"{name} knows all of it")


def _needed(key: Path | None) -> Any:
    if key is None:
        raise UsageError("the log's key is missing", do="Name it: --log-key FILE.")
    return log_private(key)


def _head_of(files: LogFiles, name: str, key: Path | None) -> Any:
    """The log's head; without its key nothing is verified here, and `verify` does it."""
    from cardwright.attest.witness import log, notes

    data = files.read(log.CHECKPOINT) or b""
    if key is not None:
        return log.believed(data, notes.key_of(name, log_private(key).public_key(), where="key"), where=log.CHECKPOINT)
    note = notes.read(data, where=log.CHECKPOINT)
    return log.LogHead(note, notes.checkpoint_of(note))


def witness_cosign(
    ctx: typer.Context,
    log: Annotated[Path, typer.Argument(help="The folder of the log that is cosigned.")],
    of: Annotated[str, typer.Option("--of", help="That log's key, as its operator gave it: NAME+ID+KEY.")],
    name: Annotated[str, typer.Option("--name", help="Your name as a cosigner, e.g. the name of your own log.")],
    state: Annotated[Path, typer.Option("--state", help="The file that keeps the checkpoint you cosigned last.")],
    log_key: LogKeyOption = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Sign that another log has only grown since you last looked.

    The signature is put under that log's checkpoint.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from datetime import UTC, datetime

    from cardwright.attest.witness import cosigning, notes
    from cardwright.attest.witness import log as logs
    from cardwright.dossier import store
    from cardwright.dossier.log_folder import LogFolder
    from cardwright.errors import IntegrityError
    from cardwright.files import disk

    files, key, private = LogFolder(log), notes.parse_vkey(of), _needed(log_key)
    with store.locked(state):
        kept = disk.read_file(state, what="state") if state.is_file() else None
        head = logs.head(files, key)
        old = logs.believed(kept, key, where=str(state)).checkpoint.size if kept is not None else 0
        asked = cosigning.request(files, head, old)
        said = cosigning.answer(asked, [key], lambda _: kept, private, name, datetime.now(UTC))
        if said.keep is None:
            raise IntegrityError(
                f"not cosigned: {said.body.decode().strip()}"
                if said.status == 422
                else "not cosigned: it shows another tree of the same size",
                where=str(log),
                do=f"Keep {state} and this checkpoint: together they show that the log has two faces.",
            )
        disk.write_file(state, said.keep)
    logs.add_lines(files, key, head.note, said.body)
    console.say(f"{key.name}: {head.checkpoint.size} entries, cosigned as {name}")
    public = notes.key_of(name, private.public_key(), notes.COSIGNATURE, where="key")
    console.say(f"Key, for trust files of receivers: {public.vkey}")


def monitor(
    ctx: typer.Context,
    log: Annotated[str, typer.Argument(help="The log's folder, or its address.")],
    state: Annotated[Path, typer.Option("--state", help="The file that keeps every checkpoint that you were shown.")],
    of: Annotated[str | None, typer.Option("--of", help="The log's key: NAME+ID+KEY.")] = None,
    trust: Annotated[
        Path | None, typer.Option("--trust", envvar="CARDWRIGHT_TRUST", help="A trust file that names the log.")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Look whether a log only grows, and keep what it shows.

    Exit code 3 if it has forked or rewritten its past; what it showed before and now is kept as evidence.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest.witness import monitoring
    from cardwright.dossier import store
    from cardwright.dossier.log_folder import LogFolder
    from cardwright.dossier.log_site import LogSite
    from cardwright.files import disk

    files: LogFiles = LogSite.at(log) if "://" in log else LogFolder(Path(log))
    key = _pinned(files, of, trust)
    with store.locked(state):
        kept = disk.read_file(state, what="state") if state.is_file() else b""
        watched = monitoring.watch(files, key, kept, clock())
        if watched.kept != kept:
            disk.write_file(state, watched.kept)
    if watched.alarm is not None:
        echo(f"ALARM: {key.name}: {watched.alarm}")
        echo(f"Evidence: {state}, whose checkpoints the log has signed, all of them.")
        raise typer.Exit(3)
    for entry in watched.fresh:
        about = f" of the release {entry.release[:12]}" if entry.release else ""
        console.say(f"{entry.kind} ", OwnDigest(entry.digest), about)
    if watched.strange:
        console.say(f"{watched.strange} entries are none of ours", always=True)
    console.say(f"{key.name}: {watched.head.checkpoint.size} entries, {len(watched.fresh)} new; it has only grown")


def _pinned(files: LogFiles, of: str | None, trust: Path | None) -> NoteKey:
    """The key of a log as the receiver knows it, never as the log says."""
    from cardwright.attest import keys
    from cardwright.attest.witness import notes

    if of is not None:
        return notes.parse_vkey(of)
    if trust is None:
        raise UsageError("nobody has said whose log this is", do="Give its key: --of NAME+ID+KEY, or --trust FILE.")
    name = _named(files)
    found = next((log for log in trust_file(trust).logs if log.name == name), None)
    if found is None:
        raise UsageError(
            f"the trust file names no log {name}", where=str(trust), do="Ask the log's operator for its key."
        )
    return notes.key_of(name, keys.load_public(found.public_key, where=str(trust)), where=str(trust))
