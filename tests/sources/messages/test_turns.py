"""What was sent and what came back in every shape: no part vanishes, and one that cannot be read says so."""

import json

from hypothesis import given
from hypothesis import strategies as st
from tests.sources.messages.support import ORDER

from cardwright.sources.messages import messages_of

# --- one test for each part that used to vanish --------------------------------------------------------------------------


def test_a_turn_nested_a_thousand_deep_is_read_or_refused_and_never_overflows():
    deep = "KESTREL"
    for _ in range(3000):
        deep = [deep]
    (found,) = messages_of([{"role": "assistant", "content": "x", "aside": deep}])
    assert found.unread == "`aside` of a message is not read"


# --- nothing vanishes ----------------------------------------------------------------------------------------------------

WORDS = st.text('abcXYZ 0189-:/äß"\\\n', min_size=1, max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
KEYS = (
    st.sampled_from(
        [
            "role",
            "content",
            "type",
            "text",
            "parts",
            "refusal",
            "tool_calls",
            "function",
            "name",
            "arguments",
            "input",
            "args",
            "tool_use_id",
            "from",
            "value",
            "kwargs",
            "data",
            "id",
            "thinking",
            "reasoning_content",
            "reasoning",
            "summary",
            "functionCall",
            "functionResponse",
            "response",
            "source",
            "image_url",
            "url",
            "annotations",
            "output",
            "audio",
            "transcript",
            "additional_kwargs",
            "invalid_tool_calls",
            "call_id",
            "lc",
            "function_call",
            "signature",
        ]
    )
    | WORDS
)
TYPES = st.sampled_from(
    [
        "text",
        "tool_use",
        "tool_result",
        "thinking",
        "redacted_thinking",
        "image",
        "image_url",
        "file",
        "document",
        "refusal",
        "message",
        "function_call",
        "function_call_output",
        "reasoning",
        "web_search_call",
        "custom_tool_call",
        "human",
        "ai",
        "tool",
        "constructor",
        "output_text",
        "input_text",
    ]
)
VALUES = st.deferred(lambda: JSON | TYPES | st.lists(OBJECTS, max_size=2) | OBJECTS)
ROLE = st.sampled_from(["system", "user", "assistant", "tool", "model", "human", "gpt"])
OBJECTS = st.builds(
    lambda some, role, kind: {**some, **({"role": role} if role else {}), **({"type": kind} if kind else {})},
    st.dictionaries(KEYS, VALUES, max_size=4),
    st.none() | ROLE,
    st.none() | TYPES,
)


def strings(value, key=""):
    if isinstance(value, dict):
        for k, v in value.items():
            yield from strings(v, k)
    elif isinstance(value, list):
        for v in value:
            yield from strings(v, key)
    elif isinstance(value, str) and value.strip():
        yield key, value


PASSED_OVER = {
    "role", "type", "id", "name", "tool_use_id", "call_id", "from", "signature", "lc", "tool_call_id", "detail",
}  # fmt: skip


@given(st.lists(OBJECTS | JSON, min_size=1, max_size=3))
def test_every_string_of_a_conversation_is_in_its_messages_or_the_conversation_is_not_read(turns):
    """Whatever JSON stands where the turns should: all of its words are read, or a message says that they are not."""
    found = messages_of(turns)
    assert found
    if any(message.unread for message in found):
        return
    text = "\n".join(
        f"{m.content}\n{m.reasoning}\n"
        + "\n".join(f"{c['name']}\n{json.dumps(c['arguments'], ensure_ascii=False)}" for c in m.tool_calls)
        for m in found
    )
    for key, leaf in strings(turns):
        if key in PASSED_OVER and " " not in leaf:
            continue
        escaped = json.dumps(leaf, ensure_ascii=False)[1:-1]
        withheld = "[" in text and key in ("data", "encrypted_content", "file_data")
        try:
            inner = [part for _, part in strings(json.loads(leaf))]
        except ValueError:
            inner = [leaf]
        assert leaf in text or escaped in text or withheld or all(part in text for part in inner), (key, leaf)


WHOLE = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": [{"type": "text", "text": "x"}, {"type": "tool_use", "id": "t", "name": "n", "input": ORDER}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "x"}]}]},
    {"role": "assistant", "content": [{"type": "thinking", "thinking": "x", "signature": "s"}]},
    {"role": "assistant", "content": None, "refusal": "No.", "reasoning_content": "x", "finish_reason": "stop"},
    {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "n", "arguments": "{}"}}]},
    {"role": "tool", "tool_call_id": "c", "content": {"found": ["x", {"y": "z"}]}},
    {"role": "model", "parts": [{"text": "x"}, {"functionCall": {"name": "n", "args": ORDER}}]},
    {"role": "user", "parts": [{"functionResponse": {"name": "n", "response": {"x": "y"}}}]},
    {"type": "function_call_output", "call_id": "c", "output": "x"},
    {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "x"}]},
    {"type": "web_search_call", "id": "w", "status": "completed", "action": {"type": "search", "query": "x"}},
    {"from": "gpt", "value": "x"},
    {"type": "ai", "content": "x", "additional_kwargs": {}, "tool_calls": [{"name": "n", "args": ORDER, "id": "c"}]},
    {"lc": 1, "type": "constructor", "id": ["messages", "HumanMessage"], "kwargs": {"content": "x"}},
    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.example/x.png"}}]},
]  # fmt: skip
PLANTED = "the tide is in"


def planted(value, path, key):
    """A copy with a sentence put at a place: in place of a string, into a list, or under a key of a mapping."""
    if isinstance(value, str):
        return PLANTED
    if isinstance(value, list):
        at = path[0] % (len(value) + 1) if path else len(value)
        return (
            [*value, PLANTED]
            if at == len(value)
            else [*value[:at], planted(value[at], path[1:], key), *value[at + 1 :]]
        )
    if isinstance(value, dict):
        at = path[0] % (len(value) + 1) if path else len(value)
        if at == len(value):
            return {**value, key: PLANTED}
        name = list(value)[at]
        return {**value, name: planted(value[name], path[1:], key)}
    return value


@given(st.sampled_from(WHOLE), st.lists(st.integers(0, 9), max_size=5), KEYS)
def test_a_sentence_put_anywhere_into_a_turn_is_read_or_makes_it_unread(turn, path, key):
    changed = planted(turn, path, key)
    if changed == turn:
        return
    found = messages_of([changed])
    text = "\n".join(f"{m.content}\n{m.reasoning}\n{m.tool_calls}" for m in found)
    assert PLANTED in text or any(message.unread for message in found) or key in ("data", "encrypted_content")
