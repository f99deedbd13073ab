"""A first look tells whose a file is, and what is nobody's stays nobody's."""

import pytest
from tests.sources.results.support import lines, value

from cardwright.errors import SourceError
from cardwright.sources.load import load
from cardwright.sources.results import READERS, recognised
from cardwright.sources.results.looking import look_at
from cardwright.sources.spec import ResultFormat, parse_source


def test_rows_of_one_s_own_are_no_tool_s(tmp_path):
    """Neither are broken, empty and missing files."""
    own = lines(tmp_path / "own.jsonl", [{"prompt": "a", "response": "b", "intent": "observed"}])
    (tmp_path / "broken.json").write_text('{"resourceSpans": [')
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "zip.eval").write_bytes(b"PK\x03\x04nothing")
    for path in (own, *(tmp_path / name for name in ("broken.json", "empty.jsonl", "zip.eval", "missing.json"))):
        assert recognised(path) is None
    assert look_at(tmp_path / "missing.json") is None


def test_a_plan_that_leaves_the_format_out_is_told_it(tmp_path):
    """The columns of another tool are no spelling mistakes."""
    value(tmp_path / "s.json", {"adapter_spec": {}, "request_states": []})
    with pytest.raises(SourceError, match="Write `format: helm` beside `interactions:`"):
        load(parse_source({"interactions": "s.json", "intent": "observed"}), "chats", tmp_path)


def test_a_run_without_exchanges_is_refused(tmp_path):
    """Zero rows are no evidence of anything."""
    value(tmp_path / "s.json", {"adapter_spec": {}, "request_states": []})
    with pytest.raises(SourceError, match="there are no exchanges in it"):
        load(parse_source({"interactions": "s.json", "intent": "observed", "format": "helm"}), "chats", tmp_path)


def test_the_plan_names_every_reader():
    """And no other."""
    assert set(READERS) == set(ResultFormat.__args__)


@pytest.mark.parametrize("name", sorted(READERS))
@pytest.mark.parametrize("held", ["[]", "{}", "null", '[{"a": 1}]', "{", ""])
def test_no_reader_answers_a_strange_file_with_an_internal_error(tmp_path, name, held):
    """Whatever it holds."""
    (tmp_path / "x.json").write_text(held)
    with pytest.raises(SourceError):
        load(parse_source({"interactions": "x.json", "format": name, "intent": "observed"}), "chats", tmp_path)
