"""`claims.jsonl`: what people said, each a signed statement, one a line.

A claim names what it is about by digest (record, plan, policy, manifest) and where the ledger stood. It is believed only where
the receiver's trust file knows the key, for that role, on that day.

A clock of one's own proves nothing. While a key is good, its date is taken as stated; once it has expired or was revoked,
anybody may hold it and write any date, and a claim counts only if somebody else's evidence shows that it existed before then: a
later claim, a release statement or a status statement of another person, whose ledger head covers it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cardwright.attest import envelope
from cardwright.attest.keys import PrivateKey
from cardwright.attest.ledger import Head, Ledger
from cardwright.attest.trust import Holder, Trust
from cardwright.errors import IntegrityError
from cardwright.record import canonical
from cardwright.record.claim import Claim, Preregister, SignOff, Withdraw

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
    settled: bool = False
    """Not believed, and taken back by the holder of its key: it counts for nothing, and against nobody."""


@dataclass(frozen=True)
class DatedHead:
    """Somebody's word that the ledger stood at a head at a moment: every line up to there existed by then."""

    person: str
    """Id of whoever says so: nobody dates their own claims."""
    at: str
    """The moment, as their clock says."""
    ledger: Head


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
    return envelope.seal(statement(claim, head), key)


def statement(claim: Claim, head: Head) -> dict[str, Any]:
    """What is signed of a claim: itself, what it is about, and where the ledger stands."""
    said = canonical.plain(claim)
    said.pop("id")
    return envelope.statement(
        TYPE.format(claim.kind), _subjects(claim), {"claim": said, "ledger": canonical.plain(head)}
    )


def read(data: bytes, *, where: str = "claims.jsonl") -> tuple[Signed, ...]:
    """The claims of a file; nothing is believed yet.

    Raises
    ------
    IntegrityError
        If a line is damaged, not canonical, says one thing in its subjects and another in its claim, or occurs twice.
    """
    claims: list[Signed] = []
    ids: set[str] = set()
    for number, line in enumerate(canonical.lines(data, where=where, do="Take the copy that was signed."), start=1):
        place = f"{where}, line {number}"
        sealed = envelope.read(line, where=place)
        try:
            predicate = sealed.body["predicate"]
            # Who holds a key, only the receiver's trust file says: an id inside a claim would be the signer's own word.
            if "person_id" in predicate["claim"]:
                raise ValueError("an id is never signed")
            claim: Claim = _ADAPTER.validate_python({**predicate["claim"], "id": sealed.id})
            head = Head.model_validate(predicate["ledger"])
        except (KeyError, TypeError, ValueError, ValidationError) as exc:
            raise IntegrityError("not a claim", where=place, do="The line is damaged, or not one of ours.") from exc
        body = envelope.statement(
            TYPE.format(claim.kind), _subjects(claim), {"claim": predicate["claim"], "ledger": canonical.plain(head)}
        )
        if canonical.dumps(body) != sealed.payload:
            raise IntegrityError("its statement is not the one that its claim makes", where=place)
        if sealed.id in ids:
            raise IntegrityError("the same claim occurs twice", where=place)
        ids.add(sealed.id)
        claims.append(Signed(claim=claim, sealed=sealed, ledger=head))
    return tuple(claims)


CLOCKS_DIFFER = timedelta(minutes=5)
"""How far apart the clocks of two machines may be before what one has dated is in the future for the other."""


def ahead(at: str, now: str) -> bool:
    """Whether a moment lies in the future, further than clocks differ."""
    return datetime.fromisoformat(at) > datetime.fromisoformat(now) + CLOCKS_DIFFER


# ---------------------------------------------------------------------------------------------------- believing


