"""Versions of a trust file: each signed by an administrator of the version before, none older than the last one seen.

The first one reaches a receiver out of band, e.g. by its digest in a letter. From then on the receiver keeps a small state file:
whose trust file, which version, and the keys of its administrators. So whoever hands them a trust file can neither go back to one
that still believed a revoked key, nor make a next one of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from cardwright.attest import admissible, claims, envelope, keys
from cardwright.attest.trust import ADMINISTRATOR, Trust, changed, to_yaml
from cardwright.errors import IntegrityError, PolicyError
from cardwright.record import canonical
from cardwright.record.base import Count, Label, Sha256, Timestamp, Value

TYPE = "urn:cardwright:trust-version:1"


class TrustVersion(Value):
    """What an administrator signs of a trust file."""

    schema_: Annotated[Literal["cardwright/trust-version/1"], Field(alias="schema")] = "cardwright/trust-version/1"
    """The format of this statement."""
    trust_sha256: Sha256
    """The trust file."""
    owner: Label
    """Whose it is."""
    sequence: Count
    """Its number."""
    previous: Sha256 | None
    """The version before; `null` for the first."""
    signed_at: Timestamp
    """When."""
    person: Label
    """Who signs."""
    key: Sha256
    """Fingerprint of their key."""


class TrustState(Value):
    """What a receiver keeps of the last trust file they used."""

    schema_: Annotated[Literal["cardwright/trust-state/1"], Field(alias="schema")] = "cardwright/trust-state/1"
    """The format of this file."""
    owner: Label | None
    """Whose trust file."""
    sequence: Count
    """Which version."""
    sha256: Sha256
    """Its digest."""
    administrators: tuple[str, ...]
    """Public keys, as PEM, of those who may sign the next version."""


def signature_of(path: Path) -> Path:
    """Where the signature of a trust file is kept: beside it."""
    return path.with_name(f"{path.name}.sig.json")


def sign(
    trust: Trust,
    previous: Trust | None,
    key: keys.PrivateKey,
    *,
    person: str,
    now: str,
    owner: str | None,
    expires: str | None,
    where: str,
) -> tuple[Trust, bytes]:
    """A trust file as the next version, and its signature.

    Parameters
    ----------
    previous:
        The version before, whose administrator signs; None for the first, which its own administrator signs.

    Raises
    ------
    UsageError
        If the key is not an administrator's.
    PolicyError
        If nobody is named as the owner, or it would be somebody else's.
    """
    by = previous or trust
    fingerprint = keys.fingerprint(key.public_key())
    holder = admissible.signer(by, fingerprint, person, ADMINISTRATOR, now)
    chosen = owner or trust.owner or (previous.owner if previous is not None else None)
    if chosen is None:
        raise PolicyError("the trust file has no owner", where=where, do="Say whose it is: --owner.")
    if previous is not None and previous.owner not in (None, chosen):
        raise PolicyError(f"the version before is {previous.owner}'s, and this is {chosen}'s", where=where)
    made = changed(
        trust,
        where=where,
        owner=chosen,
        sequence=previous.sequence + 1 if previous is not None else 1,
        previous=previous.sha256 if previous is not None else None,
        expires=expires or trust.expires,
    )
    said = TrustVersion(
        trust_sha256=made.sha256,
        owner=chosen,
        sequence=made.sequence,
        previous=made.previous,
        signed_at=now,
        person=holder.person.name,
        key=fingerprint,
    )
    return made, envelope.seal(_statement(said), key)


def _statement(said: TrustVersion) -> dict[str, object]:
    return envelope.statement(TYPE, {"trust": said.trust_sha256}, {"trust_version": canonical.plain(said)})


def accepted(trust: Trust, signature: bytes | None, seen: bytes | None, *, now: str, where: str) -> bytes:
    """The receiver's state after this trust file: the same bytes where nothing is new.

    Parameters
    ----------
    signature:
        The signature file beside the trust file; None if there is none.
    seen:
        The receiver's state; None if they have seen none, and then this one is taken as it is.

    Raises
    ------
    PolicyError
        If it is older than the last one seen, differs from the one of the same number, is somebody else's, or is signed by nobody
        who may sign it.
    IntegrityError
        If the state or the signature is damaged.
    """
    administrators = tuple(
        key.public_key
        for person in trust.people
        if ADMINISTRATOR in person.roles
        for key in person.keys
        if key.revoked_on is None
    )
    after = TrustState(owner=trust.owner, sequence=trust.sequence, sha256=trust.sha256, administrators=administrators)
    if seen is None:
        return canonical.dumps(after)
    before = canonical.parse(TrustState, seen, where="trust state")
    if before.owner not in (None, trust.owner):
        raise PolicyError(f"it is {trust.owner}'s, and the last one seen was {before.owner}'s", where=where)
    if trust.sha256 == before.sha256:
        return seen
    if trust.sequence < before.sequence:
        raise PolicyError(
            f"it is version {trust.sequence}, and version {before.sequence} was seen: an old one still believes what was revoked",
            where=where,
            do="Ask its owner for the current one.",
        )
    if trust.sequence == before.sequence:
        raise PolicyError(
            f"it is not the version {trust.sequence} that was seen",
            where=where,
            do="A changed trust file is signed as the next version: cardwright trust sign.",
        )
    _is_signed(trust, signature, before, now, where)
    return canonical.dumps(after)


def _is_signed(trust: Trust, signature: bytes | None, before: TrustState, now: str, where: str) -> None:
    """Whether an administrator of the last version seen has signed this one. A version may be skipped where that still holds."""
    do = f"Take the versions after {before.sequence} one by one, or compare its digest with its owner, out of band."
    if signature is None:
        raise PolicyError(f"version {trust.sequence} is not signed", where=where, do=do)
    sealed = envelope.read(signature, where=f"signature of {where}")
    try:
        said = TrustVersion.model_validate(sealed.body["predicate"]["trust_version"])
    except (KeyError, TypeError, ValidationError) as exc:
        raise IntegrityError("not the signature of a trust file", where=f"signature of {where}") from exc
    if canonical.dumps(_statement(said)) != sealed.payload:
        raise IntegrityError("it is over a trust file other than the one it names", where=f"signature of {where}")
    stated = (trust.sha256, trust.owner, trust.sequence, trust.previous)
    if (said.trust_sha256, said.owner, said.sequence, said.previous) != stated:
        raise PolicyError("its signature is over another trust file", where=where, do=do)
    if trust.sequence == before.sequence + 1 and trust.previous != before.sha256:
        raise PolicyError("it does not follow the version that was seen", where=where, do=do)
    if claims.ahead(said.signed_at, now):
        raise PolicyError(f"it is signed in the future, {said.signed_at}", where=where)
    known = [keys.load_public(pem, where="trust state") for pem in before.administrators]
    if not any(sealed.signed_by(key) for key in known):
        raise PolicyError(f"nobody who administers version {before.sequence} has signed it", where=where, do=do)


# ---------------------------------------------------------------------------------------------------- showing


def shown(trust: Trust, *, today: str) -> list[str]:
    """A trust file in lines: its version and digest, people with their keys, policies."""
    lines = [
        f"{trust.owner or 'no owner'}, version {trust.sequence}, sha256 {trust.sha256}",
        f"expires {trust.expires}" + (" (it has)" if trust.expires < today else "") if trust.expires else "no expiry",
    ]
    for person in trust.people:
        lines.append(f"{person.name} ({person.id}): {', '.join(person.roles)}")
        for key in person.keys:
            until = f" until {key.valid_until}" if key.valid_until else ""
            gone = (
                f", revoked on {key.revoked_on}: {key.revoked_because or 'no reason given'}" if key.revoked_on else ""
            )
            pinned = f", passkey of {key.passkey.rp_id} at {key.passkey.origin}" if key.passkey is not None else ""
            lines.append(f"  {key.fingerprint} from {key.valid_from}{until}{gone}{pinned}")
    for policy in trust.policies:
        tiers = f", tiers {', '.join(policy.risk_tiers)}" if policy.risk_tiers else ""
        lines.append(f"policy {policy.name} {policy.sha256} for {', '.join(policy.subjects)}{tiers}")
    if trust.withdraws:
        lines.append(f"may withdraw others' claims and releases: {', '.join(trust.withdraws)}")
    if trust.status is not None:
        lines.append(
            f"asks for a status statement by {trust.status.issuers}, no older than {trust.status.max_age_hours} hours"
        )
    lines += [f"evaluators of {code.name} {code.sha256}" for code in trust.evaluators]
    for log in trust.logs:
        lines.append(
            f"log {log.name}, key {_digest(log.public_key)}, cosigned by {log.demanded} of {len(log.cosigners)}"
        )
        lines += [f"  cosigner {one.name}, key {_digest(one.public_key)}" for one in log.cosigners]
    lines += [
        f"timestamp authority {authority.name}, certificate {_digest(authority.certificate)}"
        for authority in trust.timestamp_authorities
    ]
    if trust.pdf_signatures is not None:
        wanted = trust.pdf_signatures
        asks = [
            word for word, asked in (("required", wanted.required), ("with a timestamp", wanted.timestamp)) if asked
        ]
        lines += [", ".join(["signatures of PDFs are judged", *asks])]
        lines += [f"organisations' root, certificate {_digest(root)}" for root in wanted.roots]
    return lines


def _digest(pem: str) -> str:
    """SHA-256 of the text of a key or certificate, so that one exchanged under the same name shows."""
    return canonical.digest(pem.strip().encode("utf-8"))


def difference(old: Trust, new: Trust, *, today: str) -> list[str]:
    """What differs between two trust files, in lines: `-` what was, `+` what is. Empty where they are the same."""
    if to_yaml(old) == to_yaml(new):
        return []
    before, after = shown(old, today=today), shown(new, today=today)
    return [
        *(f"- {line}" for line in before if line not in after),
        *(f"+ {line}" for line in after if line not in before),
    ]
