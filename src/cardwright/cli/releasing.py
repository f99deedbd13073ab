"""`release`, `status-statement`, `timestamp`: somebody releases, somebody says that it still stands, an authority says when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cardwright.cli.console import Console, OwnDigest, clock, echo
from cardwright.cli.keyring import (
    KeyOption,
    PersonOption,
    RoleOption,
    TrustOption,
    YesOption,
    opened_key,
    passphrase,
    trust_file,
)
from cardwright.cli.options import Debug, PolicyOption, Quiet, policy_of_dossier
from cardwright.cli.other_dossiers import DossiersOption, with_incidents
from cardwright.cli.people import show_what_is_signed
from cardwright.cli.printing import print_verdict, rerender
from cardwright.cli.witnessing import LogKeyOption, witness_by
from cardwright.errors import UsageError

if TYPE_CHECKING:
    from cardwright.record.case import Case
    from cardwright.record.claim import Releaser
    from cardwright.record.verdict import Verdict


def release(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    trust: TrustOption,
    key: KeyOption,
    person: PersonOption,
    artifact: Annotated[
        Path | None, typer.Option("--artifact", help="The folder with the subject's files; a work has none.")
    ] = None,
    policy: PolicyOption = None,
    pades_cert: Annotated[
        Path | None,
        typer.Option(
            "--pades-cert",
            help="Your organisation's key and certificate (PKCS#12), to sign the released PDF as PDF viewers show it.",
        ),
    ] = None,
    pades_timestamps: Annotated[
        str | None,
        typer.Option(
            "--pades-timestamps",
            help="The address of a timestamp authority (RFC 3161); it is sent the digest of that signature.",
        ),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option("--log", help="The folder of a witness log, which is told of the release and gives a receipt."),
    ] = None,
    log_key: LogKeyOption = None,
    dossiers: DossiersOption = None,
    yes: YesOption = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Decide on everything, and sign the release.

    If it is allowed, the final editions are made, and the signature covers them.

    You hold the role `release` in the trust file, and neither wrote the plan nor made the dossier.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import releasing, under_review
    from cardwright.documents import toolchain
    from cardwright.dossier import store
    from cardwright.run import editions

    reviewed = under_review.read(store.read_dossier(dossier), where=str(dossier))
    files_named = [file.path for file in reviewed.case.record.subject.files]
    if artifact is None and reviewed.case.record.subject.kind != "work":
        raise UsageError("the subject's files are not named", where="--artifact", do="Name the folder that holds them.")
    named = reviewed.review.policy
    chosen = policy_of_dossier(named.name, policy)
    private = opened_key(key)
    show_what_is_signed(console, reviewed, yes=yes)

    sealing, witness = _sealing(pades_cert, pades_timestamps), witness_by(log, log_key)
    believed = trust_file(trust)
    if believed.logs and witness is None:
        names = ", ".join(one.name for one in believed.logs)
        console.say(
            f"The trust file asks for a receipt of the log {names}: --log, or afterwards cardwright witness add."
        )

    def final(files: Mapping[str, bytes], case: Case, verdict: Verdict, releaser: Releaser) -> Mapping[str, bytes]:
        return editions.final(files, case, verdict, releaser, where=str(dossier))

    now = clock()
    done = releasing.release(
        dossier,
        private,
        believed,
        chosen,
        person=person,
        now=now,
        chosen_by="the command line" if policy is not None else named.chosen_by,
        artefacts=store.digests(artifact, files_named) if artifact is not None else {},
        again=rerender,
        final=final,
        toolchain=toolchain.facts(),
        seal=sealing,
        witness=witness,
        incidents=lambda case: with_incidents(case, dossiers or (), believed, now),
    )
    for doubt in done.doubts:
        echo(f"not believed: {doubt}", err=True)
    print_verdict(done.verdict, console)
    if done.lacking is not None:
        echo(f"NOT RELEASED: {done.lacking}")
    if done.statement is not None:
        console.say(f"Released: {done.statement}")
    raise typer.Exit(0 if done.statement is not None else 1)


def _sealing(certificate: Path | None, timestamps: str | None) -> Callable[[bytes], bytes]:
    """What signs the released PDF with an organisation's certificate, opened before anything is decided; nothing, if omitted."""
    if certificate is None:
        if timestamps is not None:
            raise UsageError("--pades-timestamps is nothing without --pades-cert", do="Name the certificate, too.")
        return lambda pdf: pdf
    from cardwright.attest import pades
    from cardwright.files import disk

    data, secret = disk.read_file(certificate, what="certificate"), passphrase(variable=pades.PASSPHRASE).encode()
    pades.can_sign(data, secret)
    return partial(pades.sign, certificate=data, passphrase=secret, timestamps=timestamps)


