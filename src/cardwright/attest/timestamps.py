"""`timestamps.jsonl`: when the ledger stood where, by an authority that has no part in any of it (RFC 3161).

What a key signed before it expired or was revoked stands only where somebody else's evidence dates it (decision 20). A timestamp
authority is such a somebody: it signs a digest and its clock. What is stamped is the last line of the ledger, so that one token
dates everything up to there, and anybody can check it with `openssl ts -verify` on that line.

A token counts if it is under the root of an authority that the receiver's trust file pins. It is validated at the receiver's own
clock, offline: an authority whose certificate has expired dates nothing any more. That needs pyHanko, the extra `pades`, and only
where a key in the trust file has an end.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from cardwright.attest import claims, pades
from cardwright.attest.ledger import Head, Ledger
from cardwright.attest.trust import TimestampAuthority, Trust
from cardwright.errors import IntegrityError, PolicyError, UsageError
from cardwright.record import canonical
from cardwright.record.base import Timestamp, Value

PURPOSE = "a timestamp of the ledger"


class StampedHead(Value):
    """One line of `timestamps.jsonl`: where the ledger stood, and the authority's token for it."""

    schema_: Annotated[Literal["cardwright/timestamp/1"], Field(alias="schema")] = "cardwright/timestamp/1"
    """The format of this line."""
    ledger: Head
    """Where the ledger stood. What is stamped is its last line, whose digest this is."""
    token: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=100_000)]
    """The token (RFC 3161, section 2.4.2) as DER, in Base64."""


@dataclass(frozen=True)
class Dated:
    """What a pinned authority says: the ledger stood there by then."""

    authority: str
    at: Timestamp
    """The latest moment that the token allows for: its time, and how far it may be off."""
    ledger: Head


def read(data: bytes, *, where: str = "timestamps.jsonl") -> tuple[StampedHead, ...]:
    """The timestamps of a file; nothing is believed yet.

    Raises
    ------
    IntegrityError
        If a line is damaged or not canonical.
    """
    return canonical.parse_lines(StampedHead, data, where=where, do="Take the copy that was signed.")


def must_be_of(stamps: Iterable[StampedHead], ledger: Ledger, *, where: str = "timestamps.jsonl") -> None:
    """Refuse timestamps of another ledger.

    Raises
    ------
    IntegrityError
        If the ledger here never stood where one of them says: lines were left out, or changed.
    """
    for stamp in stamps:
        if not ledger.holds(stamp.ledger):
            raise IntegrityError(
                f"it dates another ledger, of {stamp.ledger.length} lines", where=where, do="Ask for the whole dossier."
            )


# ---------------------------------------------------------------------------------------------------- asking


def query(head: Head) -> bytes:
    """What an authority is asked, as DER (`application/timestamp-query`): a digest, and for its certificates.

    Raises
    ------
    MissingExtraError
        If pyHanko is not installed.
    """
    pades.needed(PURPOSE)
    from asn1crypto import algos, tsp

    imprint = tsp.MessageImprint(
        {"hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}), "hashed_message": bytes.fromhex(head.head)}
    )
    asked: bytes = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "cert_req": True}).dump()
    return asked


def asked(address: str, head: Head) -> bytes:
    """A line with the token that an authority at an address gives.

    Raises
    ------
    MissingExtraError
        If pyHanko is not installed.
    UsageError
        If it gives no token.
    """
    pades.needed(PURPOSE)
    import asyncio  # takes as long to import as everything else here

    from pyhanko.sign.timestamps import HTTPTimeStamper
    from pyhanko.sign.timestamps.common_utils import TimestampRequestError

    try:
        token = asyncio.run(HTTPTimeStamper(address).async_timestamp(bytes.fromhex(head.head), "sha256"))
    except (TimestampRequestError, OSError, ValueError) as exc:
        raise UsageError("the timestamp authority gives no timestamp", do="Check its address.") from exc
    return _line(head, token.dump())


def answered(reply: bytes, ledger: Ledger, *, where: str) -> bytes:
    """A line with the token that an authority has answered (`application/timestamp-reply`) for some head of the ledger.

    Raises
    ------
    MissingExtraError
        If pyHanko is not installed.
    UsageError
        If it is not such an answer, is a refusal, or is about another ledger.
    """
    pades.needed(PURPOSE)
    from asn1crypto import tsp

    try:
        said = tsp.TimeStampResp.load(reply, strict=True)
        granted = said["status"]["status"].native in ("granted", "granted_with_mods")
        token = said["time_stamp_token"].dump() if granted else b""
        imprint = _information(token)["message_imprint"]["hashed_message"].native.hex() if granted else ""
    except (ValueError, TypeError, KeyError) as exc:
        raise UsageError("not a timestamp authority's answer", where=where, do="Give the file as it was sent.") from exc
    if not granted:
        raise UsageError(
            "the timestamp authority has refused", where=where, do="Ask the authority why, or use another one."
        )
    heads = [ledger.head_at(length) for length in range(1, len(ledger.entries) + 1)]
    head = next((head for head in heads if head.head == imprint), None)
    if head is None:
        raise UsageError("it dates something other than this ledger", where=where, do="Ask about this one: --query.")
    return _line(head, token)


