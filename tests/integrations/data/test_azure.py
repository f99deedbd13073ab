"""Sources in Azurite, Microsoft's own server of Azure Storage for tests, on loopback: read by the real client."""

import shutil

import pytest

pytest.importorskip("adlfs", reason="an object store's client has an environment of its own: .ci/run integrations")

from adlfs import AzureBlobFileSystem
from tests.servers import free_port, running

from cardwright.errors import SourceError
from cardwright.sources import remote_files
from cardwright.sources.remote_files import fetch

KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="  # published: everybody's
)
BODY = b"id,approved\n" + b"1,0\n2,1\n" * 50_000


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    found, port = shutil.which("azurite-blob"), free_port()
    if found is None:
        pytest.skip("no azurite-blob on the path: npm install azurite")
    place = f"127.0.0.1:{port}"
    serve = [found, "--blobHost", "127.0.0.1", "--blobPort", str(port), "--inMemoryPersistence", "--silent",
             "--skipApiVersionCheck", "--disableTelemetry"]  # fmt: skip
    told = f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={KEY};BlobEndpoint=http://{place}/devstoreaccount1;"
    with running(serve, ready=f"http://{place}/", log=tmp_path_factory.mktemp("azurite") / "log"):
        store = AzureBlobFileSystem(connection_string=told)
        store.mkdir("loans")
        store.pipe("loans/2026/data.csv", BODY)
        for n in range(12):
            store.pipe(f"loans/many/{n}.parquet", b"x")
        yield told


@pytest.fixture
def store(settings, monkeypatch):
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", settings)
    return AzureBlobFileSystem(connection_string=settings, skip_instance_cache=True, use_listings_cache=False)


@pytest.mark.parametrize(
    "at", ["abfs://loans/2026/", "az://loans/2026/", "abfs://loans@devstoreaccount1.dfs.core.windows.net/2026/"]
)
def test_an_object_is_fetched_with_its_etag(store, tmp_path, at):
    (found,) = fetch(at, "data.csv", tmp_path, name="test")
    assert (tmp_path / "data.csv").read_bytes() == BODY
    assert found.etag == store.info("loans/2026/data.csv")["etag"].strip('"')


def test_a_folder_is_fetched_whole(store, tmp_path):
    assert len(fetch("abfs://loans/", "many", tmp_path, name="test")) == 12


@pytest.mark.parametrize("at", ["abfs://loans/", "abfs://nobodyscontainer/"])
def test_what_is_not_there_is_said_in_one_sentence(store, tmp_path, at):
    with pytest.raises(SourceError, match="there is no such object"):
        fetch(at, "nothing.csv", tmp_path, name="test")


def test_a_listing_ends_at_its_bound(store, tmp_path, monkeypatch):
    monkeypatch.setattr(remote_files, "MAX_OBJECTS", 10)
    with pytest.raises(SourceError, match="holds more than 10 objects; the listing ended there"):
        fetch("abfs://loans/", "many", tmp_path, name="test")


def test_a_wrong_key_is_told_and_not_repeated(store, settings, tmp_path, monkeypatch):
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", settings.replace("Eby8", "Abcd"))
    with pytest.raises(SourceError, match="the store refuses to let it be read") as refused:
        fetch("abfs://loans/2026/", "data.csv", tmp_path, name="test")
    assert "Abcd8" not in str(refused.value)


def test_a_server_that_is_not_this_machine_s_is_refused_before_its_client_tries_for_minutes(
    store, settings, tmp_path, monkeypatch
):
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", settings.replace("127.0.0.1", "192.0.2.1"))
    with pytest.raises(SourceError, match=r"the plan opens no way to 192\.0\.2\.1"):
        fetch("abfs://loans/2026/", "data.csv", tmp_path, name="test")
