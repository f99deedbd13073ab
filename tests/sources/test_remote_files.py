"""A file on a web server is fetched once, and only from where the plan opens the way; object stores: `tests/integrations/data`."""

import gc
import hashlib
import json
from http.server import BaseHTTPRequestHandler

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.servers import serving
from tests.small_plan import PLAN, write_plan

from cardwright.errors import MissingExtraError, SourceError
from cardwright.record.provenance import FetchedObject
from cardwright.sources import remote_files
from cardwright.sources.remote_files import fetch

FAR = "192.0.2.1"  # TEST-NET-1 of RFC 5737: nobody's
BODY = b"id,approved\n1,0\n2,1\n"


class Files(BaseHTTPRequestHandler):
    """Serves what its server's `files` hold, as (status, body, ETag by request)."""

    def do_HEAD(self):
        self._answer(False)

    def do_GET(self):
        self._answer(True)

    def _answer(self, whole):
        status, body, etags = self.server.files.get(self.path, (404, b"", ["x"]))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/loans/data.csv")
        self.send_header("ETag", etags.pop(0) if len(etags) > 1 else etags[0])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if whole:
            self.wfile.write(body)

    def log_message(self, *words):
        pass


@pytest.fixture
def files():
    """What the server has."""
    return {
        "/loans/data.csv": (200, BODY, ["one"]),
        "/loans/a%20file.csv": (200, BODY, ["one"]),
        "/loans/secret.csv": (403, b"<Key>AKIAVERYSECRET</Key>", ["x"]),
        "/loans/moved.csv": (302, b"", ["x"]),
        "/loans/changed.csv": (200, BODY, ["one", "two", "two"]),
        "/loans/broken.csv": (500, b"AKIAVERYSECRET", ["x"]),
    }


@pytest.fixture
def web(files):
    with serving(Files, files=files) as running:
        yield f"http://127.0.0.1:{running.server_port}/loans/"


def test_a_file_is_fetched_to_its_own_path_with_digest_size_and_what_the_server_calls_it(web, tmp_path):
    (found,) = fetch(web, "data.csv", tmp_path, name="test")
    assert (tmp_path / "data.csv").read_bytes() == BODY
    sha256 = hashlib.sha256(BODY).hexdigest()
    assert found == FetchedObject(source="test", place=f"{web}data.csv", sha256=sha256, size=len(BODY), etag="one")


def test_a_path_with_blanks_is_asked_for_as_the_web_writes_it(web, tmp_path):
    fetch(web, "a file.csv", tmp_path, name="test")
    assert (tmp_path / "a file.csv").read_bytes() == BODY


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("nothing.csv", "there is no such object"),
        ("secret.csv", "the store refuses to let it be read"),
        ("moved.csv", "cannot be fetched"),
        ("changed.csv", "it has changed while it was fetched"),
        ("broken.csv", "cannot be fetched"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_none_of_the_server_s(web, tmp_path, path, why):
    with pytest.raises(SourceError) as refused:
        fetch(web, path, tmp_path, name="test")
    assert why in str(refused.value)
    assert "AKIA" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_what_lies_beyond_this_machine_is_not_reached_unless_the_plan_opens_that_host_and_port(tmp_path):
    for allowed in ((), [(FAR, 443)]):
        with pytest.raises(SourceError) as refused:
            fetch(f"http://{FAR}:9/loans/", "data.csv", tmp_path, name="test", allowed=allowed)
        assert f"the plan opens no way to {FAR}" in str(refused.value)
        assert "network: {allow: [host:port]}" in str(refused.value)


def test_an_object_larger_than_the_disk_is_refused_before_a_byte_of_it(web, tmp_path, monkeypatch):
    monkeypatch.setattr(remote_files.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 3}))
    with pytest.raises(SourceError, match="has less room"):
        fetch(web, "data.csv", tmp_path, name="test")
    assert not (tmp_path / "data.csv").exists()


def test_a_server_that_is_gone_is_said_to_be(tmp_path):
    with pytest.raises(SourceError, match="cannot be fetched"):
        fetch("http://127.0.0.1:9/loans/", "data.csv", tmp_path, name="test")


def test_a_store_whose_library_is_not_installed_names_the_extra(tmp_path, monkeypatch):
    import builtins

    real = builtins.__import__

    def without(name, *words, **more):
        if name in ("fsspec", "gcsfs"):
            raise ImportError(name)
        return real(name, *words, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match="needs the library gcsfs"):
        fetch("gs://loans/", "data.csv", tmp_path, name="test")


def test_a_client_that_no_guard_sees_is_not_even_started_without_an_allowance(tmp_path):
    with pytest.raises(SourceError, match=r"opens no way to namenode\.example\.org:8020"):
        fetch(
            "hdfs://namenode.example.org/loans/",
            "data.csv",
            tmp_path,
            name="test",
            allowed=[("other.example.org", 8020)],
        )


def test_a_run_prints_what_the_plan_opens_and_leaves_no_copy_behind(cli, web, files, tmp_path, monkeypatch):
    (tmp_path / "plan").mkdir()
    (tmp_path / "temporary").mkdir()
    plan = PLAN.replace("data.csv", f"rows.csv\n    at: {web}") + "network: {allow: ['loans.example.org:443']}\n"
    folder = write_plan(tmp_path / "plan", plan)
    files["/loans/rows.csv"] = (200, (folder / "data.csv").read_bytes(), ["one"])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    ran = cli("run", folder, "-o", tmp_path / "out")
    assert ran.code == 0, ran
    assert "Open while test is fetched: loans.example.org:443" in ran.out
    facts = json.loads((tmp_path / "out" / "evidence" / "run.json").read_bytes())
    assert facts["opened_to"] == ["loans.example.org:443"]
    assert [one["place"] for one in facts["fetched"]] == [f"{web}rows.csv"]
    gc.collect()
    assert not list((tmp_path / "temporary").rglob("rows.csv"))
