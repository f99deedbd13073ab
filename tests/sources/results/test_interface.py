"""Another tool's verdict is a plain yes or no, or none; versions and names are taken as they are or not at all."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.sources.interface import NO_VERDICT
from cardwright.sources.results import interface


@pytest.mark.parametrize(("value", "happened"), [(True, True), (False, False), (1, True), (0.0, False), (1.0, True)])
def test_a_plain_yes_or_no_is_a_verdict(value, happened):
    said = interface.judged("garak", "MitigationBypass", "refusal", value, version="0.9")
    assert (said.scorer, said.happened, said.why, said.version) == ("garak.mitigationbypass", happened, None, "0.9")


@pytest.mark.parametrize("value", [0.4, 2, -1, "yes", "1", None, [1], float("nan")])
def test_no_threshold_is_ours_to_choose(value):
    said = interface.judged("garak", "f1", "task_success", value)
    assert (said.happened, said.why) == (None, NO_VERDICT)


@given(st.text(max_size=120))
def test_every_name_becomes_an_identifier_of_a_record(name):
    found = interface.identifier(name)
    assert re.fullmatch(r"[a-z0-9_.-]{1,80}", found)
    assert interface.identifier(found) == found


def test_a_name_without_a_letter_is_still_named():
    assert interface.identifier("???") == interface.identifier("") == "scorer"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ("2.1", "2.1"),
        (3, "3"),
        ("", "not stated"),
        (None, "not stated"),
        ("a b", "not stated"),
        ("x" * 41, "not stated"),
    ],
)
def test_a_version_is_quoted_only_if_it_looks_like_one(found, said):
    error = interface.refuse_version(found, "1.0", "r.json")
    assert str(error).startswith(f"r.json: the version of the format is {said}, and 1.0 is read")


def test_a_first_look_has_keys_only_of_an_object():
    def look(first):
        return interface.Look(Path("x"), False, b"", first)

    assert look({"a": 1, "b": None}).has("a", "b")
    assert not look({"a": 1}).has("a", "b")
    assert not look(["a"]).has("a")
    assert not look(None).has("a")


def test_what_is_of_another_type_is_nothing():
    assert (interface.text_of("x"), interface.text_of(1)) == ("x", None)
    assert (interface.mapping({"a": 1}), interface.mapping([1])) == ({"a": 1}, {})
    assert (interface.listed([1]), interface.listed({"a": 1}), interface.listed("ab")) == ([1], [], [])
