"""An exchange: what was asked, what came back after the last turn of the user, and why it cannot be scored."""

import pytest

from cardwright.sources.interface import PROVIDER_BLOCK, Interaction, Interactions, Message


def exchange(*messages, **more):
    turns = tuple(Message(role, content) if isinstance(content, str) else content for role, content in messages)
    return Interaction("1", turns, "benign", **more)


CHAT = exchange(
    ("system", "Be kind."), ("user", "one"), ("assistant", "first"), ("user", "two"), ("tool", "42"), ("assistant", "a"),
    ("assistant", "b"),
)  # fmt: skip


def test_the_response_is_everything_the_assistant_said_after_the_last_turn_of_the_user():
    assert CHAT.response == "a\nb"
    assert CHAT.prompt == "one\ntwo\n42"
    assert CHAT.system == "Be kind."
    assert exchange(("user", "x")).system is None


def test_calls_of_the_assistant_are_all_there_and_nobody_elses():
    call = {"name": "wire", "arguments": {}}
    said = exchange(
        ("u", Message("user", "x", ({"name": "no", "arguments": {}},))), ("a", Message("assistant", "", (call,)))
    )
    assert said.tool_calls == (call,)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (CHAT, None),
        (exchange(), "there is no user turn, so nothing was asked"),
        (exchange(("system", "s"), ("assistant", "a")), "there is no user turn, so nothing was asked"),
        (exchange(("tool", "result"), ("assistant", "a")), None),
        (exchange(("user", "x")), "the conversation ends on the user's turn"),
        (exchange(("user", "x"), error="timeout"), None),
        (exchange(("user", "x"), ("a", Message("assistant", "", blocked=True))), PROVIDER_BLOCK),
        (exchange(("a", Message("user", "x", unread="a part is not read")), ("assistant", "a")), "a part is not read"),
    ],
    ids=["whole", "empty", "no user", "tool first", "no answer", "an error", "blocked", "unread"],
)  # fmt: skip
def test_why_an_exchange_cannot_be_scored(said, why):
    assert said.unscored == why


def test_a_block_or_a_refusal_of_an_earlier_answer_is_not_that_of_the_last():
    def after(**flags):
        return exchange(("user", "x"), ("a", Message("assistant", "", **flags)), ("user", "again"), ("assistant", "a"))

    assert not after(blocked=True).blocked
    assert not after(refused=True).refused
    last = exchange(("user", "x"), ("a", Message("assistant", "", blocked=True, refused=True)))
    assert last.blocked
    assert last.refused


def test_what_a_turn_cost_does_not_make_it_another_turn():
    assert Message("assistant", "a", tokens=7) == Message("assistant", "a")


def test_exchanges_are_read_from_the_start_each_time():
    times = []

    def read():
        times.append(1)
        return iter((CHAT,))

    held = Interactions(None, "benign", read)
    assert [*held] == [*held] == [CHAT]
    assert len(times) == 2
