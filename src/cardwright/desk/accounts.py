"""Who may come in: invitations, sessions and tokens. Of every secret the database holds the digest alone.

People are those of the trust file, by id. It says what they may sign; an account lets them read and comment, and gives no right
beyond that.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from cardwright.desk import database, registry
from cardwright.desk.registry import Registry
from cardwright.documents.interface import Audience
from cardwright.errors import NothingToCheckError, UsageError

SCOPES = ("push", "read", "decisions", "metrics")
"""What a token may be for."""
_BREADTH = ("public", "downstream", "regulator", "internal")
"""Audiences, the narrowest first."""
SESSION_HOURS, INVITATION_HOURS, CEREMONY_MINUTES = 10, 72, 5


@dataclass(frozen=True)
class Session:
    """Somebody who is logged in."""

    person: str
    csrf: str
    """What every form of theirs has to hold."""
    audience: Audience = "internal"
    """What they may open."""


@dataclass(frozen=True)
class Ceremony:
    """A challenge that was answered in time, once."""

    person: str
    challenge: bytes
    about: Any


def later(now: str, **span: int) -> str:
    """A moment some time after another.

    >>> later("2026-11-23T12:00:00Z", hours=1)
    '2026-11-23T13:00:00Z'
    """
    return (datetime.fromisoformat(now) + timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8")).hexdigest()


def _secret() -> str:
    return secrets.token_urlsafe(32)


# ---------------------------------------------------------------------------------------------------- invitations


def invite(desk: Registry, person: str, now: str, *, audience: Audience = "internal") -> str:
    """A secret with which somebody makes their account, once.

    Parameters
    ----------
    audience:
        What they may open. Somebody who has an account belongs to a broader one once they have used the invitation, and to a
        narrower one at once: nobody goes on reading by leaving an invitation unused. Earlier invitations to broader ones end.
    """
    secret = _secret()
    broader = _BREADTH[_BREADTH.index(audience) + 1 :]
    with database.writing(desk.engine) as connection:
        for table in (database.INVITATIONS, database.ACCOUNTS):
            theirs = sa.and_(table.c.person == person, table.c.audience.in_(broader))
            if table is database.INVITATIONS:
                connection.execute(table.delete().where(theirs))
            else:
                connection.execute(table.update().where(theirs).values(audience=audience))
        connection.execute(
            database.INVITATIONS.insert().values(
                secret=_digest(secret),
                person=person,
                expires_at=later(now, hours=INVITATION_HOURS),
                audience=audience,
            )
        )
        registry.tell(connection, now, "operator", f"invited ({audience})", person)
    return secret


def forget(desk: Registry, person: str, now: str) -> int:
    """End somebody's sessions and forget the passkeys that they log in with: for one that was lost. Gives how many there were.

    Their invitations that nobody has used end, too. What they signed stays, and what they may sign the trust file says.
    """
    with database.writing(desk.engine) as connection:
        for table in (database.SESSIONS, database.INVITATIONS):
            connection.execute(table.delete().where(table.c.person == person))
        gone = connection.execute(database.CREDENTIALS.delete().where(database.CREDENTIALS.c.person == person)).rowcount
        registry.tell(connection, now, "operator", "passkeys forgotten", person)
    return int(gone)


def invited(desk: Registry, secret: str, now: str) -> str:
    """Whom an invitation is for.

    Raises
    ------
    NothingToCheckError
        If it is none, was used, or has expired.
    """
    table = database.INVITATIONS
    with database.reading(desk.engine) as connection:
        found = connection.execute(sa.select(table).where(table.c.secret == _digest(secret))).first()
    if found is None or found.expires_at < now:
        raise NothingToCheckError("this invitation does not hold any more", do="Ask for another one.")
    return str(found.person)


def join(desk: Registry, secret: str, credential: str, public_key: bytes, counter: int, now: str) -> str:
    """Use an invitation: keep the credential that its person will log in with; gives the person.

    Raises
    ------
    NothingToCheckError
        If the invitation does not hold any more.
    UsageError
        If somebody logs in with that passkey already.
    """
    table, taken = database.INVITATIONS, database.CREDENTIALS
    with database.writing(desk.engine) as connection:
        if connection.execute(sa.select(taken).where(taken.c.credential == credential)).first() is not None:
            raise UsageError("this passkey logs somebody in already", do="Make another one.")
        found = connection.execute(sa.select(table).where(table.c.secret == _digest(secret)).with_for_update()).first()
        if found is None or found.expires_at < now:
            raise NothingToCheckError("this invitation does not hold any more", do="Ask for another one.")
        connection.execute(table.delete().where(table.c.secret == found.secret))
        accounts = database.ACCOUNTS
        if connection.execute(sa.select(accounts).where(accounts.c.person == found.person)).first() is None:
            connection.execute(accounts.insert().values(person=found.person, created_at=now, audience=found.audience))
        else:
            connection.execute(
                accounts.update().where(accounts.c.person == found.person).values(audience=found.audience)
            )
        connection.execute(
            database.CREDENTIALS.insert().values(
                credential=credential, person=found.person, public_key=public_key, counter=counter
            )
        )
        registry.tell(connection, now, found.person, "joined", found.person)
    return str(found.person)


def credential(desk: Registry, id: str) -> tuple[str, bytes, int]:
    """Whose a login credential is, its public key (COSE) and its counter.

    Raises
    ------
    NothingToCheckError
        If nobody's.
    """
    table = database.CREDENTIALS
    with database.reading(desk.engine) as connection:
        found = connection.execute(sa.select(table).where(table.c.credential == id)).first()
    if found is None:
        raise NothingToCheckError("nobody logs in with this passkey here", do="Use the one of your invitation.")
    return str(found.person), bytes(found.public_key), int(found.counter)


# ---------------------------------------------------------------------------------------------------- sessions


def log_in(desk: Registry, credential: str, person: str, counter: int, now: str) -> str:
    """Begin a session; gives the secret that the cookie holds."""
    table = database.CREDENTIALS
    with database.writing(desk.engine) as connection:
        before = connection.execute(sa.select(table.c.counter).where(table.c.credential == credential)).scalar_one()
        if counter and counter <= before:  # an alarm and no more: passkeys that are synchronised do not count
            registry.tell(connection, now, person, "counter went back", credential[:40])
        connection.execute(table.update().where(table.c.credential == credential).values(counter=max(counter, before)))
        return _session_begun(connection, person, now)


def enter(desk: Registry, person: str, now: str) -> str:
    """Begin a session of somebody whom a provider has let in, and make their account if they have none; gives the secret."""
    accounts = database.ACCOUNTS
    with database.writing(desk.engine) as connection:
        if connection.execute(sa.select(accounts).where(accounts.c.person == person)).first() is None:
            # Somebody who was invited as a reader from outside is no insider because a provider knows them, too.
            waiting = sa.select(database.INVITATIONS.c.audience).where(database.INVITATIONS.c.person == person)
            # Of several invitations none has been used, so the narrowest counts: a later one may have corrected another.
            audience = min(connection.execute(waiting).scalars(), key=_BREADTH.index, default="internal")
            connection.execute(accounts.insert().values(person=person, created_at=now, audience=audience))
            registry.tell(connection, now, person, "joined", person)
        return _session_begun(connection, person, now)


def _session_begun(connection: sa.Connection, person: str, now: str) -> str:
    secret = _secret()
    connection.execute(database.SESSIONS.delete().where(database.SESSIONS.c.expires_at < now))
    connection.execute(
        database.SESSIONS.insert().values(
            secret=_digest(secret),
            person=person,
            csrf=secrets.token_hex(32),
            expires_at=later(now, hours=SESSION_HOURS),
        )
    )
    registry.tell(connection, now, person, "logged in", person)
    return secret


def session(desk: Registry, secret: str, now: str) -> Session | None:
    """The session of a cookie; None if there is none, or it is over."""
    table, accounts = database.SESSIONS, database.ACCOUNTS
    query = sa.select(table, accounts.c.audience).join(accounts, accounts.c.person == table.c.person)
    with database.reading(desk.engine) as connection:
        found = connection.execute(query.where(table.c.secret == _digest(secret))).first()
    if found is None or found.expires_at < now:
        return None
    return Session(str(found.person), str(found.csrf), found.audience)


def log_out(desk: Registry, secret: str) -> None:
    """End a session."""
    with database.writing(desk.engine) as connection:
        connection.execute(database.SESSIONS.delete().where(database.SESSIONS.c.secret == _digest(secret)))


def same(given: str, expected: str) -> bool:
    """Whether two secrets are the same, told in the same time whether they are or not."""
    return hmac.compare_digest(given.encode("utf-8"), expected.encode("utf-8"))


# ---------------------------------------------------------------------------------------------------- ceremonies


def begin(desk: Registry, purpose: str, person: str, challenge: bytes, about: Any, now: str) -> str:
    """Keep a challenge until it is answered; gives the secret by which the answer names it."""
    secret = _secret()
    with database.writing(desk.engine) as connection:
        table = database.CEREMONIES
        connection.execute(table.delete().where(table.c.expires_at < now))
        connection.execute(
            table.insert().values(
                secret=_digest(secret),
                purpose=purpose,
                person=person,
                challenge=challenge,
                about=about,
                expires_at=later(now, minutes=CEREMONY_MINUTES),
            )
        )
    return secret


def take(desk: Registry, secret: str, purpose: str, person: str, now: str) -> Ceremony:
    """Take a challenge that is answered: nobody can answer it again.

    Raises
    ------
    UsageError
        If it was answered already, has expired, or was somebody else's or for something else.
    """
    table = database.CEREMONIES
    with database.writing(desk.engine) as connection:
        found = connection.execute(sa.select(table).where(table.c.secret == _digest(secret)).with_for_update()).first()
        if found is not None:
            connection.execute(table.delete().where(table.c.secret == found.secret))
    if found is None or found.expires_at < now or (found.purpose, found.person) != (purpose, person):
        raise UsageError("this was answered already, or too late", do="Begin again.")
    return Ceremony(str(found.person), bytes(found.challenge), found.about)


# ---------------------------------------------------------------------------------------------------- tokens


def make_token(desk: Registry, name: str, scopes: tuple[str, ...], now: str, *, days: int) -> str:
    """A token for a program; gives the secret, which is shown once.

    Raises
    ------
    UsageError
        If a scope is none, none is named, or the name is taken.
    """
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise UsageError(f"not a scope: {', '.join(unknown) or 'none was named'}", do=f"Scopes: {', '.join(SCOPES)}.")
    secret = _secret()
    table = database.TOKENS
    with database.writing(desk.engine) as connection:
        if connection.execute(sa.select(table).where(table.c.name == name)).first() is not None:
            raise UsageError(f'there is a token "{name}" already', do="Revoke it first: desk token --revoke.")
        expires = later(now, days=days)
        connection.execute(
            table.insert().values(secret=_digest(secret), name=name, scopes=[*scopes], expires_at=expires)
        )
        registry.tell(connection, now, "operator", "made token", name)
    return secret


def revoke_token(desk: Registry, name: str, now: str) -> None:
    """End a token.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    table = database.TOKENS
    with database.writing(desk.engine) as connection:
        if connection.execute(table.delete().where(table.c.name == name)).rowcount != 1:
            raise UsageError(f'there is no token "{name}"', do="Tokens are named when they are made.")
        registry.tell(connection, now, "operator", "revoked token", name)


def token(desk: Registry, secret: str, scope: str, now: str) -> str | None:
    """The name of a token that may be used for something; None if it may not."""
    table = database.TOKENS
    with database.reading(desk.engine) as connection:
        found = connection.execute(sa.select(table).where(table.c.secret == _digest(secret))).first()
    if found is None or found.expires_at < now or scope not in found.scopes:
        return None
    return str(found.name)