def _line(head: Head, token: bytes) -> bytes:
    return canonical.dumps(StampedHead(ledger=head, token=base64.b64encode(token).decode("ascii"))) + b"\n"


def _information(token: bytes) -> Any:
    """What a token says: a TSTInfo."""
    return _signed(token)["encap_content_info"]["content"].parsed


def _signed(token: bytes) -> Any:
    from asn1crypto import cms

    content = cms.ContentInfo.load(token, strict=True)
    if content["content_type"].native != "signed_data":
        raise ValueError("not signed")
    return content["content"]


# ---------------------------------------------------------------------------------------------------- believing


def dated(stamps: Sequence[StampedHead], ledger: Ledger, trust: Trust, now: str) -> tuple[Dated, ...]:
    """What the timestamps date under a trust file; nothing if no key in it has an end, since then nothing has to be dated.

    Raises
    ------
    IntegrityError
        If a token is about something other than the line it stands on, or its signature does not hold.
    MissingExtraError
        If pyHanko is needed and not installed.
    PolicyError
        If the certificate of an authority in the trust file cannot be read.
    """
    ended = any(key.valid_until or key.revoked_on for person in trust.people for key in person.keys)
    if not (stamps and ended and trust.timestamp_authorities):
        return ()
    pades.needed(PURPOSE)
    found = (
        _by(stamp, authority, now)
        for stamp in stamps
        if ledger.holds(stamp.ledger)
        for authority in trust.timestamp_authorities
    )
    return tuple(one for one in found if one is not None)


def evidence(stamps: Sequence[StampedHead], ledger: Ledger, trust: Trust, now: str) -> tuple[claims.DatedHead, ...]:
    """The same as evidence for `claims.believe`. An authority is nobody in the trust file, so it dates everybody's claims."""
    return tuple(
        claims.DatedHead(f"timestamp authority {one.authority}", one.at, one.ledger)
        for one in dated(stamps, ledger, trust, now)
    )


def _by(stamp: StampedHead, authority: TimestampAuthority, now: str) -> Dated | None:
    """What a token dates if it is this authority's; None if it is another's, or one whose certificate has expired."""
    import asyncio

    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
    from pyhanko.sign.validation.status import TimestampSignatureStatus

    try:
        context = pades.context([authority.certificate], now)
    except ValueError as exc:
        raise PolicyError(
            f"the certificate of the timestamp authority {authority.name} cannot be read",
            where="trust file",
            do="Put in its root certificate as PEM.",
        ) from exc
    where = f"timestamps.jsonl, {stamp.ledger.length} lines"
    try:
        token = base64.b64decode(stamp.token, validate=True)
        signed, said = _signed(token), _information(token)
        status = TimestampSignatureStatus(
            **asyncio.run(
                validate_tst_signed_data(signed, context, lambda algorithm: _imprint(algorithm, stamp.ledger.head))
            )
        )
        at = (said["gen_time"].native + _accuracy(said)).astimezone(UTC)
    except (SignatureValidationError, binascii.Error, ValueError, TypeError, KeyError, AttributeError) as exc:
        raise IntegrityError("not a timestamp token", where=where, do="It is damaged, or not one of ours.") from exc
    if not (status.intact and status.valid):
        raise IntegrityError("the token does not hold for this line", where=where, do="It was changed or moved.")
    moment = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    if not status.trusted or claims.ahead(moment, now):
        return None
    return Dated(authority.name, moment, stamp.ledger)


def _imprint(algorithm: str, head: str) -> bytes:
    """The digest that a token has to be about; no other algorithm than SHA-256 is asked for."""
    return bytes.fromhex(head) if algorithm == "sha256" else b""


def _accuracy(said: Any) -> timedelta:
    """How far the token's time may be off, rounded up to a second; nothing if the authority does not say (RFC 3161, 2.4.2)."""
    accuracy = said["accuracy"].native or {}
    off = timedelta(
        seconds=accuracy.get("seconds") or 0,
        milliseconds=accuracy.get("millis") or 0,
        microseconds=accuracy.get("micros") or 0,
    )
    return timedelta(seconds=-(-off // timedelta(seconds=1)) + bool(said["gen_time"].native.microsecond))
