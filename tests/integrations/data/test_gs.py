"""Sources in a server that speaks Google Cloud Storage, on loopback: read by the real client, over sockets that the guard sees."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("gcsfs", reason="an object store's client has an environment of its own: .ci/run integrations")
pytest.importorskip("gcp_storage_emulator", reason="the server has an environment of its own: .ci/run integrations")

from gcsfs.core import GCSFileSystem
from tests.servers import free_port, running

from cardwright.errors import SourceError
from cardwright.sources import remote_files
from cardwright.sources.files import open_rows
from cardwright.sources.remote_files import fetch

BODY = b"id,approved\n" + b"1,0\n2,1\n" * 50_000


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    port = free_port()
    program = str(Path(sys.executable).parent / "gcp-storage-emulator")
    serve = [program, "start", "--host=127.0.0.1", f"--port={port}", "--in-memory"]
    with running(serve, ready=f"http://127.0.0.1:{port}/", log=tmp_path_factory.mktemp("gcs") / "log"):
        store = GCSFileSystem(token="anon", project="test", endpoint_url=f"http://127.0.0.1:{port}")
        store.mkdir("loans")
        store.pipe("loans/2026/data.csv", BODY)
        for n in range(12):
            store.pipe(f"loans/many/{n}.parquet", b"x")
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def store(address, monkeypatch):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "test")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
    return GCSFileSystem(token="anon", project="test", endpoint_url=address, skip_instance_cache=True)


def test_an_object_is_fetched_with_its_etag_and_generation(store, tmp_path):
    (found,) = fetch("gs://loans/2026/", "data.csv", tmp_path, name="test")
    assert (tmp_path / "data.csv").read_bytes() == BODY
    assert found.etag == store.info("loans/2026/data.csv")["etag"].strip('"')
    assert found.version == str(store.info("loans/2026/data.csv")["generation"])
    assert open_rows(tmp_path / "data.csv").num_rows == 100_000


def test_a_folder_is_fetched_whole(store, tmp_path):
    assert len(fetch("gs://loans/", "many", tmp_path, name="test")) == 12


@pytest.mark.parametrize("at", ["gs://loans/", "gs://nobodys-bucket/"])
def test_what_is_not_there_is_said_in_one_sentence(store, tmp_path, at):
    with pytest.raises(SourceError, match="there is no such object"):
        fetch(at, "nothing.csv", tmp_path, name="test")


def test_a_listing_ends_at_its_bound_page_by_page(store, tmp_path, monkeypatch):
    monkeypatch.setattr(remote_files, "MAX_OBJECTS", 10)
    with pytest.raises(SourceError, match="holds more than 10 objects; the listing ended there"):
        fetch("gs://loans/", "many", tmp_path, name="test")


def test_an_object_that_changes_while_it_is_fetched_is_refused(store, tmp_path, monkeypatch):
    whole = remote_files._Store.opened

    def written_meanwhile(self, one):
        store.pipe("loans/2026/changing.csv", b"another")
        return whole(self, one)

    store.pipe("loans/2026/changing.csv", BODY)
    monkeypatch.setattr(remote_files._Store, "opened", written_meanwhile)
    with pytest.raises(SourceError, match="it has changed while it was fetched"):
        fetch("gs://loans/2026/", "changing.csv", tmp_path, name="test")


def test_a_server_that_is_not_this_machine_s_is_refused_before_its_client_tries_for_minutes(
    store, tmp_path, monkeypatch
):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://192.0.2.1:9000")
    with pytest.raises(SourceError, match=r"the plan opens no way to 192\.0\.2\.1:9000"):
        fetch("gs://loans/2026/", "data.csv", tmp_path, name="test")
