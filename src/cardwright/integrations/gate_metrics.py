"""What a run of the gate measures for OpenTelemetry: its decision and time, its requirements, how far numbers are from limits.

A process that ends after one decision has nothing to add up: counts and times are sent as deltas. Names of people, words of
reasons and digests are no attributes; a number that was not measured has no point, and no point is not zero.

Source: OpenTelemetry's metrics data model; OTLP 1.x over HTTP with protobuf, and as JSON lines, as a collector reads files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from cardwright.errors import CardwrightError, MissingExtraError, StoreError, UsageError
from cardwright.record.verdict import STATUSES, Verdict

SECONDS = 5.0
"""The longest that a build waits for a collector."""
_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(frozen=True)
class MetricPoint:
    """One number for a collector."""

    name: str
    value: float
    unit: str
    kind: Literal["counter", "gauge", "histogram"] = "gauge"
    attributes: Mapping[str, str | int] = field(default_factory=dict)


def of_verdict(verdict: Verdict, subject: str, *, exit_code: int, seconds: float) -> tuple[MetricPoint, ...]:
    """What a decision measures.

    Parameters
    ----------
    subject
        Name and version of what was judged, with a space between.
    exit_code
        What the command ends with: an allowance by a dossier's own policy permits nothing.
    seconds
        How long the gate took.
    """
    name, _, version = subject.partition(" ")
    about = {
        "cardwright.subject.name": name,
        "cardwright.subject.version": version,
        "cardwright.policy.name": verdict.policy.name,
    }
    ended: dict[str, str | int] = {
        **about,
        "cardwright.gate.decision": verdict.decision,
        "cardwright.gate.exit_code": exit_code,
    }
    counts = verdict.counts
    points = [
        MetricPoint("cardwright.gate.decisions", 1, "{decision}", "counter", ended),
        MetricPoint("cardwright.gate.duration", seconds, "s", "histogram", ended),
        *(
            # Every status every time: else the last count of those that are none any more would stand for ever.
            MetricPoint(
                "cardwright.gate.requirements",
                counts.get(status, 0),
                "{requirement}",
                attributes={**about, "cardwright.requirement.status": status},
            )
            for status in (*STATUSES, "waived")
        ),
    ]
    for outcome in verdict.outcomes:
        distances = [one.distance for one in outcome.observations if one.distance is not None]
        if distances:
            of = {
                **about,
                "cardwright.requirement.id": outcome.requirement,
                "cardwright.requirement.level": outcome.level,
            }
            points.append(MetricPoint("cardwright.gate.requirement.distance", min(distances), "1", attributes=of))
    if verdict.valid_until is not None:
        # It holds through that day.
        end = datetime.fromisoformat(verdict.valid_until).replace(tzinfo=UTC) + timedelta(days=1)
        points.append(MetricPoint("cardwright.gate.valid_until", end.timestamp(), "s", attributes=about))
    return tuple(points)


def of_error(error: CardwrightError, *, seconds: float) -> tuple[MetricPoint, ...]:
    """What a gate measures that could not decide: an error is counted as a decision of its own, never left out."""
    ended: dict[str, str | int] = {
        "cardwright.gate.decision": "error",
        "cardwright.gate.exit_code": error.exit_code,
        "error.type": type(error).__name__,
    }
    return (
        MetricPoint("cardwright.gate.decisions", 1, "{decision}", "counter", ended),
        MetricPoint("cardwright.gate.duration", seconds, "s", "histogram", ended),
    )


def collected(points: tuple[MetricPoint, ...], version: str) -> Any:
    """The points as the SDK's `MetricsData`, of the service `cardwright`; `OTEL_RESOURCE_ATTRIBUTES` adds to its resource.

    Raises
    ------
    MissingExtraError
        If OpenTelemetry's SDK is not installed.
    """
    try:
        from opentelemetry.sdk import metrics
        from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
        from opentelemetry.sdk.resources import Resource
    except ImportError as exc:
        raise _missing() from exc
    deltas: dict[type, Any] = dict.fromkeys((metrics.Counter, metrics.Histogram), AggregationTemporality.DELTA)
    reader = InMemoryMetricReader(preferred_temporality=deltas)
    resource = Resource.create({"service.name": "cardwright", "service.version": version})
    provider = metrics.MeterProvider([reader], resource=resource, shutdown_on_exit=False)
    meter = provider.get_meter("cardwright.gate", version)
    made: dict[str, Any] = {}
    for point in points:
        if point.name not in made and point.kind == "counter":
            made[point.name] = meter.create_counter(point.name, unit=point.unit).add
        elif point.name not in made and point.kind == "histogram":
            histogram = meter.create_histogram(
                point.name, unit=point.unit, explicit_bucket_boundaries_advisory=list(_BUCKETS)
            )
            made[point.name] = histogram.record
        elif point.name not in made:
            made[point.name] = meter.create_gauge(point.name, unit=point.unit).set
        made[point.name](point.value, dict(point.attributes))
    data = reader.get_metrics_data()
    provider.shutdown()
    return data


def as_line(data: Any) -> bytes:
    """Collected metrics as one line of OTLP JSON, the form of the collector's file exporter and receiver.

    Raises
    ------
    MissingExtraError
        If OTLP's encoding is not installed.
    """
    try:
        from google.protobuf.json_format import MessageToJson
        from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
    except ImportError as exc:
        raise _missing() from exc
    # OTLP's JSON has enumerations as integers.
    text: str = MessageToJson(encode_metrics(data), use_integers_for_enums=True, indent=None)
    return text.encode("utf-8") + b"\n"


def endpoint_of(place: str) -> tuple[str, str, int] | None:
    """Address, host and port of a collector; None for anything that is no address, which is a file.

    Raises
    ------
    UsageError
        If it holds a password.

    Examples
    --------
    >>> endpoint_of("http://127.0.0.1:4318")
    ('http://127.0.0.1:4318/v1/metrics', '127.0.0.1', 4318)
    >>> endpoint_of("metrics.jsonl") is None
    True
    """
    parts = urlsplit(place)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    if parts.username is not None or parts.password is not None:
        raise UsageError("the address holds a password", do="Set OTEL_EXPORTER_OTLP_HEADERS instead.")
    address = place if parts.path.strip("/") else f"{place.rstrip('/')}/v1/metrics"
    return address, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def send(data: Any, address: str) -> None:
    """Send collected metrics to a collector, by OTLP over HTTP.

    Raises
    ------
    MissingExtraError
        If OTLP's exporter is not installed.
    StoreError
        If the collector has not taken them within `SECONDS`.
    """
    try:
        import requests
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.sdk.metrics.export import MetricExportResult
    except ImportError as exc:
        raise _missing() from exc
    session = requests.Session()
    session.hooks["response"] = [_refuse_redirect]
    exporter = OTLPMetricExporter(endpoint=address, timeout=SECONDS, session=session)
    try:
        taken = exporter.export(data) is MetricExportResult.SUCCESS
    finally:
        exporter.shutdown()
    if not taken:
        raise StoreError("the collector has not taken them", do="Is it running, and does it take OTLP over HTTP?")


def _refuse_redirect(response: Any, *_: object, **__: object) -> None:
    """The exporter follows no redirect, and takes the answer for success."""
    if 300 <= response.status_code < 400:
        import requests

        response.close()
        raise requests.TooManyRedirects("it sends elsewhere")


def _missing() -> MissingExtraError:
    return MissingExtraError("opentelemetry-exporter-otlp-proto-http", "gate-metrics", "metrics of the gate")