def believe(
    signed: Sequence[Signed],
    trust: Trust,
    ledger: Ledger | None,
    now: str,
    *,
    releaser: str | None = None,
    evidence: Iterable[DatedHead] = (),
) -> tuple[Judged, ...]:
    """Which claims are believed, each with its holder's id; and why the others are not.

    Parameters
    ----------
    now:
        The clock of whoever judges: nothing is believed that is dated in the future.
    releaser:
        Id of the person whose release statement holds, if there is one: they may withdraw their release.
    evidence:
        What dates the ledger besides the claims themselves: a release statement, a status statement.
    """
    holders = trust.holders()
    flaws = [_flaw(one, holders, ledger, now) for one in signed]
    sound = {n: holders[one.claim.key] for n, one in enumerate(signed) if flaws[n] is None}
    undated = _undated(signed, sound, ledger, now, evidence)
    authority = _Authority(signed, {n: holder for n, holder in sound.items() if n not in undated}, trust, releaser)
    why = [flaws[n] or undated.get(n) or authority.lacking(n) or "" for n in range(len(signed))]
    taken_back = {
        (one.claim.claim, one.claim.key)
        for n, one in enumerate(signed)
        if isinstance(one.claim, Withdraw) and not why[n]
    }
    return tuple(
        Judged(replace(one, claim=one.claim.model_copy(update={"person_id": sound[n].person.id})), True, "")
        if not why[n]
        else Judged(one, False, why[n], settled=(one.sealed.id, one.claim.key) in taken_back)
        for n, one in enumerate(signed)
    )


def _flaw(signed: Signed, holders: dict[str, Holder], ledger: Ledger | None, now: str) -> str | None:
    """What is wrong with a claim by itself: key, signature, name, role, day, ledger."""
    # In this order: until the signature holds, the name, role and day in a claim are anybody's words.
    claim = signed.claim
    holder = holders.get(claim.key)
    if holder is None:
        return f"the key {claim.key[:12]} of {claim.person} is not in the trust file"
    name = holder.person.name
    disowned = holder.disowns(signed.sealed)
    if disowned is not None:
        return disowned
    if name != claim.person:
        return f"signed as {claim.person} with the key of {name}"
    barred = holder.barred(claim.role, claim.at[:10])
    if barred is not None:
        return barred
    if holder.practice and not _only_closes(claim):
        return f"the passkey of {name} is of localhost, which every machine is: it is for practice and approves nothing"
    if ahead(claim.at, now):
        return f"it is dated in the future, {claim.at}"
    if ledger is not None and not ledger.holds(signed.ledger):
        return "the ledger does not hold what it held when this was signed"
    agrees = isinstance(claim, Preregister) and claim.meaning == "review"
    if agrees and ledger is not None and not _before_the_run(signed, ledger):
        return "the plan had been run when this was signed"
    return None


def _only_closes(claim: Claim) -> bool:
    """Whether a claim can only stand in the way of a release: no doubt about who said so opens anything."""
    refuses = isinstance(claim, SignOff) and claim.decision != "approve"
    return refuses or (isinstance(claim, Withdraw) and claim.claim is None)


def _before_the_run(signed: Signed, ledger: Ledger) -> bool:
    """Whether the ledger tells of it ahead of the last run, and stood there when it was signed. Any date can be written."""
    places = [entry.seq for entry in ledger.entries if entry.event == "claim" and entry.digest == signed.sealed.id]
    return all(place < ledger.last_run for place in places) and signed.ledger.length <= ledger.last_run


def too_late(holder: Holder, now: str, dates: Iterable[str]) -> str | None:
    """Why a signature of this key does not count any more; None where it does.

    Parameters
    ----------
    dates:
        Moments by which somebody else's evidence shows that it existed.
    """
    key, name = holder.key, holder.person.name
    days = [at[:10] for at in dates]
    # `revoked_on` is the first day on which a key no longer counts, `valid_until` the last on which it does: hence < and <=.
    if key.revoked_on is not None and not any(day < key.revoked_on for day in days):
        return f"the key of {name} was revoked on {key.revoked_on}, and nobody else's evidence dates this before then"
    if key.valid_until is not None and now[:10] > key.valid_until and not any(day <= key.valid_until for day in days):
        return f"the key of {name} expired on {key.valid_until}, and nobody else's evidence dates this before then"
    return None


