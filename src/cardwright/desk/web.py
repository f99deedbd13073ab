"""The desk as a web application: what every answer has in common, and which address leads where.

Every page holds without a script but the four that ask for a passkey. A dossier's own documents are served as inert content: in a
sandbox of their own origin, in which nothing runs.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cardwright.desk import accounts, audiences
from cardwright.desk.accounts import Session
from cardwright.desk.measuring import Measuring, tracer
from cardwright.desk.rate_limits import RateLimited, RateLimits
from cardwright.desk.registry import Registry
from cardwright.documents.interface import Audience
from cardwright.errors import CardwrightError, EvidenceError, NothingToCheckError, StoreError, UsageError
from cardwright.record import canonical

LOGGER = logging.getLogger("cardwright.desk")
HERE = Path(__file__).parent
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
INERT = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'"
)
"""For a dossier's documents, which bring their style with them: nothing runs, nothing is fetched, nothing is sent."""
COMMON = {
    "X-Content-Type-Options": "nosniff",
    # With `no-referrer` browsers send forms with the origin `null`, which is anybody's.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), publickey-credentials-get=(self)",
    "Cache-Control": "no-store",
}
STATUS: Mapping[type[CardwrightError], int] = {
    NothingToCheckError: 404,
    UsageError: 400,
    EvidenceError: 422,
    StoreError: 409,
}
"""What an error of ours is answered with; any other is 500."""


