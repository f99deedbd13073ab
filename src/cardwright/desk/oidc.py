"""Logging in by an organisation's own directory (OpenID Connect, authorisation code with PKCE).

What the provider says of somebody lets them in and gives no right beyond that: whom an account belongs to stands in the desk's
own table of people, what they may sign in the trust file, and a signature still needs their passkey or key file.

Steps of a log-in, each of which ends it where it fails:

1. The provider's own description is fetched anew; it has to name the issuer that is configured.
2. The browser keeps a secret; state, nonce and PKCE's verifier are kept here, for one answer within five minutes.
3. The answer has to bear that browser's state, and the issuer where the provider names it (RFC 9207).
4. The code is exchanged with the verifier; no redirect is followed.
5. The identity token: a signature of the provider's keys by an asymmetric algorithm, issuer, audience, time, nonce.
6. Whoever it names has to stand in the table, and in the trust file.
"""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from jinja2 import Environment
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from cardwright.desk import accounts, ceremonies, web
from cardwright.desk.registry import Registry
from cardwright.desk.settings import OidcSettings
from cardwright.desk.web import Routes, Visit, route
from cardwright.errors import CardwrightError, IntegrityError, SourceError, UsageError

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
"""Asymmetric ones: with HS256 whoever knows the client's secret could make tokens, and `none` is nobody's signature."""
SECONDS = 10.0
MOST = 2**20
LEEWAY = 120
"""Seconds by which the provider's clock may differ."""


@dataclass(frozen=True)
class OidcClient:
    """The desk as a client of a provider."""

    settings: OidcSettings
    secret: str = field(repr=False)


def routes_of(client: OidcClient) -> Routes:
    """The two addresses of a log-in by a provider."""

    def made(desk: Registry, pages: Environment) -> list[BaseRoute]:
        def start(visit: Visit) -> Response:
            return _start(visit, client)

        def callback(visit: Visit) -> Response:
            return _callback(visit, client)

        return [
            route("/oidc/start", desk, pages, get=start),
            route("/oidc/callback", desk, pages, get=callback),
        ]

    return made


def _cookie(desk: Registry) -> str:
    return "__Host-desk-oidc" if desk.settings.secure else "desk-oidc"


def _start(visit: Visit, client: OidcClient) -> Response:
    """Send the browser to the provider."""
    secret, address = begin(visit.desk, client, visit.now)
    response = RedirectResponse(address, status_code=303)
    # The provider sends the browser back from another site, with which a strict cookie does not come.
    response.set_cookie(
        _cookie(visit.desk), secret, max_age=60 * accounts.CEREMONY_MINUTES, path="/", secure=visit.desk.settings.secure,
        httponly=True, samesite="lax",
    )  # fmt: skip
    return response


def _callback(visit: Visit, client: OidcClient) -> Response:
    """Take the provider's answer, and begin a session."""
    given = visit.request.query_params
    if "error" in given:
        raise UsageError("the provider has let nobody in", do="Log in again, or ask whoever runs it.")
    secret = visit.request.cookies.get(_cookie(visit.desk), "")
    person = finish(visit.desk, client, secret, given, visit.now)
    session = accounts.enter(visit.desk, person, visit.now)
    # The session's cookie is strict: it comes with a page that this desk has led to, and not with a redirect from elsewhere.
    response = web.logged_in_response(visit.desk, visit.page("entered.html"), session)
    response.delete_cookie(_cookie(visit.desk), secure=visit.desk.settings.secure, httponly=True, samesite="lax")
    return response


