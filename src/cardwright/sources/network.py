"""Nothing leaves the machine: while a guard is held, only loopback can be reached, and attempts at anything else are kept.

What a person has allowed by name, `host:port`, is open, and nothing beside it: the name may be looked up, and its addresses may
be reached at that port. They are known by a look-up of our own beside the caller's, so that a name with other answers at each
look-up can be refused; it never opens anything else.

The guard listens to Python's audit events (PEP 578), so it also sees what was imported before it, and sockets made by C
extensions through Python's `socket`. Code that opens sockets in C without Python (gRPC, libcurl) and child processes are
beyond it; a container without a network is not.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from cardwright.errors import UsageError
from cardwright.record.base import label as as_label

MAX_REFUSED = 1000
"""How many different refused destinations are kept."""


class RefusedError(PermissionError):
    """A connection beyond this machine, refused by the guard; an `OSError`, as libraries expect of a network that is down."""


class Guard:
    """What a guard has refused."""

    def __init__(self, allow_loopback: bool, allowed: Iterable[tuple[str, int]] = ()) -> None:
        self.allow_loopback = allow_loopback
        self.allowed = frozenset((_bare(host), port) for host, port in allowed)
        self._lock = threading.Lock()
        self._refused: set[str] = set()
        self._addresses: set[tuple[str, int]] = set()
        self._looking = threading.local()

    @property
    def refused(self) -> tuple[str, ...]:
        """Hosts, with ports where there were any, that something tried to reach; sorted."""
        with self._lock:
            return tuple(sorted(self._refused))

    def _check(self, host: str, port: int | None) -> None:
        if self.allow_loopback and is_loopback(host):
            return
        if self.allowed and self._is_allowed(_bare(host), port):
            return
        place = as_label(host if port is None else f"{host}:{port}")
        with self._lock:
            if len(self._refused) < MAX_REFUSED:
                self._refused.add(place)
        allowed = "only this machine may be reached" if self.allow_loopback else "nothing may be reached"
        if self.allowed:
            named = ", ".join(sorted(f"{host}:{port}" for host, port in self.allowed))
            allowed = f"only {'this machine and ' if self.allow_loopback else ''}{named} may be reached"
        raise RefusedError(f"{place}: {allowed} while evidence is read and evaluated")

    def _is_allowed(self, host: str, port: int | None) -> bool:
        """Whether a name may be looked up, or an address be reached."""
        if getattr(self._looking, "up", False):
            return True  # the look-up below, in this thread
        if port is None:
            return any(host == name for name, _ in self.allowed)
        if (host, port) in self.allowed or (host, port) in self._addresses:
            return True
        if port not in {at for _, at in self.allowed}:
            return False
        self._addresses |= self._looked_up(port)
        return (host, port) in self._addresses

    def _looked_up(self, port: int) -> set[tuple[str, int]]:
        self._looking.up = True
        try:
            return {
                (_bare(str(found[4][0])), port)
                for name, at in self.allowed
                if at == port
                for found in _found(name, port)
            }
        finally:
            self._looking.up = False


def _found(name: str, port: int) -> list[Any]:
    try:
        return socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except OSError:
        return []  # a name without an address allows none


def _bare(host: str) -> str:
    return host.strip("[]").partition("%")[0].lower().rstrip(".")


_DESTINATION = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):(?P<port>\d{1,5})")


def destination(word: str) -> tuple[str, int]:
    """Host and port as a person writes them: `data.example.org:443`, `[2001:db8::1]:9000`.

    Raises
    ------
    UsageError
        If it is anything else; a pattern allows nothing.

    Examples
    --------
    >>> destination("s3.eu-central-1.amazonaws.com:443")
    ('s3.eu-central-1.amazonaws.com', 443)
    """
    found = _DESTINATION.fullmatch(word)
    if found is None or not 0 < int(found["port"]) < 65536:
        raise UsageError(
            "not one host and its port", where=as_label(word), do="Write each as host:port, e.g. data.example.org:443."
        )
    return _bare(found["host"]), int(found["port"])


_lock = threading.Lock()
_guards: list[Guard] = []
_listening = False


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine: `localhost`, `127.0.0.0/8`, `::1`.

    >>> is_loopback("127.0.0.1"), is_loopback("::ffff:127.0.0.1"), is_loopback("localhost.example.org")
    (True, True, False)
    """
    bare = _bare(host)
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
def guard(*, allow_loopback: bool = True, allowed: Iterable[tuple[str, int]] = ()) -> Iterator[Guard]:
    """Refuse every connection and every look-up of a name beyond this machine, in all threads, until the end.

    `allowed` are hosts and ports that may be reached nevertheless; see `destination`.

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
    held = Guard(allow_loopback, allowed)
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
