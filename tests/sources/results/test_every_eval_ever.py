"""Every Eval Ever: single turns, conversations with tools, one verdict for each result."""

import pytest
from tests.sources.results.support import lines, opened, verdicts

from cardwright.errors import SourceError


def sample(**more):
    return {
        "schema_version": "instance_level_eval_0.2.2", "evaluation_id": "e", "model_id": "o/m", "evaluation_name": "GSM8K",
        "sample_id": "g1", "interaction_type": "single_turn", "input": {"raw": "2+2", "reference": ["4"]},
        "output": {"raw": ["4"], "reasoning_trace": ["two and two"]}, "messages": None, "answer_attribution": [],
        "evaluation": {"score": 1.0, "is_correct": True}, **more,
    }  # fmt: skip


def test_a_single_turn(tmp_path):
    """With its reasoning, which is no part of the answer."""
    (found,) = opened(lines(tmp_path / "x.jsonl", [sample()]), "every-eval-ever", intent="observed")
    assert (found.prompt, found.response, found.messages[-1].reasoning) == ("2+2", "4", "two and two")
    assert verdicts(found) == {"every-eval-ever.gsm8k": True}


def test_an_agent_s_run(tmp_path):
    """Turns of all roles and calls of tools."""
    turns = [
        {"turn_idx": 0, "role": "user", "content": "Book it"},
        {
            "turn_idx": 1,
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "1", "name": "book", "arguments": {"n": "2"}}],
        },
        {"turn_idx": 2, "role": "tool", "content": "done", "tool_call_id": ["1"]},
        {"turn_idx": 3, "role": "assistant", "content": "Booked", "reasoning_trace": "fine"},
    ]
    row = sample(interaction_type="agentic", output=None, messages=turns, evaluation={"score": 0, "is_correct": False})
    (found,) = opened(lines(tmp_path / "x.jsonl", [row]), "every-eval-ever", intent="observed")
    assert found.tool_calls == ({"name": "book", "arguments": {"n": "2"}},)
    assert (found.response, verdicts(found)) == ("\nBooked", {"every-eval-ever.gsm8k": False})


def test_another_version_is_refused(tmp_path):
    """The schema before it."""
    with pytest.raises(SourceError, match=r"0\.1\.0, and 0\.2 is read"):
        opened(lines(tmp_path / "x.jsonl", [sample(schema_version="0.1.0")]), "every-eval-ever", intent="observed")
