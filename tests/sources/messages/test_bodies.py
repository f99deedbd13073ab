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
