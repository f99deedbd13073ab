"""A desk in several processes behind one port: what each of them is started with, and who starts it again."""

from __future__ import annotations

import logging
import math
import multiprocessing
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING

from cardwright.cli.options import policy_named
from cardwright.errors import StoreError, UsageError

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from cardwright.desk.desk_log import DeskLog
    from cardwright.desk.measuring import Measuring
    from cardwright.desk.registry import Registry
    from cardwright.desk.settings import DeskSettings, OidcSettings

OIDC_SECRET = "CARDWRIGHT_OIDC_SECRET"  # noqa: S105  the name of an environment variable
LOGGER = logging.getLogger("cardwright.desk")
GRACE = 10
"""Seconds that requests have to end when a desk is stopped."""
RESTS = 2.0
"""Seconds between two times that a process leaves its counts for the others."""
SHORT = 5.0
"""A process that ends within so many seconds of its start has not come up."""


@dataclass(frozen=True)
class ServedDesk:
    """What a desk is served with. Every process gets the same, and opens database and log by itself."""

    settings: DeskSettings
    policies: tuple[str, ...] = ()
    """Policies that are not packaged, by path."""
    log_key: Path | None = None
    log_name: str | None = None
    cosigns: tuple[str, ...] = ()
    witness: tuple[str, ...] = ()
    oidc: Path | None = None
    """The file of a provider."""
    proxies: int = 0
    workers: int = 1
    worker: int = 0
    """Which of them this is, from 1; 0 where there is one."""
    counts: Path | None = None
    """The folder in which the processes leave their counts for each other."""

    def opened(self) -> Registry:
        """The registry, with its log."""
        from cardwright.desk import registry

        settings = self.settings
        log = opened_log(settings.folder, self.log_key, self.log_name, settings.origin, self.cosigns, self.witness)
        chosen = [policy_named(one) for one in self.policies]
        return registry.opened(replace(settings, policies={one.name: one for one in chosen}), log)

    def application(self, desk: Registry, measuring: Measuring | None = None) -> Starlette:
        """The application of one process."""
        from cardwright.desk import api, log_api, pages, web
        from cardwright.desk.rate_limits import RateLimits

        parts: list[web.Routes] = [pages.routes, api.routes, log_api.routes]
        if self.oidc is not None:
            from cardwright.desk import oidc as directory

            provider = provider_of(self.oidc)
            parts.append(directory.routes_of(directory.OidcClient(provider, os.environ.get(OIDC_SECRET, ""))))
        every = RateLimits(proxies=self.proxies)
        # Each process counts for itself; together they let no more through than one would.
        shares = replace(
            every,
            requests=math.ceil(every.requests / self.workers),
            attempts=math.ceil(every.attempts / self.workers),
        )
        return web.application(desk, *parts, limits=shares, measuring=measuring)


def opened_log(
    folder: Path,
    key: Path | None,
    name: str | None,
    origin: str,
    cosigns: Sequence[str] = (),
    witnesses: Sequence[str] = (),
) -> DeskLog | None:
    from urllib.parse import urlsplit

    from cardwright.attest.witness import notes
    from cardwright.cli.witnessing import log_private
    from cardwright.desk import desk_log
    from cardwright.dossier.log_site import LogSite

    if key is None:
        if (folder / "log").exists():
            raise UsageError(
                "this desk keeps a log, and its key is missing",
                where=str(folder / "log"),
                do="Name it: --log-key FILE. Without it, releases would arrive that the log never hears of.",
            )
        if cosigns or witnesses or name:
            raise UsageError(
                "a desk without a log cosigns nothing and is not cosigned", do="Name its key: --log-key FILE."
            )
        return None
    asked = []
    for one in witnesses:
        address, _, vkey = one.strip().partition(" ")
        pinned = notes.parse_vkey(vkey) if vkey else None
        if pinned is None or pinned.kind != notes.COSIGNATURE:
            raise UsageError(
                "not a witness",
                do='Write it like --witness "https://other.example.org/log NAME+ID+KEY", with its cosigner key.',
            )
        asked.append(desk_log.LogWitness(LogSite.at(address), pinned))
    known = [notes.parse_vkey(one) for one in cosigns]
    host = urlsplit(origin).hostname or "desk"
    return desk_log.opened(folder, log_private(key), name or host, cosigned=known, witnesses=asked)


