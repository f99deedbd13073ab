"""`gate --metrics`: what a collector gets by the real SDK, and that whatever goes wrong changes neither answer nor exit code."""

import json
import threading
from http.server import BaseHTTPRequestHandler

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")
pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="metrics need the extra gate-metrics")

from tests.servers import free_port, serving

from cardwright.integrations import gate_metrics


class Collector(BaseHTTPRequestHandler):
    """Keeps what it was sent, and answers as it was told to."""

    def do_POST(self):
        self.server.got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


def points_in(lines):
    """Values by the name of their metric and their attributes, from OTLP JSON."""
    found = {}
    for line in lines:
        for of_scope in json.loads(line)["resourceMetrics"][0]["scopeMetrics"]:
            for metric in of_scope["metrics"]:
                data = metric.get("sum") or metric.get("gauge") or metric.get("histogram")
                for point in data["dataPoints"]:
                    attributes = {a["key"]: next(iter(a["value"].values())) for a in point["attributes"]}
                    value = point.get("asDouble", point.get("asInt", point.get("count")))
                    found.setdefault(metric["name"], []).append((attributes, float(value)))
    return found


@pytest.fixture
def judged(small_once):
    """The gate's words and what it says without metrics."""
    return ("gate", small_once / "out", "--policy", "production")


def test_a_file_gets_one_line_of_otlp_json_for_each_run(cli, judged, tmp_path):
    plain = cli(*judged)
    place = tmp_path / "metrics.jsonl"
    for _ in range(2):
        ran = cli(*judged, "--metrics", place)
        assert (ran.code, ran.out, ran.err) == (plain.code, plain.out, plain.err)
    first, second = place.read_bytes().splitlines()
    told = points_in([first])
    ((attributes, value),) = told["cardwright.gate.decisions"]
    assert (value, attributes["cardwright.gate.decision"], attributes["cardwright.gate.exit_code"]) == (
        1,
        "refused",
        "1",
    )
    assert sum(value for _, value in told["cardwright.gate.requirements"]) > 5
    assert points_in([first, second]).keys() == told.keys()
    assert (
        json.loads(first)["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]["sum"]["aggregationTemporality"] == 1
    )


def test_a_collector_on_this_machine_gets_them_by_otlp_over_http(cli, judged):
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    plain = cli(*judged)
    with serving(Collector, got=[], status=200, headers={}) as collector:
        ran = cli(*judged, "--metrics", f"http://127.0.0.1:{collector.server_port}")
    assert (ran.code, ran.out, ran.err) == (plain.code, plain.out, plain.err)
    ((path, body),) = collector.got
    assert path == "/v1/metrics"
    (resource,) = ExportMetricsServiceRequest.FromString(body).resource_metrics
    metrics = {metric.name for scope in resource.scope_metrics for metric in scope.metrics}
    assert {"cardwright.gate.decisions", "cardwright.gate.duration", "cardwright.gate.requirements"} <= metrics
    service = {a.key: a.value.string_value for a in resource.resource.attributes}
    assert service["service.name"] == "cardwright"
    assert not {key for key in service if key.startswith(("host.", "process.", "os."))}


def test_nothing_is_reached_or_written_unless_a_place_is_given(cli, judged, monkeypatch, tmp_path):
    with serving(Collector, got=[], status=200, headers={}) as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
        cli(*judged)
    assert collector.got == []


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("http://127.0.0.1:{port}", "the collector has not taken them"),
        ("http://192.0.2.1:4318", "--allow 192.0.2.1:4318"),
        ("https://me:secret@192.0.2.1:4318", "password"),
        ("{folder}/none/metrics.jsonl", "metrics were not written"),
    ],
)
def test_a_place_that_takes_none_is_told_and_changes_neither_answer_nor_exit_code(
    cli, judged, tmp_path, monkeypatch, place, said
):
    monkeypatch.setattr(gate_metrics, "SECONDS", 0.5)
    plain = cli(*judged)
    ran = cli(*judged, "--metrics", place.format(port=free_port(), folder=tmp_path))
    assert (ran.code, ran.out) == (plain.code, plain.out)
    assert said in ran.err
    assert "secret" not in ran.err


@pytest.mark.parametrize("status", [400, 503])
def test_a_collector_that_refuses_them_changes_no_exit_code(cli, judged, monkeypatch, status):
    monkeypatch.setattr(gate_metrics, "SECONDS", 0.5)
    with serving(Collector, got=[], status=status, headers={}) as collector:
        ran = cli(*judged, "--metrics", f"http://127.0.0.1:{collector.server_port}")
    assert ran.code == 1
    assert "the collector has not taken them" in ran.err
    assert collector.got


def test_a_collector_that_sends_elsewhere_is_not_followed_beyond_this_machine(cli, judged, monkeypatch):
    monkeypatch.setattr(gate_metrics, "SECONDS", 0.5)
    elsewhere = {"Location": "http://192.0.2.1:4318/v1/metrics"}
    with serving(Collector, got=[], status=307, headers=elsewhere) as collector:
        ran = cli(*judged, "--metrics", f"http://127.0.0.1:{collector.server_port}")
    assert ran.code == 1
    assert "the collector has not taken them" in ran.err
    assert len(collector.got) == 1


def test_a_dossier_that_cannot_be_judged_is_counted_as_an_error(cli, small, tmp_path):
    (small / "out" / "record.json").write_bytes(b"{}")
    place = tmp_path / "metrics.jsonl"
    ran = cli("gate", small / "out", "--policy", "production", "--metrics", place)
    assert ran.code == 3
    ((attributes, _),) = points_in(place.read_bytes().splitlines())["cardwright.gate.decisions"]
    assert attributes["cardwright.gate.decision"] == "error"
    assert attributes["cardwright.gate.exit_code"] == "3"


def test_without_the_library_the_gate_decides_and_says_what_to_install(cli, judged, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.metrics.export", None)
    ran = cli(*judged, "--metrics", tmp_path / "m.jsonl")
    assert ran.code == 1
    assert "gate-metrics" in ran.err
    assert not (tmp_path / "m.jsonl").exists()


def test_no_thread_is_left_behind(cli, judged, tmp_path):
    before = threading.active_count()
    cli(*judged, "--metrics", tmp_path / "m.jsonl")
    assert threading.active_count() == before
