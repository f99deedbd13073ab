"""Marked texts of three publishers read alike; a mark outside of its text, or without a label, names its line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.errors import SourceError
from cardwright.sources.labelled_spans import MarkedSpan, MarkedText, read_marked_texts

ADA = MarkedText("Ada called", (MarkedSpan(0, 3, "PERSON"),))
SHAPES = {
    "ours": {"text": "Ada called", "spans": [{"start": 0, "end": 3, "label": "PERSON"}]},
    "kind": {"text": "Ada called", "spans": [{"start": 0, "end": 3, "kind": "PERSON"}]},
    "presidio-research": {
        "full_text": "Ada called", "masked": "{{p}} called",
        "spans": [{"entity_type": "PERSON", "entity_value": "Ada", "start_position": 0, "end_position": 3}],
    },
    "ai4privacy": {"source_text": "Ada called", "privacy_mask": [{"value": "Ada", "start": 0, "end": 3, "label": "PERSON"}]},
    "ai4privacy, spans as text": {"source_text": "Ada called", "span_labels": '[[0, 3, "PERSON"]]'},
}  # fmt: skip


def write(path, *rows, form="lines"):
    text = json.dumps(rows) if form == "list" else "\n".join(json.dumps(row) for row in rows) + "\n"
    path.write_text(text, encoding="utf-8")
    return read_marked_texts(path, "marks.jsonl")


@pytest.mark.parametrize("form", ["lines", "list"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_reads_alike(tmp_path, shape, form):
    empty = {"text": "nothing", "spans": []}
    assert write(tmp_path / "m", SHAPES[shape], empty, form=form) == (ADA, MarkedText("nothing", ()))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"spans": []}, "no text"),
        ({"text": "Ada"}, "nothing says what is marked"),
        ({"text": "Ada", "spans": [{"start": 0, "end": 9, "label": "PERSON"}]}, "outside of the text's 3 characters"),
        ({"text": "Ada", "spans": [{"start": 2, "end": 2, "label": "PERSON"}]}, "outside"),
        ({"text": "Ada", "spans": [{"start": 0, "end": 3}]}, "no start, end and label"),
        ({"text": "Ada", "spans": [{"start": True, "end": 3, "label": "P"}]}, "no start, end and label"),
        ({"text": "Ada", "spans": "Ada"}, "not a list|nothing"),
        ([1], "no text"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_and_not_repeated(tmp_path, row, said):
    if row == {"text": "Ada", "spans": "Ada"}:
        row = {"text": "Ada", "spans": {"a": 1}}
    with pytest.raises(SourceError, match=said) as caught:
        write(tmp_path / "m", SHAPES["ours"], row)
    assert "line 2" in str(caught.value) and "Ada" not in str(caught.value.what)


def test_files_that_hold_no_marks_are_refused(tmp_path):
    (tmp_path / "no.jsonl").write_text("\n\n")
    with pytest.raises(SourceError, match="no marked texts"):
        read_marked_texts(tmp_path / "no.jsonl", "no.jsonl")
    (tmp_path / "no.jsonl").write_text('{"text": "a", "spans": []}\nnot json\n')
    with pytest.raises(SourceError, match="not JSON") as caught:
        read_marked_texts(tmp_path / "no.jsonl", "no.jsonl")
    assert "line 2" in str(caught.value)
    (tmp_path / "no.jsonl").write_bytes(b'{"text": "\xff"}')
    with pytest.raises(SourceError, match="UTF-8"):
        read_marked_texts(tmp_path / "no.jsonl", "no.jsonl")


@given(st.text(min_size=1, max_size=30), st.data())
def test_what_is_written_is_read(tmp_path_factory, text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    row = {"text": text, "spans": [{"start": start, "end": end, "label": "X"}]}
    path = tmp_path_factory.mktemp("marks") / "m.jsonl"
    assert write(path, row) == (MarkedText(text, (MarkedSpan(start, end, "X"),)),)


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000], ids=["list", "line"])
def test_json_that_is_nested_too_deeply_is_no_json(tmp_path, deep):
    (tmp_path / "m").write_text(deep)
    with pytest.raises(SourceError, match="not JSON"):
        read_marked_texts(tmp_path / "m", "m")


def test_marks_as_text_that_is_no_json_are_not_taken_for_none(tmp_path):
    for said in ("[[0, 3", "[" * 100_000):
        with pytest.raises(SourceError, match="the marks are not JSON"):
            write(tmp_path / "m", {"source_text": "Ada called", "span_labels": said})
