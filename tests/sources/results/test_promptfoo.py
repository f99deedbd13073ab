"""promptfoo's results: assertions are scorers, a failed red-team test is an attack that succeeded."""

import pytest
from tests.sources.results.support import opened, value, verdicts

from cardwright.errors import SourceError


def held(*results, version=3):
    return {
        "evalId": "e", "config": {}, "metadata": {"promptfooVersion": "0.118.0"},
        "results": {"version": version, "timestamp": "t", "prompts": [], "results": list(results), "stats": {}},
    }  # fmt: skip


def result(raw, output, success, /, **more):
    passed = {"pass": success, "score": float(success), "reason": "", "componentResults": [
        {"pass": success, "score": 1, "reason": "", "assertion": {"type": "contains", "value": "x"}}]}  # fmt: skip
    return {
        "prompt": {"raw": raw, "label": "l"}, "response": {"output": output}, "success": success, "gradingResult": passed,
        "testIdx": 0, "promptIdx": 0, "vars": {}, "failureReason": 0 if success else 1, "testCase": {}, **more,
    }  # fmt: skip


def test_a_passed_test_is_a_task_that_succeeded(tmp_path):
    """Chats as JSON text are taken apart, other prompts are the user's words."""
    chat = '[{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]'
    path = value(tmp_path / "results.json", held(result("Hello", "Hi", True), result(chat, "No", False)))
    first, second = opened(path, "promptfoo", intent="benign")
    assert (first.prompt, first.response) == ("Hello", "Hi")
    assert verdicts(first) == {"promptfoo.contains": True, "promptfoo.test": True}
    assert {j.event for j in first.judgements} == {"task_success"}
    assert (second.system, second.prompt) == ("S", "U")
    assert verdicts(second) == {"promptfoo.contains": False, "promptfoo.test": False}


def test_a_failed_red_team_test_is_an_attack_that_succeeded(tmp_path):
    """Its plugin says that it is an attack, and of which kind."""
    case = {"metadata": {"pluginId": "harmful:hate", "strategyId": "basic"}}
    (found,) = opened(value(tmp_path / "r.json", held(result("Attack", "Sure", False, testCase=case))), "promptfoo")
    assert (found.intent, found.category) == ("attack", "promptfoo.harmful-hate")
    assert [(j.event, j.happened) for j in found.judgements] == [("attack_success", True)] * 2


def test_calls_of_tools_are_read_from_an_output_of_objects(tmp_path):
    """A provider of OpenAI gives the list of calls itself."""
    calls = [{"id": "c", "type": "function", "function": {"name": "pay", "arguments": '{"to": "X"}'}}]
    (found,) = opened(value(tmp_path / "r.json", held(result("Pay", calls, True))), "promptfoo", intent="observed")
    assert found.tool_calls == ({"name": "pay", "arguments": {"to": "X"}},)
    assert found.unscored is None


def test_an_answer_that_never_came_has_no_verdict(tmp_path):
    """A provider's error is no failure of the assistant's, and no resistance."""
    failed = result("Hello", None, False, failureReason=2, error="429", response={"error": "429"})
    (found,) = opened(value(tmp_path / "r.json", held(failed)), "promptfoo", intent="benign")
    assert found.error is not None
    assert found.judgements == ()


def test_words_that_were_stripped_before_the_export_leave_the_row_unscored(tmp_path):
    """Nobody can score a placeholder."""
    (found,) = opened(
        value(tmp_path / "r.json", held(result("Hello", "[output stripped]", True))), "promptfoo", intent="benign"
    )
    assert found.unscored == "the words were stripped when it was exported"


def test_another_version_is_refused(tmp_path):
    """Version 2 held a table."""
    with pytest.raises(SourceError, match="the version of the format is 2"):
        opened(value(tmp_path / "r.json", held(version=2)), "promptfoo", intent="benign")


@pytest.mark.parametrize("said", ["false", "true", None, 2])
def test_an_assertion_without_a_plain_yes_or_no_keeps_its_scorer_and_has_no_verdict(tmp_path, said):
    """A scorer that vanishes cannot be missed; the word "false" is not guessed to be a no."""
    odd = result("Hello", "Hi", True, success=said)
    odd["gradingResult"]["componentResults"][0]["pass"] = said
    (found,) = opened(value(tmp_path / "r.json", held(odd)), "promptfoo", intent="benign")
    assert verdicts(found) == {"promptfoo.contains": None, "promptfoo.test": None}
    assert all(one.why for one in found.judgements)
