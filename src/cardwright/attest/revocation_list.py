"""A list of revoked keys: somebody's signed word, as of a moment, on which keys of their trust file no longer count.

A receiver has a trust file of their own. That a key was revoked afterwards stands in somebody else's, and neither a dossier nor
its release can tell of it. A list carries it over: whoever may sign status statements signs it, and `verify` then judges as if
the receiver's own trust file said so. It can only refuse: what does not hold without it does not hold with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from cardwright.attest import admissible, claims, envelope, keys
from cardwright.attest.keys import PrivateKey
from cardwright.attest.trust import STATUS, PersonKey, Trust
from cardwright.errors import IntegrityError
from cardwright.record import canonical
from cardwright.record.base import Day, FreeText, Identifier, Label, Sha256, Timestamp, Value

TYPE = "urn:cardwright:revocations:1"


class RevokedKey(Value):
    """A key that no longer counts."""

    key: Sha256
    """Its fingerprint."""
    revoked_on: Day
    """From this day on anybody may hold it: a signature counts only if somebody else's evidence dates it earlier."""
    because: Annotated[FreeText | None, Field(exclude_if=lambda value: value is None)] = None
    """Why."""


class RevocationList(Value):
    """What a list says."""

    schema_: Annotated[Literal["cardwright/revocations/1"], Field(alias="schema")] = "cardwright/revocations/1"
    """The format of this statement."""
    trust_sha256: Sha256
    """The trust file that it was taken from."""
    keys: tuple[RevokedKey, ...] = ()
    """Every key that is revoked there; empty if none is."""
    issued_at: Timestamp
    """As of when."""
    valid_until: Timestamp
    """How long the issuer stands by it."""
    person: Label
    """Who says so."""
    key: Sha256
    """Fingerprint of their key."""
    role: Identifier
    """In which role."""


@dataclass(frozen=True)
class SignedRevocations:
    """A list that was read. Nothing is believed yet."""

    revocations: RevocationList
    sealed: envelope.Sealed


def of_trust(trust: Trust) -> tuple[RevokedKey, ...]:
    """The keys that a trust file revokes, in its order."""
    return tuple(
        RevokedKey(key=key.fingerprint, revoked_on=key.revoked_on, because=key.revoked_because)
        for person in trust.people
        for key in person.keys
        if key.revoked_on is not None
    )


def issued(trust: Trust, key: PrivateKey, *, person: str, now: str, hours: int, role: str = STATUS) -> bytes:
    """A trust file's revoked keys, signed, as one canonical line without its end.

    Raises
    ------
    UsageError
        If the key may not sign in this role.
    """
    fingerprint = keys.fingerprint(key.public_key())
    holder = admissible.signer(trust, fingerprint, person, role, now)
    until = datetime.fromisoformat(now) + timedelta(hours=hours)
    said = RevocationList(
        trust_sha256=trust.sha256,
        keys=of_trust(trust),
        issued_at=now,
        valid_until=until.strftime("%Y-%m-%dT%H:%M:%SZ"),
        person=holder.person.name,
        key=fingerprint,
        role=role,
    )
    return envelope.seal(_body(said), key)


def _body(said: RevocationList) -> dict[str, object]:
    return envelope.statement(TYPE, {"trust": said.trust_sha256}, {"revocations": canonical.plain(said)})


def read(data: bytes, *, where: str) -> SignedRevocations:
    """A list; nothing is believed yet.

    Raises
    ------
    IntegrityError
        If it is damaged, or not canonical.
    """
    sealed = envelope.read(data.removesuffix(b"\n"), where=where)
    try:
        said = RevocationList.model_validate(sealed.body["predicate"]["revocations"])
    except (KeyError, TypeError, ValidationError) as exc:
        raise IntegrityError(
            "not a list of revoked keys", where=where, do="It is damaged, or not one of ours."
        ) from exc
    if canonical.dumps(_body(said)) != sealed.payload:
        raise IntegrityError("not a list of revoked keys as one is written", where=where)
    return SignedRevocations(said, sealed)


def doubt(signed: SignedRevocations, trust: Trust, now: str) -> str | None:
    """Why a list is not believed; None where it is. Only the role of status statements may sign one."""
    said = signed.revocations
    holder = trust.holder(said.key)
    if holder is None:
        return f"the key {said.key[:12]} of {said.person} is not in the trust file"
    disowned = holder.disowns(signed.sealed)
    if disowned is not None:
        return disowned
    if holder.person.name != said.person:
        return f"signed as {said.person} with the key of {holder.person.name}"
    demanded = trust.status.issuers if trust.status is not None else STATUS
    if said.role != demanded:
        return f"signed as {said.role}; only {demanded} may say which keys are revoked"
    why = holder.barred(said.role, said.issued_at[:10]) or claims.too_late(holder, now, ())
    if why is not None:
        return why
    if any(one.key == said.key for one in said.keys):
        return "it lists the key that signed it"
    if claims.ahead(said.issued_at, now):
        return f"it is dated in the future, {said.issued_at}"
    return f"it was valid until {said.valid_until}" if now > said.valid_until else None


def applied(trust: Trust, said: RevocationList) -> Trust:
    """The trust file as if it revoked these keys itself.

    A day of its own that is earlier stays, and keys that it does not know are nothing to it.
    """
    listed = {one.key: one for one in said.keys}

    def ended(key: PersonKey) -> PersonKey:
        one = listed.get(key.fingerprint)
        if one is None or (key.revoked_on is not None and key.revoked_on <= one.revoked_on):
            return key
        return key.model_copy(update={"revoked_on": one.revoked_on, "revoked_because": one.because})

    people = tuple(
        person.model_copy(update={"keys": tuple(ended(key) for key in person.keys)}) for person in trust.people
    )
    return trust.model_copy(update={"people": people})
