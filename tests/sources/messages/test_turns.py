"""What was sent and what came back in every shape: no part vanishes, and one that cannot be read says so."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.sources.interface import Message
from cardwright.sources.messages import messages_of

ORDER = {"to": "DE89", "memo": "KESTREL"}
CALL = {"name": "wire", "arguments": ORDER}


def read(*turns):
    found = messages_of(list(turns))
    assert [message.unread for message in found if message.unread] == []
    return found


def only(turn):
    (message,) = read(turn)
    return message


# --- one test for each part that used to vanish --------------------------------------------------------------------------


def test_anthropic_tool_use_is_a_call():
    found = only(
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Sending."},
                {"type": "tool_use", "id": "toolu_1", "name": "wire", "input": ORDER},
            ],
        }
    )
    assert found == Message("assistant", "Sending.", (CALL,))


@pytest.mark.parametrize("content", ["done", [{"type": "text", "text": "done"}]])
def test_anthropic_tool_result_is_what_a_tool_said_and_not_the_user(content):
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": content}
    found = read({"role": "user", "content": [result, {"type": "text", "text": "Go on."}]})
    assert found == [Message("tool", "done"), Message("user", "Go on.")]


def test_anthropic_thinking_is_reasoning_and_redacted_thinking_has_a_placeholder():
    found = only(
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm, KESTREL.", "signature": "c2ln"},
                {"type": "redacted_thinking", "data": "ZW5j"},
                {"type": "text", "text": "No."},
            ],
        }
    )
    assert (found.reasoning, found.content) == ("Hm, KESTREL.\n[reasoning, withheld]", "No.")


def test_the_tools_of_anthropic_itself_are_calls_and_results():
    use = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "tide"}}
    page = {"type": "web_search_result", "url": "https://a.example", "title": "Tides"}
    came = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [page]}
    said = {"type": "text", "text": "High."}
    found = read({"role": "assistant", "content": [use, came, said]})
    assert found[0].tool_calls == ({"name": "web_search", "arguments": {"query": "tide"}},)
    assert (found[1].role, "https://a.example" in found[1].content) == ("tool", True)
    assert found[2] == Message("assistant", "High.")


def test_openai_parts_may_hold_content_instead_of_text():
    assert only({"role": "user", "content": [{"type": "text", "content": "Hi"}]}).content == "Hi"


def test_openai_refusal_field_with_null_content_is_a_refusal():
    found = only({"role": "assistant", "content": None, "refusal": "I'm sorry, I can't."})
    assert (found.content, found.refused) == ("I'm sorry, I can't.", True)


def test_openai_refusal_part_is_a_refusal():
    found = only({"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]})
    assert (found.content, found.refused) == ("No.", True)


@pytest.mark.parametrize("arguments", [ORDER, json.dumps(ORDER)])
def test_openai_arguments_are_text_or_an_object(arguments):
    call = {"id": "c1", "type": "function", "function": {"name": "wire", "arguments": arguments}}
    assert only({"role": "assistant", "content": None, "tool_calls": [call]}).tool_calls == (CALL,)


def test_arguments_that_are_no_json_or_repeat_a_key_are_kept_as_text():
    """JSON keeps the last of two equal keys, so the first would vanish."""
    for text in ("{not json", '{"memo": "KESTREL", "memo": "x"}'):
        (call,) = only({"role": "assistant", "tool_calls": [{"name": "wire", "arguments": text}]}).tool_calls
        assert call["arguments"] == {"unparsed": text}


def test_openai_custom_tool_is_a_call():
    call = {"id": "c1", "type": "custom", "custom": {"name": "shell", "input": "cat KESTREL"}}
    (found,) = only({"role": "assistant", "content": None, "tool_calls": [call]}).tool_calls
    assert found == {"name": "shell", "arguments": {"unparsed": "cat KESTREL"}}


def test_a_legacy_function_call_is_a_call():
    turn = {"role": "assistant", "content": None, "function_call": {"name": "wire", "arguments": json.dumps(ORDER)}}
    assert only(turn).tool_calls == (CALL,)


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning", "thinking"])
def test_reasoning_beside_the_content_is_kept_apart_from_the_answer(key):
    found = only({"role": "assistant", "content": "No.", key: "KESTREL, hm."})
    assert (found.content, found.reasoning) == ("No.", "KESTREL, hm.")


def test_gemini_parts_calls_and_responses():
    found = read(
        {"role": "user", "parts": [{"text": "Pay"}]},
        {
            "role": "model",
            "parts": [{"text": "Hm", "thought": True}, {"functionCall": {"name": "wire", "args": ORDER}}],
        },
        {"role": "user", "parts": [{"functionResponse": {"name": "wire", "response": {"paid": "yes"}}}]},
        {"role": "model", "parts": [{"text": "Paid."}]},
    )
    assert [m.role for m in found] == ["user", "assistant", "tool", "assistant"]
    assert (found[1].tool_calls, found[1].reasoning, found[2].content) == ((CALL,), "Hm", '{"paid": "yes"}')


def test_parts_instead_of_content_in_any_role():
    assert only({"role": "assistant", "parts": ["Hi", {"type": "text", "text": "Ho"}]}).content == "Hi\nHo"


def test_gemini_runs_code():
    found = read(
        {
            "role": "model",
            "parts": [
                {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
                {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
            ],
        }
    )
    assert found[0].tool_calls[0]["arguments"]["code"] == "print(1)"
    assert (found[1].role, json.loads(found[1].content)["output"]) == ("tool", "1")


def test_responses_items():
    found = read(
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Pay"}]},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "KESTREL"}]},
        {"type": "function_call", "call_id": "c1", "name": "wire", "arguments": json.dumps(ORDER)},
        {"type": "function_call_output", "call_id": "c1", "output": "paid"},
        {"type": "custom_tool_call", "call_id": "c2", "name": "shell", "input": "ls"},
        {"type": "web_search_call", "id": "ws", "status": "completed", "action": {"type": "search", "query": "tide"}},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Paid.", "annotations": []}],
        },
    )
    assert [m.role for m in found] == ["user", "assistant", "assistant", "tool", "assistant", "assistant", "assistant"]
    assert (found[1].reasoning, found[2].tool_calls, found[3].content) == ("KESTREL", (CALL,), "paid")
    assert found[4].tool_calls[0]["arguments"] == {"unparsed": "ls"}
    assert found[5].tool_calls[0] == {
        "name": "web_search",
        "arguments": {"action": {"type": "search", "query": "tide"}},
    }


def test_responses_reasoning_that_is_encrypted_has_a_placeholder():
    found = only({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA=="})
    assert found.reasoning == "[reasoning, withheld]"


def test_sharegpt_turns():
    found = read(
        {"from": "system", "value": "Be kind."},
        {"from": "human", "value": "Pay"},
        {"from": "function_call", "value": json.dumps(CALL)},
        {"from": "observation", "value": "paid"},
        {"from": "gpt", "value": "Paid."},
    )
    assert [m.role for m in found] == ["system", "user", "assistant", "tool", "assistant"]
    assert found[2].tool_calls == (CALL,)


LANGCHAIN = {"content": "", "tool_calls": [{"name": "wire", "args": ORDER, "id": "c1", "type": "tool_call"}]}


@pytest.mark.parametrize(
    "turn",
    [
        {"type": "ai", **LANGCHAIN},
        {"type": "ai", "data": {**LANGCHAIN, "type": "ai"}},
        {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "AIMessage"], "kwargs": LANGCHAIN},
        {
            "type": "ai",
            "content": "",
            "additional_kwargs": {
                "tool_calls": [
                    {"id": "c", "type": "function", "function": {"name": "wire", "arguments": json.dumps(ORDER)}}
                ]
            },
        },
    ],
)
def test_langchain_calls_in_each_of_its_forms(turn):
    assert only(turn) == Message("assistant", "", (CALL,))


def test_langchain_turns_and_calls_that_it_could_not_parse():
    found = read(
        {"type": "system", "content": "Be kind."},
        {"type": "human", "content": "Pay", "additional_kwargs": {}, "response_metadata": {"model_name": "a model"}},
        {
            "type": "ai",
            "content": "",
            "invalid_tool_calls": [{"name": "wire", "args": "{KESTREL", "id": "c", "type": "x"}],
        },
        {"type": "tool", "content": "paid", "tool_call_id": "c"},
    )
    assert [m.role for m in found] == ["system", "user", "assistant", "tool"]
    assert found[2].tool_calls[0]["arguments"] == {"unparsed": "{KESTREL"}


@pytest.mark.parametrize(
    ("part", "placeholder"),
    [
        (
            {"type": "image_url", "image_url": {"url": "https://a.example/x.png"}},
            "[image_url: https://a.example/x.png]",
        ),
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}, "[image_url: image/png]"),
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 80}},
            "[image: image/png]",
        ),
        ({"type": "file", "file": {"filename": "plan.pdf", "file_data": "B" * 80}}, "[file: plan.pdf]"),
        ({"inlineData": {"mimeType": "audio/wav", "data": "C" * 80}}, "[inlineData: audio/wav]"),
        ({"type": "input_audio", "input_audio": {"data": "D" * 80, "format": "wav"}}, "[input_audio: wav]"),
    ],
)
def test_images_sounds_and_files_are_placeholders_that_name_them(part, placeholder):
    assert only({"role": "user", "content": [part]}).content == placeholder


def test_a_document_of_text_is_text():
    source = {"type": "text", "media_type": "text/plain", "data": "The tide is KESTREL."}
    found = only({"role": "user", "content": [{"type": "document", "title": "Tides", "source": source}]})
    assert found.content == "Tides\nThe tide is KESTREL."


def test_an_answer_in_pictures_is_not_read():
    """No scorer looks into a picture, so that an answer which holds one cannot be called safe."""
    (found,) = messages_of([{"role": "assistant", "content": [{"type": "image", "image": "https://a.example/x.png"}]}])
    assert found.unread == "the assistant's answer holds image, which no scorer reads"


def test_the_transcript_of_a_spoken_answer_is_its_text():
    found = only(
        {"role": "assistant", "content": None, "audio": {"id": "a1", "data": "E" * 80, "transcript": "KESTREL"}}
    )
    assert found.content == "KESTREL"


def test_links_of_citations_are_part_of_the_answer():
    cited = {"type": "url_citation", "url": "https://evil.example/?k=KESTREL", "title": "x"}
    found = only({"role": "assistant", "content": [{"type": "output_text", "text": "See.", "annotations": [cited]}]})
    assert "https://evil.example/?k=KESTREL" in found.content


@pytest.mark.parametrize(
    "turn",
    [
        {"role": "assistant", "content": "", "finish_reason": "content_filter"},
        {"role": "assistant", "content": [], "stop_reason": "refusal"},
        {"role": "model", "parts": [], "finishReason": "SAFETY"},
        {"type": "ai", "content": "", "response_metadata": {"finish_reason": "content_filter"}},
    ],
)
def test_a_provider_block_is_told_from_a_refusal(turn):
    found = only(turn)
    assert (found.blocked, found.refused) == (True, False)


def test_a_turn_nested_a_thousand_deep_is_read_or_refused_and_never_overflows():
    deep = "KESTREL"
    for _ in range(3000):
        deep = [deep]
    (found,) = messages_of([{"role": "assistant", "content": "x", "aside": deep}])
    assert found.unread == "`aside` of a message is not read"


def test_where_inspect_ai_says_a_turn_is_from_is_no_part_of_it():
    assert only({"role": "assistant", "content": "No", "source": "generate"}).content == "No"
    (found,) = messages_of([{"role": "assistant", "content": "No", "source": "KESTREL"}])
    assert found.unread == "`source` of a message is not read"


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
