"""JSON Lines: typed over the whole file, malformed lines named by their number."""

import pyarrow as pa
import pytest

from cardwright.errors import SourceError
from cardwright.sources import json_lines
from cardwright.sources.files import open_rows


def read(tmp_path, text):
    path = tmp_path / "x.jsonl"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    rows = open_rows(path, where="x.jsonl")
    table = pa.Table.from_batches(rows.batches())
    return {name: (str(table.schema.field(name).type), table[name].to_pylist()) for name in table.column_names}


@pytest.mark.parametrize(
    ("values", "kind", "found"),
    [
        (["1", "2"], "int64", [1, 2]),
        (["1", "2.5"], "double", [1.0, 2.5]),
        (["true", "null"], "bool", [True, None]),
        (["1", '"x"'], "string", ["1", "x"]),
        (["1", "NaN"], "int64", [1, None]),
        (["1.5", "NaN"], "double", [1.5, None]),
        (["99999999999999999999"], "string", ["99999999999999999999"]),
        (["9007199254740993", "0.5"], "string", ["9007199254740993", "0.5"]),
        (['{"b": 1, "a": [true]}'], "string", ['{"a": [true], "b": 1}']),
        (['"007"'], "string", ["007"]),
    ],
)
def test_a_column_has_the_type_that_keeps_every_value(tmp_path, values, kind, found):
    """A column is typed over all lines; objects and lists become JSON text."""
    assert read(tmp_path, "".join(f'{{"x": {value}}}\n' for value in values)) == {"x": (kind, found)}


def test_a_key_that_is_not_on_every_line_is_missing_on_the_others(tmp_path):
    """A key that a line has not is missing there; columns come in the order in which they first appear."""
    found = read(tmp_path, '\ufeff{"b": 1}\n\n{"a": "x"}')
    assert list(found.items()) == [("b", ("int64", [1, None])), ("a", ("string", [None, "x"]))]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1}\n{"a": 2', "x.jsonl:2: the line is not a whole JSON object.*cut off"),
        ('{"a": 1}\nnonsense\n', "x.jsonl:2: the line is not a whole JSON object"),
        ('{"a": 1}\n[1]\n', "x.jsonl:2: the line is not a JSON object"),
        ('{"a": 1, "a": 2}\n', 'x.jsonl:1: the key "a" stands twice'),
        (b'{"a": "\xff"}\n', "x.jsonl:1: the text is not UTF-8"),
        ("[" * 100_000 + "\n", "x.jsonl:1: the line cannot be read: it is nested too deeply"),
        ('{"a": ' + "1" * 5000 + "}\n", "x.jsonl:1: the line cannot be read: an integer has more than 4,300 digits"),
        ('{"a": "\\ud800"}\n', "x.jsonl:1: the line cannot be read: it holds half a character"),
        (
            '{"a": ' + "[" * 300 + "]" * 300 + "}\n",
            "x.jsonl:1: the line cannot be read: it is nested more than 200 deep",
        ),
        ("\n \n", "the file holds only blank lines"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, text, said):
    """A line that is not one JSON object is refused with its number."""
    with pytest.raises(SourceError, match=said) as caught:
        read(tmp_path, text)
    assert caught.value.exit_code == 3


def test_a_line_has_a_largest_length(tmp_path):
    """A line longer than the bound is refused before it fills the memory."""
    with pytest.raises(SourceError, match=r"x\.jsonl:2: the line is longer than 64 MiB"):
        read(tmp_path, b'{"a": 1}\n{"a": "' + b"x" * json_lines.MAX_LINE + b'"}\n')
