"""The signatures by which samples are committed, drawn and labelled: in-toto statements in DSSE, like every other signature here.

`record.drawn_sample` holds what the steps say and whether one leads to the next; the trust file says whose signature counts.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any, TypeVar

from cardwright.attest import claims, envelope, keys
from cardwright.attest.keys import PrivateKey
from cardwright.attest.trust import Trust
from cardwright.errors import IntegrityError
from cardwright.record import canonical
from cardwright.record.case import Case
from cardwright.record.claim import Claim
from cardwright.record.drawn_sample import SampleCommitment, SampleLabels, SampleNonce, SampleStatement

TYPE = "urn:cardwright:sample-{}:1"
Step = TypeVar("Step", SampleCommitment, SampleNonce, SampleLabels)


def _body(statement: SampleStatement) -> dict[str, Any]:
    about = {
        name: digest
        for name in ("rows", "outcomes", "commitment", "nonce")
        if isinstance(digest := statement.signed.get(name), str)
    }
    return envelope.statement(TYPE.format(statement.signed["kind"]), about, {"sample": statement.signed})


def fresh_nonce() -> str:
    """256 random bits, in hexadecimal."""
    return secrets.token_hex(32)


def sign(statement: Step, key: PrivateKey) -> Step:
    """The statement with its signature.

    Raises
    ------
    IntegrityError
        If it names another key.
    """
    if statement.key != keys.fingerprint(key.public_key()):
        raise IntegrityError("the statement names a key other than the one that signs it")
    payload = canonical.dumps(_body(statement))
    return statement.model_copy(update={"signature": keys.sign(key, envelope.pae(payload)).hex()})


def doubt(statement: SampleStatement, trust: Trust, now: str, dates: Iterable[str] = ()) -> str | None:
    """Why a statement is not believed; None where it is.

    Parameters
    ----------
    dates
        Moments by which somebody else has signed a record that holds it.
    """
    holder = trust.holder(statement.key)
    if holder is None:
        return f"the key {statement.key[:12]} of {statement.person} is not in the trust file"
    payload = envelope.pae(canonical.dumps(_body(statement)))
    if not statement.signature or not keys.verifies(holder.public, bytes.fromhex(statement.signature), payload):
        return f"the signature is not from {holder.person.name}'s key"
    if holder.person.name != statement.person:
        return f"signed as {statement.person} with the key of {holder.person.name}"
    barred = holder.barred(statement.role, statement.at[:10])
    if barred is not None:
        return barred
    late = claims.too_late(holder, now, dates)
    if late is not None:
        return late
    if claims.ahead(statement.at, now):
        return f"it is dated in the future, {statement.at}"
    return None


def statements_of(case: Case) -> list[SampleStatement]:
    """All statements by which samples of a case's calibrations were drawn and labelled."""
    return [
        statement
        for evaluation in case.record.evaluations
        for calibration in evaluation.calibrations
        if calibration.chain is not None
        for statement in calibration.chain.statements
    ]


def believed(
    case: Case, trust: Trust, now: str, said: Iterable[Claim] = ()
) -> tuple[dict[str, SampleStatement], tuple[str, ...]]:
    """The statements of a case that are believed, by their digest, each with its holder's id; and why the others are not.

    Parameters
    ----------
    said
        Claims that are believed: one about this record shows that the statements in it existed by then.
    """
    counted: dict[str, SampleStatement] = {}
    doubts: list[str] = []
    about = [claim for claim in said if claim.record_sha256 == case.record.sha256]
    for one in statements_of(case):
        holder = trust.holder(one.key)
        others = [claim.at for claim in about if holder is None or claim.person_id != holder.person.id]
        why = doubt(one, trust, now, others)
        if why is None and holder is not None:
            counted[one.sha256] = one.model_copy(update={"person_id": holder.person.id})
        else:
            doubts.append(f"{one.signed['kind']} by {one.person}: {why}")
    return counted, tuple(dict.fromkeys(doubts))
