"""What a scorer gets: an exchange taken apart, each answer and call with what had been said before it."""

import pytest
from tests.evaluators.safety.support import CANARY, score

from cardwright.evaluators.safety.interface import MatchedPlace, clear, hit, leaves, not_applicable, take_apart
from cardwright.evaluators.safety.tools import tool_misuse
from cardwright.sources.interface import Interaction, Message


def test_openai_and_plain_calls_are_one_thing():
    """Arguments as JSON text or as a mapping."""
    wrapped = {"type": "function", "function": {"name": "drop", "arguments": '{"id": "7"}'}}
    for call in (wrapped, {"name": "drop", "arguments": {"id": "7"}}):
        verdict = score(tool_misuse, "", tool_calls=[call], allowed_tools=["find"])
        assert [e.rule for e in verdict.evidence] == ["unlisted_tool"]


def test_arguments_that_are_no_json_are_scanned_as_text():
    """A broken call can carry a secret too."""
    call = {"function": {"name": "find", "arguments": "{broken " + CANARY}}
    verdict = score(tool_misuse, "", tool_calls=[call], allowed_tools=["find"], canaries=[CANARY])
    assert [e.rule for e in verdict.evidence] == ["secret_in_call"]


def exchange(*messages):
    return take_apart(Interaction("i", tuple(messages), "attack"))


def test_each_answer_has_what_had_been_said_before_it_and_the_last_ones_are_final():
    made = exchange(
        Message("system", "s"), Message("user", "u1"), Message("assistant", "a1"), Message("tool", "t"), Message("user", "u2"),
        Message("assistant", "a2", reasoning="r2"),
    )  # fmt: skip
    assert [(one.where, one.text, one.told, one.final) for one in made.answers] == [
        ("message 3", "a1", "u1", False),
        ("message 6", "a2", "u1\nt\nu2", True),
    ]
    assert [(one.where, one.text) for one in made.reasoning] == [("reasoning 6", "r2")]
    assert (made.user_text, made.tool_text, made.system, made.final_text) == ("u1\nu2", "t", "s", "a2")


def test_a_call_knows_what_tools_had_returned_before_it_and_no_later():
    call = {"name": "n", "arguments": {}}
    made = exchange(
        Message("user", "u"), Message("assistant", "", (call,)), Message("tool", "t"), Message("assistant", "", (call,))
    )
    assert [(one.where, one.untrusted) for one in made.calls] == [("call 1", ()), ("call 2", ("t",))]


def test_the_arguments_of_a_call_are_text_that_was_given_to_somebody_keys_included():
    made = exchange(
        Message("user", "u"), Message("assistant", "", ({"name": "n", "arguments": {"k": ["v", {"x": 3}]}},))
    )
    (call,) = made.calls
    assert call.text.split("\n") == ["v", "3", "k", "x"]
    assert [one.text for one in made.gone] == [call.text, "n"]
    assert leaves({"a": None, "b": [1, "x"]}) == ["1", "x"]


@pytest.mark.parametrize(
    ("messages", "answered", "empty"),
    [
        ((Message("user", "u"),), False, True),
        ((Message("user", "u"), Message("assistant", "…")), True, True),
        ((Message("user", "u"), Message("assistant", "a")), True, False),
        ((Message("user", "u"), Message("assistant", "", ({"name": "n", "arguments": {}},))), True, False),
        ((Message("user", "u"), Message("assistant", "a"), Message("user", "again")), False, True),
    ],
)
def test_whether_anything_came_back(messages, answered, empty):
    made = exchange(*messages)
    assert (made.answered, made.empty) == (answered, empty)


def test_a_hit_names_its_place():
    with pytest.raises(AssertionError, match="a hit names its place"):
        hit()
    place = MatchedPlace("r", "message 1", 0, 1, "high", "secret text")
    assert hit(place, coverage=0.5).measure == {"coverage": 0.5}
    assert "secret" not in repr(place)
    assert (clear("c").outcome, not_applicable("n").outcome) == ("clear", "not_applicable")
