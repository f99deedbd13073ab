"""What a desk is started with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from cardwright.errors import UsageError
from cardwright.policy.policy import Policy
from cardwright.record.base import Count, Flag, Identifier, Label, Value

MEGABYTE = 2**20
_ADDRESS = r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,253}$"


_Days = Annotated[Count | None, Field(ge=1)]


class RetentionRules(Value):
    """For how many days records of each type are kept; those of a type that is left out are kept for good."""

    schema_: Annotated[Literal["cardwright/retention/1"], Field(alias="schema")] = "cardwright/retention/1"
    """The format of this file."""
    events: _Days = None
    """Who did and read what, from when it happened."""
    quarantine: _Days = None
    """What was kept apart, from when it arrived."""
    comments: _Days = None
    """Threads that are resolved, from when they were."""
    dossiers: _Days = None
    """Dossiers that were withdrawn or superseded or have expired, from their last state, with everything said of them here."""


class OidcSettings(Value):
    """An OpenID Connect provider by which people log in, and who they are here."""

    schema_: Annotated[Literal["cardwright/desk-oidc/1"], Field(alias="schema")] = "cardwright/desk-oidc/1"
    """The format of this file."""
    name: Label
    """What the button says, e.g. the organisation's directory."""
    issuer: Annotated[str, Field(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?$")]
    """The provider's issuer, exactly as it names itself; with TLS, but on this machine."""
    client_id: Annotated[str, Field(min_length=1, max_length=400)]
    """The desk's id at the provider; its secret is in CARDWRIGHT_OIDC_SECRET."""
    scope: Annotated[str, Field(pattern=r"^openid( [a-z_.:/-]+)*$")] = "openid"
    """What is asked for; with `claim: email`, `openid email`."""
    claim: Identifier = "sub"
    """The claim that says who somebody is; of `email` only a verified one counts."""
    people: Annotated[Mapping[str, Identifier], Field(min_length=1)]
    """Ids of the trust file, by the value of that claim."""

    @model_validator(mode="after")
    def _reached_safely(self) -> Self:
        parts = urlsplit(self.issuer)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
            raise ValueError("a provider is reached by https, so that nobody in between says who somebody is")
        return self


class MailServer(Value):
    """Where e-mail is handed in."""

    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,253}$")]
    """The server."""
    port: Annotated[Count, Field(ge=1, le=65535)] = 587
    """Its port."""
    tls: Flag = True
    """Whether the connection turns to TLS (STARTTLS) before anything is said; without it, only on this machine."""
    sender: Annotated[str, Field(pattern=_ADDRESS)]
    """The address that notices come from."""
    user: Annotated[str | None, Field(max_length=200)] = None
    """Whom the server knows the desk as, if it asks."""
    password_env: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,79}$")] = "CARDWRIGHT_SMTP_PASSWORD"  # noqa: S105  a variable's name
    """The environment variable that holds the password; no file does."""

    @model_validator(mode="after")
    def _nobody_reads_along(self) -> Self:
        if not self.tls and self.host not in ("127.0.0.1", "localhost"):
            raise ValueError("without TLS everybody on the way reads along: only a server on this machine is used so")
        return self


class ToldPerson(Value):
    """Somebody who is told by e-mail."""

    address: Annotated[str, Field(pattern=_ADDRESS)]
    """Their address."""
    on: Annotated[tuple[Label, ...], Field(min_length=1)]
    """What they are told of: events as the desk records them, e.g. `arrived`, or the first words of one, e.g. `assigned to`."""


class Webhook(Value):
    """A program that is told by HTTP."""

    url: Annotated[str, Field(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?$")]
    """Its address, with TLS but on this machine; its host is one of `allowed_hosts`."""
    secret_env: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,79}$")]
    """The environment variable that holds the secret which messages are signed with."""
    on: Annotated[tuple[Label, ...], Field(min_length=1)]
    """What it is told of, as for people."""


class NoticeSettings(Value):
    """Whom a desk tells what happens at it."""

    schema_: Annotated[Literal["cardwright/desk-notices/1"], Field(alias="schema")] = "cardwright/desk-notices/1"
    """The format of this file."""
    mail: MailServer | None = None
    """The server for e-mail; if omitted, nobody gets any."""
    people: Mapping[Identifier, ToldPerson] = {}
    """People by their id."""
    allowed_hosts: tuple[str, ...] = ()
    """The hosts that webhooks may be at, and no others."""
    webhooks: Mapping[Identifier, Webhook] = {}
    """Programs by name."""

    @model_validator(mode="after")
    def _hosts_are_allowed(self) -> Self:
        for name, hook in self.webhooks.items():
            parts = urlsplit(hook.url)
            if parts.hostname not in self.allowed_hosts:
                raise ValueError(f"the host of the webhook {name} is none of allowed_hosts")
            if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
                raise ValueError(f"the webhook {name} is reached without TLS")
        return self


@dataclass(frozen=True)
class UploadLimits:
    """What an upload may hold, so that nobody fills memory or disk with one."""

    packed: int = 64 * MEGABYTE
    """Bytes that are sent."""
    unpacked: int = 256 * MEGABYTE
    """Bytes of all files together."""
    files: int = 2_000
    """How many files."""
    form: int = MEGABYTE
    """Bytes of a form or of JSON."""


@dataclass(frozen=True)
class DeskSettings:
    """A desk's own settings. Nothing of them is read from a dossier."""

    folder: Path
    """Where contents are kept, and the database if none is named."""
    origin: str
    """How people reach it, e.g. `https://desk.example.org`. Passkeys are of this origin and count at no other."""
    trust: Path
    """The desk's trust file; it is read anew for every question, so that a revocation counts at once."""
    database: str = ""
    """The address of the database; if omitted, SQLite in the folder."""
    policies: Mapping[str, Policy] = field(default_factory=dict)
    """Policies that are not packaged, by name."""
    dossiers: tuple[Path, ...] = ()
    """Folders of dossiers beside the desk's own: an open incident there holds a release here."""
    limits: UploadLimits = field(default_factory=UploadLimits)
    status_hours: int = 24
    """For how long the desk stands by its word on a release."""
    provider: str = ""
    """What the button of the organisation's own log-in says; if omitted, there is none."""

    @property
    def url(self) -> str:
        """The database's address as SQLAlchemy reads it."""
        if self.database.startswith("postgresql://"):
            return self.database.replace("postgresql://", "postgresql+psycopg://", 1)
        return self.database or f"sqlite:///{self.folder.absolute() / 'desk.sqlite'}"

    @property
    def host(self) -> str:
        """The host of its origin, which is the relying party of its passkeys, too."""
        return urlsplit(self.origin).hostname or ""

    @property
    def secure(self) -> bool:
        """Whether it is reached by TLS; then cookies are sent over nothing else."""
        return self.origin.startswith("https://")


def checked_origin(text: str) -> str:
    """An origin as browsers write it.

    Raises
    ------
    UsageError
        If it is none, or whoever is in between could read and change what people do there.

    Examples
    --------
    >>> checked_origin("https://desk.example.org/")
    'https://desk.example.org'
    """
    origin = text.rstrip("/")
    parts = urlsplit(origin)
    host = parts.hostname or ""
    local = host == "localhost" or host.endswith(".localhost")
    if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", origin) or not (parts.scheme == "https" or local):
        raise UsageError(
            f'"{text}" is not an origin that people can sign at',
            do="Write it like https://desk.example.org; http is for localhost alone. TLS is your proxy's.",
        )
    return origin
