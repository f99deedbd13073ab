"""What people say at the desk: a claim is prepared, shown whole, signed by their passkey, and added to the dossier.

The desk prepares and keeps. It holds no key of anybody's, so it can say nothing in a person's name; what it can do is show one
statement and have another one signed, which docs/threat-model.md tells of.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from cardwright import documents
from cardwright.attest import admissible, keys, passkeys, signing, under_review, waivers
from cardwright.attest.passkeys import Assertion, Passkey
from cardwright.attest.trust import Holder, Trust
from cardwright.attest.under_review import DossierUnderReview
from cardwright.desk import accounts, database, registry, threads
from cardwright.desk.registry import Arrival, Registry, StoredDossier
from cardwright.desk.threads import Thread
from cardwright.dossier import layout
from cardwright.errors import IntegrityError, StoreError, UsageError
from cardwright.record import canonical
from cardwright.record.claim import Attest, Claim, Countersign, SignOff, Withdraw
from cardwright.run import editions

KINDS = ("sign_off", "attest", "waive_request", "waive", "countersign", "withdraw")
"""What can be said at the desk; releases are in `releases`."""


def trust_of(desk: Registry) -> Trust:
    """The desk's trust file as it is now.

    Raises
    ------
    PolicyError
        If it is not valid.
    """
    return desk.trust


def passkey_of(desk: Registry, known: Trust, person: str) -> Holder | None:
    """The passkey with which somebody signs at this desk: the latest that the trust file pins for its origin; None if none."""
    found = next((one for one in known.people if one.id == person), None)
    pinned = [key for key in found.keys if _is_of(key.passkey, desk)] if found is not None else []
    return known.holder(pinned[-1].fingerprint) if pinned else None


def signing_passkey(desk: Registry, known: Trust, person: str) -> Holder:
    """The same, for whoever is about to sign.

    Raises
    ------
    UsageError
        If there is none.
    """
    holder = passkey_of(desk, known, person)
    if holder is None:
        raise UsageError(
            "the trust file knows no passkey of yours for this desk",
            do="Enrol one on the page Passkey, and give the request to whoever keeps the trust file.",
        )
    return holder


def discussed(desk: Registry, record: str) -> str:
    """A digest of the open threads of a record and of what was said in them: empty where none is open.

    Whoever approves or releases confirms it, so that nobody signs over a question that they have not read.
    """
    return _digest(threads.of_record(desk, record))


def _digest(found: tuple[Thread, ...]) -> str:
    open_ = [one for one in found if one.resolved_by is None]
    if not open_:
        return ""
    return canonical.sha256(
        [[one.id, one.anchor, [[c["at"], c["by"], c["text"]] for c in one.comments]] for one in open_]
    )


def _is_of(passkey: Passkey | None, desk: Registry) -> bool:
    return passkey is not None and (passkey.rp_id, passkey.origin) == (desk.settings.host, desk.settings.origin)


def prepare(
    desk: Registry, stored: StoredDossier, person: str, said: Mapping[str, str], now: str
) -> tuple[str, signing.UnsignedClaim, Holder]:
    """A claim that waits for its signature, and the secret by which the answer names it.

    Raises
    ------
    UsageError
        If it cannot be made, would count for nothing, or this person has no passkey for this desk in the trust file.
    IntegrityError
        If what is approved is not the documents that the record gives.
    """
    known = trust_of(desk)
    holder = signing_passkey(desk, known, person)
    role = said.get("role", "")
    fingerprint = keys.fingerprint(holder.public)
    admissible.signer(known, fingerprint, person, role, now)
    who = {"person": holder.person.name, "key": fingerprint, "role": role, "at": now}
    reviewed = under_review.read(stored.files, where=stored.manifest[:12])
    asked = signing.prepared(reviewed, lambda dossier, _: _claim(dossier, said, who), known, holder)
    if isinstance(asked.claim, SignOff) and asked.claim.decision == "approve":
        documents_are_the_records(stored)
    about = {
        "manifest": stored.manifest,
        "state": stored.state,
        "discussed": discussed(desk, stored.record),
        "payload": base64.b64encode(asked.payload).decode("ascii"),
        "key": fingerprint,
    }
    return accounts.begin(desk, "sign", person, asked.challenge, about, now), asked, holder


def _claim(dossier: DossierUnderReview, said: Mapping[str, str], who: dict[str, Any]) -> Claim:
    record, manifest = dossier.case.record.sha256, dossier.manifest_sha256
    text = {name: said.get(name, "").strip() or None for name in ("comment", "answers", "expires", "claim", "reason")}
    kind = said.get("kind")
    if kind == "sign_off":
        return SignOff(
            **who,
            record_sha256=record,
            manifest_sha256=manifest,
            decision=said.get("decision", ""),
            meaning=said.get("meaning", ""),
            comment=text["comment"],
            answers=dossier.claim(text["answers"]).sealed.id if text["answers"] else None,
        )
    if kind == "attest":
        return Attest(
            **who,
            record_sha256=record,
            checklist=said.get("checklist", ""),
            item=said.get("item", ""),
            answer=said.get("answer", ""),
            statement=said.get("statement", ""),
            expires=text["expires"],
        )
    if kind == "waive_request":
        return waivers.requested(
            dossier,
            who,
            said.get("requirement", ""),
            reason=text["reason"] or "",
            controls=said.get("controls", "").strip(),
            expires=text["expires"] or "",
        )
    if kind == "waive":
        return waivers.approved(dossier, who, said.get("request", "").strip())
    if kind == "countersign":
        head = under_review.common_head(dossier.chain)
        return Countersign(**who, record_sha256=record, manifest_sha256=manifest, head=head.head, length=head.length)
    if kind == "withdraw":
        target = dossier.claim(text["claim"]).sealed.id if text["claim"] else None
        return Withdraw(**who, record_sha256=record, claim=target, reason=text["reason"] or "")
    raise UsageError("nothing that can be said at a desk", do=f"One of: {', '.join(KINDS)}.")


def documents_are_the_records(stored: StoredDossier) -> None:
    """Make every document again: people read documents before they approve, and only the record tells whether one was swapped."""
    listed = {name: data for name, data in stored.files.items() if not layout.outside(name)}
    files = {**listed, layout.MANIFEST: stored.files[layout.MANIFEST]}
    try:
        made = editions.rerender(files, where=stored.manifest[:12], claims=())
    except documents.MissingPangoError as exc:
        raise IntegrityError(
            "the PDF cannot be made again here, so nobody can tell whether it was swapped",
            where=stored.manifest[:12],
            do="Install Pango where the desk runs: cardwright doctor.",
        ) from exc
    made.must_be_exact(where=stored.manifest[:12])


def complete(desk: Registry, secret: str, person: str, given: Mapping[str, Any], now: str) -> tuple[str, Arrival]:
    """Add what somebody's passkey has signed; gives the claim's id and the dossier's new state.

    Raises
    ------
    UsageError
        If the challenge was answered already, or too late.
    IntegrityError
        If the answer is no signature of that passkey over what was shown.
    StoreError
        If somebody else has signed meanwhile.
    """
    ceremony = accounts.take(desk, secret, "sign", person, now)
    about = ceremony.about
    holder = trust_of(desk).holder(about["key"])
    if holder is None or holder.person.id != person:
        raise UsageError("the trust file does not know your passkey any more", do="Ask whoever keeps it.")
    line = signing.with_passkey(base64.b64decode(about["payload"]), assertion_of(given), holder)
    stored = unchanged(desk, about)
    changes, id_ = signing.added(stored.files, line, where=stored.manifest[:12])
    arrival = registry.arrive(
        desk, {**stored.files, **changes}, by=person, now=now, after=stored.state,
        unless=lambda connection: require_no_comment(connection, stored.record, about),
    )  # fmt: skip
    return id_, arrival


def unchanged(desk: Registry, about: Mapping[str, Any]) -> StoredDossier:
    """The dossier for which something was prepared, if it is as it was then.

    Raises
    ------
    StoreError
        If somebody has signed or said something since: whoever signs now has not seen that.
    """
    stored = registry.dossier(desk, about["manifest"])
    if stored.state != about["state"]:
        raise StoreError("somebody else has signed meanwhile", do="Look at it again, and sign again.")
    with database.reading(desk.engine) as connection:
        require_no_comment(connection, stored.record, about)
    return stored


def require_no_comment(connection: sa.Connection, record: str, about: Mapping[str, Any]) -> None:
    """Refuse what was prepared before somebody said something that whoever signs has not read.

    Raises
    ------
    StoreError
        If somebody has.
    """
    if _digest(threads.read(connection, record)) != about["discussed"]:
        raise StoreError("somebody has commented meanwhile", do="Read it, and sign again.")


def assertion_of(given: Mapping[str, Any]) -> Assertion:
    """An assertion as a browser sends it.

    Raises
    ------
    UsageError
        If it is none.
    """
    try:
        parts = passkeys.AssertionParts(
            credential_id=given["id"],
            authenticator_data=given["response"]["authenticatorData"],
            client_data=given["response"]["clientDataJSON"],
            signature=given["response"]["signature"],
        )
    except (KeyError, TypeError, ValidationError) as exc:
        raise UsageError("not an answer of a passkey", do="Begin again.") from exc
    return parts.assertion


def shown(payload: bytes) -> Any:
    """What is signed, as it is shown: the statement itself."""
    return canonical.loads(payload)
