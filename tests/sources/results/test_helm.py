"""HELM's scenario state: completions, multiple choice by its mapping, annotators' scores."""

import pytest
from tests.sources.results.support import opened, value, verdicts

from cardwright.errors import SourceError


def state(**more):
    return {
        "instance": {"id": "id1", "input": {"text": "Which?"}, "split": "test", "references": [
            {"output": {"text": "Paris"}, "tags": ["correct"]}, {"output": {"text": "Rome"}, "tags": []}]},
        "train_trial_index": 0, "request": {"model": "m", "prompt": "Which?\nA. Paris\nB. Rome\nAnswer:"},
        "output_mapping": {"A": "Paris", "B": "Rome"},
        "result": {"success": True, "cached": False, "completions": [{"text": " A", "logprob": 0, "tokens": []}]},
        "num_train_instances": 0, "prompt_truncated": False, **more,
    }  # fmt: skip


def test_the_choice_that_an_answer_names_is_judged(tmp_path):
    """By the reference that is tagged correct; an answer that names none is wrong."""
    wrong = state(result={"success": True, "completions": [{"text": "Neither"}]})
    path = value(tmp_path / "scenario_state.json", {"adapter_spec": {}, "request_states": [state(), wrong]})
    first, second = opened(path, "helm", intent="observed")
    assert (first.prompt.splitlines()[0], first.response) == ("Which?", " A")
    assert (verdicts(first), verdicts(second)) == ({"helm.multiple_choice": True}, {"helm.multiple_choice": False})


def test_annotators_are_scorers_and_turns_are_read(tmp_path):
    """As of HELM's safety scenarios."""
    request = {"model": "m", "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]}
    one = state(
        request=request, output_mapping=None, annotations={"harm_bench": {"gpt_score": 1.0, "gpt_reasoning": "r"}}
    )
    (found,) = opened(
        value(tmp_path / "s.json", {"adapter_spec": {}, "request_states": [one]}), "helm", intent="attack"
    )
    assert (found.system, found.prompt) == ("S", "U")
    assert verdicts(found) == {"helm.harm_bench.gpt_score": True}


def test_a_request_that_failed_and_one_with_pictures(tmp_path):
    """An error, and a row that is unscored."""
    failed = state(result={"success": False, "completions": [], "error": "x"}, output_mapping=None)
    seen = state(request={"model": "m", "prompt": "", "multimodal_prompt": {"media_objects": []}}, output_mapping=None)
    path = value(tmp_path / "s.json", {"adapter_spec": {}, "request_states": [failed, seen]})
    first, second = opened(path, "helm", intent="observed")
    assert first.error is not None
    assert second.unscored == "the request holds media, which are not read"


def test_another_shape_is_refused(tmp_path):
    """A state without requests."""
    with pytest.raises(SourceError, match="is read"):
        opened(
            value(tmp_path / "s.json", {"adapter_spec": {}, "request_states": [{"x": 1}]}), "helm", intent="observed"
        )
