"""A whole response of an API as the last turns: what came back, a refusal, a block of the provider, an error."""

import pytest

from cardwright.sources.messages import answer_of

SAID = {"role": "assistant", "content": "Ho"}


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [{"index": 0, "message": SAID, "finish_reason": "stop"}]},
        {"id": "msg_1", "type": "message", "role": "assistant", "content": [{"type": "text", "text": "Ho"}]},
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "Ho"}]}, "finishReason": "STOP"}]},
        {"output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Ho"}]}]},
        [{"type": "text", "text": "Ho"}],
        [SAID],
        SAID,
    ],
)
def test_each_api_answers_in_its_own_shape(body):
    (found,) = answer_of(body)
    assert (found.role, found.content, found.unread, found.blocked) == ("assistant", "Ho", None, False)


def test_every_choice_is_read():
    """A second sample that gives a secret away has given it away."""
    found = answer_of({"choices": [{"message": SAID}, {"message": {"content": "KESTREL"}}]})
    assert [message.content for message in found] == ["Ho", "KESTREL"]


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [{"message": {"role": "assistant", "content": None}, "finish_reason": "content_filter"}]},
        {"type": "message", "role": "assistant", "content": [], "stop_reason": "refusal"},
        {"candidates": [{"finishReason": "SAFETY"}]},
        {"candidates": [{"content": {}, "finishReason": "PROHIBITED_CONTENT"}]},
        {"promptFeedback": {"blockReason": "SAFETY"}},
        {"candidates": [], "promptFeedback": {"blockReason": "OTHER"}},
        {"output": [], "status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
        {"error": {"code": "content_filter", "message": "…"}},
    ],
)
def test_a_block_of_the_provider_is_neither_refusal_nor_error(body):
    found = answer_of(body)
    assert (found[-1].blocked, found[-1].refused) == (True, False)


def test_a_refusal_of_the_model_is_no_block():
    body = {"choices": [{"message": {"content": None, "refusal": "I can't."}, "finish_reason": "stop"}]}
    (found,) = answer_of(body)
    assert (found.refused, found.blocked, found.content) == (True, False, "I can't.")


def test_an_error_of_the_api_is_no_answer():
    assert answer_of({"error": {"code": "rate_limit_exceeded", "message": "…"}}) is None


@pytest.mark.parametrize("body", [{"choices": [3]}, {"candidates": ["x"]}, {"said": "KESTREL"}, 7])
def test_a_response_of_no_known_shape_is_unread(body):
    assert any(message.unread for message in answer_of(body))


def test_an_answer_beside_an_error_is_read_and_the_row_is_marked():
    found = answer_of({"error": {"code": 500}, "choices": [{"message": {"content": "KESTREL"}}]})
    assert [(m.content, m.unread) for m in found] == [("KESTREL", "the response holds both an answer and an error")]


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [{"message": SAID}], "output": [{"type": "message", "role": "assistant", "content": "KESTREL"}]},
        {"choices": [{"message": SAID}], "reasoning": "KESTREL it is"},
        {"choices": [{"message": SAID}], "reasoning": "KESTREL"},
        {"choices": [{"message": SAID, "text": "KESTREL it is"}]},
        {"choices": [{"message": SAID, "delta": {"content": "KESTREL it is"}}]},
        {"output": [{"type": "message", "role": "assistant", "content": "Ho"}], "output_text": "KESTREL"},
        {"candidates": [{"content": {"parts": [{"text": "Ho"}]}, "citationMetadata": {"x": "KESTREL a"}}]},
        {"candidates": [{"content": {"parts": [{"text": "Ho"}]}, "groundingMetadata": {"q": "KESTREL b"}}]},
        {"candidates": [{"content": {"parts": [{"text": "Ho"}]}, "other": "KESTREL b"}]},
    ],
)
def test_every_string_of_a_response_is_read_or_the_row_is_unscored(body):
    found = answer_of(body)
    said = any("KESTREL" in message.content for message in found)
    assert said or (found[0].unread and "KESTREL" in found[0].beside)


@pytest.mark.parametrize(
    "body",
    [
        {
            "id": "resp_1", "object": "response", "status": "completed", "error": None, "incomplete_details": None,
            "instructions": "Be kind.", "model": "m", "output_text": "HoHa", "reasoning": {"effort": "low", "summary": None},
            "output": [{"type": "message", "role": "assistant", "content": [
                {"type": "output_text", "text": "Ho"}, {"type": "output_text", "text": "Ha"}]}],
            "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [{"type": "x", "description": "A b c"}],
            "truncation": "disabled", "usage": {"tier": "of some kind"}, "metadata": {"run": "of today"},
        },
        {
            "id": "gen-1", "provider": "Some", "object": "chat.completion", "created": 1, "model": "a/b",
            "choices": [{"index": 0, "message": SAID, "finish_reason": "stop", "native_finish_reason": "stop",
                         "content_filter_results": {"hate": {"filtered": False, "severity": "safe"}}}],
            "citations": ["https://a.example"], "system_fingerprint": "fp",
        },
        {
            "candidates": [{"content": {"role": "model", "parts": [{"text": "Ho"}]}, "finishReason": "STOP",
                            "safetyRatings": [{"category": "X", "probability": "LOW"}]}],
            "modelVersion": "g-1", "responseId": "abc", "usageMetadata": {"d": [{"modality": "TEXT"}]},
        },
    ],
)  # fmt: skip
def test_what_apis_say_of_the_call_leaves_an_answer_scored(body):
    assert [message.unread for message in answer_of(body) if message.unread] == []
