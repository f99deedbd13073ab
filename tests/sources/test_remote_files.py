"""A file on a web server is fetched once, and only from where the plan opens the way; object stores: `tests/integrations/data`."""

import gc
import hashlib
import json
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, unquote, urlsplit

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


# --- WebHDFS, by the protocol's description: a small server of our own, since Hadoop is in no registry that tests install from --------


class NameNode(BaseHTTPRequestHandler):
    """Answers the three questions of WebHDFS that a reader asks; a file itself is elsewhere, at a data node."""

    def do_GET(self):
        address, query = urlsplit(self.path), parse_qs(urlsplit(self.path).query)
        if address.path.startswith("/datanode/"):
            body = self.server.tree[address.path.removeprefix("/datanode")]
            start = int(query.get("offset", ["0"])[0])
            return self._answer(200, body[start : start + int(query.get("length", [str(len(body))])[0])])
        path = unquote(address.path).removeprefix("/webhdfs/v1").rstrip("/")
        tree, op = self.server.tree, query["op"][0].upper()
        below = sorted({one[len(path) + 1 :].split("/")[0] for one in tree if one.startswith(f"{path}/")})
        if path == "/secret":
            return self._answer(403, self._said("AccessControlException"))
        if path not in tree and not below:
            return self._answer(404, self._said("FileNotFoundException"))
        if op == "OPEN":
            self.send_response(307)
            self.send_header("Location", f"http://{self.server.datanode}/datanode{path}?{address.query}")
            self.end_headers()
            return None
        if op == "GETFILESTATUS":
            return self._answer(200, json.dumps({"FileStatus": self._status(path, "")}).encode())
        listed = [self._status(f"{path}/{name}", name) for name in below] if below else [self._status(path, "")]
        return self._answer(200, json.dumps({"FileStatuses": {"FileStatus": listed}}).encode())

    def _status(self, path, name):
        body = self.server.tree.get(path)
        kind = "DIRECTORY" if body is None else "FILE"
        return {
            "pathSuffix": name,
            "type": kind,
            "length": len(body or b""),
            "modificationTime": self.server.times.get(path, 1),
        }

    def _said(self, exception):
        return json.dumps({"RemoteException": {"exception": exception, "message": "AKIAVERYSECRET"}}).encode()

    def _answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


@pytest.fixture
def hdfs():
    pytest.importorskip("fsspec", reason="WebHDFS needs the extra hdfs")
    pytest.importorskip("requests", reason="WebHDFS needs the extra hdfs")
    tree = {"/loans/data.csv": BODY, "/loans/all/year=2025/a.parquet": b"x", "/loans/all/year=2026/b.parquet": b"yy"}
    with serving(NameNode, tree=tree, times={}, datanode="") as running:
        running.datanode = f"127.0.0.1:{running.server_port}"
        yield running


def test_a_file_of_webhdfs_is_fetched_from_the_node_that_has_it_and_a_folder_whole(hdfs, tmp_path):
    at = f"webhdfs://127.0.0.1:{hdfs.server_port}/loans"
    (found,) = fetch(at, "data.csv", tmp_path, name="test")
    assert (tmp_path / "data.csv").read_bytes() == BODY
    assert (found.sha256, found.etag) == (hashlib.sha256(BODY).hexdigest(), "1")
    assert len(fetch(at, "all", tmp_path, name="test")) == 2
    assert (tmp_path / "all" / "year=2026" / "b.parquet").read_bytes() == b"yy"


def test_a_data_node_that_is_not_this_machine_s_is_reached_only_if_the_plan_opens_it(hdfs, tmp_path):
    hdfs.datanode = f"{FAR}:9864"
    with pytest.raises(SourceError, match=rf"the plan opens no way to {FAR}"):
        fetch(f"webhdfs://127.0.0.1:{hdfs.server_port}/loans", "data.csv", tmp_path, name="test")


@pytest.mark.parametrize(
    ("at", "path", "why"),
    [("loans", "nothing.csv", "there is no such object"), ("", "secret", "the store refuses to let it be read")],
)
def test_what_webhdfs_refuses_is_said_in_our_own_words(hdfs, tmp_path, at, path, why):
    with pytest.raises(SourceError, match=why) as refused:
        fetch(f"webhdfs://127.0.0.1:{hdfs.server_port}/{at}", path, tmp_path, name="test")
    assert "AKIAVERYSECRET" not in str(refused.value)


def test_a_folder_of_webhdfs_is_listed_no_further_than_its_bound(hdfs, tmp_path, monkeypatch):
    monkeypatch.setattr(remote_files, "MAX_OBJECTS", 1)
    with pytest.raises(SourceError, match="holds more than 1 objects; the listing ended there"):
        fetch(f"webhdfs://127.0.0.1:{hdfs.server_port}/loans", "all", tmp_path, name="test")


def test_of_hdfs_the_address_itself_has_to_be_open(tmp_path):
    with pytest.raises(SourceError, match=rf"the plan opens no way to {FAR}:8020"):
        fetch(f"hdfs://{FAR}/loans", "data.csv", tmp_path, name="test", allowed=[(FAR, 9000)])


def test_a_probe_for_a_workload_s_identity_is_not_taken_for_what_went_wrong():
    why = remote_files._why(FileNotFoundError(), "data.csv", ["169.254.169.254"])
    assert "there is no such object" in str(why)
    denied = remote_files._why(PermissionError(), "data.csv", ["169.254.169.254"])
    assert "allow 169.254.169.254 and its port, 80" in str(denied)
