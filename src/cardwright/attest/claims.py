"""`claims.jsonl`: what people said, each a signed statement, one a line.

A claim names what it is about by digest (record, plan, policy, manifest) and where the ledger stood. It is believed only where
the receiver's trust file knows the key, for that role, on that day, and the key is not revoked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cardwright.attest import envelope
from cardwright.attest.keys import PrivateKey
from cardwright.attest.ledger import Head, Ledger
from cardwright.attest.trust import Trust
from cardwright.errors import IntegrityError
from cardwright.record import canonical
from cardwright.record.claim import Claim, Preregister

TYPE = "urn:cardwright:claim:{}:1"
_ADAPTER: TypeAdapter[Any] = TypeAdapter(Claim)


@dataclass(frozen=True)
class Signed:
    """A claim that was read, and what signs it."""

    claim: Claim
    sealed: envelope.Sealed
    ledger: Head
    """Where the ledger stood when it was signed."""


@dataclass(frozen=True)
class Judged:
    """A claim, and whether it is believed."""

    signed: Signed
    believed: bool
    why: str
    """Why not; empty where it is."""


def _subjects(claim: Claim) -> dict[str, str]:
    """What a claim is about, by name."""
    named = {
        "record.json": claim.record_sha256,
        "plan.lock.json": claim.plan_sha256,
        "policy": claim.policy_sha256,
        "manifest.json": getattr(claim, "manifest_sha256", None),
        "verdict.json": getattr(claim, "verdict_sha256", None),
        "claim": getattr(claim, "claim", None),
    }
    return {name: digest for name, digest in named.items() if digest is not None}


def make(claim: Claim, key: PrivateKey, head: Head) -> bytes:
    """A claim signed, as a line without its end."""
    said = canonical.plain(claim)
    said.pop("id")
    body = envelope.statement(
        TYPE.format(claim.kind), _subjects(claim), {"claim": said, "ledger": canonical.plain(head)}
    )
    return envelope.seal(body, key)


def read(data: bytes, *, where: str = "claims.jsonl") -> tuple[Signed, ...]:
    """The claims of a file; nothing is believed yet.

    Raises
    ------
    IntegrityError
        Where a line is damaged, not canonical, says one thing in its subjects and another in its claim, or stands twice.
    """
    if not data:
        return ()
    lines = data.split(b"\n")
    if lines.pop() != b"":
        raise IntegrityError("its last line is cut off", where=where, do="Take the copy that was signed.")
    found: list[Signed] = []
    for number, line in enumerate(lines):
        place = f"{where}, line {number + 1}"
        sealed = envelope.Sealed(line, where=place)
        try:
            predicate = sealed.body["predicate"]
            claim: Claim = _ADAPTER.validate_python({**predicate["claim"], "id": sealed.id})
            head = Head.model_validate(predicate["ledger"])
        except (KeyError, TypeError, ValidationError) as exc:
            raise IntegrityError("not a claim", where=place, do="The line is damaged or not ours.") from exc
        body = envelope.statement(
            TYPE.format(claim.kind), _subjects(claim), {"claim": predicate["claim"], "ledger": canonical.plain(head)}
        )
        if canonical.dumps(body) != sealed.payload:
            raise IntegrityError("its statement is not the one that its claim makes", where=place)
        if any(other.sealed.id == sealed.id for other in found):
            raise IntegrityError("the same claim stands twice", where=place)
        found.append(Signed(claim=claim, sealed=sealed, ledger=head))
    return tuple(found)


CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clocks of two machines may lie apart before what one has dated is in the future for the other."""


def ahead(at: str, now: str) -> bool:
    """Whether a moment lies in the future, further than clocks differ."""
    return datetime.fromisoformat(at) > datetime.fromisoformat(now) + CLOCKS_DIFFER


def judge(signed: Signed, trust: Trust, ledger: Ledger | None, now: str) -> Judged:
    """Whether a claim is believed: key known, signature of that key, role and day allowed, ledger not rewritten since.

    Parameters
    ----------
    now:
        The clock of whoever judges: nothing is believed that is dated in the future.
    """
    claim = signed.claim

    def no(why: str) -> Judged:
        return Judged(signed, False, why)

    person = trust.person(claim.key)
    if person is None:
        return no(f"the key {claim.key[:12]} of {claim.person} is not in the trust file")
    if not signed.sealed.signed_by(person.key):
        return no(f"the signature is not of {person.name}'s key")
    if person.name != claim.person:
        return no(f"signed as {claim.person} with the key of {person.name}")
    if claim.role not in person.roles:
        return no(f"{person.name} may not sign as {claim.role}")
    day = claim.at[:10]
    if day < person.valid_from or (person.valid_until is not None and day > person.valid_until):
        return no(f"the key of {person.name} is not valid on {day}")
    if person.revoked_on is not None:
        # Whoever has a stolen key can write any date, so a revoked key counts for nothing, whenever it says it signed.
        return no(f"the key of {person.name} was revoked on {person.revoked_on}")
    if ahead(claim.at, now):
        return no(f"it is dated in the future, {claim.at}")
    if ledger is not None and not ledger.holds(signed.ledger):
        return no("the ledger does not hold what it held when this was signed")
    if ledger is not None and isinstance(claim, Preregister) and not _before_the_run(signed, ledger):
        return no("the plan had been run when this was signed")
    return Judged(signed, True, "")


def _before_the_run(signed: Signed, ledger: Ledger) -> bool:
    """Whether the ledger tells of it ahead of the last run, and stood there when it was signed. Any date can be written."""
    places = [entry.seq for entry in ledger.entries if entry.event == "claim" and entry.digest == signed.sealed.id]
    return all(place < ledger.last_run for place in places) and signed.ledger.length <= ledger.last_run
