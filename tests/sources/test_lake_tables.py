"""Which folders are tables of a lake, and what of them is refused before a library reads it; the rest: tests/integrations/spark."""

import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cardwright.errors import MissingExtraError, SourceError
from cardwright.sources.copied_rows import open_any
from cardwright.sources.lake_tables import _current_metadata, _require_inside, format_of


def folder(path, *files):
    for name in files:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text("{}")
    return path


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["_delta_log/00000000000000000000.json", "a.parquet"], "delta"),
        (["metadata/00001-a.metadata.json", "data/a.parquet"], "iceberg"),
        (["metadata/about.json", "a.parquet"], None),
        (["a.parquet"], None),
    ],
)
def test_a_table_is_known_by_its_log(tmp_path, files, found):
    assert format_of(folder(tmp_path, *files)) == found


@pytest.mark.parametrize(
    ("library", "kind", "file"),
    [
        ("deltalake", "a Delta table", "_delta_log/00000000000000000000.json"),
        ("pyiceberg.table", "an Iceberg table", "metadata/v1.metadata.json"),
    ],
)
def test_without_its_library_a_table_is_never_read_as_a_folder_of_files(tmp_path, monkeypatch, library, kind, file):
    """Files of earlier versions lie in the same folder, so all of its files are not the table."""
    monkeypatch.setitem(sys.modules, library, None)
    folder(tmp_path, file)
    pq.write_table(pa.table({"deleted": [1]}), tmp_path / "a.parquet")
    with pytest.raises(MissingExtraError, match=f"{kind} needs .*") as caught:
        open_any(tmp_path, where="loans")
    assert "[lake]" in str(caught.value)


@pytest.mark.parametrize("version", ["x", "-1", "1.5", "1" * 30])
def test_a_version_is_a_whole_number(tmp_path, version):
    with pytest.raises(SourceError, match="a version of a table is a whole number"):
        open_any(folder(tmp_path, "_delta_log/0.json"), where="loans", version=version)


@pytest.mark.parametrize(
    "place", ["x.parquet", "a=1/x%20y.parquet", "{0}/x.parquet", "file://{0}/a%20b/x.parquet", "file:{0}/x.parquet"]
)
def test_a_file_inside_the_folder_is_read(tmp_path, place):
    assert _require_inside(place.format(tmp_path), tmp_path, "t").is_relative_to(tmp_path)


@pytest.mark.parametrize(
    "place",
    [
        "/etc/passwd",
        "../x.parquet",
        "%2e%2e/x.parquet",
        "{0}/../x.parquet",
        "file:///etc/passwd",
        "s3://bucket/x.parquet",
        "file://{0}/%2e%2e/x",
        "http://h/x",
    ],
)
def test_a_file_outside_the_folder_is_refused(tmp_path, place):
    with pytest.raises(SourceError, match="its log names files outside its folder"):
        _require_inside(place.format(tmp_path), tmp_path, "t")


def test_the_current_metadata_is_the_one_that_the_hint_names_or_the_newest(tmp_path):
    folder(tmp_path, "00000-a.metadata.json", "00002-b.metadata.json", "00010-c.metadata.json")
    assert _current_metadata(tmp_path, "t").name == "00010-c.metadata.json"
    folder(tmp_path, "v1.metadata.json", "v2.metadata.json")
    (tmp_path / "version-hint.text").write_text("1\n")
    assert _current_metadata(tmp_path, "t").name == "v1.metadata.json"


def test_two_metadata_of_one_number_are_refused_with_what_to_do(tmp_path):
    folder(tmp_path, "00002-a.metadata.json", "00002-b.metadata.json")
    with pytest.raises(SourceError, match=r"two have the highest number.*Ask its catalog, and name that file"):
        _current_metadata(tmp_path, "t")
