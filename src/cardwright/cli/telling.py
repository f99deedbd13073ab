"""What the gate tells a collector of metrics. Whatever goes wrong here is one line on standard error and changes no exit code."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cardwright.cli.console import echo
from cardwright.errors import CardwrightError, UsageError

if TYPE_CHECKING:
    from cardwright.integrations.gate_metrics import MetricPoint

MetricsOption = Annotated[
    str | None,
    typer.Option(
        "--metrics",
        metavar="PLACE",
        help="Also tell OpenTelemetry: a file that OTLP JSON is added to, or a collector, e.g. http://127.0.0.1:4318.",
    ),
]
AllowOption = Annotated[
    list[str] | None,
    typer.Option("--allow", metavar="HOST:PORT", help="A collector beyond this machine that --metrics may reach."),
]


def tell(place: str, allow: Sequence[str], points: tuple[MetricPoint, ...]) -> None:
    """Send points to a collector, or add them to a file. Nothing is raised: the decision has been made."""
    try:
        _tell(place, allow, points)
    except CardwrightError as exc:
        echo(f"metrics were not written: {exc}", err=True)
    except Exception as exc:  # noqa: BLE001  a library's fault is no reason for another exit code; its message may hold an address
        echo(f"metrics were not written: {type(exc).__name__}", err=True)


def _tell(place: str, allow: Sequence[str], points: tuple[MetricPoint, ...]) -> None:
    from cardwright import __version__
    from cardwright.files import disk
    from cardwright.integrations import gate_metrics
    from cardwright.sources import network

    collector = gate_metrics.endpoint_of(place)
    if collector is None:
        disk.append_file(Path(place), gate_metrics.as_line(gate_metrics.collected(points, __version__)))
        return
    address, host, port = collector
    allowed = [network.destination(word) for word in allow]
    if not network.is_loopback(host) and (host, port) not in allowed:
        raise UsageError(f"{host}:{port} is beyond this machine", do=f"Allow it: --allow {host}:{port}.")
    # The exporter logs each attempt, with the address; what came of it is told below in one line.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    with network.guard(allowed=allowed):
        gate_metrics.send(gate_metrics.collected(points, __version__), address)
