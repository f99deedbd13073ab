"""JSON of other tools: one value, a value a line or a folder of files, each entry with its place."""

import pytest

from cardwright.errors import SourceError
from cardwright.sources.results import json_files


def written(path, data):
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "data", "places"),
    [
        ("x.jsonl", b'{"a": 1}\n{"a": 2}\n', ["x:1", "x:2"]),
        ("x.NDJSON", b'{"a": 1}\n{"a": 2}', ["x:1", "x:2"]),
        ("x.json", b'[{"a": 1}, {"a": 2}]', ["x, entry 1", "x, entry 2"]),
        ("x.json", b'\xef\xbb\xbf[{"a": 1}, {"a": 2}]', ["x, entry 1", "x, entry 2"]),
    ],
)
def test_objects_come_in_their_order_with_their_place(tmp_path, name, data, places):
    found = [*json_files.json_objects(written(tmp_path / name, data), "x")]
    assert found == [(place, {"a": number}) for number, place in enumerate(places, 1)]


def test_one_object_is_a_list_of_one_and_an_empty_list_none(tmp_path):
    assert [*json_files.json_objects(written(tmp_path / "x.json", b"{}"), "x")] == [("x, entry 1", {})]
    assert [*json_files.json_objects(written(tmp_path / "x.json", b"[]"), "x")] == []


def test_an_entry_that_is_no_object_is_named(tmp_path):
    path = written(tmp_path / "x.json", b'[{}, "Ada Lovelace"]')
    with pytest.raises(SourceError, match=r"^x, entry 2: an entry is not an object") as stopped:
        [*json_files.json_objects(path, "x")]
    assert "Ada" not in str(stopped.value)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe{}", b'{"a": 1} {"b": 2}'])
def test_what_is_not_whole_json_is_refused(tmp_path, data):
    with pytest.raises(SourceError, match="not whole JSON in UTF-8"):
        json_files.json_value(written(tmp_path / "x.json", data), "x")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(json_files, "MAX_FILE", 3)
    assert json_files.json_value(written(tmp_path / "x.json", b"[1]"), "x") == [1]
    with pytest.raises(SourceError, match="the file is larger than"):
        json_files.json_value(written(tmp_path / "x.json", b"[12]"), "x")


def test_the_files_of_a_folder_come_by_their_names_whatever_the_case_of_their_endings(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.JSON", "a.txt", "sub/c.json", "a.jsonl"):
        (tmp_path / name).write_text("{}")
    found = json_files.files_below(tmp_path, "run", ".json", ".jsonl")
    assert [where for _, where in found] == ["run/a.jsonl", "run/b.JSON", "run/sub/c.json"]
    assert json_files.files_below(tmp_path / "a.txt", "run", ".json") == [(tmp_path / "a.txt", "run")]
    with pytest.raises(SourceError, match=r"no file with the ending \.csv or \.tsv"):
        json_files.files_below(tmp_path, "run", ".csv", ".tsv")
