"""Passkeys of the desk: how somebody joins, logs in, and enrols one for signing (WebAuthn, by py_webauthn).

Logging in and signing use different credentials: a login has a random challenge, so nobody's signature can be had by it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import bytes_to_base64url, decode_credential_public_key, decoded_public_key_to_cryptography
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException

from cardwright.attest import keys, passkeys
from cardwright.attest.passkeys import PasskeyEnrolment
from cardwright.attest.trust import Person
from cardwright.desk import accounts, database, registry, reviewing
from cardwright.desk.registry import Registry
from cardwright.errors import CardwrightError, IntegrityError, UsageError
from cardwright.record import canonical

_ALGORITHMS = [COSEAlgorithmIdentifier.EDDSA, COSEAlgorithmIdentifier.ECDSA_SHA_256]


def creation(desk: Registry, challenge: bytes, person: Person, purpose: str) -> dict[str, Any]:
    """What a browser is asked to make a passkey with; each is one of its own, since logging in and signing are kept apart."""
    return {
        "challenge": bytes_to_base64url(challenge),
        "rp": {"id": desk.settings.host, "name": "Cardwright desk"},
        "user": {
            "id": bytes_to_base64url(f"{purpose}:{person.id}".encode()),
            "name": f"{person.id} ({purpose})",
            "displayName": f"{person.name} ({purpose})",
        },
        "pubKeyCredParams": [{"type": "public-key", "alg": int(one)} for one in _ALGORITHMS],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
        "timeout": 120_000,
    }


def request(desk: Registry, challenge: bytes, credential_id: str | None = None) -> dict[str, Any]:
    """What a browser is asked to sign with a passkey: a certain one, or whichever the person has here."""
    allowed = [{"type": "public-key", "id": credential_id}] if credential_id is not None else []
    return {
        "challenge": bytes_to_base64url(challenge),
        "rpId": desk.settings.host,
        "allowCredentials": allowed,
        "userVerification": "required",
        "timeout": 120_000,
    }


def person_of(desk: Registry, id: str) -> Person:
    """Somebody of the trust file.

    Raises
    ------
    UsageError
        If it does not know them.
    """
    found = next((one for one in reviewing.trust_of(desk).people if one.id == id), None)
    if found is None:
        raise UsageError(
            f'the trust file knows nobody by the id "{id}"', do="People of a desk are those of its trust file."
        )
    return found


# ---------------------------------------------------------------------------------------------------- joining, logging in


def begin_joining(desk: Registry, invitation: str, now: str) -> tuple[str, dict[str, Any]]:
    """The first step of an invited person: a challenge, and what their browser is asked."""
    person = person_of(desk, accounts.invited(desk, invitation, now))
    challenge = secrets.token_bytes(32)
    return accounts.begin(desk, "join", person.id, challenge, {}, now), creation(desk, challenge, person, "log in")


def join(desk: Registry, invitation: str, secret: str, given: Mapping[str, Any], now: str) -> str:
    """The second step: the passkey that they will log in with is kept; gives the person.

    Raises
    ------
    IntegrityError
        If the answer is not that of a passkey of this desk, with its holder verified.
    """
    person = accounts.invited(desk, invitation, now)
    ceremony = accounts.take(desk, secret, "join", person, now)
    made = _registered(desk, given, ceremony.challenge)
    return accounts.join(
        desk, invitation, bytes_to_base64url(made.credential_id), made.credential_public_key, made.sign_count, now
    )


def begin_login(desk: Registry, now: str) -> tuple[str, dict[str, Any]]:
    """A random challenge for whoever wants to log in. It names nobody, so nobody learns who has an account."""
    challenge = secrets.token_bytes(32)
    return accounts.begin(desk, "login", "", challenge, {}, now), request(desk, challenge)


def log_in(desk: Registry, secret: str, given: Mapping[str, Any], now: str) -> str:
    """Check the answer; gives the secret of the session.

    Raises
    ------
    IntegrityError
        If it is no signature of a passkey that logs in here.
    """
    ceremony = accounts.take(desk, secret, "login", "", now)
    try:
        person, public_key, _ = accounts.credential(desk, str(given.get("id", "")))
        checked = verify_authentication_response(
            credential=dict(given),
            expected_challenge=ceremony.challenge,
            expected_rp_id=desk.settings.host,
            expected_origin=desk.settings.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,  # a counter raises an alarm, and locks nobody out
            require_user_verification=True,
        )
        person_of(desk, person)
    except (WebAuthnException, CardwrightError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise IntegrityError("this passkey does not log in here", do="Use the one of your invitation.") from exc
    return accounts.log_in(desk, str(given["id"]), person, checked.new_sign_count, now)


def _registered(desk: Registry, given: Mapping[str, Any], challenge: bytes) -> Any:
    try:
        return verify_registration_response(
            credential=dict(given),
            expected_challenge=challenge,
            expected_rp_id=desk.settings.host,
            expected_origin=desk.settings.origin,
            require_user_verification=True,
            supported_pub_key_algs=_ALGORITHMS,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise IntegrityError("not a passkey made at this desk, with its holder verified", do="Begin again.") from exc


# ---------------------------------------------------------------------------------------------------- enrolling


def begin_enrolment(desk: Registry, person: str, now: str) -> tuple[str, dict[str, Any]]:
    """The first step of enrolling a passkey for signing: it is made."""
    challenge = secrets.token_bytes(32)
    asked = creation(desk, challenge, person_of(desk, person), "sign")
    return accounts.begin(desk, "enrol", person, challenge, {}, now), asked


def ask_for_enrolment(
    desk: Registry, person: str, secret: str, given: Mapping[str, Any], now: str
) -> tuple[str, dict[str, Any]]:
    """The second step: the new passkey is asked to sign the request that its holder be enrolled.

    Raises
    ------
    IntegrityError
        If the answer is not that of a passkey of this desk.
    """
    ceremony = accounts.take(desk, secret, "enrol", person, now)
    made = _registered(desk, given, ceremony.challenge)
    holder = person_of(desk, person)
    public = decoded_public_key_to_cryptography(decode_credential_public_key(made.credential_public_key))
    id_ = bytes_to_base64url(made.credential_id)
    asked = {
        "person": holder.name,
        "id": holder.id,
        "roles": [*holder.roles],
        "made": now,
        "public_key": keys.public_pem(public),  # type: ignore[arg-type]  # of the two algorithms that are asked for
        "passkey": {"credential_id": id_, "rp_id": desk.settings.host, "origin": desk.settings.origin},
    }
    challenge = passkeys.enrolment_challenge(asked)
    return accounts.begin(desk, "prove", person, challenge, asked, now), request(desk, challenge, id_)


def enrolled(desk: Registry, person: str, secret: str, given: Mapping[str, Any], now: str) -> str:
    """The third step: the request, signed, is kept until an administrator fetches it; gives the key's fingerprint.

    Raises
    ------
    IntegrityError
        If the proof does not hold.
    """
    ceremony = accounts.take(desk, secret, "prove", person, now)
    answer = reviewing.assertion_of(given)
    proof = {
        "credential_id": answer.credential_id,
        "authenticator_data": passkeys.to_base64url(answer.authenticator_data),
        "client_data": passkeys.to_base64url(answer.client_data),
        "signature": passkeys.to_base64url(answer.signature),
    }
    try:
        made = PasskeyEnrolment.model_validate({**ceremony.about, "proof": proof})
    except ValidationError as exc:
        raise IntegrityError("not a request that can be enrolled", do="Begin again.") from exc
    fingerprint = keys.fingerprint(passkeys.check_enrolment(made, where="request"))
    table = database.ENROLMENTS
    with database.writing(desk.engine) as connection:
        if connection.execute(sa.select(table).where(table.c.fingerprint == fingerprint)).first() is not None:
            raise UsageError("this passkey was asked for already", do="Make another one.")
        connection.execute(
            table.insert().values(
                fingerprint=fingerprint, person=person, request=canonical.dumps(made).decode("utf-8"), made_at=now
            )
        )
        registry.tell(connection, now, person, "asked to enrol", fingerprint)
    return fingerprint


def enrolments(desk: Registry, person: str) -> tuple[Mapping[str, Any], ...]:
    """Somebody's requests, each with the fingerprint that they tell the administrator."""
    table = database.ENROLMENTS
    with database.reading(desk.engine) as connection:
        found = connection.execute(sa.select(table).where(table.c.person == person).order_by(table.c.made_at)).all()
    return tuple(dict(row._mapping) for row in found)
