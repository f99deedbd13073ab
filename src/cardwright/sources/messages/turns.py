"""A conversation of any shape: each turn by the shape that reads it, so that shapes may be mixed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cardwright.sources.interface import Message
from cardwright.sources.messages import chat, langchain, responses, sharegpt
from cardwright.sources.messages.reading import messages_from, unreadable

_SHAPES = (langchain, sharegpt, responses, chat)
"""In this order: the narrower shape is asked first."""


def messages_of(turns: Any) -> list[Message]:
    """All turns as messages. A turn that cannot be read is a message that says why (`Message.unread`); none is left out.

    >>> messages_of([{"role": "user", "content": "Hi"}, {"from": "gpt", "value": "Ho"}])[1].content
    'Ho'
    """
    if isinstance(turns, Mapping):
        return _turn(turns)
    if not isinstance(turns, Iterable) or isinstance(turns, (str, bytes)):
        return [unreadable("user", "the messages are not a list")]
    return [message for turn in turns for message in _turn(turn)]


def _turn(turn: Any) -> list[Message]:
    if not isinstance(turn, Mapping):
        return [unreadable("user", "a message is not an object")]
    shape = next((shape for shape in _SHAPES if shape.reads(turn)), None)
    if shape is None:
        return [unreadable("user", "a message is of a shape that is not known")]
    return list(messages_from(turn, shape.read(turn)))