def _undated(
    signed: Sequence[Signed],
    sound: dict[int, Holder],
    ledger: Ledger | None,
    now: str,
    evidence: Iterable[DatedHead],
) -> dict[int, str]:
    """Claims of keys that have expired or were revoked, and that nobody else's evidence dates before then.

    What is believed dates what lies before it, and so can make an older claim believed in turn; hence the rounds.
    """
    places = (
        {entry.digest: entry.seq for entry in ledger.entries if entry.event == "claim"} if ledger is not None else {}
    )
    dated = [one for one in evidence if ledger is None or ledger.holds(one.ledger)]
    waiting = dict(sound)
    # Each round believes at least one more claim or ends, so there are at most as many rounds as claims.
    while True:
        reasons: dict[int, str] = {}
        for n, holder in waiting.items():
            place = places.get(signed[n].sealed.id)
            others = [
                e.at for e in dated if e.person != holder.person.id and place is not None and place < e.ledger.length
            ]
            reason = too_late(holder, now, others)
            if reason is not None:
                reasons[n] = reason
        fresh = [n for n in waiting if n not in reasons]
        if not fresh:
            return reasons
        dated += [DatedHead(waiting[n].person.id, signed[n].claim.at, signed[n].ledger) for n in fresh]
        waiting = {n: waiting[n] for n in reasons}


@dataclass(frozen=True)
class _Authority:
    """Who may withdraw what."""

    signed: Sequence[Signed]
    sound: dict[int, Holder]
    trust: Trust
    releaser: str | None

    def lacking(self, n: int) -> str | None:
        """Why a withdrawal counts for nothing; None where it counts, and for every other claim."""
        claim = self.signed[n].claim
        if not isinstance(claim, Withdraw) or n not in self.sound:
            return None
        at = next((m for m, one in enumerate(self.signed) if one.sealed.id == claim.claim), None)
        target = self.signed[at].claim if at is not None else None
        return may_withdraw(
            claim, self.sound[n].person.id, target, self.trust, self.releaser, believed=at in self.sound
        )


def may_withdraw(
    claim: Withdraw, person_id: str, target: Claim | None, trust: Trust, releaser: str | None, *, believed: bool
) -> str | None:
    """Why somebody may not withdraw something; None where they may.

    A claim is its claimant's, known by the key, or of a role that the trust file lists under `withdraws`. A rejection is lifted
    by its own role alone, since a role that could lift it could overrule whoever it was set beside. A release is its releaser's.

    Parameters
    ----------
    target:
        The claim that is withdrawn; None if it is not here, or if the release is withdrawn.
    believed:
        Whether it counts: what counts for nothing may be cleared away by the holder of its key.
    """
    trusted = claim.role in trust.withdraws
    if claim.claim is None:
        if trusted or (releaser is not None and releaser == person_id):
            return None
        return f"{claim.person} ({claim.role}) may not withdraw a release: its releaser may" + _or_roles(trust)
    if target is None:
        return f"{claim.person} withdraws a claim that is not here"
    if isinstance(target, Withdraw):
        return "a withdrawal is not withdrawn; what was withdrawn is said again"
    holder = trust.holder(target.key)
    own = claim.key == target.key or (holder is not None and holder.person.id == person_id)
    if isinstance(target, SignOff) and target.decision != "approve" and believed:
        if claim.role == target.role:
            return None
        return (
            f"a decision of the role {target.role} is lifted by that role alone, not by {claim.person} ({claim.role})"
        )
    if own or trusted:
        return None
    return f"{claim.person} ({claim.role}) may not withdraw what {target.person} said: whoever said it may" + _or_roles(
        trust
    )


def _or_roles(trust: Trust) -> str:
    return f", or {' or '.join(trust.withdraws)}" if trust.withdraws else ""