@dataclass(frozen=True)
class Visit:
    """One request: who makes it, at which moment, to which desk."""

    desk: Registry
    request: Request
    now: str
    session: Session | None
    templates: Environment

    @property
    def person(self) -> str:
        """Who is logged in; only asked where somebody has to be."""
        assert self.session is not None
        return self.session.person

    @property
    def audience(self) -> Audience:
        """What whoever is logged in may open."""
        assert self.session is not None
        return self.session.audience

    def page(self, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """A page of the desk."""
        shown = self.templates.get_template(name).render(
            session=self.session, desk=self.desk.settings, now=self.now, **values
        )
        return HTMLResponse(shown, status_code=status)


Handler = Callable[[Visit], Response]


def clock() -> str:
    """The present moment."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def templates() -> Environment:
    """The desk's own templates; what is put into them is text and never markup."""
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def cookie(desk: Registry) -> str:
    """The name of the session's cookie. With TLS browsers take it from this host alone, and over TLS alone (`__Host-`)."""
    return "__Host-desk" if desk.settings.secure else "desk"


def logged_in_response(desk: Registry, response: Response, secret: str) -> Response:
    """The response that begins a session."""
    response.set_cookie(
        cookie(desk),
        secret,
        max_age=accounts.SESSION_HOURS * 3600,
        path="/",
        secure=desk.settings.secure,
        httponly=True,
        samesite="strict",
    )
    return response


def json_response(value: Any, status: int = 200) -> Response:
    """A value as canonical JSON."""
    data = value if isinstance(value, bytes) else canonical.dumps(value)
    return Response(data, status_code=status, media_type="application/json")


# ---------------------------------------------------------------------------------------------------- who may


def for_people(handler: Handler) -> Handler:
    """A handler for whoever is logged in; others are led to the log-in."""

    def handle(visit: Visit) -> Response:
        if visit.session is None:
            if visit.request.method == "GET":
                return RedirectResponse("/login", status_code=303)
            return PlainTextResponse("Log in first.\n", status_code=401)
        return handler(visit)

    return handle


def for_insiders(handler: Handler) -> Handler:
    """A handler for those who take part in the review; for others there is nothing here."""

    def handle(visit: Visit) -> Response:
        if not audiences.inside(visit.audience):
            raise NothingToCheckError("there is nothing here for you", do="Look in the inventory.")
        return handler(visit)

    return for_people(handle)


def for_tokens(scope: str) -> Callable[[Callable[[Visit, str], Response]], Handler]:
    """A handler for programs whose token has a scope."""

    def decorate(handler: Callable[[Visit, str], Response]) -> Handler:
        def handle(visit: Visit) -> Response:
            name = _bearer(visit.desk, visit.request, scope, visit.now)
            return handler(visit, name) if name is not None else _no_token(scope)

        return handle

    return decorate


def _bearer(desk: Registry, request: Request, scope: str, now: str) -> str | None:
    """The name of the token that a request bears; None if it has none with this scope."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    return accounts.token(desk, secret.strip(), scope, now) if kind.lower() == "bearer" else None


def _no_token(scope: str) -> Response:
    response = json_response({"error": f"a token with the scope {scope} is needed"}, 401)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def unscoped(desk: Registry, request: Request, scope: str, now: str) -> Response | None:
    """The refusal of a request without a token of this scope; None if it has one, or the database cannot be asked just now."""
    try:
        return _no_token(scope) if _bearer(desk, request, scope, now) is None else None
    except CardwrightError:
        return None  # it is asked again once the body is there, and told as any trouble of the desk is


def _forged(visit: Visit, form: Mapping[str, str]) -> bool:
    """Whether a request that changes something was made by another site's page, and not by one of ours."""
    origin = visit.request.headers.get("Origin")
    if origin is not None and origin != visit.desk.settings.origin:
        return True
    if visit.request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return True
    if visit.session is None:
        return False
    given = visit.request.headers.get("X-CSRF") or form.get("csrf", "")
    return not accounts.same(given, visit.session.csrf)


# ---------------------------------------------------------------------------------------------------- routes


def route(
    path: str,
    desk: Registry,
    pages: Environment,
    *,
    token: bool = False,
    limit: int | None = None,
    scope: str | None = None,
    **by: Handler,
) -> Route:
    """A route: a handler for each method. Reading and writing of the database happens in a thread.

    Parameters
    ----------
    token:
        Whether a program's token is asked for, which no browser sends by itself; cookies then count for nothing.
    limit:
        Bytes that its body may have, if not those of a form.
    scope:
        The scope without which no body is read: a stranger fills no memory.
    """

    async def endpoint(request: Request) -> Response:
        now = clock()
        request.state.route = path
        if scope is not None and request.method == "POST":
            refused = await run_in_threadpool(unscoped, desk, request, scope, now)
            if refused is not None:
                with request.app.state.measuring.request(path, request.method) as measured:
                    measured.status = refused.status_code
                return refused
        data = await _body(request, limit or desk.settings.limits.form)
        if data is None:
            return PlainTextResponse("That is more than is taken.\n", status_code=413)
        request.state.body = data
        secret = "" if token else request.cookies.get(cookie(desk), "")

        def handle() -> Response:
            visit = Visit(desk, request, now, None, pages)
            try:
                _no_zero_bytes(request, {} if token else form_of(request))
                visit = replace(visit, session=_present(desk, accounts.session(desk, secret, now) if secret else None))
                if request.method not in ("GET", "HEAD") and not token and _forged(visit, form_of(request)):
                    return PlainTextResponse(
                        "That was not sent from a page of this desk. Open it again.\n", status_code=403
                    )
                return by["get" if request.method in ("GET", "HEAD") else "post"](visit)
            except CardwrightError as exc:
                return _refused(visit, exc, token=token)

        measuring: Measuring = request.app.state.measuring
        with measuring.request(path, request.method) as measured:
            response = await run_in_threadpool(handle)
            measured.status = response.status_code
        return response

    methods = ["GET"] if "get" in by else []
    return Route(path, endpoint, methods=[*methods, *(["POST"] if "post" in by else [])])


def _no_zero_bytes(request: Request, form: Mapping[str, str]) -> None:
    """Refuse a zero byte, which no database takes as text and some end a text at.

    Raises
    ------
    UsageError
        If there is one in the address or in a form.
    """
    said = [*request.path_params.values(), *request.query_params.keys(), *request.query_params.values()]
    if any("\0" in str(word) for word in (*said, *form.values())):
        raise UsageError("a zero byte stands in it", do="Leave it out.")


def _present(desk: Registry, session: Session | None) -> Session | None:
    """A session, as long as the trust file knows its person: whoever was taken out of it is out at once."""
    if session is None or not any(one.id == session.person for one in desk.trust.people):
        return None
    return session


async def _body(request: Request, limit: int) -> bytes | None:
    """A request's body; None if it is longer than what is taken, whatever its header says."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
    return b"".join(parts)


def form_of(request: Request) -> dict[str, str]:
    """The fields of a form; of a field that is there twice, the first."""
    if not request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    try:
        pairs = parse_qsl(request.state.body.decode("utf-8"), keep_blank_values=True, max_num_fields=100)
    except ValueError as exc:
        raise UsageError("not a form", do="Open the page again.") from exc
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def json_of(request: Request) -> dict[str, Any]:
    """The object that a script of ours sends.

    Raises
    ------
    UsageError
        If it is none.
    """
    try:
        said = json.loads(request.state.body)
    except (ValueError, RecursionError) as exc:
        raise UsageError("not JSON", do="Open the page again.") from exc
    if not isinstance(said, dict):
        raise UsageError("not an object", do="Open the page again.")
    return said


def credential_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a passkey has answered, in what our script sends; empty if nothing."""
    given = said.get("credential")
    return given if isinstance(given, dict) else {}


def number_of(text: str) -> int:
    """A row's number in a form; 0, which no row has, if it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _refused(visit: Visit, exc: CardwrightError, *, token: bool) -> Response:
    status = next((code for kind, code in STATUS.items() if isinstance(exc, kind)), 500)
    LOGGER.info("refused", extra={"route": route_of(visit.request.scope), "status": status, "kind": type(exc).__name__})
    said = {"error": exc.what, "do": exc.do}
    if token or visit.request.headers.get("Content-Type", "").startswith("application/json"):
        return json_response(said, status)
    return visit.page("error.html", status=status, what=exc.what, do=exc.do)


# ---------------------------------------------------------------------------------------------------- common to all


def route_of(scope: Scope) -> str:
    """The route that a request was led to, and never its address: that can hold an invitation's secret."""
    return str(scope.get("state", {}).get("route", "nowhere"))


class Guarded:
    """Gives every answer its headers, and turns what nobody foresaw into a plain refusal, without a word of it."""

    def __init__(self, app: ASGIApp) -> None:
        """Around an application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = [(key.lower(), value) for key, value in message.get("headers", [])]
                there = {key for key, _ in headers}
                policy = {"Content-Security-Policy": POLICY, **COMMON}
                headers += [
                    (key.lower().encode(), value.encode())
                    for key, value in policy.items()
                    if key.lower().encode() not in there
                ]
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self.app(scope, receive, sent)
        except Exception as exc:  # noqa: BLE001  # its message may hold anything, so it is told by its kind alone
            LOGGER.error("internal error", extra={"route": route_of(scope), "kind": type(exc).__name__})
            if not begun:
                response = PlainTextResponse(
                    "Something went wrong here. Nothing was changed; try again.\n", status_code=500
                )
                await response(scope, receive, sent)


Routes = Callable[[Registry, Environment], list[BaseRoute]]


def application(
    desk: Registry, *parts: Routes, limits: RateLimits | None = None, measuring: Measuring | None = None
) -> Starlette:
    """The application: the routes of every part, behind what is common to all."""
    pages = templates()
    routes = [one for part in parts for one in part(desk, pages)]

    async def nowhere(request: Request, exc: Exception) -> Response:
        status = getattr(exc, "status_code", 404)
        return PlainTextResponse(
            "There is nothing here.\n" if status == 404 else "That is not done here.\n", status_code=status
        )

    handlers: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {404: nowhere, 405: nowhere}
    app = Starlette(
        routes=routes,
        exception_handlers=handlers,
        middleware=[
            Middleware(Guarded),
            Middleware(RateLimited, limits=limits or RateLimits(), clock=time.time),
            Middleware(TrustedHostMiddleware, allowed_hosts=[desk.settings.host], www_redirect=False),
        ],
    )
    app.state.measuring = measuring or Measuring(tracer=tracer())
    return app
