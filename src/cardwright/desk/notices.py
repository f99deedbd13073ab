"""Notices of what happens at the desk, by e-mail and webhook: that something did, and where it is read, never what it says.

They are made from the record of events, so nothing that happens has to know of them. Each is tried again with growing pauses, and
given up after a day of that; two processes of one desk send each once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import smtplib
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from http.client import HTTPException
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import sqlalchemy as sa

from cardwright.desk import accounts, database
from cardwright.desk.registry import Registry
from cardwright.desk.settings import MailServer, NoticeSettings, Webhook
from cardwright.record import canonical

TRIES = 10
SECONDS = 15.0
_TURN = 1_003
_AT_ONCE = 200
_CURSOR = "notices"


@dataclass(frozen=True)
class Notifier:
    """Whom to tell what, and the secrets for it, by the name of the environment variable that held them."""

    settings: NoticeSettings
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Happening:
    """An event as it is told: what, when, and about which dossier. Who did it is not told."""

    id: int
    at: str
    what: str
    manifest: str | None


def send(desk: Registry, notifier: Notifier, now: str) -> tuple[str, ...]:
    """Tell what has happened since the last time, and what could not be told before; gives what came in the way, a line each.

    Raises
    ------
    StoreError
        If the database cannot be written.
    """
    _noted(desk, notifier.settings, now)
    troubles = []
    for id_, channel, event in _due(desk, now):
        trouble = _sent(desk, notifier, channel, event)
        table = database.NOTICES
        values = {"sent_at": now} if trouble is None else {"trouble": trouble[:400]}
        with database.writing(desk.engine) as connection:
            connection.execute(table.update().where(table.c.id == id_).values(**values))
        if trouble is not None:
            troubles.append(f"{channel}: {trouble}")
    return tuple(troubles)


def _noted(desk: Registry, settings: NoticeSettings, now: str) -> None:
    """Write down what is to be told to whom. The first time nothing is: what happened before is no news."""
    events, cursors = database.EVENTS, database.CURSORS
    with database.writing(desk.engine) as connection:
        database.turn(connection, _TURN)
        last = connection.execute(sa.select(cursors.c.position).where(cursors.c.name == _CURSOR)).scalar()
        newest = connection.execute(sa.select(sa.func.max(events.c.id))).scalar() or 0
        if last is None:
            connection.execute(cursors.insert().values(name=_CURSOR, position=newest))
            return
        query = sa.select(events).where(events.c.id > last, events.c.id <= newest).order_by(events.c.id)
        rows = [
            {"event": event.id, "channel": channel, "tries": 0, "due_at": now}
            for event in connection.execute(query)
            for channel in _channels(settings, event.what)
        ]
        if rows:
            connection.execute(database.NOTICES.insert(), rows)
        connection.execute(cursors.update().where(cursors.c.name == _CURSOR).values(position=newest))


def _channels(settings: NoticeSettings, what: str) -> list[str]:
    def wanted(words: Iterable[str]) -> bool:
        return any(what == word or what.startswith(f"{word} ") for word in words)

    mails = [f"mail:{person}" for person, words in settings.people.items() if settings.mail and wanted(words.on)]
    return mails + [f"webhook:{name}" for name, hook in settings.webhooks.items() if wanted(hook.on)]


def _due(desk: Registry, now: str) -> list[tuple[int, str, Happening]]:
    """What is to be sent now; its next try is put off first, so that nobody else sends it meanwhile."""
    table, events = database.NOTICES, database.EVENTS
    with database.writing(desk.engine) as connection:
        database.turn(connection, _TURN)
        query = (
            sa.select(table, events.c.at, events.c.what, events.c.about)
            .join(events, events.c.id == table.c.event)
            .where(table.c.sent_at.is_(None), table.c.due_at <= now, table.c.tries < TRIES)
            .order_by(table.c.id)
            .limit(_AT_ONCE)
        )
        found = []
        for row in connection.execute(query).all():
            later = accounts.later(now, minutes=2 ** min(row.tries + 1, 8))
            connection.execute(
                table.update()
                .where(table.c.id == row.id)
                .values(tries=row.tries + 1, due_at=later, trouble="being sent")
            )
            about = Happening(row.event, row.at, row.what, _manifest(connection, row.about))
            found.append((int(row.id), str(row.channel), about))
    return found


def _manifest(connection: sa.Connection, about: str) -> str | None:
    """The dossier that an event is about: events name its manifest, its record or one of its states."""
    dossiers, states = database.DOSSIERS, database.STATES
    for query in (
        sa.select(dossiers.c.manifest).where(sa.or_(dossiers.c.manifest == about, dossiers.c.record == about)),
        sa.select(states.c.manifest).where(states.c.state == about),
    ):
        found = connection.execute(query.limit(1)).scalar()
        if found is not None:
            return str(found)
    return None


def _sent(desk: Registry, notifier: Notifier, channel: str, event: Happening) -> str | None:
    """Send one; why it was not sent, by its kind alone, since a server's words may hold addresses."""
    kind, _, name = channel.partition(":")
    settings = notifier.settings
    try:
        if kind == "mail" and settings.mail is not None and name in settings.people:
            _mail(desk, settings.mail, notifier.secrets, settings.people[name].address, event)
        elif kind == "webhook" and name in settings.webhooks:
            _post(desk, settings.webhooks[name], notifier.secrets, event)
        else:
            return "nobody of this name is told anything any more"
    except (smtplib.SMTPException, URLError, HTTPException, OSError, ValueError) as exc:
        return type(exc).__name__
    return None


def _link(desk: Registry, event: Happening) -> str:
    return f"{desk.settings.origin}/dossiers/{event.manifest}" if event.manifest else desk.settings.origin


def _mail(desk: Registry, server: MailServer, secrets: Mapping[str, str], address: str, event: Happening) -> None:
    message = EmailMessage(policy=SMTP.clone(max_line_length=400))  # a link is not broken in two
    message["From"], message["To"] = server.sender, address
    message["Subject"] = f"Review desk: {event.what}"
    message["Date"] = format_datetime(datetime.fromisoformat(event.at))
    message["Message-ID"] = f"<{event.id}.{hashlib.sha256(address.encode()).hexdigest()[:16]}@{desk.settings.host}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{event.what}, {event.at}\n\n{_link(desk, event)}\n")
    with smtplib.SMTP(server.host, server.port, timeout=SECONDS) as smtp:
        if server.tls:
            smtp.starttls(context=ssl.create_default_context())
        if server.user is not None:
            smtp.login(server.user, secrets[server.password_env])
        smtp.send_message(message)


def _post(desk: Registry, hook: Webhook, secrets: Mapping[str, str], event: Happening) -> None:
    """As Standard Webhooks have it: id, time and body, signed with a secret that both sides know."""
    body = canonical.dumps({
        "type": event.what, "timestamp": event.at, "data": {"manifest": event.manifest, "url": _link(desk, event)},
    })  # fmt: skip
    id_, at = f"desk-{event.id}", str(int(datetime.fromisoformat(event.at).timestamp()))
    mac = hmac.new(secrets[hook.secret_env].encode("utf-8"), f"{id_}.{at}.".encode() + body, hashlib.sha256).digest()
    headers = {
        "Content-Type": "application/json",
        "webhook-id": id_,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode('ascii')}",
    }
    request = Request(hook.url, data=body, headers=headers)  # noqa: S310  its host is one that the settings allow
    with build_opener(_WhereItIs).open(request, timeout=SECONDS) as answer:
        answer.read(1024)


class _WhereItIs(HTTPRedirectHandler):
    """A webhook is where it is: a redirect could lead to a host that nobody has allowed."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None