def begin(desk: Registry, client: OidcClient, now: str) -> tuple[str, str]:
    """The first step: what the browser keeps, and where it is sent.

    Raises
    ------
    SourceError
        If the provider cannot be reached, or is not what is configured.
    """
    provider = _described(client.settings)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    secret = accounts.begin(desk, "oidc", "", state.encode("ascii"), {"nonce": nonce, "verifier": verifier}, now)
    asked = {
        "response_type": "code",
        "client_id": client.settings.client_id,
        "redirect_uri": _back(desk),
        "scope": client.settings.scope,
        "state": state,
        "nonce": nonce,
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    address = provider["authorization_endpoint"]
    return secret, f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"


def finish(desk: Registry, client: OidcClient, secret: str, given: Mapping[str, str], now: str) -> str:
    """The last step: who has come in, by their id in the trust file.

    Raises
    ------
    UsageError
        If this browser has not begun here, was too late or has answered already, or nobody here is meant.
    IntegrityError
        If the token is not the provider's, for this desk, now.
    SourceError
        If the provider cannot be reached.
    """
    kept = accounts.take(desk, secret, "oidc", "", now)
    if not accounts.same(given.get("state", ""), kept.challenge.decode("ascii")):
        raise UsageError("this answer is not to what this browser has asked", do="Log in again.")
    if given.get("iss", client.settings.issuer) != client.settings.issuer:
        raise UsageError("another provider has answered", do="Log in again.")
    provider = _described(client.settings)
    token = _exchanged(desk, client, provider, given.get("code", ""), kept.about["verifier"])
    claims = _claims(client, provider, token, kept.about["nonce"], now)
    return ceremonies.person_of(desk, _person(client.settings, claims)).id


def _back(desk: Registry) -> str:
    return f"{desk.settings.origin}/oidc/callback"


def _person(settings: OidcSettings, claims: Mapping[str, Any]) -> str:
    named = claims.get(settings.claim)
    # Providers let people write any address into their profile; only one that was verified is theirs.
    if settings.claim == "email" and claims.get("email_verified") is not True:
        named = None
    found = settings.people.get(named) if isinstance(named, str) else None
    if found is None:
        raise UsageError("nobody of this desk is meant by this account", do="Ask whoever runs the desk to add you.")
    return found


def _described(settings: OidcSettings) -> dict[str, str]:
    said = _fetched(Request(f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration"))  # noqa: S310  checked
    names = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    if not all(isinstance(said.get(name), str) for name in names) or said["issuer"] != settings.issuer:
        raise SourceError("the provider's description is not that of this issuer", do="Compare the issuer's address.")
    local = urlsplit(settings.issuer).scheme == "http"
    for name in names[1:]:
        # A provider on this machine may send us to this machine; any other to addresses with TLS alone.
        if not (said[name].startswith("https://") or (local and _loopback(said[name]))):
            raise SourceError(f"the provider names an address without TLS ({name})", do="Ask whoever runs it.")
    return {name: said[name] for name in names}


def _loopback(address: str) -> bool:
    return urlsplit(address).hostname in ("127.0.0.1", "localhost", "::1")


def _exchanged(desk: Registry, client: OidcClient, provider: Mapping[str, str], code: str, verifier: str) -> str:
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": _back(desk), "code_verifier": verifier,
    }  # fmt: skip
    who = f"{quote(client.settings.client_id, safe='')}:{quote(client.secret, safe='')}"
    request = Request(  # noqa: S310  the address was checked
        provider["token_endpoint"],
        data=urlencode(form).encode("ascii"),
        headers={
            "Authorization": f"Basic {b64encode(who.encode('utf-8')).decode('ascii')}",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    token = _fetched(request).get("id_token")
    if not isinstance(token, str):
        raise IntegrityError("the provider gives no identity token", do="Log in again.")
    return token


def _claims(client: OidcClient, provider: Mapping[str, str], token: str, nonce: str, now: str) -> Mapping[str, Any]:
    settings = client.settings
    try:
        keys = KeySet.import_key_set(_fetched(Request(provider["jwks_uri"])))  # type: ignore[arg-type]  # noqa: S310
        read = jwt.decode(token, keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(
            read.claims,
            read.header,
            options={
                "iss": {"essential": True, "value": settings.issuer},
                "aud": {"essential": True, "value": settings.client_id},
                "sub": {"essential": True},
            },
            params={"nonce": nonce, "client_id": settings.client_id},
        )
        claims.validate(now=int(datetime.fromisoformat(now).timestamp()), leeway=LEEWAY)
    except CardwrightError:
        raise
    except (JoseError, ValueError, KeyError, TypeError) as exc:
        raise IntegrityError("the provider's identity token does not hold", do="Log in again.") from exc
    except Exception as exc:
        if type(exc).__module__.startswith(("authlib", "joserfc")):
            raise IntegrityError("the provider's identity token does not hold", do="Log in again.") from exc
        raise
    # authlib compares a nonce only where the token has one.
    if not isinstance(claims.get("nonce"), str) or not accounts.same(claims["nonce"], nonce):
        raise IntegrityError("the identity token is not for this log-in", do="Log in again.")
    return dict(claims)


class _NotLedOn(HTTPRedirectHandler):
    """A provider is where it is: a redirect could lead into a network that only this machine can reach."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


def _fetched(request: Request) -> dict[str, Any]:
    try:
        with build_opener(_NotLedOn).open(request, timeout=SECONDS) as answer:
            data = answer.read(MOST + 1)
        said = json.loads(data) if len(data) <= MOST else None
    except (URLError, HTTPException, OSError, ValueError, RecursionError) as exc:
        raise SourceError("the provider does not answer as one", do="Try again, or log in with a passkey.") from exc
    if not isinstance(said, dict):
        raise SourceError("the provider does not answer as one", do="Try again, or log in with a passkey.")
    return said
