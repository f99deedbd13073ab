"""YAML of other tools, by the rules of each."""

import pytest

from cardwright.sources.runs.yaml_files import yaml_value


def value(tmp_path, text, version="1.1"):
    (tmp_path / "x.yaml").write_text(text)
    return yaml_value(tmp_path / "x.yaml", "x.yaml", version=version)


def test_a_word_is_what_the_tool_takes_it_for(tmp_path):
    text = "a: no\nb: 010\nc: 1e-3\nd: 0.5\ne: ~\nf: true\ng: 12:30\n"
    assert value(tmp_path, text) == {"a": False, "b": 8, "c": "1e-3", "d": 0.5, "e": None, "f": True, "g": 750}
    assert value(tmp_path, text, "1.2") == {
        "a": "no",
        "b": 10,
        "c": 0.001,
        "d": 0.5,
        "e": None,
        "f": True,
        "g": "12:30",
    }


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize("text", ["a: [", "!!python/object/apply:os.system [id]", "a: &a [1]\nb: *a"])
def test_what_is_no_yaml_runs_code_or_refers_to_itself_is_refused(tmp_path, text, version):
    with pytest.raises(ValueError, match=r"x\.yaml"):
        value(tmp_path, text, version)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="utf-8"):
        yaml_value(tmp_path / "x.yaml", "x.yaml")
