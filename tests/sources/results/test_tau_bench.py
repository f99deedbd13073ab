"""tau-bench and tau2-bench: trajectories with rewards, and tools of the user's own."""

import pytest
from tests.sources.results.support import opened, value, verdicts

from cardwright.errors import SourceError

CALL = {"id": "c", "type": "function", "function": {"name": "cancel", "arguments": '{"id": 1}'}}


def test_a_trajectory_of_tau_bench(tmp_path):
    """The simulated user's word for the end is no question that the assistant left open."""
    turns = [
        {"role": "system", "content": "Policy"}, {"role": "user", "content": "Cancel"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c", "name": "cancel", "content": "ok"},
        {"role": "assistant", "content": "Done"}, {"role": "user", "content": "###STOP###"},
    ]  # fmt: skip
    runs = [{"task_id": 4, "reward": 1.0, "info": {}, "traj": turns, "trial": trial} for trial in (0, 1)]
    found = opened(value(tmp_path / "t.json", runs), "tau-bench", intent="observed")
    assert [(one.id, one.prompt_id) for one in found] == [("4.0", "4"), ("4.1", "4")]
    assert found[0].tool_calls == ({"name": "cancel", "arguments": {"id": 1}},)
    assert (found[0].messages[-1].content, found[0].unscored) == ("Done", None)
    assert verdicts(found[0]) == {"tau-bench.reward": True}


def test_a_simulation_of_tau2_bench(tmp_path):
    """What a tool of the user's own returned is nothing that a tool of the assistant said."""
    mine = {"id": "u", "name": "toggle", "arguments": {}, "requestor": "user"}
    theirs = {"id": "a", "name": "look_up", "arguments": {"n": 1}, "requestor": "assistant"}
    turns = [
        {"role": "user", "content": None, "tool_calls": [mine], "turn_idx": 0, "timestamp": "t"},
        {"role": "tool", "id": "u", "content": "airplane mode off", "requestor": "user"},
        {"role": "user", "content": "It is off now"},
        {"role": "assistant", "content": None, "tool_calls": [theirs], "raw_data": {"x": "y"}},
        {"role": "tool", "id": "a", "content": "line 1", "requestor": "assistant"},
        {"role": "assistant", "content": "All well"},
    ]
    held = {
        "tasks": [],
        "simulations": [{"id": "s", "task_id": "7", "trial": 0, "messages": turns, "reward_info": {"reward": 0.0}}],
    }
    (found,) = opened(value(tmp_path / "t.json", held), "tau-bench", intent="observed")
    assert [m.role for m in found.messages] == ["user", "user", "user", "assistant", "tool", "assistant"]
    assert found.tool_calls == ({"name": "look_up", "arguments": {"n": 1}},)
    assert verdicts(found) == {"tau-bench.reward": False}


def test_a_file_without_trajectories_is_refused(tmp_path):
    """Something else."""
    with pytest.raises(SourceError, match=r"no `traj`"):
        opened(
            value(tmp_path / "t.json", [{"task_id": 1, "reward": 1, "traj": []}, {"x": 1}]),
            "tau-bench",
            intent="observed",
        )
