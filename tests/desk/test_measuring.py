"""Operators see how a desk is, by route and status, and nothing of anybody."""

import json
import logging

import pytest
from starlette.testclient import TestClient
from tests.desk.support import ORIGIN

from cardwright.cli.console import clock
from cardwright.desk import accounts, api, pages, web
from cardwright.desk.measuring import JsonLines, Measuring


def asked(desk, measuring):
    secret = "an-invitation-s-secret"
    with TestClient(web.application(desk, pages.routes, api.routes, measuring=measuring), base_url=ORIGIN) as client:
        client.get("/health")
        client.get(f"/join/{secret}")
        token = accounts.make_token(desk, "prometheus", ("metrics",), clock(), days=1)
        return secret, client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).text


def test_durations_are_counted_by_route_and_never_by_address(desk):
    secret, text = asked(desk, Measuring())
    assert 'cardwright_desk_request_seconds_count{method="GET",route="/health",status="200"} 1.0' in text
    assert 'route="/join/{invitation}",status="404"' in text
    assert "cardwright_desk_dossiers 0" in text
    assert secret not in text


def test_requests_are_traced_where_the_library_is_there(desk):
    sdk = pytest.importorskip("opentelemetry.sdk.trace", reason="traces need the extra desk-traces")
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    provider = sdk.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    secret, _ = asked(desk, Measuring(tracer=provider.get_tracer("desk")))
    spans = {span.name: dict(span.attributes) for span in kept.get_finished_spans()}
    assert spans["GET /health"] == {
        "http.request.method": "GET", "http.route": "/health", "http.response.status_code": 200,
    }  # fmt: skip
    assert secret not in str(spans)


def test_a_line_of_the_log_has_its_named_fields_and_no_others(desk, caplog):
    caplog.set_level(logging.INFO, logger="cardwright.desk")
    secret, _ = asked(desk, Measuring())
    lines = [JsonLines().format(one) for one in caplog.records if one.name == "cardwright.desk"]
    (refused,) = [json.loads(line) for line in lines]
    assert {**refused, "at": ""} == {
        "at": "", "level": "info", "what": "refused", "route": "/join/{invitation}", "status": 404,
        "kind": "NothingToCheckError",
    }  # fmt: skip
    record = logging.makeLogRecord({"name": "elsewhere", "msg": secret, "person": "ada", "levelname": "INFO"})
    assert secret not in JsonLines().format(record)
    assert "ada" not in JsonLines().format(record)
