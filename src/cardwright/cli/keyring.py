"""`keys` and `trust`: who holds which key, whom the receiver believes, and how that changes."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardwright.cli.console import Console, OwnDigest, clock, interactive, write
from cardwright.cli.options import POLICY, Debug, Quiet, choice, policy_named
from cardwright.errors import UsageError

if TYPE_CHECKING:
    from cardwright.attest.trust import Trust

KeyOption = Annotated[Path, typer.Option("--key", help="Your key file, as written by `keys new`.")]
PersonOption = Annotated[str, typer.Option("--as", help="Your name or id in the trust file.")]
RoleOption = Annotated[str, typer.Option("--role", help="The role you sign in.")]
TrustOption = Annotated[
    Path,
    typer.Option("--trust", envvar="CARDWRIGHT_TRUST", help="The trust file: whose keys count, and in which roles."),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


class Algorithm(StrEnum):
    """Kinds of keys."""

    ECDSA_P256 = "ecdsa-p256"
    ED25519 = "ed25519"


AlgorithmOption = Annotated[
    Algorithm,
    typer.Option("--algorithm", parser=choice("algorithm", Algorithm), metavar="ALGORITHM", help="The kind of key."),
]


def passphrase(confirm: bool = False, *, variable: str | None = None) -> str:
    """From the environment, or asked for; never a default. Of a person's key, unless another variable is named."""
    from cardwright.attest import keys

    variable = variable or keys.PASSPHRASE
    given = os.environ.get(variable)
    if given is not None:
        return given
    if not interactive():
        raise UsageError("the passphrase is not known", do=f"Set {variable}, or run this on a terminal.")
    asked: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm)
    return asked


def opened_key(path: Path) -> Any:
    """A person's private key."""
    from cardwright.attest import keys

    return keys.open_private(path, passphrase())


def trust_file(path: Path, *, new: bool = False) -> Trust:
    """A trust file that was read; with `new`, one that believes nobody where there is none yet."""
    from cardwright.attest import trust
    from cardwright.files import disk

    if new and not path.exists():
        return trust.empty()
    return trust.read(disk.read_file(path, what="trust file"), where=str(path))


def _write(path: Path, trust: Trust) -> None:
    from cardwright.attest.trust import to_yaml
    from cardwright.files import disk

    disk.write_file(path, to_yaml(trust))


def keys_new(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(help="Where to write the key; the request is written beside it.")],
    person: Annotated[str, typer.Option("--as", help="Your name, as it is signed and printed.")],
    role: Annotated[list[str], typer.Option("--role", help="A role you ask for (may be repeated).")],
    id: Annotated[
        str | None,
        typer.Option("--id", help="A stable id you ask for, e.g. a staff number; if omitted, made from the name."),
    ] = None,
    algorithm: AlgorithmOption = Algorithm.ECDSA_P256,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make an encrypted key and a request to enrol it."""
    from cardwright.attest import keys

    made = keys.new(person, tuple(role), passphrase(confirm=True), clock(), algorithm.value, id=id)
    _keep(Console.of(ctx, quiet=quiet, debug=debug), path, *made)


def keys_rotate(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(help="Where to write the new key.")],
    key: Annotated[Path, typer.Option("--key", help="The old key, which signs the new one.")],
    person: Annotated[str, typer.Option("--as", help="Your name in the trust file.")],
    algorithm: AlgorithmOption = Algorithm.ECDSA_P256,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make a new key that replaces an old one.

    Both sign the request; the new key counts once an administrator has accepted it.
    """
    from cardwright.attest import keys

    old = opened_key(key)
    made = keys.new(person, (), passphrase(confirm=True), clock(), algorithm.value, replaces=old)
    _keep(Console.of(ctx, quiet=quiet, debug=debug), path, *made)


def _keep(console: Console, path: Path, encrypted: bytes, request: Any) -> None:
    from cardwright.attest import keys
    from cardwright.dossier import layout
    from cardwright.files import disk

    keys.save(path, encrypted)
    asked = path.with_suffix(".enrol.json")
    disk.write_file(asked, layout.to_json(request))
    console.say(f"Key: {path} (keep it, and its passphrase, to yourself)")
    console.say(f"Request: {asked} (give it to whoever keeps the trust file)")
    console.say("Fingerprint: ", OwnDigest(keys.fingerprint(keys.check_enrolment(request, where=str(asked)))))


