"""JailbreakBench's artifacts: its judge's verdict, and prompts that were never found."""

import pytest
from tests.sources.results.support import opened, value, verdicts

from cardwright.errors import SourceError


def one(**more):
    return {
        "index": 3, "goal": "g", "behavior": "Defamation", "category": "Harassment/Discrimination", "prompt": "Please",
        "response": "I cannot", "number_of_queries": 9, "jailbroken": False, **more,
    }  # fmt: skip


def test_a_jailbreak_is_an_attack_with_the_judge_s_verdict(tmp_path):
    """And its category."""
    (found,) = opened(
        value(tmp_path / "a.json", {"parameters": {"method": "PAIR"}, "jailbreaks": [one()]}), "jailbreakbench"
    )
    assert (found.intent, found.prompt, found.response) == ("attack", "Please", "I cannot")
    assert found.category == "jailbreakbench.harassment-discrimination"
    assert verdicts(found) == {"jailbreakbench.judge": False}


def test_an_attack_that_found_no_prompt_is_no_resistance(tmp_path):
    """Nothing was asked, so the verdict of the judge says nothing of the assistant."""
    held = {"parameters": {}, "jailbreaks": [one(prompt=None, response=None)]}
    (found,) = opened(value(tmp_path / "a.json", held), "jailbreakbench")
    assert found.unscored == "the attack found no prompt, so nothing was asked"
    assert found.judgements == ()


def test_another_shape_is_refused(tmp_path):
    """A jailbreak without a verdict."""
    with pytest.raises(SourceError, match="is read"):
        opened(value(tmp_path / "a.json", {"parameters": {}, "jailbreaks": [{"goal": "g"}]}), "jailbreakbench")