def status_statement(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A released dossier's folder.")],
    trust: TrustOption,
    key: KeyOption,
    person: PersonOption,
    role: RoleOption = "status",
    hours: Annotated[
        int, typer.Option("--hours", min=1, max=24 * 366, help="For how many hours you vouch for it.")
    ] = 24,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write; if omitted, one beside the dossier.")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Sign whether a release still stands.

    It states the moment and the length of the ledger, which a receiver cannot tell from a copy.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import releasing, status_statement
    from cardwright.dossier import layout, store
    from cardwright.files import disk

    line = releasing.status(
        store.read_dossier(dossier),
        opened_key(key),
        trust_file(trust),
        person=person,
        role=role,
        now=clock(),
        hours=hours,
        where=str(dossier),
    )
    path = output or layout.status_beside(dossier)
    disk.write_file(path, line)
    said = status_statement.read(line, where=str(path)).status
    console.say(f"{path}: {said.state.replace('_', ' ')} as of {said.issued_at}, until {said.valid_until}")
    console.say(
        "release ",
        OwnDigest(said.release_sha256),
        f", ledger of {said.ledger.length} lines, head ",
        OwnDigest(said.ledger.head),
    )


def timestamp(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    authority: Annotated[
        str | None,
        typer.Option(
            "--authority", help="The address of a timestamp authority; it is sent one digest, and nothing else."
        ),
    ] = None,
    query: Annotated[
        Path | None,
        typer.Option("--query", help="Without a network: write the question to this file, to be sent from elsewhere."),
    ] = None,
    reply: Annotated[
        Path | None, typer.Option("--reply", help="The authority's answer to it, which is kept in the dossier.")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Have an authority state when the ledger stood where.

    It is a timestamp authority (RFC 3161), and sees one digest. What was signed by then stands, even if the key expires or is
    revoked later, for whoever pins that authority.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import timestamps, under_review
    from cardwright.dossier import layout, store
    from cardwright.errors import StoreError
    from cardwright.files import disk

    if sum(given is not None for given in (authority, query, reply)) != 1:
        raise UsageError("name one of --authority, --query and --reply", do="--authority asks at once, over a network.")
    chain = under_review.read(store.read_dossier(dossier), where=str(dossier)).chain
    head = chain.head
    if query is not None:
        disk.write_file(query, timestamps.query(head))
        console.say(f"{query}: asks for {head.head}, a ledger of {head.length} lines")
        console.say(f"The answer: cardwright timestamp {dossier} --reply FILE")
        return
    line = (
        timestamps.asked(authority, head)
        if authority is not None
        else timestamps.answered(disk.read_file(reply or Path(), what="reply"), chain, where=str(reply))
    )
    (stamp,) = timestamps.read(line)

    def change(files: Mapping[str, bytes]) -> tuple[Mapping[str, bytes | None], None]:
        if not under_review.read(files, where=str(dossier)).chain.holds(stamp.ledger):
            raise StoreError("another dossier has been put there in the meantime", where=str(dossier), do="Ask again.")
        return {layout.TIMESTAMPS: files.get(layout.TIMESTAMPS, b"") + line}, None

    store.amend(dossier, change)
    console.say(f"Stamped: a ledger of {stamp.ledger.length} lines, head {stamp.ledger.head}")
    console.say("It counts for whoever pins that authority under `timestamp_authorities` in their trust file.")