def keys_enrol(
    ctx: typer.Context,
    request: Annotated[
        Path,
        typer.Argument(help="The request that `keys new` or `keys rotate` wrote, or that a desk gave for a passkey."),
    ],
    trust: TrustOption,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="A role to grant (may be repeated); a request alone grants none."),
    ] = None,
    fingerprint: Annotated[
        str | None,
        typer.Option(
            "--fingerprint", help="The fingerprint as the person told it to you; if omitted, you are asked for it."
        ),
    ] = None,
    id: Annotated[str | None, typer.Option("--id", help="The person's id, instead of the one asked for.")] = None,
    further: Annotated[
        bool,
        typer.Option("--further", help="Add a further key of the person with this id, who keeps roles and other keys."),
    ] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Add a key to a trust file, with the roles you grant.

    Its fingerprint is compared first.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import keys, passkeys
    from cardwright.attest import trust as trusting
    from cardwright.files import disk
    from cardwright.record import canonical

    data = disk.read_file(request, what="request")
    asked: keys.Enrolment | passkeys.PasskeyEnrolment
    if b'"cardwright/passkey-enrolment/' in data:
        asked = canonical.parse(passkeys.PasskeyEnrolment, data, where=str(request))
        key = keys.fingerprint(passkeys.check_enrolment(asked, where=str(request)))
        hands_over = False
    else:
        asked = canonical.parse(keys.Enrolment, data, where=str(request))
        key = keys.fingerprint(keys.check_enrolment(asked, where=str(request)))
        hands_over = asked.replaces is not None
    if further and (role or hands_over):
        raise UsageError("a further key grants no role", do="Leave out --role, or --further.")
    if not hands_over and not further and not role:
        raise UsageError("no role is granted", do=f"Type it: --role {(asked.roles or ('ROLE',))[0]}.")
    if fingerprint is None and interactive():
        fingerprint = typer.prompt(f"{asked.person}'s fingerprint, as they told you (not from the request)")
    if fingerprint is None:
        raise UsageError(
            "nobody has compared the fingerprint",
            do="Ask the person for it, not the request: --fingerprint FINGERPRINT.",
        )
    if "".join(fingerprint.split()).lower() != key:
        raise UsageError(
            "the fingerprint is another one than that of the key in the request",
            do="Somebody may have put their own key into it: ask the person again.",
        )
    before = trust_file(trust, new=True)
    after = trusting.enrol(
        before, asked, clock()[:10], where=str(request), roles=tuple(role or ()), id=id, further=further
    )
    holder = after.holders()[key]
    console.say(f"+ {holder.person.name} ({holder.person.id})", always=True)
    console.say(f"+   roles {', '.join(holder.person.roles)}, from {holder.key.valid_from}", always=True)
    console.say("+   fingerprint ", OwnDigest(key), always=True)
    if holder.key.passkey is not None:
        console.say(f"+   passkey of {holder.key.passkey.rp_id}, at {holder.key.passkey.origin}", always=True)
    if holder.practice:
        console.say(
            "    localhost is every machine: it is for practice, and approves and releases nothing", always=True
        )
    if holder.key.replaces is not None:
        console.say("-   fingerprint ", OwnDigest(holder.key.replaces), f", until {holder.key.valid_from}", always=True)
    _write(trust, after)
    console.say(f"{trust}: {len(after.people)} people")


