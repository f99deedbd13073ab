"""One request over HTTP on this machine: what may pass is tried again after a while, what lasts is an error.

A busy server answers 429, a restarting one 502 or 503, and one that is shut down in mid-sentence cuts the connection. Each is
tried again, with a growing pause or the one that the server asks for (`Retry-After`); a lost request is a hole in the sample.
"""

from __future__ import annotations

import http.client
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cardwright.errors import SourceError
from cardwright.sources import wires
from cardwright.sources.interface import Message, Tool
from cardwright.sources.json_text import decode

MAX_ANSWER = 16 * 1024 * 1024
"""The longest answer of a URL that is read, in bytes."""
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
"""Statuses of a server that may answer later; 529 is Anthropic's "overloaded"."""
LONGEST_PAUSE = 60.0
"""Seconds; a server that asks for more is not waited for longer."""


@dataclass(frozen=True)
class Line:
    """How a URL is asked."""

    url: str
    wire: wires.Wire
    settings: wires.Settings
    name: str
    """How errors name it."""
    timeout: float = 60.0
    retries: int = 6
    pause: Callable[[float], None] = field(default=time.sleep, repr=False)


def ask(line: Line, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> Message:
    """One turn of the assistant.

    Raises
    ------
    SourceError
        If it cannot be had: with how often it was tried.
    """
    body = json.dumps(line.wire.body(line.settings, messages, tools)).encode("utf-8", "replace")
    for attempt in range(line.retries + 1):
        try:
            return wires.answer(_sent(line, body), line.name)
        except _PassingError as exc:
            if attempt == line.retries:
                raise SourceError(
                    f"{exc}, {attempt + 1} times",
                    where=line.name,
                    do="Check that the server is running and not overloaded; lower `concurrency:`, or raise `retries:`.",
                ) from exc
            line.pause(min(exc.after if exc.after is not None else 0.5 * 2**attempt, LONGEST_PAUSE))
    raise AssertionError("the last attempt answers or raises")


class _PassingError(Exception):
    """What may be different in a while."""

    def __init__(self, what: str, after: float | None = None) -> None:
        super().__init__(what)
        self.after = after


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect may lead off the machine, so none is followed."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _sent(line: Line, body: bytes) -> Any:
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **line.wire.headers}
    request = urllib.request.Request(line.url, body, headers)  # noqa: S310  http(s) on loopback only, checked before
    # No proxy of the environment: it would carry a loopback request away.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
    try:
        with opener.open(request, timeout=line.timeout) as response:
            streamed = "event-stream" in str(response.headers.get("Content-Type") or "")
            raw = response.read(MAX_ANSWER + 1)
            # Asked for a number of bytes, `read` says nothing about those that were promised and did not come.
            short = len(raw) <= MAX_ANSWER and bool(response.length)
    except urllib.error.HTTPError as exc:
        return _refusal(exc, line)
    except (OSError, http.client.HTTPException) as exc:
        reason = getattr(exc, "reason", exc)
        raise _PassingError(f"the server did not answer ({type(reason).__name__})") from exc
    if len(raw) > MAX_ANSWER:
        raise SourceError(f"the answer is longer than {MAX_ANSWER // 2**20} MiB", where=line.name)
    if short:
        raise _PassingError("the answer was cut off before its end")
    try:
        whole = line.wire.joined(wires.events(raw.splitlines())) if streamed else decode(raw)
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise SourceError(
            "the answer is not a chat completion", where=line.name, do="Check `wire:`, and the path of the URL."
        ) from exc
    if streamed and whole is None:
        raise _PassingError("the answer was cut off before its end")
    return whole


def _refusal(exc: urllib.error.HTTPError, line: Line) -> Any:
    """What a status other than success means: try later, a block by the provider's filter, or an error."""
    with exc:
        if exc.code in PASSING:
            raise _PassingError(f"the server answered with status {exc.code}", _after(exc.headers)) from exc
        try:
            body = decode(exc.read(MAX_ANSWER))
        except (ValueError, OSError, http.client.HTTPException):
            body = None
    error = body.get("error") if isinstance(body, Mapping) else None
    if isinstance(error, Mapping) and error.get("code") == "content_filter":
        return body  # Azure refuses a prompt so: the assistant was not reached, and neither resisted nor failed
    raise SourceError(f"the server answered with status {exc.code}", where=line.name) from exc


def _after(headers: Any) -> float | None:
    said = str(headers.get("Retry-After") or "")
    # Digits of ASCII alone: `²` is a digit to Python, and no number to `float`.
    return float(said) if re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]*)?", said) else None
