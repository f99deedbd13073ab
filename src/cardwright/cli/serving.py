"""A desk in several processes behind one port: what each of them is started with, and who starts it again."""

from __future__ import annotations

import hashlib
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
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING

from cardwright.cli.options import policy_named
from cardwright.errors import CardwrightError, SourceError, StoreError, UsageError

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from cardwright.desk.chores import WatchedPlace
    from cardwright.desk.desk_log import DeskLog
    from cardwright.desk.measuring import Measuring
    from cardwright.desk.registry import Registry
    from cardwright.desk.settings import DeskSettings, OidcSettings, UploadLimits
    from cardwright.sources.mirrored_places import Mirror

OIDC_SECRET = "CARDWRIGHT_OIDC_SECRET"  # noqa: S105  the name of an environment variable
LOGGER = logging.getLogger("cardwright.desk")
GRACE = 10
"""Seconds that requests have to end when a desk is stopped."""
RESTS = 2.0
"""Seconds between two times that a process leaves its counts for the others."""
PATIENCE = 600.0
"""Seconds that a look at a bucket may take."""
BUCKET = 40
"""How many times what one dossier may hold a watched bucket may hold: it is copied to this machine."""
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


class BucketReader:
    """Looks at a bucket in a process of its own, in which nothing but the hosts that are allowed can be reached.

    The guard that sees to that holds for a whole process, and this one has to reach its database and those whom it tells.
    """

    def __init__(self, place: str, folder: Path, allowed: Sequence[str], limits: UploadLimits) -> None:
        """Of a place; what is fetched goes to the folder."""
        self._asked = (place, folder, tuple(allowed), limits.unpacked, BUCKET * limits.unpacked)
        self._pool: ProcessPoolExecutor | None = None

    def __call__(self, before: Mirror | None) -> tuple[Mirror, Sequence[str]]:
        """What is known of the place now, and what was left out.

        Raises
        ------
        SourceError
            If it cannot be read.
        """
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
        try:
            found, what = self._pool.submit(_look, before, *self._asked).result(timeout=PATIENCE)
        except (BrokenProcessPool, TimeoutError) as exc:
            pool, self._pool = self._pool, None
            pool.shutdown(wait=False, cancel_futures=True)
            raise SourceError("whoever looks at it has ended, or takes too long", where=self._asked[0]) from exc
        if found is None:
            raise SourceError(what, where=self._asked[0])
        return found, found.left_out


def _look(
    before: Mirror | None, place: str, folder: Path, allowed: Sequence[str], largest: int, whole: int
) -> tuple[Mirror | None, str]:
    """One look; an error as its words, since not every error travels between processes."""
    from cardwright.sources import mirrored_places

    try:
        known = before or mirrored_places.Mirror()
        return mirrored_places.mirrored(place, folder, known, allowed=allowed, largest=largest, whole=whole), ""
    except CardwrightError as exc:
        return None, f"{exc.what}. {exc.do or ''}".strip()


def watched_places(
    words: Sequence[str], folder: Path, allowed: Sequence[str], limits: UploadLimits
) -> tuple[WatchedPlace, ...]:
    """The folders and buckets that are watched; what lies in a bucket is copied below a folder of the desk's own.

    Raises
    ------
    UsageError
        If a folder is missing, an address is none, or a host is allowed that nothing needs.
    """
    from cardwright.desk.chores import WatchedPlace
    from cardwright.sources import mirrored_places, network

    for one in allowed:
        network.destination(one)
    if allowed and not any("://" in word for word in words):
        raise UsageError("--watch-allow is nothing without a bucket", do="Watch one: --watch s3://bucket/folder.")
    places: list[WatchedPlace] = []
    for word in words:
        if "://" in word:
            place = mirrored_places.checked_place(word)
            here = mirrored_places.emptied(folder / hashlib.sha256(place.encode("utf-8")).hexdigest()[:16])
            places.append(WatchedPlace(here, BucketReader(place, here, allowed, limits)))
        elif Path(word).is_dir():
            places.append(WatchedPlace(Path(word)))
        else:
            raise UsageError("there is no such folder to watch", where=word, do="Make it, or name another one.")
    return tuple(places)


def log_lines() -> logging.Handler:
    """One JSON object a line, on standard error: what went wrong by its kind, and no address of anybody's."""
    from cardwright.desk.measuring import JsonLines

    lines = logging.StreamHandler()
    lines.setFormatter(JsonLines())
    LOGGER.addHandler(lines)
    LOGGER.setLevel(logging.INFO)
    return lines


def require_passphrase(workers: int, log_key: Path | None) -> None:
    """Refuse several processes that would each ask for the passphrase of the log's key.

    Raises
    ------
    UsageError
        If it is not in the environment.
    """
    from cardwright.cli.witnessing import PASSPHRASE

    if workers > 1 and log_key is not None and not os.environ.get(PASSPHRASE):
        raise UsageError(
            f"several processes open the log's key, and {PASSPHRASE} is not set",
            do="Set it; they cannot each ask for it.",
        )


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