def provider_of(path: Path) -> OidcSettings:
    from cardwright.desk.settings import OidcSettings
    from cardwright.files import disk, yamltext

    if not os.environ.get(OIDC_SECRET):
        raise UsageError(f"the client's secret is not known: {OIDC_SECRET} is not set", do="Set it; no file holds it.")
    document = yamltext.parse(disk.read_file(path, what="file of the provider"), where=str(path), error=UsageError)
    return yamltext.to_model(OidcSettings, document, error=UsageError)


def log_lines() -> logging.Handler:
    """One JSON object a line, on standard error: what went wrong by its kind, and no address of anybody's."""
    from cardwright.desk.measuring import JsonLines

    lines = logging.StreamHandler()
    lines.setFormatter(JsonLines())
    LOGGER.addHandler(lines)
    LOGGER.setLevel(logging.INFO)
    return lines


def listening(host: str, port: int) -> socket.socket:
    """A socket that several processes answer at.

    Raises
    ------
    UsageError
        If nothing can listen there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(2048)
    except OSError as exc:
        sock.close()
        raise UsageError(
            f"nothing can listen there ({exc.strerror})", where=f"{host}:{port}", do="Name another --host or --port."
        ) from exc
    sock.set_inheritable(True)
    return sock


def serve(served: ServedDesk, sock: socket.socket) -> None:
    """One of the processes, from its start to its end. It ends with the one that started it."""
    import uvicorn

    from cardwright.desk.measuring import Measuring, tracer

    log_lines()
    measuring = Measuring(tracer=tracer(), worker=str(served.worker), beside=served.counts)
    desk = served.opened()
    config = uvicorn.Config(
        served.application(desk, measuring), log_level="warning", access_log=False, server_header=False,
        proxy_headers=False, timeout_graceful_shutdown=GRACE,
    )  # fmt: skip
    server = uvicorn.Server(config)
    started_by = multiprocessing.parent_process()

    def beside() -> None:
        while not server.should_exit:
            measuring.leave()
            if started_by is not None and wait([started_by.sentinel], timeout=RESTS):
                server.should_exit = True

    threading.Thread(target=beside, daemon=True).start()
    server.run(sockets=[sock])
    desk.engine.dispose()


def keep(served: ServedDesk, sock: socket.socket) -> None:
    """Start the processes, and start again whichever ends, until somebody says stop.

    Raises
    ------
    StoreError
        If one of them does not come up.
    """
    context = multiprocessing.get_context("spawn")
    before = signal.signal(signal.SIGTERM, _stop)

    def begun(number: int) -> tuple[BaseProcess, float]:
        one = context.Process(target=serve, args=(replace(served, worker=number), sock), name=f"desk {number}")
        one.start()
        return one, time.monotonic()

    with tempfile.TemporaryDirectory(prefix="cardwright-desk-") as folder:
        served = replace(served, counts=Path(folder))
        running: dict[int, tuple[BaseProcess, float]] = {}
        try:
            for number in range(1, served.workers + 1):
                running[number] = begun(number)
            while True:
                wait([one.sentinel for one, _ in running.values()])
                for number, (one, since) in [*running.items()]:
                    if one.is_alive():
                        continue
                    if time.monotonic() - since < SHORT:
                        raise StoreError(
                            f"process {number} of the desk does not come up",
                            do="Look at what it said, and start again.",
                        )
                    LOGGER.warning("a process has ended and is started again", extra={"status": one.exitcode})
                    running[number] = begun(number)
        except KeyboardInterrupt:
            pass
        finally:
            for one, _ in running.values():
                one.terminate()
            for one, _ in running.values():
                one.join(GRACE + 2)
                if one.is_alive():
                    one.kill()
            signal.signal(signal.SIGTERM, before)


def _stop(number: int, frame: object) -> None:
    raise KeyboardInterrupt
