"""Nothing leaves the machine: while a guard is held, only loopback can be reached, and attempts at anything else are kept.

The guard listens to Python's audit events (PEP 578), so it also sees what was imported before it, and sockets made by C
extensions through Python's `socket`. Code that opens sockets in C without Python (gRPC, libcurl) and child processes are
beyond it; a container without a network is not.
"""

from __future__ import annotations

import ipaddress
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cardwright.record.base import label as as_label

MAX_REFUSED = 1000
"""How many different refused destinations are kept."""


class RefusedError(PermissionError):
    """A connection beyond this machine, refused by the guard; an `OSError`, as libraries expect of a network that is down."""


class Guard:
    """What a guard has refused."""

    def __init__(self, allow_loopback: bool) -> None:
        self.allow_loopback = allow_loopback
        self._lock = threading.Lock()
        self._refused: set[str] = set()

    @property
    def refused(self) -> tuple[str, ...]:
        """Hosts, with ports where there were any, that something tried to reach; sorted."""
        with self._lock:
            return tuple(sorted(self._refused))

    def _check(self, host: str, port: int | None) -> None:
        if self.allow_loopback and is_loopback(host):
            return
        place = as_label(host if port is None else f"{host}:{port}")
        with self._lock:
            if len(self._refused) < MAX_REFUSED:
                self._refused.add(place)
        allowed = "only this machine may be reached" if self.allow_loopback else "nothing may be reached"
        raise RefusedError(f"{place}: {allowed} while evidence is read and evaluated")


_lock = threading.Lock()
_guards: list[Guard] = []
_listening = False


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine: `localhost`, `127.0.0.0/8`, `::1`.

    >>> is_loopback("127.0.0.1"), is_loopback("::ffff:127.0.0.1"), is_loopback("localhost.example.org")
    (True, True, False)
    """
    bare = host.strip("[]").partition("%")[0].lower().rstrip(".")
    if bare == "localhost":
        return True
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _destination(address: Any) -> tuple[str, int | None] | None:
    """Host and port of a socket address; None for one that cannot leave the machine (a Unix socket)."""
    if not isinstance(address, tuple) or not address:
        return None
    host = address[0]
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("ascii", "replace")
    port = address[1] if len(address) > 1 and isinstance(address[1], int) else None
    return str(host), port


def _named(host: Any) -> tuple[str, int | None] | None:
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("ascii", "replace")
    return (host, None) if isinstance(host, str) and host else None  # no host is this machine's own addresses


_EVENTS = {
    "socket.connect": lambda args: _destination(args[1]),
    "socket.sendto": lambda args: _destination(args[1]),
    "socket.sendmsg": lambda args: _destination(args[1]),
    "socket.getaddrinfo": lambda args: _named(args[0]),
    "socket.gethostbyname": lambda args: _named(args[0]),
    "socket.gethostbyaddr": lambda args: _named(args[0]),
    "socket.getnameinfo": lambda args: _destination(args[0]),
}


def _listen(event: str, args: tuple[Any, ...]) -> None:
    if not _guards or event not in _EVENTS:
        return
    destination = _EVENTS[event](args)
    if destination is not None:
        for guard_ in tuple(_guards):
            guard_._check(*destination)


@contextmanager
def guard(*, allow_loopback: bool = True) -> Iterator[Guard]:
    """Refuse every connection and every look-up of a name beyond this machine, in all threads, until the end.

    Guards may be nested; the strictest decides. What was refused raises `RefusedError` where it was tried and is
    listed in `Guard.refused`.

    >>> import socket
    >>> with guard() as held:
    ...     try:
    ...         socket.create_connection(("192.0.2.1", 80), timeout=1)
    ...     except OSError as error:
    ...         print(type(error).__name__)
    RefusedError
    >>> held.refused
    ('192.0.2.1',)
    """
    global _listening  # noqa: PLW0603  an audit hook cannot be taken away, so one is added once and listens only under a guard
    held = Guard(allow_loopback)
    with _lock:
        if not _listening:
            sys.addaudithook(_listen)
            _listening = True
        _guards.append(held)
    try:
        yield held
    finally:
        with _lock:
            _guards.remove(held)
