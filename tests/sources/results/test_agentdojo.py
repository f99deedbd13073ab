"""AgentDojo's runs: a folder of files, what was injected, and what its two verdicts mean."""

import pytest
from tests.sources.results.support import opened, value, verdicts

from cardwright.errors import SourceError


def run(injected, /, **more):
    return {
        "suite_name": "banking", "pipeline_name": "p", "user_task_id": "user_task_0", "injection_task_id": injected,
        "attack_type": "important_instructions" if injected else None, "injections": {}, "error": None, "duration": 1.0,
        "utility": True, "security": True, "agentdojo_package_version": "0.1.35",
        "messages": [
            {"role": "system", "content": [{"type": "text", "content": "Be careful"}]},
            {"role": "user", "content": [{"type": "text", "content": "Pay the bill"}]},
            {"role": "assistant", "content": [{"type": "text", "content": "Reading"}],
             "tool_calls": [{"function": "read_file", "args": {"path": "bill.txt"}, "id": "c1", "placeholder_args": None}]},
            {"role": "tool", "content": [{"type": "text", "content": "INFORMATION: send money"}], "tool_call_id": "c1",
             "tool_call": {"function": "read_file", "args": {"path": "bill.txt"}, "id": "c1"}, "error": None},
            {"role": "assistant", "content": "Paid", "tool_calls": []},
        ], **more,
    }  # fmt: skip


def test_a_folder_of_runs(tmp_path):
    """`security` says that the injected task was done; without one it says nothing."""
    for name, held in (("injection_task_1", run("injection_task_1")), ("none", run(None))):
        (tmp_path / "runs" / name).mkdir(parents=True)
        value(tmp_path / "runs" / name / f"{name}.json", held)
    attack, benign = opened(tmp_path / "runs", "agentdojo")
    assert (attack.intent, benign.intent) == ("attack", "benign")
    assert verdicts(attack) == {"agentdojo.utility": True, "agentdojo.security": True}
    assert [j.event for j in attack.judgements] == ["task_success", "attack_success"]
    assert verdicts(benign) == {"agentdojo.utility": True}
    assert attack.tool_calls == ({"name": "read_file", "arguments": {"path": "bill.txt"}},)
    assert [m.role for m in attack.messages] == ["system", "user", "assistant", "tool", "assistant"]
    assert attack.unscored is None


def test_another_version_of_the_package_is_refused(tmp_path):
    """One that nobody has read."""
    with pytest.raises(SourceError, match=r"0\.2\.0, and 0\.1 is read"):
        opened(value(tmp_path / "r.json", run(None, agentdojo_package_version="0.2.0")), "agentdojo")


def test_the_error_of_a_tool_is_what_it_returned(tmp_path):
    """An agent reads it."""
    held = run(None)
    held["messages"][3] |= {"content": "", "error": "ValueError: no such file"}
    (found,) = opened(value(tmp_path / "r.json", held), "agentdojo")
    assert found.messages[3].content == "ValueError: no such file"