def keys_revoke(
    ctx: typer.Context,
    fingerprint: Annotated[str, typer.Argument(help="The key's fingerprint, or the first characters of it.")],
    trust: TrustOption,
    reason: Annotated[str, typer.Option("--reason", help="The reason.")],
    on: Annotated[
        str | None, typer.Option("--on", help="The first day it no longer counts; if omitted, today.")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Revoke a key from a day on. What it signed before stands only where somebody else's evidence dates it."""
    from cardwright.attest import trust as trusting

    after = trusting.revoke(trust_file(trust), fingerprint, on or clock()[:10], reason, where=str(trust))
    _write(trust, after)
    Console.of(ctx, quiet=quiet, debug=debug).say(f"{trust}: {fingerprint} revoked on {on or clock()[:10]}")


def keys_accept(
    ctx: typer.Context,
    policy: Annotated[str, typer.Argument(parser=POLICY, metavar="POLICY", help="A policy by name or path.")],
    trust: TrustOption,
    subject: Annotated[
        list[str] | None,
        typer.Option("--subject", help="A subject it is accepted for (may be repeated); if omitted, all."),
    ] = None,
    tier: Annotated[
        list[str] | None,
        typer.Option("--tier", help="A risk tier it is accepted for (may be repeated); if omitted, all."),
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Accept a policy, by digest, in a trust file."""
    from cardwright.attest import trust as trusting

    chosen = policy_named(policy)
    before = trust_file(trust, new=True)
    accepted = trusting.AcceptedPolicy(
        name=chosen.name, sha256=chosen.sha256, subjects=tuple(subject or ("*",)), risk_tiers=tuple(tier or ())
    )
    _write(trust, trusting.changed(before, where=str(trust), policies=(*before.policies, accepted)))
    Console.of(ctx, quiet=quiet, debug=debug).say(
        f"+ {chosen.name} {chosen.version} {chosen.sha256} for {', '.join(accepted.subjects)}"
    )


# ---------------------------------------------------------------------------------------------------- versions


def trust_show(
    trust: Annotated[Path, typer.Argument(help="A trust file.")],
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List whom a trust file believes, and its digest.

    A receiver pins that digest, which reaches them out of band.
    """
    from cardwright.attest import trust_versions

    write("\n".join(trust_versions.shown(trust_file(trust), today=clock()[:10])))


def trust_diff(
    old: Annotated[Path, typer.Argument(help="A trust file.")],
    new: Annotated[Path, typer.Argument(help="The trust file to compare it with.")],
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Compare two trust files.

    Exit code 1 if anything differs.
    """
    from cardwright.attest import trust_versions

    lines = trust_versions.difference(trust_file(old), trust_file(new), today=clock()[:10])
    write("\n".join(lines) if lines else "no difference")
    raise typer.Exit(1 if lines else 0)


def trust_sign(
    ctx: typer.Context,
    trust: Annotated[Path, typer.Argument(help="The trust file to sign.")],
    key: KeyOption,
    person: PersonOption,
    previous: Annotated[
        Path | None, typer.Option("--previous", help="The previous version; omitted for the first.")
    ] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Whose trust file it is, e.g. an organisation.")] = None,
    expires: Annotated[str | None, typer.Option("--expires", help="The last day on which it counts.")] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Sign a trust file as the next version.

    An administrator of the previous version signs; the signature is written beside the file.
    """
    from cardwright.attest import trust_versions
    from cardwright.files import disk

    before = trust_file(previous) if previous is not None else None
    made, line = trust_versions.sign(
        trust_file(trust),
        before,
        opened_key(key),
        person=person,
        now=clock(),
        owner=owner,
        expires=expires,
        where=str(trust),
    )
    _write(trust, made)
    disk.write_file(trust_versions.signature_of(trust), line)
    console = Console.of(ctx, quiet=quiet, debug=debug)
    console.say(f"{trust}: version {made.sequence}, sha256 ", OwnDigest(made.sha256))
    console.say(f"Signature: {trust_versions.signature_of(trust)}")


def trust_revocations(
    ctx: typer.Context,
    trust: TrustOption,
    key: Annotated[Path, typer.Option("--key", help="Your private key, or the desk's: it may sign status statements.")],
    person: Annotated[str, typer.Option("--as", help="Whose key it is, as in the trust file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    role: Annotated[str, typer.Option("--role", help="The role to sign in.")] = "status",
    hours: Annotated[
        int, typer.Option("--hours", min=1, max=24 * 366, help="For how many hours you vouch for it.")
    ] = 168,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Sign which keys of a trust file are revoked.

    Others, whose trust files do not know it, hand the list to `verify --revocations`.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import revocation_list
    from cardwright.files import disk

    known = trust_file(trust)
    named = known.named(person)
    line = revocation_list.issued(
        known, opened_key(key), person=named.name if named is not None else person, now=clock(), hours=hours, role=role
    )
    disk.write_file(output, line)
    said = revocation_list.read(line, where=str(output)).revocations
    console.say(f"{output}: {len(said.keys)} keys are revoked as of {said.issued_at}, until {said.valid_until}")


def trusted(path: Path, *, state: Path | None, pin: str | None) -> Trust:
    """The receiver's trust file, after a look at the digest they pinned and the version they have seen last."""
    from cardwright.attest import trust_versions
    from cardwright.files import disk

    trust = trust_file(path)
    if pin is not None and pin != trust.sha256:
        raise UsageError(
            f"the trust file is not the one that was pinned: it is {trust.sha256}", do="Ask its owner, out of band."
        )
    if state is None:
        return trust
    beside = trust_versions.signature_of(path)
    signature = disk.read_file(beside, what="signature") if beside.is_file() else None
    seen = disk.read_file(state, what="trust state") if state.is_file() else None
    after = trust_versions.accepted(trust, signature, seen, now=clock(), where=str(path))
    if after != seen:
        disk.write_file(state, after)
    return trust
