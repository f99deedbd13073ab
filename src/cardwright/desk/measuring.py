"""What operators see of a desk: durations for Prometheus, traces for OpenTelemetry, logs as JSON; of nobody in particular.

A request is told by its route (`/dossiers/{manifest}`), never by its address: an address can hold an invitation's secret.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Histogram, generate_latest

from cardwright.files import disk

FIELDS = ("route", "status", "kind", "why")
"""What an entry of the log may hold beside its moment, its level and what happened."""


@dataclass
class Request:
    """A request that is being answered."""

    status: int = 500


@dataclass(frozen=True)
class Measuring:
    """The counts of one process, since it began."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    tracer: Any = None
    """An OpenTelemetry tracer; None where none is installed."""
    worker: str = ""
    """Which of several processes behind one port it is; empty where there is one."""
    beside: Path | None = None
    """The folder in which those processes leave their counts for each other: whichever is asked answers for all."""
    durations: Histogram = field(init=False)

    def __post_init__(self) -> None:
        """Make the histogram in the registry."""
        words = "Seconds until a request was answered, by route."
        of = ("worker",) if self.worker else ()
        made = Histogram(
            "cardwright_desk_request_seconds", words, (*of, "route", "method", "status"), registry=self.registry
        )
        object.__setattr__(self, "durations", made)

    @contextmanager
    def request(self, route: str, method: str) -> Iterator[Request]:
        """Measure one; its status is written into what this gives."""
        asked = Request()
        began = time.perf_counter()
        span: AbstractContextManager[Any] = (
            self.tracer.start_as_current_span(f"{method} {route}") if self.tracer is not None else nullcontext()
        )
        with span as current:
            try:
                yield asked
            finally:
                of = (self.worker,) if self.worker else ()
                self.durations.labels(*of, route, method, str(asked.status)).observe(time.perf_counter() - began)
                if current is not None:
                    said = {"http.request.method": method, "http.route": route}
                    current.set_attributes({**said, "http.response.status_code": asked.status})

    def text(self) -> str:
        """As Prometheus reads it: of this process, and of those beside it as they left it last."""
        mine = generate_latest(self.registry).decode("utf-8")
        if self.beside is None:
            return mine
        others = [one for one in sorted(self.beside.glob("*.prom")) if one.stem != self.worker]
        return merged([mine, *(one.read_text(encoding="utf-8") for one in others)])

    def leave(self) -> None:
        """Leave the counts for the processes beside it."""
        if self.beside is not None:
            disk.write_file(self.beside / f"{self.worker}.prom", generate_latest(self.registry))


def merged(texts: Iterable[str]) -> str:
    """Several texts in the form that Prometheus reads as one: it wants the lines of a metric together.

    >>> print(merged(["# TYPE a counter\\na{worker=\\"1\\"} 2\\n", "# TYPE a counter\\na{worker=\\"2\\"} 3\\n"]), end="")
    # TYPE a counter
    a{worker="1"} 2
    a{worker="2"} 3
    """
    heads: dict[str, list[str]] = {}
    samples: dict[str, list[str]] = {}
    for text in texts:
        name = ""
        for line in text.splitlines():
            if line.startswith("# "):
                name = line.split(" ", 3)[2]
                if line not in heads.setdefault(name, []):
                    heads[name].append(line)
            elif line:
                samples.setdefault(name, []).append(line)
    return "".join(f"{line}\n" for name in heads for line in (*heads[name], *samples.get(name, ())))


def tracer() -> Any:
    """The tracer of whatever OpenTelemetry set-up the process was started with; None where the library is not installed."""
    if find_spec("opentelemetry") is None:
        return None
    from opentelemetry import trace  # noqa: PLC0415  a library that may not be there

    return trace.get_tracer("cardwright.desk")


class JsonLines(logging.Formatter):
    """One JSON object for each entry, of fields that are named here and no others: a message's arguments could hold anything."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        said = {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        what = record.msg if record.name.startswith("cardwright") and isinstance(record.msg, str) else record.name
        return json.dumps({"at": at, "level": record.levelname.lower(), "what": what, **said}, ensure_ascii=False)
