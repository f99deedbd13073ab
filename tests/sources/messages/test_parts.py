"""Parts of content by their type, or without one by their keys: text, calls, results, reasoning and media."""

import json

import pytest
from tests.sources.messages.support import CALL, ORDER, only, read

from cardwright.sources.interface import Message


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


def test_links_of_citations_are_part_of_the_answer():
    cited = {"type": "url_citation", "url": "https://evil.example/?k=KESTREL", "title": "x"}
    found = only({"role": "assistant", "content": [{"type": "output_text", "text": "See.", "annotations": [cited]}]})
    assert "https://evil.example/?k=KESTREL" in found.content
