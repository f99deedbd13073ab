"""A status statement: somebody's signed word, as of a moment, on whether a release still stands.

A dossier cannot show what was cut off its end: a withdrawal, or a rejection after an approval. A status statement names the
release, and where the ledger stood; a dossier whose ledger is shorter was truncated. It proves what its issuer saw, no more: an
issuer that is not fed by the authoritative ledger cannot know of a line that never reached it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from cardwright.attest import claims, envelope
from cardwright.attest.keys import PrivateKey
from cardwright.attest.ledger import Head, Ledger
from cardwright.attest.trust import StatusDemand, Trust
from cardwright.errors import IntegrityError
from cardwright.record import canonical
from cardwright.record.base import FreeText, Identifier, Label, Sha256, Timestamp, Value

TYPE = "urn:cardwright:status:1"


class Status(Value):
    """What a status statement says."""

    schema_: Annotated[Literal["cardwright/status/1"], Field(alias="schema")] = "cardwright/status/1"
    """The format of this statement."""
    subject: Identifier
    """Name of the subject whose release it is."""
    release_sha256: Sha256
    """The release statement, by the digest of what is signed in it."""
    state: Literal["in_force", "withdrawn"]
    """Whether anybody who may has withdrawn it, as far as the issuer has seen."""
    reason: Annotated[FreeText | None, Field(exclude_if=lambda value: value is None)] = None
    """For a withdrawal: why."""
    ledger: Head
    """Where the ledger stood."""
    issued_at: Timestamp
    """As of when."""
    valid_until: Timestamp
    """How long the issuer stands by it; a receiver can ask for a fresher one."""
    person: Label
    """Who says so."""
    key: Sha256
    """Fingerprint of their key."""
    role: Identifier
    """In which role."""


@dataclass(frozen=True)
class SignedStatus:
    """A status statement that was read. Nothing is believed yet."""

    status: Status
    sealed: envelope.Sealed


def make(status: Status, key: PrivateKey) -> bytes:
    """The statement signed, as one canonical line without its end."""
    body = envelope.statement(TYPE, {"release.json": status.release_sha256}, {"status": canonical.plain(status)})
    return envelope.seal(body, key)


def read(data: bytes, *, where: str) -> SignedStatus:
    """A status statement; nothing is believed yet.

    Raises
    ------
    IntegrityError
        If it is damaged, not canonical, or names one release in its subjects and another in itself.
    """
    sealed = envelope.read(data.removesuffix(b"\n"), where=where)
    try:
        status = Status.model_validate(sealed.body["predicate"]["status"])
    except (KeyError, TypeError, ValidationError) as exc:
        raise IntegrityError("not a status statement", where=where, do="It is damaged, or not one of ours.") from exc
    body = envelope.statement(TYPE, {"release.json": status.release_sha256}, {"status": canonical.plain(status)})
    if canonical.dumps(body) != sealed.payload:
        raise IntegrityError("it names a release other than the one it is about", where=where)
    return SignedStatus(status, sealed)


def doubt(signed: SignedStatus, trust: Trust, demand: StatusDemand | None, now: str) -> str | None:
    """Why a status statement is not believed; None where it is.

    Parameters
    ----------
    demand:
        Whose statements count, and how old they may be; if nobody demands any, those of every known key count.
    now:
        The receiver's clock, never a moment that is asked about: age is counted from today.
    """
    status = signed.status
    holder = trust.holder(status.key)
    if holder is None:
        return f"the key {status.key[:12]} of {status.person} is not in the trust file"
    disowned = holder.disowns(signed.sealed)
    if disowned is not None:
        return disowned
    if holder.person.name != status.person:
        return f"signed as {status.person} with the key of {holder.person.name}"
    barred = holder.barred(status.role, status.issued_at[:10])
    if barred is not None:
        return barred
    if demand is not None and status.role != demand.issuers:
        return f"signed as {status.role}; the trust file asks for {demand.issuers}"
    # Whoever stole a key can say anything of now: no other evidence can date a statement that is about this moment.
    late = claims.too_late(holder, now, ())
    if late is not None:
        return late
    if claims.ahead(status.issued_at, now):
        return f"it is dated in the future, {status.issued_at}"
    if now > status.valid_until:
        return f"it was valid until {status.valid_until}"
    if demand is not None:
        age = datetime.fromisoformat(now) - datetime.fromisoformat(status.issued_at)
        if age > timedelta(hours=demand.max_age_hours):
            return (
                f"it is of {status.issued_at}; the trust file asks for one no older than {demand.max_age_hours} hours"
            )
    return None


def contradiction(status: Status, release_sha256: str, ledger: Ledger) -> str | None:
    """How a dossier contradicts a status statement that is believed; None where it does not."""
    if status.release_sha256 != release_sha256:
        return "it is about another release"
    if status.ledger.length > len(ledger.entries):
        return (
            f"it knows a ledger of {status.ledger.length} lines, and here are {len(ledger.entries)}: "
            "the last ones were left out"
        )
    if not ledger.holds(status.ledger):
        return "it knows another ledger: a line was rewritten"
    return None
