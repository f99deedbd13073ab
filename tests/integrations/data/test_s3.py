"""Sources in a real S3 server on loopback: the same record as from local files, and one clear sentence for what goes wrong."""

import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("s3fs", reason="an object store's client has an environment of its own: .ci/run integrations")
pytest.importorskip("moto", reason="the S3 server has an environment of its own: .ci/run integrations")

import boto3
from tests.conftest import command
from tests.servers import free_port, running
from tests.small_plan import PLAN, rows, write_csv, write_plan

from cardwright.errors import SourceError
from cardwright.sources import remote_files
from cardwright.sources.remote_files import fetch

SECRET = "s3cr3t-of-nobody"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    port = free_port()
    serve = [str(Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    with running(serve, ready=f"http://127.0.0.1:{port}/moto-api/", log=tmp_path_factory.mktemp("moto") / "log"):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def store(endpoint, monkeypatch):
    """A client of the server, whose credentials and address are the environment's, as anybody's."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": endpoint, "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", endpoint_url=endpoint)
    client.create_bucket(Bucket="loans", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    yield client
    for one in client.list_objects_v2(Bucket="loans").get("Contents", ()):
        client.delete_object(Bucket="loans", Key=one["Key"])
    client.delete_bucket(Bucket="loans")


def everything_under(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_record_is_byte_for_byte_that_of_a_local_file_and_nothing_holds_a_credential(store, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795000000")
    local, away = tmp_path / "local", tmp_path / "away"
    for folder in (local, away):
        folder.mkdir()
        write_plan(folder, PLAN if folder is local else PLAN.replace("data.csv", "data.csv\n    at: s3://loans/2026/"))
    store.upload_file(str(away / "data.csv"), "loans", "2026/data.csv")
    (away / "data.csv").unlink()
    ran = [command("run", folder, "-o", tmp_path / f"out-{folder.name}") for folder in (local, away)]
    assert [one.code for one in ran] == [0, 0], ran
    records = [(tmp_path / f"out-{name}" / "record.json").read_bytes() for name in ("local", "away")]
    assert records[0] == records[1]
    facts = json.loads((tmp_path / "out-away" / "evidence" / "run.json").read_bytes())
    (fetched,) = facts["fetched"]
    assert fetched["place"] == "s3://loans/2026/data.csv"
    assert fetched["etag"] == store.head_object(Bucket="loans", Key="2026/data.csv")["ETag"].strip('"')
    assert not [name for name, data in everything_under(tmp_path / "out-away").items() if SECRET.encode() in data]
    assert SECRET not in ran[1].out + ran[1].err


def test_a_folder_of_parquet_files_is_fetched_whole_with_the_columns_that_its_folders_name(store, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from cardwright.sources.files import open_rows

    for year in (2025, 2026):
        place = tmp_path / "here" / f"year={year}"
        place.mkdir(parents=True)
        pq.write_table(pa.table({"approved": [0, 1, year]}), place / "part.parquet")
        store.upload_file(str(place / "part.parquet"), "loans", f"all/year={year}/part.parquet")
    got = tmp_path / "got"
    got.mkdir()
    assert len(fetch("s3://loans/", "all", got, name="test")) == 2
    assert open_rows(got / "all").sha256 == open_rows(tmp_path / "here").sha256


@pytest.mark.parametrize(
    ("at", "path", "why"),
    [
        ("s3://loans/", "nothing.csv", "there is no such object"),
        ("s3://nobodys-bucket/", "data.csv", "there is no such object"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(store, tmp_path, at, path, why):
    with pytest.raises(SourceError) as refused:
        fetch(at, path, tmp_path, name="test")
    assert why in str(refused.value)
    assert SECRET not in str(refused.value)


def test_a_listing_ends_at_its_bound_and_is_refused(store, tmp_path, monkeypatch):
    for n in range(12):
        store.put_object(Bucket="loans", Key=f"many/{n}.parquet", Body=b"x")
    asked = []
    monkeypatch.setattr(remote_files, "MAX_OBJECTS", 10)
    bounded = remote_files._bounded

    def counted(system, key):
        for one in bounded(system, key):
            asked.append(one)
            yield one

    monkeypatch.setattr(remote_files, "_bounded", counted)
    with pytest.raises(SourceError, match="holds more than 10 objects; the listing ended there"):
        fetch("s3://loans/", "many", tmp_path, name="test")
    assert len(asked) == 11


def test_an_object_that_changes_while_it_is_fetched_is_refused(store, tmp_path, monkeypatch):
    write_csv(tmp_path / "data.csv", rows(20))
    store.upload_file(str(tmp_path / "data.csv"), "loans", "data.csv")
    whole = remote_files._Store.opened

    def written_meanwhile(self, one):
        store.put_object(Bucket="loans", Key="data.csv", Body=b"another")
        return whole(self, one)

    monkeypatch.setattr(remote_files._Store, "opened", written_meanwhile)
    with pytest.raises(SourceError, match="it has changed while it was fetched"):
        fetch("s3://loans/", "data.csv", tmp_path, name="test")


def test_a_server_that_is_not_this_machine_s_is_reached_only_if_the_plan_opens_it(store, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://192.0.2.1:9000")
    with pytest.raises(SourceError, match=r"the plan opens no way to 192\.0\.2\.1"):
        fetch("s3://loans/", "data.csv", tmp_path, name="test")


def test_rights_that_are_missing_are_said_without_what_the_store_answered(store, tmp_path, monkeypatch):
    async def denied(self, key, **words):
        raise PermissionError(f"AccessDenied: {SECRET}")

    monkeypatch.setattr("s3fs.S3FileSystem._info", denied)
    with pytest.raises(SourceError, match="the store refuses to let it be read") as refused:
        fetch("s3://loans/", "data.csv", tmp_path, name="test")
    assert SECRET not in str(refused.value)


def test_an_environment_without_credentials_is_told_so(store, tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(SourceError, match=r"the store refuses|there is no such object|cannot be fetched"):
        fetch("s3://loans/", "data.csv", tmp_path, name="test")


def test_a_bucket_is_mirrored_and_no_name_leads_out_of_the_folder(store, tmp_path, monkeypatch):
    from cardwright.sources.mirrored_places import Mirror, mirrored

    folder = tmp_path / "copied"
    folder.mkdir()

    def look(before, **more):
        return mirrored("s3://loans/inbox", folder, before, **{"largest": 1000, "whole": 10_000, **more})

    store.put_object(Bucket="loans", Key="inbox/a/manifest.json", Body=b"{}")
    store.put_object(Bucket="loans", Key="inbox/../../out", Body=b"x")
    store.put_object(Bucket="loans", Key="inbox/a", Body=b"a file, and a folder, too")
    first = look(Mirror())
    assert (folder / "a" / "manifest.json").read_bytes() == b"{}"
    assert "'a': its name is that of a folder, too" in first.left_out
    assert not (tmp_path / "out").exists()
    assert any("leads out" in line for line in first.left_out)
    store.put_object(Bucket="loans", Key="inbox/b/manifest.json", Body=b"[]")
    second = look(first)
    assert (folder / "b" / "manifest.json").read_bytes() == b"[]"
    store.delete_object(Bucket="loans", Key="inbox/b/manifest.json")
    look(second)
    assert not (folder / "b" / "manifest.json").exists()
    nobody = mirrored("s3://nobodys-bucket/inbox", folder, Mirror(), largest=1, whole=1)
    assert "nothing is there" in nobody.left_out[0]
    with pytest.raises(SourceError, match=r"the desk may not reach 192\.0\.2\.1:9000.*--watch-allow"):
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://192.0.2.1:9000")
        look(Mirror())
