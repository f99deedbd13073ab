"""How often one address may ask: so many requests a minute, and far fewer that are refused or try to come in.

Counts are each process's own and end with the minute. They slow down guessing and carelessness; a flood is the proxy's matter.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PROVIDER = "/oidc/"
ATTEMPTS = ("/login", "/join/", PROVIDER)
"""Addresses at which people come in: what is sent there, and every answer of a provider."""


@dataclass(frozen=True)
class RateLimits:
    """What one address may do in a minute."""

    requests: int = 6000
    attempts: int = 60
    """Requests that were refused with 401 or 403, and attempts to come in."""
    proxies: int = 0
    """How many proxies stand before the desk: from that many places from the end of `X-Forwarded-For` the address is taken.
    A client can write what it likes before them."""


class RateLimited:
    """Answers with 429 whoever asks too often."""

    def __init__(self, app: ASGIApp, limits: RateLimits, clock: Callable[[], float]) -> None:
        """Around an application."""
        self.app = app
        self.limits = limits
        self.clock = clock
        self._lock = threading.Lock()
        self._minute = -1
        self._counts: dict[tuple[str, str], int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        who = self._who(scope)
        comes_in = scope["path"].startswith(ATTEMPTS if scope["method"] == "POST" else PROVIDER)
        asked = self._counted(who, "requests", 1)
        tried = self._counted(who, "attempts", 1 if comes_in else 0)
        if asked > self.limits.requests or tried > self.limits.attempts:
            wait = 60 - int(self.clock() % 60)
            response = PlainTextResponse(
                "Too often. Wait a minute.\n", status_code=429, headers={"Retry-After": str(wait)}
            )
            await response(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (401, 403):
                self._counted(who, "attempts", 1)
            await send(message)

        await self.app(scope, receive, sent)

    def _who(self, scope: Scope) -> str:
        if self.limits.proxies:
            given = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
            hops = [one.strip() for one in given.split(",") if one.strip()]
            if len(hops) >= self.limits.proxies:
                return hops[-self.limits.proxies][:64]
        client = scope.get("client")
        return str(client[0]) if client else ""

    def _counted(self, who: str, what: str, more: int) -> int:
        with self._lock:
            minute = int(self.clock() // 60)
            if minute != self._minute:
                self._minute, self._counts = minute, {}
            count = self._counts.get((who, what), 0) + more
            self._counts[who, what] = count
            return count
